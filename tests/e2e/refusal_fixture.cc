#include "tests/e2e/refusal_fixture.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

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

// Official test numbers, one for each report that a test makes.
constexpr const char* kChildren[] = {
    "201201172390", "201201222385", "201201272380", "201201312392", "201202172399", "201202222384", "201202252399",
    "201202272397", "201203152382", "201203162399", "201203242381", "201203292386", "201204092389", "201204132391",
    "201204212391", "201204282386", "201205142399", "201205292392", "201206192393", "201207212380", "201208182392",
    "201208212397", "201208262384", "201209062387", "201209082385", "201209222395", "201209282399"};

// Who all is named in the tests, and what could tell who the child is.
constexpr const char* kPersonal[] = {kSecret,     "zebulonsson",  "2012050323", "120503-2392", "karin.lind",
                                     "nils.roos", "samir.haddad", "lova.berg",  "Storgatan"};

struct Shared {
  std::unique_ptr<ServiceSet> set;
  std::unique_ptr<Client> client;
};

// Ends with the program, as a function's static does.
const Shared& SharedSet() {
  static const Shared shared = [] {
    auto set = ServiceSet::Start({});
    if (!set.ok()) {
      std::fprintf(stderr, "%s\n", set.status().ToString().c_str());
      std::exit(EXIT_FAILURE);
    }
    auto client = std::make_unique<Client>(**set);
    return Shared{*std::move(set), std::move(client)};
  }();
  return shared;
}

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

RefusalTest::RefusalTest() : set_(*SharedSet().set), client_(*SharedSet().client) {}

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

std::string RefusalTest::Submit() {
  static size_t next = 0;
  const auto answer = Do(Principal(), &Reports::SubmitReport, SchoolReport(kChildren[next++ % std::size(kChildren)]));
  return answer.reports_size() == 1 ? answer.reports(0).name() : "";
}

intake::v1::Report RefusalTest::Get(const std::string& name) {
  intake::v1::GetReportRequest request;
  request.set_name(name);
  return Do(Caseworker(), &Reports::GetReport, request);
}

intake::v1::Report RefusalTest::Assess(const std::string& name) {
  intake::v1::RecordProtectionAssessmentRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  request.set_etag(Get(name).etag());
  request.set_need(intake::v1::NO_IMMEDIATE_PROTECTION);
  request.set_reasons("Barnet är tryggt i dag.");
  return Do(Caseworker(), &Assessments::RecordProtectionAssessment, request);
}

intake::v1::Report RefusalTest::Decide(const std::string& name, intake::v1::Decision::Outcome outcome) {
  intake::v1::DecideReportRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  request.set_etag(Assess(name).etag());
  request.set_outcome(outcome);
  request.set_reasons("Oron behöver utredas.");
  return Do(Caseworker(), &Assessments::DecideReport, request);
}

intake::v1::Investigation RefusalTest::Investigate(bool closed) {
  intake::v1::GetInvestigationRequest get;
  get.set_name(Decide(Submit(), intake::v1::Decision::OPENED).decision().investigation());
  const intake::v1::Investigation running = Do(Caseworker(), &Investigations::GetInvestigation, get);
  if (!closed) return running;
  intake::v1::CloseInvestigationRequest close;
  close.set_name(running.name());
  close.set_request_id(NewRequestId());
  close.set_etag(running.etag());
  close.set_result(intake::v1::Closing::WITHOUT_MEASURE);
  close.set_reasons("Familjen har det stöd som behövs.");
  return Do(Caseworker(), &Investigations::CloseInvestigation, close);
}

}  // namespace samverkan::tests
