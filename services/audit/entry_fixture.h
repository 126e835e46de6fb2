#ifndef SAMVERKAN_SERVICES_AUDIT_ENTRY_FIXTURE_H_
#define SAMVERKAN_SERVICES_AUDIT_ENTRY_FIXTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/audit/entry.h"

// Entries for tests.
namespace samverkan::audit {

// 2026-03-02 10:00 UTC.
absl::Time TestNow();

// A version 4 UUID that is always the same for the same number.
std::string TestId(uint64_t number);

// A sound entry of "intake" about the reading of one report: municipality 0180,
// authority "socialnamnden", actor "anna", child "child-1", report 1, at TestNow().
v1::Entry TestEntry(uint64_t number);

// What tests search with.
const SearchTags& TestTags();

// The entries, checked and prepared; ends the process where they are not sound.
std::vector<NewEntry> Prepared(const std::vector<v1::Entry>& entries);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_ENTRY_FIXTURE_H_
