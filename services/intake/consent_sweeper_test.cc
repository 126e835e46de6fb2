#include "services/intake/consent_sweeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/testing/status_matchers.h"
#include "prometheus/registry.h"
#include "services/intake/intake_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A notice as the tests compare it: its report, and whether that is on hold.
using Told = std::pair<std::string, bool>;

class ConsentSweeperTest : public IntakeTest {
 protected:
  // A report that comes on hold as it is received.
  std::string SubmitHeld(std::string_view child) {
    ReceivedReports received;
    v1::Submission submission = SchoolSubmission(child);
    submission.mutable_concern()->set_suspected_violence(true);
    received.reports.push_back(ReceivedAt(now_, submission));
    received.reports.front().report.set_name(MakeName("0180", "reports", pg::Uuid::FromTime(now_)));
    const rpc::CallContext call = CallOf(Reporter(), "ReportService/SubmitReport", now_);
    const auto names =
        reports_->Submit(call, *request_keys_.Of(call, NewRequestId(), v1::SubmitReportRequest()), std::move(received));
    EXPECT_OK(names);
    return names.ok() ? names->front() : "";
  }

  absl::Status HoldReport(const std::string& report) {
    return ChangeReport("ReportService/HoldReport", report,
                        [&](ReportRecord record) {
                          return Hold(ShippedRules(), std::move(record), "Misstänkt våld.", ActAt(now_));
                        })
        .status();
  }
  absl::Status ReleaseReport(const std::string& report) {
    return ChangeReport(
               "ReportService/ReleaseReport", report,
               [&](ReportRecord record) { return Release(std::move(record), "Polisen har hört barnet.", ActAt(now_)); })
        .status();
  }

  int64_t Waiting() { return Count("SELECT count(*) FROM intake.consent_notice"); }

  std::string ChildOf(const std::string& report) {
    return *database_.Value(absl::StrCat("SELECT child FROM intake.report WHERE report = '",
                                         ParseName(report, "reports")->id.ToString(), "'"));
  }

  // What the consent service was told, in that order; it answers with `answer_`, and of the child
  // `refused_` with INTERNAL.
  absl::Status Tell(const ConsentNotice& notice) {
    if (!answer_.ok()) return answer_;
    if (notice.child.ToString() == refused_) return absl::InternalError("broken");
    EXPECT_EQ(notice.municipality, "0180");
    EXPECT_EQ(notice.authority, "skarholmen");
    told_.emplace_back(MakeName(notice.municipality, "reports", notice.report), notice.on_hold);
    return absl::OkStatus();
  }

  absl::Status answer_;
  std::string refused_;
  std::vector<Told> told_;
  const clock::SystemClock system_clock_{};
  prometheus::Registry registry_;
  std::ostringstream log_;
  ConsentSweeper sweeper_{*job_pool_, [this](const ConsentNotice& notice) { return Tell(notice); }, registry_,
                          log::Logger("test", system_clock_, log_)};
};

TEST_F(ConsentSweeperTest, EveryChangeOfAHoldIsToldOnceAndInOrder) {
  const std::string plain = SubmitReport(kChildren[0]);
  const std::string held = SubmitHeld(kChildren[1]);
  ASSERT_OK(HoldReport(plain));
  ASSERT_OK(ReleaseReport(held));
  ASSERT_OK(HoldReport(held));
  EXPECT_EQ(*sweeper_.Sweep(), 4);
  EXPECT_THAT(told_, ElementsAre(Told(held, true), Told(plain, true), Told(held, false), Told(held, true)));
  EXPECT_EQ(*sweeper_.Sweep(), 0);
  EXPECT_EQ(Waiting(), 0);
}

TEST_F(ConsentSweeperTest, AReportWithoutAHoldTellsNothing) {
  const std::string report = SubmitReport(kChildren[0]);
  ASSERT_OK(DecideReport(report, v1::Decision::NOT_OPENED));
  EXPECT_EQ(Waiting(), 0);
}

TEST_F(ConsentSweeperTest, WhatWasNotStoredIsNotTold) {
  const std::string report = SubmitReport(kChildren[0]);
  ASSERT_OK(HoldReport(report));
  EXPECT_THAT(HoldReport(report), StatusIs(absl::StatusCode::kFailedPrecondition, "ALREADY_ON_HOLD"));
  EXPECT_EQ(Waiting(), 1);
}

TEST_F(ConsentSweeperTest, WhileTheConsentServiceIsDownNoticesWait) {
  const std::string held = SubmitHeld(kChildren[0]);
  answer_ = absl::UnavailableError("down");
  EXPECT_THAT(sweeper_.Sweep(), StatusIs(absl::StatusCode::kUnavailable, ""));
  ASSERT_OK(ReleaseReport(held));
  EXPECT_THAT(sweeper_.Sweep(), StatusIs(absl::StatusCode::kUnavailable, ""));
  EXPECT_EQ(Waiting(), 2);
  answer_ = absl::OkStatus();
  EXPECT_EQ(*sweeper_.Sweep(), 2);
  EXPECT_THAT(told_, ElementsAre(Told(held, true), Told(held, false)));
}

TEST_F(ConsentSweeperTest, ARefusedNoticeIsKeptAndHoldsUpItsOwnChildOnly) {
  const std::string refused = SubmitHeld(kChildren[0]);
  const std::string other = SubmitHeld(kChildren[1]);
  ASSERT_OK(ReleaseReport(refused));
  refused_ = ChildOf(refused);
  EXPECT_EQ(*sweeper_.Sweep(), 1);
  EXPECT_THAT(told_, ElementsAre(Told(other, true)));
  EXPECT_EQ(Waiting(), 2);
  EXPECT_THAT(log_.str(), HasSubstr("\"severity\":\"error\""));
  EXPECT_FALSE(absl::StrContains(log_.str(), refused_));
  // Not again at once.
  const std::string logged = log_.str();
  EXPECT_EQ(*sweeper_.Sweep(), 0);
  EXPECT_EQ(log_.str(), logged);
}

TEST_F(ConsentSweeperTest, ErasureTakesWaitingNoticesAlong) {
  const std::string erased = SubmitHeld(kChildren[0]);
  const std::string kept = SubmitHeld(kChildren[1]);
  ASSERT_OK(database_.Execute(absl::StrCat("SELECT intake.erase_file('0180', 'skarholmen', '", ChildOf(erased),
                                           "', true, ARRAY['", ParseName(erased, "reports")->id.ToString(),
                                           "'::uuid], '{}')")));
  EXPECT_EQ(*sweeper_.Sweep(), 1);
  EXPECT_THAT(told_, ElementsAre(Told(kept, true)));
}

TEST_F(ConsentSweeperTest, TheMetricSaysHowLongTheOldestHasWaited) {
  answer_ = absl::UnavailableError("down");
  SubmitHeld(kChildren[0]);
  ASSERT_OK(database_.Execute("UPDATE intake.consent_notice SET create_time = now() - interval '1 hour'"));
  EXPECT_THAT(sweeper_.Sweep(), StatusIs(absl::StatusCode::kUnavailable, ""));
  const auto gauge = [&] { return registry_.Collect().front().metric.front().gauge.value; };
  EXPECT_GT(gauge(), 3599);
  answer_ = absl::OkStatus();
  EXPECT_EQ(*sweeper_.Sweep(), 1);
  EXPECT_EQ(gauge(), 0);
}

}  // namespace
}  // namespace samverkan::intake::testing
