#ifndef SAMVERKAN_TESTS_E2E_ERASURE_FIXTURE_H_
#define SAMVERKAN_TESTS_E2E_ERASURE_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/testing/status_matchers.h"
#include "tests/testing/cast.h"
#include "tests/testing/client.h"
#include "tests/testing/service_set.h"

namespace samverkan::tests {

// A set of its own, on which the file of a child is erased five years later.
class ErasureFixture : public ::testing::Test {
 protected:
  // When what led to nothing may be erased: P-082, five years after it has passed.
  static constexpr absl::CivilHour kTime{2031, 2, 3, 9};
  static constexpr absl::Duration kPatience = absl::Seconds(30);

  void SetUp() override;

  // Expects a call to succeed, and returns what it answered.
  template <typename Stub, typename Request, typename Response>
  Response Do(const auth::Caller& caller, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
    Answer<Response> answer = client_->As(caller, method, request);
    EXPECT_OK(answer.status) << request.GetTypeName();
    return answer.response;
  }

  template <typename Request, typename Resource>
  static Request ChangeOf(const Resource& resource) {
    Request request;
    request.set_name(resource.name());
    request.set_request_id(NewRequestId());
    request.set_etag(resource.etag());
    request.set_reasons("Prövat.");
    return request;
  }

  absl::StatusOr<intake::v1::Report> Get(const std::string& name);

  // The report of `submission`, on which no investigation was opened for these reasons.
  intake::v1::Report NotOpened(const intake::v1::SubmitReportRequest& submission = SchoolReport(),
                               const std::string& reasons = "Prövat.");

  // Moves the clock to kTime; what is proposed to be erased then.
  intake::v1::Erasure AwaitProposal();

  // Approves what is proposed, and returns when the report is gone.
  void Approve(const intake::v1::Erasure& proposed, const intake::v1::Report& report);

  // After Approve: returns when the log has forgotten it too.
  void AwaitErased(const intake::v1::Erasure& approved);

  // Until the log has all that waits for it.
  void AwaitDelivery();

  std::unique_ptr<ServiceSet> set_;
  std::unique_ptr<Client> client_;
};

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_E2E_ERASURE_FIXTURE_H_
