#include "services/audit/entry_fixture.h"

#include <google/protobuf/text_format.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_format.h"

namespace samverkan::audit {

absl::Time TestNow() { return absl::FromCivil(absl::CivilSecond(2026, 3, 2, 10, 0, 0), absl::UTCTimeZone()); }

std::string TestId(uint64_t number) { return absl::StrFormat("00000000-0000-4000-8000-%012x", number); }

v1::Entry TestEntry(uint64_t number) {
  v1::Entry entry;
  google::protobuf::TextFormat::ParseFromString(
      R"pb(
        producer: "intake"
        municipality: "0180"
        authority: "socialnamnden"
        method: "samverkan.intake.v1.ReportService/GetReport"
        action: READ
        outcome: GRANTED
        purpose: "child_protection"
        retention: CHILD_FILE
        private_part {
          actor {
            subject: "anna"
            system: "treserva"
            role: CASEWORKER
            municipality: "0180"
            authority: "socialnamnden"
            units: "skarholmen"
          }
          children: "child-1"
          resources: "municipalities/0180/reports/1"
          trace_id: "0af7651916cd43dd8448eb211c80319c"
        }
        salts {
          subject: "0123456789abcdef0123456789abcdef"
          actor: "1123456789abcdef0123456789abcdef"
          detail: "2123456789abcdef0123456789abcdef"
        }
      )pb",
      &entry);
  entry.set_entry_id(TestId(number));
  entry.mutable_private_part()->mutable_time()->set_seconds(absl::ToUnixSeconds(TestNow()));
  return entry;
}

const SearchTags& TestTags() {
  static const SearchTags tags(std::string(32, 't'));
  return tags;
}

std::vector<NewEntry> Prepared(const std::vector<v1::Entry>& entries) {
  const google::protobuf::RepeatedPtrField<v1::Entry> list(entries.begin(), entries.end());
  absl::StatusOr<Batch> batch = PrepareEntries(list, TestNow(), TestTags());
  if (!batch.ok()) {
    std::fprintf(stderr, "%s\n", batch.status().ToString().c_str());
    std::abort();
  }
  return std::move(batch->entries);
}

}  // namespace samverkan::audit
