#include "tools/story/cast.h"

#include "absl/strings/str_cat.h"

namespace samverkan::story {

using access::v1::Role;

Cast MakeCast() {
  const std::string school_system = "skolsystemet";
  return {
      .principal = {.subject = "karin.lind",
                    .role = Role::REPORTER,
                    .unit = "bredangsskolan",
                    .place = "Bredängsskolan",
                    .authority = "utbildningsnamnden",
                    .system = school_system},
      .other_school = {.subject = "nils.roos",
                       .role = Role::REPORTER,
                       .unit = "satraskolan",
                       .place = "Sätraskolan",
                       .authority = "utbildningsnamnden",
                       .system = school_system},
      .reception = {.subject = "annika.holm",
                    .role = Role::RECEPTION,
                    .unit = "mottagningsenheten",
                    .place = "Mottagningsenheten"},
      .reception_manager = {.subject = "petra.ek",
                            .role = Role::UNIT_MANAGER,
                            .unit = "mottagningsenheten",
                            .place = "Mottagningsenheten",
                            .qualified = true},
      .duty = {.subject = "johan.nyman", .role = Role::DUTY, .place = "Socialjouren"},
      .assistant = {.subject = "lova.berg",
                    .role = Role::CASEWORKER,
                    .unit = "ungdomsenheten",
                    .place = "Ungdomsenheten"},
      .caseworker = {.subject = "samir.haddad",
                     .role = Role::CASEWORKER,
                     .unit = "ungdomsenheten",
                     .place = "Ungdomsenheten",
                     .qualified = true},
      .manager = {.subject = "eva.strand",
                  .role = Role::UNIT_MANAGER,
                  .unit = "ungdomsenheten",
                  .place = "Ungdomsenheten",
                  .qualified = true},
      .child_caseworker = {.subject = "ingrid.falk",
                           .role = Role::CASEWORKER,
                           .unit = "barnenheten",
                           .place = "Barnenheten",
                           .qualified = true},
      .other_board = {.subject = "tove.alm",
                      .role = Role::CASEWORKER,
                      .unit = "barn-och-unga-hasselby-vallingby",
                      .place = "Hässelby-Vällingby",
                      .authority = "hasselby-vallingby",
                      .qualified = true},
      .other_town = {.subject = "maria.dahl",
                     .role = Role::CASEWORKER,
                     .unit = "barnenheten",
                     .place = "Huddinge kommun",
                     .authority = "socialnamnden",
                     .municipality = "0126",
                     .qualified = true},
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
