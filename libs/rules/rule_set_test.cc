// How rule sets are loaded, checked and layered, with rules of invented municipalities.

#include "libs/rules/rule_set.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/calendar/calendar.h"
#include "libs/rules/deadline.h"
#include "libs/status/status.h"

namespace samverkan::rules {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr absl::CivilDay kDay(2026, 3, 2);

constexpr char kFrame[] = R"(
version: "test"
questions { key: "length" meaning: "How long?" }
questions { key: "at_once" meaning: "When is it late?" }
)";

constexpr char kNational[] = R"(
rules {
  id: "P-1"
  services: INTAKE
  question: "length"
  text: "Within two weeks."
  versions { legal_basis: "Law 1" valid_from: "2020-01-01" text_grade: STATUTE date_grade: STATUTE }
  clocks { clock: "length" starts_at: "start" amount: 2 unit: WEEKS moves_off_holidays: true }
  recipients: ANY
  obligation: MUST
  parameters { key: "age" value: 15 }
}
)";

// A rule of a municipality, or of an authority in it; `more` stands in the rule.
std::string Local(const std::string& id, const std::string& authority, const std::string& more) {
  return absl::StrCat("rules {\n  id: \"", id, "\"\n  services: INTAKE\n  question: \"length\"\n  text: \"Local.\"\n",
                      "  municipality: \"9901\"\n  authority: \"", authority, "\"\n  recipients: ANY\n",
                      "  versions { legal_basis: \"Local\" text_grade: OTHER_SOURCE date_grade: INFERRED }\n", more,
                      "}\n");
}

class RuleSetTest : public ::testing::Test {
 protected:
  RuleSetTest() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::path(std::getenv("TEST_TMPDIR")) / test->name();
    Write("frame.textproto", kFrame);
    Write("national.textproto", kNational);
  }

  void Write(const std::string& path, const std::string& content) const {
    fs::create_directories((directory_ / path).parent_path());
    std::ofstream(directory_ / path) << content;
  }

  // Writes the national rule with `from` replaced by `to`.
  void WriteNational(const std::string& from, const std::string& to) const {
    const std::string changed = absl::StrReplaceAll(kNational, {{from, to}});
    ASSERT_NE(changed, kNational);
    Write("national.textproto", changed);
  }

  absl::StatusOr<RuleSet> Load() const { return RuleSet::Load(directory_.string()); }

  // The message of the refusal to load.
  std::string Refusal() const {
    const absl::StatusOr<RuleSet> loaded = Load();
    EXPECT_FALSE(loaded.ok());
    EXPECT_EQ(status::Reason(loaded.status()), "RULE_SET_INVALID");
    return std::string(loaded.status().message());
  }

  fs::path directory_;
};

TEST_F(RuleSetTest, LoadsFoldersWithinFolders) {
  Write("local/9901.textproto", Local("L-1", "", "obligation: MUST"));
  const absl::StatusOr<RuleSet> rules = Load();
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_EQ(rules->Rules().size(), 2u);
  EXPECT_TRUE(rules->version().starts_with("test+")) << rules->version();
}

TEST_F(RuleSetTest, VersionChangesWithEveryChangeOfContent) {
  const std::string before = Load()->version();
  EXPECT_EQ(Load()->version(), before);
  WriteNational("amount: 2", "amount: 3");
  EXPECT_NE(Load()->version(), before);
}

TEST_F(RuleSetTest, HiddenFoldersAreNotEntered) {
  Write("..2026/national.textproto", kNational);
  EXPECT_TRUE(Load().ok());
}

TEST_F(RuleSetTest, CopiesOutliveTheOriginal) {
  auto original = std::make_unique<RuleSet>(*Load());
  const RuleSet copy = *original;
  const absl::StatusOr<Answer> answer = original->Ask("length", kDay);
  original.reset();
  EXPECT_EQ(answer->rule->id(), "P-1");
}

TEST_F(RuleSetTest, MissingFolderIsNamed) {
  EXPECT_THAT(std::string(RuleSet::Load("/no/such/folder").status().message()), HasSubstr("/no/such/folder"));
}

TEST_F(RuleSetTest, SyntaxErrorNamesFileLineAndRule) {
  WriteNational("text_grade: STATUTE", "text_grade: V9");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("national.textproto:7: P-1"), HasSubstr("V9")));
}

TEST_F(RuleSetTest, EveryFaultIsNamedAtOnce) {
  WriteNational("question: \"length\"\n  text: \"Within two weeks.\"", "question: \"lenght\"");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("national.textproto: P-1: unknown question lenght"),
                               HasSubstr("national.textproto: P-1: has no text")));
}

struct FaultCase {
  std::string name;
  std::string from;
  std::string to;
  std::string fault;
};

class FaultTest : public RuleSetTest, public ::testing::WithParamInterface<FaultCase> {
 protected:
  FaultTest() {
    directory_ = fs::path(std::getenv("TEST_TMPDIR")) / GetParam().name;
    Write("frame.textproto", kFrame);
  }
};

TEST_P(FaultTest, IsRefusedByName) {
  WriteNational(GetParam().from, GetParam().to);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("national.textproto: P-1: "), HasSubstr(GetParam().fault)));
}

INSTANTIATE_TEST_SUITE_P(
    RuleSet, FaultTest,
    ::testing::Values(
        FaultCase{"UnknownGrade", "text_grade: STATUTE", "text_grade: 99", "unknown text_grade"},
        FaultCase{"NoGrade", "date_grade: STATUTE", "", "unknown date_grade"},
        FaultCase{"EndsBeforeItBegins", "valid_from: \"2020-01-01\"",
                  "valid_from: \"2020-01-01\" valid_to: \"2019-12-31\"", "valid_to before valid_from"},
        FaultCase{"NoSuchDay", "2020-01-01", "2020-02-30", "must be days like"},
        FaultCase{"SloppyDay", "2020-01-01", "2020-1-1", "must be days like"},
        FaultCase{"ClockWithoutAmount", "amount: 2 unit: WEEKS moves_off_holidays: true", "", "needs an amount"},
        FaultCase{"ClockWithoutUnit", "unit: WEEKS", "", "amount and unit go together"},
        FaultCase{"ClockOfNoDays", "amount: 2", "amount: 0", "at least 1"},
        FaultCase{"AtOnceThatMoves", "amount: 2 unit: WEEKS", "at_once: true", "only an amount moves"},
        FaultCase{"TwoClocksForOneEvent", "recipients: ANY",
                  "recipients: ANY clocks { clock: \"length\" starts_at: \"start\" at_once: true }",
                  "two clocks start at start"},
        FaultCase{"NoRecipients", "recipients: ANY", "", "unknown recipients"},
        FaultCase{"NoVersion",
                  "versions { legal_basis: \"Law 1\" valid_from: \"2020-01-01\" text_grade: STATUTE "
                  "date_grade: STATUTE }",
                  "", "has no version"},
        FaultCase{"AuthorityWithoutMunicipality", "recipients: ANY", "recipients: ANY authority: \"a\"",
                  "needs its municipality"},
        FaultCase{"BadMunicipality", "recipients: ANY", "recipients: ANY municipality: \"180\"", "four digits"}),
    [](const auto& info) { return info.param.name; });

TEST_F(RuleSetTest, OverlapIsRefused) {
  Write("again.textproto", absl::StrReplaceAll(kNational, {{"P-1", "P-2"}}));
  EXPECT_THAT(Refusal(), HasSubstr("national.textproto: P-1: in force on the same day as P-2"));
}

TEST_F(RuleSetTest, OneRuleAfterTheOtherIsNoOverlap) {
  WriteNational("valid_from: \"2020-01-01\"", "valid_to: \"2019-12-31\"");
  Write("again.textproto", absl::StrReplaceAll(kNational, {{"P-1", "P-2"}}));
  const absl::StatusOr<RuleSet> rules = Load();
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_EQ(rules->Ask("length", absl::CivilDay(2019, 12, 31))->rule->id(), "P-1");
  EXPECT_EQ(rules->Ask("length", absl::CivilDay(2020, 1, 1))->rule->id(), "P-2");
}

TEST_F(RuleSetTest, SameIdTwiceIsRefused) {
  Write("again.textproto", Local("P-1", "", ""));
  EXPECT_THAT(Refusal(), HasSubstr("P-1: stands already in again.textproto"));
}

TEST_F(RuleSetTest, SecondVersionIsRefused) {
  Write("again.textproto", "version: \"other\"");
  EXPECT_THAT(Refusal(), HasSubstr("exactly one file"));
}

TEST_F(RuleSetTest, MunicipalityCannotChangeANumberOfTheLaw) {
  Write("local.textproto", Local("L-1", "", "parameters { key: \"age\" value: 12 }"));
  EXPECT_THAT(Refusal(), HasSubstr("L-1: parameter age is set by P-1"));
}

TEST_F(RuleSetTest, MunicipalityMaySetWhatIsSettable) {
  WriteNational("text_grade: STATUTE", "text_grade: SETTABLE");
  Write("local.textproto", Local("L-1", "", "parameters { key: \"age\" value: 12 }"));
  const absl::StatusOr<RuleSet> rules = Load();
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_EQ(rules->Ask("length", kDay, "9901")->Parameter("age").value(), 12);
  EXPECT_EQ(rules->Ask("length", kDay, "9902")->Parameter("age").value(), 15);
}

TEST_F(RuleSetTest, MessageOfAFolderAnswersAlike) {
  Write("local.textproto", Local("L-1", "", "obligation: MUST"));
  const absl::StatusOr<RuleSet> loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const absl::StatusOr<RuleSet> made = RuleSet::Of(loaded->Content());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->Ask("length", kDay, "9901")->others.size(), 1u);
  EXPECT_THAT(made->version(), MatchesRegex("test-[0-9a-f]{12}"));
  EXPECT_EQ(RuleSet::Of(made->Content())->version(), made->version());
  EXPECT_EQ(RuleSet::OfChecked(made->Content())->version(), made->version());
  EXPECT_EQ(loaded->Whole().version(), made->version());
}

TEST_F(RuleSetTest, VersionOfAMessageIsThatOfItsContentNotOfItsOrder) {
  Write("local.textproto", Local("L-1", "", ""));
  v1::RuleSet content = Load()->Content();
  const std::string before = RuleSet::Of(content)->version();
  content.mutable_rules()->SwapElements(0, 1);
  content.mutable_questions()->SwapElements(0, 1);
  EXPECT_EQ(RuleSet::Of(content)->version(), before);
  content.mutable_rules(0)->set_note("Another.");
  EXPECT_NE(RuleSet::Of(content)->version(), before);
}

TEST_F(RuleSetTest, MessageIsCheckedAsAFolderIs) {
  v1::RuleSet content = Load()->Content();
  content.mutable_rules(0)->clear_text();
  const absl::Status refused = RuleSet::Of(content).status();
  EXPECT_EQ(status::Reason(refused), "RULE_SET_INVALID");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("Mend: P-1: has no text"));
}

TEST_F(RuleSetTest, MissingQuestionsAreNamedBeforeTheyAreAsked) {
  const absl::StatusOr<RuleSet> rules = Load();
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_TRUE(rules->Expect({"length", "at_once"}).ok());
  const absl::Status missing = rules->Expect({"length", "width", "height"});
  EXPECT_EQ(status::Reason(missing), "RULE_SET_INVALID");
  EXPECT_THAT(std::string(missing.message()), AllOf(HasSubstr("width"), HasSubstr("height")));
}

TEST_F(RuleSetTest, NumberThatNoRuleHoldsIsAFault) {
  EXPECT_EQ(Load()->Ask("length", kDay)->Parameter("width").status().code(), absl::StatusCode::kInternal);
}

TEST_F(RuleSetTest, ShorterLocalClockWins) {
  Write("local.textproto",
        Local("L-1", "", "clocks { clock: \"length\" starts_at: \"start\" amount: 10 unit: DAYS }") +
            Local("L-2", "school-board", "clocks { clock: \"length\" starts_at: \"start\" amount: 1 unit: WEEKS }"));
  const absl::StatusOr<RuleSet> rules = Load();
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_EQ(rules->AskClock("length", "start", kDay)->rule->id(), "P-1");
  EXPECT_EQ(rules->AskClock("length", "start", kDay, "9901")->rule->id(), "L-1");
  EXPECT_EQ(rules->AskClock("length", "start", kDay, "9901", "school-board")->rule->id(), "L-2");
}

TEST_F(RuleSetTest, LongerLocalClockIsRefused) {
  Write("local.textproto", Local("L-1", "", "clocks { clock: \"length\" starts_at: \"start\" amount: 15 unit: DAYS }"));
  EXPECT_THAT(Refusal(), HasSubstr("local.textproto: L-1: clock length at start: longer than that of P-1"));
}

TEST_F(RuleSetTest, UncertainLocalTextSendsTheAnswerToALawyer) {
  Write("local.textproto", absl::StrReplaceAll(Local("L-1", "", ""), {{"OTHER_SOURCE", "UNVERIFIED"}}));
  const absl::StatusOr<RuleSet> rules = Load();
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_TRUE(rules->Ask("length", kDay, "9901")->needs_legal_review);
  EXPECT_FALSE(rules->Ask("length", kDay)->needs_legal_review);
  EXPECT_TRUE(rules->AskClock("length", "start", kDay, "9901")->needs_legal_review);
}

TEST_F(RuleSetTest, DutyAtOnceNeedsTheLateHour) {
  WriteNational("amount: 2 unit: WEEKS moves_off_holidays: true", "at_once: true");
  EXPECT_EQ(status::Reason(Load()->AskClock("length", "start", kDay).status()), "NO_RULE_IN_FORCE");
}

TEST_F(RuleSetTest, LateHourOfAMunicipalityCounts) {
  WriteNational("amount: 2 unit: WEEKS moves_off_holidays: true", "at_once: true");
  const std::string late = R"(
rules {
  id: "S-1"
  services: INTAKE
  question: "at_once"
  text: "The same day."
  versions { legal_basis: "settable" text_grade: SETTABLE date_grade: SETTABLE }
  recipients: ANY
  parameters { key: "late_hour" value: 16 }
)";
  Write("late.textproto",
        late + "}" + absl::StrReplaceAll(late, {{"S-1", "L-1"}, {"16", "12"}}) + "municipality: \"9901\" }");
  const absl::StatusOr<RuleSet> rules = Load();
  ASSERT_TRUE(rules.ok()) << rules.status();
  const absl::Time afternoon = absl::FromCivil(absl::CivilHour(kDay) + 14, calendar::Stockholm());
  EXPECT_EQ(DeadlineFrom(*rules, "length", "start", afternoon)->latest, kDay);
  EXPECT_EQ(DeadlineFrom(*rules, "length", "start", afternoon, "9901")->latest, kDay + 1);
}

}  // namespace
}  // namespace samverkan::rules
