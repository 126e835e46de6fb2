// Rule sets that a municipality loads, compares and activates.

#include "services/consent/rule_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/proto_time/proto_time.h"
#include "libs/rules/rule_set.h"
#include "libs/status/status.h"
#include "libs/testing/proto_matchers.h"
#include "libs/testing/status_matchers.h"
#include "services/consent/consent_fixture.h"
#include "services/consent/rule_set.h"
#include "services/consent/rule_set_store.h"

namespace samverkan::consent::testing {
namespace {

using ::samverkan::testing::EqualsProto;
using ::samverkan::testing::StatusIs;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Property;
using ::testing::StartsWith;

using State = v1::RuleSetRecord;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kPermissionDenied = absl::StatusCode::kPermissionDenied;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kAlreadyExists = absl::StatusCode::kAlreadyExists;
constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

auth::Caller Operator(const std::string& subject) { return CallerOf(access::v1::OPERATOR, subject, {}); }

auth::Caller Anna() { return Operator("u-anna"); }
auth::Caller Bo() { return Operator("u-bo"); }
// An operator of another municipality.
auth::Caller Stranger() {
  auth::Caller caller = Operator("u-siv");
  caller.municipality = "0127";
  return caller;
}

// The shipped rules with another version, and a rule of the municipality about report meetings that
// `more` is merged into.
rules::v1::RuleSet Changed(const rules::v1::Rule& more = {}) {
  rules::v1::RuleSet content = ShippedRules().Content();
  content.set_version("2026.9");
  rules::v1::Rule& rule = *content.add_rules();
  rule.set_id("L-901");
  rule.add_services(rules::v1::Rule::CONSENT);
  rule.set_question("investigation_length");
  rule.set_text("Utredningen tar högst tre månader.");
  rule.set_recipients(rules::v1::Rule::ANY);
  rule.set_obligation(rules::v1::Rule::MUST);
  rule.set_municipality("0180");
  rules::v1::Version& version = *rule.add_versions();
  version.set_legal_basis("beslut 2026-03-01");
  version.set_valid_from("2026-04-01");
  version.set_text_grade(rules::v1::OTHER_SOURCE);
  version.set_date_grade(rules::v1::OTHER_SOURCE);
  rule.MergeFrom(more);
  return content;
}

rules::v1::Rule& RuleIn(rules::v1::RuleSet& content, const std::string& id) {
  for (rules::v1::Rule& rule : *content.mutable_rules()) {
    if (rule.id() == id) return rule;
  }
  ADD_FAILURE() << "no rule " << id;
  return *content.add_rules();
}

class RuleServiceTest : public ConsentTest {
 protected:
  rpc::CallContext Call(const auth::Caller& caller, const std::string& method) const {
    return CallOf(caller, "RuleService/" + method, now_);
  }

  static v1::LoadRuleSetRequest Loading(const rules::v1::RuleSet& content) {
    v1::LoadRuleSetRequest request;
    request.set_parent("municipalities/0180");
    request.set_request_id(NewRequestId());
    *request.mutable_rule_set() = content;
    return request;
  }
  absl::StatusOr<v1::RuleSetRecord> Load(const v1::LoadRuleSetRequest& request, const auth::Caller& caller = Anna()) {
    return service_.LoadRuleSet(Call(caller, "LoadRuleSet"), request);
  }

  static v1::ActivateRuleSetRequest Activation(const std::string& name) {
    v1::ActivateRuleSetRequest request;
    request.set_name(name);
    request.set_request_id(NewRequestId());
    return request;
  }
  absl::StatusOr<v1::RuleSetRecord> Activate(const v1::ActivateRuleSetRequest& request,
                                             const auth::Caller& caller = Bo()) {
    return service_.ActivateRuleSet(Call(caller, "ActivateRuleSet"), request);
  }

  absl::StatusOr<v1::RuleSetRecord> Get(const std::string& name, const auth::Caller& caller = Anna()) {
    v1::GetRuleSetRequest request;
    request.set_name(name);
    return service_.GetRuleSet(Call(caller, "GetRuleSet"), request);
  }

  absl::StatusOr<v1::ListRuleSetsResponse> List(int32_t page_size = 0, const std::string& page_token = "",
                                                const auth::Caller& caller = Anna()) {
    v1::ListRuleSetsRequest request;
    request.set_parent("municipalities/" + caller.municipality);
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    return service_.ListRuleSets(Call(caller, "ListRuleSets"), request);
  }

  absl::StatusOr<v1::CompareRuleSetsResponse> Compare(const std::string& first, const std::string& second,
                                                      const auth::Caller& caller = Anna()) {
    v1::CompareRuleSetsRequest request;
    request.set_name(first);
    request.set_other(second);
    return service_.CompareRuleSets(Call(caller, "CompareRuleSets"), request);
  }

  std::vector<v1::RuleSetFault> FaultsIn(const rules::v1::RuleSet& content) {
    v1::ValidateRuleSetRequest request;
    request.set_parent("municipalities/0180");
    *request.mutable_rule_set() = content;
    const auto validated = service_.ValidateRuleSet(Call(Anna(), "ValidateRuleSet"), request);
    EXPECT_OK(validated);
    return {validated->faults().begin(), validated->faults().end()};
  }

  // What decides in the caller's municipality.
  std::string ActiveVersion(RuleSetStore& store, const auth::Caller& caller = Anna()) {
    const auto rules = store.ActiveRules(Call(caller, "GetRuleSet"), caller.municipality);
    EXPECT_OK(rules);
    return rules->version();
  }

  RuleSetStore store_{store_parts(), ShippedRules()};
  RuleService service_{store_, parts()};
};

TEST_F(RuleServiceTest, ShippedRulesDecideWhereNoneWereLoaded) {
  EXPECT_EQ(ActiveVersion(store_), ShippedRules().Whole().version());
  ASSERT_OK_AND_ASSIGN(const v1::ListRuleSetsResponse listed, List());
  ASSERT_EQ(listed.rule_sets_size(), 1);
  const v1::RuleSetRecord& shipped = listed.rule_sets(0);
  EXPECT_EQ(shipped.name(), "municipalities/0180/ruleSets/" + ShippedRules().Whole().version());
  EXPECT_EQ(shipped.state(), State::ACTIVE);
  EXPECT_EQ(shipped.proposer(), "");
  EXPECT_EQ(shipped.approver(), "");
  EXPECT_FALSE(shipped.has_rule_set());
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord read, Get(shipped.name()));
  EXPECT_THAT(read.rule_set(), EqualsProto(ShippedRules().Content()));
}

TEST_F(RuleServiceTest, AreStoredOnceHoweverManyComeFirst) {
  std::vector<std::thread> callers;
  for (int i = 0; i < 6; ++i) {
    callers.emplace_back([this] { EXPECT_EQ(ActiveVersion(store_), ShippedRules().Whole().version()); });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(Count("SELECT count(*) FROM consent.rule_set"), 1);
}

TEST_F(RuleServiceTest, TwoPeopleMakeARuleSetDecide) {
  const std::string before = ActiveVersion(store_);
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord proposed, Load(Loading(Changed())));
  EXPECT_THAT(proposed.name(), StartsWith("municipalities/0180/ruleSets/2026.9-"));
  EXPECT_EQ(proposed.name(), "municipalities/0180/ruleSets/" + proposed.version());
  EXPECT_EQ(proposed.state(), State::PROPOSED);
  EXPECT_EQ(proposed.proposer(), "u-anna");
  EXPECT_EQ(proto_time::FromProto(proposed.propose_time()), now_);
  EXPECT_FALSE(proposed.has_activate_time());
  EXPECT_EQ(ActiveVersion(store_), before);
  EXPECT_EQ(Events().back().type(), "rule_set.proposed");
  EXPECT_EQ(Events().back().resource(), proposed.name());

  EXPECT_THAT(Activate(Activation(proposed.name()), Anna()), StatusIs(kPermissionDenied, "OWN_ACTION"));
  EXPECT_EQ(ActiveVersion(store_), before);

  now_ += absl::Hours(1);
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord active, Activate(Activation(proposed.name())));
  EXPECT_EQ(active.state(), State::ACTIVE);
  EXPECT_EQ(active.proposer(), "u-anna");
  EXPECT_EQ(active.approver(), "u-bo");
  EXPECT_EQ(proto_time::FromProto(active.activate_time()), now_);
  EXPECT_EQ(ActiveVersion(store_), active.version());
  EXPECT_EQ(Events().back().type(), "rule_set.activated");
  EXPECT_EQ(Events().back().attributes().at("superseded"), before);
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord read, Get(active.name()));
  EXPECT_THAT(read, EqualsProto(active));
}

TEST_F(RuleServiceTest, SupersededOneIsActivatedAgain) {
  const std::string shipped = "municipalities/0180/ruleSets/" + ActiveVersion(store_);
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord proposed, Load(Loading(Changed())));
  ASSERT_OK(Activate(Activation(proposed.name())));
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord superseded, Get(shipped));
  EXPECT_EQ(superseded.state(), State::SUPERSEDED);
  EXPECT_THAT(Activate(Activation(proposed.name())), StatusIs(kFailedPrecondition, "RULE_SET_ACTIVE"));

  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord again, Activate(Activation(shipped)));
  EXPECT_EQ(again.state(), State::ACTIVE);
  EXPECT_EQ(again.approver(), "u-bo");
  EXPECT_EQ(ActiveVersion(store_), again.version());
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord before, Get(proposed.name()));
  EXPECT_EQ(before.state(), State::SUPERSEDED);
  // What decided before is still there to explain by.
  EXPECT_OK(store_.RulesOf(Call(Anna(), "GetRuleSet"), {"0180", proposed.version()}));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.rule_set WHERE state = 2"), 1);
}

TEST_F(RuleServiceTest, AnotherInstanceDecidesByTheNewOneAtOnce) {
  RuleSetStore other(store_parts(), ShippedRules());
  ASSERT_EQ(ActiveVersion(other), ShippedRules().Whole().version());
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord proposed, Load(Loading(Changed())));
  ASSERT_OK(Activate(Activation(proposed.name())));
  EXPECT_EQ(ActiveVersion(other), proposed.version());
  EXPECT_EQ(ActiveVersion(store_), proposed.version());
}

TEST_F(RuleServiceTest, OfOverlappingActivationsOneDecidesAndNoneIsLost) {
  rules::v1::RuleSet other = Changed();
  other.set_version("2026.10");
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord first, Load(Loading(Changed())));
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord second, Load(Loading(other)));
  std::vector<std::thread> callers;
  for (const v1::RuleSetRecord* const record : {&first, &second}) {
    callers.emplace_back([this, record] { EXPECT_OK(Activate(Activation(record->name()))); });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(Count("SELECT count(*) FROM consent.rule_set WHERE state = 2"), 1);
  EXPECT_EQ(Count("SELECT count(*) FROM consent.rule_set WHERE state = 3"), 2);
}

TEST_F(RuleServiceTest, RepeatedRequestsChangeNothing) {
  const v1::LoadRuleSetRequest loading = Loading(Changed());
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord proposed, Load(loading));
  const v1::ActivateRuleSetRequest activation = Activation(proposed.name());
  ASSERT_OK(Activate(activation));
  const size_t events = Events().size();
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord loaded, Load(loading));
  EXPECT_EQ(loaded.name(), proposed.name());
  EXPECT_EQ(loaded.state(), State::ACTIVE);
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord activated, Activate(activation));
  EXPECT_EQ(activated.state(), State::ACTIVE);
  EXPECT_EQ(Events().size(), events);

  v1::LoadRuleSetRequest other = Loading(ShippedRules().Content());
  other.mutable_rule_set()->set_version("2026.8");
  other.set_request_id(loading.request_id());
  EXPECT_THAT(Load(other), StatusIs(kAlreadyExists, "REQUEST_ID_REUSED"));
}

TEST_F(RuleServiceTest, SameContentIsOneRuleSetWhateverItsOrder) {
  ASSERT_OK(Load(Loading(Changed())));
  rules::v1::RuleSet turned = Changed();
  turned.mutable_rules()->SwapElements(0, turned.rules_size() - 1);
  EXPECT_THAT(Load(Loading(turned)), StatusIs(kAlreadyExists, "RULE_SET_EXISTS"));
  EXPECT_THAT(Load(Loading(ShippedRules().Content())), StatusIs(kAlreadyExists, "RULE_SET_EXISTS"));
}

TEST_F(RuleServiceTest, ListsLatestProposedFirstByPages) {
  std::vector<std::string> names = {"municipalities/0180/ruleSets/" + ActiveVersion(store_)};
  for (const char* const version : {"2026.9", "2026.10", "2026.11"}) {
    now_ += absl::Minutes(1);
    rules::v1::RuleSet content = Changed();
    content.set_version(version);
    ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord proposed, Load(Loading(content)));
    names.push_back(proposed.name());
  }
  ASSERT_OK_AND_ASSIGN(const v1::ListRuleSetsResponse first, List(3));
  ASSERT_EQ(first.rule_sets_size(), 3);
  EXPECT_EQ(first.rule_sets(0).name(), names[3]);
  EXPECT_EQ(first.rule_sets(2).name(), names[1]);
  EXPECT_EQ(first.rule_sets(0).proposer(), "u-anna");
  ASSERT_OK_AND_ASSIGN(const v1::ListRuleSetsResponse last, List(3, first.next_page_token()));
  ASSERT_EQ(last.rule_sets_size(), 1);
  EXPECT_EQ(last.rule_sets(0).name(), names[0]);
  EXPECT_EQ(last.next_page_token(), "");
  EXPECT_THAT(List(3, first.next_page_token(), Bo()), StatusIs(kInvalidArgument, "PAGE_TOKEN_INVALID"));
}

TEST_F(RuleServiceTest, TellsWhatDiffersRuleByRule) {
  rules::v1::RuleSet content = Changed();
  RuleIn(content, "P-013").set_note("Omskriven.");
  RuleIn(content, "P-013").mutable_versions(0)->set_legal_basis("SoL 2025:400 20:2 (2026:1)");
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord proposed, Load(Loading(content)));
  const std::string shipped = "municipalities/0180/ruleSets/" + ShippedRules().Whole().version();
  ASSERT_OK_AND_ASSIGN(const v1::CompareRuleSetsResponse compared, Compare(shipped, proposed.name()));
  ASSERT_EQ(compared.differences_size(), 2);
  EXPECT_EQ(compared.differences(0).rule(), "L-901");
  EXPECT_EQ(compared.differences(0).kind(), v1::RuleDifference::ADDED);
  EXPECT_EQ(compared.differences(1).rule(), "P-013");
  EXPECT_THAT(compared.differences(1).fields(), ElementsAre("note", "versions.legal_basis"));
  ASSERT_OK_AND_ASSIGN(const v1::CompareRuleSetsResponse same, Compare(shipped, shipped));
  EXPECT_THAT(same.differences(), IsEmpty());
}

TEST_F(RuleServiceTest, AnotherMunicipalitySeesNothing) {
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord proposed, Load(Loading(Changed())));
  EXPECT_THAT(Get(proposed.name(), Stranger()), StatusIs(kNotFound, "RULE_SET_NOT_FOUND"));
  EXPECT_THAT(Activate(Activation(proposed.name()), Stranger()), StatusIs(kNotFound, "RULE_SET_NOT_FOUND"));
  EXPECT_THAT(Compare(proposed.name(), proposed.name(), Stranger()), StatusIs(kNotFound, "RULE_SET_NOT_FOUND"));
  EXPECT_THAT(Load(Loading(Changed()), Stranger()), StatusIs(kInvalidArgument, "FIELD_INVALID"));
  ASSERT_OK_AND_ASSIGN(const v1::ListRuleSetsResponse listed, List(0, "", Stranger()));
  ASSERT_EQ(listed.rule_sets_size(), 1);
  EXPECT_THAT(listed.rule_sets(0).name(), StartsWith("municipalities/0127/"));
  ASSERT_OK(Activate(Activation(proposed.name())));
  EXPECT_EQ(ActiveVersion(store_, Stranger()), ShippedRules().Whole().version());
}

TEST_F(RuleServiceTest, OperatorOfNoAuthorityMayLoadAndActivate) {
  auth::Caller anna = Anna();
  auth::Caller bo = Bo();
  anna.authority = bo.authority = "";
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord proposed, Load(Loading(Changed()), anna));
  ASSERT_OK(Activate(Activation(proposed.name()), bo));
  EXPECT_EQ(Events().back().authority(), "municipality");
  EXPECT_EQ(ActiveVersion(store_), proposed.version());
}

TEST_F(RuleServiceTest, EveryCallThatShowsOrChangesStandsInTheAuditLog) {
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord proposed, Load(Loading(Changed())));
  ASSERT_OK(Activate(Activation(proposed.name())));
  ASSERT_OK(Get(proposed.name()));
  ASSERT_OK(List());
  ASSERT_OK(Compare(proposed.name(), proposed.name()));
  const std::vector<audit::v1::Entry> entries = AuditEntries();
  ASSERT_EQ(entries.size(), 5u);
  std::vector<std::string> actors;
  for (const audit::v1::Entry& entry : entries) {
    EXPECT_EQ(entry.action(), access::v1::OPERATE);
    EXPECT_EQ(entry.municipality(), "0180");
    EXPECT_THAT(entry.private_part().resources(), Contains(proposed.name()));
    actors.push_back(entry.private_part().actor().subject());
  }
  EXPECT_THAT(actors, ElementsAre("u-anna", "u-bo", "u-anna", "u-anna", "u-anna"));
  EXPECT_EQ(entries[0].private_part().detail(), "rule_set.proposed");
  EXPECT_EQ(entries[1].private_part().detail(), "rule_set.activated");
}

TEST_F(RuleServiceTest, WhoProposedAndActivatedIsSealed) {
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord proposed, Load(Loading(Changed())));
  ASSERT_OK(Activate(Activation(proposed.name())));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.rule_set WHERE position('u-anna'::bytea IN people) > 0"
                  " OR position('u-bo'::bytea IN people) > 0"),
            0);
}

// --- What cannot be loaded. ---

TEST_F(RuleServiceTest, FindsNoFaultInWhatShipsAndInWhatIsStricter) {
  EXPECT_THAT(FaultsIn(ShippedRules().Content()), IsEmpty());
  EXPECT_THAT(FaultsIn(Changed()), IsEmpty());
}

TEST_F(RuleServiceTest, LooserRuleNamesTheOneThatItWouldWeaken) {
  rules::v1::Rule longer;
  rules::v1::Clock& clock = *longer.add_clocks();
  clock.set_clock("investigation");
  clock.set_starts_at("investigation_opened");
  clock.set_amount(5);
  clock.set_unit(rules::v1::Clock::MONTHS);
  const std::vector<v1::RuleSetFault> faults = FaultsIn(Changed(longer));
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].rule(), "L-901");
  EXPECT_EQ(faults[0].weakens(), "P-021");
  EXPECT_THAT(faults[0].fault(), HasSubstr("longer than that of P-021"));

  const auto refused = Load(Loading(Changed(longer)));
  EXPECT_THAT(refused, StatusIs(kFailedPrecondition, "RULE_SET_INVALID"));
  EXPECT_THAT(status::InvalidFields(refused.status()),
              ElementsAre(absl::StrCat("rule_set.rules[", Changed().rules_size() - 1, "]")));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.rule_set WHERE state = 1"), 0);
}

TEST_F(RuleServiceTest, CycleGapAndUnknownCategoryAreAllNamedAtOnce) {
  rules::v1::RuleSet content = Changed();
  RuleIn(content, "P-012").add_replaces("P-013");
  RuleIn(content, "P-013").add_replaces("P-012");
  RuleIn(content, "P-021").mutable_versions(0)->set_valid_from("2025-07-02");
  rules::v1::Disclosure& disclosure = *RuleIn(content, "P-062").mutable_disclosure();
  disclosure.set_step(rules::v1::Disclosure::NECESSITY);
  disclosure.set_effect(rules::v1::Disclosure::PERMIT);
  disclosure.add_categories(static_cast<data::v1::Category>(99));
  const std::vector<v1::RuleSetFault> faults = FaultsIn(content);
  const auto is = [](const std::string& rule, const std::string& fault) {
    return AllOf(Property(&v1::RuleSetFault::rule, rule), Property(&v1::RuleSetFault::fault, HasSubstr(fault)));
  };
  EXPECT_THAT(faults, Contains(is("P-062", "unknown category 99")));
  EXPECT_THAT(faults, Contains(is("P-021", "a gap for question investigation_length: P-020 ended on 2025-06-30")));
  EXPECT_THAT(faults, Contains(is("P-012", "a cycle of rules that replace each other: P-012, P-013, P-012")));
  EXPECT_EQ(faults.size(), 3u);
  const absl::Status refused = Load(Loading(content)).status();
  EXPECT_THAT(refused, StatusIs(kFailedPrecondition, "RULE_SET_INVALID"));
  EXPECT_EQ(status::InvalidFields(refused).size(), 3u);
}

TEST_F(RuleServiceTest, LocalRuleThatPermitsIsRefused) {
  rules::v1::Rule permit;
  permit.mutable_disclosure()->set_step(rules::v1::Disclosure::SPECIAL_RULE);
  permit.mutable_disclosure()->set_effect(rules::v1::Disclosure::PERMIT);
  const std::vector<v1::RuleSetFault> faults = FaultsIn(Changed(permit));
  ASSERT_THAT(faults, Not(IsEmpty()));
  for (const v1::RuleSetFault& fault : faults) {
    EXPECT_EQ(fault.rule(), "L-901");
    EXPECT_THAT(fault.weakens(), AnyOf("P-020", "P-021"));
  }
}

TEST_F(RuleServiceTest, EmptyRequestsSayWhichFieldsTheyLack) {
  EXPECT_THAT(status::InvalidFields(Load({}).status()), ElementsAre("parent", "request_id", "rule_set"));
  EXPECT_THAT(status::InvalidFields(Activate({}).status()), ElementsAre("name", "request_id"));
  EXPECT_THAT(status::InvalidFields(Compare("", "").status()), ElementsAre("name", "other"));
}

}  // namespace
}  // namespace samverkan::consent::testing
