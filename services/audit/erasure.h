#ifndef SAMVERKAN_SERVICES_AUDIT_ERASURE_H_
#define SAMVERKAN_SERVICES_AUDIT_ERASURE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/auth/caller.h"
#include "libs/pg/uuid.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/audit/entry.h"
#include "services/audit/search_tag.h"

// Erasing from the log as values: what becomes of an entry when children or resources that
// it names are erased. No I/O.
namespace samverkan::audit {

// Most children, and most resources, of one call.
inline constexpr int kMostErased = 2000;

// What is erased from the log of an authority.
struct Erasure {
  Scope scope;
  pg::Uuid id;
  // The service that has erased it: another may keep the child.
  std::string producer;
  std::set<std::string> children;
  std::set<std::string> resources;
};

// The erasure that a call of the service `producer` asks for. INVALID_ARGUMENT names every bad field.
absl::StatusOr<Erasure> CheckErasure(const v1::EraseEntriesRequest& request, const std::string& producer);

// OK where the caller is a service of the suite, by its certificate. PERMISSION_DENIED, reason
// `NOT_A_SERVICE`, for any other.
absl::Status CheckMayErase(const auth::Caller& caller);

// What finds the entries that an erasure is about.
std::vector<std::string> TagsOf(const Erasure& erasure, const SearchTags& tags);

// What becomes of an entry.
struct ErasedEntry {
  int64_t index = 0;
  // Whether the log tells it of itself. Such a one is erased when no other service tells of the same any more.
  bool own = false;
  // What is left of its private part, as it is stored; nothing where it is erased.
  std::optional<std::string> rest;
  // What it is no longer found by.
  std::vector<std::string> tags;
};

// What becomes of `stored`; nothing where it names nothing that is erased, or another service tells it
// than the one that erased, or the log.
//
// A private part is erased when all children that it names are, or, where no child of it
// is, all resources. Otherwise it is reduced: what it says of the others stays. What is
// left still proves its leaf; INTERNAL where it would not, or the stored bytes cannot be
// read.
absl::StatusOr<std::optional<ErasedEntry>> EraseFrom(const StoredEntry& stored, const Erasure& erasure,
                                                     const SearchTags& tags);

// The outcome of a review without its note, which may tell anything of whom the entry was
// about. INTERNAL where the stored bytes cannot be read.
absl::StatusOr<std::string> WithoutNote(const std::string& outcome);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_ERASURE_H_
