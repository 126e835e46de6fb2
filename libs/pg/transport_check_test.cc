#include "libs/pg/transport_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "libs/testing/status_matchers.h"

namespace samverkan::pg {
namespace {

using ::samverkan::testing::StatusIs;

const auto kPlaintext = StatusIs(absl::StatusCode::kFailedPrecondition, "DATABASE_PLAINTEXT");

TEST(CheckTransportTest, TakesUnixSockets) {
  for (const char* const conninfo :
       {"", "dbname=samverkan", "host=/var/run/postgresql", "host=/a,/b", "host=@samverkan",
        "postgresql://%2Fvar%2Frun%2Fpostgresql/samverkan", "host=/var/run/postgresql sslmode=disable"}) {
    EXPECT_OK(CheckTransport(conninfo)) << conninfo;
  }
}

TEST(CheckTransportTest, TakesTcpOnlyWithAVerifiedServer) {
  EXPECT_OK(CheckTransport("host=127.0.0.1 sslmode=verify-full"));
  EXPECT_OK(CheckTransport("postgresql://127.0.0.1,127.0.0.2/samverkan?sslmode=verify-full"));
  for (const char* const conninfo :
       {"host=127.0.0.1", "host=localhost", "hostaddr=127.0.0.1", "host=/var/run/postgresql hostaddr=127.0.0.1",
        "host=/var/run/postgresql,127.0.0.1", "postgresql://127.0.0.1/samverkan", "host=127.0.0.1 sslmode=require",
        "host=127.0.0.1 sslmode=verify-ca", "host=127.0.0.1 sslmode=prefer"}) {
    EXPECT_THAT(CheckTransport(conninfo), kPlaintext) << conninfo;
  }
}

TEST(CheckTransportTest, AsksTheEnvironmentAsLibpqDoes) {
  setenv("PGHOST", "127.0.0.1", 1);
  EXPECT_THAT(CheckTransport("dbname=samverkan"), kPlaintext);
  setenv("PGSSLMODE", "verify-full", 1);
  EXPECT_OK(CheckTransport("dbname=samverkan"));
  unsetenv("PGHOST");
  unsetenv("PGSSLMODE");
}

}  // namespace
}  // namespace samverkan::pg
