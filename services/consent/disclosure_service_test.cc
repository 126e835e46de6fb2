#include "services/consent/disclosure_service.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "samverkan/intake/v1/report.pb.h"
#include "services/consent/child.h"
#include "services/consent/disclosure_fixture.h"

namespace samverkan::consent::testing {
namespace {

using rules::v1::Disclosure;
using ::samverkan::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kPermissionDenied = absl::StatusCode::kPermissionDenied;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

auth::Caller Elsewhere() { return CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"}); }
auth::Caller Unqualified() { return CallerOf(access::v1::CASEWORKER, "u-olle", {"barnenheten"}); }
auth::Caller Colleague() {
  auth::Caller caller = Caseworker();
  caller.subject = "u-lena";
  return caller;
}

// A report about the child that says much.
intake::v1::Report ReportOf(const std::string& child) {
  intake::v1::Report report;
  report.set_child(child);
  report.mutable_submission()->mutable_child()->set_given_name("Elsa");
  report.mutable_submission()->mutable_child()->set_address("Bredängsvägen 1");
  report.mutable_submission()->mutable_concern()->set_what("Kommer hungrig.");
  return report;
}

v1::RecordedTest NoHarm() {
  v1::RecordedTest test;
  test.set_test("harm");
  test.set_verdict(v1::RecordedTest::FOR_TELLING);
  test.set_reasons("Skolan vet det redan; inget men.");
  return test;
}

class DisclosureServiceTest : public DisclosureTest {
 protected:
  // A child whose guardians have both let the school be told.
  v1::Child Agreed() {
    const v1::Child child = RegisterChild(kYoung[0]);
    for (int i = 0; i < 2; ++i) consents_.push_back(Consented(child, i, *service_).name());
    return child;
  }

  absl::StatusOr<v1::DiscloseResponse> Disclose(const v1::Decision& decision, const intake::v1::Report& report,
                                                const std::string& check = "",
                                                const auth::Caller& caller = Caseworker()) {
    return Disclose(decision, report, *service_, check, caller);
  }

  absl::StatusOr<v1::DiscloseResponse> Disclose(const v1::Decision& decision, const intake::v1::Report& report,
                                                const Instance& instance, const std::string& check = "",
                                                const auth::Caller& caller = Caseworker()) {
    v1::DiscloseRequest request;
    request.set_name(decision.name());
    request.set_request_id(NewRequestId());
    request.mutable_message()->PackFrom(report);
    request.set_free_text_check(check);
    return instance.disclosure_service.Disclose(CallOf(caller, "DisclosureService/Disclose", now_), request);
  }

  absl::StatusOr<v1::Explanation> Explain(const v1::Decision& decision) {
    v1::ExplainDecisionRequest request;
    request.set_name(decision.name());
    return service_->disclosure_service.ExplainDecision(CallOf(Caseworker(), "DisclosureService/ExplainDecision", now_),
                                                        request);
  }

  void Protect(const v1::Child& child) {
    v1::GetChildRequest get;
    get.set_name(child.name());
    v1::RecordProtectionRequest request;
    request.set_name(child.name());
    request.set_request_id(NewRequestId());
    request.set_etag(child_service_.GetChild(CallOf(Caseworker(), "ChildService/GetChild", now_), get)->etag());
    request.mutable_protection()->set_level(Disclosure::PROTECTED_REGISTRATION);
    request.mutable_protection()->set_from_date("2026-03-10");
    ASSERT_OK(child_service_.RecordProtection(CallOf(Caseworker(), "ChildService/RecordProtection", now_), request));
  }

  static auth::Caller Operator(const std::string& subject) {
    auth::Caller caller = CallerOf(access::v1::OPERATOR, subject, {});
    caller.system = "driften";
    return caller;
  }

  // Has two operators activate the shipped rules with `change` made to them.
  void Activate(const std::function<void(rules::v1::RuleSet&)>& change) {
    v1::LoadRuleSetRequest load;
    load.set_parent("municipalities/0180");
    load.set_request_id(NewRequestId());
    *load.mutable_rule_set() = ShippedRules().Content();
    change(*load.mutable_rule_set());
    ASSERT_OK_AND_ASSIGN(
        const v1::RuleSetRecord loaded,
        service_->rule_service.LoadRuleSet(CallOf(Operator("u-ola"), "RuleService/LoadRuleSet", now_), load));
    v1::ActivateRuleSetRequest activate;
    activate.set_name(loaded.name());
    activate.set_request_id(NewRequestId());
    ASSERT_OK(service_->rule_service.ActivateRuleSet(CallOf(Operator("u-pia"), "RuleService/ActivateRuleSet", now_),
                                                     activate));
  }

  std::vector<std::string> consents_;
};

TEST_F(DisclosureServiceTest, WithoutConsentItIsNeededOfBothGuardians) {
  const v1::Child child = RegisterChild(kYoung[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(child), *service_));
  ASSERT_EQ(decision.categories_size(), 1);
  EXPECT_EQ(decision.categories(0).answer(), v1::CategoryDecision::NEEDS_CONSENT);
  EXPECT_EQ(decision.categories(0).rule(), "P-056");
  EXPECT_THAT(decision.categories(0).missing_consents(), SizeIs(2));
  EXPECT_EQ(decision.decider(), "u-eva");
  EXPECT_EQ(decision.day(), "2026-03-10");
}

TEST_F(DisclosureServiceTest, AFaultInOneOfABatchIsNamedAndNothingIsDecided) {
  const v1::Child child = Agreed();
  v1::BatchCheckDisclosureRequest request;
  request.set_parent("municipalities/0180");
  for (int i = 0; i < 3; ++i) *request.add_requests() = CheckOf(child);
  request.mutable_requests(1)->mutable_question()->clear_categories();
  request.mutable_requests(2)->clear_request_id();
  const auto batch = [&] {
    return service_->disclosure_service.BatchCheckDisclosure(
        CallOf(Caseworker(), "DisclosureService/BatchCheckDisclosure", now_), request);
  };
  EXPECT_THAT(status::InvalidFields(batch().status()),
              ElementsAre("requests[1].question.categories", "requests[2].request_id"));
  EXPECT_EQ(database_.Value("SELECT count(*) FROM consent.decision").value_or(""), "0");

  for (v1::CheckDisclosureRequest& check : *request.mutable_requests()) check = CheckOf(child);
  ASSERT_OK_AND_ASSIGN(const v1::BatchCheckDisclosureResponse response, batch());
  EXPECT_EQ(response.decisions_size(), 3);
  EXPECT_EQ(database_.Value("SELECT count(*) FROM consent.decision").value_or(""), "3");
}

TEST_F(DisclosureServiceTest, BothYesPermitsAndAWithdrawalCountsAtOnceOnEveryInstance) {
  const v1::Child child = Agreed();
  const auto other = NewInstance();
  for (const Instance* const instance : {service_.get(), other.get()}) {
    ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(child), *instance));
    EXPECT_EQ(decision.categories(0).answer(), v1::CategoryDecision::PERMIT);
    EXPECT_THAT(decision.categories(0).consents(), ::testing::UnorderedElementsAreArray(consents_));
  }
  ASSERT_OK(Withdraw(consents_[0], *service_));
  for (const Instance* const instance : {service_.get(), other.get()}) {
    ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(child), *instance));
    EXPECT_EQ(decision.categories(0).answer(), v1::CategoryDecision::DENY);
    EXPECT_THAT(decision.categories(0).consents(), IsEmpty());
  }
}

TEST_F(DisclosureServiceTest, ARepeatedRequestAnswersWithTheFirstDecision) {
  const v1::Child child = Agreed();
  const v1::CheckDisclosureRequest request = CheckOf(child);
  ASSERT_OK_AND_ASSIGN(const v1::Decision first, Check(request, *service_));
  ASSERT_OK(Withdraw(consents_[0], *service_));
  ASSERT_OK_AND_ASSIGN(const v1::Decision again, Check(request, *service_));
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  v1::CheckDisclosureRequest other = request;
  other.mutable_question()->set_purpose(Disclosure::FEEDBACK);
  EXPECT_THAT(Check(other, *service_), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.decision"), 1);
}

TEST_F(DisclosureServiceTest, ExplainsEveryRuleInOrderAndLeavesATrace) {
  const v1::Child child = Agreed();
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(child), *service_));
  ASSERT_OK_AND_ASSIGN(const v1::Explanation explanation, Explain(decision));
  ASSERT_EQ(explanation.categories_size(), 1);
  const v1::CategoryExplanation& category = explanation.categories(0);
  EXPECT_EQ(category.decision().SerializeAsString(), decision.categories(0).SerializeAsString());
  EXPECT_FALSE(category.swedish().empty());
  int decided = 0;
  for (const v1::RuleLookedAt& rule : category.rules()) {
    EXPECT_FALSE(rule.why().empty()) << rule.rule();
    EXPECT_FALSE(rule.swedish_text().empty()) << rule.rule();
    if (rule.outcome() == v1::RuleLookedAt::DECIDED) ++decided;
  }
  EXPECT_EQ(decided, 1);
  const std::vector<audit::v1::Entry> entries = AuditEntries();
  EXPECT_EQ(entries.back().method(), "samverkan.consent.v1.DisclosureService/ExplainDecision");
  EXPECT_THAT(entries.back().private_part().resources(), Contains(decision.name()));
}

TEST_F(DisclosureServiceTest, DiscloseLeavesWhatIsPermittedAndRecordsIt) {
  const v1::Child child = Agreed();
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(child), *service_));
  ASSERT_OK_AND_ASSIGN(const v1::DiscloseResponse response, Disclose(decision, ReportOf(ReferenceOf(child))));
  intake::v1::Report told;
  ASSERT_TRUE(response.message().UnpackTo(&told));
  EXPECT_EQ(told.submission().concern().what(), "Kommer hungrig.");
  EXPECT_EQ(told.submission().child().given_name(), "");
  EXPECT_EQ(told.submission().child().address(), "");
  EXPECT_EQ(told.child(), "");
  EXPECT_THAT(response.withheld(), ::testing::UnorderedElementsAre(data::v1::IDENTITY, data::v1::WHEREABOUTS));
  v1::ListDisclosuresRequest list;
  list.set_parent(child.name());
  ASSERT_OK_AND_ASSIGN(const v1::ListDisclosuresResponse log,
                       service_->disclosure_service.ListDisclosures(
                           CallOf(Caseworker(), "DisclosureService/ListDisclosures", now_), list));
  ASSERT_EQ(log.disclosures_size(), 1);
  EXPECT_EQ(log.disclosures(0).SerializeAsString(), response.disclosure().SerializeAsString());
  EXPECT_EQ(log.disclosures(0).categories(0).legal_basis(), decision.categories(0).legal_basis());
}

TEST_F(DisclosureServiceTest, DiscloseRefusesWhatDoesNotFit) {
  const v1::Child child = Agreed();
  const v1::Child other = RegisterChild(kYoung[1]);
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(child), *service_));
  EXPECT_THAT(Disclose(decision, ReportOf(ReferenceOf(other))), StatusIs(kFailedPrecondition, "OTHER_CHILD"));
  EXPECT_THAT(Disclose(decision, ReportOf(ReferenceOf(child)), "", Colleague()),
              StatusIs(kPermissionDenied, "OTHER_CALLER"));
  v1::DiscloseRequest nothing;
  nothing.set_name(decision.name());
  nothing.set_request_id(NewRequestId());
  EXPECT_THAT(service_->disclosure_service.Disclose(CallOf(Caseworker(), "DisclosureService/Disclose", now_), nothing),
              StatusIs(absl::StatusCode::kInvalidArgument));
  ASSERT_OK_AND_ASSIGN(const v1::Decision refused, Check(CheckOf(child, {data::v1::ASSESSMENT}), *service_));
  EXPECT_THAT(Disclose(refused, ReportOf(ReferenceOf(child))), StatusIs(kFailedPrecondition, "NOTHING_PERMITTED"));
  ASSERT_OK(Withdraw(consents_[1], *service_));
  EXPECT_THAT(Disclose(decision, ReportOf(ReferenceOf(child))), StatusIs(kFailedPrecondition, "DECISION_OUTDATED"));
  now_ += absl::Hours(25);
  EXPECT_THAT(Disclose(decision, ReportOf(ReferenceOf(child))), StatusIs(kFailedPrecondition, "DECISION_EXPIRED"));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.disclosure"), 0);
}

TEST_F(DisclosureServiceTest, FreeTextOfAProtectedChildLeavesOnlyRead) {
  const v1::Child child = Agreed();
  Protect(child);
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(child), *service_));
  EXPECT_THAT(decision.categories(0).duties(), Contains(Disclosure::CHECK_FREE_TEXT));
  EXPECT_THAT(Disclose(decision, ReportOf(ReferenceOf(child))), StatusIs(kFailedPrecondition, "FREE_TEXT_UNCHECKED"));
  EXPECT_OK(Disclose(decision, ReportOf(ReferenceOf(child)), "Läst: inget avslöjar var barnet finns."));
}

TEST_F(DisclosureServiceTest, AProtectedChildsWhereaboutsAreWithheldWhateverTheConsent) {
  const v1::Child child = Agreed();
  Protect(child);
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(child, {data::v1::WHEREABOUTS}), *service_));
  EXPECT_EQ(decision.categories(0).answer(), v1::CategoryDecision::DENY);
  EXPECT_EQ(decision.categories(0).rule(), "P-075");
}

TEST_F(DisclosureServiceTest, TestsAreAQualifiedPersons) {
  const v1::Child child = RegisterChild(kYoung[0]);
  v1::CheckDisclosureRequest request = CheckOf(child);
  *request.mutable_question()->add_tests() = NoHarm();
  EXPECT_THAT(Check(request, *service_, Unqualified()), StatusIs(kFailedPrecondition, "TEST_NOT_COMPETENT"));
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(request, *service_));
  EXPECT_EQ(decision.categories(0).answer(), v1::CategoryDecision::PERMIT_WITH_CONDITIONS);
  EXPECT_EQ(decision.categories(0).rule(), "P-050");
  EXPECT_THAT(decision.categories(0).tests(), ElementsAre("harm"));
  EXPECT_EQ(decision.question().tests(0).tester(), "u-eva");
}

TEST_F(DisclosureServiceTest, OthersSeeNothing) {
  const v1::Child child = Agreed();
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(child), *service_));
  EXPECT_THAT(Check(CheckOf(child), *service_, Elsewhere()), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  v1::GetDecisionRequest get;
  get.set_name(decision.name());
  EXPECT_THAT(service_->disclosure_service.GetDecision(CallOf(Elsewhere(), "DisclosureService/GetDecision", now_), get)
                  .status(),
              StatusIs(kNotFound));
  EXPECT_THAT(
      service_->disclosure_service.GetDecision(CallOf(Reporter(), "DisclosureService/GetDecision", now_), get).status(),
      StatusIs(kNotFound));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.decision"), 1);
}

TEST_F(DisclosureServiceTest, BadQuestionsAreRefusedWithEveryFieldAndStoreNothing) {
  const v1::Child child = RegisterChild(kYoung[0]);
  v1::CheckDisclosureRequest request = CheckOf(child);
  request.set_parent("municipalities/0127");
  v1::Question& question = *request.mutable_question();
  question.set_child("Elsa");
  question.mutable_discloser()->set_authority(kUtbildningsnamnden);
  question.mutable_recipient()->Clear();
  question.clear_categories();
  question.add_categories(data::v1::NOT_PERSONAL);
  question.set_purpose(Disclosure::PURPOSE_UNSPECIFIED);
  question.add_tests()->set_test("gut feeling");
  question.add_facts()->set_fact("rumour");
  const absl::Status status = Check(request, *service_).status();
  const std::vector<std::string> fields = status::InvalidFields(status);
  for (const char* const field :
       {"question.child", "question.discloser.authority", "question.recipient.party", "question.categories[0]",
        "question.purpose", "question.tests[0].test", "question.tests[0].verdict", "question.tests[0].reasons",
        "question.facts[0].fact", "question.facts[0].source"}) {
    EXPECT_THAT(fields, Contains(field));
  }
  EXPECT_EQ(Count("SELECT count(*) FROM consent.decision"), 0);
}

TEST_F(DisclosureServiceTest, ASimulationIsAboutNobodyAndLeavesNothing) {
  v1::SimulateDisclosureRequest request;
  request.set_parent("municipalities/0180");
  *request.mutable_question() = CheckOf(v1::Child()).question();
  request.mutable_question()->clear_child();
  request.set_day("2025-03-31");
  request.mutable_circumstances()->set_age(10);
  request.mutable_circumstances()->add_guardians("g1");
  const rpc::CallContext call = CallOf(Caseworker(), "DisclosureService/SimulateDisclosure", now_);
  ASSERT_OK_AND_ASSIGN(const v1::Explanation explanation,
                       service_->disclosure_service.SimulateDisclosure(call, request));
  EXPECT_EQ(explanation.day(), "2025-03-31");
  EXPECT_EQ(explanation.categories(0).decision().answer(), v1::CategoryDecision::NEEDS_CONSENT);
  EXPECT_EQ(Count("SELECT count(*) FROM consent.decision"), 0);
  EXPECT_THAT(AuditEntries(), IsEmpty());
  request.mutable_question()->set_child("0196a000-0000-7000-8000-000000000001");
  EXPECT_THAT(status::InvalidFields(service_->disclosure_service.SimulateDisclosure(call, request).status()),
              ElementsAre("question.child"));
}

// A duty that the decision does not name would be met by nobody.
TEST_F(DisclosureServiceTest, ADecisionWithOtherDutiesThanNowLetsNothingOut) {
  const v1::Child child = RegisterChild(kYoung[0]);
  v1::CheckDisclosureRequest request = CheckOf(child);
  *request.mutable_question()->add_tests() = NoHarm();
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(request, *service_));
  ASSERT_EQ(decision.categories(0).answer(), v1::CategoryDecision::PERMIT_WITH_CONDITIONS);
  Protect(child);
  EXPECT_THAT(Disclose(decision, ReportOf(ReferenceOf(child)), "Läst."),
              StatusIs(kFailedPrecondition, "DECISION_OUTDATED"));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.disclosure"), 0);
}

TEST_F(DisclosureServiceTest, WhoComesToWorkWithTheChildIsHeardOnEveryInstanceAtOnce) {
  const v1::Child child = Agreed();
  const auto other = NewInstance();
  ASSERT_OK(Check(CheckOf(child), *other));
  EXPECT_THAT(Check(CheckOf(child), *other, Elsewhere()), StatusIs(kNotFound, "CHILD_NOT_FOUND"));
  ASSERT_OK(Check(CheckOf(child), *other));
  v1::GetChildRequest get;
  get.set_name(child.name());
  v1::AssignChildRequest assign;
  assign.set_name(child.name());
  assign.set_request_id(NewRequestId());
  assign.set_etag(child_service_.GetChild(CallOf(Caseworker(), "ChildService/GetChild", now_), get)->etag());
  assign.add_units(kBarnenheten);
  assign.add_units(kUngdomsenheten);
  ASSERT_OK(child_service_.AssignChild(CallOf(UnitManager(), "ChildService/AssignChild", now_), assign));
  EXPECT_OK(Check(CheckOf(child), *other, Elsewhere()));
}

TEST_F(DisclosureServiceTest, ARuleSetActivatedElsewhereCountsAtOnce) {
  const v1::Child child = Agreed();
  const auto other = NewInstance();
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(child), *other));
  Activate([](rules::v1::RuleSet& rule_set) {
    rule_set.set_version("2099.2");
    for (rules::v1::Rule& rule : *rule_set.mutable_rules()) {
      if (rule.id() == "P-056") rule.set_test_to_record("a new test");
    }
  });
  EXPECT_THAT(Disclose(decision, ReportOf(ReferenceOf(child)), *other),
              StatusIs(kFailedPrecondition, "DECISION_OUTDATED"));

  const auto third = NewInstance();
  v1::SimulateDisclosureRequest simulation;
  simulation.set_parent("municipalities/0180");
  *simulation.mutable_question() = CheckOf(v1::Child()).question();
  simulation.mutable_question()->clear_child();
  const rpc::CallContext call = CallOf(Caseworker(), "DisclosureService/SimulateDisclosure", now_);
  ASSERT_OK_AND_ASSIGN(const v1::Explanation before, third->disclosure_service.SimulateDisclosure(call, simulation));
  Activate([](rules::v1::RuleSet& rule_set) { rule_set.set_version("2099.3"); });
  ASSERT_OK_AND_ASSIGN(const v1::Explanation after, third->disclosure_service.SimulateDisclosure(call, simulation));
  EXPECT_NE(after.rule_set(), before.rule_set());
}

TEST_F(DisclosureServiceTest, ATestThatOnlyTheNewRuleSetAsksForMayBeRecordedOnEveryInstance) {
  const v1::Child child = Agreed();
  const auto other = NewInstance();
  ASSERT_OK(Check(CheckOf(child), *other));
  Activate([](rules::v1::RuleSet& rule_set) {
    rule_set.set_version("2099.4");
    for (rules::v1::Rule& rule : *rule_set.mutable_rules()) {
      if (rule.id() == "P-056") rule.set_test_to_record("a new test");
    }
  });
  v1::CheckDisclosureRequest request = CheckOf(child);
  v1::RecordedTest& test = *request.mutable_question()->add_tests();
  test.set_test("a new test");
  test.set_verdict(v1::RecordedTest::FOR_TELLING);
  test.set_reasons("Prövat.");
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(request, *other));
  EXPECT_EQ(decision.categories(0).answer(), v1::CategoryDecision::PERMIT);
}

TEST_F(DisclosureServiceTest, ARefusalIsFiledWithWhomTheDecisionIsOf) {
  ASSERT_OK_AND_ASSIGN(const v1::Decision decision, Check(CheckOf(Agreed()), *service_));
  v1::GetDecisionRequest get;
  get.set_name(decision.name());
  const absl::Status refused =
      service_->disclosure_service.GetDecision(CallOf(Reporter(), "DisclosureService/GetDecision", now_), get).status();
  EXPECT_TRUE(status::IsHidden(refused));
  EXPECT_EQ(status::HiddenOwner(refused), "0180/skarholmen");
}

TEST_F(DisclosureServiceTest, ASimulationAsksTheRulesOfTheMunicipalityThatItNames) {
  v1::SimulateDisclosureRequest request;
  request.set_parent("municipalities/0127");
  *request.mutable_question() = CheckOf(v1::Child()).question();
  request.mutable_question()->clear_child();
  const rpc::CallContext call = CallOf(Caseworker(), "DisclosureService/SimulateDisclosure", now_);
  EXPECT_THAT(status::InvalidFields(service_->disclosure_service.SimulateDisclosure(call, request).status()),
              ElementsAre("question.discloser.authority"));
  request.mutable_question()->mutable_discloser()->set_authority("municipalities/0127/authorities/socialnamnden");
  EXPECT_OK(service_->disclosure_service.SimulateDisclosure(call, request));
}

// What every decision in the database was, and what it is when it is decided again from what was stored.
class RecomputedTest : public DisclosureServiceTest {
 protected:
  // Decides on all categories, towards every authority that may be a recipient.
  void DecideManyTimes(const v1::Child& child) {
    std::vector<data::v1::Category> categories;
    for (int category = data::v1::NOT_PERSONAL + 1; category <= data::v1::Category_MAX; ++category) {
      categories.push_back(static_cast<data::v1::Category>(category));
    }
    for (int purpose = 1; purpose <= Disclosure::Purpose_MAX; ++purpose) {
      for (const Disclosure::Party party : {Disclosure::SCHOOL, Disclosure::POLICE, Disclosure::HEALTH_CARE}) {
        v1::CheckDisclosureRequest request = CheckOf(child, categories);
        request.mutable_question()->mutable_recipient()->set_party(party);
        request.mutable_question()->set_purpose(static_cast<Disclosure::Purpose>(purpose));
        ASSERT_OK_AND_ASSIGN(decisions_.emplace_back(), Check(request, *service_));
      }
    }
  }

  void ExpectAllTheSameAgain() {
    for (const v1::Decision& decision : decisions_) {
      ASSERT_OK_AND_ASSIGN(const v1::Explanation explanation, Explain(decision));
      ASSERT_EQ(explanation.rule_set(), decision.rule_set());
      ASSERT_EQ(explanation.categories_size(), decision.categories_size());
      for (int i = 0; i < decision.categories_size(); ++i) {
        EXPECT_EQ(explanation.categories(i).decision().DebugString(), decision.categories(i).DebugString());
      }
    }
  }

  std::vector<v1::Decision> decisions_;
};

TEST_F(RecomputedTest, EveryDecisionIsTheSameAlsoAfterRuleSetsAndCircumstancesChanged) {
  const v1::Child child = Agreed();
  DecideManyTimes(child);
  const std::string first_rules = decisions_.back().rule_set();
  Activate([](rules::v1::RuleSet& rule_set) {
    rule_set.set_version("2099.1");
    // Consent lifts no secrecy any more.
    for (rules::v1::Rule& rule : *rule_set.mutable_rules()) {
      if (rule.id() == "P-056")
        rule.mutable_disclosure()->clear_purposes(), rule.mutable_disclosure()->add_purposes(Disclosure::CONTROL);
    }
  });
  DecideManyTimes(child);
  EXPECT_NE(decisions_.back().rule_set(), first_rules);
  EXPECT_NE(Check(CheckOf(child), *service_)->categories(0).answer(), v1::CategoryDecision::PERMIT);
  ASSERT_OK(Withdraw(consents_[0], *service_));
  Protect(child);
  DecideManyTimes(child);
  ExpectAllTheSameAgain();
  EXPECT_EQ(Count("SELECT count(*) FROM consent.decision"), static_cast<int64_t>(decisions_.size()) + 1);
}

}  // namespace
}  // namespace samverkan::consent::testing
