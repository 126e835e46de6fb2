#include "services/audit/entry_service.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/audit/v1/audit.grpc.pb.h"
#include "services/audit/erasure.h"
#include "services/audit/reasons.h"
#include "services/audit/review.h"
#include "services/audit/search_question.h"

namespace samverkan::audit {
namespace {

// Private parts on one page; with the entry that exceeds it and all leaves, a page
// stays below the 4 MiB that clients accept unless told otherwise.
constexpr int64_t kPageBodyBytes = 1 << 21;

absl::Status CheckProducers(const v1::AppendEntriesRequest& request, const auth::Caller& caller) {
  const auto foreign = [&](const v1::Entry& entry) { return !caller.IsService() || entry.producer() != caller.system; };
  const auto found = std::find_if(request.entries().begin(), request.entries().end(), foreign);
  if (found == request.entries().end()) return absl::OkStatus();
  const std::string field = absl::StrCat("entries[", found - request.entries().begin(), "].producer");
  return status::PermissionDenied(
      {.reason = kProducerMismatch,
       .message = absl::StrCat(
           field, " is not the calling service. A service appends its own entries only, by its certificate."),
       .metadata = {{"field", field}}});
}

absl::Status NameInvalid() {
  return status::InvalidArgument({{.field = "name",
                                   .description = "expected the name of an entry, entries/{index}.",
                                   .swedish = "Ange en loggposts namn, entries/{index}."}});
}

absl::Status EntryNotFound(bool hidden) {
  const absl::Status not_found = status::NotFound({.reason = kEntryNotFound,
                                                   .message = "There is no such entry in the log of your authority.",
                                                   .swedish = "Det finns ingen sådan loggpost hos din nämnd."});
  return hidden ? status::Hidden(not_found) : not_found;
}

// The resource that a request names; nothing where the name is none of ours.
std::vector<std::string> NamesIn(const google::protobuf::Message& request) {
  const google::protobuf::FieldDescriptor* const field = request.GetDescriptor()->FindFieldByName("name");
  if (field == nullptr) return {};
  const std::string name = request.GetReflection()->GetString(request, field);
  const bool known =
      ParseEntryName(name).has_value() || ParseSampleName(name).has_value() || ParseItemName(name).has_value();
  return known ? std::vector<std::string>{name} : std::vector<std::string>();
}

absl::StatusOr<v1::AppendEntriesResponse> ReceiptsFor(const v1::AppendEntriesRequest& request, const Batch& batch,
                                                      const std::vector<Placement>& placements) {
  v1::AppendEntriesResponse response;
  for (size_t i = 0; i < batch.places.size(); ++i) {
    const Placement& placement = placements[batch.places[i]];
    if (placement.outcome == Placement::Outcome::kReused) return EntryIdReused(i);
    if (placement.outcome == Placement::Outcome::kRefused) continue;
    const Digest& hash = batch.entries[batch.places[i]].leaf_hash;
    v1::Receipt& receipt = *response.add_receipts();
    receipt.set_entry_id(request.entries(static_cast<int>(i)).entry_id());
    receipt.set_index(placement.index);
    receipt.set_leaf_hash(std::string(hash.begin(), hash.end()));
  }
  return response;
}

}  // namespace

absl::StatusOr<v1::AppendEntriesResponse> EntryService::AppendEntries(const rpc::CallContext& call,
                                                                      const v1::AppendEntriesRequest& request) {
  ASSIGN_OR_RETURN(const Batch batch, PrepareEntries(request.entries(), call.now, own_entries_.tags()));
  RETURN_IF_ERROR(CheckProducers(request, call.caller));
  ASSIGN_OR_RETURN(const std::vector<Placement> placements, store_.Append(batch.entries, call.now, call.deadline));
  return ReceiptsFor(request, batch, placements);
}

absl::StatusOr<v1::EraseEntriesResponse> EntryService::EraseEntries(const rpc::CallContext& call,
                                                                    const v1::EraseEntriesRequest& request) {
  ASSIGN_OR_RETURN(const Erasure erasure, CheckErasure(request, call.caller.system));
  RETURN_IF_ERROR(CheckMayErase(call.caller));
  // Names nobody: it stays when the children that it is about are gone.
  outbox::Touched touched;
  touched.resources = {request.erasure()};
  touched.legal_basis = request.legal_basis();
  ASSIGN_OR_RETURN(const NewEntry entry, own_entries_.Make(call, erasure.scope, v1::GRANTED, touched));
  return erasures_.Erase(erasure, entry, call.now, call.deadline);
}

absl::StatusOr<v1::LoggedEntry> EntryService::GetEntry(const rpc::CallContext& call,
                                                       const v1::GetEntryRequest& request) {
  const std::optional<int64_t> index = ParseEntryName(request.name());
  if (!index.has_value()) return NameInvalid();
  ASSIGN_OR_RETURN(const FoundEntry found, store_.Get(ScopeOf(call), *index, call.deadline));
  if (!found.entry.has_value()) return EntryNotFound(found.index_is_taken);
  ASSIGN_OR_RETURN(v1::LoggedEntry entry, ToLoggedEntry(*found.entry));
  outbox::Touched touched;
  touched.resources = {entry.name()};
  const auto& children = entry.entry().private_part().children();
  touched.children.assign(children.begin(), children.end());
  RETURN_IF_ERROR(own_entries_.Append(call, v1::GRANTED, touched));
  return entry;
}

absl::StatusOr<EntryQuery> EntryService::QueryOf(const rpc::CallContext& call,
                                                 const v1::SearchEntriesRequest& request) const {
  RETURN_IF_ERROR(CheckQuestion(request));
  EntryQuery query;
  ASSIGN_OR_RETURN(query.limit, paging::PageSize(request.page_size()));
  query.scope = ScopeOf(call);
  query.tags = TagsOf(request, query.scope, own_entries_.tags());
  query.signs = RiskSigns(request.risk_signs());
  if (request.has_start_time()) query.start = *proto_time::FromProto(request.start_time());
  if (request.has_end_time()) query.end = *proto_time::FromProto(request.end_time());
  query.body_bytes = kPageBodyBytes;
  if (request.page_token().empty()) return query;
  const paging::Binding binding = {.method = call.method, .caller = call.caller, .filter = FilterOf(request)};
  ASSIGN_OR_RETURN(const std::string cursor, tokens_.Open(binding, request.page_token()));
  int64_t before = 0;
  if (!absl::SimpleAtoi(cursor, &before)) return status::Internal("a page token of ours holds no index");
  query.before = before;
  return query;
}

absl::StatusOr<v1::SearchEntriesResponse> EntryService::SearchEntries(const rpc::CallContext& call,
                                                                      const v1::SearchEntriesRequest& request) {
  ASSIGN_OR_RETURN(const EntryQuery query, QueryOf(call, request));
  ASSIGN_OR_RETURN(const EntryPage page, store_.Search(query, call.deadline));
  std::vector<v1::LoggedEntry> shown;
  for (const StoredEntry& stored : page.entries) {
    ASSIGN_OR_RETURN(v1::LoggedEntry entry, ToLoggedEntry(stored));
    shown.push_back(std::move(entry));
  }
  const bool more = CutToOneEntry(shown) || page.more;
  RETURN_IF_ERROR(own_entries_.Append(call, v1::GRANTED, TouchedBy(request, shown)));
  v1::SearchEntriesResponse response;
  for (v1::LoggedEntry& entry : shown) *response.add_entries() = std::move(entry);
  if (more && !response.entries().empty()) {
    const paging::Binding binding = {.method = call.method, .caller = call.caller, .filter = FilterOf(request)};
    const int64_t last = response.entries(response.entries_size() - 1).index();
    response.set_next_page_token(tokens_.Seal(binding, absl::StrCat(last)));
  }
  return response;
}

absl::Status EntryService::RecordRefusal(const rpc::CallContext& call, const google::protobuf::Message* request,
                                         const absl::Status& refusal) {
  outbox::Touched touched;
  touched.detail = status::Reason(refusal);
  if (request != nullptr) touched.resources = NamesIn(*request);
  return own_entries_.Append(call, v1::DENIED, touched);
}

std::unique_ptr<rpc::Service> Serve(EntryService& service, rpc::Adapter& adapter) {
  auto served = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::AuditService>(), adapter);
  using rpc::CallContext;
  served->Add("AppendEntries", [&service](const CallContext& call, const v1::AppendEntriesRequest& request) {
    return service.AppendEntries(call, request);
  });
  served->Add("EraseEntries", [&service](const CallContext& call, const v1::EraseEntriesRequest& request) {
    return service.EraseEntries(call, request);
  });
  served->Add("GetEntry", [&service](const CallContext& call, const v1::GetEntryRequest& request) {
    return service.GetEntry(call, request);
  });
  served->Add("SearchEntries", [&service](const CallContext& call, const v1::SearchEntriesRequest& request) {
    return service.SearchEntries(call, request);
  });
  return served;
}

}  // namespace samverkan::audit
