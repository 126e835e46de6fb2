#ifndef SAMVERKAN_SERVICES_CONSENT_CONSENT_H_
#define SAMVERKAN_SERVICES_CONSENT_CONSENT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/status/status.h"
#include "samverkan/consent/v1/consent.pb.h"
#include "services/consent/access.h"
#include "services/consent/child.h"

// Consents: who is asked, what is answered, renewed and withdrawn (OSL 10:1, 12:1-3; rules P-056
// to P-058). Pure functions over values.
//
// Consents may overlap, and each counts for itself: withdrawing one leaves the others as they
// are, and two guardians answer one each. Only the very same question to the same person is not
// asked again while it is unanswered.
namespace samverkan::consent {

// A consent with what guards its changes.
struct ConsentRecord {
  // All of it, with the state that is stored (never EXPIRED), save `etag`.
  v1::Consent consent;
  // Counts its changes. The etag is made of it.
  int64_t version = 1;
};

// Who does something to a consent, and when.
struct ConsentAct {
  // Subject of the caller's token.
  std::string subject;
  // Whether that person may make the assessments that rule P-017 keeps for qualified staff.
  bool qualified = false;
  absl::Time time;
};

// What came of a change.
struct ConsentChange {
  ConsentRecord after;
  // What happened, in order: the events' types and attributes. Nothing where nothing changed.
  struct Happening {
    std::string type;
    std::map<std::string, std::string> attributes = {};
  };
  std::vector<Happening> happenings = {};
  // What asking and answering rest on, "P-056, OSL 10:1, 12:1-2"; filled in by who asks the rules.
  std::string legal_basis = {};
};

// ---- Requests ----
// Each adds what is wrong with the request by itself; what depends on the child and on the consent
// is found by the changes below. `now` is the instant of the call.

void CheckAsking(const auth::Caller& caller, const v1::AskConsentRequest& request, absl::Time now,
                 status::Violations& violations);
void CheckRecording(const v1::RecordConsentRequest& request, absl::Time now, status::Violations& violations);
void CheckRenewal(const v1::RenewConsentRequest& request, status::Violations& violations);
void CheckWithdrawal(const v1::WithdrawConsentRequest& request, status::Violations& violations);

// ---- Changes ----
// Each takes a request that was checked, and the child as it is in the same transaction.
// `deciding_age` is the age in years from which what the child says is always asked (rule S-007).
//
// A guardian must have custody on the day of the call, and on the day of the answer:
// FAILED_PRECONDITION, reason NOT_A_GUARDIAN. While a report about the child is on hold a guardian
// is asked nothing, and no answer of one is recorded or lengthened: FAILED_PRECONDITION, reason
// CHILD_ON_HOLD. An assessment of maturity or of a guardian's absence is a qualified person's:
// FAILED_PRECONDITION, reason TEST_NOT_COMPETENT.

// A new consent called `name`: asked, and answered where the request has an answer. `others` are
// those that were asked about the child before: ALREADY_EXISTS, reason CONSENT_ASKED, where the
// same is asked by one of them that has no answer yet. INVALID_ARGUMENT naming a recipient that is
// no guardian of the child.
absl::StatusOr<ConsentChange> Ask(const ChildRecord& child, const std::vector<v1::Consent>& others,
                                  const v1::AskConsentRequest& request, const std::string& name, int deciding_age,
                                  const ConsentAct& act);

// Answers it. FAILED_PRECONDITION, reason CONSENT_ANSWERED, where it is; reason
// MATURITY_NOT_ASSESSED for a child's yes without an assessment by which its word counts.
// INVALID_ARGUMENT where a yes lacks the child's voice though the child has the deciding age, where
// the child consents and objects at once, and where the absent guardian is none or gives it.
absl::StatusOr<ConsentChange> Answer(const ChildRecord& child, ConsentRecord record, const v1::ConsentAnswer& answer,
                                     int deciding_age, const ConsentAct& act);

// Lengthens it, as it was given anew: the answer is dated now, and how that is documented is added
// to what stood there. FAILED_PRECONDITION, reason CONSENT_NOT_GIVEN or CONSENT_ENDED; reason
// MATURITY_NOT_ASSESSED where the child has come to the deciding age since, and was not heard.
// INVALID_ARGUMENT unless the new last day is after the present one.
absl::StatusOr<ConsentChange> Renew(const ChildRecord& child, ConsentRecord record,
                                    const v1::RenewConsentRequest& request, int deciding_age, const ConsentAct& act);

// Withdraws it: always possible of a given one, also by whom has no custody any more, while the
// child is on hold and after its last day. Nothing happens where it is withdrawn.
// FAILED_PRECONDITION, reason CONSENT_NOT_GIVEN, of one that was never given.
absl::StatusOr<ConsentChange> Withdraw(ConsentRecord record, const v1::WithdrawConsentRequest& request,
                                       const ConsentAct& act);

// ---- What is shown ----

// Where it stands on `day`: EXPIRED follows from its last day.
v1::Consent::State StateOn(const v1::Consent& consent, absl::CivilDay day);

// The consent as the caller, who may see the child, sees it on `day`: where the child's identity
// is protected, units and functions are withheld save from those of MaySeeWhereabouts.
v1::Consent ViewFor(const auth::Caller& caller, const ChildRecord& child, const ConsentRecord& record,
                    absl::CivilDay day);

// OK for one who sees the child; else NOT_FOUND, reason CONSENT_NOT_FOUND: to others there are no
// consents about it.
absl::Status CheckMaySeeConsents(const auth::Caller& caller, const ChildRecord& child);

// Whether the caller may learn which units may be told of the child on `day`.
bool MaySeeUnits(const auth::Caller& caller, const ChildRecord& child, absl::CivilDay day);

// What a decision rests on: without what was written of people in words. A reservation stays, for
// it limits the consent.
v1::Consent WithoutWords(v1::Consent consent);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_CONSENT_H_
