#include "tests/e2e/refusal_fixture.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "libs/status/status.h"

namespace samverkan::tests {
namespace {

using ::testing::UnorderedElementsAreArray;

constexpr char kAuditEntries[] =
    "SELECT count(*) FROM (SELECT entry FROM intake.audit_entry UNION SELECT entry FROM audit.entry_key) AS recorded";

// The relay gives events their positions at any time; all else stays as it is.
constexpr char kDigest[] = R"(
  SELECT '$0', md5(coalesce(string_agg(content, '' ORDER BY content), ''))
    FROM (SELECT (to_jsonb(r) - 'position' - 'last_position')::text AS content FROM intake.$0 AS r) AS rows)";

// Who all is named in the tests, and what could tell who the child is.
constexpr const char* kPersonal[] = {kSecret,     "zebulonsson",  "2012050323", "120503-2392", "karin.lind",
                                     "nils.roos", "samir.haddad", "lova.berg",  "Storgatan"};

bool HasPayload(const absl::Status& status, const char* type) {
  return status.GetPayload(absl::StrCat("type.googleapis.com/google.rpc.", type)).has_value();
}

void ExpectImpersonal(const std::string& text, const std::string& what) {
  for (const char* const personal : kPersonal) {
    EXPECT_FALSE(absl::StrContains(text, personal)) << what << " holds '" << personal << "'";
  }
}

}  // namespace

Refusal BadFields(std::vector<std::string> fields) {
  return {absl::StatusCode::kInvalidArgument, "FIELD_INVALID", std::move(fields)};
}

Refusal Hidden(const std::string& what) { return {absl::StatusCode::kNotFound, what + "_NOT_FOUND", {}, true}; }

void RefusalTest::TearDown() {
  ExpectImpersonal(set_.LogOf(ServiceSet::kIntake), "the log of intake");
  ExpectImpersonal(set_.LogOf(ServiceSet::kAudit), "the log of audit");
  ExpectImpersonal(set_.postgres().Log(), "the log of PostgreSQL");
}

void RefusalTest::Check(const Refusal& expected, const absl::Status& status, const std::string& wire,
                        const Stored& before) {
  EXPECT_THAT(status, ::samverkan::testing::StatusIs(expected.code, expected.reason));
  EXPECT_THAT(status::InvalidFields(status), UnorderedElementsAreArray(expected.fields));
  EXPECT_TRUE(HasPayload(status, "LocalizedMessage") || !expected.for_people) << "nothing is said in Swedish";
  ExpectImpersonal(wire, "the answer");
  const Stored after = Read();
  EXPECT_EQ(after.tables, before.tables) << "something was stored";
  EXPECT_EQ(after.audit_entries - before.audit_entries, expected.recorded ? 1 : 0) << "audit entries";
}

Stored RefusalTest::Read() const {
  Stored stored;
  const auto tables = set_.Query(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'intake' AND tablename NOT IN ('audit_entry') ORDER BY 1");
  EXPECT_OK(tables);
  std::vector<std::string> digests;
  for (const auto& row : *tables) digests.push_back(absl::Substitute(kDigest, row[0]));
  const auto rows = set_.Query(absl::StrJoin(digests, " UNION ALL "));
  EXPECT_OK(rows);
  for (const auto& row : *rows) stored.tables[row[0]] = row[1];
  EXPECT_TRUE(absl::SimpleAtoi(set_.Value(kAuditEntries).value_or(""), &stored.audit_entries));
  return stored;
}

}  // namespace samverkan::tests
