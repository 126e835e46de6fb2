#include "services/intake/consultation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/identity/find_identity_numbers.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "services/intake/names.h"

namespace samverkan::intake {
namespace {

constexpr int kOldest = 20;

v1::Consultation View(const ConsultationRecord& record) {
  v1::Consultation view = record.consultation;
  view.set_etag(Etag(record.version));
  return view;
}

}  // namespace

Jurisdiction JurisdictionOf(const v1::Consultation& consultation) {
  const auto authority =
      resource_name::Match("municipalities/{municipality}/authorities/{id}", consultation.authority());
  if (!authority.has_value()) return {};
  return {authority->front(), authority->back()};
}

void CheckNoIdentityNumber(const std::string& text, const std::string& field, absl::CivilDay today,
                           status::Violations& violations) {
  for (const identity::Found& found : identity::FindIdentityNumbers(text, today)) {
    const size_t place = found.character + 1;
    violations.Add(field,
                   absl::StrCat("expected a text without identity numbers; one begins at character ", place,
                                " (the first is 1): take it out, and nothing else that tells who the child is"),
                   absl::StrCat("Texten innehåller ett personnummer från tecken ", place,
                                ". Ta bort det: en konsultation sker utan att barnets identitet röjs."));
  }
}

void CheckAge(const v1::CreateConsultationRequest& request, status::Violations& violations) {
  if (!request.has_age() || (request.age() >= 0 && request.age() <= kOldest)) return;
  violations.Add("age", absl::StrCat("expected the child's age in years, 0 to ", kOldest, ", or nothing"),
                 absl::StrCat("Ange barnets ålder i år, 0 till ", kOldest, ", eller lämna fältet tomt."));
}

ConsultationRecord Ask(const v1::CreateConsultationRequest& request, const pg::Uuid& id, const Sender& asker,
                       const Act& act) {
  ConsultationRecord record;
  record.asker = asker;
  v1::Consultation& consultation = record.consultation;
  consultation.set_authority(request.parent());
  consultation.set_name(MakeName(JurisdictionOf(consultation).municipality, "consultations", id));
  consultation.set_question(request.question());
  if (request.has_age()) consultation.set_age(request.age());
  *consultation.mutable_create_time() = proto_time::ToProto(act.time);
  return record;
}

bool IsStaffOf(const auth::Caller& caller, const Jurisdiction& jurisdiction) {
  if (caller.municipality != jurisdiction.municipality || caller.authority != jurisdiction.authority) return false;
  return caller.Has(access::v1::RECEPTION) || caller.Has(access::v1::DUTY) || caller.Has(access::v1::CASEWORKER) ||
         caller.Has(access::v1::UNIT_MANAGER);
}

absl::StatusOr<v1::Consultation> ViewFor(const auth::Caller& caller, const ConsultationRecord& record) {
  if (IsStaffOf(caller, JurisdictionOf(record.consultation)) || BelongsToSender(caller, record.asker)) {
    return View(record);
  }
  return NotFound("consultation");
}

absl::Status CheckMayAdvise(const auth::Caller& caller, const ConsultationRecord& record) {
  if (IsStaffOf(caller, JurisdictionOf(record.consultation))) return absl::OkStatus();
  if (!BelongsToSender(caller, record.asker)) return NotFound("consultation");
  return status::PermissionDenied({.reason = "NOT_YOUR_AUTHORITY",
                                   .message = "advice is given by the authority that was asked",
                                   .swedish = "Råd lämnas av den nämnd som har tillfrågats."});
}

absl::StatusOr<ConsultationChange> Advise(ConsultationRecord record, const v1::AdviseConsultationRequest& request,
                                          const Act& act) {
  v1::Consultation& consultation = record.consultation;
  if (consultation.has_advise_time()) {
    return status::FailedPrecondition({.reason = "ALREADY_ADVISED",
                                       .message = "advice was given and is not rewritten; ask in a new consultation",
                                       .swedish = "Råd är redan lämnat. Fortsätt i en ny konsultation."});
  }
  consultation.set_advice(request.advice());
  consultation.set_conclusion(request.conclusion());
  *consultation.mutable_advise_time() = proto_time::ToProto(act.time);
  Happening happening{"consultation.advised",
                      {{"conclusion", v1::Consultation::Conclusion_Name(request.conclusion())}}};
  return ConsultationChange{std::move(record), std::move(happening)};
}

}  // namespace samverkan::intake
