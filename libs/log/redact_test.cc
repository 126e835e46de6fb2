#include "libs/log/redact.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/unknown_field_set.h"
#include "gtest/gtest.h"
#include "libs/category/testing/sample.pb.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/data/v1/data.pb.h"
#include "samverkan/events/v1/events.pb.h"

namespace samverkan::log {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using samverkan::category::testing::Sample;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPlanted[] = "Planted-7f3a";
constexpr int64_t kPlantedNumber = 734'211'908;

nlohmann::json Parsed(const Message& message) { return nlohmann::json::parse(Redacted(message)); }

TEST(RedactTest, ShowsWhatIsNotPersonal) {
  Sample sample;
  sample.set_name("municipalities/0180/reports/1");
  sample.set_code("P-020");
  sample.set_kind(data::v1::CONCERN);
  sample.set_flag(true);
  (*sample.mutable_labels())["colour"] = "red";
  sample.mutable_time()->set_seconds(5);
  const nlohmann::json json = Parsed(sample);
  EXPECT_EQ(json["name"], "municipalities/0180/reports/1");
  EXPECT_EQ(json["code"], "P-020");
  EXPECT_EQ(json["kind"], "CONCERN");
  EXPECT_EQ(json["flag"], true);
  EXPECT_EQ(json["labels"][0]["value"], "red");
  EXPECT_EQ(json["time"]["seconds"], 5);
}

TEST(RedactTest, NamesTheCategoryInsteadOfTheValue) {
  Sample sample;
  sample.set_identity_number(kPlanted);
  sample.add_concerns(kPlanted);
  sample.add_concerns(kPlanted);
  sample.set_birth_year(2015);
  sample.mutable_family()->set_code(kPlanted);
  (*sample.mutable_notes())[kPlanted] = kPlanted;
  sample.mutable_nested()->set_telephone(kPlanted);
  sample.mutable_free()->set_identity_number(kPlanted);
  sample.mutable_born()->set_seconds(7);
  const nlohmann::json json = Parsed(sample);
  EXPECT_EQ(json["identity_number"], "<IDENTITY>");
  EXPECT_EQ(json["concerns"], "<CONCERN>");
  EXPECT_EQ(json["birth_year"], "<IDENTITY>");
  EXPECT_EQ(json["family"], "<FAMILY>");
  EXPECT_EQ(json["notes"], "<ASSESSMENT>");
  EXPECT_EQ(json["nested"]["telephone"], "<CONTACT>");
  EXPECT_EQ(json["free"]["identity_number"], "<IDENTITY>");
  EXPECT_EQ(json["born"], "<IDENTITY>");
}

TEST(RedactTest, ShowsNoTextThatNobodyDeclared) {
  Sample sample;
  sample.set_uncategorised(kPlanted);
  (*sample.mutable_forgotten())[kPlanted] = kPlanted;
  Sample packed;
  packed.set_code(kPlanted);
  sample.mutable_any()->PackFrom(packed);
  const std::string text = Redacted(sample);
  EXPECT_THAT(text, Not(HasSubstr(kPlanted)));
  EXPECT_EQ(nlohmann::json::parse(text)["uncategorised"], "<UNCATEGORISED>");
}

bool IsPersonal(const FieldDescriptor& field) {
  const auto category = field.options().GetExtension(data::v1::category);
  return category != data::v1::CATEGORY_UNSPECIFIED && category != data::v1::NOT_PERSONAL;
}

void PlantValue(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      field.is_repeated() ? reflection.AddString(&message, &field, kPlanted)
                          : reflection.SetString(&message, &field, kPlanted);
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      field.is_repeated() ? reflection.AddInt64(&message, &field, kPlantedNumber)
                          : reflection.SetInt64(&message, &field, kPlantedNumber);
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      field.is_repeated() ? reflection.AddInt32(&message, &field, kPlantedNumber)
                          : reflection.SetInt32(&message, &field, kPlantedNumber);
      break;
    default:
      break;
  }
}

// Puts the planted values into every personal field, to a depth of `depth`
// messages, and into an unknown field of each message.
void Plant(Message& message, bool personal, int depth) {
  const Reflection& reflection = *message.GetReflection();
  const Descriptor& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    const bool personal_here = personal || IsPersonal(field);
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      if (personal_here) PlantValue(message, field);
    } else if (depth > 0) {
      Plant(
          field.is_repeated() ? *reflection.AddMessage(&message, &field) : *reflection.MutableMessage(&message, &field),
          personal_here, depth - 1);
    }
  }
  if (!descriptor.options().map_entry()) {
    reflection.MutableUnknownFields(&message)->AddLengthDelimited(9999, kPlanted);
  }
}

void CollectMessages(const Descriptor& descriptor, std::vector<const Descriptor*>& all) {
  if (!descriptor.options().map_entry()) all.push_back(&descriptor);
  for (int i = 0; i < descriptor.nested_type_count(); ++i) CollectMessages(*descriptor.nested_type(i), all);
}

std::vector<const Descriptor*> MessagesOfTheSuite() {
  // Touching the messages links their files in.
  audit::v1::Entry::descriptor();
  events::v1::Event::descriptor();
  Sample::descriptor();
  std::vector<std::string> files;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  std::vector<const Descriptor*> all;
  for (const std::string& name : files) {
    const FileDescriptor* const file = DescriptorPool::generated_pool()->FindFileByName(name);
    if (file == nullptr || file->package().rfind("samverkan.", 0) != 0) continue;
    for (int i = 0; i < file->message_type_count(); ++i) CollectMessages(*file->message_type(i), all);
  }
  return all;
}

TEST(RedactTest, NothingPlantedInAnyMessageOfTheSuiteSurvives) {
  int with_personal_data = 0;
  for (const Descriptor* const descriptor : MessagesOfTheSuite()) {
    const std::unique_ptr<Message> message(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
    Plant(*message, false, 4);
    const std::string text = Redacted(*message);
    EXPECT_THAT(text, Not(HasSubstr(kPlanted))) << descriptor->full_name();
    EXPECT_THAT(text, Not(HasSubstr(std::to_string(kPlantedNumber)))) << descriptor->full_name();
    if (text.find("<ACTOR>") != std::string::npos) ++with_personal_data;
  }
  // Entry, LoggedEntry, PrivatePart, Actor, … : the loop has seen real messages.
  EXPECT_GE(with_personal_data, 5);
}

}  // namespace
}  // namespace samverkan::log
