#include "services/audit/review_service.h"

#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/audit/v1/review.grpc.pb.h"
#include "services/audit/reasons.h"

namespace samverkan::audit {
namespace {

// A page of items holds whole entries.
constexpr int32_t kItems = 50;
constexpr int32_t kMostItems = 100;

absl::Status SampleNotFound(bool hidden) {
  const absl::Status not_found = status::NotFound({.reason = kReviewSampleNotFound,
                                                   .message = "There is no such sample of the log of your authority.",
                                                   .swedish = "Det finns inget sådant stickprov hos din nämnd."});
  return hidden ? status::Hidden(not_found) : not_found;
}

absl::StatusOr<SampleKey> RequireSample(const std::string& name) {
  std::optional<SampleKey> key = ParseSampleName(name);
  if (key.has_value()) return *std::move(key);
  return status::InvalidArgument(
      {{.field = "name",
        .description = "expected the name of a sample, municipalities/{code}/reviewSamples/{uuid}.",
        .swedish = "Ange ett stickprovs namn."}});
}

absl::Status UnreadableCursor() { return status::Internal("a page token of ours holds no place"); }

// What a page token is bound to: the request without its paging fields.
template <typename Request>
paging::Binding BindingOf(const rpc::CallContext& call, Request request) {
  request.clear_page_size();
  request.clear_page_token();
  request.DiscardUnknownFields();
  return {.method = call.method, .caller = call.caller, .filter = request.SerializeAsString()};
}

// The cursor of the request's token, in its parts; nothing on the first page.
template <typename Request>
absl::StatusOr<std::optional<std::vector<std::string>>> OpenCursor(const paging::PageTokens& tokens,
                                                                   const rpc::CallContext& call,
                                                                   const Request& request) {
  if (request.page_token().empty()) return std::nullopt;
  ASSIGN_OR_RETURN(const std::string cursor, tokens.Open(BindingOf(call, request), request.page_token()));
  return std::vector<std::string>(absl::StrSplit(cursor, '/'));
}

// Where a list of samples goes on: "microseconds/uuid".
absl::StatusOr<std::optional<SamplePlace>> ParsePlace(const std::optional<std::vector<std::string>>& cursor) {
  if (!cursor.has_value()) return std::nullopt;
  int64_t microseconds = 0;
  if (cursor->size() != 2 || !absl::SimpleAtoi((*cursor)[0], &microseconds)) return UnreadableCursor();
  ASSIGN_OR_RETURN(const pg::Uuid id, pg::Uuid::Parse((*cursor)[1]));
  return SamplePlace{absl::FromUnixMicros(microseconds), id};
}

std::string CursorOf(const v1::ReviewSample& sample) {
  const absl::Time time = proto_time::FromProto(sample.draw_time()).value_or(absl::UnixEpoch());
  return absl::StrCat(absl::ToUnixMicros(time), "/", sample.name().substr(sample.name().rfind('/') + 1));
}

// Where the items of a sample go on: after this position.
absl::StatusOr<int64_t> ParsePosition(const std::optional<std::vector<std::string>>& cursor) {
  int64_t position = 0;
  if (cursor.has_value() && !absl::SimpleAtoi(cursor->front(), &position)) return UnreadableCursor();
  return position;
}

// "rule, legal basis".
std::string BasisOf(const rules::Answer& answer) {
  return absl::StrCat(answer.rule->id(), ", ", answer.version->legal_basis());
}

}  // namespace

absl::StatusOr<std::string> ReviewService::BasisOf(const rpc::CallContext& call, const char* question) const {
  ASSIGN_OR_RETURN(const rules::Answer answer,
                   rules_.Ask(question, calendar::LegalDay(call.now), call.caller.municipality, call.caller.authority));
  return audit::BasisOf(answer);
}

absl::Status ReviewService::Leave(const rpc::CallContext& call, outbox::Touched touched, const char* question) const {
  ASSIGN_OR_RETURN(touched.legal_basis, BasisOf(call, question));
  return entries_.Append(call, v1::GRANTED, touched);
}

absl::StatusOr<v1::ReviewSample> ReviewService::DrawReviewSample(const rpc::CallContext& call,
                                                                 const v1::DrawReviewSampleRequest& request) const {
  const absl::CivilDay today = calendar::LegalDay(call.now);
  ASSIGN_OR_RETURN(const Period period, CheckDraw(request, today));
  ASSIGN_OR_RETURN(const idempotency::Request id, request_keys_.Of(call, request.request_id(), request));
  const Scope scope = ScopeOf(call);
  ASSIGN_OR_RETURN(const rules::Answer answer,
                   rules_.Ask(kLogReviewQuestion, today, scope.municipality, scope.authority));
  ASSIGN_OR_RETURN(const std::string demanded_by, BasisOf(call, kLogControlQuestion));
  DrawOrder order = {.first_day = period.first,
                     .last_day = period.last,
                     .random_size = request.random_size(),
                     .risk_size = request.risk_size(),
                     .thresholds = {},
                     .seed = seeds_()};
  ASSIGN_OR_RETURN(order.thresholds, ThresholdsOf(answer));
  v1::ReviewSample sample;
  sample.set_authority(absl::StrCat("municipalities/", scope.municipality, "/authorities/", scope.authority));
  sample.set_first_day(request.first_day());
  sample.set_last_day(request.last_day());
  sample.set_random_size(order.random_size);
  sample.set_risk_size(order.risk_size);
  *sample.mutable_thresholds() = order.thresholds;
  sample.set_seed(order.seed);
  sample.set_legal_basis(absl::StrCat(demanded_by, "; ", audit::BasisOf(answer)));
  sample.set_rule_set_version(answer.rule_set_version);
  sample.set_drawer(call.caller.subject);
  return store_.Draw(call, id, order, sample);
}

absl::StatusOr<v1::ListReviewSamplesResponse> ReviewService::ListReviewSamples(
    const rpc::CallContext& call, const v1::ListReviewSamplesRequest& request) const {
  ASSIGN_OR_RETURN(const int64_t limit, paging::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const auto cursor, OpenCursor(tokens_, call, request));
  ASSIGN_OR_RETURN(const auto place, ParsePlace(cursor));
  ASSIGN_OR_RETURN(SamplePage page, store_.List(ScopeOf(call), place, limit, call.deadline));
  v1::ListReviewSamplesResponse response;
  outbox::Touched touched;
  for (v1::ReviewSample& sample : page.samples) {
    touched.resources.push_back(sample.name());
    *response.add_samples() = std::move(sample);
  }
  RETURN_IF_ERROR(Leave(call, std::move(touched), kLogControlQuestion));
  if (page.more) {
    response.set_next_page_token(tokens_.Seal(BindingOf(call, request), CursorOf(*response.samples().rbegin())));
  }
  return response;
}

absl::StatusOr<v1::GetReviewSampleResponse> ReviewService::GetReviewSample(
    const rpc::CallContext& call, const v1::GetReviewSampleRequest& request) const {
  ASSIGN_OR_RETURN(const SampleKey key, RequireSample(request.name()));
  ASSIGN_OR_RETURN(const int64_t limit, paging::PageSize(request.page_size(), kItems, kMostItems));
  ASSIGN_OR_RETURN(const auto cursor, OpenCursor(tokens_, call, request));
  ASSIGN_OR_RETURN(const int64_t after, ParsePosition(cursor));
  const Scope scope = ScopeOf(call);
  ASSIGN_OR_RETURN(const FoundSample found, store_.Find(scope, key, call.deadline));
  if (!found.sample.has_value()) return SampleNotFound(found.name_is_taken);
  ASSIGN_OR_RETURN(ItemPage page, store_.ListItems(scope, key, after, limit, call.deadline));
  const bool more = CutToOneAnswer(page.items) || page.more;
  RETURN_IF_ERROR(Leave(call, TouchedBy(*found.sample, page.items), kLogControlQuestion));
  v1::GetReviewSampleResponse response;
  *response.mutable_sample() = *found.sample;
  for (v1::ReviewItem& item : page.items) *response.add_items() = std::move(item);
  if (more) {
    const std::optional<ItemKey> last = ParseItemName(response.items().rbegin()->name());
    response.set_next_page_token(tokens_.Seal(BindingOf(call, request), absl::StrCat(last.value().position)));
  }
  return response;
}

absl::StatusOr<v1::ReviewItem> ReviewService::RecordReviewOutcome(const rpc::CallContext& call,
                                                                  const v1::RecordReviewOutcomeRequest& request) const {
  ASSIGN_OR_RETURN(const ItemKey key, CheckOutcome(request));
  ASSIGN_OR_RETURN(const idempotency::Request id, request_keys_.Of(call, request.request_id(), request));
  ASSIGN_OR_RETURN(const std::string basis, BasisOf(call, kLogControlQuestion));
  const std::string reviewer = entries_.tags().Of(SearchTags::Kind::kActor, ScopeOf(call), call.caller.subject);
  v1::ReviewOutcome outcome;
  outcome.set_verdict(request.verdict());
  outcome.set_note(request.note());
  outcome.set_reviewer(call.caller.subject);
  *outcome.mutable_review_time() = proto_time::ToProto(call.now);
  return store_.Record(call, id, key, outcome, basis, [&](const ReviewItemRecord& record) {
    return CheckMayRecord(record, request.etag(), reviewer);
  });
}

absl::StatusOr<v1::ReviewStatistics> ReviewService::GetReviewStatistics(
    const rpc::CallContext& call, const v1::GetReviewStatisticsRequest& request) const {
  ASSIGN_OR_RETURN(const Period period, CheckStatistics(request));
  const Scope scope = ScopeOf(call);
  std::optional<std::string> unit;
  if (!request.unit().empty()) unit = entries_.tags().Of(SearchTags::Kind::kUnit, scope, request.unit());
  ASSIGN_OR_RETURN(
      v1::ReviewStatistics statistics,
      store_.Count(scope, calendar::StartOf(period.first), calendar::StartOf(period.last + 1), unit, call.deadline));
  outbox::Touched touched;
  touched.detail = absl::StrCat("counted reviews from ", request.first_day(), " to ", request.last_day());
  RETURN_IF_ERROR(Leave(call, std::move(touched), kLogControlQuestion));
  return statistics;
}

absl::StatusOr<TouchedQuery> ReviewService::QueryOf(const rpc::CallContext& call,
                                                    const v1::ListTouchedChildrenRequest& request,
                                                    const TimeSpan& span) const {
  TouchedQuery query;
  query.scope = ScopeOf(call);
  const SearchTags& tags = entries_.tags();
  if (!request.actor().empty()) query.actor = tags.Of(SearchTags::Kind::kActor, query.scope, request.actor());
  if (!request.system().empty()) query.system = tags.Of(SearchTags::Kind::kSystem, query.scope, request.system());
  query.start = span.start;
  query.end = span.end;
  ASSIGN_OR_RETURN(query.limit, paging::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const auto cursor, OpenCursor(tokens_, call, request));
  if (!cursor.has_value()) return query;
  // "index/tag": a keyed hash, for a page token holds no reference of a child.
  if (cursor->size() != 2 || !absl::SimpleAtoi((*cursor)[0], &query.after_index)) return UnreadableCursor();
  query.after_child = absl::HexStringToBytes((*cursor)[1]);
  return query;
}

absl::StatusOr<v1::ListTouchedChildrenResponse> ReviewService::ListTouchedChildren(
    const rpc::CallContext& call, const v1::ListTouchedChildrenRequest& request) const {
  ASSIGN_OR_RETURN(const TimeSpan span, CheckTouched(request, call.now));
  ASSIGN_OR_RETURN(const TouchedQuery query, QueryOf(call, request, span));
  ASSIGN_OR_RETURN(const TouchedPage page, store_.ListTouched(query, call.deadline));
  std::vector<v1::TouchedChild> shown;
  for (const TouchedRow& row : page.rows) shown.push_back(row.child);
  RETURN_IF_ERROR(Leave(call, TouchedBy(request, span, shown), kBreachQuestion));
  v1::ListTouchedChildrenResponse response;
  for (v1::TouchedChild& child : shown) *response.add_children() = std::move(child);
  if (page.more) {
    const TouchedRow& last = page.rows.back();
    const std::string cursor = absl::StrCat(last.first_index, "/", absl::BytesToHexString(last.tag));
    response.set_next_page_token(tokens_.Seal(BindingOf(call, request), cursor));
  }
  return response;
}

std::unique_ptr<rpc::Service> ReviewService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::ReviewService>(), adapter);
  service->Add("DrawReviewSample", this, &ReviewService::DrawReviewSample);
  service->Add("ListReviewSamples", this, &ReviewService::ListReviewSamples);
  service->Add("GetReviewSample", this, &ReviewService::GetReviewSample);
  service->Add("RecordReviewOutcome", this, &ReviewService::RecordReviewOutcome);
  service->Add("GetReviewStatistics", this, &ReviewService::GetReviewStatistics);
  service->Add("ListTouchedChildren", this, &ReviewService::ListTouchedChildren);
  return service;
}

}  // namespace samverkan::audit
