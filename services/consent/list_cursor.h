#ifndef SAMVERKAN_SERVICES_CONSENT_LIST_CURSOR_H_
#define SAMVERKAN_SERVICES_CONSENT_LIST_CURSOR_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "libs/pg/uuid.h"

// Where a list goes on: lists are ordered by a time, latest first, then by id.
namespace samverkan::consent {

struct ListPlace {
  absl::Time time;
  pg::Uuid id;
};

// The place that a cursor says; before everything for an empty one. INTERNAL for what
// MakeListCursor did not make: cursors come out of sealed tokens.
absl::StatusOr<ListPlace> ParseListCursor(const std::string& cursor);

// The cursor after the resource called `name`, whose time is `time`.
std::string MakeListCursor(const google::protobuf::Timestamp& time, const std::string& name);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_LIST_CURSOR_H_
