#include "tests/testing/cast.h"

#include "libs/clock/clock.h"
#include "libs/pg/uuid.h"

namespace samverkan::tests {
namespace {

using access::v1::Role;

auth::Caller School(const std::string& subject, const std::string& unit) {
  return {.subject = subject,
          .system = "skolsystemet",
          .municipality = "0180",
          .authority = "utbildningsnamnden",
          .units = {unit},
          .roles = {Role::REPORTER},
          .qualified = false,
          .expires = {}};
}

auth::Caller SocialServices(const std::string& subject, Role role, const std::string& unit, bool qualified) {
  return {.subject = subject,
          .system = "arendesystemet",
          .municipality = "0180",
          .authority = "skarholmen",
          .units = {unit},
          .roles = {role},
          .qualified = qualified,
          .expires = {}};
}

std::string Secret(const std::string& text) { return text + " " + kSecret; }

}  // namespace

auth::Caller Principal() { return School("karin.lind", "bredangsskolan"); }
auth::Caller OtherPrincipal() { return School("nils.roos", "satraskolan"); }
auth::Caller Reception() { return SocialServices("annika.holm", Role::RECEPTION, "mottagningsenheten", false); }
auth::Caller ReceptionManager() { return SocialServices("petra.ek", Role::UNIT_MANAGER, "mottagningsenheten", true); }
auth::Caller Assistant() { return SocialServices("lova.berg", Role::CASEWORKER, "mottagningsenheten", false); }
auth::Caller Caseworker() { return SocialServices("samir.haddad", Role::CASEWORKER, "mottagningsenheten", true); }
auth::Caller YouthCaseworker() { return SocialServices("ingrid.falk", Role::CASEWORKER, "ungdomsenheten", true); }

auth::Caller OtherBoard() {
  auth::Caller caller = SocialServices("tove.alm", Role::CASEWORKER, "barn-och-unga-hasselby-vallingby", true);
  caller.authority = "hasselby-vallingby";
  return caller;
}

// Also of a unit and an authority that are called as those of the first municipality.
auth::Caller OtherTown() {
  auth::Caller caller = SocialServices("maria.dahl", Role::CASEWORKER, "mottagningsenheten", true);
  caller.municipality = "0126";
  return caller;
}

auth::Caller Auditor() {
  auth::Caller caller = SocialServices("oskar.vik", Role::AUDITOR, "", false);
  caller.units.clear();
  return caller;
}

auth::Caller Integrator() {
  auth::Caller caller = SocialServices("uppfoljningen", Role::SYSTEM, "", false);
  caller.units.clear();
  caller.system = "uppfoljningen";
  return caller;
}

std::string NewRequestId() { return pg::Uuid::FromTime(clock::SystemClock().Now()).ToString(); }

intake::v1::SubmitReportRequest SchoolReport(const std::string& identity_number) {
  intake::v1::SubmitReportRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  intake::v1::Submission& submission = *request.mutable_submission();
  submission.set_kind(intake::v1::CONCERN_REPORT);
  submission.set_form(intake::v1::WRITTEN);
  submission.mutable_reporter()->set_category("school");
  submission.mutable_reporter()->set_person_name(Secret("Karin"));
  submission.mutable_reporter()->set_title(Secret("rektor"));
  submission.mutable_reporter()->set_organisation(Secret("Bredängsskolan"));
  submission.mutable_reporter()->set_telephone("+46846500401");
  submission.mutable_child()->set_identity_number(identity_number);
  submission.mutable_child()->set_given_name(Secret("Elsa"));
  submission.mutable_child()->set_family_name(kSecret);
  submission.mutable_child()->set_address(Secret("Storgatan 1"));
  submission.mutable_child()->set_school(Secret("Bredängsskolan"));
  submission.add_guardians()->set_person_name(Secret("Mona"));
  submission.mutable_guardians_told()->set_told(Secret("Rektor ringde mamma"));
  submission.mutable_concern()->set_what(Secret("Barnet är ofta hungrigt"));
  submission.mutable_concern()->set_history(Secret("Skolan har känt familjen i fyra år"));
  submission.mutable_concern()->set_home_contact(Secret("Tre möten under hösten"));
  submission.mutable_concern()->set_tried(Secret("Frukost på skolan"));
  submission.mutable_concern()->set_child_said(Secret("Ingen är hemma på kvällarna"));
  submission.mutable_contact_person()->set_function(Secret("Elevhälsan"));
  submission.mutable_contact_person()->set_email("elevhalsan@zebulonsson.example");
  submission.mutable_signature()->set_person_name(Secret("Karin"));
  return request;
}

}  // namespace samverkan::tests
