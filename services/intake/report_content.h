#ifndef SAMVERKAN_SERVICES_INTAKE_REPORT_CONTENT_H_
#define SAMVERKAN_SERVICES_INTAKE_REPORT_CONTENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/pg/values.h"
#include "libs/sealing/data_key.h"
#include "samverkan/intake/v1/feedback.pb.h"
#include "samverkan/intake/v1/report.pb.h"
#include "samverkan/intake/v1/report_meeting.pb.h"
#include "services/intake/access.h"
#include "services/intake/names.h"
#include "services/intake/report.h"

// The sealed columns of a report and of what hangs on it: a message without what other
// columns and tables hold, serialized and sealed with the report's key for its cell.
namespace samverkan::intake {

pg::Bytes SealSubmission(const sealing::DataKey& key, const ResourceKey& report, const v1::Submission& submission);
pg::Bytes SealHandling(const sealing::DataKey& key, const ResourceKey& report, v1::Report handled,
                       const Sender& sender);
pg::Bytes SealFeedback(const sealing::DataKey& key, const ResourceKey& report, v1::Feedback feedback);
pg::Bytes SealMeeting(const sealing::DataKey& key, const ResourceKey& report, const v1::ReportMeeting& meeting);

// The messages back. DATA_LOSS where a column is not what was stored there.
absl::StatusOr<v1::Submission> OpenSubmission(const sealing::DataKey& key, const ResourceKey& report,
                                              const pg::Bytes& sealed);
// Fills the report and the unit, subject and system of the sender.
absl::Status OpenHandling(const sealing::DataKey& key, const ResourceKey& report, const pg::Bytes& sealed,
                          ReportRecord& record);
absl::StatusOr<v1::Feedback> OpenFeedback(const sealing::DataKey& key, const ResourceKey& report,
                                          const pg::Bytes& sealed);
absl::StatusOr<v1::ReportMeeting> OpenMeeting(const sealing::DataKey& key, const ResourceKey& report,
                                              const pg::Bytes& sealed);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_REPORT_CONTENT_H_
