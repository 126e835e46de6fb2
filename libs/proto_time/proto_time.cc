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

// By hand: Abseil's own go through strptime and its like, and every clock of a report is
// formatted and parsed.
std::string FormatDay(absl::CivilDay day) {
  if (day.year() < 1 || day.year() > 9999) return absl::FormatCivilTime(day);
  const auto digit = [](int64_t number) { return static_cast<char>('0' + number % 10); };
  const int64_t year = day.year();
  return {digit(year / 1000),
          digit(year / 100),
          digit(year / 10),
          digit(year),
          '-',
          digit(day.month() / 10),
          digit(day.month()),
          '-',
          digit(day.day() / 10),
          digit(day.day())};
}

std::optional<absl::CivilDay> ParseDay(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  if (text.size() != kForm.size()) return std::nullopt;
  int numbers[3] = {};
  size_t number = 0;
  for (size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '-') {
      if (text[i] != '-') return std::nullopt;
      ++number;
    } else {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      numbers[number] = numbers[number] * 10 + (text[i] - '0');
    }
  }
  // A day that is none, as the 30th of February, becomes another one.
  const absl::CivilDay day(numbers[0], numbers[1], numbers[2]);
  const bool is_one = day.year() == numbers[0] && day.month() == numbers[1] && day.day() == numbers[2];
  return is_one && numbers[0] > 0 ? std::optional(day) : std::nullopt;
}

}  // namespace samverkan::proto_time
