#ifndef SAMVERKAN_SERVICES_AUDIT_REVIEW_QUESTION_H_
#define SAMVERKAN_SERVICES_AUDIT_REVIEW_QUESTION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/outbox/audit_entry.h"
#include "samverkan/audit/v1/review.pb.h"
#include "services/audit/review.h"

// What the calls of a log review ask and show, as values. Each check is INVALID_ARGUMENT,
// naming every bad field.
namespace samverkan::audit {

// Legal days, both included.
struct Period {
  absl::CivilDay first;
  absl::CivilDay last;
};

// The period of a draw on the legal day `today`.
absl::StatusOr<Period> CheckDraw(const v1::DrawReviewSampleRequest& request, absl::CivilDay today);

// The period of a statistic.
absl::StatusOr<Period> CheckStatistics(const v1::GetReviewStatisticsRequest& request);

// The item to record an outcome of.
absl::StatusOr<ItemKey> CheckOutcome(const v1::RecordReviewOutcomeRequest& request);

// Of acts, [start, end).
struct TimeSpan {
  absl::Time start;
  absl::Time end;
};

// The time asked for at `now`.
absl::StatusOr<TimeSpan> CheckTouched(const v1::ListTouchedChildrenRequest& request, absl::Time now);

// Takes items off the end of `shown` until they fit one answer and their children one
// entry of the log. One always fits. Says whether any was taken.
bool CutToOneAnswer(std::vector<v1::ReviewItem>& shown);

// What a page of a sample has touched: sample, entries, and every child that they name.
outbox::Touched TouchedBy(const v1::ReviewSample& sample, const std::vector<v1::ReviewItem>& shown);

// What a page of a breach's answer has touched: the question and the children.
outbox::Touched TouchedBy(const v1::ListTouchedChildrenRequest& request, const TimeSpan& span,
                          const std::vector<v1::TouchedChild>& shown);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_REVIEW_QUESTION_H_
