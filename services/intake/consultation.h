#ifndef SAMVERKAN_SERVICES_INTAKE_CONSULTATION_H_
#define SAMVERKAN_SERVICES_INTAKE_CONSULTATION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "libs/auth/caller.h"
#include "libs/pg/uuid.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/consultation.pb.h"
#include "services/intake/access.h"
#include "services/intake/deadline.h"
#include "services/intake/report.h"

// Consultations: advice about a worry without the child's identity (source 001, annex 3
// point 2). Pure functions.
namespace samverkan::intake {

// A consultation with what decides who may see it.
struct ConsultationRecord {
  // As all see it who may, save `etag`, which is filled in when it is shown.
  v1::Consultation consultation;
  Sender asker;
  int64_t version = 1;
};

// What a change made of a consultation.
struct ConsultationChange {
  ConsultationRecord after;
  Happening happening;
};

// Where the consultation is answered; it belongs to no unit and is assigned to nobody.
Jurisdiction JurisdictionOf(const v1::Consultation& consultation);

// Adds a violation for every identity number in `text`, with the place of its first digit
// and nothing of what stands there. `today` is the legal day.
void CheckNoIdentityNumber(const std::string& text, const std::string& field, absl::CivilDay today,
                           status::Violations& violations);

// Adds a violation where the request gives an age beyond 0 to 20.
void CheckAge(const v1::CreateConsultationRequest& request, status::Violations& violations);

// A new consultation, of a request that was checked.
ConsultationRecord Ask(const v1::CreateConsultationRequest& request, const pg::Uuid& id, const Sender& asker,
                       const Act& act);

// The consultation as the caller sees it: all of it for the asker's unit and for the staff
// of the authority asked, NOT_FOUND for everybody else.
absl::StatusOr<v1::Consultation> ViewFor(const auth::Caller& caller, const ConsultationRecord& record);

// OK for the staff of the authority asked. PERMISSION_DENIED, reason NOT_YOUR_AUTHORITY,
// for the asker, who knows of it; NOT_FOUND for everybody else.
absl::Status CheckMayAdvise(const auth::Caller& caller, const ConsultationRecord& record);

// Whether the caller is staff of an authority's social services.
bool IsStaffOf(const auth::Caller& caller, const Jurisdiction& jurisdiction);

// Records the advice. FAILED_PRECONDITION, reason ALREADY_ADVISED: what somebody was
// advised is not rewritten.
absl::StatusOr<ConsultationChange> Advise(ConsultationRecord record, const v1::AdviseConsultationRequest& request,
                                          const Act& act);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_CONSULTATION_H_
