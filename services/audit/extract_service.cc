#include "services/audit/extract_service.h"

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/audit/v1/extract.grpc.pb.h"
#include "services/audit/entry.h"
#include "services/audit/extract.h"

namespace samverkan::audit {
namespace {

// Private parts read for one page; what is shown of them is less.
constexpr int64_t kPageBodyBytes = 1 << 21;

// What a page token is bound to: the request without its paging fields.
paging::Binding BindingOf(const rpc::CallContext& call, v1::ExtractEntriesRequest request) {
  request.clear_page_size();
  request.clear_page_token();
  request.DiscardUnknownFields();
  return {.method = call.method, .caller = call.caller, .filter = request.SerializeAsString()};
}

}  // namespace

absl::StatusOr<EntryQuery> ExtractService::QueryOf(const rpc::CallContext& call,
                                                   const v1::ExtractEntriesRequest& request) const {
  RETURN_IF_ERROR(CheckExtract(request));
  EntryQuery query;
  ASSIGN_OR_RETURN(query.limit, paging::PageSize(request.page_size()));
  query.scope = ScopeOf(call);
  query.tags = {entries_.tags().Of(SearchTags::Kind::kChild, query.scope, request.child())};
  query.body_bytes = kPageBodyBytes;
  if (request.page_token().empty()) return query;
  ASSIGN_OR_RETURN(const std::string cursor, tokens_.Open(BindingOf(call, request), request.page_token()));
  int64_t before = 0;
  if (!absl::SimpleAtoi(cursor, &before)) return status::Internal("a page token of ours holds no index");
  query.before = before;
  return query;
}

absl::StatusOr<v1::ExtractEntriesResponse> ExtractService::ExtractEntries(
    const rpc::CallContext& call, const v1::ExtractEntriesRequest& request) const {
  ASSIGN_OR_RETURN(const EntryQuery query, QueryOf(call, request));
  ASSIGN_OR_RETURN(const EntryPage page, store_.Search(query, call.deadline));
  std::vector<v1::LoggedEntry> found;
  for (const StoredEntry& stored : page.entries) {
    ASSIGN_OR_RETURN(found.emplace_back(), ToLoggedEntry(stored));
  }
  ASSIGN_OR_RETURN(v1::ExtractEntriesResponse response, ExtractOf(rules_, query.scope, request, found, call.now));
  if (page.more && !found.empty()) {
    response.set_next_page_token(tokens_.Seal(BindingOf(call, request), absl::StrCat(found.back().index())));
  }
  RETURN_IF_ERROR(entries_.Append(call, v1::GRANTED, TouchedBy(request, response)));
  return response;
}

std::unique_ptr<rpc::Service> ExtractService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::ExtractService>(), adapter);
  service->Add("ExtractEntries", this, &ExtractService::ExtractEntries);
  return service;
}

}  // namespace samverkan::audit
