#include "libs/disclosure/disclosure.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/unknown_field_set.h"
#include "gtest/gtest.h"
#include "libs/category/testing/sample.pb.h"
#include "samverkan/intake/v1/report.pb.h"

namespace samverkan::disclosure {
namespace {

using data::v1::Category;
using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using samverkan::category::testing::Sample;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(KeepOnlyTest, RemovesWhatIsNotPermittedAndSaysWhat) {
  Sample sample;
  sample.set_name("municipalities/0180/reports/1");
  sample.set_code("P-020");
  sample.set_flag(true);
  sample.set_identity_number("201202252399");
  sample.add_concerns("Kommer hungrig.");
  EXPECT_THAT(KeepOnly({data::v1::CONCERN}, sample), UnorderedElementsAre(data::v1::IDENTITY));
  EXPECT_THAT(sample.identity_number(), IsEmpty());
  EXPECT_EQ(sample.concerns_size(), 1);
  EXPECT_EQ(sample.code(), "P-020");
  EXPECT_EQ(sample.name(), "municipalities/0180/reports/1");
  EXPECT_TRUE(sample.flag());
}

TEST(KeepFieldsTest, AsksByPathAndNamesWhatItRemoved) {
  intake::v1::Report report;
  report.mutable_submission()->mutable_child()->set_address("Storgatan 1");
  report.mutable_submission()->mutable_child()->set_given_name("Kim");
  report.add_supplements()->set_text("Mer.");
  report.add_supplements()->set_text("Ännu mer.");
  report.mutable_submission()->mutable_concern()->set_acute(true);
  std::set<std::string> asked;
  const auto removed = KeepFields(
      [&](const std::string& path, Category category) {
        asked.insert(path);
        return category != data::v1::WHEREABOUTS && path != "supplements.text";
      },
      report);
  EXPECT_THAT(removed, ::testing::ElementsAre(std::pair("submission.child.address", data::v1::WHEREABOUTS),
                                              std::pair("supplements.text", data::v1::CONCERN)));
  EXPECT_EQ(report.submission().child().given_name(), "Kim");
  EXPECT_EQ(report.supplements(1).text(), "");
  // A message before what is within it, and what says nothing about a person too.
  EXPECT_THAT(asked, ::testing::IsSupersetOf({"submission", "submission.child", "submission.concern.acute"}));
}

TEST(KeepOnlyTest, ACategoryOnAMessageHoldsForAllWithin) {
  Sample sample;
  sample.mutable_family()->set_code("within FAMILY");
  sample.mutable_family()->add_concerns("CONCERN within FAMILY");
  Sample without_concern = sample;
  EXPECT_THAT(KeepOnly({data::v1::CONCERN}, sample), UnorderedElementsAre(data::v1::FAMILY));
  EXPECT_FALSE(sample.has_family());
  EXPECT_THAT(KeepOnly({data::v1::FAMILY}, without_concern), UnorderedElementsAre(data::v1::CONCERN));
  EXPECT_EQ(without_concern.family().code(), "within FAMILY");
  EXPECT_THAT(without_concern.family().concerns(), IsEmpty());
}

TEST(KeepOnlyTest, WhatNobodyCanSayIsRemovedWhateverIsPermitted) {
  Sample sample;
  sample.set_uncategorised("text");
  (*sample.mutable_forgotten())["key"] = "text";
  Sample packed;
  packed.set_code("P-020");
  sample.mutable_any()->PackFrom(packed);
  sample.GetReflection()->MutableUnknownFields(&sample)->AddVarint(9999, 1);
  sample.mutable_nested()->GetReflection()->MutableUnknownFields(sample.mutable_nested())->AddVarint(9999, 1);
  EXPECT_THAT(KeepOnly(AllBut({}), sample), UnorderedElementsAre(data::v1::CATEGORY_UNSPECIFIED));
  Sample expected;
  expected.mutable_nested();
  EXPECT_EQ(sample.SerializeAsString(), expected.SerializeAsString());
}

TEST(KeepOnlyTest, AllButNamesEveryCategoryOfPersonsOnce) {
  EXPECT_EQ(AllBut({data::v1::WHEREABOUTS}).size(), AllBut({}).size() - 1);
  EXPECT_EQ(AllBut({}).count(data::v1::NOT_PERSONAL), 0u);
  EXPECT_EQ(AllBut({}).count(data::v1::ACTOR), 1u);
}

// ---- the property: over every message of the contract ----

// The personal categories that a place in a message stands under, a bit each, and one more for
// text that nobody gave a category.
using Mask = uint32_t;
constexpr Mask kNobodySaid = 1U << 20;
// What is planted tells the mask of its place: texts as "mark-<mask>.", numbers as this and
// seven digits.
constexpr int64_t kMarkedNumber = 210'000'0000;

Mask BitOf(Category category) { return 1U << static_cast<Mask>(category); }

bool IsPersonal(Category category) { return category > data::v1::NOT_PERSONAL; }

bool IsFree(const FieldDescriptor& field) {
  static const std::set<std::string> kFree = {"name", "parent", "etag", "request_id", "page_token", "next_page_token"};
  return field.file()->package().rfind("samverkan.", 0) == 0 && kFree.count(field.name()) > 0;
}

// Plants a mark into every field of a message and of those within, to a depth.
class Planter {
 public:
  // Of each oneof the member `choice`, counted around.
  explicit Planter(int choice) : choice_(choice) {}

  void Plant(Message& message, Category around, Mask above, int depth) {
    const Descriptor& descriptor = *message.GetDescriptor();
    for (int i = 0; i < descriptor.field_count(); ++i) {
      const FieldDescriptor& field = *descriptor.field(i);
      const auto* const oneof = field.containing_oneof();
      if (oneof != nullptr && oneof->field(choice_ % oneof->field_count()) != &field) continue;
      PlantField(message, field, around, above, depth);
    }
    if (descriptor.options().map_entry()) return;
    message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(9999, Text(kNobodySaid));
    all_ |= kNobodySaid;
  }

  // The masks of what was planted.
  const std::set<Mask>& planted() const { return planted_; }
  // All bits in them.
  Mask all() const { return all_; }

 private:
  static std::string Text(Mask mask) { return "mark-" + std::to_string(mask) + "."; }

  void PlantField(Message& message, const FieldDescriptor& field, Category around, Mask above, int depth) {
    const Reflection& reflection = *message.GetReflection();
    const Category own = field.options().GetExtension(data::v1::category);
    const Category category = own != data::v1::CATEGORY_UNSPECIFIED ? own
                              : IsFree(field)                       ? data::v1::NOT_PERSONAL
                                                                    : around;
    Mask mask = above | (IsPersonal(category) ? BitOf(category) : 0);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (depth == 0) return;
      const bool said = category != data::v1::CATEGORY_UNSPECIFIED;
      const bool map_of_text =
          field.is_map() && field.message_type()->map_key()->type() == FieldDescriptor::TYPE_STRING;
      if (field.message_type()->full_name() == "google.protobuf.Any" || (map_of_text && !said)) mask |= kNobodySaid;
      Plant(
          field.is_repeated() ? *reflection.AddMessage(&message, &field) : *reflection.MutableMessage(&message, &field),
          category, mask, depth - 1);
      return;
    }
    const bool text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (text && category == data::v1::CATEGORY_UNSPECIFIED) mask |= kNobodySaid;
    if (!PlantValue(message, field, mask)) return;
    planted_.insert(mask);
    all_ |= mask;
  }

  static bool PlantValue(Message& message, const FieldDescriptor& field, Mask mask) {
    const Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        field.is_repeated() ? reflection.AddString(&message, &field, Text(mask))
                            : reflection.SetString(&message, &field, Text(mask));
        return true;
      case FieldDescriptor::CPPTYPE_INT64:
        field.is_repeated() ? reflection.AddInt64(&message, &field, kMarkedNumber + mask)
                            : reflection.SetInt64(&message, &field, kMarkedNumber + mask);
        return true;
      case FieldDescriptor::CPPTYPE_INT32:
        field.is_repeated() ? reflection.AddInt32(&message, &field, static_cast<int32_t>(kMarkedNumber + mask))
                            : reflection.SetInt32(&message, &field, static_cast<int32_t>(kMarkedNumber + mask));
        return true;
      default:
        return false;
    }
  }

  const int choice_;
  std::set<Mask> planted_;
  Mask all_ = 0;
};

// The masks of all marks that are in the message, wherever they stand.
std::set<Mask> MarksIn(const Message& message) {
  static const std::regex kMark("mark-([0-9]+)\\.|: 210([0-9]{7})\\b");
  const std::string text = message.Utf8DebugString();
  std::set<Mask> marks;
  for (std::sregex_iterator match(text.begin(), text.end(), kMark), end; match != end; ++match) {
    marks.insert(static_cast<Mask>(std::stoul((*match)[1].matched ? (*match)[1] : (*match)[2])));
  }
  return marks;
}

void CollectMessages(const Descriptor& descriptor, std::vector<const Descriptor*>& all) {
  if (!descriptor.options().map_entry()) all.push_back(&descriptor);
  for (int i = 0; i < descriptor.nested_type_count(); ++i) CollectMessages(*descriptor.nested_type(i), all);
}

// Every message of the contract, whatever file it stands in. `pool` is empty, and owns them.
std::vector<const Descriptor*> MessagesOfTheSuite(DescriptorPool& pool) {
  std::ifstream stream("proto/contract.binpb", std::ios::binary);
  google::protobuf::FileDescriptorSet files;
  std::vector<const Descriptor*> all;
  if (!files.ParseFromIstream(&stream)) return all;
  for (const google::protobuf::FileDescriptorProto& proto : files.file()) {
    const auto* const file = pool.BuildFile(proto);
    if (file == nullptr || file->package().rfind("samverkan.", 0) != 0) continue;
    for (int i = 0; i < file->message_type_count(); ++i) CollectMessages(*file->message_type(i), all);
  }
  return all;
}

// How many members the largest oneof in the message, or in one within it, has; 1 where it has none.
int LargestOneof(const Descriptor& descriptor, std::set<const Descriptor*>& seen) {
  if (!seen.insert(&descriptor).second) return 1;
  int largest = 1;
  for (int i = 0; i < descriptor.oneof_decl_count(); ++i) {
    largest = std::max(largest, descriptor.oneof_decl(i)->field_count());
  }
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const Descriptor* const within = descriptor.field(i)->message_type();
    if (within != nullptr) largest = std::max(largest, LargestOneof(*within, seen));
  }
  return largest;
}

Categories CategoriesIn(Mask mask) {
  Categories categories;
  for (Mask number = data::v1::NOT_PERSONAL + 1; number < 20; ++number) {
    if ((mask & (1U << number)) != 0) categories.insert(static_cast<Category>(number));
  }
  return categories;
}

// Keeps each subset of the categories in `all`, and expects that just what stands under
// permitted categories alone is left.
void ExpectJustThePermittedLeft(const Message& planted, const std::set<Mask>& marks, Mask all) {
  const Mask personal = all & ~kNobodySaid;
  // Every subset of the bits in `personal`, the empty one last.
  for (Mask permitted = personal;; permitted = (permitted - 1) & personal) {
    const std::unique_ptr<Message> message(planted.New());
    message->CopyFrom(planted);
    KeepOnly(CategoriesIn(permitted), *message);
    std::set<Mask> expected;
    for (const Mask mark : marks) {
      if ((mark & ~permitted) == 0) expected.insert(mark);
    }
    ASSERT_EQ(MarksIn(*message), expected) << planted.GetDescriptor()->full_name() << " permitted " << permitted;
    if (permitted == 0) return;
  }
}

TEST(KeepOnlyTest, OfEveryMessageAndEverySubsetOfCategoriesJustThePermittedIsLeft) {
  size_t most_categories = 0;
  int messages = 0;
  DescriptorPool pool;
  google::protobuf::DynamicMessageFactory factory;
  for (const Descriptor* const descriptor : MessagesOfTheSuite(pool)) {
    std::set<const Descriptor*> seen;
    const int choices = LargestOneof(*descriptor, seen);
    for (int choice = 0; choice < choices; ++choice) {
      const std::unique_ptr<Message> message(factory.GetPrototype(descriptor)->New());
      Planter planter(choice);
      planter.Plant(*message, data::v1::CATEGORY_UNSPECIFIED, 0, 3);
      most_categories = std::max(most_categories, CategoriesIn(planter.all()).size());
      ASSERT_NO_FATAL_FAILURE(ExpectJustThePermittedLeft(*message, planter.planted(), planter.all()));
    }
    ++messages;
  }
  // The loop has seen real messages: a report holds nearly all categories.
  EXPECT_GE(messages, 180);
  EXPECT_GE(most_categories, 8u);
}

}  // namespace
}  // namespace samverkan::disclosure
