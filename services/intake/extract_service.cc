#include "services/intake/extract_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/paging/page_token.h"
#include "libs/pg/uuid.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/extract.grpc.pb.h"
#include "services/intake/extract.h"
#include "services/intake/list_cursor.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {
namespace {

// Below the 4 MiB that a client takes by default.
constexpr size_t kPageBytes = 2 << 20;
// What one audit entry can tell of.
constexpr int kMostReporters = 50;

void RequireReports(const v1::ExtractChildRequest& request, status::Violations& violations) {
  for (int i = 0; i < request.reporters_without_danger_size(); ++i) {
    RequireName(request.reporters_without_danger(i), "reports", absl::StrCat("reporters_without_danger[", i, "]"),
                violations);
  }
  if (request.reporters_without_danger_size() <= kMostReporters) return;
  violations.Add("reporters_without_danger", absl::StrCat("expected at most ", kMostReporters),
                 absl::StrCat("Ange högst ", kMostReporters, " anmälningar."));
}

absl::Status CheckReportsOfChild(const v1::ExtractChildRequest& request, const ChildRecords& records) {
  status::Violations violations;
  for (int i = 0; i < request.reporters_without_danger_size(); ++i) {
    const bool found = std::any_of(records.reports.begin(), records.reports.end(), [&](const ReportRecord& record) {
      return record.report.name() == request.reporters_without_danger(i);
    });
    if (found) continue;
    violations.Add(absl::StrCat("reporters_without_danger[", i, "]"), "expected a report about this child",
                   "Ange en anmälan som gäller barnet.");
  }
  return violations.ToStatus();
}

// What is after the cursor; everything for an empty one.
absl::StatusOr<std::vector<v1::ExtractItem>> After(const std::string& cursor, std::vector<v1::ExtractItem> items) {
  if (cursor.empty()) return items;
  ASSIGN_OR_RETURN(const ListPlace place, ParseListCursor(cursor));
  const auto is_before = [&](const v1::ExtractItem& item) {
    const absl::Time time = proto_time::FromProto(TimeOf(item)).value_or(absl::InfinitePast());
    return std::make_pair(time, LastPart(NameOf(item))) <= std::make_pair(place.time, place.id.ToString());
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

template <typename Parts>
void AddNames(const Parts& parts, std::vector<std::string>& names) {
  for (const auto& part : parts) names.push_back(part.name());
}

// What the caller tried before it asked, in codes.
std::string DetailOf(const v1::ExtractChildRequest& request) {
  std::string detail = absl::StrCat("extract to ", v1::ExtractRecipient_Name(request.recipient()));
  if (request.texts_reviewed()) absl::StrAppend(&detail, "; texts reviewed");
  if (request.reporters_without_danger().empty()) return detail;
  absl::StrAppend(&detail, "; no danger in naming the reporters of ",
                  absl::StrJoin(request.reporters_without_danger(), ", "));
  return detail;
}

}  // namespace

absl::StatusOr<v1::ExtractChildResponse> ExtractService::ExtractChild(const rpc::CallContext& call,
                                                                      const v1::ExtractChildRequest& request) const {
  status::Violations violations;
  RequireOwnAuthority(call.caller, request.parent(), violations);
  const pg::Uuid child = RequireChild(request.child(), "child", violations);
  RequireChoice(v1::ExtractRecipient_IsValid(request.recipient()) ? request.recipient() : 0, "recipient",
                "CHILD, GUARDIAN", violations);
  RequireReports(request, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size(), 20, 50));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(const std::string cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(const ChildRecords records, store_.Find(call, child));
  RETURN_IF_ERROR(CheckReportsOfChild(request, records));
  v1::ExtractChildResponse response;
  ASSIGN_OR_RETURN(*response.mutable_legal_basis(), BasisOfExtract(parts_.rules, records.jurisdiction, call.now));
  ASSIGN_OR_RETURN(std::vector<v1::ExtractItem> items, ExtractOf(parts_.rules, records, request, call.now));
  ASSIGN_OR_RETURN(items, After(cursor, std::move(items)));
  ExtractStore::Shown shown{
      .child = child.ToString(), .legal_basis = response.legal_basis(), .detail = DetailOf(request)};
  const size_t length = LengthOfPage(items, static_cast<size_t>(page_size));
  if (length < items.size()) {
    const v1::ExtractItem& last = items[length - 1];
    response.set_next_page_token(parts_.page_tokens.Seal(binding, MakeListCursor(TimeOf(last), NameOf(last))));
  }
  for (size_t i = 0; i < length; ++i) {
    shown.resources.push_back(NameOf(items[i]));
    for (const v1::InvestigationStep& step : items[i].steps()) shown.resources.push_back(step.name());
    AddNames(items[i].placements(), shown.resources);
    AddNames(items[i].transfers(), shown.resources);
    AddNames(items[i].follow_ups(), shown.resources);
    *response.add_items() = std::move(items[i]);
  }
  RETURN_IF_ERROR(store_.RecordRead(call, records, shown));
  return response;
}

absl::StatusOr<v1::ListHiddenResourcesResponse> ExtractService::ListHiddenResources(
    const rpc::CallContext& call, const v1::ListHiddenResourcesRequest& request) const {
  status::Violations violations;
  RequireOwnAuthority(call.caller, request.parent(), violations);
  const pg::Uuid child = RequireChild(request.child(), "child", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const ChildRecords records, store_.Find(call, child));
  ExtractStore::Shown shown{.child = child.ToString(), .resources = HiddenResources(records)};
  ASSIGN_OR_RETURN(shown.legal_basis, BasisOfExtract(parts_.rules, records.jurisdiction, call.now));
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

}  // namespace samverkan::intake
