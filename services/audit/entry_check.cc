#include "services/audit/entry_check.h"

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/pg/uuid.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "services/audit/entry.h"
#include "services/audit/risk_sign.h"

namespace samverkan::audit {
namespace {

constexpr size_t kSaltSize = 32;
constexpr absl::Time kEarliest = absl::FromUnixSeconds(946'684'800);  // 2000-01-01
constexpr absl::Duration kFurthestAhead = absl::Hours(24);
// Fewer digits than an identity number has, so that none can hide in a leaf.
constexpr int kMostDigits = 9;

// Methods, jobs and purposes: what they are made of, so that nobody's words end up in
// a leaf.
struct CodeRule {
  size_t longest;
  std::string_view besides_letters_and_digits;
};
constexpr CodeRule kMethod = {128, "-_./"};
constexpr CodeRule kPurpose = {64, "-_"};

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool HasFewDigits(std::string_view text) { return std::count_if(text.begin(), text.end(), IsDigit) <= kMostDigits; }

bool Follows(const CodeRule& rule, std::string_view text) {
  const auto allowed = [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           rule.besides_letters_and_digits.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= rule.longest && std::all_of(text.begin(), text.end(), allowed) &&
         HasFewDigits(text);
}

// The id of a service or authority, as it stands in resource names.
bool IsId(std::string_view text) { return resource_name::Match("{id}", text).has_value() && HasFewDigits(text); }

// Checks one entry; keeps where it stands and what has been found.
class Check {
 public:
  Check(const std::string& path, status::Violations& violations) : path_(path), violations_(violations) {}

  void Leaf(const v1::Entry& entry) {
    EntryId(entry.entry_id());
    Expect(IsId(entry.producer()), "producer", "expected a service's name: 1 to 63 of a-z, 0-9 and '-', few digits.");
    const bool concerns_none =
        entry.municipality().empty() && entry.authority().empty() && entry.private_part().children().empty();
    Expect(concerns_none || resource_name::Match("{municipality}", entry.municipality()).has_value(), "municipality",
           "expected a municipality's official code, four digits; or nothing, without authority and children.");
    Expect(entry.authority().empty() || IsId(entry.authority()), "authority",
           "expected an authority's id: 1 to 63 of a-z, 0-9 and '-', few digits; or nothing.");
    Expect(Follows(kMethod, entry.method()), "method",
           "expected the name of a method or job: 1 to 128 ASCII letters, '.', '/', '-' and '_', few digits.");
    Expect(Follows(kPurpose, entry.purpose()), "purpose",
           "expected a purpose's code: 1 to 64 ASCII letters, '-' and '_', few digits.");
    Expect(access::v1::Action_IsValid(entry.action()) && entry.action() != access::v1::ACTION_UNSPECIFIED, "action",
           "expected what was done, a value other than ACTION_UNSPECIFIED.");
    Expect(v1::Outcome_IsValid(entry.outcome()) && entry.outcome() != v1::OUTCOME_UNSPECIFIED, "outcome",
           "expected GRANTED or DENIED.");
    Expect(v1::RetentionClass_IsValid(entry.retention()) && entry.retention() != v1::RETENTION_CLASS_UNSPECIFIED,
           "retention", "expected a retention class other than RETENTION_CLASS_UNSPECIFIED.");
  }

  void Salts(const v1::Entry& entry) {
    Salt("salts.subject", entry.salts().subject());
    Salt("salts.actor", entry.salts().actor());
    Salt("salts.detail", entry.salts().detail());
  }

  void PrivatePart(const v1::PrivatePart& part, absl::Time now) {
    Time(part, now);
    Expect(part.has_actor() && !part.actor().subject().empty(), "private_part.actor.subject", "expected who acted.");
    Actor(part.actor());
    Texts("private_part.children", part.children(), kMostChildren, 128);
    Texts("private_part.resources", part.resources(), kMostResources, 512);
    Length("private_part.legal_basis", part.legal_basis(), 512);
    const std::string& trace = part.trace_id();
    Expect(trace.empty() || (trace.size() == 32 && std::all_of(trace.begin(), trace.end(), absl::ascii_isxdigit)),
           "private_part.trace_id", "expected 32 hexadecimal digits, or nothing.");
    Length("private_part.request_id", part.request_id(), 128);
    Length("private_part.detail", part.detail(), 4096);
    RiskSigns(part.risk_signs());
  }

  void KnownFields(const google::protobuf::Message& message, const std::string& field) {
    Expect(message.GetReflection()->GetUnknownFields(message).empty(), field,
           "Holds a field that this version of the audit service does not know. Upgrade the audit service, then send "
           "the entry again.");
  }

 private:
  using TextList = google::protobuf::RepeatedPtrField<std::string>;

  void Expect(bool holds, const std::string& field, const std::string& expected) {
    if (!holds) violations_.Add(field.empty() ? path_ : absl::StrCat(path_, ".", field), expected);
  }

  // Version 4 alone: the others tell the time to the millisecond, or a content.
  void EntryId(const std::string& text) {
    const absl::StatusOr<pg::Uuid> id = pg::Uuid::Parse(text);
    Expect(id.ok() && id->bytes()[6] >> 4 == 4 && id->bytes()[8] >> 6 == 2 && id->ToString() == text, "entry_id",
           "expected a random UUID (version 4) in its canonical form, 8-4-4-4-12 lower-case hexadecimal digits.");
  }

  void Salt(const std::string& field, const std::string& salt) {
    Expect(salt.size() == kSaltSize, field, absl::StrCat("expected ", kSaltSize, " random bytes."));
  }

  void Time(const v1::PrivatePart& part, absl::Time now) {
    const std::optional<absl::Time> time = proto_time::FromProto(part.time());
    Expect(part.has_time() && time.has_value() && *time >= kEarliest && *time <= now + kFurthestAhead,
           "private_part.time", "expected when it happened: from the year 2000 on, at most a day ahead.");
  }

  void Actor(const v1::Actor& actor) {
    Length("private_part.actor.subject", actor.subject(), 256);
    Length("private_part.actor.system", actor.system(), 256);
    Length("private_part.actor.municipality", actor.municipality(), 64);
    Length("private_part.actor.authority", actor.authority(), 256);
    Expect(actor.acting_service().empty() || IsId(actor.acting_service()), "private_part.actor.acting_service",
           "expected a service's name, or nothing.");
    Texts("private_part.actor.units", actor.units(), kMostUnits, 256);
    Expect(access::v1::Role_IsValid(actor.role()), "private_part.actor.role", "expected a role that is known.");
  }

  // One order and no doubles, so that a set of signs has one commitment.
  void RiskSigns(const google::protobuf::RepeatedField<int>& signs) {
    const auto told = [](int sign) { return IsTold(static_cast<v1::RiskSign>(sign)); };
    const bool rising = std::adjacent_find(signs.begin(), signs.end(), std::greater_equal<>()) == signs.end();
    Expect(
        rising && std::all_of(signs.begin(), signs.end(), told), "private_part.risk_signs",
        "expected signs that a producer tells (SAME_NAME, COLLEAGUE, NO_ASSIGNMENT, EMERGENCY_ACCESS), each once, in "
        "rising order.");
  }

  void Length(const std::string& field, const std::string& text, size_t longest) {
    Expect(text.size() <= longest, field, absl::StrCat("expected at most ", longest, " bytes."));
  }

  void Texts(const std::string& field, const TextList& texts, int most, size_t longest) {
    Expect(texts.size() <= most, field, absl::StrCat("expected at most ", most, "."));
    const auto sound = [&](const std::string& text) { return !text.empty() && text.size() <= longest; };
    const auto bad = std::find_if_not(texts.begin(), texts.end(), sound);
    if (bad == texts.end()) return;
    Expect(false, absl::StrCat(field, "[", bad - texts.begin(), "]"),
           absl::StrCat("expected 1 to ", longest, " bytes."));
  }

  const std::string& path_;
  status::Violations& violations_;
};

}  // namespace

void CheckEntry(const v1::Entry& entry, absl::Time now, const std::string& path, status::Violations& violations) {
  Check check(path, violations);
  check.Leaf(entry);
  check.Salts(entry);
  check.PrivatePart(entry.private_part(), now);
  check.KnownFields(entry, "");
  check.KnownFields(entry.salts(), "salts");
  check.KnownFields(entry.private_part(), "private_part");
  check.KnownFields(entry.private_part().actor(), "private_part.actor");
  check.KnownFields(entry.private_part().time(), "private_part.time");
}

}  // namespace samverkan::audit
