#ifndef SAMVERKAN_SERVICES_INTAKE_REPORT_STORE_H_
#define SAMVERKAN_SERVICES_INTAKE_REPORT_STORE_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/idempotency/request_log.h"
#include "libs/rpc/call_context.h"
#include "services/intake/names.h"
#include "services/intake/report.h"
#include "services/intake/store_parts.h"

namespace samverkan::intake {

// All SQL of reports and of what is changed with them: feedback, meeting, clocks. Every
// change writes its events, its audit entry and its request id in its own transaction, and
// row-level security holds each to the rows of the caller's board. May be used by any number
// of threads. Errors beside those named: as in libs/pg and libs/sealing.
class ReportStore {
 public:
  // What a change does to a report; runs in the transaction, perhaps several times.
  using Transition = std::function<absl::StatusOr<ReportChange>(ReportRecord)>;

  explicit ReportStore(const StoreParts& parts) : parts_(parts) {}

  // Stores new reports on the hot path and returns their names when they are durable;
  // those of the first time where the request is repeated. ALREADY_EXISTS, reason
  // REQUEST_ID_REUSED.
  absl::StatusOr<std::vector<std::string>> Submit(const rpc::CallContext& call, const idempotency::Request& request,
                                                  ReceivedReports received);

  // A report with all that hangs on it. NOT_FOUND, reason REPORT_NOT_FOUND.
  absl::StatusOr<ReportRecord> Find(const rpc::CallContext& call, const ResourceKey& id);

  // A report after a change.
  struct Changed {
    ReportRecord record;
    // Whether the request was a repeated one, which changed nothing and left no audit
    // entry: then whoever repeats it may see the report only if it still may.
    bool repeated = false;
  };
  // Changes a report by `transition` and returns it as it then is.
  absl::StatusOr<Changed> Change(const rpc::CallContext& call, const ResourceKey& id,
                                 const idempotency::Request& request, const Transition& transition);

  // A page of reports. Latest received first, after `cursor`.
  struct Page {
    std::vector<ReportRecord> reports;
    // Where the next page goes on; empty on the last.
    std::string next_cursor;
  };
  struct Filter {
    std::string municipality = {};
    // Reference of a child; empty for all.
    std::string child = {};
    // Reports that somebody owes feedback on, or gave: only those with feedback.
    bool with_feedback = false;
    // With `with_feedback`: only in this state; 0 for all.
    int feedback_state = 0;
    int32_t page_size = 0;
    std::string cursor = {};
  };
  // Those that the caller handles; or, for one that handles none, those that its units
  // sent.
  absl::StatusOr<Page> List(const rpc::CallContext& call, const Filter& filter);

  // All reports of the caller's board about a child, oldest received first, whoever handles them.
  absl::StatusOr<std::vector<ReportRecord>> ListOfChild(const rpc::CallContext& call, const pg::Uuid& child);

  // Something to do, and the reference of the child that it is about.
  struct Work {
    v1::WorkItem item;
    std::string child;
    bool identity_protected = false;
  };
  // What a unit has to do, most urgent first.
  struct WorkPage {
    std::vector<Work> works;
    std::string next_cursor;
  };
  struct WorkFilter {
    std::string municipality = {};
    std::string authority = {};
    std::string unit = {};
    v1::WorkItem::ToDo to_do = v1::WorkItem::TO_DO_UNSPECIFIED;
    absl::CivilDay today = {};
    int32_t page_size = 0;
    std::string cursor = {};
  };
  // Emergency accesses to review are for unit managers only.
  absl::StatusOr<WorkPage> ListWork(const rpc::CallContext& call, const WorkFilter& filter);

  // Appends the audit entries of a read, as TouchedByRead; returns when they are durable.
  absl::Status RecordRead(const rpc::CallContext& call, const std::vector<const ReportRecord*>& shown,
                          const std::vector<std::string>& resources);

  // Appends the audit entries of the worklist of `unit`, by resource name, that was shown.
  absl::Status RecordWork(const rpc::CallContext& call, const std::string& unit, const WorkPage& page);

 private:
  const StoreParts parts_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_REPORT_STORE_H_
