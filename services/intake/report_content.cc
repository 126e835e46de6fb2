#include "services/intake/report_content.h"

namespace samverkan::intake {

std::string HandlingContent(v1::Report report) {
  report.clear_name();
  report.clear_authority();
  report.clear_unit();
  report.clear_submission();
  report.clear_child();
  report.clear_state();
  report.clear_assignee();
  report.clear_receive_time();
  report.clear_first_receive_time();
  report.clear_sibling_reports();
  report.clear_linked_reports();
  report.clear_deadlines();
  report.clear_etag();
  return report.SerializeAsString();
}

std::string FeedbackContent(v1::Feedback feedback) {
  feedback.clear_state();
  feedback.clear_ask_time();
  return feedback.SerializeAsString();
}

}  // namespace samverkan::intake
