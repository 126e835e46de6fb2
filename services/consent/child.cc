#include "services/consent/child.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/identity/identity_number.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "services/consent/names.h"
#include "services/consent/request_fields.h"

namespace samverkan::consent {
namespace {

constexpr int kMostUnits = 20;
constexpr int kMostGuardians = 20;

using rules::v1::Disclosure;

std::string LastPart(const std::string& name) { return name.substr(name.rfind('/') + 1); }

// Days are stored as "2026-01-23", which sort as the days do.
bool HasBegun(const std::string& from_date, absl::CivilDay day) { return from_date <= proto_time::FormatDay(day); }

bool Holds(const std::string& from_date, const std::string& to_date, absl::CivilDay day) {
  return HasBegun(from_date, day) && (to_date.empty() || proto_time::FormatDay(day) <= to_date);
}

// The birthday in the year of `day`.
absl::CivilDay BirthdayInYearOf(absl::CivilDay birth, absl::CivilDay day) {
  return calendar::CountFrom(birth, {static_cast<int>(day.year() - birth.year()), calendar::Span::Unit::kYears});
}

bool IsOneOf(const auth::Caller& caller, const std::string& unit) {
  return std::any_of(caller.units.begin(), caller.units.end(),
                     [&](const std::string& own) { return unit == MakeName(caller.municipality, "units", own); });
}

void CheckUnits(const auth::Caller& caller, const google::protobuf::RepeatedPtrField<std::string>& units,
                status::Violations& violations) {
  if (units.size() > kMostUnits) {
    violations.Add("units", absl::StrCat("expected at most ", kMostUnits, " units"), "För många enheter.");
  }
  std::set<std::string> seen;
  for (int i = 0; i < units.size(); ++i) {
    const auto parts = resource_name::Match("municipalities/{municipality}/units/{id}", units[i]);
    const bool own = parts.has_value() && parts->front() == caller.municipality;
    if (own && seen.insert(units[i]).second) continue;
    violations.Add(absl::StrCat("units[", i, "]"),
                   "expected a unit of your municipality, `municipalities/{code}/units/{unit}`, once",
                   "Ange en enhet i kommunen, en gång.");
  }
}

// Duty works across the units of its authority.
void CheckOwnUnit(const auth::Caller& caller, const v1::RegisterChildRequest& request, status::Violations& violations) {
  const bool own = request.units().empty()
                       ? !caller.units.empty()
                       : std::any_of(request.units().begin(), request.units().end(),
                                     [&](const std::string& unit) { return IsOneOf(caller, unit); });
  if (own || (caller.Has(access::v1::DUTY) && !request.units().empty())) return;
  violations.Add("units", "expected at least one unit that you work in", "Ange minst en enhet som du arbetar i.");
}

void CheckGuardians(const v1::RegisterChildRequest& request, absl::CivilDay today, status::Violations& violations) {
  if (request.guardians_size() > kMostGuardians) {
    violations.Add("guardians", absl::StrCat("expected at most ", kMostGuardians, " guardians"),
                   "För många vårdnadshavare.");
    return;
  }
  for (int i = 0; i < request.guardians_size(); ++i) {
    CheckGuardian(request.guardians(i), absl::StrCat("guardians[", i, "]"), today, violations);
  }
}

void CheckOptionalLastDay(const std::string& to_date, const std::string& field, const std::string& from_date,
                          status::Violations& violations) {
  if (to_date.empty()) return;
  RequireDay(to_date, field, violations);
  if (to_date >= from_date) return;
  violations.Add(field, "expected a day that is no earlier than the first", "Sista dagen är före den första.");
}

absl::Status Misfit(const std::string& field, const std::string& expected, const std::string& swedish) {
  return status::InvalidArgument(std::vector<status::FieldViolation>{{field, expected, swedish}});
}

absl::Status NoEarlierThan(const std::string& last, const std::string& from_date, const std::string& field) {
  if (from_date >= last) return absl::OkStatus();
  return Misfit(field, "expected a day that is no earlier than that of the last one recorded",
                "Dagen är före den senast registrerade.");
}

bool IsSamePerson(const v1::Guardian& one, const v1::Guardian& other) {
  if (!one.identity_number().empty() && !other.identity_number().empty()) {
    return one.identity_number() == other.identity_number();
  }
  return one.person_name() == other.person_name();
}

// Checked before; here only its digits are taken.
std::string DigitsOf(const std::string& number, absl::CivilDay today) {
  const auto parsed = identity::IdentityNumber::Parse(number, today);
  return parsed.ok() ? parsed->digits() : std::string();
}

void Withhold(const auth::Caller& caller, absl::CivilDay day, v1::Child& shown) {
  if (IsProtectedOn(shown, day) && !MaySeeWhereabouts(caller, PlacementOf(shown))) shown.clear_units();
}

bool HasAssumedIdentity(const v1::Child& child) {
  return std::any_of(child.identity_numbers().begin(), child.identity_numbers().end(),
                     [](const v1::IdentityNumber& number) { return number.cause() == v1::IdentityNumber::ASSUMED; });
}

// What both have, that of `earlier` first.
template <typename List>
List Joined(const List& earlier, const List& later) {
  List joined = earlier;
  joined.MergeFrom(later);
  return joined;
}

// In the order of days, and then at least `level` from `today` on, whatever was to come.
void JoinProtections(const v1::Child& from, Disclosure::Protection level, absl::CivilDay today, v1::Child& into) {
  auto& protections = *into.mutable_protections();
  protections.MergeFrom(from.protections());
  std::stable_sort(protections.begin(), protections.end(),
                   [](const v1::ProtectedIdentity& one, const v1::ProtectedIdentity& other) {
                     return one.from_date() < other.from_date();
                   });
  if (ProtectionOn(into, today) >= level) return;
  v1::ProtectedIdentity& protection = *protections.Add();
  protection.set_level(level);
  protection.set_from_date(proto_time::FormatDay(today));
}

// Of an assumed identity nothing leads back to the one before.
void ForgetEarlierIdentity(v1::Child& child, const std::string& from_date) {
  child.clear_identity_numbers();
  child.clear_given_name();
  child.clear_family_name();
  v1::ProtectedIdentity& protection = *child.add_protections();
  protection.set_level(Disclosure::ASSUMED_IDENTITY);
  protection.set_from_date(from_date);
}

}  // namespace

std::string IdentityNumberOn(const v1::Child& child, absl::CivilDay day) {
  std::string counting;
  for (const v1::IdentityNumber& number : child.identity_numbers()) {
    if (counting.empty() || HasBegun(number.from_date(), day)) counting = number.identity_number();
  }
  return counting;
}

std::optional<absl::CivilDay> BirthDayOn(const v1::Child& child, absl::CivilDay day) {
  const auto number = identity::IdentityNumber::Parse(IdentityNumberOn(child, day), day);
  return number.ok() ? number->birth_day() : std::nullopt;
}

std::optional<int> AgeOn(const v1::Child& child, absl::CivilDay day) {
  const std::optional<absl::CivilDay> birth = BirthDayOn(child, day);
  if (!birth.has_value() || *birth > day) return std::nullopt;
  const int years = static_cast<int>(day.year() - birth->year());
  return BirthdayInYearOf(*birth, day) <= day ? years : years - 1;
}

std::vector<const v1::Guardian*> GuardiansOn(const v1::Child& child, absl::CivilDay day) {
  std::vector<const v1::Guardian*> guardians;
  if (AgeOn(child, day).value_or(0) >= kAgeOfMajority) return guardians;
  for (const v1::Guardian& guardian : child.guardians()) {
    if (Holds(guardian.from_date(), guardian.to_date(), day)) guardians.push_back(&guardian);
  }
  return guardians;
}

Disclosure::Protection ProtectionOn(const v1::Child& child, absl::CivilDay day) {
  Disclosure::Protection level = Disclosure::UNPROTECTED;
  for (const v1::ProtectedIdentity& protection : child.protections()) {
    if (HasBegun(protection.from_date(), day)) level = protection.level();
  }
  return level;
}

bool IsProtectedOn(const v1::Child& child, absl::CivilDay day) {
  return ProtectionOn(child, day) != Disclosure::UNPROTECTED;
}

const v1::SpecialRepresentative* SpecialRepresentativeOn(const v1::Child& child, absl::CivilDay day) {
  for (const v1::SpecialRepresentative& representative : child.special_representatives()) {
    if (Holds(representative.from_date(), representative.to_date(), day)) return &representative;
  }
  return nullptr;
}

v1::Circumstances CircumstancesOf(const ChildRecord& record, std::vector<v1::Consent> consents, absl::CivilDay day) {
  v1::Circumstances circumstances;
  if (const auto age = AgeOn(record.child, day)) circumstances.set_age(*age);
  circumstances.set_protection(ProtectionOn(record.child, day));
  circumstances.set_on_hold(record.child.on_hold());
  const std::vector<const v1::Guardian*> guardians = GuardiansOn(record.child, day);
  for (const v1::Guardian* const guardian : guardians) circumstances.add_guardians(guardian->guardian());
  for (v1::Consent& consent : consents) *circumstances.add_consents() = std::move(consent);
  return circumstances;
}

pg::Scope AuthorityOf(const v1::Child& child) {
  const auto parts = resource_name::Match("municipalities/{municipality}/authorities/{id}", child.authority());
  if (!parts.has_value()) return {};
  return {.municipality = parts->front(), .authority = parts->back()};
}

Placement PlacementOf(const v1::Child& child) {
  const pg::Scope authority = AuthorityOf(child);
  Placement placement{
      .municipality = authority.municipality, .authority = authority.authority, .assignee = child.assignee()};
  for (const std::string& unit : child.units()) placement.units.push_back(LastPart(unit));
  return placement;
}

std::string ReferenceOf(const v1::Child& child) { return LastPart(child.name()); }

std::string Etag(int64_t version) { return absl::StrCat(version); }

absl::Status CheckEtag(const std::string& etag, int64_t version) {
  if (etag == Etag(version)) return absl::OkStatus();
  return status::Aborted({.reason = "ETAG_MISMATCH",
                          .message = "the resource has changed since it was read; read it again and repeat",
                          .swedish = "Uppgifterna har ändrats sedan de lästes. Läs om och försök igen."});
}

absl::Status CheckMaySee(const auth::Caller& caller, const ChildRecord& record) {
  return MaySee(caller, PlacementOf(record.child)) ? absl::OkStatus() : NotFound("child", AuthorityOf(record.child));
}

absl::StatusOr<v1::Child> ViewFor(const auth::Caller& caller, const ChildRecord& record, absl::CivilDay day) {
  const absl::Status may_see = CheckMaySee(caller, record);
  if (!may_see.ok()) return may_see;
  return ViewAfterChange(caller, record, day);
}

v1::Child ViewAfterChange(const auth::Caller& caller, const ChildRecord& record, absl::CivilDay day) {
  v1::Child shown = record.child;
  Withhold(caller, day, shown);
  shown.set_etag(Etag(record.version));
  return shown;
}

std::string RequireIdentityNumber(const std::string& number, const std::string& field, absl::CivilDay today,
                                  status::Violations& violations) {
  const auto parsed = identity::IdentityNumber::Parse(number, today);
  if (parsed.ok()) return parsed->digits();
  violations.Add(field, std::string(parsed.status().message()), std::string(identity::SwedishText(parsed.status())));
  return {};
}

void CheckRegistration(const auth::Caller& caller, const v1::RegisterChildRequest& request, absl::CivilDay today,
                       status::Violations& violations) {
  RequireOwnAuthority(caller, request.parent(), violations);
  if (!request.reference().empty() && !resource_name::IsUuid(request.reference())) {
    violations.Add("reference", "expected a UUID in lower case, or nothing", "Ange barnets referens, eller ingenting.");
  }
  RequireIdentityNumber(request.identity_number(), "identity_number", today, violations);
  LimitName(request.given_name(), "given_name", violations);
  LimitName(request.family_name(), "family_name", violations);
  CheckUnits(caller, request.units(), violations);
  CheckOwnUnit(caller, request, violations);
  LimitName(request.assignee(), "assignee", violations);
  CheckGuardians(request, today, violations);
}

void CheckAssignment(const auth::Caller& caller, const v1::AssignChildRequest& request,
                     status::Violations& violations) {
  if (request.units().empty()) violations.Add("units", "expected at least one unit", "Ange minst en enhet.");
  CheckUnits(caller, request.units(), violations);
  LimitName(request.assignee(), "assignee", violations);
}

void CheckGuardian(const v1::Guardian& guardian, const std::string& field, absl::CivilDay today,
                   status::Violations& violations) {
  RequireEmpty(guardian.guardian().empty(), field + ".guardian", violations);
  RequirePersonName(guardian.person_name(), field + ".person_name", violations);
  if (!guardian.identity_number().empty()) {
    RequireIdentityNumber(guardian.identity_number(), field + ".identity_number", today, violations);
  }
  RequireChoice(guardian.kind(), field + ".kind", "PARENT, COURT_APPOINTED", violations);
  RequireDay(guardian.from_date(), field + ".from_date", violations);
  RequireEmpty(guardian.to_date().empty(), field + ".to_date", violations);
  RequireEmpty(guardian.end_cause() == v1::Guardian::END_CAUSE_UNSPECIFIED, field + ".end_cause", violations);
}

void CheckEndOfCustody(const v1::EndCustodyRequest& request, status::Violations& violations) {
  if (!resource_name::IsUuid(request.guardian())) {
    violations.Add("guardian", "expected the reference of a guardian, from `Child.guardians`",
                   "Ange vårdnadshavarens referens.");
  }
  RequireDay(request.to_date(), "to_date", violations);
  RequireChoice(request.cause(), "cause", "CUSTODY_MOVED, DIED, CAME_OF_AGE", violations);
}

void CheckProtection(const v1::ProtectedIdentity& protection, status::Violations& violations) {
  RequireChoice(protection.level(), "protection.level",
                "UNPROTECTED, SECRECY_MARKING, PROTECTED_REGISTRATION, ASSUMED_IDENTITY", violations);
  RequireDay(protection.from_date(), "protection.from_date", violations);
}

void CheckSpecialRepresentative(const v1::SpecialRepresentative& representative, status::Violations& violations) {
  RequirePersonName(representative.person_name(), "special_representative.person_name", violations);
  RequireDay(representative.from_date(), "special_representative.from_date", violations);
  CheckOptionalLastDay(representative.to_date(), "special_representative.to_date", representative.from_date(),
                       violations);
}

void CheckNewIdentityNumber(const v1::IdentityNumber& number, absl::CivilDay today, status::Violations& violations) {
  RequireIdentityNumber(number.identity_number(), "identity_number.identity_number", today, violations);
  RequireDay(number.from_date(), "identity_number.from_date", violations);
  if (number.from_date() > proto_time::FormatDay(today)) {
    violations.Add("identity_number.from_date", "expected today or an earlier day", "Dagen får inte vara i framtiden.");
  }
  RequireChoice(number.cause(), "identity_number.cause", "CORRECTED, REGISTERED, ASSUMED", violations);
}

absl::StatusOr<ChildRecord> Register(const auth::Caller& caller, const v1::RegisterChildRequest& request,
                                     const pg::Uuid& reference, absl::Time now) {
  const absl::CivilDay today = calendar::LegalDay(now);
  ChildRecord record;
  v1::Child& child = record.child;
  child.set_name(MakeName(caller.municipality, "children", reference));
  child.set_authority(request.parent());
  v1::IdentityNumber& number = *child.add_identity_numbers();
  number.set_identity_number(DigitsOf(request.identity_number(), today));
  number.set_from_date(proto_time::FormatDay(today));
  child.set_given_name(request.given_name());
  child.set_family_name(request.family_name());
  *child.mutable_units() = request.units();
  if (child.units().empty()) {
    for (const std::string& unit : caller.units) child.add_units(MakeName(caller.municipality, "units", unit));
  }
  child.set_assignee(request.assignee());
  *child.mutable_create_time() = proto_time::ToProto(now);
  if (request.protection() > Disclosure::UNPROTECTED) {
    v1::ProtectedIdentity& protection = *child.add_protections();
    protection.set_level(request.protection());
    protection.set_from_date(proto_time::FormatDay(today));
  }
  for (int i = 0; i < request.guardians_size(); ++i) {
    absl::StatusOr<ChildRecord> with = AddGuardian(record, request.guardians(i), today);
    if (!with.ok()) {
      return Misfit(absl::StrCat("guardians[", i, "]"), "expected each guardian once", "Ange varje person en gång.");
    }
    record = *std::move(with);
  }
  return record;
}

ChildRecord Join(ChildRecord record, const v1::RegisterChildRequest& request) {
  v1::Child& child = record.child;
  if (child.given_name().empty()) child.set_given_name(request.given_name());
  if (child.family_name().empty()) child.set_family_name(request.family_name());
  return record;
}

absl::StatusOr<ChildRecord> Merge(ChildRecord into, const ChildRecord& from, absl::CivilDay today) {
  v1::Child& child = into.child;
  if (HasAssumedIdentity(child) || HasAssumedIdentity(from.child)) return ReferenceTaken();
  const Disclosure::Protection level = std::max(ProtectionOn(child, today), ProtectionOn(from.child, today));
  JoinProtections(from.child, level, today, child);
  *child.mutable_identity_numbers() = Joined(from.child.identity_numbers(), child.identity_numbers());
  *child.mutable_guardians() = Joined(from.child.guardians(), child.guardians());
  *child.mutable_special_representatives() =
      Joined(from.child.special_representatives(), child.special_representatives());
  for (const std::string& unit : from.child.units()) {
    if (std::find(child.units().begin(), child.units().end(), unit) == child.units().end()) child.add_units(unit);
  }
  if (child.assignee().empty()) child.set_assignee(from.child.assignee());
  if (child.given_name().empty()) child.set_given_name(from.child.given_name());
  if (child.family_name().empty()) child.set_family_name(from.child.family_name());
  return into;
}

absl::Status ReferenceTaken() {
  return status::AlreadyExists(
      {.reason = "CHILD_REFERENCE_TAKEN",
       .message = "another child of the authority has this reference; change its identity number, or leave it out",
       .swedish = "Ett annat barn hos nämnden har redan referensen."});
}

ChildRecord Assign(ChildRecord record, const v1::AssignChildRequest& request) {
  *record.child.mutable_units() = request.units();
  record.child.set_assignee(request.assignee());
  return record;
}

absl::StatusOr<ChildRecord> AddGuardian(ChildRecord record, const v1::Guardian& guardian, absl::CivilDay today) {
  v1::Guardian added = guardian;
  added.set_identity_number(DigitsOf(guardian.identity_number(), today));
  for (const v1::Guardian& other : record.child.guardians()) {
    const bool lasts = other.to_date().empty() || other.to_date() >= added.from_date();
    if (!IsSamePerson(other, added) || !lasts) continue;
    return status::AlreadyExists({.reason = "GUARDIAN_EXISTS",
                                  .message = "this guardian has custody already; end it first, or leave it as it is",
                                  .swedish = "Personen har redan vårdnaden."});
  }
  added.set_guardian(pg::Uuid::Random().ToString());
  *record.child.add_guardians() = std::move(added);
  return record;
}

absl::StatusOr<ChildRecord> EndCustody(ChildRecord record, const v1::EndCustodyRequest& request) {
  auto& guardians = *record.child.mutable_guardians();
  const auto guardian = std::find_if(guardians.begin(), guardians.end(),
                                     [&](const v1::Guardian& each) { return each.guardian() == request.guardian(); });
  if (guardian == guardians.end()) {
    return status::NotFound({.reason = "GUARDIAN_NOT_FOUND",
                             .message = "the child has no such guardian; read it and check the reference",
                             .swedish = "Barnet har ingen sådan vårdnadshavare."});
  }
  if (request.to_date() < guardian->from_date()) {
    return Misfit("to_date", "expected a day that is no earlier than the first of the custody",
                  "Sista dagen är före den första.");
  }
  guardian->set_to_date(request.to_date());
  guardian->set_end_cause(request.cause());
  return record;
}

absl::StatusOr<ChildRecord> AddProtection(ChildRecord record, const v1::ProtectedIdentity& protection) {
  auto& protections = *record.child.mutable_protections();
  if (!protections.empty()) {
    const absl::Status in_order =
        NoEarlierThan(protections.rbegin()->from_date(), protection.from_date(), "protection.from_date");
    if (!in_order.ok()) return in_order;
  }
  *protections.Add() = protection;
  return record;
}

absl::StatusOr<ChildRecord> SetSpecialRepresentative(ChildRecord record,
                                                     const v1::SpecialRepresentative& representative) {
  for (v1::SpecialRepresentative& each : *record.child.mutable_special_representatives()) {
    if (each.person_name() != representative.person_name() || each.from_date() != representative.from_date()) continue;
    each.set_to_date(representative.to_date());
    return record;
  }
  *record.child.add_special_representatives() = representative;
  return record;
}

absl::StatusOr<ChildRecord> ChangeIdentityNumber(ChildRecord record, const v1::IdentityNumber& number,
                                                 absl::CivilDay today) {
  v1::Child& child = record.child;
  if (!child.identity_numbers().empty()) {
    const std::string& last = child.identity_numbers().rbegin()->from_date();
    const absl::Status in_order = NoEarlierThan(last, number.from_date(), "identity_number.from_date");
    if (!in_order.ok()) return in_order;
  }
  if (number.cause() == v1::IdentityNumber::ASSUMED) ForgetEarlierIdentity(child, number.from_date());
  v1::IdentityNumber& added = *child.add_identity_numbers();
  added = number;
  added.set_identity_number(DigitsOf(number.identity_number(), today));
  return record;
}

}  // namespace samverkan::consent
