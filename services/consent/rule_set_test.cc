// What differs between rule sets, and who may activate one.

#include "services/consent/rule_set.h"

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::consent {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kMonday = absl::FromCivil(absl::CivilHour(2026, 3, 9, 10), absl::UTCTimeZone());
const absl::Time kTuesday = kMonday + absl::Hours(24);

// The rule set that ships.
const rules::RuleSet& ShippedRules() {
  static const rules::RuleSet* const rules = new rules::RuleSet(rules::RuleSet::Load("deploy/rules")->Whole());
  return *rules;
}

rules::v1::Rule& RuleIn(rules::v1::RuleSet& content, const std::string& id) {
  for (rules::v1::Rule& rule : *content.mutable_rules()) {
    if (rule.id() == id) return rule;
  }
  ADD_FAILURE() << "no rule " << id;
  return *content.add_rules();
}

TEST(RuleSetName, IsParsedAsItIsMade) {
  const std::string name = RuleSetName({"0180", "2026.4-3f9ac1d2e0b4"});
  EXPECT_EQ(name, "municipalities/0180/ruleSets/2026.4-3f9ac1d2e0b4");
  ASSERT_TRUE(ParseRuleSetName(name).has_value());
  EXPECT_EQ(ParseRuleSetName(name)->municipality, "0180");
  EXPECT_EQ(ParseRuleSetName(name)->version, "2026.4-3f9ac1d2e0b4");
  for (const char* const bad :
       {"", "municipalities/0180/ruleSets", "municipalities/0180/ruleSets/", "municipalities/180/ruleSets/1",
        "municipalities/0180/children/1", "municipalities/0180/ruleSets/A", "municipalities/0180/ruleSets/1/2"}) {
    EXPECT_FALSE(ParseRuleSetName(bad).has_value()) << bad;
  }
}

TEST(Differences, AreNoneBetweenEqualRuleSets) {
  EXPECT_THAT(DifferencesBetween(ShippedRules().Content(), ShippedRules().Content()), IsEmpty());
}

TEST(Differences, TellRulesAddedRemovedAndChangedByFieldPath) {
  const rules::v1::RuleSet first = ShippedRules().Content();
  rules::v1::RuleSet second = first;
  rules::v1::Rule& changed = RuleIn(second, "P-013");
  changed.mutable_versions(0)->set_valid_to("2030-12-31");
  changed.mutable_clocks(0)->set_amount(7);
  changed.set_note("Shorter.");
  (*changed.mutable_parameters())["days"] = 7;
  changed.mutable_disclosure()->add_facts("opened");
  RuleIn(second, "P-012").set_id("A-001");
  const std::vector<v1::RuleDifference> differences = DifferencesBetween(first, second);
  ASSERT_EQ(differences.size(), 3u);
  EXPECT_EQ(differences[0].rule(), "A-001");
  EXPECT_EQ(differences[0].kind(), v1::RuleDifference::ADDED);
  EXPECT_FALSE(differences[0].has_before());
  EXPECT_EQ(differences[0].after().id(), "A-001");
  EXPECT_THAT(differences[0].fields(), IsEmpty());
  EXPECT_EQ(differences[1].rule(), "P-012");
  EXPECT_EQ(differences[1].kind(), v1::RuleDifference::REMOVED);
  EXPECT_EQ(differences[1].before().id(), "P-012");
  EXPECT_FALSE(differences[1].has_after());
  EXPECT_EQ(differences[2].rule(), "P-013");
  EXPECT_EQ(differences[2].kind(), v1::RuleDifference::CHANGED);
  EXPECT_THAT(differences[2].fields(),
              ElementsAre("clocks.amount", "disclosure", "note", "parameters", "versions.valid_to"));
  EXPECT_NE(differences[2].before().note(), "Shorter.");
  EXPECT_EQ(differences[2].after().note(), "Shorter.");
}

TEST(Differences, TellAVersionThatWasAdded) {
  const rules::v1::RuleSet first = ShippedRules().Content();
  rules::v1::RuleSet second = first;
  RuleIn(second, "P-013").add_versions()->set_valid_from("2031-01-01");
  const std::vector<v1::RuleDifference> differences = DifferencesBetween(first, second);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_THAT(differences[0].fields(), ElementsAre("versions"));
}

TEST(Activation, NeedsAnotherPersonThanTheProposer) {
  const v1::RuleSetRecord proposed = Propose(ShippedRules(), "0180", "anna", kMonday);
  EXPECT_EQ(proposed.state(), v1::RuleSetRecord::PROPOSED);
  EXPECT_EQ(proposed.proposer(), "anna");
  EXPECT_FALSE(proposed.has_activate_time());
  EXPECT_THAT(Activate(proposed, "anna", kTuesday), StatusIs(absl::StatusCode::kPermissionDenied, "OWN_ACTION"));
  ASSERT_OK_AND_ASSIGN(const v1::RuleSetRecord active, Activate(proposed, "bo", kTuesday));
  EXPECT_EQ(active.state(), v1::RuleSetRecord::ACTIVE);
  EXPECT_EQ(active.approver(), "bo");
  EXPECT_EQ(proto_time::FromProto(active.activate_time()), kTuesday);
  EXPECT_EQ(proto_time::FromProto(active.propose_time()), kMonday);
}

TEST(Activation, BringsBackWhatWasSuperseded) {
  const v1::RuleSetRecord shipped = Shipped(ShippedRules(), "0180", kMonday);
  EXPECT_EQ(shipped.state(), v1::RuleSetRecord::ACTIVE);
  EXPECT_EQ(shipped.name(), "municipalities/0180/ruleSets/" + ShippedRules().version());
  EXPECT_EQ(shipped.proposer(), "");
  EXPECT_THAT(Activate(shipped, "bo", kTuesday), StatusIs(absl::StatusCode::kFailedPrecondition, "RULE_SET_ACTIVE"));
  const v1::RuleSetRecord superseded = Supersede(shipped);
  EXPECT_EQ(superseded.state(), v1::RuleSetRecord::SUPERSEDED);
  EXPECT_OK(Activate(superseded, "bo", kTuesday));
}

TEST(Refusal, NamesEveryFaultByItsPlaceInTheRequest) {
  EXPECT_OK(Refusal(ShippedRules().Content(), {}));
  rules::v1::RuleSet content;
  content.add_rules()->set_id("P-1");
  content.add_rules()->set_id("L-1");
  const absl::Status refused = Refusal(content, {{.path = "", .rule = "L-1", .fault = "looser", .weakens = "P-1"},
                                                 {.path = "", .rule = "", .fault = "no version", .weakens = ""}});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition, "RULE_SET_INVALID"));
  EXPECT_THAT(status::InvalidFields(refused), ElementsAre("rule_set.rules[1]", "rule_set"));
  EXPECT_EQ(status::Metadata(refused).at("faults"), "2");
}

}  // namespace
}  // namespace samverkan::consent
