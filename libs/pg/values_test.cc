#include "libs/pg/values.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/pg/uuid.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::pg {
namespace {

using ::samverkan::testing::IsOk;
using ::samverkan::testing::StatusIs;

// What PostgreSQL itself sends: `SELECT encode(…_send(value), 'hex')`.
std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

template <typename T>
std::string Written(const T& value) {
  std::string wire;
  EXPECT_THAT(Codec<T>::Write(value, wire), IsOk());
  return wire;
}

TEST(CodecTest, WritesWhatPostgresSends) {
  EXPECT_EQ(Written(true), FromHex("01"));
  EXPECT_EQ(Written(int64_t{-2}), FromHex("fffffffffffffffe"));
  EXPECT_EQ(Written(std::string("åk")), FromHex("c3a56b"));
  EXPECT_EQ(Written(absl::CivilDay(2025, 6, 20)), FromHex("00002456"));
  EXPECT_EQ(Written(absl::CivilDay(1999, 12, 31)), FromHex("ffffffff"));
  EXPECT_EQ(Written(absl::FromUnixMicros(946'684'800'000'001)), FromHex("0000000000000001"));
  EXPECT_EQ(Written(absl::InfiniteFuture()), FromHex("7fffffffffffffff"));
  EXPECT_EQ(Written(std::vector<std::optional<int64_t>>{7, std::nullopt}), FromHex("00000001"
                                                                                   "00000000"
                                                                                   "00000014"
                                                                                   "00000002"
                                                                                   "00000001"
                                                                                   "00000008"
                                                                                   "0000000000000007"
                                                                                   "ffffffff"));
  EXPECT_EQ(Written(std::vector<std::string>()), FromHex("00000000"
                                                         "00000000"
                                                         "00000019"));
}

TEST(CodecTest, RoundsInstantsDownToTheMicrosecondOnBothSidesOf2000) {
  const absl::Time epoch = absl::FromUnixSeconds(946'684'800);
  for (const absl::Time instant : {epoch + absl::Nanoseconds(1500), epoch - absl::Nanoseconds(1500)}) {
    const absl::StatusOr<absl::Time> read = Codec<absl::Time>::Read(Written(instant));
    ASSERT_THAT(read, IsOk());
    EXPECT_LE(*read, instant);
    EXPECT_LT(instant - *read, absl::Microseconds(1));
  }
}

TEST(CodecTest, RefusesWhatTheOtherSideCannotHold) {
  std::string wire;
  EXPECT_THAT(Codec<absl::CivilDay>::Write(absl::CivilDay(6'000'000, 1, 1), wire),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Codec<absl::CivilDay>::Write(absl::CivilDay(-5000, 1, 1), wire), StatusIs(absl::StatusCode::kInternal));
  const absl::Time epoch = absl::FromUnixSeconds(946'684'800);
  EXPECT_THAT(Codec<absl::Time>::Write(epoch + absl::Hours(24 * 365) * 300'000, wire),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Codec<absl::Time>::Write(epoch - absl::Hours(24 * 365) * 7'000, wire),
              StatusIs(absl::StatusCode::kInternal));
}

TEST(CodecTest, RefusesMalformedWire) {
  EXPECT_THAT(Codec<bool>::Read(""), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Codec<int64_t>::Read("abc"), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Codec<Uuid>::Read("short"), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Codec<absl::Time>::Read("1234"), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Codec<absl::CivilDay>::Read(FromHex("7fffffff")), StatusIs(absl::StatusCode::kInternal));
}

TEST(CodecTest, RefusesMalformedArrays) {
  using Numbers = Codec<std::vector<int64_t>>;
  const std::string good = Written(std::vector<int64_t>{1, 2});
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_THAT(Numbers::Read(good.substr(0, length)), StatusIs(absl::StatusCode::kInternal)) << length;
  }
  EXPECT_THAT(Numbers::Read(Written(std::vector<std::string>{"a"})), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Numbers::Read(Written(std::vector<std::optional<int64_t>>{std::nullopt})),
              StatusIs(absl::StatusCode::kInternal));
  // Two dimensions; a count far beyond what follows.
  EXPECT_THAT(Numbers::Read(FromHex("000000020000000000000014")), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Numbers::Read(FromHex("0000000100000000000000147fffffff00000001")),
              StatusIs(absl::StatusCode::kInternal));
}

TEST(ParamsTest, KnowsTypesNullsAndLengths) {
  const Params params("text", int64_t{7}, std::optional<Uuid>(), std::optional<bool>(true), std::string());
  ASSERT_THAT(params.status(), IsOk());
  ASSERT_EQ(params.size(), 5u);
  EXPECT_EQ(params.types()[0], 25u);
  EXPECT_EQ(params.types()[2], 2950u);
  EXPECT_EQ(std::string(params.value(0), params.length(0)), "text");
  EXPECT_EQ(params.value(2), nullptr);
  EXPECT_EQ(params.length(3), 1);
  EXPECT_NE(params.value(4), nullptr);
  EXPECT_EQ(params.length(4), 0);
}

TEST(ParamsTest, RefusesNulInTextAndInElementsOfText) {
  const std::string text("a\0b", 3);
  EXPECT_THAT(Params(text).status(), StatusIs(absl::StatusCode::kInvalidArgument, "TEXT_HOLDS_NUL"));
  EXPECT_THAT(Params(1, std::vector<std::string>{"ok", text}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "TEXT_HOLDS_NUL"));
  EXPECT_THAT(Params(Bytes{text}).status(), IsOk());
}

TEST(UuidTest, ParsesAndFormats) {
  const absl::StatusOr<Uuid> uuid = Uuid::Parse("0190163D-8694-739b-aea5-966c26f8ad90");
  ASSERT_THAT(uuid, IsOk());
  EXPECT_EQ(uuid->ToString(), "0190163d-8694-739b-aea5-966c26f8ad90");
  for (const char* const text : {"", "0190163d8694739baea5966c26f8ad90", "0190163d-8694-739b-aea5-966c26f8ad9",
                                 "{190163d-8694-739b-aea5-966c26f8ad90", "0190163d-8694-739b-aea5-966c26f8ad9g",
                                 "0190163d-8694-739b-aea5-966c26f8ad900", "0190163d08694-739b-aea5-966c26f8ad90"}) {
    EXPECT_THAT(Uuid::Parse(text), StatusIs(absl::StatusCode::kInvalidArgument, "UUID_INVALID")) << text;
  }
}

TEST(UuidTest, Version7HoldsTheInstantAndSortsByIt) {
  // The example of RFC 9562, appendix A.6: 2022-02-22 19:22:22 UTC.
  const absl::Time instant = absl::FromUnixMillis(0x017F22E279B0);
  const std::string text = Uuid::FromTime(instant).ToString();
  EXPECT_EQ(text.substr(0, 15), "017f22e2-79b0-7");
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
  EXPECT_LT(Uuid::FromTime(instant), Uuid::FromTime(instant + absl::Milliseconds(1)));
  EXPECT_EQ(Uuid::FromTime(absl::InfinitePast()).ToString().substr(0, 13), "00000000-0000");
  std::set<Uuid> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(Uuid::FromTime(instant));
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(UuidTest, Version4IsRandomButForVersionAndVariant) {
  std::set<Uuid> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = Uuid::Random().ToString();
    EXPECT_EQ(text[14], '4') << text;
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
    seen.insert(*Uuid::Parse(text));
  }
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace samverkan::pg
