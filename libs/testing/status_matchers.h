// Matchers for absl::Status and absl::StatusOr.
#ifndef SAMVERKAN_LIBS_TESTING_STATUS_MATCHERS_H_
#define SAMVERKAN_LIBS_TESTING_STATUS_MATCHERS_H_

#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/rpc/error_details.pb.h"

namespace samverkan::testing {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// The reason of the google.rpc.ErrorInfo (domain "samverkan") that `status` carries;
// empty when it carries none.
inline std::string ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  google::rpc::ErrorInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) return "";
  return info.domain() == "samverkan" ? info.reason() : "";
}

// Matches a Status or StatusOr by its code, and by its reason where one is given.
class StatusMatcher {
 public:
  using is_gtest_matcher = void;

  // An empty `reason` matches any.
  StatusMatcher(absl::StatusCode code, std::string reason) : code_(code), reason_(std::move(reason)) {}

  template <typename StatusLike>
  bool MatchAndExplain(const StatusLike& actual, std::ostream* explanation) const {
    const absl::Status& status = StatusOf(actual);
    const std::string reason = ReasonOf(status);
    if (explanation != nullptr) *explanation << "which is " << status.ToString() << ", reason \"" << reason << '"';
    return status.code() == code_ && (reason_.empty() || reason_ == reason);
  }

  void DescribeTo(std::ostream* out) const {
    *out << "is " << absl::StatusCodeToString(code_);
    if (!reason_.empty()) *out << " with reason \"" << reason_ << '"';
  }

  void DescribeNegationTo(std::ostream* out) const {
    *out << "not: ";
    DescribeTo(out);
  }

 private:
  absl::StatusCode code_;
  std::string reason_;
};

// EXPECT_THAT(store.Insert(report), IsOk());
inline StatusMatcher IsOk() { return StatusMatcher(absl::StatusCode::kOk, ""); }

// EXPECT_THAT(service.Get(request), StatusIs(absl::StatusCode::kNotFound));
inline StatusMatcher StatusIs(absl::StatusCode code) { return StatusMatcher(code, ""); }

// EXPECT_THAT(service.Update(request), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
inline StatusMatcher StatusIs(absl::StatusCode code, std::string reason) {
  return StatusMatcher(code, std::move(reason));
}

}  // namespace samverkan::testing

// Fails the test and returns from it unless `expr`, an absl::Status, is OK.
#define ASSERT_OK(expr) ASSERT_THAT((expr), ::samverkan::testing::IsOk())
#define EXPECT_OK(expr) EXPECT_THAT((expr), ::samverkan::testing::IsOk())

#define SAMVERKAN_TESTING_CONCATENATE_INNER(a, b) a##b
#define SAMVERKAN_TESTING_CONCATENATE(a, b) SAMVERKAN_TESTING_CONCATENATE_INNER(a, b)

// Moves the value of `expr`, an absl::StatusOr, into `lhs`, which may declare a
// variable; fails the test and returns from it when there is none.
#define ASSERT_OK_AND_ASSIGN(lhs, expr) \
  SAMVERKAN_TESTING_ASSIGN(SAMVERKAN_TESTING_CONCATENATE(status_or_, __LINE__), lhs, expr)

#define SAMVERKAN_TESTING_ASSIGN(result, lhs, expr)           \
  auto result = (expr);                                       \
  ASSERT_THAT(result.status(), ::samverkan::testing::IsOk()); \
  lhs = *std::move(result)

#endif  // SAMVERKAN_LIBS_TESTING_STATUS_MATCHERS_H_
