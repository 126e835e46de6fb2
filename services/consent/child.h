#ifndef SAMVERKAN_SERVICES_CONSENT_CHILD_H_
#define SAMVERKAN_SERVICES_CONSENT_CHILD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/pg/scope.h"
#include "libs/pg/uuid.h"
#include "libs/status/status.h"
#include "samverkan/consent/v1/child.pb.h"
#include "samverkan/consent/v1/consent.pb.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "samverkan/rules/v1/rule_set.pb.h"
#include "services/consent/access.h"

// Children: who they are, who decides for them and what protects them, day by day. Pure functions
// over values.
namespace samverkan::consent {

// From this age nobody has custody of one (FB 9:1, 6:2).
inline constexpr int kAgeOfMajority = 18;

// What of a child the audit log names apart, below its name, for a guardian must not learn of it there.
inline constexpr char kSpecialRepresentatives[] = "specialRepresentatives";

// A child at one authority, with what guards its changes.
struct ChildRecord {
  // All of it, as one who sees it all, save `etag`, which is filled in when it is shown.
  v1::Child child;
  // Counts what changes the answers about the child: its own changes, holds, and what is asked and
  // answered about it. The etag is made of it.
  int64_t version = 1;
};

// ---- What holds on a day ----

// The identity number that counts on `day`, 12 digits: the last one whose first day has come; the
// first one before that. Empty where the child has none.
std::string IdentityNumberOn(const v1::Child& child, absl::CivilDay day);

// The day of birth by the number that counts on `day`; nothing where that tells none.
std::optional<absl::CivilDay> BirthDayOn(const v1::Child& child, absl::CivilDay day);

// Age in whole years, by the number that counts on `day`; nothing where that tells no birthday, or
// a later one. One born on 29 February has its birthday on 28 February in other years.
std::optional<int> AgeOn(const v1::Child& child, absl::CivilDay day);

// Those who have custody on `day`, in the order of recording: from their first day to their last,
// and nobody of one who has come of age.
std::vector<const v1::Guardian*> GuardiansOn(const v1::Child& child, absl::CivilDay day);

// Level of protected identity: the last one recorded whose first day has come; UNPROTECTED before.
rules::v1::Disclosure::Protection ProtectionOn(const v1::Child& child, absl::CivilDay day);

// Whether the child's identity is protected in any way.
bool IsProtectedOn(const v1::Child& child, absl::CivilDay day);

// The special representative appointed on `day`; null where none is.
const v1::SpecialRepresentative* SpecialRepresentativeOn(const v1::Child& child, absl::CivilDay day);

// The facts of the child that a decision rests on, and `consents` with them, which were asked
// about it.
v1::Circumstances CircumstancesOf(const ChildRecord& record, std::vector<v1::Consent> consents, absl::CivilDay day);

// ---- Who sees it ----

// Whose child it is, and who works with it.
pg::Scope AuthorityOf(const v1::Child& child);
Placement PlacementOf(const v1::Child& child);
// Last part of the child's name: its own reference.
std::string ReferenceOf(const v1::Child& child);

// The etag of a version.
std::string Etag(int64_t version);

// OK where `etag` is that of the version, else ABORTED, reason ETAG_MISMATCH.
absl::Status CheckEtag(const std::string& etag, int64_t version);

// OK for one who sees the child; else NOT_FOUND, reason CHILD_NOT_FOUND, recorded with its
// authority.
absl::Status CheckMaySee(const auth::Caller& caller, const ChildRecord& record);

// The child as the caller sees it at `day`: the units are withheld of one whose identity is
// protected, save from those of MaySeeWhereabouts. NOT_FOUND as CheckMaySee.
absl::StatusOr<v1::Child> ViewFor(const auth::Caller& caller, const ChildRecord& record, absl::CivilDay day);

// The same after a change that the caller was allowed to make, also where it took the child out of
// the caller's reach.
v1::Child ViewAfterChange(const auth::Caller& caller, const ChildRecord& record, absl::CivilDay day);

// ---- Requests ----
// Each adds what is wrong; `today` is the legal day of the call.

// The identity number in `field`: 12 digits, or a violation and nothing.
std::string RequireIdentityNumber(const std::string& number, const std::string& field, absl::CivilDay today,
                                  status::Violations& violations);
void CheckRegistration(const auth::Caller& caller, const v1::RegisterChildRequest& request, absl::CivilDay today,
                       status::Violations& violations);
void CheckAssignment(const auth::Caller& caller, const v1::AssignChildRequest& request, status::Violations& violations);
// `field` is where the guardian stands, "guardian" or "guardians[1]".
void CheckGuardian(const v1::Guardian& guardian, const std::string& field, absl::CivilDay today,
                   status::Violations& violations);
void CheckEndOfCustody(const v1::EndCustodyRequest& request, status::Violations& violations);
void CheckProtection(const v1::ProtectedIdentity& protection, status::Violations& violations);
void CheckSpecialRepresentative(const v1::SpecialRepresentative& representative, status::Violations& violations);
void CheckNewIdentityNumber(const v1::IdentityNumber& number, absl::CivilDay today, status::Violations& violations);

// ---- Changes ----
// Each takes a request that was checked, and returns the child as it then is. INVALID_ARGUMENT
// naming the field where a day does not fit those recorded.

// A new child by `reference`, registered at `now`. INVALID_ARGUMENT naming the guardian who is
// given twice.
absl::StatusOr<ChildRecord> Register(const auth::Caller& caller, const v1::RegisterChildRequest& request,
                                     const pg::Uuid& reference, absl::Time now);

// A child that was registered already, found by its number: names that it lacks are taken over.
ChildRecord Join(ChildRecord record, const v1::RegisterChildRequest& request);

// Two children that turn out to be one: `into` with all that is known of `from`, whose numbers are
// the earlier ones; protected as the one of both that is more so. Custody stands as it was recorded
// of both, since consents name it. CHILD_REFERENCE_TAKEN where one of them has an assumed
// identity: nothing may lead to it.
absl::StatusOr<ChildRecord> Merge(ChildRecord into, const ChildRecord& from, absl::CivilDay today);

// ALREADY_EXISTS, reason CHILD_REFERENCE_TAKEN.
absl::Status ReferenceTaken();

ChildRecord Assign(ChildRecord record, const v1::AssignChildRequest& request);

// ALREADY_EXISTS, reason GUARDIAN_EXISTS, for one whose custody lasts on the new first day.
absl::StatusOr<ChildRecord> AddGuardian(ChildRecord record, const v1::Guardian& guardian, absl::CivilDay today);

// Ends custody, or corrects the end. NOT_FOUND, reason GUARDIAN_NOT_FOUND.
absl::StatusOr<ChildRecord> EndCustody(ChildRecord record, const v1::EndCustodyRequest& request);

absl::StatusOr<ChildRecord> AddProtection(ChildRecord record, const v1::ProtectedIdentity& protection);

absl::StatusOr<ChildRecord> SetSpecialRepresentative(ChildRecord record,
                                                     const v1::SpecialRepresentative& representative);

// Before an assumed identity nothing is left of the earlier ones: numbers and names are taken out,
// and the child is protected from then on.
absl::StatusOr<ChildRecord> ChangeIdentityNumber(ChildRecord record, const v1::IdentityNumber& number,
                                                 absl::CivilDay today);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_CHILD_H_
