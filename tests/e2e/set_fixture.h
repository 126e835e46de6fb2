#ifndef SAMVERKAN_TESTS_E2E_SET_FIXTURE_H_
#define SAMVERKAN_TESTS_E2E_SET_FIXTURE_H_

#include <gtest/gtest.h>

#include <string>

#include "libs/testing/status_matchers.h"
#include "tests/testing/cast.h"
#include "tests/testing/client.h"
#include "tests/testing/service_set.h"

namespace samverkan::tests {

// Calls on one set that all tests of the program share.
class SetTest : public ::testing::Test {
 protected:
  SetTest();

  // Expects a call to succeed, and returns what it answered.
  template <typename Stub, typename Request, typename Response>
  Response Do(const auth::Caller& caller, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
    Answer<Response> answer = client_.As(caller, method, request);
    EXPECT_OK(answer.status) << request.GetTypeName();
    return answer.response;
  }

  // A report of its own, about a child whom no other test knows.
  std::string Submit();
  intake::v1::Report Get(const std::string& name);
  intake::v1::Report Assess(const std::string& name);
  intake::v1::Report Decide(const std::string& name, intake::v1::Decision::Outcome outcome);
  // Closed, if `closed`.
  intake::v1::Investigation Investigate(bool closed);

  // The report's clock of that name; an empty one where there is none.
  static intake::v1::Deadline ClockOf(const intake::v1::Report& report, const std::string& clock);

  // The same set for tests that end a service; they start it again.
  static ServiceSet& Breakable();

  const ServiceSet& set_;
  const Client& client_;
};

// A new official test number.
std::string NewChild();

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_E2E_SET_FIXTURE_H_
