#ifndef SAMVERKAN_TOOLS_STORY_CAST_H_
#define SAMVERKAN_TOOLS_STORY_CAST_H_

#include <string>

#include "samverkan/access/v1/access.pb.h"

namespace samverkan::story {

// Where the story plays.
inline constexpr char kMunicipality[] = "municipalities/0180";
inline constexpr char kBoard[] = "municipalities/0180/authorities/skarholmen";

// Who plays: what its token says, and how the story calls it. All names are invented.
struct Person {
  std::string subject = {};
  access::v1::Role role = access::v1::ROLE_UNSPECIFIED;
  // Id of the unit; empty where the person belongs to none.
  std::string unit = {};
  // The unit, or what stands in its place, as people say it.
  std::string place = {};
  std::string authority = "skarholmen";
  std::string municipality = "0180";
  std::string system = "arendesystemet";
  // Whether the person may decide (P-017).
  bool qualified = false;
};

// Everybody in the story.
struct Cast {
  Person principal;          // rektor, Bredängsskolan
  Person other_school;       // rektor, Sätraskolan
  Person reception;          // socialsekreterare, Mottagningsenheten
  Person reception_manager;  // enhetschef, Mottagningsenheten
  Person duty;               // socialjouren
  Person assistant;          // Ungdomsenheten, not qualified to decide
  Person caseworker;         // socialsekreterare, Ungdomsenheten
  Person manager;            // enhetschef, Ungdomsenheten
  Person child_caseworker;   // socialsekreterare, Barnenheten
  Person child_manager;      // enhetschef, Barnenheten
  Person other_board;        // socialsekreterare of another board of the same municipality
  Person other_town;         // socialsekreterare of another municipality
  Person auditor;            // logggranskare
  Person integrator;         // a system that reads the events
};

Cast MakeCast();

// "municipalities/0180/units/{unit}" of the person.
std::string UnitName(const Person& person);

}  // namespace samverkan::story

#endif  // SAMVERKAN_TOOLS_STORY_CAST_H_
