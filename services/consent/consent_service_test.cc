#include "services/consent/consent_service.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/pg/caller_scope.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/consent/consent_fixture.h"
#include "services/consent/names.h"

namespace samverkan::consent {
namespace {

using rules::v1::Disclosure;
using ::samverkan::testing::StatusIs;
using testing::CallerOf;
using testing::CallOf;
using testing::Caseworker;
using ::testing::Contains;
using testing::Duty;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IntakeItself;
using ::testing::IsEmpty;
using testing::kBarnenheten;
using testing::kSkarholmen;
using testing::kUngdomsenheten;
using testing::kUtbildningsnamnden;
using testing::NewRequestId;
using ::testing::Not;
using testing::RegistrationOf;
using testing::Reporter;
using ::testing::SizeIs;
using testing::UnitManager;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

// Official test numbers of children below the deciding age.
constexpr std::string_view kYoung[] = {"201501102386", "201502182395", "201502282393",
                                       "201701212399", "201703132397", "201703142388"};
// Of one above it: born 2010-02-08.
constexpr std::string_view kOld = "201002082384";
constexpr char kSchoolUnit[] = "municipalities/0180/units/bredangsskolan";
constexpr char kClub[] = "municipalities/0180/units/skarholmens-if";
constexpr char kReport[] = "municipalities/0180/reports/01968f00-0000-7000-8000-00000000000a";

// Of another unit than the children of the tests, save where they are registered there.
auth::Caller Elsewhere() { return CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"}); }
auth::Caller Unqualified() { return CallerOf(access::v1::CASEWORKER, "u-olle", {"barnenheten"}); }

v1::ConsentAnswer AnswerOf(v1::ConsentAnswer::Verdict verdict) {
  v1::ConsentAnswer answer;
  answer.set_verdict(verdict);
  answer.set_form(v1::ConsentAnswer::SIGNED);
  answer.set_documentation("Undertecknat papper i akten.");
  return answer;
}

v1::ConsentAnswer AnswerWithVoice(v1::ChildVoice::Maturity maturity) {
  v1::ConsentAnswer answer = AnswerOf(v1::ConsentAnswer::YES);
  answer.mutable_child_voice()->set_opinion(v1::ChildVoice::AGREES);
  answer.mutable_child_voice()->set_words("Magistern får veta.");
  answer.mutable_child_voice()->set_maturity(maturity);
  answer.mutable_child_voice()->set_reasons("Resonerar moget om följderna.");
  return answer;
}

class ConsentServiceTest : public testing::ConsentTest {
 protected:
  // What the mother of the child is asked: to let the school be told of the concern.
  static v1::AskConsentRequest AskingOf(const v1::Child& child) {
    v1::AskConsentRequest request;
    request.set_parent(child.name());
    request.set_request_id(NewRequestId());
    request.mutable_giver()->set_guardian(child.guardians(0).guardian());
    v1::ConsentScope& scope = *request.mutable_scope();
    scope.mutable_discloser()->set_party(Disclosure::SOCIAL_SERVICES);
    scope.mutable_discloser()->set_authority(kSkarholmen);
    scope.mutable_recipient()->set_party(Disclosure::SCHOOL);
    scope.mutable_recipient()->set_authority(kUtbildningsnamnden);
    scope.mutable_recipient()->set_unit(kSchoolUnit);
    scope.add_categories(data::v1::CONCERN);
    scope.set_purpose(Disclosure::COOPERATION);
    scope.set_from_date("2026-03-10");
    scope.set_to_date("2026-06-10");
    return request;
  }

  static v1::AskConsentRequest GivenBy(const v1::Child& child, int guardian = 0) {
    v1::AskConsentRequest request = AskingOf(child);
    request.mutable_giver()->set_guardian(child.guardians(guardian).guardian());
    *request.mutable_answer() = AnswerOf(v1::ConsentAnswer::YES);
    return request;
  }

  absl::StatusOr<v1::Consent> Ask(const v1::AskConsentRequest& request, const auth::Caller& caller = Caseworker()) {
    return service_.AskConsent(CallOf(caller, "ConsentService/AskConsent", now_), request);
  }

  // A consent that must be asked.
  v1::Consent Asked(const v1::AskConsentRequest& request, const auth::Caller& caller = Caseworker()) {
    const auto asked = Ask(request, caller);
    EXPECT_OK(asked);
    now_ += absl::Minutes(1);
    return asked.ok() ? *asked : v1::Consent();
  }

  static v1::RecordConsentRequest RecordingOf(const v1::Consent& consent, const v1::ConsentAnswer& answer) {
    v1::RecordConsentRequest request;
    request.set_name(consent.name());
    request.set_request_id(NewRequestId());
    request.set_etag(consent.etag());
    *request.mutable_answer() = answer;
    return request;
  }

  absl::StatusOr<v1::Consent> Record(const v1::RecordConsentRequest& request,
                                     const auth::Caller& caller = Caseworker()) {
    return service_.RecordConsent(CallOf(caller, "ConsentService/RecordConsent", now_), request);
  }

  absl::StatusOr<v1::Consent> Renew(const v1::Consent& consent, const std::string& to_date,
                                    const auth::Caller& caller = Caseworker()) {
    v1::RenewConsentRequest request;
    request.set_name(consent.name());
    request.set_request_id(NewRequestId());
    request.set_etag(consent.etag());
    request.set_to_date(to_date);
    request.set_documentation("Förlängt per telefon.");
    return service_.RenewConsent(CallOf(caller, "ConsentService/RenewConsent", now_), request);
  }

  static v1::WithdrawConsentRequest WithdrawalOf(const v1::Consent& consent) {
    v1::WithdrawConsentRequest request;
    request.set_name(consent.name());
    request.set_request_id(NewRequestId());
    request.set_withdrawal("Mamman ringde.");
    return request;
  }

  absl::StatusOr<v1::Consent> Withdraw(const v1::WithdrawConsentRequest& request,
                                       const auth::Caller& caller = Caseworker()) {
    return service_.WithdrawConsent(CallOf(caller, "ConsentService/WithdrawConsent", now_), request);
  }

  absl::StatusOr<v1::Consent> Get(const std::string& name, const auth::Caller& caller = Caseworker()) {
    v1::GetConsentRequest request;
    request.set_name(name);
    return service_.GetConsent(CallOf(caller, "ConsentService/GetConsent", now_), request);
  }

  static v1::ListConsentsRequest ListOf(const std::string& parent) {
    v1::ListConsentsRequest request;
    request.set_parent(parent);
    return request;
  }

  absl::StatusOr<v1::ListConsentsResponse> List(const v1::ListConsentsRequest& request,
                                                const auth::Caller& caller = Caseworker()) {
    return service_.ListConsents(CallOf(caller, "ConsentService/ListConsents", now_), request);
  }

  std::vector<std::string> Names(const v1::ListConsentsRequest& request, const auth::Caller& caller = Caseworker()) {
    const auto page = List(request, caller);
    EXPECT_OK(page);
    std::vector<std::string> names;
    for (const v1::Consent& consent : page->consents()) names.push_back(consent.name());
    return names;
  }

  // All pages of `page_size`, each of which but the last must be full.
  std::vector<std::string> NamesByPages(v1::ListConsentsRequest request, int page_size, const auth::Caller& caller) {
    std::vector<std::string> names;
    request.set_page_size(page_size);
    do {
      const auto page = List(request, caller);
      EXPECT_OK(page);
      if (!page.ok()) break;
      for (const v1::Consent& consent : page->consents()) names.push_back(consent.name());
      request.set_page_token(page->next_page_token());
      EXPECT_TRUE(request.page_token().empty() || page->consents_size() == page_size);
    } while (!request.page_token().empty());
    return names;
  }

  v1::Child RegisterIn(const std::string& unit, std::string_view number) {
    v1::RegisterChildRequest request = RegistrationOf(number);
    request.clear_units();
    request.add_units(unit);
    const auto child = child_service_.RegisterChild(CallOf(Duty(), "ChildService/RegisterChild", now_), request);
    EXPECT_OK(child);
    return *child;
  }

  void SetHold(const v1::Child& child, bool on_hold) {
    v1::SetHoldRequest request;
    request.set_name(child.name());
    request.set_authority(kSkarholmen);
    request.set_report(kReport);
    request.set_on_hold(on_hold);
    EXPECT_OK(child_service_.SetHold(CallOf(IntakeItself(), "ChildService/SetHold", now_), request));
  }

  v1::Child Read(const v1::Child& child) {
    v1::GetChildRequest request;
    request.set_name(child.name());
    const auto read = child_service_.GetChild(CallOf(Duty(), "ChildService/GetChild", now_), request);
    EXPECT_OK(read);
    return *read;
  }

  void EndCustody(const v1::Child& child, int guardian, v1::Guardian::EndCause cause) {
    v1::EndCustodyRequest request;
    request.set_name(child.name());
    request.set_request_id(NewRequestId());
    request.set_etag(Read(child).etag());
    request.set_guardian(child.guardians(guardian).guardian());
    request.set_to_date("2026-03-09");
    request.set_cause(cause);
    EXPECT_OK(child_service_.EndCustody(CallOf(Caseworker(), "ChildService/EndCustody", now_), request));
  }

  void Protect(const v1::Child& child) {
    v1::RecordProtectionRequest request;
    request.set_name(child.name());
    request.set_request_id(NewRequestId());
    request.set_etag(Read(child).etag());
    request.mutable_protection()->set_level(Disclosure::SECRECY_MARKING);
    request.mutable_protection()->set_from_date("2026-03-10");
    EXPECT_OK(child_service_.RecordProtection(CallOf(Duty(), "ChildService/RecordProtection", now_), request));
  }

  // What a decision would be made from.
  std::vector<v1::Consent> ConsentsAbout(const v1::Child& child) {
    const rpc::CallContext call = CallOf(Caseworker(), "ConsentService/GetConsent", now_);
    const auto consents = pool_->Read(
        pg::ScopeOf(call.caller), call.deadline, "test_consents",
        [&](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<v1::Consent>> {
          const auto stored = FindChild(transaction, store_parts(), call, *ParseName(child.name(), "children"));
          if (!stored.ok()) return stored.status();
          return ConsentsOf(transaction, store_parts(), call, *stored);
        });
    EXPECT_OK(consents);
    return *consents;
  }

  std::vector<std::string> ConsentEvents() {
    std::vector<std::string> types;
    const std::vector<events::v1::Event> events = Events();
    for (const events::v1::Event& event : events) {
      if (event.type().rfind("consent.", 0) == 0) types.push_back(event.type());
    }
    return types;
  }

  // Everything stored that a change would touch.
  int64_t StoredRows() {
    return Count(
        "SELECT (SELECT count(*) FROM consent.consent) + (SELECT coalesce(sum(version), 0) FROM consent.consent)"
        " + (SELECT count(*) FROM consent.request) + (SELECT count(*) FROM consent.event)"
        " + (SELECT coalesce(sum(version), 0) FROM consent.child)");
  }

  ConsentStore store_{store_parts()};
  const ConsentService service_{store_, parts()};
};

// ---- the flow ----

TEST_F(ConsentServiceTest, IsAskedAnsweredRenewedAndWithdrawn) {
  const v1::Child child = RegisterChild(kYoung[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Consent asked, Ask(AskingOf(child)));
  EXPECT_EQ(asked.state(), v1::Consent::ASKED);
  EXPECT_EQ(asked.authority(), kSkarholmen);
  EXPECT_EQ(asked.child(), ReferenceOf(child));
  EXPECT_EQ(asked.asker(), "u-eva");
  EXPECT_EQ(asked.scope().to_date(), "2026-06-10");
  now_ += absl::Hours(1);
  ASSERT_OK_AND_ASSIGN(const v1::Consent given, Record(RecordingOf(asked, AnswerOf(v1::ConsentAnswer::YES))));
  EXPECT_EQ(given.state(), v1::Consent::GIVEN);
  EXPECT_EQ(given.answer().recorder(), "u-eva");
  EXPECT_NE(given.etag(), asked.etag());
  ASSERT_OK_AND_ASSIGN(const v1::Consent renewed, Renew(given, "2026-12-31"));
  EXPECT_EQ(renewed.scope().to_date(), "2026-12-31");
  EXPECT_EQ(renewed.state(), v1::Consent::GIVEN);
  ASSERT_OK_AND_ASSIGN(const v1::Consent withdrawn, Withdraw(WithdrawalOf(renewed), UnitManager()));
  EXPECT_EQ(withdrawn.state(), v1::Consent::WITHDRAWN);
  EXPECT_EQ(withdrawn.withdrawal(), "Mamman ringde.");
  ASSERT_OK_AND_ASSIGN(const v1::Consent read, Get(asked.name(), UnitManager()));
  EXPECT_EQ(read.SerializeAsString(), withdrawn.SerializeAsString());
  EXPECT_EQ(read.scope().recipient().unit(), kSchoolUnit);
  EXPECT_EQ(read.answer().documentation(), "Undertecknat papper i akten.\n\n2026-03-10: Förlängt per telefon.");
}

TEST_F(ConsentServiceTest, LeavesAnEventAndAnAuditEntryOfEveryStep) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Consent given = Asked(GivenBy(child));
  ASSERT_OK(Renew(given, "2026-12-31"));
  ASSERT_OK(Withdraw(WithdrawalOf(given)));
  EXPECT_THAT(ConsentEvents(),
              ElementsAre("consent.asked", "consent.answered", "consent.renewed", "consent.withdrawn"));
  std::vector<events::v1::Event> events = Events();
  events.erase(events.begin());
  for (const events::v1::Event& event : events) {
    EXPECT_EQ(event.resource(), given.name());
    EXPECT_THAT(event.DebugString(), Not(HasSubstr(ReferenceOf(child))));
  }
  EXPECT_EQ(events[1].attributes().at("verdict"), "YES");
  const std::vector<audit::v1::Entry> entries = AuditEntries();
  ASSERT_THAT(entries, SizeIs(5));
  for (size_t i = 1; i < entries.size(); ++i) {
    EXPECT_THAT(entries[i].private_part().children(), ElementsAre(ReferenceOf(child)));
    EXPECT_THAT(entries[i].private_part().resources(), ElementsAre(given.name()));
    EXPECT_EQ(entries[i].private_part().legal_basis(), "P-056, OSL 10:1, 12:1-2; Kunskapsguiden 'Samtycke'");
  }
}

TEST_F(ConsentServiceTest, RecordsEveryReadBeforeItAnswers) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Consent asked = Asked(AskingOf(child));
  ASSERT_OK(Get(asked.name()));
  ASSERT_OK(List(ListOf(child.name())));
  ASSERT_OK(List(ListOf("municipalities/0180"), Elsewhere()));
  const std::vector<audit::v1::Entry> entries = AuditEntries();
  ASSERT_THAT(entries, SizeIs(5));
  EXPECT_THAT(entries[2].private_part().resources(), ElementsAre(asked.name()));
  EXPECT_THAT(entries[3].private_part().resources(), ElementsAre(child.name(), asked.name()));
  EXPECT_THAT(entries[3].private_part().children(), ElementsAre(ReferenceOf(child)));
  EXPECT_THAT(entries[4].private_part().resources(), IsEmpty()) << "a list that shows nothing is told too";
}

TEST_F(ConsentServiceTest, CountsTheChildsVersionUpWithEveryChange) {
  const v1::Child child = RegisterChild(kYoung[0]);
  EXPECT_EQ(Read(child).etag(), "1");
  const v1::Consent asked = Asked(AskingOf(child));
  EXPECT_EQ(Read(child).etag(), "2");
  ASSERT_OK_AND_ASSIGN(const v1::Consent given, Record(RecordingOf(asked, AnswerOf(v1::ConsentAnswer::YES))));
  EXPECT_EQ(Read(child).etag(), "3");
  ASSERT_OK(Renew(given, "2026-12-31"));
  EXPECT_EQ(Read(child).etag(), "4");
  ASSERT_OK(Withdraw(WithdrawalOf(given)));
  EXPECT_EQ(Read(child).etag(), "5");
}

TEST_F(ConsentServiceTest, StoresNoWordInTheClear) {
  const v1::Child child = RegisterChild(kOld);
  v1::AskConsentRequest request = AskingOf(child);
  *request.mutable_answer() = AnswerWithVoice(v1::ChildVoice::TOGETHER);
  ASSERT_OK(Withdraw(WithdrawalOf(Asked(request))));
  for (const char* const word : {"Undertecknat", "Magistern", "Resonerar", "ringde", "bredangsskolan", "u-eva"}) {
    EXPECT_EQ(Count(absl::StrCat("SELECT count(*) FROM consent.consent c WHERE position(convert_to('", word,
                                 "', 'UTF8') IN c.content) > 0 OR position('", word, "' IN c::text) > 0")),
              0)
        << word;
  }
  EXPECT_EQ(Count("SELECT count(*) FROM consent.consent c JOIN consent.child k USING (municipality, authority, child)"
                  " WHERE c.data_key = k.data_key"),
            1)
      << "it is erased with the child's key";
}

// ---- requests ----

TEST_F(ConsentServiceTest, NamesEveryFieldThatIsWrong) {
  EXPECT_THAT(
      status::InvalidFields(Ask({}).status()),
      ElementsAre("parent", "request_id", "giver", "scope.discloser.party", "scope.discloser.authority",
                  "scope.recipient.party", "scope.categories", "scope.purpose", "scope.from_date", "scope.to_date"));
  EXPECT_THAT(status::InvalidFields(Record({}).status()),
              ElementsAre("name", "request_id", "etag", "answer.verdict", "answer.form", "answer.documentation"));
  EXPECT_THAT(status::InvalidFields(Renew({}, "2026-02-30").status()), ElementsAre("name", "etag", "to_date"));
  EXPECT_THAT(status::InvalidFields(Withdraw({}).status()), ElementsAre("name", "request_id"));
  EXPECT_THAT(status::InvalidFields(Get("municipalities/0180/consents/1").status()), ElementsAre("name"));
  v1::ListConsentsRequest list = ListOf("municipalities/0181");
  list.set_recipient("bredangsskolan");
  EXPECT_THAT(status::InvalidFields(List(list).status()), ElementsAre("parent", "recipient"));
  EXPECT_EQ(StoredRows(), 0);
}

TEST_F(ConsentServiceTest, RefusesAPeriodThatEndsBeforeItStartsOrNever) {
  const v1::Child child = RegisterChild(kYoung[0]);
  for (const char* const to_date : {"2026-03-09", ""}) {
    v1::AskConsentRequest request = GivenBy(child);
    request.mutable_scope()->set_to_date(to_date);
    const auto refused = Ask(request);
    EXPECT_THAT(refused, StatusIs(kInvalidArgument, "FIELD_INVALID"));
    EXPECT_THAT(status::InvalidFields(refused.status()), ElementsAre("scope.to_date"));
  }
  EXPECT_EQ(Count("SELECT count(*) FROM consent.consent"), 0);
}

TEST_F(ConsentServiceTest, GivesTheSameAnswerToARepeatedRequest) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::AskConsentRequest asking = AskingOf(child);
  ASSERT_OK_AND_ASSIGN(const v1::Consent asked, Ask(asking));
  ASSERT_OK_AND_ASSIGN(const v1::Consent again, Ask(asking));
  EXPECT_EQ(again.SerializeAsString(), asked.SerializeAsString());
  v1::AskConsentRequest other = asking;
  other.mutable_scope()->set_to_date("2026-06-11");
  EXPECT_THAT(Ask(other), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
  const v1::RecordConsentRequest recording = RecordingOf(asked, AnswerOf(v1::ConsentAnswer::YES));
  ASSERT_OK_AND_ASSIGN(const v1::Consent given, Record(recording));
  ASSERT_OK_AND_ASSIGN(const v1::Consent given_again, Record(recording));
  EXPECT_EQ(given_again.SerializeAsString(), given.SerializeAsString());
  EXPECT_THAT(ConsentEvents(), ElementsAre("consent.asked", "consent.answered"));
}

TEST_F(ConsentServiceTest, ShowsARepeatedRequestToWhomStillSeesTheChild) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::AskConsentRequest asking = AskingOf(child);
  ASSERT_OK(Ask(asking));
  v1::AssignChildRequest moving;
  moving.set_name(child.name());
  moving.set_request_id(NewRequestId());
  moving.set_etag(Read(child).etag());
  moving.add_units(kUngdomsenheten);
  ASSERT_OK(child_service_.AssignChild(CallOf(UnitManager(), "ChildService/AssignChild", now_), moving));
  EXPECT_THAT(Ask(asking), StatusIs(kNotFound, "CONSENT_NOT_FOUND"));
}

TEST_F(ConsentServiceTest, RefusesAStaleEtag) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Consent asked = Asked(AskingOf(child));
  ASSERT_OK(Record(RecordingOf(asked, AnswerOf(v1::ConsentAnswer::YES))));
  EXPECT_THAT(Record(RecordingOf(asked, AnswerOf(v1::ConsentAnswer::NO))),
              StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  EXPECT_THAT(Renew(asked, "2026-12-31"), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  ASSERT_OK_AND_ASSIGN(const v1::Consent given, Get(asked.name()));
  EXPECT_THAT(Record(RecordingOf(given, AnswerOf(v1::ConsentAnswer::NO))),
              StatusIs(kFailedPrecondition, "CONSENT_ANSWERED"));
}

TEST_F(ConsentServiceTest, AsksTheSameOnce) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Consent asked = Asked(AskingOf(child));
  EXPECT_THAT(Ask(AskingOf(child)), StatusIs(absl::StatusCode::kAlreadyExists, "CONSENT_ASKED"));
  ASSERT_OK(Record(RecordingOf(asked, AnswerOf(v1::ConsentAnswer::NO))));
  EXPECT_OK(Ask(AskingOf(child))) << "one that was refused may be asked anew";
}

TEST_F(ConsentServiceTest, AsksTheSameOnceAlsoAtTheSameInstant) {
  const v1::Child child = RegisterChild(kYoung[0]);
  std::atomic<int> asked = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto consent = Ask(AskingOf(child));
      asked += consent.ok() ? 1 : 0;
      refused += status::Reason(consent.status()) == "CONSENT_ASKED" ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(refused, 3);
}

// ---- who gives it ----

TEST_F(ConsentServiceTest, IsNotGivenByOneWhoIsNoGuardian) {
  const v1::Child child = RegisterChild(kYoung[0]);
  v1::AskConsentRequest request = GivenBy(child);
  request.mutable_giver()->set_guardian(NewRequestId());
  EXPECT_THAT(Ask(request), StatusIs(kFailedPrecondition, "NOT_A_GUARDIAN"));
  request.mutable_giver()->set_guardian(RegisterChild(kYoung[1]).guardians(0).guardian());
  EXPECT_THAT(Ask(request), StatusIs(kFailedPrecondition, "NOT_A_GUARDIAN")) << "a guardian of another child";
  EXPECT_EQ(Count("SELECT count(*) FROM consent.consent"), 0);
}

TEST_F(ConsentServiceTest, IsNotGivenByADeprivedOrDeadGuardian) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Consent asked = Asked(AskingOf(child));
  const v1::Consent given = Asked(GivenBy(child, 1));
  EndCustody(child, 0, v1::Guardian::CUSTODY_MOVED);
  EndCustody(child, 1, v1::Guardian::DIED);
  for (const int guardian : {0, 1}) {
    EXPECT_THAT(Ask(GivenBy(child, guardian)), StatusIs(kFailedPrecondition, "NOT_A_GUARDIAN"));
  }
  EXPECT_THAT(Record(RecordingOf(asked, AnswerOf(v1::ConsentAnswer::YES))),
              StatusIs(kFailedPrecondition, "NOT_A_GUARDIAN"));
  EXPECT_THAT(Renew(given, "2026-12-31"), StatusIs(kFailedPrecondition, "NOT_A_GUARDIAN"));
  EXPECT_OK(Withdraw(WithdrawalOf(given)));
}

TEST_F(ConsentServiceTest, HearsTheChildFromTheAgeOfTheRuleSet) {
  const v1::Child child = RegisterChild(kOld);
  EXPECT_THAT(status::InvalidFields(Ask(GivenBy(child)).status()), ElementsAre("answer.child_voice"));
  v1::AskConsentRequest request = GivenBy(child);
  *request.mutable_answer() = AnswerWithVoice(v1::ChildVoice::GUARDIANS_DECIDE);
  EXPECT_THAT(Ask(request, Unqualified()), StatusIs(kFailedPrecondition, "TEST_NOT_COMPETENT"));
  ASSERT_OK_AND_ASSIGN(const v1::Consent given, Ask(request));
  EXPECT_EQ(given.answer().child_voice().assessor(), "u-eva");
  request = AskingOf(child);
  request.mutable_giver()->set_child(true);
  *request.mutable_answer() = AnswerOf(v1::ConsentAnswer::YES);
  EXPECT_THAT(Ask(request), StatusIs(kFailedPrecondition, "MATURITY_NOT_ASSESSED"));
  *request.mutable_answer() = AnswerWithVoice(v1::ChildVoice::CHILD_DECIDES);
  EXPECT_OK(Ask(request));
}

TEST_F(ConsentServiceTest, AsksGuardiansNothingWhileTheChildIsOnHold) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Consent asked = Asked(AskingOf(child));
  const v1::Consent given = Asked(GivenBy(child, 1));
  SetHold(child, true);
  v1::AskConsentRequest asking = AskingOf(child);
  asking.mutable_scope()->set_to_date("2026-06-11");
  EXPECT_THAT(Ask(asking), StatusIs(kFailedPrecondition, "CHILD_ON_HOLD"));
  EXPECT_THAT(Record(RecordingOf(asked, AnswerOf(v1::ConsentAnswer::YES))),
              StatusIs(kFailedPrecondition, "CHILD_ON_HOLD"));
  EXPECT_THAT(Renew(given, "2026-12-31"), StatusIs(kFailedPrecondition, "CHILD_ON_HOLD"));
  EXPECT_OK(Withdraw(WithdrawalOf(given)));
  asking.mutable_giver()->set_child(true);
  EXPECT_OK(Ask(asking)) << "the child may be asked";
  SetHold(child, false);
  EXPECT_OK(Record(RecordingOf(asked, AnswerOf(v1::ConsentAnswer::YES))));
}

// ---- withdrawing and overlapping ----

TEST_F(ConsentServiceTest, ChangesNothingByWithdrawingAWithdrawnOne) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Consent given = Asked(GivenBy(child));
  ASSERT_OK_AND_ASSIGN(const v1::Consent withdrawn, Withdraw(WithdrawalOf(given)));
  now_ += absl::Hours(1);
  v1::WithdrawConsentRequest another = WithdrawalOf(given);
  another.set_withdrawal("Pappan ringde också.");
  const int64_t requests = Count("SELECT count(*) FROM consent.request");
  const int64_t before = StoredRows();
  ASSERT_OK_AND_ASSIGN(const v1::Consent again, Withdraw(another));
  EXPECT_EQ(again.SerializeAsString(), withdrawn.SerializeAsString());
  EXPECT_EQ(Count("SELECT count(*) FROM consent.request"), requests + 1);
  EXPECT_EQ(StoredRows(), before + 1) << "nothing but its request id was stored";
  EXPECT_THAT(Withdraw(another, Elsewhere()), StatusIs(kNotFound, "CONSENT_NOT_FOUND"));
}

TEST_F(ConsentServiceTest, WithdrawsOnlyWhatWasGiven) {
  const v1::Child child = RegisterChild(kYoung[0]);
  EXPECT_THAT(Withdraw(WithdrawalOf(Asked(AskingOf(child)))), StatusIs(kFailedPrecondition, "CONSENT_NOT_GIVEN"));
}

TEST_F(ConsentServiceTest, LetsOverlappingOnesCountEachForItself) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Consent first = Asked(GivenBy(child));
  v1::AskConsentRequest longer = GivenBy(child);
  longer.mutable_scope()->set_from_date("2026-05-01");
  longer.mutable_scope()->set_to_date("2026-12-31");
  const v1::Consent second = Asked(longer);
  const v1::Consent same = Asked(GivenBy(child));
  ASSERT_OK(Withdraw(WithdrawalOf(first)));
  const std::vector<v1::Consent> consents = ConsentsAbout(child);
  ASSERT_THAT(consents, SizeIs(3));
  EXPECT_EQ(consents[0].name(), first.name());
  EXPECT_EQ(consents[0].state(), v1::Consent::WITHDRAWN);
  EXPECT_EQ(consents[1].name(), second.name());
  EXPECT_EQ(consents[1].state(), v1::Consent::GIVEN);
  EXPECT_EQ(consents[1].scope().to_date(), "2026-12-31");
  EXPECT_EQ(consents[2].name(), same.name());
  EXPECT_EQ(consents[2].state(), v1::Consent::GIVEN);
  EXPECT_EQ(consents[0].withdrawal(), "") << "decisions rest on no words";
  EXPECT_EQ(consents[0].answer().documentation(), "");
}

// ---- who sees it ----

TEST_F(ConsentServiceTest, IsNotThereForWhomTheChildIsNot) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Consent given = Asked(GivenBy(child));
  const int64_t before = StoredRows();
  for (const auth::Caller& caller : {Elsewhere(), Reporter()}) {
    EXPECT_THAT(Get(given.name(), caller), StatusIs(kNotFound, "CONSENT_NOT_FOUND"));
    EXPECT_EQ(status::HiddenOwner(Get(given.name(), caller).status()), "0180/skarholmen");
    EXPECT_THAT(Withdraw(WithdrawalOf(given), caller), StatusIs(kNotFound, "CONSENT_NOT_FOUND"));
    EXPECT_THAT(Renew(given, "2026-12-31", caller), StatusIs(kNotFound, "CONSENT_NOT_FOUND"));
    EXPECT_THAT(Record(RecordingOf(given, AnswerOf(v1::ConsentAnswer::NO)), caller),
                StatusIs(kNotFound, "CONSENT_NOT_FOUND"));
    EXPECT_THAT(List(ListOf(child.name()), caller), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  }
  EXPECT_THAT(Ask(AskingOf(child), Elsewhere()), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  EXPECT_THAT(Get(MakeName("0180", "consents", NewRequestId())), StatusIs(kNotFound, "CONSENT_NOT_FOUND"));
  EXPECT_EQ(StoredRows(), before);
  EXPECT_OK(Get(given.name(), Duty()));
}

TEST_F(ConsentServiceTest, IsFoundByAnyReferenceOfTheChild) {
  const v1::Child child = RegisterChild(kYoung[0]);
  v1::RegisterChildRequest alias = RegistrationOf(kYoung[0]);
  alias.set_reference(NewRequestId());
  ASSERT_OK(child_service_.RegisterChild(CallOf(Caseworker(), "ChildService/RegisterChild", now_), alias));
  v1::AskConsentRequest request = AskingOf(child);
  request.set_parent(MakeName("0180", "children", alias.reference()));
  const v1::Consent asked = Asked(request);
  EXPECT_EQ(asked.child(), ReferenceOf(child));
  EXPECT_THAT(Names(ListOf(child.name())), ElementsAre(asked.name()));
  EXPECT_THAT(Names(ListOf(request.parent())), ElementsAre(asked.name()));
}

TEST_F(ConsentServiceTest, GoesOnWhereItsChildTurnsOutToBeAnother) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const v1::Consent given = Asked(GivenBy(child));
  const v1::Consent asked = Asked(AskingOf(child));
  const v1::Child known = RegisterChild(kYoung[1]);
  v1::RegisterChildRequest merging = RegistrationOf(kYoung[1]);
  merging.set_reference(ReferenceOf(child));
  ASSERT_OK(child_service_.RegisterChild(CallOf(Caseworker(), "ChildService/RegisterChild", now_), merging));
  EXPECT_THAT(Names(ListOf(known.name())), ElementsAre(asked.name(), given.name()));
  ASSERT_OK(Record(RecordingOf(asked, AnswerOf(v1::ConsentAnswer::YES))));
  ASSERT_OK(Withdraw(WithdrawalOf(given)));
  ASSERT_OK_AND_ASSIGN(const v1::Consent answered, Get(asked.name()));
  EXPECT_EQ(answered.state(), v1::Consent::GIVEN);
  EXPECT_EQ(answered.child(), ReferenceOf(known));
  ASSERT_OK_AND_ASSIGN(const v1::Consent withdrawn, Get(given.name()));
  EXPECT_EQ(withdrawn.state(), v1::Consent::WITHDRAWN);
  const v1::Consent new_one = Asked(GivenBy(Read(known), 2));
  EXPECT_EQ(new_one.child(), ReferenceOf(known));
}

TEST_F(ConsentServiceTest, ListsOnlyWhatTheCallerSeesOnFullPages) {
  std::vector<std::string> of_children, of_youth, all;
  for (size_t i = 0; i < std::size(kYoung); ++i) {
    const bool youth = i % 2 == 1;
    const v1::Child child = RegisterIn(youth ? kUngdomsenheten : kBarnenheten, kYoung[i]);
    for (const int guardian : {0, 1}) {
      v1::AskConsentRequest request = AskingOf(child);
      request.mutable_giver()->set_guardian(child.guardians(guardian).guardian());
      const std::string name = Asked(request, youth ? Elsewhere() : Caseworker()).name();
      (youth ? of_youth : of_children).push_back(name);
      all.push_back(name);
    }
  }
  for (std::vector<std::string>* const names : {&of_children, &of_youth, &all}) {
    std::reverse(names->begin(), names->end());
  }
  const v1::ListConsentsRequest request = ListOf("municipalities/0180");
  for (const int page_size : {1, 2, 3, 6, 50}) {
    EXPECT_EQ(NamesByPages(request, page_size, Caseworker()), of_children) << page_size;
    EXPECT_EQ(NamesByPages(request, page_size, Elsewhere()), of_youth) << page_size;
    EXPECT_EQ(NamesByPages(request, page_size, Duty()), all) << page_size;
    EXPECT_THAT(NamesByPages(request, page_size, Reporter()), IsEmpty()) << page_size;
  }
}

TEST_F(ConsentServiceTest, ListsWhatTheAssignedSees) {
  v1::RegisterChildRequest registration = RegistrationOf(kYoung[0]);
  registration.set_assignee("u-omar");
  ASSERT_OK_AND_ASSIGN(
      const v1::Child child,
      child_service_.RegisterChild(CallOf(Caseworker(), "ChildService/RegisterChild", now_), registration));
  const v1::Consent asked = Asked(AskingOf(child));
  EXPECT_THAT(Names(ListOf("municipalities/0180"), Elsewhere()), ElementsAre(asked.name()));
}

TEST_F(ConsentServiceTest, BindsAPageToItsCallerAndItsQuestion) {
  const v1::Child child = RegisterChild(kYoung[0]);
  Asked(AskingOf(child));
  Asked(GivenBy(child, 1));
  v1::ListConsentsRequest request = ListOf("municipalities/0180");
  request.set_page_size(1);
  ASSERT_OK_AND_ASSIGN(const v1::ListConsentsResponse first, List(request));
  ASSERT_NE(first.next_page_token(), "");
  request.set_page_token(first.next_page_token());
  EXPECT_OK(List(request));
  EXPECT_THAT(List(request, UnitManager()), StatusIs(kInvalidArgument, "PAGE_TOKEN_INVALID"));
  v1::ListConsentsRequest other = request;
  other.set_state(v1::Consent::GIVEN);
  EXPECT_THAT(List(other), StatusIs(kInvalidArgument, "PAGE_TOKEN_INVALID"));
  other = request;
  other.set_parent(child.name());
  EXPECT_THAT(List(other), StatusIs(kInvalidArgument, "PAGE_TOKEN_INVALID"));
}

TEST_F(ConsentServiceTest, ListsByChildAndState) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const std::string other = Asked(GivenBy(RegisterChild(kYoung[1]))).name();
  const std::string asked = Asked(AskingOf(child)).name();
  v1::AskConsentRequest longer = GivenBy(child);
  longer.mutable_scope()->set_to_date("2026-12-31");
  const v1::Consent given = Asked(longer);
  v1::AskConsentRequest refusal = GivenBy(child, 1);
  refusal.mutable_answer()->set_verdict(v1::ConsentAnswer::NO);
  const std::string refused = Asked(refusal).name();
  const v1::Consent taken_back = Asked(GivenBy(child, 1));
  ASSERT_OK(Withdraw(WithdrawalOf(taken_back)));
  v1::AskConsentRequest brief = GivenBy(child);
  brief.mutable_scope()->set_to_date("2026-03-10");
  const std::string ended = Asked(brief).name();
  const auto in_state = [&](v1::Consent::State state) {
    v1::ListConsentsRequest request = ListOf(child.name());
    request.set_state(state);
    return Names(request);
  };
  EXPECT_THAT(in_state(v1::Consent::GIVEN), ElementsAre(ended, given.name()));
  EXPECT_THAT(in_state(v1::Consent::EXPIRED), IsEmpty());
  now_ += absl::Hours(24);
  EXPECT_THAT(in_state(v1::Consent::GIVEN), ElementsAre(given.name()));
  EXPECT_THAT(in_state(v1::Consent::EXPIRED), ElementsAre(ended));
  EXPECT_THAT(in_state(v1::Consent::ASKED), ElementsAre(asked));
  EXPECT_THAT(in_state(v1::Consent::REFUSED), ElementsAre(refused));
  EXPECT_THAT(in_state(v1::Consent::WITHDRAWN), ElementsAre(taken_back.name()));
  EXPECT_THAT(in_state(v1::Consent::STATE_UNSPECIFIED),
              ElementsAre(ended, taken_back.name(), refused, given.name(), asked));
  ASSERT_OK_AND_ASSIGN(const v1::Consent read, Get(ended));
  EXPECT_EQ(read.state(), v1::Consent::EXPIRED);
  EXPECT_THAT(Names(ListOf("municipalities/0180")), Contains(other));
}

TEST_F(ConsentServiceTest, ListsByWhoMayBeTold) {
  const v1::Child child = RegisterChild(kYoung[0]);
  const std::string school = Asked(AskingOf(child)).name();
  v1::AskConsentRequest whole = AskingOf(child);
  whole.mutable_scope()->mutable_recipient()->clear_unit();
  const std::string authority = Asked(whole).name();
  v1::AskConsentRequest to_club = AskingOf(child);
  v1::Recipient& recipient = *to_club.mutable_scope()->mutable_recipient();
  recipient.Clear();
  recipient.set_party(Disclosure::ASSOCIATION);
  recipient.set_unit(kClub);
  const std::string club = Asked(to_club).name();
  const auto told = [&](const std::string& who) {
    v1::ListConsentsRequest request = ListOf("municipalities/0180");
    request.set_recipient(who);
    return Names(request);
  };
  EXPECT_THAT(told(kUtbildningsnamnden), ElementsAre(authority, school));
  EXPECT_THAT(told(kSchoolUnit), ElementsAre(school));
  EXPECT_THAT(told(kClub), ElementsAre(club));
  EXPECT_THAT(told(kBarnenheten), IsEmpty());
}

// ---- protected identity ----

TEST_F(ConsentServiceTest, TellsNowhereWhereAProtectedChildIs) {
  const v1::Child open = RegisterChild(kYoung[0]);
  const std::string of_open = Asked(AskingOf(open)).name();
  const v1::Child hidden = RegisterChild(kYoung[1]);
  const v1::Consent of_hidden = Asked(AskingOf(hidden));
  const std::string newest = Asked(GivenBy(open, 1)).name();
  Protect(hidden);
  ASSERT_OK_AND_ASSIGN(const v1::Consent read, Get(of_hidden.name()));
  EXPECT_EQ(read.scope().recipient().unit(), "");
  ASSERT_OK_AND_ASSIGN(const v1::Consent read_by_duty, Get(of_hidden.name(), Duty()));
  EXPECT_EQ(read_by_duty.scope().recipient().unit(), kSchoolUnit);
  v1::ListConsentsRequest request = ListOf("municipalities/0180");
  EXPECT_THAT(Names(request), ElementsAre(newest, of_hidden.name(), of_open));
  request.set_recipient(kSchoolUnit);
  for (const int page_size : {1, 2, 50}) {
    EXPECT_THAT(NamesByPages(request, page_size, Caseworker()), ElementsAre(newest, of_open)) << page_size;
    EXPECT_THAT(NamesByPages(request, page_size, Duty()), ElementsAre(newest, of_hidden.name(), of_open));
  }
}

TEST_F(ConsentServiceTest, TellsNoUnitsInTheLogOfAProtectedChild) {
  const v1::Child open = RegisterChild(kYoung[0]);
  const v1::Child hidden = RegisterChild(kYoung[1]);
  const std::string of_open = Asked(AskingOf(open)).name();
  const std::string of_hidden = Asked(AskingOf(hidden)).name();
  Protect(hidden);
  const size_t before = AuditEntries().size();
  ASSERT_OK(List(ListOf("municipalities/0180")));
  const std::vector<audit::v1::Entry> entries = AuditEntries();
  ASSERT_THAT(entries, SizeIs(before + 2));
  EXPECT_THAT(entries[before].private_part().resources(), ElementsAre(of_open));
  EXPECT_THAT(entries[before].private_part().actor().units(), ElementsAre("barnenheten"));
  EXPECT_THAT(entries[before + 1].private_part().resources(), ElementsAre(of_hidden));
  EXPECT_THAT(entries[before + 1].private_part().actor().units(), IsEmpty());
}

}  // namespace
}  // namespace samverkan::consent
