#ifndef SAMVERKAN_SERVICES_AUDIT_REVIEW_SERVICE_H_
#define SAMVERKAN_SERVICES_AUDIT_REVIEW_SERVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/idempotency/request_log.h"
#include "libs/paging/page_token.h"
#include "libs/rpc/adapter.h"
#include "libs/rpc/call_context.h"
#include "libs/rpc/service.h"
#include "libs/rules/rule_set.h"
#include "samverkan/audit/v1/review.pb.h"
#include "services/audit/own_entry.h"
#include "services/audit/review_question.h"
#include "services/audit/review_store.h"

namespace samverkan::audit {

// The RPCs of samverkan.audit.v1.ReviewService; the contract stands there. Whatever is
// shown was recorded first. May be used by several threads at once.
class ReviewService {
 public:
  // Gives 32 random bytes, others each time; any thread. A caller has no say in them, or
  // it could draw until it likes the sample.
  using Seeds = std::function<std::string()>;

  // `store` and `entries` must outlive the service.
  ReviewService(ReviewStore& store, const OwnEntries& entries, rules::RuleSet rules,
                idempotency::RequestKeys request_keys, paging::PageTokens tokens, Seeds seeds)
      : store_(store),
        entries_(entries),
        rules_(std::move(rules)),
        request_keys_(std::move(request_keys)),
        tokens_(std::move(tokens)),
        seeds_(std::move(seeds)) {}

  absl::StatusOr<v1::ReviewSample> DrawReviewSample(const rpc::CallContext& call,
                                                    const v1::DrawReviewSampleRequest& request) const;
  absl::StatusOr<v1::ListReviewSamplesResponse> ListReviewSamples(const rpc::CallContext& call,
                                                                  const v1::ListReviewSamplesRequest& request) const;
  absl::StatusOr<v1::GetReviewSampleResponse> GetReviewSample(const rpc::CallContext& call,
                                                              const v1::GetReviewSampleRequest& request) const;
  absl::StatusOr<v1::ReviewItem> RecordReviewOutcome(const rpc::CallContext& call,
                                                     const v1::RecordReviewOutcomeRequest& request) const;
  absl::StatusOr<v1::ReviewStatistics> GetReviewStatistics(const rpc::CallContext& call,
                                                           const v1::GetReviewStatisticsRequest& request) const;
  absl::StatusOr<v1::ListTouchedChildrenResponse> ListTouchedChildren(
      const rpc::CallContext& call, const v1::ListTouchedChildrenRequest& request) const;

  // The service to serve; it refers to this object, which must outlive it.
  std::unique_ptr<rpc::Service> Serve(rpc::Adapter& adapter) const;

 private:
  absl::StatusOr<TouchedQuery> QueryOf(const rpc::CallContext& call, const v1::ListTouchedChildrenRequest& request,
                                       const TimeSpan& span) const;
  // The rule that answers `question` to the caller today, "P-087, SoLPuL 2001:454 10 §".
  absl::StatusOr<std::string> BasisOf(const rpc::CallContext& call, const char* question) const;
  // Appends the entry of a read that rests on the answer to `question`.
  absl::Status Leave(const rpc::CallContext& call, outbox::Touched touched, const char* question) const;

  ReviewStore& store_;
  const OwnEntries& entries_;
  const rules::RuleSet rules_;
  const idempotency::RequestKeys request_keys_;
  const paging::PageTokens tokens_;
  const Seeds seeds_;
};

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_REVIEW_SERVICE_H_
