#ifndef SAMVERKAN_SERVICES_CONSENT_GIVEN_CONSENTS_H_
#define SAMVERKAN_SERVICES_CONSENT_GIVEN_CONSENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "samverkan/consent/v1/consent.pb.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "samverkan/data/v1/data.pb.h"

// What the consents about a child say to one question (OSL 12:2-3, FB 6:11 and 6:13; rules P-056 to
// P-058). Pure functions.
namespace samverkan::consent {

// The age at which custody ends (FB 6:2, 9:1): from then on the person alone consents.
inline constexpr int kMajority = 18;

// What was found.
struct ConsentFinding {
  // Whether all who must consent have done so, and it is known who must.
  bool complete() const { return missing.empty() && !refused && !maturity_missing; }

  // The consents that count, by resource name, sorted.
  std::vector<std::string> used;
  // Who must consent and has not: guardians by reference, the child, then other persons. A guardian
  // with an empty reference stands for one whom nobody has recorded.
  std::vector<v1::Giver> missing;
  // Whether one that counts has a reservation (förbehåll), which only a person can read.
  bool reserved = false;
  // Whether one who must consent said no, or withdrew, and has not said yes since.
  bool refused = false;
  // Whether nobody has assessed what the child's word weighs, at an age where somebody must.
  bool maturity_missing = false;
};

// Who must consent so that `category` may be told, and what each of them said.
//
// All guardians of the day, save one who is recorded as prevented in another's consent and has said
// nothing; together with the child where its word was found to weigh so; the child alone where that
// was found and it has reached `deciding_age`, or has come of age; and each other person whose data
// is told of. A consent counts where it covers discloser, recipient, category, purpose and day, and
// stands GIVEN. A no counts where it covers any part of that; the latest word of a person holds, and
// of two at the same instant the no.
ConsentFinding FindConsents(const v1::Question& question, data::v1::Category category,
                            const v1::Circumstances& circumstances, absl::CivilDay day, int64_t deciding_age);

}  // namespace samverkan::consent

#endif  // SAMVERKAN_SERVICES_CONSENT_GIVEN_CONSENTS_H_
