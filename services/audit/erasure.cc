#include "services/audit/erasure.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/audit/v1/review.pb.h"
#include "services/audit/commitment.h"
#include "services/audit/reasons.h"

namespace samverkan::audit {
namespace {

using TextList = google::protobuf::RepeatedPtrField<std::string>;

constexpr size_t kLongestChild = 128;
constexpr size_t kLongestResource = 512;
constexpr size_t kLongestLegalBasis = 512;

void CheckTexts(const std::string& field, const TextList& texts, size_t longest, status::Violations& violations) {
  if (texts.size() > kMostErased) {
    violations.Add(field, absl::StrCat("expected at most ", kMostErased, "."),
                   absl::StrCat("Ange högst ", kMostErased, "."));
  }
  for (int i = 0; i < texts.size(); ++i) {
    if (!texts[i].empty() && texts[i].size() <= longest) continue;
    violations.Add(absl::StrCat(field, "[", i, "]"), absl::StrCat("expected 1 to ", longest, " bytes."),
                   absl::StrCat("Ange 1 till ", longest, " byte."));
  }
}

// The id of the erasure; a violation where `name` is no erasure of `municipality`.
pg::Uuid CheckName(const std::string& name, const std::string& municipality, status::Violations& violations) {
  const auto values = resource_name::Match("municipalities/{municipality}/erasures/{uuid}", name);
  if (values.has_value() && values->front() == municipality)
    return pg::Uuid::Parse(values->back()).value_or(pg::Uuid());
  violations.Add("erasure", "expected an erasure of the municipality, municipalities/{code}/erasures/{uuid}.",
                 "Ange en gallring i kommunen.");
  return {};
}

// Whether nothing is left that the entry would be about.
bool IsErased(const v1::PrivatePart& before, const v1::PrivatePart& after) {
  if (after.children_size() < before.children_size()) return after.children().empty();
  return after.resources_size() < before.resources_size() && after.resources().empty();
}

std::set<std::string> ValuesOf(const std::vector<Tag>& tags) {
  std::set<std::string> values;
  for (const Tag& tag : tags) values.insert(tag.value);
  return values;
}

// OK where `rest` still proves the leaf.
absl::Status CheckProof(const StoredEntry& stored, const Leaf& leaf, const store::v1::PrivateBody& rest) {
  const Commitments commitments = {.subject = leaf.subject, .actor = leaf.actor, .detail = leaf.detail};
  if (CommitTo(leaf.entry_id, rest) == commitments) return absl::OkStatus();
  return status::Internal(absl::StrCat("the private part at index ", stored.index, " does not prove its leaf"));
}

}  // namespace

absl::StatusOr<Erasure> CheckErasure(const v1::EraseEntriesRequest& request, const std::string& producer) {
  status::Violations violations;
  if (!resource_name::Match("{municipality}", request.municipality()).has_value()) {
    violations.Add("municipality", "expected a municipality's official code, four digits.",
                   "Ange kommunens kod, fyra siffror.");
  }
  if (!resource_name::Match("{id}", request.authority()).has_value()) {
    violations.Add("authority", "expected an authority's id: 1 to 63 of a-z, 0-9 and '-'.", "Ange nämndens id.");
  }
  const pg::Uuid id = CheckName(request.erasure(), request.municipality(), violations);
  CheckTexts("children", request.children(), kLongestChild, violations);
  CheckTexts("resources", request.resources(), kLongestResource, violations);
  if (request.children().empty() && request.resources().empty()) {
    violations.Add("children", "expected children or resources.", "Ange barn eller resurser.");
  }
  if (request.legal_basis().empty() || request.legal_basis().size() > kLongestLegalBasis) {
    violations.Add("legal_basis", absl::StrCat("expected 1 to ", kLongestLegalBasis, " bytes."),
                   absl::StrCat("Ange 1 till ", kLongestLegalBasis, " byte."));
  }
  RETURN_IF_ERROR(violations.ToStatus());
  return Erasure{.scope = {.municipality = request.municipality(), .authority = request.authority()},
                 .id = id,
                 .producer = producer,
                 .children = {request.children().begin(), request.children().end()},
                 .resources = {request.resources().begin(), request.resources().end()}};
}

absl::Status CheckMayErase(const auth::Caller& caller) {
  if (caller.IsService()) return absl::OkStatus();
  return status::PermissionDenied({.reason = kNotAService,
                                   .message = "Only the service that erased a file erases what the log tells of it.",
                                   .swedish = "Bara den tjänst som har gallrat akten gallrar i loggen."});
}

std::vector<std::string> TagsOf(const Erasure& erasure, const SearchTags& tags) {
  std::vector<std::string> values;
  for (const std::string& child : erasure.children) {
    values.push_back(tags.Of(SearchTags::Kind::kChild, erasure.scope, child));
  }
  for (const std::string& resource : erasure.resources) {
    values.push_back(tags.Of(SearchTags::Kind::kResource, erasure.scope, resource));
  }
  return values;
}

absl::StatusOr<std::optional<ErasedEntry>> EraseFrom(const StoredEntry& stored, const Erasure& erasure,
                                                     const SearchTags& tags) {
  if (!stored.body.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const Leaf leaf, DecodeLeaf(stored.leaf));
  const bool own = leaf.producer == kOwnProducer;
  if (!own && leaf.producer != erasure.producer) return std::nullopt;
  ASSIGN_OR_RETURN(const store::v1::PrivateBody before, ReadBody(stored.index, *stored.body));
  store::v1::PrivateBody after = before;
  const bool of_children = EraseChildren(leaf.entry_id, erasure.children, after);
  const bool of_resources = EraseResources(leaf.entry_id, erasure.resources, after);
  if (!of_children && !of_resources) return std::nullopt;

  ErasedEntry erased = {.index = stored.index, .own = own, .rest = std::nullopt, .tags = {}};
  std::set<std::string> gone = ValuesOf(TagsOf(before.private_part(), erasure.scope, tags));
  if (!IsErased(before.private_part(), after.private_part())) {
    RETURN_IF_ERROR(CheckProof(stored, leaf, after));
    erased.rest = after.SerializeAsString();
    for (const std::string& kept : ValuesOf(TagsOf(after.private_part(), erasure.scope, tags))) gone.erase(kept);
  }
  erased.tags.assign(gone.begin(), gone.end());
  return erased;
}

absl::StatusOr<std::string> WithoutNote(const std::string& outcome) {
  v1::ReviewOutcome read;
  if (!read.ParseFromString(outcome)) return status::Internal("a stored review outcome does not parse");
  read.clear_note();
  return read.SerializeAsString();
}

}  // namespace samverkan::audit
