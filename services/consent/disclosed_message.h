#ifndef SAMVERKAN_SERVICES_CONSENT_DISCLOSED_MESSAGE_H_
#define SAMVERKAN_SERVICES_CONSENT_DISCLOSED_MESSAGE_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"
#include "samverkan/consent/v1/child.pb.h"
#include "samverkan/consent/v1/disclosure.pb.h"

// What of a message leaves through a decision. Pure functions.
namespace samverkan::consent {

// The message in `any`. INVALID_ARGUMENT naming the field `message` where it is not of a kind that
// can be disclosed, or does not parse: intake's Report, Investigation, EmergencyAccess, ExtendedFeedback,
// consent's Consent.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> UnpackDisclosable(const google::protobuf::Any& any);

// OK where `message` says in its field `child` that it is about the child, by its own reference or
// an alias; FAILED_PRECONDITION, reason OTHER_CHILD, otherwise.
absl::Status CheckAbout(const google::protobuf::Message& message, const v1::Child& child);

// Whether the answer lets the category be told.
bool IsPermitted(const v1::CategoryDecision& decision);

// What was taken out of a message, and whether free text is left, which no filter reads.
struct Filtered {
  std::vector<data::v1::Category> withheld;
  bool free_text = false;
};

// Takes out of `message` all that the decision does not permit. FAILED_PRECONDITION, reason
// NOTHING_PERMITTED, where it permits nothing.
absl::StatusOr<Filtered> KeepPermitted(const v1::Decision& decision, google::protobuf::Message& message);

// OK where free text may leave: a person has read it, or nobody needs to. FAILED_PRECONDITION, reason
// FREE_TEXT_UNCHECKED, otherwise.
absl::Status CheckFreeText(const v1::Circumstances& circumstances, const Filtered& filtered,
                           const std::string& free_text_check);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_DISCLOSED_MESSAGE_H_
