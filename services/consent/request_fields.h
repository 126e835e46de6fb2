#ifndef SAMVERKAN_SERVICES_CONSENT_REQUEST_FIELDS_H_
#define SAMVERKAN_SERVICES_CONSENT_REQUEST_FIELDS_H_

#include <string>

#include "absl/time/civil_time.h"
#include "libs/auth/caller.h"
#include "libs/pg/uuid.h"
#include "libs/status/status.h"
#include "services/consent/names.h"

// Checks that the requests of all services of consent share. Each adds what is wrong to
// `violations`, so that a caller gets everything at once.
namespace samverkan::consent {

// The longest text of a reason or note, in code points; and the longest name.
inline constexpr int kLongestText = 20'000;
inline constexpr int kLongestName = 200;

// A text that must say something.
void RequireText(const std::string& text, const std::string& field, status::Violations& violations);

// A text that may be empty but not longer than kLongestText.
void LimitText(const std::string& text, const std::string& field, status::Violations& violations);

// A name of a person, or another text of one line, that must say something.
void RequirePersonName(const std::string& text, const std::string& field, status::Violations& violations);

// The same, which may be empty.
void LimitName(const std::string& text, const std::string& field, status::Violations& violations);

// An etag, which must be given.
void RequireEtag(const std::string& etag, status::Violations& violations);

// An enum value, which must be given and be one of the choices: `value` is its number, `choices`
// what is expected.
void RequireChoice(int value, const std::string& field, const std::string& choices, status::Violations& violations);

// The key in a resource name of `collection`, in `field`. Where there is none a violation is
// added and an empty key returned.
ResourceKey RequireName(const std::string& name, const std::string& collection, const std::string& field,
                        status::Violations& violations);

// The caller's own authority as `parent`: nobody looks through another's registry.
void RequireOwnAuthority(const auth::Caller& caller, const std::string& parent, status::Violations& violations);

// The reference of a child. Where there is none a violation is added and a nil one returned.
pg::Uuid RequireChild(const std::string& child, const std::string& field, status::Violations& violations);

// The municipality of `parent`, which must be `municipalities/{code}`.
std::string RequireMunicipality(const std::string& parent, status::Violations& violations);

// A civil date, which must be given: "2026-01-23". Where there is none a violation is added and
// the epoch returned.
absl::CivilDay RequireDay(const std::string& text, const std::string& field, status::Violations& violations);

// A field that the service fills in and callers leave empty.
void RequireEmpty(bool empty, const std::string& field, status::Violations& violations);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_REQUEST_FIELDS_H_
