// What a rule set may not hold: each case is one bad rule beside rules that are well.

#include <google/protobuf/text_format.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/rules/fault.h"
#include "libs/rules/rule_set.h"

namespace samverkan::rules {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kWell[] = R"(
version: "1"
questions { key: "length" meaning: "How long?" }
questions { key: "secrecy" meaning: "What is secret?" }
questions { key: "telling" meaning: "What may be told?" }
rules {
  id: "P-1" services: INTAKE question: "length" text: "Two weeks." recipients: AUTHORITIES_ONLY obligation: MUST
  versions { legal_basis: "Law 1" valid_from: "2020-01-01" text_grade: STATUTE date_grade: STATUTE }
  clocks { clock: "length" starts_at: "start" amount: 2 unit: WEEKS extension_reason: "storm" }
  clocks { clock: "keep" starts_at: "end" amount: 5 unit: YEARS earliest: true }
  reporter_categories { code: "school" text: "School" }
  parameters { key: "age" value: 15 }
  legal_review: true
}
rules {
  id: "P-2" services: CONSENT question: "secrecy" text: "Secret." recipients: ANY test_to_record: "harm"
  versions { legal_basis: "Law 2" text_grade: STATUTE date_grade: STATUTE }
  disclosure { step: SECRECY effect: SECRET disclosers: SCHOOL }
}
rules {
  id: "P-3" services: CONSENT question: "telling" text: "May be told." recipients: ANY
  versions { legal_basis: "Law 3" valid_to: "2024-12-31" text_grade: STATUTE date_grade: STATUTE }
  disclosure { step: SPECIAL_RULE effect: PERMIT disclosers: SCHOOL categories: CONCERN facts: "opened"
               never_breaks: "secrecy" }
}
)";

// A rule besides; `more` stands in it.
std::string Rule(const std::string& id, const std::string& question, const std::string& more) {
  return absl::StrCat("rules { id: \"", id, "\" services: CONSENT question: \"", question,
                      "\" text: \"Text.\" recipients: ANY ", more, " }");
}

constexpr char kVersion[] = " versions { legal_basis: \"Law 9\" text_grade: STATUTE date_grade: STATUTE } ";

std::string Version(const std::string& days) {
  return absl::StrCat(" versions { legal_basis: \"Law 9\" text_grade: STATUTE date_grade: STATUTE ", days, " } ");
}

// A rule of a municipality about `question`.
std::string Local(const std::string& question, const std::string& more) {
  return Rule("L-1", question, absl::StrCat("municipality: \"9901\" legal_review: true ", kVersion, more));
}

std::vector<Fault> FaultsWith(const std::string& text) {
  v1::RuleSet content;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &content)) << text;
  return RuleSet::FaultsOf(content);
}

std::vector<Fault> FaultsBeside(const std::string& rules) { return FaultsWith(absl::StrCat(kWell, rules)); }

TEST(Check, FindsNothingWhereAllIsWell) {
  EXPECT_THAT(FaultsBeside(""), IsEmpty());
  EXPECT_THAT(
      FaultsBeside(Rule("P-4", "telling", absl::StrCat(Version("valid_from: \"2025-01-01\""), "replaces: \"P-3\""))),
      IsEmpty());
  EXPECT_THAT(FaultsBeside(Local("secrecy", "disclosure { step: SECRECY effect: WITHHOLD spared: POLICE }")),
              IsEmpty());
  EXPECT_THAT(FaultsBeside(Local("telling",
                                 "disclosure { step: SPECIAL_RULE effect: RESTRICT facts: \"asked\" "
                                 "duties: INFORM_GUARDIANS }")),
              IsEmpty());
  EXPECT_THAT(FaultsBeside(absl::StrReplaceAll(
                  Local("length",
                        "obligation: MUST clocks { clock: \"length\" starts_at: \"start\" amount: 14 unit: DAYS }"
                        "clocks { clock: \"keep\" starts_at: \"end\" amount: 60 unit: MONTHS earliest: true }"),
                  {{"recipients: ANY", "recipients: AUTHORITIES_ONLY"}})),
              IsEmpty());
}

TEST(Check, WordsAFaultByFileRuleAndWhatWasExpected) {
  EXPECT_EQ(Worded({.path = "a.textproto", .rule = "P-1", .fault = "has no text", .weakens = ""}),
            "a.textproto: P-1: has no text");
  EXPECT_EQ(Worded({.path = "", .rule = "", .fault = "version must be given", .weakens = ""}), "version must be given");
}

struct Case {
  std::string name;
  std::string rules;
  std::string rule;
  std::string fault;
  std::string weakens = "";
};

class CheckTest : public ::testing::TestWithParam<Case> {};

TEST_P(CheckTest, NamesTheRuleAndWhatItWeakens) {
  EXPECT_THAT(FaultsBeside(GetParam().rules),
              ElementsAre(AllOf(Field(&Fault::rule, GetParam().rule), Field(&Fault::weakens, GetParam().weakens),
                                Field(&Fault::fault, HasSubstr(GetParam().fault)))));
}

// A national rule about telling after P-3, which says `disclosure`.
std::string Telling(const std::string& disclosure, const std::string& more = "") {
  return Rule("P-4", "telling",
              absl::StrCat(Version("valid_from: \"2025-01-01\""), "disclosure { ", disclosure, " } ", more));
}

INSTANTIATE_TEST_SUITE_P(
    Disclosures, CheckTest,
    ::testing::Values(
        Case{"NoStep", Telling("effect: PERMIT"), "P-4", "unknown step"},
        Case{"NoEffect", Telling("step: NECESSITY"), "P-4", "unknown effect"},
        Case{"UnknownEffect", Telling("step: NECESSITY effect: 99"), "P-4", "unknown effect"},
        Case{"SecretAtAnotherStep", Telling("step: NECESSITY effect: SECRET"), "P-4", "SECRET stands at step SECRECY"},
        Case{"PermitAtSecrecy", Telling("step: SECRECY effect: PERMIT"), "P-4", "PERMIT never stands at step SECRECY"},
        Case{"NeverBreaksWithoutPermit", Telling("step: SECRECY effect: SECRET never_breaks: \"secrecy\""), "P-4",
             "never_breaks goes with PERMIT"},
        Case{"SparedWithoutWithhold", Telling("step: NECESSITY effect: PERMIT spared: POLICE"), "P-4",
             "spared goes with WITHHOLD"},
        Case{"RestrictsNothing", Telling("step: NECESSITY effect: RESTRICT"), "P-4", "RESTRICT needs a fact"},
        Case{"UnknownCategory", Telling("step: NECESSITY effect: PERMIT categories: 99"), "P-4", "unknown category 99"},
        Case{"NoCategory", Telling("step: NECESSITY effect: PERMIT categories: CATEGORY_UNSPECIFIED"), "P-4",
             "unknown category 0"},
        Case{"UnknownDiscloser", Telling("step: NECESSITY effect: PERMIT disclosers: 99"), "P-4",
             "unknown party in disclosers 99"},
        Case{"UnknownTold", Telling("step: NECESSITY effect: PERMIT told: 99"), "P-4", "unknown party in told 99"},
        Case{"UnknownSpared", Telling("step: NECESSITY effect: WITHHOLD spared: 99"), "P-4",
             "unknown party in spared 99"},
        Case{"UnknownPurpose", Telling("step: NECESSITY effect: PERMIT purposes: 99"), "P-4", "unknown purpose 99"},
        Case{"UnknownProtection", Telling("step: NECESSITY effect: PERMIT protections: 99"), "P-4",
             "unknown protection 99"},
        Case{"UnknownDuty", Telling("step: NECESSITY effect: PERMIT duties: 99"), "P-4", "unknown duty 99"},
        Case{"FactInWords", Telling("step: NECESSITY effect: PERMIT facts: \"Investigation opened\""), "P-4",
             "fact Investigation opened must be lower_snake"},
        Case{"NeverBreaksWhatNobodyAsks", Telling("step: NECESSITY effect: PERMIT never_breaks: \"secresy\""), "P-4",
             "never_breaks the unknown question secresy"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Successions, CheckTest,
    ::testing::Values(
        Case{"Gap", Rule("P-4", "telling", Version("valid_from: \"2025-01-02\"")), "P-4",
             "a gap for question telling: P-3 ended on 2024-12-31, and the next begins only on 2025-01-02"},
        Case{"GapWithinARule",
             Rule("L-1", "telling",
                  absl::StrCat("municipality: \"9901\"", Version("valid_to: \"2020-12-30\""),
                               Version("valid_from: \"2021-01-01\""))),
             "L-1", "a gap for question telling: L-1 ended on 2020-12-30"},
        Case{"Overlap", Rule("P-4", "telling", Version("valid_from: \"2024-12-31\"")), "P-4",
             "in force on the same day as P-3 for question telling"},
        Case{"ReplacesNothingKnown",
             Rule("P-4", "telling", Version("valid_from: \"2025-01-01\"") + "replaces: \"P-0\""), "P-4",
             "replaces the unknown rule P-0"},
        Case{"ReplacesItself", Rule("P-4", "telling", Version("valid_from: \"2025-01-01\"") + "replaces: \"P-4\""),
             "P-4", "a cycle of rules that replace each other: P-4, P-4"},
        Case{"Cycle",
             Rule("P-4", "telling",
                  Version("valid_from: \"2025-01-01\" valid_to: \"2025-12-31\"") +
                      "replaces: \"P-3\" replaces: \"P-6\"") +
                 Rule("P-5", "telling",
                      Version("valid_from: \"2026-01-01\" valid_to: \"2026-12-31\"") + "replaces: \"P-4\"") +
                 Rule("P-6", "telling", Version("valid_from: \"2027-01-01\"") + "replaces: \"P-5\""),
             "P-4", "a cycle of rules that replace each other: P-4, P-6, P-5, P-4"}),
    [](const auto& info) { return info.param.name; });

// A rule of a municipality about the length, as strict as P-1 but for what `more` says.
std::string LocalLength(const std::string& more) {
  return absl::StrReplaceAll(Local("length", more), {{"recipients: ANY", "recipients: AUTHORITIES_ONLY"}});
}

INSTANTIATE_TEST_SUITE_P(
    Locals, CheckTest,
    ::testing::Values(
        Case{"Permits", Local("telling", "disclosure { step: SPECIAL_RULE effect: PERMIT }"), "L-1",
             "a local rule may only RESTRICT or WITHHOLD: it would weaken P-3", "P-3"},
        Case{"LaysSecrecyThatATestLifts", Local("secrecy", "disclosure { step: SECRECY effect: SECRET }"), "L-1",
             "a local rule may only RESTRICT or WITHHOLD: it would weaken P-2", "P-2"},
        Case{"PermitsWhatOnlySecrecyIsAbout",
             "questions { key: \"own\" meaning: \"Own?\" }" +
                 Local("own", "disclosure { step: NECESSITY effect: PERMIT disclosers: SCHOOL }"),
             "L-1", "it would weaken P-2", "P-2"},
        Case{"LongerClock", LocalLength("clocks { clock: \"length\" starts_at: \"start\" amount: 1 unit: MONTHS }"),
             "L-1", "clock length at start: longer than that of P-1", "P-1"},
        Case{"NoLimit", LocalLength("clocks { clock: \"length\" starts_at: \"start\" no_limit: true }"), "L-1",
             "clock length at start: longer than that of P-1", "P-1"},
        Case{"KeepsShorter",
             LocalLength("clocks { clock: \"keep\" starts_at: \"end\" amount: 59 unit: MONTHS earliest: true }"), "L-1",
             "clock keep at end: shorter than that of P-1", "P-1"},
        Case{"MovesOffHolidays",
             LocalLength("clocks { clock: \"length\" starts_at: \"start\" amount: 13 unit: DAYS "
                         "moves_off_holidays: true }"),
             "L-1", "that of P-1 does not move off holidays", "P-1"},
        Case{"ExtendsForAnotherReason",
             LocalLength("clocks { clock: \"length\" starts_at: \"start\" amount: 13 unit: DAYS "
                         "extension_reason: \"rain\" }"),
             "L-1", "may be extended for no other reason than that of P-1", "P-1"},
        Case{"DemandsLess", LocalLength("obligation: SHOULD"), "L-1",
             "demands less than P-1: obligation must be at least MUST", "P-1"},
        Case{"NeedsNoLawyer", absl::StrReplaceAll(LocalLength(""), {{"legal_review: true", ""}}), "L-1",
             "legal_review must be on, as in P-1", "P-1"},
        Case{"ReachesMore", Local("length", ""), "L-1", "recipients must be AUTHORITIES_ONLY, as in P-1", "P-1"},
        Case{"ChangesANumber", LocalLength("parameters { key: \"age\" value: 18 }"), "L-1",
             "parameter age is set by P-1 and cannot change locally", "P-1"},
        Case{"ListsReporters", LocalLength("reporter_categories { code: \"school\" text: \"School\" }"), "L-1",
             "category school is listed by P-1 and cannot change locally", "P-1"},
        Case{"ReplacesTheLaw", LocalLength("replaces: \"P-1\""), "L-1", "cannot replace P-1", "P-1"},
        Case{"AuthorityLooserThanItsMunicipality",
             Local("telling", "obligation: MUST") +
                 Rule("L-2", "telling",
                      absl::StrCat("municipality: \"9901\" authority: \"school-board\" obligation: MAY "
                                   "legal_review: true",
                                   kVersion)),
             "L-2", "demands less than L-1", "L-1"}),
    [](const auto& info) { return info.param.name; });

TEST(Check, LooserThanALawThatHasEndedIsNoFault) {
  EXPECT_THAT(
      FaultsWith(absl::StrReplaceAll(kWell, {{"valid_from: \"2020-01-01\"", "valid_to: \"2019-12-31\""}}) +
                 Rule("L-1", "length",
                      absl::StrCat("municipality: \"9901\" obligation: MAY", Version("valid_from: \"2020-01-01\"")))),
      IsEmpty());
}

TEST(Check, VersionIsGivenAndFitsAName) {
  EXPECT_THAT(FaultsWith(absl::StrReplaceAll(kWell, {{"version: \"1\"", ""}})),
              ElementsAre(Field(&Fault::fault, "version must be given")));
  EXPECT_THAT(FaultsWith(absl::StrReplaceAll(kWell, {{"version: \"1\"", "version: \"1/2\""}})),
              ElementsAre(Field(&Fault::fault, HasSubstr("version must be at most 32"))));
}

TEST(Check, FieldThatThisVersionDoesNotKnowIsAFault) {
  v1::RuleSet content;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(kWell, &content));
  v1::Disclosure* const disclosure = content.mutable_rules(1)->mutable_disclosure();
  disclosure->GetReflection()->MutableUnknownFields(disclosure)->AddVarint(1000, 1);
  EXPECT_THAT(RuleSet::FaultsOf(content), ElementsAre(Field(&Fault::fault, HasSubstr("does not know"))));
  EXPECT_FALSE(RuleSet::OfChecked(content).ok());
}

}  // namespace
}  // namespace samverkan::rules
