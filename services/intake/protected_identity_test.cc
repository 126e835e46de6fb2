#include "services/intake/protected_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "libs/proto_time/proto_time.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"
#include "services/intake/investigation.h"
#include "services/intake/report_meeting.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
const absl::Time kNow = At(absl::CivilDay(2026, 3, 10));

// What would tell where the child is.
constexpr const char* kWhereabouts[] = {"barnenheten", "Gömda gatan", "Bredängsskolan", "Hos mormor", "elevhalsan@"};

// A school's report about a child whose identity it knows to be protected, assigned to u-omar.
ReportRecord ProtectedReport() {
  v1::Submission submission = SchoolSubmission(kChildren[0]);
  submission.mutable_reporter()->set_organisation("Bredängsskolan");
  submission.mutable_child()->set_protected_identity(true);
  submission.mutable_child()->set_address("Gömda gatan 1");
  submission.mutable_child()->set_school("Bredängsskolan");
  submission.mutable_child()->set_present_place("Hos mormor");
  submission.set_report_meeting_wanted(true);
  ReportRecord record = ReceivedAt(kNow, submission);
  record.report.set_assignee("u-omar");
  record.meeting->set_place("Bredängsskolan");
  return record;
}

v1::MarkProtectedIdentityRequest Mark(v1::ProtectedIdentityMark::Protection protection) {
  v1::MarkProtectedIdentityRequest request;
  request.set_protection(protection);
  request.set_reason("Skatteverket har satt en sekretessmarkering.");
  return request;
}

template <typename View>
std::set<data::v1::Category> WithheldFrom(const View& view) {
  std::set<data::v1::Category> categories;
  for (const v1::Withheld& withheld : view.withheld()) {
    categories.insert(withheld.category());
    EXPECT_EQ(withheld.rule(), "P-075");
    EXPECT_EQ(withheld.legal_basis(), "OSL 21:3, 21:3 a; FOL 16 §");
  }
  EXPECT_EQ(categories.size(), static_cast<size_t>(view.withheld_size())) << "a category twice";
  return categories;
}

template <typename View>
void ExpectNoWhereabouts(const View& view) {
  const std::string text = view.Utf8DebugString();
  for (const char* const place : kWhereabouts) EXPECT_EQ(text.find(place), std::string::npos) << place;
}

TEST(ProtectedIdentityTest, TheUnitSeesTheReportWithoutWhereTheChildIs) {
  const ReportRecord record = ProtectedReport();
  for (const auth::Caller& caller :
       {Caseworker(), UnitManager(), CallerOf(access::v1::RECEPTION, "u-a", {"barnenheten"})}) {
    ASSERT_OK_AND_ASSIGN(const v1::Report view, ViewFor(ShippedRules(), caller, record, kNow));
    ExpectNoWhereabouts(view);
    EXPECT_THAT(WithheldFrom(view), ElementsAre(data::v1::WHEREABOUTS, data::v1::REPORTER_IDENTITY, data::v1::CONTACT));
    EXPECT_TRUE(view.identity_protected());
    // Everything else is there.
    EXPECT_EQ(view.submission().concern().what(), "Kommer ofta hungrig till skolan.");
    EXPECT_EQ(view.submission().child().identity_number(), kChildren[0]);
    EXPECT_EQ(view.submission().reporter().person_name(), "Lars Rektorsson");
    EXPECT_EQ(view.assignee(), "u-omar");
    EXPECT_EQ(view.etag(), "1");
    ASSERT_OK_AND_ASSIGN(const v1::ReportMeeting meeting, MeetingViewFor(ShippedRules(), caller, record, kNow));
    ExpectNoWhereabouts(meeting);
    EXPECT_THAT(WithheldFrom(meeting), ElementsAre(data::v1::WHEREABOUTS));
  }
}

TEST(ProtectedIdentityTest, TheAssignedCaseworkerAndDutySeeAll) {
  const ReportRecord record = ProtectedReport();
  for (const auth::Caller& caller :
       {CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"}), CallerOf(access::v1::DUTY, "u-natt", {})}) {
    ASSERT_OK_AND_ASSIGN(const v1::Report view, ViewFor(ShippedRules(), caller, record, kNow));
    EXPECT_EQ(view.unit(), kBarnenheten);
    EXPECT_EQ(view.submission().SerializeAsString(), record.report.submission().SerializeAsString());
    EXPECT_THAT(view.withheld(), IsEmpty());
    ASSERT_OK_AND_ASSIGN(const v1::ReportMeeting meeting, MeetingViewFor(ShippedRules(), caller, record, kNow));
    EXPECT_EQ(meeting.place(), "Bredängsskolan");
  }
}

TEST(ProtectedIdentityTest, TheSenderSeesWhatItSaidAndItsColleaguesNotWhere) {
  const ReportRecord record = ProtectedReport();
  ASSERT_OK_AND_ASSIGN(const v1::Report own, ViewFor(ShippedRules(), Reporter(), record, kNow));
  EXPECT_EQ(own.submission().SerializeAsString(), record.report.submission().SerializeAsString());
  EXPECT_THAT(own.withheld(), IsEmpty());
  auth::Caller colleague = Reporter();
  colleague.subject = "u-nina";
  ASSERT_OK_AND_ASSIGN(const v1::Report others, ViewFor(ShippedRules(), colleague, record, kNow));
  ExpectNoWhereabouts(others);
  EXPECT_THAT(WithheldFrom(others), ElementsAre(data::v1::WHEREABOUTS, data::v1::REPORTER_IDENTITY, data::v1::CONTACT));
}

TEST(ProtectedIdentityTest, AnEmergencyAccessOpensNoWhereabouts) {
  ReportRecord record = ProtectedReport();
  record.emergency_access = true;
  const auth::Caller elsewhere = CallerOf(access::v1::CASEWORKER, "u-eva", {"ungdomsenheten"});
  ASSERT_OK_AND_ASSIGN(const v1::Report view, ViewFor(ShippedRules(), elsewhere, record, kNow));
  ExpectNoWhereabouts(view);
  EXPECT_EQ(view.submission().concern().what(), "Kommer ofta hungrig till skolan.");
}

TEST(ProtectedIdentityTest, WhatIsNotThereIsNotNamed) {
  ReportRecord record = ReceivedAt(kNow, SchoolSubmission(kChildren[0]));
  ASSERT_OK_AND_ASSIGN(const v1::Report open, ViewFor(ShippedRules(), Caseworker(), record, kNow));
  EXPECT_EQ(open.unit(), kBarnenheten);
  EXPECT_THAT(open.withheld(), IsEmpty());
  record.identity_protected = true;
  record.report.mutable_submission()->clear_contact_person();
  ASSERT_OK_AND_ASSIGN(const v1::Report view, ViewFor(ShippedRules(), Caseworker(), record, kNow));
  EXPECT_THAT(WithheldFrom(view), ElementsAre(data::v1::WHEREABOUTS)) << "the unit; no contact and no organisation";
}

TEST(ProtectedIdentityTest, WithoutARuleInForceNothingIsShown) {
  EXPECT_THAT(ViewFor(ShippedRules(), Caseworker(), ProtectedReport(), At(absl::CivilDay(2018, 1, 1))),
              StatusIs(absl::StatusCode::kNotFound, "NO_RULE_IN_FORCE"));
}

TEST(ProtectedIdentityTest, WhoMovesAReportOutOfReachSeesNoMoreThanBefore) {
  ASSERT_OK_AND_ASSIGN(const ReportChange moved, Assign(ProtectedReport(), "u-ada", kUngdomsenheten, ActAt(kNow)));
  ASSERT_OK_AND_ASSIGN(const v1::Report view, ViewAfterChange(ShippedRules(), Caseworker(), moved.after, kNow));
  ExpectNoWhereabouts(view);
  EXPECT_EQ(view.unit(), "");
  EXPECT_EQ(view.assignee(), "u-ada");
}

TEST(ProtectedIdentityTest, AnInvestigationKeepsItsUnit) {
  InvestigationRecord record;
  record.investigation.set_authority(kSkarholmen);
  record.investigation.set_unit(kBarnenheten);
  record.investigation.set_assignee("u-omar");
  record.identity_protected = true;
  ASSERT_OK_AND_ASSIGN(const v1::Investigation view, ViewFor(ShippedRules(), Caseworker(), record, kNow));
  ExpectNoWhereabouts(view);
  EXPECT_THAT(WithheldFrom(view), ElementsAre(data::v1::WHEREABOUTS));
  EXPECT_TRUE(view.identity_protected());
  ASSERT_OK_AND_ASSIGN(
      const v1::Investigation all,
      ViewFor(ShippedRules(), CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"}), record, kNow));
  EXPECT_EQ(all.unit(), kBarnenheten);
}

TEST(ProtectedIdentityTest, EventsTellNoUnit) {
  EXPECT_THAT(UnitAttribute(ProtectedReport()), IsEmpty());
  EXPECT_THAT(Assign(ProtectedReport(), "u-ada", kUngdomsenheten, ActAt(kNow))->happenings[0].attributes, IsEmpty());
  EXPECT_THAT(MoveToUnit(ProtectedReport(), kUngdomsenheten, "Åldern.", ActAt(kNow))->happenings[0].attributes,
              IsEmpty());
  // Marked by the handlers, and not by the sender.
  ReportRecord marked = ReceivedAt(kNow, SchoolSubmission(kChildren[0]));
  EXPECT_EQ(UnitAttribute(marked).at("unit"), kBarnenheten);
  marked.identity_protected = true;
  EXPECT_THAT(UnitAttribute(marked), IsEmpty());
  InvestigationRecord investigation;
  investigation.investigation.set_state(v1::Investigation::RUNNING);
  EXPECT_EQ(AssignInvestigation(investigation, "u-ada", kUngdomsenheten)->happenings[0].attributes.at("unit"),
            kUngdomsenheten);
  investigation.identity_protected = true;
  EXPECT_THAT(AssignInvestigation(investigation, "u-ada", kUngdomsenheten)->happenings[0].attributes, IsEmpty());
}

TEST(ProtectedIdentityTest, IsMarkedAndUnmarkedWithItsReason) {
  const ReportRecord record = ReceivedAt(kNow, SchoolSubmission(kChildren[0]));
  EXPECT_THAT(
      MarkProtectedIdentity(ShippedRules(), record, Mark(v1::ProtectedIdentityMark::NOT_PROTECTED), ActAt(kNow)),
      StatusIs(kFailedPrecondition, "NOT_PROTECTED"));
  ASSERT_OK_AND_ASSIGN(
      const ReportChange marked,
      MarkProtectedIdentity(ShippedRules(), record, Mark(v1::ProtectedIdentityMark::PROTECTED), ActAt(kNow)));
  EXPECT_TRUE(marked.after.identity_protected);
  EXPECT_EQ(marked.legal_basis, "P-074, OSL 5:5; OSL 22:1");
  ASSERT_EQ(marked.happenings.size(), 1u);
  EXPECT_EQ(marked.happenings[0].type, "report.protected_identity_marked");
  EXPECT_THAT(marked.happenings[0].attributes, IsEmpty());
  EXPECT_EQ(marked.after.report.submission().SerializeAsString(), record.report.submission().SerializeAsString());
  EXPECT_THAT(
      MarkProtectedIdentity(ShippedRules(), marked.after, Mark(v1::ProtectedIdentityMark::PROTECTED), ActAt(kNow)),
      StatusIs(kFailedPrecondition, "ALREADY_PROTECTED"));
  ASSERT_OK_AND_ASSIGN(
      const ReportChange unmarked,
      MarkProtectedIdentity(ShippedRules(), marked.after, Mark(v1::ProtectedIdentityMark::NOT_PROTECTED), ActAt(kNow)));
  EXPECT_FALSE(unmarked.after.identity_protected);
  ASSERT_EQ(unmarked.after.report.protected_identity_marks_size(), 2);
  const v1::ProtectedIdentityMark& first = unmarked.after.report.protected_identity_marks(0);
  EXPECT_EQ(first.protection(), v1::ProtectedIdentityMark::PROTECTED);
  EXPECT_EQ(first.marker(), "u-eva");
  EXPECT_EQ(first.reason(), "Skatteverket har satt en sekretessmarkering.");
  EXPECT_EQ(first.legal_basis(), "P-074, OSL 5:5; OSL 22:1");
  EXPECT_EQ(proto_time::FromProto(first.mark_time()), kNow);
}

TEST(ProtectedIdentityTest, GoesAlongWithAForwardedReport) {
  ReportRecord marked = ReceivedAt(kNow, SchoolSubmission(kChildren[0]));
  marked.identity_protected = true;
  ASSERT_OK_AND_ASSIGN(const ReportRecord there, ReceiveForwarded(ShippedRules(),
                                                                  {.authority = kHasselbyVallingby,
                                                                   .submission = marked.report.submission(),
                                                                   .receive_time = kNow,
                                                                   .first_receive_time = kNow},
                                                                  marked));
  EXPECT_TRUE(there.identity_protected);
  EXPECT_THAT(there.report.protected_identity_marks(), IsEmpty()) << "why is the first authority's own";
}

}  // namespace
}  // namespace samverkan::intake::testing
