#include "libs/rpc/trace_context.h"

#include <string>

#include "gtest/gtest.h"

namespace samverkan::rpc {
namespace {

constexpr char kTraceId[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpanId[] = "00f067aa0ba902b7";

// The example of the recommendation.
TEST(ParseTraceParentTest, ReadsTheStandardsExample) {
  const auto trace = ParseTraceParent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(trace->trace_id, kTraceId);
  EXPECT_EQ(trace->span_id, kSpanId);
  EXPECT_TRUE(trace->sampled);
  EXPECT_EQ(FormatTraceParent(*trace), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
}

TEST(ParseTraceParentTest, TheLowestFlagSaysSampled) {
  for (const char flag : std::string("13579bdf")) {
    EXPECT_TRUE(ParseTraceParent(std::string("00-") + kTraceId + "-" + kSpanId + "-0" + flag)->sampled) << flag;
  }
  for (const char flag : std::string("02468ace")) {
    EXPECT_FALSE(ParseTraceParent(std::string("00-") + kTraceId + "-" + kSpanId + "-0" + flag)->sampled) << flag;
  }
}

TEST(ParseTraceParentTest, RefusesWhatIsMalformed) {
  const std::string good = std::string("00-") + kTraceId + "-" + kSpanId + "-01";
  ASSERT_TRUE(ParseTraceParent(good).has_value());
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(ParseTraceParent(good.substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(ParseTraceParent(good + "-00").has_value());
  EXPECT_FALSE(ParseTraceParent("ff" + good.substr(2)).has_value());
  EXPECT_FALSE(ParseTraceParent("00-" + std::string(32, '0') + "-" + kSpanId + "-01").has_value());
  EXPECT_FALSE(ParseTraceParent(std::string("00-") + kTraceId + "-" + std::string(16, '0') + "-01").has_value());
  EXPECT_FALSE(ParseTraceParent("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01").has_value());
  EXPECT_FALSE(ParseTraceParent("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").has_value());
}

TEST(ParseTraceParentTest, ReadsLaterVersionsAsFarAsThisOne) {
  const std::string later = std::string("cc-") + kTraceId + "-" + kSpanId + "-01";
  EXPECT_TRUE(ParseTraceParent(later).has_value());
  EXPECT_TRUE(ParseTraceParent(later + "-what-the-future-brings").has_value());
  EXPECT_FALSE(ParseTraceParent(later + ".what").has_value());
}

TEST(NewTraceTest, IsWellFormedAndItsOwn) {
  const TraceContext first = NewTrace();
  const TraceContext second = NewTrace();
  EXPECT_TRUE(ParseTraceParent(FormatTraceParent(first)).has_value());
  EXPECT_NE(first.trace_id, second.trace_id);
  EXPECT_NE(first.span_id, second.span_id);
}

TEST(ChildOfTest, StaysInTheTrace) {
  const TraceContext parent{kTraceId, kSpanId, true};
  const TraceContext child = ChildOf(parent);
  EXPECT_EQ(child.trace_id, kTraceId);
  EXPECT_NE(child.span_id, kSpanId);
  EXPECT_TRUE(child.sampled);
}

}  // namespace
}  // namespace samverkan::rpc
