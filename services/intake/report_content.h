#ifndef SAMVERKAN_SERVICES_INTAKE_REPORT_CONTENT_H_
#define SAMVERKAN_SERVICES_INTAKE_REPORT_CONTENT_H_

#include <string>

#include "samverkan/intake/v1/feedback.pb.h"
#include "samverkan/intake/v1/report.pb.h"

// What the stores of intake keep as one column: a message without what other columns and
// tables hold of it, serialized.
namespace samverkan::intake {

// The column `handling` of a report.
std::string HandlingContent(v1::Report report);

// The column `content` of feedback.
std::string FeedbackContent(v1::Feedback feedback);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_REPORT_CONTENT_H_
