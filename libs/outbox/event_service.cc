#include "libs/outbox/event_service.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/pg/caller_scope.h"
#include "libs/pg/statement.h"
#include "libs/pg/uuid.h"
#include "libs/pg/values.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::outbox {
namespace {

constexpr pg::Statement kWhereTheRelayStands = {"events_relay", "SELECT epoch, first_position FROM relay"};

constexpr pg::Statement kListEvents = {"events_list",
                                       "SELECT position, content FROM event"
                                       "  WHERE municipality = $1 AND ($2 = '' OR authority = $2) AND position > $3"
                                       "  ORDER BY position LIMIT $4"};

// A place in a service's events: positions of one epoch are comparable.
struct Place {
  std::string epoch;
  int64_t position = 0;
};

std::string Cursor(const Place& place) { return absl::StrCat(place.epoch, "/", place.position); }

absl::StatusOr<Place> ParseCursor(const std::string& cursor) {
  const size_t slash = cursor.find('/');
  Place place;
  if (slash == std::string::npos || !absl::SimpleAtoi(cursor.substr(slash + 1), &place.position)) {
    return status::Internal("a sealed cursor does not parse");
  }
  place.epoch = cursor.substr(0, slash);
  return place;
}

absl::Status Expired() {
  return status::OutOfRange(
      {.reason = "TOKEN_EXPIRED",
       .message = "events after this token are no longer kept; read the resources anew, then "
                  "start over with an empty page_token",
       .swedish = "Händelserna efter denna markör finns inte kvar. Läs om resurserna och börja om."});
}

// Where to go on from; the beginning for an empty token.
absl::StatusOr<Place> StartOf(pg::ReadTransaction& transaction, const std::string& cursor) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kWhereTheRelayStands));
  pg::Uuid epoch;
  int64_t oldest = 0;
  RETURN_IF_ERROR(rows[0].Into(epoch, oldest));
  if (cursor.empty()) return Place{epoch.ToString(), oldest - 1};
  ASSIGN_OR_RETURN(const Place place, ParseCursor(cursor));
  if (place.epoch != epoch.ToString() || place.position + 1 < oldest) return Expired();
  return place;
}

}  // namespace

absl::StatusOr<events::v1::ListEventsResponse> EventService::ListEvents(
    const rpc::CallContext& call, const events::v1::ListEventsRequest& request) const {
  ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size()));
  const paging::Binding binding{call.method, call.caller, ""};
  std::string cursor;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(cursor, tokens_.Open(binding, request.page_token()));
  }
  return pool_.Read(pg::ScopeOf(call.caller), call.deadline, "list_events",
                    [&](pg::ReadTransaction& transaction) -> absl::StatusOr<events::v1::ListEventsResponse> {
                      ASSIGN_OR_RETURN(Place place, StartOf(transaction, cursor));
                      ASSIGN_OR_RETURN(
                          const pg::Rows rows,
                          transaction.Query(kListEvents, pg::Params(call.caller.municipality, call.caller.authority,
                                                                    place.position, int64_t{page_size})));
                      events::v1::ListEventsResponse response;
                      for (const pg::Row row : rows) {
                        pg::Bytes content;
                        RETURN_IF_ERROR(row.Into(place.position, content));
                        if (!response.add_events()->ParseFromString(content.data))
                          return status::Internal("an event does not parse");
                      }
                      response.set_next_page_token(tokens_.Seal(binding, Cursor(place)));
                      return response;
                    });
}

std::unique_ptr<rpc::Service> EventService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(
      events::v1::Event::descriptor()->file()->FindServiceByName("EventService"), adapter);
  service->Add("ListEvents",
               [this](const rpc::CallContext& call, const events::v1::ListEventsRequest& request)
                   -> absl::StatusOr<events::v1::ListEventsResponse> { return ListEvents(call, request); });
  return service;
}

}  // namespace samverkan::outbox
