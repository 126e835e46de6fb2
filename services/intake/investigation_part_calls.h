#ifndef SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_PART_CALLS_H_
#define SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_PART_CALLS_H_

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/pg/uuid.h"
#include "libs/rpc/call_context.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/intake/follow_up.h"
#include "services/intake/investigation_part_store.h"
#include "services/intake/placement.h"
#include "services/intake/request_fields.h"
#include "services/intake/service_parts.h"
#include "services/intake/transfer.h"

namespace samverkan::intake {

// What the services of placements, transfers and follow-ups do alike with a checked request.
// For v1::Placement, v1::Transfer and v1::FollowUp.
template <typename Resource>
class InvestigationPartCalls {
 public:
  using Store = InvestigationPartStore<Resource>;
  using Transition = typename Store::Transition;
  // What a new one called by that name is.
  using Creation = std::function<absl::StatusOr<PartChange<Resource>>(const PartParent&, const std::string& name)>;
  // Who may make a change.
  using Check = std::function<absl::Status(const PartRecord<Resource>&)>;

  // `store` must outlive this. `collection` is that of the names, `what` the kind: "placements",
  // "placement".
  InvestigationPartCalls(Store& store, const Parts& parts, std::string collection, std::string what)
      : store_(store), parts_(parts), collection_(std::move(collection)), what_(std::move(what)) {}

  // Adds what is wrong with the fields that all changes have, and returns the key of the name.
  template <typename Request>
  ResourceKey RequireChange(const Request& request, status::Violations& violations) const {
    idempotency::CheckRequestId(request.request_id(), violations);
    const ResourceKey key = RequireName(request.name(), collection_, "name", violations);
    RequireEtag(request.etag(), violations);
    return key;
  }

  // A new one of `investigation`, for who handles that.
  template <typename Request>
  absl::StatusOr<Resource> Add(const rpc::CallContext& call, const ResourceKey& investigation, const Request& request,
                               const Creation& creation) const {
    ASSIGN_OR_RETURN(const auto request_key, parts_.request_keys.Of(call, request.request_id(), request));
    const ResourceKey id{investigation.municipality, pg::Uuid::FromTime(call.now)};
    const std::string name = MakeName(id.municipality, collection_, id.id);
    ASSIGN_OR_RETURN(const typename Store::Changed added,
                     store_.Add(call, investigation, id, request_key,
                                [&](const PartParent& parent) -> absl::StatusOr<PartChange<Resource>> {
                                  RETURN_IF_ERROR(CheckMayHandle(call.caller, parent.investigation));
                                  return creation(parent, name);
                                }));
    return Changed(call, added);
  }

  // A change by who `check` lets.
  template <typename Request>
  absl::StatusOr<Resource> ChangeBy(const rpc::CallContext& call, const ResourceKey& key, const Request& request,
                                    const Check& check, const Transition& transition) const {
    ASSIGN_OR_RETURN(const auto request_key, parts_.request_keys.Of(call, request.request_id(), request));
    ASSIGN_OR_RETURN(
        const typename Store::Changed changed,
        store_.Change(call, key, request_key, [&](PartRecord<Resource> record) -> absl::StatusOr<PartChange<Resource>> {
          RETURN_IF_ERROR(check(record));
          RETURN_IF_ERROR(CheckEtag(request.etag(), record.version));
          return transition(std::move(record));
        }));
    return Changed(call, changed);
  }

  // A change by who handles the investigation.
  template <typename Request>
  absl::StatusOr<Resource> Change(const rpc::CallContext& call, const ResourceKey& key, const Request& request,
                                  const Transition& transition) const {
    const auto check = [&](const PartRecord<Resource>& record) {
      return CheckMayHandlePart(call.caller, record.parent, what_);
    };
    return ChangeBy(call, key, request, check, transition);
  }

  // One by its name.
  absl::StatusOr<Resource> Get(const rpc::CallContext& call, const std::string& name) const {
    status::Violations violations;
    const ResourceKey key = RequireName(name, collection_, "name", violations);
    RETURN_IF_ERROR(violations.ToStatus());
    ASSIGN_OR_RETURN(const PartRecord<Resource> record, store_.Find(call, key));
    ASSIGN_OR_RETURN(Resource view, View(call, record));
    RETURN_IF_ERROR(store_.RecordRead(call, {&record}));
    return view;
  }

  // Those of the investigation `request.parent()`, into `listed` of the response.
  template <typename Request, typename Response>
  absl::Status List(const rpc::CallContext& call, const Request& request, Response& response,
                    google::protobuf::RepeatedPtrField<Resource>& listed) const {
    status::Violations violations;
    const ResourceKey investigation = RequireName(request.parent(), "investigations", "parent", violations);
    RETURN_IF_ERROR(violations.ToStatus());
    ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size(), 50, 200));
    const paging::Binding binding{call.method, call.caller, FilterOf(request)};
    ASSIGN_OR_RETURN(const std::string cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
    ASSIGN_OR_RETURN(const typename Store::Page page, store_.List(call, investigation, page_size, cursor));
    RETURN_IF_ERROR(CheckMayReadPart(call.caller, page.parent, "investigation"));
    RETURN_IF_ERROR(Show(call, page, listed));
    if (!page.next_cursor.empty()) response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
    return RecordRead(call, page, &page.parent);
  }

  // The records of a page as the caller may see them.
  absl::Status Show(const rpc::CallContext& call, const typename Store::Page& page,
                    google::protobuf::RepeatedPtrField<Resource>& listed) const {
    for (const PartRecord<Resource>& record : page.records) {
      ASSIGN_OR_RETURN(*listed.Add(), View(call, record));
    }
    return absl::OkStatus();
  }

  // Appends the audit entry of showing a page.
  absl::Status RecordRead(const rpc::CallContext& call, const typename Store::Page& page,
                          const PartParent* parent) const {
    std::vector<const PartRecord<Resource>*> shown;
    for (const PartRecord<Resource>& record : page.records) shown.push_back(&record);
    return store_.RecordRead(call, shown, parent);
  }

 private:
  absl::StatusOr<Resource> View(const rpc::CallContext& call, const PartRecord<Resource>& record) const {
    if constexpr (std::is_same_v<Resource, v1::FollowUp>) {
      return ViewFor(call.caller, record);
    } else {
      return ViewFor(parts_.rules, call.caller, record, call.now);
    }
  }

  absl::StatusOr<Resource> Changed(const rpc::CallContext& call, const typename Store::Changed& changed) const {
    ASSIGN_OR_RETURN(Resource view, View(call, changed.record));
    if (changed.repeated) RETURN_IF_ERROR(store_.RecordRead(call, {&changed.record}));
    return view;
  }

  Store& store_;
  const Parts parts_;
  const std::string collection_;
  const std::string what_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_INVESTIGATION_PART_CALLS_H_
