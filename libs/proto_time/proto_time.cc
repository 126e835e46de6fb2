#include "libs/proto_time/proto_time.h"

#include "absl/strings/string_view.h"

namespace samverkan::proto_time {

google::protobuf::Timestamp ToProto(absl::Time time) {
  const int64_t microseconds = absl::ToUnixMicros(time);
  int64_t seconds = microseconds / 1'000'000;
  int64_t rest = microseconds % 1'000'000;
  if (rest < 0) {
    seconds -= 1;
    rest += 1'000'000;
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(rest * 1000));
  return timestamp;
}

std::optional<absl::Time> FromProto(const google::protobuf::Timestamp& timestamp) {
  constexpr int64_t kYear1 = -62135596800;
  constexpr int64_t kYear10000 = 253402300800;
  if (timestamp.seconds() < kYear1 || timestamp.seconds() >= kYear10000) return std::nullopt;
  if (timestamp.nanos() < 0 || timestamp.nanos() > 999'999'999) return std::nullopt;
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

std::string FormatDay(absl::CivilDay day) { return absl::FormatCivilTime(day); }

std::optional<absl::CivilDay> ParseDay(std::string_view text) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(absl::string_view(text.data(), text.size()), &day)) return std::nullopt;
  return FormatDay(day) == text ? std::optional(day) : std::nullopt;
}

}  // namespace samverkan::proto_time
