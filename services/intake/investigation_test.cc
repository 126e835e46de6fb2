#include "services/intake/investigation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr char kNext[] = "municipalities/0180/investigations/01968f00-0000-7000-8000-00000000000b";
constexpr char kReport[] = "municipalities/0180/reports/01968f00-0000-7000-8000-000000000002";
const absl::Time kNow = At(absl::CivilDay(2026, 3, 10));

// A running investigation that was opened at `time`.
InvestigationRecord OpenedAt(absl::Time time) {
  const auto change = DecideAt(time, AssessedAt(time, SchoolSubmission(kChildren[0])), v1::Decision::OPENED);
  EXPECT_OK(change);
  InvestigationRecord record;
  record.investigation = *change->opened;
  record.running_investigation = kOpened;
  return record;
}

v1::ExtendInvestigationRequest Extension(const std::string& ground) {
  v1::ExtendInvestigationRequest request;
  request.set_ground(ground);
  request.set_reasons("Sakkunnigutlåtande inväntas.");
  request.set_latest_date("2026-12-30");
  return request;
}

v1::CloseInvestigationRequest Closing(const std::string& feedback_owed_reason = "") {
  v1::CloseInvestigationRequest request;
  request.set_result(v1::Closing::WITHOUT_MEASURE);
  request.set_reasons("Behovet är tillgodosett.");
  request.set_feedback_owed_reason(feedback_owed_reason);
  return request;
}

v1::ReopenInvestigationRequest Reopening(const std::string& new_facts) {
  v1::ReopenInvestigationRequest request;
  request.set_new_facts(new_facts);
  return request;
}

InvestigationRecord ClosedAt(absl::Time time) {
  auto change = CloseInvestigation(OpenedAt(time), Closing(), /*manager=*/false, ActAt(time));
  EXPECT_OK(change);
  change->after.running_investigation.clear();
  return std::move(change->after);
}

TEST(InvestigationTest, TakesTheLawOfTheDayItWasOpened) {
  EXPECT_EQ(OpenedAt(At(absl::CivilDay(2025, 6, 20))).investigation.deadline().legal_basis(), "SoL 2001:453 11:2");
  EXPECT_EQ(OpenedAt(At(absl::CivilDay(2025, 7, 10))).investigation.deadline().legal_basis(), "SoL 2025:400 20:3");
  // Extending it later rests on that law still.
  ASSERT_OK_AND_ASSIGN(const InvestigationChange extended,
                       ExtendInvestigation(ShippedRules(), OpenedAt(At(absl::CivilDay(2025, 6, 20))),
                                           Extension("särskilda skäl"), ActAt(At(absl::CivilDay(2025, 10, 1)))));
  EXPECT_EQ(extended.legal_basis, "P-020, SoL 2001:453 11:2");
}

TEST(InvestigationTest, ExtendsForTheLawsGroundOnly) {
  for (const char* const ground : {"synnerliga skäl", "hög arbetsbelastning", ""}) {
    EXPECT_THAT(ExtendInvestigation(ShippedRules(), OpenedAt(kNow), Extension(ground), ActAt(kNow)),
                StatusIs(kFailedPrecondition, "NO_LEGAL_GROUND"))
        << ground;
  }
  ASSERT_OK_AND_ASSIGN(const InvestigationChange extended,
                       ExtendInvestigation(ShippedRules(), OpenedAt(kNow), Extension("särskilda skäl"), ActAt(kNow)));
  EXPECT_EQ(extended.after.investigation.deadline().latest_date(), "2026-12-30");
}

TEST(InvestigationTest, ClosesWithFeedbackOwedOnlyByAManagersReason) {
  InvestigationRecord record = OpenedAt(kNow);
  record.feedback_owed = {kReport};
  for (const auto& [reason, manager] :
       {std::pair("", false), std::pair("Skolan är stängd.", false), std::pair("", true), std::pair(" \t", true)}) {
    const auto refused = CloseInvestigation(record, Closing(reason), manager, ActAt(kNow));
    EXPECT_THAT(refused, StatusIs(kFailedPrecondition, "FEEDBACK_OWED")) << reason << manager;
    EXPECT_EQ(status::Metadata(refused.status())["reports"], kReport);
  }
  ASSERT_OK_AND_ASSIGN(const InvestigationChange closed,
                       CloseInvestigation(record, Closing("Skolan är stängd."), /*manager=*/true, ActAt(kNow)));
  EXPECT_EQ(closed.after.investigation.closing().feedback_owed_reason(), "Skolan är stängd.");
  EXPECT_EQ(closed.happenings.front().attributes.at("feedback_owed"), "true");
}

TEST(InvestigationTest, ReasonForADebtThatIsNotIsNotKept) {
  ASSERT_OK_AND_ASSIGN(const InvestigationChange closed,
                       CloseInvestigation(OpenedAt(kNow), Closing("Skolan är stängd."), /*manager=*/true, ActAt(kNow)));
  EXPECT_EQ(closed.after.investigation.closing().feedback_owed_reason(), "");
}

TEST(InvestigationTest, ClosedOneDoesNothingMore) {
  const InvestigationRecord closed = ClosedAt(kNow);
  EXPECT_EQ(closed.investigation.deadline().state(), v1::Deadline::MET);
  for (const absl::Status& refused :
       {CloseInvestigation(closed, Closing(), false, ActAt(kNow)).status(),
        ExtendInvestigation(ShippedRules(), closed, Extension("särskilda skäl"), ActAt(kNow)).status(),
        AssignInvestigation(closed, "u-omar", kBarnenheten).status()}) {
    EXPECT_THAT(refused, StatusIs(kFailedPrecondition, "INVESTIGATION_CLOSED"));
  }
}

TEST(InvestigationTest, ReopensOnNewFactsOnly) {
  EXPECT_THAT(ReopenInvestigation(ShippedRules(), OpenedAt(kNow), Reopening("Nytt."), kNext, ActAt(kNow)),
              StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
  InvestigationRecord closed = ClosedAt(kNow);
  for (const char* const nothing : {"", "  \n"}) {
    EXPECT_THAT(ReopenInvestigation(ShippedRules(), closed, Reopening(nothing), kNext, ActAt(kNow)),
                StatusIs(kFailedPrecondition, "NEW_FACTS_MISSING"));
  }
  const absl::Time later = At(absl::CivilDay(2026, 4, 14));
  ASSERT_OK_AND_ASSIGN(
      const InvestigationChange reopened,
      ReopenInvestigation(ShippedRules(), closed, Reopening("Polisen har nya uppgifter."), kNext, ActAt(later)));
  ASSERT_TRUE(reopened.opened.has_value());
  EXPECT_EQ(reopened.opened->name(), kNext);
  EXPECT_EQ(reopened.opened->previous_investigation(), kOpened);
  EXPECT_EQ(reopened.opened->deadline().latest_date(), "2026-08-14");
  EXPECT_THAT(reopened.opened->reports(), ElementsAre(kReport));
  EXPECT_EQ(reopened.after.investigation.SerializeAsString(), closed.investigation.SerializeAsString());

  closed.running_investigation = kNext;
  EXPECT_THAT(ReopenInvestigation(ShippedRules(), closed, Reopening("Nytt."), kNext, ActAt(later)),
              StatusIs(kFailedPrecondition, "INVESTIGATION_RUNNING"));
}

TEST(InvestigationTest, ShowsItselfToWhoHandlesItOnly) {
  const InvestigationRecord record = OpenedAt(kNow);
  ASSERT_OK_AND_ASSIGN(const v1::Investigation view, ViewFor(ShippedRules(), Caseworker(), record, kNow));
  EXPECT_EQ(view.etag(), "1");
  // Nor to the one who reported.
  const auto hidden = ViewFor(ShippedRules(), Reporter(), record, kNow);
  EXPECT_THAT(hidden, StatusIs(absl::StatusCode::kNotFound, "INVESTIGATION_NOT_FOUND"));
  EXPECT_TRUE(status::IsHidden(hidden.status()));
}

}  // namespace
}  // namespace samverkan::intake::testing
