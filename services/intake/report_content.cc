#include "services/intake/report_content.h"

#include <string_view>
#include <utility>

#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/store.pb.h"

namespace samverkan::intake {
namespace {

constexpr std::string_view kSubmission = "intake.report.submission";
constexpr std::string_view kHandling = "intake.report.handling";
constexpr std::string_view kFeedback = "intake.feedback.content";
constexpr std::string_view kMeeting = "intake.report_meeting.content";

sealing::Cell CellOf(std::string_view column, const ResourceKey& report) {
  return {.column = column, .municipality = report.municipality, .row = report.id};
}

template <typename Message>
absl::StatusOr<Message> Open(std::string_view column, const sealing::DataKey& key, const ResourceKey& report,
                             const pg::Bytes& sealed) {
  ASSIGN_OR_RETURN(const std::string content, key.Open(CellOf(column, report), sealed));
  Message message;
  if (message.ParseFromString(content)) return message;
  return status::Internal("what is stored in " + std::string(column) + " does not parse");
}

}  // namespace

pg::Bytes SealSubmission(const sealing::DataKey& key, const ResourceKey& report, const v1::Submission& submission) {
  return key.Seal(CellOf(kSubmission, report), submission.SerializeAsString());
}

pg::Bytes SealHandling(const sealing::DataKey& key, const ResourceKey& report, v1::Report handled,
                       const Sender& sender) {
  handled.clear_name();
  handled.clear_authority();
  handled.clear_submission();
  handled.clear_child();
  handled.clear_state();
  handled.clear_receive_time();
  handled.clear_first_receive_time();
  handled.clear_sibling_reports();
  handled.clear_linked_reports();
  handled.clear_deadlines();
  handled.clear_etag();
  store::v1::Handling handling;
  *handling.mutable_report() = std::move(handled);
  handling.mutable_sender()->set_unit(sender.unit);
  handling.mutable_sender()->set_subject(sender.subject);
  handling.mutable_sender()->set_system(sender.system);
  return key.Seal(CellOf(kHandling, report), handling.SerializeAsString());
}

pg::Bytes SealFeedback(const sealing::DataKey& key, const ResourceKey& report, v1::Feedback feedback) {
  feedback.clear_state();
  feedback.clear_ask_time();
  return key.Seal(CellOf(kFeedback, report), feedback.SerializeAsString());
}

pg::Bytes SealMeeting(const sealing::DataKey& key, const ResourceKey& report, const v1::ReportMeeting& meeting) {
  return key.Seal(CellOf(kMeeting, report), meeting.SerializeAsString());
}

absl::StatusOr<v1::Submission> OpenSubmission(const sealing::DataKey& key, const ResourceKey& report,
                                              const pg::Bytes& sealed) {
  return Open<v1::Submission>(kSubmission, key, report, sealed);
}

absl::Status OpenHandling(const sealing::DataKey& key, const ResourceKey& report, const pg::Bytes& sealed,
                          ReportRecord& record) {
  ASSIGN_OR_RETURN(store::v1::Handling handling, Open<store::v1::Handling>(kHandling, key, report, sealed));
  record.report = std::move(*handling.mutable_report());
  record.sender.unit = std::move(*handling.mutable_sender()->mutable_unit());
  record.sender.subject = std::move(*handling.mutable_sender()->mutable_subject());
  record.sender.system = std::move(*handling.mutable_sender()->mutable_system());
  return absl::OkStatus();
}

absl::StatusOr<v1::Feedback> OpenFeedback(const sealing::DataKey& key, const ResourceKey& report,
                                          const pg::Bytes& sealed) {
  return Open<v1::Feedback>(kFeedback, key, report, sealed);
}

absl::StatusOr<v1::ReportMeeting> OpenMeeting(const sealing::DataKey& key, const ResourceKey& report,
                                              const pg::Bytes& sealed) {
  return Open<v1::ReportMeeting>(kMeeting, key, report, sealed);
}

}  // namespace samverkan::intake
