#include "services/intake/investigation_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"
#include "services/intake/investigation.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Step = v1::InvestigationStep;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr char kName[] = "municipalities/0180/investigationSteps/01968f00-0000-7000-8000-000000000005";
constexpr char kReport[] = "municipalities/0180/reports/01968f00-0000-7000-8000-000000000002";
constexpr char kSchool[] = "municipalities/0180/units/bredangsskolan";

const absl::Time kNow = At(absl::CivilDay(2026, 3, 10));

StepParent Running() {
  return {.name = kOpened,
          .placement = {.municipality = "0180", .authority = "skarholmen", .unit = "barnenheten", .assignee = "u-eva"},
          .child = "01968f00-0000-7000-8000-00000000000c",
          .state = v1::Investigation::RUNNING};
}

StepParent Closed() {
  StepParent parent = Running();
  parent.state = v1::Investigation::CLOSED;
  return parent;
}

StepParent Assessed() {
  StepParent parent = Running();
  parent.name = kReport;
  parent.is_report = true;
  parent.state = v1::Report::ASSESSED;
  return parent;
}

absl::StatusOr<InvestigationStepChange> Ask(const StepParent& parent) {
  v1::RequestInformationRequest request;
  request.set_unit(kSchool);
  request.set_concerning("Kim");
  request.add_questions("Hur är närvaron?");
  return RequestInformation(ShippedRules(), NewStep(kName, parent), request, SenderOf(Reporter()), ActAt(kNow));
}

InvestigationStepRecord Asked(const StepParent& parent = Running()) {
  const auto change = Ask(parent);
  EXPECT_OK(change);
  return change->after;
}

absl::StatusOr<InvestigationStepChange> Talk(InvestigationStepRecord record, Step::State state) {
  v1::RecordReferenceTalkRequest request;
  request.set_state(state);
  return RecordReferenceTalk(ShippedRules(), std::move(record), request, ActAt(kNow));
}

absl::StatusOr<InvestigationStepChange> Contacted(const StepParent& parent, v1::Contact::Counterpart counterpart) {
  v1::RecordContactRequest request;
  request.mutable_contact()->set_counterpart(counterpart);
  return RecordContact(ShippedRules(), NewStep(kName, parent), request, ActAt(kNow));
}

TEST(InvestigationStepTest, ARequestForInformationNamesTheRuleOfTheDay) {
  ASSERT_OK_AND_ASSIGN(const InvestigationStepChange change, Ask(Running()));
  EXPECT_EQ(change.after.step.legal_basis(), "P-023, SoL 2025:400 20:6");
  EXPECT_EQ(change.after.step.state(), Step::OPEN);
  EXPECT_EQ(change.after.step.parent(), kOpened);
  EXPECT_EQ(change.after.step.authority(), kSkarholmen);
  EXPECT_EQ(change.happening.type, "investigation_step.recorded");
  EXPECT_THAT(Ask(Closed()), StatusIs(kFailedPrecondition, "INVESTIGATION_CLOSED"));
}

TEST(InvestigationStepTest, TheAskedUnitSeesNothingOfTheCase) {
  InvestigationStepRecord record = Asked();
  record.step.mutable_information_request()->set_withdraw_reason("Familjen flyttar.");
  ASSERT_OK_AND_ASSIGN(const Step seen, ViewFor(ShippedRules(), Reporter(), record, kNow));
  EXPECT_EQ(seen.information_request().unit(), kSchool);
  EXPECT_EQ(seen.parent() + seen.child() + seen.recorder() + seen.information_request().withdraw_reason(), "");
  auth::Caller other = Reporter();
  other.units = {"ekholmsskolan"};
  EXPECT_THAT(ViewFor(ShippedRules(), other, record, kNow), StatusIs(kNotFound, "INVESTIGATION_STEP_NOT_FOUND"));
  // Who was asked for information is not asked about other steps.
  ASSERT_OK_AND_ASSIGN(const InvestigationStepChange talk, Talk(NewStep(kName, Running()), Step::OPEN));
  EXPECT_THAT(ViewFor(ShippedRules(), Reporter(), talk.after, kNow),
              StatusIs(kNotFound, "INVESTIGATION_STEP_NOT_FOUND"));
}

TEST(InvestigationStepTest, OnlyCaseworkersAndManagersHandleTheStepsOfAnInvestigation) {
  const auth::Caller reception = CallerOf(access::v1::RECEPTION, "u-anna", {"barnenheten"});
  EXPECT_OK(CheckMayHandle(Caseworker(), Asked()));
  EXPECT_THAT(CheckMayHandle(reception, Asked()), StatusIs(kNotFound, "INVESTIGATION_STEP_NOT_FOUND"));
  EXPECT_THAT(CheckMayHandle(reception, NewStep(kName, Running())), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
  EXPECT_OK(CheckMayHandle(reception, NewStep(kName, Assessed())));

  const auth::Caller elsewhere = CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"});
  InvestigationStepRecord opened = Asked();
  opened.parent.emergency_access = true;
  EXPECT_OK(CheckMayRead(elsewhere, opened.parent));
  EXPECT_TRUE(ReadsInEmergency(elsewhere, opened.parent));
  EXPECT_THAT(CheckMayHandle(elsewhere, opened),
              StatusIs(absl::StatusCode::kPermissionDenied, "EMERGENCY_ACCESS_READS_ONLY"));
}

TEST(InvestigationStepTest, WhereaboutsOfAProtectedChildAreWithheldFromTheManager) {
  InvestigationStepRecord record = Asked();
  record.parent.identity_protected = true;
  ASSERT_OK_AND_ASSIGN(const Step withheld, ViewFor(ShippedRules(), UnitManager(), record, kNow));
  EXPECT_EQ(withheld.information_request().unit(), "");
  ASSERT_THAT(withheld.withheld(), SizeIs(1));
  EXPECT_EQ(withheld.withheld(0).rule(), "P-075");
  ASSERT_OK_AND_ASSIGN(const Step seen, ViewFor(ShippedRules(), Caseworker(), record, kNow));
  EXPECT_EQ(seen.information_request().unit(), kSchool) << "it is assigned to her";
}

TEST(InvestigationStepTest, RemindersEnd) {
  InvestigationStepRecord record = Asked();
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK_AND_ASSIGN(InvestigationStepChange change, RemindOfInformation(std::move(record), ActAt(kNow)));
    record = std::move(change.after);
  }
  EXPECT_THAT(RemindOfInformation(record, ActAt(kNow)), StatusIs(kFailedPrecondition, "TOO_MANY_REMINDERS"));
}

TEST(InvestigationStepTest, WhereNoRuleLimitsThemTalksAreFree) {
  StepParent parent = Running();
  parent.reference_talks = 1;
  EXPECT_THAT(Talk(NewStep(kName, parent), Step::OPEN), StatusIs(kFailedPrecondition, "REFERENCE_TALK_LIMIT"));
  parent.placement.authority = "hasselby-vallingby";
  ASSERT_OK_AND_ASSIGN(const InvestigationStepChange talk, Talk(NewStep(kName, parent), Step::OPEN));
  EXPECT_EQ(talk.after.step.legal_basis(), "");
}

TEST(InvestigationStepTest, WhoIsToBeToldFollowsFromWhatIsRecorded) {
  StepParent parent = Running();
  EXPECT_THAT(NoticesOwed(parent),
              ElementsAre(v1::NoticeToConcerned::CHILD_CONCERNED, v1::NoticeToConcerned::GUARDIANS_CONCERNED));
  parent.child_noticed = true;
  EXPECT_THAT(NoticesOwed(parent), ElementsAre(v1::NoticeToConcerned::GUARDIANS_CONCERNED));
  EXPECT_THAT(NoticesOwed(Closed()), IsEmpty());
  EXPECT_THAT(NoticesOwed(Assessed()), IsEmpty());
  EXPECT_THAT(NoticesOwed({}), IsEmpty());
}

TEST(InvestigationStepTest, ARefusedContactNamesItsRule) {
  const auto refused = Contacted(Assessed(), v1::Contact::OTHER_CONTACTED);
  EXPECT_THAT(refused, StatusIs(kFailedPrecondition, "CONTACT_NOT_ALLOWED_BEFORE_OPENING"));
  EXPECT_OK(Contacted(Assessed(), v1::Contact::GUARDIAN_CONTACTED));
  StepParent held = Assessed();
  held.on_hold = true;
  EXPECT_THAT(Contacted(held, v1::Contact::GUARDIAN_CONTACTED), StatusIs(kFailedPrecondition, "ON_HOLD"));
  EXPECT_OK(Contacted(held, v1::Contact::REPORTER_CONTACTED));
  StepParent forwarded = Assessed();
  forwarded.state = v1::Report::FORWARDED;
  EXPECT_THAT(Contacted(forwarded, v1::Contact::CHILD_CONTACTED), StatusIs(kFailedPrecondition, "REPORT_FORWARDED"));
}

}  // namespace
}  // namespace samverkan::intake::testing
