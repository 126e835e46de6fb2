#ifndef SAMVERKAN_LIBS_PROTO_TIME_PROTO_TIME_H_
#define SAMVERKAN_LIBS_PROTO_TIME_PROTO_TIME_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

// Time between protobuf and Abseil.
namespace samverkan::proto_time {

// The instant as a Timestamp, cut to microseconds: what PostgreSQL keeps.
google::protobuf::Timestamp ToProto(absl::Time time);

// The instant of a Timestamp; nothing where it is outside the years 1 to 9999 or its
// nanoseconds are not 0 to 999,999,999.
std::optional<absl::Time> FromProto(const google::protobuf::Timestamp& timestamp);

// A civil day in ISO 8601, "2026-01-23".
std::string FormatDay(absl::CivilDay day);

// The civil day that `text` says in just that form; nothing for anything else.
std::optional<absl::CivilDay> ParseDay(std::string_view text);

}  // namespace samverkan::proto_time

#endif  // SAMVERKAN_LIBS_PROTO_TIME_PROTO_TIME_H_
