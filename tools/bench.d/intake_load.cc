// Calls intake as many clients at once would, for tools/bench.d/intake_figures.py: load.h says how.
//
//   intake_load --call=submit --target=HOST:PORT --token_file=F --children=F …
//       new reports, each with a request id of its own, about one child after the other;
//       --names=F gets the names of the reports
//   intake_load --call=get --target=HOST:PORT --token_file=F --names=F …
//       reads of those reports, one after the other

#include <iostream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "libs/pg/uuid.h"
#include "samverkan/intake/v1/report.grpc.pb.h"
#include "tools/bench.d/load.h"

ABSL_FLAG(std::string, call, "submit", "submit or get");
ABSL_FLAG(std::string, token_file, "", "file with the access token, bound to the certificate");
ABSL_FLAG(std::string, parent, "municipalities/0180/authorities/skarholmen", "authority that receives the reports");
ABSL_FLAG(std::string, children, "", "file with identity numbers, one a line");
ABSL_FLAG(std::string, names, "", "file with names of reports, one a line");

namespace samverkan::bench {
namespace {

using intake::v1::GetReportRequest;
using intake::v1::Report;
using intake::v1::ReportService;
using intake::v1::SubmitReportRequest;
using intake::v1::SubmitReportResponse;

// A school's report as the routine asks for it: about 600 bytes of text, a report
// meeting and feedback wanted.
SubmitReportRequest ReportOfASchool(const std::string& parent) {
  SubmitReportRequest request;
  request.set_parent(parent);
  auto& submission = *request.mutable_submission();
  submission.set_kind(intake::v1::CONCERN_REPORT);
  submission.set_form(intake::v1::WRITTEN);
  auto& reporter = *submission.mutable_reporter();
  reporter.set_category("school");
  reporter.set_person_name("Karin Lind");
  reporter.set_title("rektor");
  reporter.set_organisation("Bredängsskolan");
  submission.mutable_child()->set_given_name("Elsa");
  submission.mutable_child()->set_school("Bredängsskolan");
  submission.mutable_guardians_told()->set_told("Rektor berättade för mamma vid ett möte på skolan samma dag.");
  auto& concern = *submission.mutable_concern();
  concern.set_what("Eleven har varit borta mer än hälften av höstens skoldagar och är ofta hungrig på morgonen.");
  concern.set_history(
      "Skolan har känt familjen i fyra år. Oron har vuxit sedan i våras, då frånvaron började: först enstaka morgnar, "
      "sedan hela veckor. Eleven har slutat att delta i idrott och är oftast ensam på rasterna.");
  concern.set_home_contact("Tre möten med mamma under hösten; pappa har inte gått att nå.");
  concern.set_tried("Anpassad studiegång, frukost på skolan och samtal med kuratorn.");
  concern.set_child_said("\"Ingen är hemma på kvällarna.\"");
  submission.set_report_meeting_wanted(true);
  submission.set_feedback_wanted(true);
  submission.mutable_contact_person()->set_function("Elevhälsan, Bredängsskolan");
  submission.mutable_contact_person()->set_email("elevhalsan@bredangsskolan.example");
  submission.mutable_signature()->set_person_name("Karin Lind");
  submission.mutable_signature()->set_title("rektor");
  return request;
}

int Submit(const std::vector<std::string>& children, const std::string& authorization) {
  SubmitReportRequest request = ReportOfASchool(absl::GetFlag(FLAGS_parent));
  MethodCaller<ReportService::Stub, SubmitReportRequest, SubmitReportResponse> caller(
      OpenChannels("intake"), [&](size_t) -> const std::string& { return authorization; },
      &ReportService::Stub::AsyncSubmitReport,
      [&](size_t number) -> const SubmitReportRequest& {
        request.set_request_id(pg::Uuid::Random().ToString());
        request.mutable_submission()->mutable_child()->set_identity_number(children[number % children.size()]);
        return request;
      },
      [](const SubmitReportResponse& response) {
        return response.reports_size() == 1 ? response.reports(0).name() : std::string();
      });
  return RunLoad(caller, absl::GetFlag(FLAGS_names));
}

int Get(const std::vector<std::string>& names, const std::string& authorization) {
  GetReportRequest request;
  MethodCaller<ReportService::Stub, GetReportRequest, Report> caller(
      OpenChannels("intake"), [&](size_t) -> const std::string& { return authorization; },
      &ReportService::Stub::AsyncGetReport,
      [&](size_t number) -> const GetReportRequest& {
        request.set_name(names[number % names.size()]);
        return request;
      },
      [](const Report& report) { return report.name(); });
  return RunLoad(caller, "");
}

int Run() {
  const bool is_get = absl::GetFlag(FLAGS_call) == "get";
  const std::vector<std::string> items = ReadLines(absl::GetFlag(is_get ? FLAGS_names : FLAGS_children));
  if (items.empty()) {
    std::cerr << "intake_load: nothing to call about; see --children and --names\n";
    return 2;
  }
  const std::string authorization = AuthorizationOf(absl::GetFlag(FLAGS_token_file));
  return is_get ? Get(items, authorization) : Submit(items, authorization);
}

}  // namespace
}  // namespace samverkan::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return samverkan::bench::Run();
}
