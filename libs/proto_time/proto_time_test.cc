#include "libs/proto_time/proto_time.h"

#include "gtest/gtest.h"

namespace samverkan::proto_time {
namespace {

TEST(ProtoTimeTest, KeepsMicroseconds) {
  for (const int64_t microseconds : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1767225600123456}}) {
    const absl::Time time = absl::FromUnixMicros(microseconds);
    EXPECT_EQ(FromProto(ToProto(time)), time) << microseconds;
  }
}

TEST(ProtoTimeTest, RefusesWhatIsNoTimestamp) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_nanos(-1);
  EXPECT_EQ(FromProto(timestamp), std::nullopt);
  timestamp.set_nanos(1'000'000'000);
  EXPECT_EQ(FromProto(timestamp), std::nullopt);
  timestamp.set_nanos(0);
  timestamp.set_seconds(253402300800);
  EXPECT_EQ(FromProto(timestamp), std::nullopt);
  timestamp.set_seconds(INT64_MIN);
  EXPECT_EQ(FromProto(timestamp), std::nullopt);
}

TEST(DayTest, TakesOneFormOnly) {
  EXPECT_EQ(ParseDay("2026-01-23"), absl::CivilDay(2026, 1, 23));
  EXPECT_EQ(FormatDay(absl::CivilDay(2026, 1, 23)), "2026-01-23");
  for (const char* const text : {"", "2026-02-30", "2026-1-23", "20260123", "2026-01-23T00:00:00Z", " 2026-01-23"}) {
    EXPECT_EQ(ParseDay(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace samverkan::proto_time
