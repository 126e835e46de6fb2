// Consents are withdrawn while several instances of the consent service decide.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/rpc/client.h"
#include "libs/rpc/trace_context.h"
#include "libs/status/grpc.h"
#include "libs/testing/status_matchers.h"
#include "samverkan/consent/v1/child.grpc.pb.h"
#include "samverkan/consent/v1/consent.grpc.pb.h"
#include "samverkan/consent/v1/disclosure.grpc.pb.h"
#include "tests/testing/cast.h"
#include "tests/testing/service_set.h"

namespace samverkan::tests {
namespace {

using consent::v1::ChildService;
using consent::v1::ConsentService;
using consent::v1::Decision;
using consent::v1::DisclosureService;
using rules::v1::Disclosure;

constexpr int kInstances = 3;
constexpr int kRounds = 2000;
constexpr int kChecksBeside = 3;
// Official test numbers of children whose own word decides nothing yet. Several, for every check reads all
// consents that were ever asked about its child.
constexpr const char* kYoung[] = {"201701212399", "201703132397", "201703142388", "201704172384", "201704282399",
                                  "201705122396", "201707172399", "201708152382", "201708232382", "201709052391",
                                  "201710212398", "201711122380", "201802062396", "201802282390", "201806062392",
                                  "201807162399", "201807212384", "201808022386", "201808112393", "201808152399"};

// One process of the consent service, as the caseworker calls it.
class Instance {
 public:
  Instance(const ServiceSet& set, const std::string& address)
      : set_(set),
        channel_(set.OpenChannel(ServiceSet::kConsent, address, Caseworker())),
        children_(ChildService::NewStub(channel_)),
        consents_(ConsentService::NewStub(channel_)),
        disclosures_(DisclosureService::NewStub(channel_)) {}

  absl::StatusOr<consent::v1::Child> Register(const std::string& number) const {
    consent::v1::RegisterChildRequest request;
    request.set_parent(kBoard);
    request.set_request_id(NewRequestId());
    request.set_identity_number(number);
    for (const char* const name : {"Mona", "Per"}) {
      consent::v1::Guardian& guardian = *request.add_guardians();
      guardian.set_person_name(name);
      guardian.set_kind(consent::v1::Guardian::PARENT);
      guardian.set_from_date("2020-12-31");
    }
    return Do(*children_, &ChildService::Stub::RegisterChild, request);
  }

  // A guardian's yes to what Check asks.
  absl::StatusOr<consent::v1::Consent> SaysYes(const consent::v1::Child& child, int guardian) const {
    consent::v1::AskConsentRequest request;
    request.set_parent(child.name());
    request.set_request_id(NewRequestId());
    request.mutable_giver()->set_guardian(child.guardians(guardian).guardian());
    SetParties(*request.mutable_scope());
    request.mutable_scope()->set_from_date("2026-01-12");
    request.mutable_scope()->set_to_date("2026-04-12");
    request.mutable_answer()->set_verdict(consent::v1::ConsentAnswer::YES);
    request.mutable_answer()->set_form(consent::v1::ConsentAnswer::SIGNED);
    request.mutable_answer()->set_documentation("Undertecknat papper i akten.");
    return Do(*consents_, &ConsentService::Stub::AskConsent, request);
  }

  absl::StatusOr<consent::v1::Consent> Withdraw(const consent::v1::Consent& consent) const {
    consent::v1::WithdrawConsentRequest request;
    request.set_name(consent.name());
    request.set_request_id(NewRequestId());
    request.set_withdrawal("Ringde och ångrade sig.");
    return Do(*consents_, &ConsentService::Stub::WithdrawConsent, request);
  }

  absl::StatusOr<Decision> Check(const consent::v1::Child& child) const {
    consent::v1::CheckDisclosureRequest request;
    request.set_parent(kMunicipality);
    request.set_request_id(NewRequestId());
    request.mutable_question()->set_child(child.name().substr(child.name().rfind('/') + 1));
    SetParties(*request.mutable_question());
    return Do(*disclosures_, &DisclosureService::Stub::CheckDisclosure, request);
  }

 private:
  template <typename Parties>
  static void SetParties(Parties& parties) {
    parties.mutable_discloser()->set_party(Disclosure::SOCIAL_SERVICES);
    parties.mutable_discloser()->set_authority(kBoard);
    parties.mutable_recipient()->set_party(Disclosure::SCHOOL);
    parties.mutable_recipient()->set_authority("municipalities/0180/authorities/utbildningsnamnden");
    parties.mutable_recipient()->set_unit("municipalities/0180/units/bredangsskolan");
    parties.add_categories(data::v1::CONCERN);
    parties.set_purpose(Disclosure::COOPERATION);
  }

  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Do(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                              const Request& request) const {
    grpc::ClientContext context;
    rpc::Prepare(set_.TokenOf(Caseworker()), clock::SystemClock().Now() + absl::Seconds(20), rpc::NewTrace(), context);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return response;
    return status::FromGrpc(status);
  }

  const ServiceSet& set_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<ChildService::Stub> children_;
  const std::unique_ptr<ConsentService::Stub> consents_;
  const std::unique_ptr<DisclosureService::Stub> disclosures_;
};

bool IsPermit(const Decision& decision) {
  return decision.categories(0).answer() == consent::v1::CategoryDecision::PERMIT ||
         decision.categories(0).answer() == consent::v1::CategoryDecision::PERMIT_WITH_CONDITIONS;
}

// What was decided in a round: beside the withdrawal of a consent, and after it was acknowledged.
struct Round {
  std::vector<absl::StatusOr<Decision>> beside;
  absl::StatusOr<Decision> after = absl::UnknownError("not run");
};

// The version of the child that each decision was stored under, by the decision's name.
std::map<std::string, int> VersionsOf(const ServiceSet& set) {
  std::map<std::string, int> versions;
  const auto rows = set.Query("SELECT decision, child_version FROM consent.decision");
  EXPECT_OK(rows);
  if (!rows.ok()) return versions;
  for (const auto& row : *rows) {
    EXPECT_TRUE(absl::SimpleAtoi(row[1], &versions[absl::StrCat(kMunicipality, "/decisions/", row[0])]));
  }
  return versions;
}

class WithdrawalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(set_, ServiceSet::Start({}));
    instances_.push_back(std::make_unique<Instance>(*set_, set_->Address(ServiceSet::kConsent)));
    while (instances_.size() < kInstances) {
      ASSERT_OK_AND_ASSIGN(const std::string address, set_->StartAnother(ServiceSet::kConsent));
      instances_.push_back(std::make_unique<Instance>(*set_, address));
    }
    for (const char* const number : kYoung) {
      ASSERT_OK_AND_ASSIGN(const consent::v1::Child child, Any().Register(number));
      ASSERT_OK(Any().SaysYes(child, 1));
      children_.push_back(child);
    }
  }

  const Instance& Any() { return *instances_[random_() % instances_.size()]; }

  // A consent is given, and withdrawn while others check.
  void Run(Round& round) {
    const consent::v1::Child& child = children_[random_() % children_.size()];
    ASSERT_OK_AND_ASSIGN(const consent::v1::Consent consent, Any().SaysYes(child, 0));
    round.beside.assign(kChecksBeside, absl::UnknownError("not run"));
    std::vector<std::thread> checkers;
    for (auto& decision : round.beside) {
      checkers.emplace_back([&, &instance = Any()] { decision = instance.Check(child); });
    }
    const absl::StatusOr<consent::v1::Consent> withdrawn = Any().Withdraw(consent);
    // The withdrawal is acknowledged; the checkers may still be under way.
    round.after = Any().Check(child);
    for (std::thread& checker : checkers) checker.join();
    ASSERT_OK(withdrawn);
  }

  std::unique_ptr<ServiceSet> set_;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<consent::v1::Child> children_;
  std::mt19937 random_{20260310};
};

// What was permitted was committed before the withdrawal; what begins after it never is.
TEST_F(WithdrawalTest, NoCheckThatBeginsAfterAWithdrawalUsesTheConsent) {
  std::vector<Round> rounds(kRounds);
  for (Round& round : rounds) ASSERT_NO_FATAL_FAILURE(Run(round));
  const std::map<std::string, int> versions = VersionsOf(*set_);
  int permitted_beside = 0;
  int refused_beside = 0;
  for (const Round& round : rounds) {
    ASSERT_OK(round.after);
    ASSERT_FALSE(IsPermit(*round.after)) << "a withdrawn consent was used";
    // Nothing else has changed the child since the withdrawal.
    const int withdrawn_at = versions.at(round.after->name());
    for (const auto& decision : round.beside) {
      ASSERT_OK(decision);
      const int decided_at = versions.at(decision->name());
      ASSERT_EQ(IsPermit(*decision), decided_at < withdrawn_at)
          << "decided at " << decided_at << ", withdrawn at " << withdrawn_at;
      ++(IsPermit(*decision) ? permitted_beside : refused_beside);
    }
  }
  // Both orders have been seen, or the race was none.
  EXPECT_GT(permitted_beside, 0);
  EXPECT_GT(refused_beside, 0);
}

}  // namespace
}  // namespace samverkan::tests
