#include "services/consent/extract_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/paging/page_token.h"
#include "libs/pg/uuid.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/consent/v1/extract.grpc.pb.h"
#include "services/consent/extract.h"
#include "services/consent/list_cursor.h"
#include "services/consent/request_fields.h"

namespace samverkan::consent {
namespace {

// Below the 4 MiB that a client takes by default.
constexpr size_t kPageBytes = 2 << 20;

pg::Uuid RequireChild(const std::string& child, status::Violations& violations) {
  const absl::StatusOr<pg::Uuid> id = pg::Uuid::Parse(child);
  if (id.ok()) return *id;
  violations.Add("child", "expected the reference of a child, from `Child.name`", "Ange barnets referens.");
  return {};
}

void RequireGuardian(const std::string& guardian, status::Violations& violations) {
  if (resource_name::IsUuid(guardian)) return;
  violations.Add("guardian", "expected the reference of a guardian, from `Child.guardians`",
                 "Ange vårdnadshavarens referens.");
}

void CheckRecipient(const v1::ExtractChildRequest& request, status::Violations& violations) {
  RequireChoice(v1::ExtractRecipient_IsValid(request.recipient()) ? request.recipient() : 0, "recipient",
                "CHILD, GUARDIAN", violations);
  if (request.recipient() == v1::GUARDIAN) RequireGuardian(request.guardian(), violations);
  if (request.recipient() == v1::CHILD) RequireEmpty(request.guardian().empty(), "guardian", violations);
}

// What is after the cursor; everything for an empty one.
absl::StatusOr<std::vector<v1::ExtractItem>> After(const std::string& cursor, std::vector<v1::ExtractItem> items) {
  if (cursor.empty()) return items;
  ASSIGN_OR_RETURN(const ListPlace place, ParseListCursor(cursor));
  const auto is_before = [&](const v1::ExtractItem& item) {
    const std::string& name = NameOf(item);
    const absl::Time time = proto_time::FromProto(TimeOf(item)).value_or(absl::InfinitePast());
    return std::make_pair(time, name.substr(name.rfind('/') + 1)) <= std::make_pair(place.time, place.id.ToString());
  };
  items.erase(std::remove_if(items.begin(), items.end(), is_before), items.end());
  return items;
}

// How many of the items stand on the page; at least one where there is any.
size_t LengthOfPage(const std::vector<v1::ExtractItem>& items, size_t page_size) {
  size_t length = 0;
  for (size_t bytes = 0; length < std::min(items.size(), page_size) && bytes <= kPageBytes; ++length) {
    bytes += items[length].ByteSizeLong();
  }
  return length;
}

// What the caller tried before it asked, in codes.
std::string DetailOf(const v1::ExtractChildRequest& request) {
  std::string detail = absl::StrCat("extract to ", v1::ExtractRecipient_Name(request.recipient()));
  // A reference, so that the log says which of them has got it.
  if (request.recipient() == v1::GUARDIAN) absl::StrAppend(&detail, " ", request.guardian());
  if (request.texts_reviewed()) absl::StrAppend(&detail, "; texts reviewed");
  return detail;
}

}  // namespace

absl::StatusOr<v1::ExtractChildResponse> ExtractService::ExtractChild(const rpc::CallContext& call,
                                                                      const v1::ExtractChildRequest& request) const {
  status::Violations violations;
  RequireOwnAuthority(call.caller, request.parent(), violations);
  const pg::Uuid child = RequireChild(request.child(), violations);
  CheckRecipient(request, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size(), 20, 50));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(const std::string cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(const ChildRecords records, store_.Find(call, child));
  RETURN_IF_ERROR(CheckRecipientOfExtract(records.child, request, call.now));
  v1::ExtractChildResponse response;
  ASSIGN_OR_RETURN(*response.mutable_legal_basis(), BasisOfExtract(parts_.rules, records.authority, call.now));
  ASSIGN_OR_RETURN(std::vector<v1::ExtractItem> items, ExtractOf(parts_.rules, records, request, call.now));
  ASSIGN_OR_RETURN(items, After(cursor, std::move(items)));
  const size_t length = LengthOfPage(items, static_cast<size_t>(page_size));
  if (length < items.size()) {
    const v1::ExtractItem& last = items[length - 1];
    response.set_next_page_token(parts_.page_tokens.Seal(binding, MakeListCursor(TimeOf(last), NameOf(last))));
  }
  ExtractStore::Shown shown{.legal_basis = response.legal_basis(), .detail = DetailOf(request)};
  for (size_t i = 0; i < length; ++i) {
    shown.resources.push_back(NameOf(items[i]));
    *response.add_items() = std::move(items[i]);
  }
  RETURN_IF_ERROR(store_.RecordRead(call, records, shown));
  return response;
}

absl::StatusOr<v1::ListHiddenResourcesResponse> ExtractService::ListHiddenResources(
    const rpc::CallContext& call, const v1::ListHiddenResourcesRequest& request) const {
  status::Violations violations;
  RequireOwnAuthority(call.caller, request.parent(), violations);
  const pg::Uuid child = RequireChild(request.child(), violations);
  if (!request.guardian().empty()) RequireGuardian(request.guardian(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const ChildRecords records, store_.Find(call, child));
  ExtractStore::Shown shown{.resources = HiddenResources(records, request.guardian())};
  ASSIGN_OR_RETURN(shown.legal_basis, BasisOfExtract(parts_.rules, records.authority, call.now));
  RETURN_IF_ERROR(store_.RecordRead(call, records, shown));
  v1::ListHiddenResourcesResponse response;
  response.mutable_resources()->Assign(shown.resources.begin(), shown.resources.end());
  return response;
}

std::unique_ptr<rpc::Service> ExtractService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::ExtractService>(), adapter);
  service->Add("ExtractChild", this, &ExtractService::ExtractChild);
  service->Add("ListHiddenResources", this, &ExtractService::ListHiddenResources);
  return service;
}

}  // namespace samverkan::consent
