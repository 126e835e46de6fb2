#include "tools/story/reading.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"

namespace samverkan::story {
namespace {

constexpr int kPageSize = 1000;
constexpr size_t kUuidLength = 36;
constexpr size_t kShortIdLength = 8;

std::string Minute(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M", proto_time::FromProto(time).value_or(absl::UnixEpoch()),
                          calendar::Stockholm());
}

std::vector<std::string> NotEmpty(std::vector<std::string> texts) {
  std::erase(texts, "");
  return texts;
}

}  // namespace

Answer<intake::v1::Report> Read(Stage& stage, const Person& reader, const std::string& report) {
  intake::v1::GetReportRequest request;
  request.set_name(report);
  return stage.As(reader, &Reports::GetReport, request);
}

AllEvents ReadEvents(Stage& stage, const Person& system) {
  AllEvents all;
  events::v1::ListEventsRequest request;
  request.set_page_size(kPageSize);
  while (true) {
    const auto answer = stage.As(system, &Events::ListEvents, request);
    all.last = answer;
    if (!answer.status.ok() || answer.response.events().empty()) return all;
    all.events.insert(all.events.end(), answer.response.events().begin(), answer.response.events().end());
    request.set_page_token(answer.response.next_page_token());
  }
}

std::string ShortName(const std::string& resource) {
  const std::vector<std::string> parts = absl::StrSplit(resource, '/');
  if (parts.size() < 4) return resource;
  const std::string& id = parts[3];
  // Ids that people chose stay as they are.
  return absl::StrCat(parts[2], "/", id.size() < kUuidLength ? id : "…" + id.substr(kUuidLength - kShortIdLength));
}

std::string Describe(const events::v1::Event& event) {
  // Sorted, so that the same story reads the same.
  const std::map<std::string, std::string> attributes(event.attributes().begin(), event.attributes().end());
  std::vector<std::string> facts;
  for (const auto& [name, value] : attributes) facts.push_back(absl::StrCat(name, "=", ShortName(value)));
  return absl::StrFormat("%s  %-28s %s  %s", Minute(event.time()), event.type(), ShortName(event.resource()),
                         absl::StrJoin(facts, " "));
}

std::string Describe(const audit::v1::LoggedEntry& logged) {
  const audit::v1::Entry& entry = logged.entry();
  const audit::v1::PrivatePart& part = entry.private_part();
  const std::string method = entry.method().substr(entry.method().rfind('/') + 1);
  const std::string resource = part.resources().empty() ? "" : ShortName(part.resources(0));
  return absl::StrFormat("#%-3d %s  %-12s %-12s %-26s %-7s %-8s %s  %s", logged.index(), Minute(part.time()),
                         part.actor().subject(), access::v1::Role_Name(part.actor().role()), method,
                         audit::v1::Outcome_Name(entry.outcome()), access::v1::Action_Name(entry.action()), resource,
                         absl::StrJoin(NotEmpty({part.legal_basis(), part.detail()}), "; "));
}

std::string Describe(const intake::v1::WorkItem& item) {
  std::vector<std::string> to_do;
  for (const int thing : item.to_do()) {
    to_do.push_back(intake::v1::WorkItem::ToDo_Name(static_cast<intake::v1::WorkItem::ToDo>(thing)));
  }
  std::vector<std::string> clocks;
  for (const intake::v1::Deadline& deadline : item.deadlines()) {
    clocks.push_back(absl::StrCat(deadline.clock(), " latest ", deadline.latest_date()));
  }
  return absl::StrFormat("%-26s %-26s %s", ShortName(item.resource()), absl::StrJoin(to_do, " "),
                         absl::StrJoin(clocks, ", "));
}

}  // namespace samverkan::story
