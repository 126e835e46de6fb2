// Errors for people and programs: a canonical code, a stable reason, a text in
// English and one in Swedish.
//
// Every error that can leave a service is made by a builder of this header. It is
// an absl::Status with google.rpc payloads: ErrorInfo (domain "samverkan"), and
// where they apply BadRequest, LocalizedMessage (sv-SE) and RetryInfo (AIP-193).
// A status made in another way keeps its code but not its text when it leaves (see
// grpc.h), so that no driver text, SQL or personal data gets out by accident.
#ifndef SAMVERKAN_LIBS_STATUS_STATUS_H_
#define SAMVERKAN_LIBS_STATUS_STATUS_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace samverkan::status {

// The domain of every ErrorInfo of the suite.
inline constexpr std::string_view kDomain = "samverkan";

// What an error says. None of it may hold personal data: it leaves the service.
struct Error {
  // Stable, UPPER_SNAKE, part of the contract: "REQUEST_ID_REUSED".
  std::string reason;
  // English: what was wrong, what was expected, what to do.
  std::string message;
  // The same in Swedish; empty where no person ever reads it.
  std::string swedish = {};
  // The variable parts of the message, for programs.
  std::map<std::string, std::string> metadata = {};
  // When a retry may help; absent where the caller should decide.
  std::optional<absl::Duration> retry_after = {};
};

// One builder per canonical code. `error.reason` must not be empty.
absl::Status InvalidArgument(const Error& error);
absl::Status NotFound(const Error& error);
absl::Status AlreadyExists(const Error& error);
absl::Status PermissionDenied(const Error& error);
absl::Status Unauthenticated(const Error& error);
absl::Status ResourceExhausted(const Error& error);
// The resource is in the wrong state; a retry helps only when it has changed.
absl::Status FailedPrecondition(const Error& error);
// Somebody else was first; start over from reading.
absl::Status Aborted(const Error& error);
absl::Status OutOfRange(const Error& error);
// What was stored is not what it was.
absl::Status DataLoss(const Error& error);
absl::Status Unimplemented(const Error& error);
// Not now; safe to send again, with the same request_id where there is one.
absl::Status Unavailable(const Error& error);
absl::Status DeadlineExceeded(const Error& error);
absl::Status Cancelled(const Error& error);

// What the builders above share, for code that maps tables to statuses.
absl::Status Make(absl::StatusCode code, const Error& error);

// A fault of ours. `detail` is for the log only (and must still be free of
// personal data): callers get a fixed text and the reason INTERNAL.
absl::Status Internal(std::string_view detail);

// What is wrong with one field of a request.
struct FieldViolation {
  // Path of the field, "report.child.identity_number" or "entries[3].producer".
  std::string field;
  // English: what was expected. Never repeats the value.
  std::string description;
  // The same in Swedish; may be empty.
  std::string swedish = {};
};

// INVALID_ARGUMENT, reason FIELD_INVALID, with a BadRequest that names every field,
// or as many of the first as clients can receive (about 20). `violations` must not
// be empty.
absl::Status InvalidArgument(const std::vector<FieldViolation>& violations);

// Collects everything that is wrong with a request, so that a caller gets all of
// it at once.
class Violations {
 public:
  void Add(std::string field, std::string description, std::string swedish = "");
  bool empty() const { return violations_.empty(); }
  const std::vector<FieldViolation>& violations() const { return violations_; }
  // OK when nothing was added, else InvalidArgument(violations()).
  absl::Status ToStatus() const;

 private:
  std::vector<FieldViolation> violations_;
};

// The ErrorInfo's reason; empty when there is none (OK, or not made here).
std::string Reason(const absl::Status& status);

// The ErrorInfo's metadata; empty when there is none.
std::map<std::string, std::string> Metadata(const absl::Status& status);

// The violations' fields in their order; empty when there is no BadRequest.
std::vector<std::string> InvalidFields(const absl::Status& status);

// Adds a BadRequest with these, or as many of the first as clients can receive: for an error
// whose code is another than INVALID_ARGUMENT. An OK status is returned as it is.
absl::Status WithViolations(absl::Status status, const std::vector<FieldViolation>& violations);

// Adds where to turn instead (google.rpc.Help): `description` for the person, `url`
// such as "tel:+46850824435". An OK status is returned as it is.
absl::Status WithHelp(absl::Status status, std::string_view description, std::string_view url);

// Marks a NOT_FOUND that stands for a refusal: the caller may not know that the
// resource exists. The RPC adapter records it as a refusal; the mark itself never
// leaves the process. `owner` says whose resource it is, "0180/skarholmen", where it is
// there. Any other status is returned as it is.
absl::Status Hidden(absl::Status status, std::string_view owner = "");
bool IsHidden(const absl::Status& status);
// The owner that Hidden was told; empty where it was told none.
std::string HiddenOwner(const absl::Status& status);

}  // namespace samverkan::status

#endif  // SAMVERKAN_LIBS_STATUS_STATUS_H_
