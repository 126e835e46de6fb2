#ifndef SAMVERKAN_TESTS_E2E_PERSONAL_TEXTS_H_
#define SAMVERKAN_TESTS_E2E_PERSONAL_TEXTS_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "samverkan/data/v1/data.pb.h"
#include "tests/e2e/planted.h"

namespace samverkan::tests {

// Systems, boards and units of the tests and of the story: who acted, as events and logs tell it.
std::vector<std::string> AllowedTexts();

// Gathers what the messages that go to and come from the services say of people: by the
// category that the contract gives each field, so that a new field is searched for by being
// declared. Left out is what stands in the open by design: references and names of resources,
// which lead nowhere by themselves, and the codes of what happened.
class PersonalTexts {
 public:
  // `planted` must outlive this.
  explicit PersonalTexts(PlantedTexts& planted) : planted_(planted) {}

  void See(const google::protobuf::Message& message);

 private:
  void SeeFields(const google::protobuf::Message& message, data::v1::Category around);
  void SeeText(const google::protobuf::FieldDescriptor& field, const std::string& text);

  PlantedTexts& planted_;
};

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_E2E_PERSONAL_TEXTS_H_
