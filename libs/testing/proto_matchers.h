// Matchers for protobuf messages.
#ifndef SAMVERKAN_LIBS_TESTING_PROTO_MATCHERS_H_
#define SAMVERKAN_LIBS_TESTING_PROTO_MATCHERS_H_

#include <gmock/gmock.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

namespace samverkan::testing {

// Matches a message that is equal field by field; says which fields differ.
class EqualsProtoMatcher {
 public:
  using is_gtest_matcher = void;

  explicit EqualsProtoMatcher(const google::protobuf::Message& expected) : expected_(expected.New()) {
    expected_->CopyFrom(expected);
  }
  explicit EqualsProtoMatcher(std::string_view text) : text_(text) {}

  bool MatchAndExplain(const google::protobuf::Message& actual, std::ostream* explanation) const {
    const std::unique_ptr<google::protobuf::Message> expected(actual.New());
    if (expected_ == nullptr && !google::protobuf::TextFormat::ParseFromString(text_, expected.get())) {
      if (explanation != nullptr) *explanation << "but the expected text is no " << actual.GetTypeName();
      return false;
    }
    if (expected_ != nullptr && expected_->GetDescriptor() != actual.GetDescriptor()) {
      if (explanation != nullptr) *explanation << "which is a " << actual.GetTypeName();
      return false;
    }
    if (expected_ != nullptr) expected->CopyFrom(*expected_);
    std::string differences;
    google::protobuf::util::MessageDifferencer differencer;
    differencer.ReportDifferencesToString(&differences);
    const bool equal = differencer.Compare(*expected, actual);
    if (!equal && explanation != nullptr) *explanation << "which differs:\n" << differences;
    return equal;
  }

  void DescribeTo(std::ostream* out) const {
    *out << "equals " << (expected_ == nullptr ? text_ : expected_->DebugString());
  }

  void DescribeNegationTo(std::ostream* out) const {
    *out << "not: ";
    DescribeTo(out);
  }

 private:
  std::shared_ptr<google::protobuf::Message> expected_;
  std::string text_;
};

// EXPECT_THAT(report, EqualsProto(expected));
inline EqualsProtoMatcher EqualsProto(const google::protobuf::Message& expected) {
  return EqualsProtoMatcher(expected);
}

// EXPECT_THAT(report, EqualsProto(R"pb(state: RECEIVED)pb"));
inline EqualsProtoMatcher EqualsProto(std::string_view text) { return EqualsProtoMatcher(text); }

}  // namespace samverkan::testing

#endif  // SAMVERKAN_LIBS_TESTING_PROTO_MATCHERS_H_
