#include "services/audit/commitment.h"

#include <google/protobuf/repeated_ptr_field.h>
#include <openssl/sha.h>

#include "libs/keys/hmac.h"

namespace samverkan::audit {
namespace {

constexpr std::string_view kCommitmentPrefix = "audit/commit/v1";
constexpr std::string_view kSaltPrefix = "audit/salt/v1";
constexpr size_t kSmallestBucket = 64;

using Texts = google::protobuf::RepeatedPtrField<std::string>;

void AppendNumber(std::string& bytes, uint64_t number, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
}

void AppendText(std::string& bytes, std::string_view text) {
  AppendNumber(bytes, text.size(), 4);
  bytes.append(text);
}

std::string_view AsText(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

void AppendItems(std::string& bytes, CommitmentTag tag, const EntryId& entry_id, std::string_view secret,
                 const Texts& items) {
  AppendNumber(bytes, static_cast<uint64_t>(items.size()), 4);
  for (int i = 0; i < items.size(); ++i) {
    const Digest item = Commit(tag, entry_id, SaltOf(tag, secret, static_cast<uint32_t>(i)), items[i]);
    bytes.append(AsText(item));
  }
}

std::string ActorPlaintext(const v1::Actor& actor) {
  std::string bytes;
  AppendText(bytes, actor.subject());
  AppendText(bytes, actor.system());
  AppendNumber(bytes, static_cast<uint32_t>(actor.role()), 4);
  AppendText(bytes, actor.municipality());
  AppendText(bytes, actor.authority());
  AppendNumber(bytes, static_cast<uint64_t>(actor.units_size()), 4);
  for (const std::string& unit : actor.units()) AppendText(bytes, unit);
  if (!actor.acting_service().empty()) AppendText(bytes, actor.acting_service());
  return bytes;
}

std::string DetailPlaintext(const EntryId& entry_id, const v1::PrivatePart& part, std::string_view secret) {
  std::string bytes;
  AppendNumber(bytes, static_cast<uint64_t>(part.time().seconds()), 8);
  AppendNumber(bytes, static_cast<uint32_t>(part.time().nanos()), 4);
  AppendText(bytes, part.legal_basis());
  AppendText(bytes, part.trace_id());
  AppendText(bytes, part.request_id());
  AppendText(bytes, part.detail());
  AppendItems(bytes, CommitmentTag::kResource, entry_id, secret, part.resources());
  return bytes;
}

}  // namespace

std::string Padded(std::string_view plaintext) {
  size_t bucket = kSmallestBucket;
  while (bucket < plaintext.size()) bucket *= 2;
  std::string padded(plaintext);
  padded.resize(bucket, '\0');
  return padded;
}

Digest Commit(CommitmentTag tag, const EntryId& entry_id, std::string_view salt, std::string_view plaintext) {
  std::string bytes(kCommitmentPrefix);
  AppendNumber(bytes, static_cast<uint8_t>(tag), 1);
  bytes.append(reinterpret_cast<const char*>(entry_id.data()), entry_id.size());
  bytes.append(salt);
  AppendNumber(bytes, plaintext.size(), 4);
  bytes.append(Padded(plaintext));
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

std::string SaltOf(CommitmentTag tag, std::string_view secret, uint32_t position) {
  std::string bytes(kSaltPrefix);
  AppendNumber(bytes, static_cast<uint8_t>(tag), 1);
  AppendNumber(bytes, position, 4);
  return keys::HmacSha256(secret, bytes);
}

Commitments CommitTo(const EntryId& entry_id, const v1::PrivatePart& part, const v1::Salts& salts) {
  const auto commit = [&](CommitmentTag tag, std::string_view secret, std::string_view plaintext) {
    return Commit(tag, entry_id, SaltOf(tag, secret), plaintext);
  };
  std::string children;
  AppendItems(children, CommitmentTag::kChild, entry_id, salts.subject(), part.children());
  return {.subject = commit(CommitmentTag::kSubject, salts.subject(), children),
          .actor = commit(CommitmentTag::kActor, salts.actor(), ActorPlaintext(part.actor())),
          .detail = commit(CommitmentTag::kDetail, salts.detail(), DetailPlaintext(entry_id, part, salts.detail()))};
}

}  // namespace samverkan::audit
