#ifndef SAMVERKAN_SERVICES_AUDIT_COMMITMENT_H_
#define SAMVERKAN_SERVICES_AUDIT_COMMITMENT_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "samverkan/audit/v1/audit.pb.h"
#include "services/audit/leaf.h"
#include "services/audit/store.pb.h"

// The salted commitments by which a leaf holds on to its private part: as long as
// salts and private part are kept they prove each other, and once these are erased
// the commitments say nothing. docs/adr/0002-audit-leaf.md.
namespace samverkan::audit {

// What a commitment is to; enters the hash, so that none can stand for another.
enum class CommitmentTag : uint8_t { kSubject = 1, kActor = 2, kDetail = 3, kChild = 4, kResource = 5 };

// The three commitments of a leaf.
struct Commitments {
  Digest subject;
  Digest actor;
  Digest detail;

  bool operator==(const Commitments&) const = default;
};

// SHA-256 of, in this order:
//
//   bytes  part
//      15  "audit/commit/v1" in ASCII
//       1  the tag
//      16  entry_id: a commitment cannot be moved to another entry
//      32  salt
//       4  length of the plaintext, most significant byte first
//       n  the plaintext, padded (see Padded)
//
// `salt` is 32 bytes that SaltOf gave.
Digest Commit(CommitmentTag tag, const EntryId& entry_id, std::string_view salt, std::string_view plaintext);

// `plaintext` with zero bytes up to the next of 64, 128, 256, … A hash
// says nothing of the length either then.
std::string Padded(std::string_view plaintext);

// The salt of one commitment: HMAC-SHA-256 under `secret`, the producer's salt, of
// "audit/salt/v1", the tag in 1 byte and the position in 4. It can be kept alone, and
// tells nothing about `secret` or the salts of other positions.
std::string SaltOf(CommitmentTag tag, std::string_view secret, uint32_t position = 0);

// The commitments of a private part, each under SaltOf(its tag, its salt of `salts`).
// Their plaintexts, in which a text is its length in 4 bytes and its UTF-8, a list its
// length in 4 bytes and its items, and numbers have the most significant byte first:
//
//   subject  list of the commitments to each child (kChild, position in the list)
//   actor    subject, system, role in 4 bytes, municipality, authority, list of units;
//            and, where a service called for the actor, acting_service
//   detail   time in seconds (8 bytes, two's complement) and nanoseconds (4),
//            legal_basis, trace_id, request_id, detail, list of the commitments to
//            each resource (kResource, under the detail's salt, position in the list);
//            then, only where there are risk signs, the list of these in 4 bytes each
//
// Children and resources have commitments of their own so that one child can be
// erased from an entry that names several: its commitment stays in the list, its
// salt and the producer's go, and the others still verify under their own salts.
Commitments CommitTo(const EntryId& entry_id, const v1::PrivatePart& part, const v1::Salts& salts);

// The commitments of a private part as it is kept: the same, whatever was erased from it.
Commitments CommitTo(const EntryId& entry_id, const store::v1::PrivateBody& body);

// Takes children, or resources, out of `body`, with every salt that would prove them. The
// others still verify. Says whether any was there.
bool EraseChildren(const EntryId& entry_id, const std::set<std::string>& erased, store::v1::PrivateBody& body);
bool EraseResources(const EntryId& entry_id, const std::set<std::string>& erased, store::v1::PrivateBody& body);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_COMMITMENT_H_
