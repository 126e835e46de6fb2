#include "services/audit/commitment.h"

#include <google/protobuf/repeated_ptr_field.h>
#include <openssl/sha.h>

#include <algorithm>

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

// Part of a plaintext, and the salt of the commitment to the whole.
struct SaltedList {
  std::string salt;
  std::string plaintext;
};

// A list under the producer's salt. `tag` is of the commitment that it is part of.
SaltedList WholeList(CommitmentTag tag, CommitmentTag item_tag, const EntryId& entry_id, std::string_view secret,
                     const Texts& items) {
  SaltedList list = {.salt = SaltOf(tag, secret), .plaintext = {}};
  AppendNumber(list.plaintext, static_cast<uint64_t>(items.size()), 4);
  for (int i = 0; i < items.size(); ++i) {
    const Digest item = Commit(item_tag, entry_id, SaltOf(item_tag, secret, static_cast<uint32_t>(i)), items[i]);
    list.plaintext.append(AsText(item));
  }
  return list;
}

// The same list when items were erased from it.
SaltedList RestOfList(CommitmentTag item_tag, const EntryId& entry_id, const store::v1::ReducedList& reduced,
                      const Texts& items) {
  SaltedList list = {.salt = reduced.salt(), .plaintext = {}};
  AppendNumber(list.plaintext, static_cast<uint64_t>(reduced.items_size()), 4);
  int next = 0;
  for (const store::v1::ReducedList::Item& item : reduced.items()) {
    if (item.has_commitment()) {
      list.plaintext.append(item.commitment());
    } else if (next < items.size()) {
      list.plaintext.append(AsText(Commit(item_tag, entry_id, item.salt(), items[next++])));
    }
  }
  return list;
}

// What proves each item of a list, in place of the salt that proves them all.
store::v1::ReducedList Reducible(CommitmentTag tag, CommitmentTag item_tag, std::string_view secret, int size) {
  store::v1::ReducedList list;
  list.set_salt(SaltOf(tag, secret));
  for (int i = 0; i < size; ++i) list.add_items()->set_salt(SaltOf(item_tag, secret, static_cast<uint32_t>(i)));
  return list;
}

void EraseItems(CommitmentTag item_tag, const EntryId& entry_id, const std::set<std::string>& erased,
                store::v1::ReducedList& list, Texts& items) {
  Texts rest;
  int next = 0;
  for (store::v1::ReducedList::Item& item : *list.mutable_items()) {
    if (item.has_commitment() || next >= items.size()) continue;
    const std::string& text = items[next++];
    if (erased.count(text) == 0) {
      *rest.Add() = text;
    } else {
      item.set_commitment(std::string(AsText(Commit(item_tag, entry_id, item.salt(), text))));
    }
  }
  items.Swap(&rest);
}

bool HoldsAny(const Texts& items, const std::set<std::string>& erased) {
  return std::any_of(items.begin(), items.end(), [&](const std::string& item) { return erased.count(item) > 0; });
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

std::string DetailPlaintext(const v1::PrivatePart& part, std::string_view resources) {
  std::string bytes;
  AppendNumber(bytes, static_cast<uint64_t>(part.time().seconds()), 8);
  AppendNumber(bytes, static_cast<uint32_t>(part.time().nanos()), 4);
  AppendText(bytes, part.legal_basis());
  AppendText(bytes, part.trace_id());
  AppendText(bytes, part.request_id());
  AppendText(bytes, part.detail());
  bytes.append(resources);
  // Nothing where there is none: entries from before there were signs keep their bytes.
  if (!part.risk_signs().empty()) AppendNumber(bytes, static_cast<uint64_t>(part.risk_signs_size()), 4);
  for (const int sign : part.risk_signs()) AppendNumber(bytes, static_cast<uint32_t>(sign), 4);
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
  store::v1::PrivateBody body;
  *body.mutable_private_part() = part;
  *body.mutable_salts() = salts;
  return CommitTo(entry_id, body);
}

Commitments CommitTo(const EntryId& entry_id, const store::v1::PrivateBody& body) {
  using enum CommitmentTag;
  const v1::PrivatePart& part = body.private_part();
  const v1::Salts& salts = body.salts();
  const SaltedList children = body.has_children()
                                  ? RestOfList(kChild, entry_id, body.children(), part.children())
                                  : WholeList(kSubject, kChild, entry_id, salts.subject(), part.children());
  const SaltedList resources = body.has_resources()
                                   ? RestOfList(kResource, entry_id, body.resources(), part.resources())
                                   : WholeList(kDetail, kResource, entry_id, salts.detail(), part.resources());
  return {.subject = Commit(kSubject, entry_id, children.salt, children.plaintext),
          .actor = Commit(kActor, entry_id, SaltOf(kActor, salts.actor()), ActorPlaintext(part.actor())),
          .detail = Commit(kDetail, entry_id, resources.salt, DetailPlaintext(part, resources.plaintext))};
}

bool EraseChildren(const EntryId& entry_id, const std::set<std::string>& erased, store::v1::PrivateBody& body) {
  using enum CommitmentTag;
  Texts& items = *body.mutable_private_part()->mutable_children();
  if (!HoldsAny(items, erased)) return false;
  if (!body.has_children()) {
    *body.mutable_children() = Reducible(kSubject, kChild, body.salts().subject(), items.size());
    body.mutable_salts()->clear_subject();
  }
  EraseItems(kChild, entry_id, erased, *body.mutable_children(), items);
  return true;
}

bool EraseResources(const EntryId& entry_id, const std::set<std::string>& erased, store::v1::PrivateBody& body) {
  using enum CommitmentTag;
  Texts& items = *body.mutable_private_part()->mutable_resources();
  if (!HoldsAny(items, erased)) return false;
  if (!body.has_resources()) {
    *body.mutable_resources() = Reducible(kDetail, kResource, body.salts().detail(), items.size());
    body.mutable_salts()->clear_detail();
  }
  EraseItems(kResource, entry_id, erased, *body.mutable_resources(), items);
  return true;
}

}  // namespace samverkan::audit
