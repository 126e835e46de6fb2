#include "services/intake/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/proto_time/proto_time.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr absl::CivilDay kDay(2026, 3, 10);

std::string ReportName(int number) {
  return absl::StrCat("municipalities/0180/reports/01968f00-0000-7000-8000-00000000010", number);
}
std::string InvestigationName(int number) {
  return absl::StrCat("municipalities/0180/investigations/01968f00-0000-7000-8000-00000000020", number);
}

// A report with something in each category that an extract withholds.
v1::Submission FullSubmission() {
  v1::Submission submission = SchoolSubmission(kChildren[0], /*feedback_wanted=*/true);
  submission.mutable_reporter()->set_organisation("Bredängsskolan");
  submission.mutable_child()->set_address("Storgatan 1");
  submission.add_guardians()->set_person_name("Maria Alm");
  submission.mutable_concern()->set_child_said("Jag vill inte hem.");
  return submission;
}

v1::Submission ViolentSubmission() {
  v1::Submission submission = FullSubmission();
  submission.mutable_concern()->set_suspected_violence(true);
  return submission;
}

ReportRecord Received(int number, absl::CivilDay day, const v1::Submission& submission = FullSubmission()) {
  ReportRecord record = ReceivedAt(At(day), submission);
  record.report.set_name(ReportName(number));
  record.report.add_sibling_reports(ReportName(9));
  return record;
}

ReportRecord Decided(ReportRecord record, v1::Decision::Outcome outcome, absl::CivilDay day, int investigation = 0) {
  v1::Decision& decision = *record.report.mutable_decision();
  decision.set_outcome(outcome);
  decision.set_reasons("Oron behöver utredas.");
  *decision.mutable_decide_time() = proto_time::ToProto(At(day, 11));
  if (investigation > 0) decision.set_investigation(InvestigationName(investigation));
  return record;
}

InvestigationRecord Opened(int number, absl::CivilDay day, const std::vector<int>& reports) {
  InvestigationRecord record;
  record.investigation.set_name(InvestigationName(number));
  *record.investigation.mutable_open_time() = proto_time::ToProto(At(day, 11));
  for (const int report : reports) record.investigation.add_reports(ReportName(report));
  return record;
}

InvestigationRecord Closed(InvestigationRecord record, absl::CivilDay day) {
  record.investigation.mutable_closing()->set_reasons("Familjen får stöd.");
  *record.investigation.mutable_closing()->mutable_close_time() = proto_time::ToProto(At(day));
  return record;
}

void Release(ReportRecord& record) {
  *record.report.mutable_hold()->mutable_release_time() = proto_time::ToProto(At(kDay + 9));
}

ChildRecords RecordsOf(std::vector<ReportRecord> reports, std::vector<InvestigationRecord> investigations = {}) {
  return {.jurisdiction = {"0180", "skarholmen"},
          .reports = std::move(reports),
          .investigations = std::move(investigations)};
}

v1::ExtractChildRequest To(v1::ExtractRecipient recipient, bool texts_reviewed = false) {
  v1::ExtractChildRequest request;
  request.set_recipient(recipient);
  request.set_texts_reviewed(texts_reviewed);
  return request;
}

std::vector<v1::ExtractItem> Extract(const ChildRecords& records, const v1::ExtractChildRequest& request) {
  const auto items = ExtractOf(ShippedRules(), records, request, At(kDay + 30));
  EXPECT_OK(items);
  return items.ok() ? *items : std::vector<v1::ExtractItem>();
}

std::vector<std::string> NamesIn(const std::vector<v1::ExtractItem>& items) {
  std::vector<std::string> names;
  for (const v1::ExtractItem& item : items) names.push_back(NameOf(item));
  return names;
}

// "P-051, OSL 26:5" of the field; empty where it is not withheld.
std::string RuleOf(const v1::ExtractItem& item, const std::string& field) {
  for (const v1::WithheldField& withheld : item.withheld()) {
    if (withheld.field() == field) return absl::StrCat(withheld.rule(), ", ", withheld.legal_basis());
  }
  return "";
}

bool Says(const v1::ExtractItem& item, const std::string& text) {
  return absl::StrContains(item.SerializeAsString(), text);
}

TEST(ExtractTest, WithholdsTheReporterUntilNamingBringsNoDanger) {
  const ChildRecords records = RecordsOf({Received(1, kDay)});
  for (const auto recipient : {v1::CHILD, v1::GUARDIAN}) {
    const auto items = Extract(records, To(recipient, /*texts_reviewed=*/true));
    ASSERT_THAT(items, SizeIs(1));
    EXPECT_EQ(RuleOf(items[0], "report.submission.reporter"), "P-051, OSL 26:5");
    EXPECT_EQ(RuleOf(items[0], "report.submission.signature"), "P-051, OSL 26:5");
    EXPECT_EQ(RuleOf(items[0], "report.submission.contact_person"), "P-051, OSL 26:5");
    EXPECT_FALSE(Says(items[0], "Rektorsson"));
    EXPECT_FALSE(Says(items[0], "elevhalsan"));
    EXPECT_FALSE(Says(items[0], "school"));

    v1::ExtractChildRequest named = To(recipient);
    named.add_reporters_without_danger(ReportName(1));
    const auto shown = Extract(records, named);
    ASSERT_THAT(shown, SizeIs(1));
    EXPECT_EQ(shown[0].report().submission().reporter().person_name(), "Lars Rektorsson");
    EXPECT_EQ(RuleOf(shown[0], "report.submission.reporter"), "");
  }
}

TEST(ExtractTest, NamesOnlyTheReportersThatWereTried) {
  v1::ExtractChildRequest request = To(v1::CHILD);
  request.add_reporters_without_danger(ReportName(2));
  const auto items = Extract(RecordsOf({Received(1, kDay), Received(2, kDay + 1)}), request);
  ASSERT_THAT(items, SizeIs(2));
  EXPECT_FALSE(Says(items[0], "Rektorsson"));
  EXPECT_TRUE(Says(items[1], "Rektorsson"));
}

TEST(ExtractTest, WithholdsThirdPersonsWhateverIsReviewed) {
  for (const auto recipient : {v1::CHILD, v1::GUARDIAN}) {
    const auto items = Extract(RecordsOf({Received(1, kDay)}), To(recipient, /*texts_reviewed=*/true));
    ASSERT_THAT(items, SizeIs(1));
    EXPECT_EQ(RuleOf(items[0], "report.submission.guardians"), "P-050, OSL 26:1");
    EXPECT_EQ(RuleOf(items[0], "report.sibling_reports"), "P-050, OSL 26:1");
    EXPECT_FALSE(Says(items[0], "Maria Alm"));
    EXPECT_FALSE(Says(items[0], ReportName(9)));
  }
}

TEST(ExtractTest, KeepsWhatTheChildSaidFromAGuardian) {
  const ChildRecords records = RecordsOf({Received(1, kDay)});
  const auto child = Extract(records, To(v1::CHILD, /*texts_reviewed=*/true));
  EXPECT_EQ(child[0].report().submission().concern().child_said(), "Jag vill inte hem.");
  const auto guardian = Extract(records, To(v1::GUARDIAN, /*texts_reviewed=*/true));
  EXPECT_EQ(guardian[0].report().submission().concern().child_said(), "");
  EXPECT_EQ(RuleOf(guardian[0], "report.submission.concern.child_said"), "P-057, OSL 12:3");
  EXPECT_EQ(guardian[0].report().submission().concern().what(), "Kommer ofta hungrig till skolan.");
}

TEST(ExtractTest, WithholdsTextsThatNobodyHasRead) {
  const ChildRecords records =
      RecordsOf({Decided(Received(1, kDay), v1::Decision::OPENED, kDay, 1)}, {Closed(Opened(1, kDay, {1}), kDay + 20)});
  const auto items = Extract(records, To(v1::CHILD));
  ASSERT_THAT(items, SizeIs(2));
  EXPECT_EQ(RuleOf(items[0], "report.submission.concern.what"), "P-050, OSL 26:1");
  EXPECT_EQ(RuleOf(items[0], "report.decision.reasons"), "P-050, OSL 26:1");
  EXPECT_EQ(RuleOf(items[1], "investigation.closing.reasons"), "P-050, OSL 26:1");
  // What is no text is shown.
  EXPECT_EQ(items[0].report().submission().child().given_name(), "Kim");
  EXPECT_EQ(items[0].report().decision().outcome(), v1::Decision::OPENED);
  EXPECT_EQ(items[0].report().decision().investigation(), InvestigationName(1));
  EXPECT_EQ(items[0].feedback().state(), v1::Feedback::ASKED);
  EXPECT_THAT(items[1].investigation().reports(), ElementsAre(ReportName(1)));

  const auto reviewed = Extract(records, To(v1::CHILD, /*texts_reviewed=*/true));
  EXPECT_EQ(reviewed[0].report().decision().reasons(), "Oron behöver utredas.");
  EXPECT_EQ(reviewed[1].investigation().closing().reasons(), "Familjen får stöd.");
  EXPECT_THAT(reviewed[1].withheld(), IsEmpty());
}

TEST(ExtractTest, SaysWhatTheRuleSays) {
  const auto items = Extract(RecordsOf({Received(1, kDay)}), To(v1::GUARDIAN));
  for (const v1::WithheldField& withheld : items[0].withheld()) {
    const auto rules = ShippedRules().Rules();
    const auto rule =
        std::find_if(rules.begin(), rules.end(), [&](const auto* r) { return r->id() == withheld.rule(); });
    ASSERT_NE(rule, rules.end()) << withheld.rule();
    EXPECT_EQ(withheld.rule_text(), (*rule)->text());
    EXPECT_NE(withheld.category(), data::v1::CATEGORY_UNSPECIFIED) << withheld.field();
  }
}

TEST(ExtractTest, WithholdsWhereAProtectedChildIsFromBoth) {
  ReportRecord report = Received(1, kDay);
  const auto open = Extract(RecordsOf({report}), To(v1::GUARDIAN));
  EXPECT_EQ(open[0].report().submission().child().address(), "Storgatan 1");

  report.identity_protected = true;
  for (const auto recipient : {v1::CHILD, v1::GUARDIAN}) {
    v1::ExtractChildRequest request = To(recipient, /*texts_reviewed=*/true);
    request.add_reporters_without_danger(ReportName(1));
    const auto items = Extract(RecordsOf({report}), request);
    for (const std::string field : {"report.submission.child.address", "report.unit",
                                    "report.submission.contact_person", "report.submission.reporter.organisation"}) {
      EXPECT_EQ(RuleOf(items[0], field), "P-075, OSL 21:3, 21:3 a; FOL 16 §") << field;
    }
    EXPECT_FALSE(Says(items[0], "Storgatan"));
    EXPECT_FALSE(Says(items[0], "Bredängsskolan"));
    EXPECT_TRUE(Says(items[0], "Lars Rektorsson"));
  }
}

TEST(ExtractTest, SaysNothingToAGuardianOfAReportOnHold) {
  ChildRecords records = RecordsOf({Received(1, kDay), Received(2, kDay + 1, ViolentSubmission())});
  EXPECT_THAT(NamesIn(Extract(records, To(v1::GUARDIAN))), ElementsAre(ReportName(1)));
  EXPECT_FALSE(Says(Extract(records, To(v1::GUARDIAN))[0], ReportName(2)));
  EXPECT_THAT(NamesIn(Extract(records, To(v1::CHILD))), ElementsAre(ReportName(1), ReportName(2)));
  EXPECT_THAT(HiddenResources(records), ElementsAre(ReportName(2)));

  Release(records.reports[1]);
  EXPECT_THAT(NamesIn(Extract(records, To(v1::GUARDIAN))), ElementsAre(ReportName(1), ReportName(2)));
  EXPECT_THAT(HiddenResources(records), IsEmpty());
}

TEST(ExtractTest, HidesWhatAReportOnHoldOpenedAndWhatWouldTellOfIt) {
  // 1: decided before. 2: on hold, opens 1. 3: comes while 1 runs. 4: comes when 1 is closed.
  ChildRecords records =
      RecordsOf({Decided(Received(1, kDay), v1::Decision::NOT_OPENED, kDay + 1),
                 Decided(Received(2, kDay + 2, ViolentSubmission()), v1::Decision::OPENED, kDay + 2, 1),
                 Decided(Received(3, kDay + 5), v1::Decision::ADDED_TO_RUNNING, kDay + 6, 1), Received(4, kDay + 20)},
                {Closed(Opened(1, kDay + 2, {2, 3}), kDay + 12), Opened(2, kDay + 15, {2})});
  records.investigations[1].investigation.set_previous_investigation(InvestigationName(1));
  *records.investigations[1].investigation.mutable_closing()->mutable_close_time() = proto_time::ToProto(At(kDay + 18));
  EXPECT_THAT(HiddenResources(records),
              ElementsAre(ReportName(2), InvestigationName(1), ReportName(3), InvestigationName(2)));
  EXPECT_THAT(NamesIn(Extract(records, To(v1::GUARDIAN))), ElementsAre(ReportName(1), ReportName(4)));
  EXPECT_THAT(Extract(records, To(v1::CHILD)), SizeIs(6));
}

TEST(ExtractTest, HidesWhatHangsOnAHiddenInvestigationAndTheFollowUpThatItEnded) {
  const ReportRecord first = Decided(Received(1, kDay), v1::Decision::OPENED, kDay, 1);
  const ReportRecord violent = Decided(Received(2, kDay + 5, ViolentSubmission()), v1::Decision::OPENED, kDay + 5, 2);
  ChildRecords records =
      RecordsOf({first, violent}, {Closed(Opened(1, kDay, {1}), kDay + 2), Opened(2, kDay + 5, {2})});
  v1::Placement& placement = records.placements.emplace_back();
  placement.set_name("municipalities/0180/placements/2");
  placement.set_investigation(InvestigationName(2));
  placement.set_place("Familjen Ek");
  v1::FollowUp& follow_up = records.follow_ups.emplace_back();
  follow_up.set_name("municipalities/0180/followUps/1");
  follow_up.set_investigation(InvestigationName(1));
  follow_up.mutable_end()->set_new_investigation(InvestigationName(2));

  EXPECT_THAT(HiddenResources(records),
              UnorderedElementsAre(ReportName(2), InvestigationName(2), placement.name(), follow_up.name()));
  const std::vector<v1::ExtractItem> to_guardian = Extract(records, To(v1::GUARDIAN, /*texts_reviewed=*/true));
  EXPECT_THAT(NamesIn(to_guardian), UnorderedElementsAre(ReportName(1), InvestigationName(1)));
  for (const v1::ExtractItem& item : to_guardian) {
    EXPECT_THAT(item.follow_ups(), IsEmpty());
    EXPECT_THAT(item.placements(), IsEmpty());
  }
  int placements = 0, follow_ups = 0;
  for (const v1::ExtractItem& item : Extract(records, To(v1::CHILD, /*texts_reviewed=*/true))) {
    placements += item.placements_size();
    follow_ups += item.follow_ups_size();
  }
  EXPECT_EQ(placements, 1);
  EXPECT_EQ(follow_ups, 1);
}

// Received before, and still waiting for its decision: feedback asked for now would be owed at
// once.
TEST(ExtractTest, HidesAReportThatWaitedWhenTheHiddenInvestigationWasOpened) {
  const ChildRecords records = RecordsOf(
      {Received(1, kDay), Decided(Received(2, kDay + 1, ViolentSubmission()), v1::Decision::OPENED, kDay + 1, 1)},
      {Opened(1, kDay + 1, {2})});
  EXPECT_THAT(Extract(records, To(v1::GUARDIAN)), IsEmpty());
}

TEST(ExtractTest, LeavesAHiddenReportOutOfAnInvestigationThatTheGuardiansKnowOf) {
  const ChildRecords records =
      RecordsOf({Decided(Received(1, kDay), v1::Decision::OPENED, kDay, 1),
                 Decided(Received(2, kDay + 5, ViolentSubmission()), v1::Decision::ADDED_TO_RUNNING, kDay + 5, 1)},
                {Opened(1, kDay, {1, 2})});
  const auto items = Extract(records, To(v1::GUARDIAN, /*texts_reviewed=*/true));
  EXPECT_THAT(NamesIn(items), ElementsAre(ReportName(1), InvestigationName(1)));
  EXPECT_THAT(items[1].investigation().reports(), ElementsAre(ReportName(1)));
  for (const v1::ExtractItem& item : items) EXPECT_FALSE(Says(item, ReportName(2)));
}

TEST(ExtractTest, HidesAnInvestigationWhoseReportCameAfterTheReportsWereRead) {
  const ChildRecords records = RecordsOf({Received(1, kDay)}, {Opened(1, kDay + 5, {7})});
  EXPECT_THAT(HiddenResources(records), ElementsAre(ReportName(1), InvestigationName(1)));
}

TEST(ExtractTest, RestsOnTheLawOfTheDay) {
  const Jurisdiction board{"0180", "skarholmen"};
  EXPECT_EQ(*BasisOfExtract(ShippedRules(), board, At(kDay)),
            "P-090, GDPR 2016/679; dataskyddslagen 2018:218 3:5, 3:10, 5:1");
  EXPECT_THAT(BasisOfExtract(ShippedRules(), board, At(absl::CivilDay(2018, 5, 24))),
              StatusIs(absl::StatusCode::kNotFound, "NO_RULE_IN_FORCE"));
  // Nothing is shown where a rule that withholds cannot be named.
  EXPECT_THAT(ExtractOf(ShippedRules(), RecordsOf({Received(1, kDay)}), To(v1::CHILD), At(absl::CivilDay(2009, 1, 1))),
              StatusIs(absl::StatusCode::kNotFound, "NO_RULE_IN_FORCE"));
}

}  // namespace
}  // namespace samverkan::intake::testing
