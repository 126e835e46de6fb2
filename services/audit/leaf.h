#ifndef SAMVERKAN_SERVICES_AUDIT_LEAF_H_
#define SAMVERKAN_SERVICES_AUDIT_LEAF_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

// The leaf of an audit entry: what the log keeps for ever and proves, without
// personal data. docs/adr/0002-audit-leaf.md says why it is so; the service and
// whoever verifies the log from outside share this file.
namespace samverkan::audit {

using EntryId = std::array<uint8_t, 16>;
// An output of SHA-256.
using Digest = std::array<uint8_t, 32>;

// Longest text of a leaf, in bytes.
inline constexpr size_t kLongestLeafText = 255;

// The fields of a leaf. A plain value.
struct Leaf {
  EntryId entry_id = {};
  // Day of the act in UTC, so that a verifier needs no time zone data.
  absl::CivilDay day;
  // Numbers of samverkan.access.v1.Action, samverkan.audit.v1.Outcome and
  // samverkan.audit.v1.RetentionClass; 1 to 255.
  uint8_t action = 0;
  uint8_t outcome = 0;
  uint8_t retention = 0;
  std::string producer;
  std::string municipality;
  std::string authority;
  std::string method;
  std::string purpose;
  // Salted commitments to the private part (commitment.h).
  Digest subject = {};
  Digest actor = {};
  Digest detail = {};
  // An earlier entry that this one is about: what was erased, what is corrected.
  std::optional<uint64_t> reference;

  bool operator==(const Leaf&) const = default;
};

// The bytes of a leaf, `audit-leaf/v1`. Frozen: bytes once stored are hashed into a
// tree that is never rebuilt, so a change is a new version beside this one.
//
//   offset  bytes  field
//        0     13  "audit-leaf/v1" in ASCII
//       13     16  entry_id
//       29      4  day, counted from 1970-01-01
//       33      1  action
//       34      1  outcome
//       35      1  retention
//       36    1+n  producer      n, then n bytes of UTF-8; n from 0 to 255
//              1+n  municipality
//              1+n  authority
//              1+n  method
//              1+n  purpose
//               32  subject
//               32  actor
//               32  detail
//                1  0: no reference, the end; 1: a reference follows
//                8  reference, only after 1
//
// Numbers are unsigned, most significant byte first. Two leaves have the same bytes
// only if they are equal. INTERNAL where a text is too long, a number is 0, or the
// day lies before 1970: entry.h has refused such entries before.
absl::StatusOr<std::string> EncodeLeaf(const Leaf& leaf);

// The leaf whose bytes these are. Accepts exactly what EncodeLeaf gives, not a byte
// more: EncodeLeaf(*DecodeLeaf(bytes)) == bytes. INVALID_ARGUMENT, reason
// `LEAF_MALFORMED`, for everything else.
absl::StatusOr<Leaf> DecodeLeaf(std::string_view bytes);

// SHA-256 of 0x00 and `leaf` (RFC 6962 section 2.1).
Digest LeafHash(std::string_view leaf);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_LEAF_H_
