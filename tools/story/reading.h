#ifndef SAMVERKAN_TOOLS_STORY_READING_H_
#define SAMVERKAN_TOOLS_STORY_READING_H_

#include <string>
#include <vector>

#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/events/v1/events.pb.h"
#include "samverkan/intake/v1/report.pb.h"
#include "tools/story/stage.h"

// Reading what the story is about, and saying it in a line.
namespace samverkan::story {

Answer<intake::v1::Report> Read(Stage& stage, const Person& reader, const std::string& report);

// All events that a system may read, and the call that read the last of them.
struct AllEvents {
  Call last;
  std::vector<events::v1::Event> events;
};
AllEvents ReadEvents(Stage& stage, const Person& system);

// The end of a resource name, by which it can be told from others: "reports/…3f9ac1d2".
std::string ShortName(const std::string& resource);

std::string Describe(const events::v1::Event& event);
std::string Describe(const audit::v1::LoggedEntry& entry);
std::string Describe(const intake::v1::WorkItem& item);

}  // namespace samverkan::story

#endif  // SAMVERKAN_TOOLS_STORY_READING_H_
