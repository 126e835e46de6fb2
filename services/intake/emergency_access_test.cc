#include "services/intake/emergency_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"
#include "services/intake/investigation.h"
#include "services/intake/report_meeting.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = At(absl::CivilDay(2026, 3, 10), 23);
constexpr char kName[] = "municipalities/0180/emergencyAccesses/01968f00-0000-7000-8000-000000000004";

const KnownChild kChild = {.child = "01968f00-0000-7000-8000-00000000000c",
                           .reports = {"municipalities/0180/reports/01968f00-0000-7000-8000-000000000002"},
                           .investigations = {kOpened}};

auth::Caller Elsewhere() { return CallerOf(access::v1::CASEWORKER, "u-eva", {"ungdomsenheten"}); }

v1::DeclareEmergencyAccessRequest Request() {
  v1::DeclareEmergencyAccessRequest request;
  request.set_parent(kSkarholmen);
  request.set_identity_number(std::string(kChildren[0]));
  request.set_reason("Barnet är på akuten.");
  return request;
}

EmergencyAccessRecord Declared() {
  const auto change = Declare(ShippedRules(), Request(), kChild, {kName, Elsewhere(), access::v1::CASEWORKER, kNow});
  EXPECT_OK(change);
  EmergencyAccessRecord record = change->after;
  record.handled_by_caller = true;
  return record;
}

v1::ReviewEmergencyAccessRequest Finding(v1::EmergencyAccessReview::Verdict verdict) {
  v1::ReviewEmergencyAccessRequest request;
  request.set_verdict(verdict);
  request.set_note("Journalen visar besöket.");
  return request;
}

TEST(EmergencyAccessTest, HoldsForTheHoursOfTheRuleSet) {
  ASSERT_OK_AND_ASSIGN(const EmergencyAccessChange change,
                       Declare(ShippedRules(), Request(), kChild, {kName, Elsewhere(), access::v1::CASEWORKER, kNow}));
  const v1::EmergencyAccess& access = change.after.access;
  EXPECT_EQ(access.name(), kName);
  EXPECT_EQ(access.child(), kChild.child);
  EXPECT_EQ(access.declarer(), "u-eva");
  EXPECT_EQ(access.system(), "treserva");
  EXPECT_EQ(access.role(), access::v1::CASEWORKER);
  EXPECT_EQ(access.reason(), "Barnet är på akuten.");
  EXPECT_EQ(access.state(), v1::EmergencyAccess::UNREVIEWED);
  EXPECT_EQ(proto_time::FromProto(access.declare_time()), kNow);
  EXPECT_EQ(proto_time::FromProto(access.expire_time()), kNow + absl::Hours(24));
  EXPECT_EQ(change.legal_basis, "S-005, settable, no legal source");
  EXPECT_EQ(change.happening.type, "emergency_access.declared");
  EXPECT_THAT(change.happening.attributes, IsEmpty());
}

TEST(EmergencyAccessTest, NamesWhatItOpensWhileItDoes) {
  const v1::EmergencyAccess open = DeclaredView(Declared(), kChild, kNow + absl::Hours(23));
  EXPECT_THAT(open.reports(), ElementsAre(kChild.reports[0]));
  EXPECT_THAT(open.investigations(), ElementsAre(kOpened));
  const v1::EmergencyAccess ended = DeclaredView(Declared(), kChild, kNow + absl::Hours(24));
  EXPECT_THAT(ended.reports(), IsEmpty());
  EXPECT_THAT(View(Declared()).reports(), IsEmpty());
  EXPECT_EQ(View(Declared()).etag(), "1");
}

TEST(EmergencyAccessTest, OpensReadingAndNothingElse) {
  ReportRecord report = ReceivedAt(kNow, SchoolSubmission(kChildren[0]));
  report.report.mutable_submission()->set_report_meeting_wanted(true);
  report.meeting.emplace().set_state(v1::ReportMeeting::ASKED);
  EXPECT_THAT(ViewFor(ShippedRules(), Elsewhere(), report, kNow), StatusIs(absl::StatusCode::kNotFound));
  report.emergency_access = true;
  ASSERT_OK_AND_ASSIGN(const v1::Report view, ViewFor(ShippedRules(), Elsewhere(), report, kNow));
  EXPECT_EQ(view.state(), v1::Report::RECEIVED);
  EXPECT_EQ(view.unit(), kBarnenheten);
  EXPECT_OK(MeetingViewFor(ShippedRules(), Elsewhere(), report, kNow));
  EXPECT_TRUE(ReadsInEmergency(Elsewhere(), report));
  EXPECT_FALSE(ReadsInEmergency(Caseworker(), report)) << "the unit reads by its own right";
  const auto reads_only = StatusIs(absl::StatusCode::kPermissionDenied, "EMERGENCY_ACCESS_READS_ONLY");
  EXPECT_THAT(CheckMayHandle(Elsewhere(), report), reads_only);
  EXPECT_THAT(CheckMaySupplement(Elsewhere(), report), reads_only);
  EXPECT_OK(CheckMayHandle(Caseworker(), report));
  EXPECT_OK(CheckMaySupplement(Reporter(), report));

  InvestigationRecord investigation;
  investigation.investigation.set_authority(kSkarholmen);
  investigation.investigation.set_unit(kBarnenheten);
  const auth::Caller duty = CallerOf(access::v1::DUTY, "u-natt", {});
  EXPECT_THAT(ViewFor(ShippedRules(), duty, investigation, kNow),
              StatusIs(absl::StatusCode::kNotFound, "INVESTIGATION_NOT_FOUND"));
  investigation.emergency_access = true;
  EXPECT_OK(ViewFor(ShippedRules(), duty, investigation, kNow));
  EXPECT_THAT(CheckMayHandle(duty, investigation), reads_only);
  EXPECT_TRUE(ReadsInEmergency(duty, investigation));
  EXPECT_FALSE(ReadsInEmergency(Caseworker(), investigation));
}

TEST(EmergencyAccessTest, IsSeenByManagersOfTheChildsUnitsAndByAuditors) {
  EmergencyAccessRecord record = Declared();
  EXPECT_OK(CheckMaySee(UnitManager(), record));
  EXPECT_OK(CheckMaySee(CallerOf(access::v1::AUDITOR, "u-oskar", {}), record));
  const auto hidden = StatusIs(absl::StatusCode::kNotFound, "EMERGENCY_ACCESS_NOT_FOUND");
  EXPECT_THAT(CheckMaySee(Caseworker(), record), hidden);
  auth::Caller elsewhere = CallerOf(access::v1::AUDITOR, "u-oskar", {});
  elsewhere.authority = "hasselby-vallingby";
  EXPECT_THAT(CheckMaySee(elsewhere, record), hidden);
  record.handled_by_caller = false;
  EXPECT_THAT(CheckMaySee(UnitManager(), record), hidden);
  EXPECT_TRUE(status::IsHidden(CheckMaySee(UnitManager(), record)));
}

TEST(EmergencyAccessTest, IsReviewedByAnotherManager) {
  EmergencyAccessRecord record = Declared();
  EXPECT_OK(CheckMayReview(UnitManager(), record));
  EXPECT_THAT(CheckMayReview(CallerOf(access::v1::AUDITOR, "u-oskar", {}), record),
              StatusIs(absl::StatusCode::kNotFound));
  auth::Caller declarer = UnitManager();
  declarer.subject = record.access.declarer();
  EXPECT_THAT(CheckMayReview(declarer, record), StatusIs(absl::StatusCode::kPermissionDenied, "OWN_ACTION"));
}

TEST(EmergencyAccessTest, ALaterReviewKeepsTheEarlier) {
  const Act act{"u-karin", kNow};
  ASSERT_OK_AND_ASSIGN(EmergencyAccessChange change,
                       Review(Declared(), Finding(v1::EmergencyAccessReview::NOT_JUSTIFIED), act));
  EXPECT_EQ(change.happening.type, "emergency_access.reviewed");
  EXPECT_EQ(change.after.access.state(), v1::EmergencyAccess::REVIEWED);
  ASSERT_OK_AND_ASSIGN(change, Review(change.after, Finding(v1::EmergencyAccessReview::JUSTIFIED), act));
  ASSERT_EQ(change.after.access.reviews_size(), 2);
  EXPECT_EQ(change.after.access.reviews(0).verdict(), v1::EmergencyAccessReview::NOT_JUSTIFIED);
  EXPECT_EQ(change.after.access.reviews(1).verdict(), v1::EmergencyAccessReview::JUSTIFIED);
  EXPECT_EQ(change.after.access.reviews(1).reviewer(), "u-karin");
  while (change.after.access.reviews_size() < 20) {
    ASSERT_OK_AND_ASSIGN(change, Review(change.after, Finding(v1::EmergencyAccessReview::JUSTIFIED), act));
  }
  EXPECT_THAT(Review(change.after, Finding(v1::EmergencyAccessReview::JUSTIFIED), act),
              StatusIs(absl::StatusCode::kFailedPrecondition, "TOO_MANY_REVIEWS"));
}

TEST(EmergencyAccessTest, NeedsAChildByAValidNumberOrAName) {
  const absl::CivilDay today(2026, 3, 10);
  status::Violations none;
  v1::DeclareEmergencyAccessRequest request = Request();
  request.set_identity_number("080121-2390");
  EXPECT_EQ(RequireIdentityDigits(request, today, none), kChildren[0]);
  request.set_report("municipalities/0180/reports/01968f00-0000-7000-8000-000000000002");
  EXPECT_EQ(RequireIdentityDigits(request, today, none), "");
  EXPECT_TRUE(none.empty());
  request.set_identity_number("200801212391");
  status::Violations wrong;
  RequireIdentityDigits(request, today, wrong);
  EXPECT_THAT(status::InvalidFields(wrong.ToStatus()), ElementsAre("identity_number"));
  EXPECT_EQ(wrong.ToStatus().ToString().find("200801212391"), std::string::npos);
  request.clear_child();
  status::Violations missing;
  RequireIdentityDigits(request, today, missing);
  EXPECT_THAT(status::InvalidFields(missing.ToStatus()), ElementsAre("child"));
}

}  // namespace
}  // namespace samverkan::intake::testing
