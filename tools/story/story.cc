// Plays the story of one child through the services' APIs: the routine of source 001,
// annexes 3 and 4. Prints a line for each step and what was not as expected; ends with 0
// only where every step held. tools/run starts it.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/calendar/calendar.h"
#include "tools/story/chapters.h"
#include "tools/story/stage.h"
#include "tools/story/teller.h"

ABSL_FLAG(std::string, intake, "", "host:port of the intake service");
ABSL_FLAG(std::string, consent, "", "host:port of the consent service");
ABSL_FLAG(std::string, audit, "", "host:port of the audit service");
ABSL_FLAG(std::string, clock_file, "", "file that holds the set's clock; the story moves it");
ABSL_FLAG(std::string, keys, "", "folder with the key of the authority whose tokens the set takes");
ABSL_FLAG(std::string, tls, "", "folder with the certificates of the set and of those who call it");
ABSL_FLAG(bool, to_the_end, false, "tell also what happens when the child is thirty; the clock cannot be moved back");
ABSL_FLAG(std::string, start, "2026-01-12T09:00:00+01:00", "when the story starts");

namespace samverkan::story {
namespace {

// The story tells of the law as it is from this day on.
constexpr absl::CivilDay kFirstDay(2026, 1, 1);

int Misused(const std::string& what) {
  std::cerr << "story: " << what << "\n";
  return 2;
}

int Play() {
  absl::Time start;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_sec, absl::GetFlag(FLAGS_start), &start, &error)) {
    return Misused("--start expects an instant with its offset from UTC, as 2026-01-12T09:00:00+01:00: " + error);
  }
  if (calendar::LegalDay(start) < kFirstDay) {
    return Misused("--start: the story tells of the law in force from 2026-01-01; start it then or later");
  }
  const auto stage = Stage::Open({.intake = absl::GetFlag(FLAGS_intake),
                                  .consent = absl::GetFlag(FLAGS_consent),
                                  .audit = absl::GetFlag(FLAGS_audit),
                                  .clock_file = absl::GetFlag(FLAGS_clock_file),
                                  .keys = absl::GetFlag(FLAGS_keys),
                                  .tls = absl::GetFlag(FLAGS_tls)});
  if (!stage.ok()) return Misused(std::string(stage.status().message()));
  (*stage)->Set(start);
  Teller teller(std::cout);
  World world{.stage = **stage, .teller = teller};
  TellTheStory(world);
  if (absl::GetFlag(FLAGS_to_the_end) && !teller.Silenced()) Erase(world);
  return teller.End() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace samverkan::story

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("plays the story of one child; tools/run starts it with its flags");
  absl::ParseCommandLine(argc, argv);
  return samverkan::story::Play();
}
