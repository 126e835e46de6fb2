#include "tools/story/cast.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace samverkan::story {
namespace {

using access::v1::Role;

Person HeadOfSchool(std::string subject, std::string unit, std::string place) {
  return {.subject = std::move(subject),
          .role = Role::REPORTER,
          .unit = std::move(unit),
          .place = std::move(place),
          .authority = "utbildningsnamnden",
          .system = "skolsystemet"};
}

Person Of(Role role, std::string subject, std::string unit, std::string place, bool qualified) {
  return {.subject = std::move(subject),
          .role = role,
          .unit = std::move(unit),
          .place = std::move(place),
          .qualified = qualified};
}

Person Elsewhere(Person person, std::string authority, std::string municipality) {
  person.authority = std::move(authority);
  person.municipality = std::move(municipality);
  return person;
}

}  // namespace

Cast MakeCast() {
  const std::string reception = "mottagningsenheten";
  const std::string youth = "ungdomsenheten";
  return {
      .principal = HeadOfSchool("karin.lind", "bredangsskolan", "Bredängsskolan"),
      .other_school = HeadOfSchool("nils.roos", "satraskolan", "Sätraskolan"),
      .reception = Of(Role::RECEPTION, "annika.holm", reception, "Mottagningsenheten", false),
      .reception_manager = Of(Role::UNIT_MANAGER, "petra.ek", reception, "Mottagningsenheten", true),
      .duty = {.subject = "johan.nyman", .role = Role::DUTY, .place = "Socialjouren"},
      .assistant = Of(Role::CASEWORKER, "lova.berg", youth, "Ungdomsenheten", false),
      .caseworker = Of(Role::CASEWORKER, "samir.haddad", youth, "Ungdomsenheten", true),
      .manager = Of(Role::UNIT_MANAGER, "eva.strand", youth, "Ungdomsenheten", true),
      .child_caseworker = Of(Role::CASEWORKER, "ingrid.falk", "barnenheten", "Barnenheten", true),
      .child_manager = Of(Role::UNIT_MANAGER, "rut.borg", "barnenheten", "Barnenheten", true),
      .other_board =
          Elsewhere(Of(Role::CASEWORKER, "tove.alm", "barn-och-unga-hasselby-vallingby", "Hässelby-Vällingby", true),
                    "hasselby-vallingby", "0180"),
      .other_town = Elsewhere(Of(Role::CASEWORKER, "maria.dahl", "barnenheten", "Huddinge kommun", true),
                              "socialnamnden", "0126"),
      .auditor = {.subject = "oskar.vik", .role = Role::AUDITOR, .place = "Loggkontrollen"},
      .integrator = {.subject = "uppfoljningen",
                     .role = Role::SYSTEM,
                     .place = "Uppföljningen",
                     .system = "uppfoljningen"},
  };
}

std::string UnitName(const Person& person) {
  return absl::StrCat("municipalities/", person.municipality, "/units/", person.unit);
}

}  // namespace samverkan::story
