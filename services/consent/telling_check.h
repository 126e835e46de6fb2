#ifndef SAMVERKAN_SERVICES_CONSENT_TELLING_CHECK_H_
#define SAMVERKAN_SERVICES_CONSENT_TELLING_CHECK_H_

#include <string>

#include "google/protobuf/repeated_field.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "libs/auth/caller.h"
#include "libs/status/status.h"
#include "samverkan/consent/v1/consent.pb.h"

// Checks of who tells whom what: what a consent covers, and what a question is about. Each adds
// what is wrong to `violations`; `field` is where the part stands in the request,
// "scope.discloser". Pure functions.
namespace samverkan::consent {

// Who tells: a party that keeps data of others, of the caller's own authority.
void CheckDiscloser(const auth::Caller& caller, const v1::Discloser& discloser, const std::string& field,
                    status::Violations& violations);

// Who is told, never everybody: an authority by its name, a private body by its unit, a guardian
// by reference, and any other private person by its function to the child.
void CheckRecipient(const v1::Recipient& recipient, const std::string& field, status::Violations& violations);

// Categories of data about people: at least one, none twice.
void CheckCategories(const google::protobuf::RepeatedField<int>& categories, const std::string& field,
                     status::Violations& violations);

// References of other persons, none twice. A reference is a UUID, or 1 to 63 of a-z, 0-9 and '-'
// that begins with a letter and has at most nine digits: no name and no identity number.
void CheckThirdPersons(const google::protobuf::RepeatedPtrField<std::string>& third_persons, const std::string& field,
                       status::Violations& violations);
void CheckThirdPerson(const std::string& third_person, const std::string& field, status::Violations& violations);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_TELLING_CHECK_H_
