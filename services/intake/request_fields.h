#ifndef SAMVERKAN_SERVICES_INTAKE_REQUEST_FIELDS_H_
#define SAMVERKAN_SERVICES_INTAKE_REQUEST_FIELDS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "libs/status/status.h"
#include "services/intake/names.h"

// Checks that the requests of all services of intake share. Each adds what is wrong to
// `violations`, so that a caller gets everything at once.
namespace samverkan::intake {

// The longest text of a decision, reason or note, in code points.
inline constexpr int kLongestText = 20'000;

// A text that must say something.
void RequireText(const std::string& text, const std::string& field, status::Violations& violations);

// A text that may be empty but not longer than kLongestText.
void LimitText(const std::string& text, const std::string& field, status::Violations& violations);

// An etag, which must be given.
void RequireEtag(const std::string& etag, status::Violations& violations);

// An enum value, which must be given: `value` is its number, `choices` what is expected.
void RequireChoice(int value, const std::string& field, const std::string& choices, status::Violations& violations);

// The key in a resource name of `collection`, in `field`. Where there is none a violation is
// added and an empty key returned.
ResourceKey RequireName(const std::string& name, const std::string& collection, const std::string& field,
                        status::Violations& violations);

// The reference of a child, in `field`. Where there is none a violation is added and an empty id
// returned.
pg::Uuid RequireChild(const std::string& child, const std::string& field, status::Violations& violations);

// The municipality of `parent`, which must be `municipalities/{code}`.
std::string RequireMunicipality(const std::string& parent, status::Violations& violations);

// A civil date, which must be given: "2026-01-23".
void RequireDay(const std::string& text, const std::string& field, status::Violations& violations);

// An instant that must be given and be no earlier than `earliest` and no later than
// `latest`; `earliest` where it is not.
absl::Time RequireTime(bool given, const google::protobuf::Timestamp& time, const std::string& field,
                       absl::Time earliest, absl::Time latest, status::Violations& violations);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_REQUEST_FIELDS_H_
