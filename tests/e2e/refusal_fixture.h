#ifndef SAMVERKAN_TESTS_E2E_REFUSAL_FIXTURE_H_
#define SAMVERKAN_TESTS_E2E_REFUSAL_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/e2e/set_fixture.h"

namespace samverkan::tests {

// How a call must be refused.
struct Refusal {
  absl::StatusCode code;
  std::string reason;
  // The fields that the answer must name, in any order, and no other.
  std::vector<std::string> fields = {};
  // Whether it leaves an audit entry: a caller who is known was denied something.
  bool recorded = false;
  // Whether a person may read it, so that it must speak Swedish.
  bool for_people = true;
};

// INVALID_ARGUMENT that names `fields`.
Refusal BadFields(std::vector<std::string> fields);
// NOT_FOUND that hides a refusal, for a `what` of this name: "REPORT".
Refusal Hidden(const std::string& what);

// What stands in intake's tables.
struct Stored {
  // A digest of the rows of each table but the waiting audit entries.
  std::map<std::string, std::string> tables;
  // All that intake and the audit service ever recorded.
  int64_t audit_entries = 0;
};

// Calls that must be refused. After each test, nothing personal may stand in any log.
class RefusalTest : public SetTest {
 protected:
  void TearDown() override;

  // Expects the call to be refused so, to have stored nothing but the audit entry of the
  // refusal, and the answer to repeat nothing of what the tests say of people.
  template <typename Stub, typename Request, typename Response>
  void ExpectRefused(const Refusal& expected, const auth::Caller& caller,
                     grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                     const Request& request) {
    ExpectTokenRefused(expected, caller, set_.TokenOf(caller), method, request);
  }

  // The same with any token, over the connection of the caller's system.
  template <typename Stub, typename Request, typename Response>
  void ExpectTokenRefused(const Refusal& expected, const auth::Caller& caller, const std::string& token,
                          grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                          const Request& request) {
    const Stored before = Read();
    const Answer<Response> answer = client_.With(caller, token, method, request);
    SCOPED_TRACE(request.GetTypeName());
    Check(expected, answer.status, answer.wire, before);
  }

  void Check(const Refusal& expected, const absl::Status& status, const std::string& wire, const Stored& before);

  Stored Read() const;
};

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_E2E_REFUSAL_FIXTURE_H_
