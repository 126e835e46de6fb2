#include "services/intake/investigation_step_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/pg/uuid.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "samverkan/intake/v1/investigation_step.grpc.pb.h"
#include "services/intake/investigation_step.h"
#include "services/intake/request_fields.h"

namespace samverkan::intake {
namespace {

using Step = v1::InvestigationStep;
using ParentKey = InvestigationStepStore::ParentKey;

constexpr char kCollection[] = "investigationSteps";
constexpr int kMostQuestions = 50;

// ---- checks of fields ----

ParentKey RequireInvestigation(const std::string& parent, status::Violations& violations) {
  return {.is_report = false, .key = RequireName(parent, "investigations", "parent", violations)};
}

ParentKey RequireReportOrInvestigation(const std::string& parent, status::Violations& violations) {
  if (const auto report = ParseName(parent, "reports"); report.has_value()) return {true, *report};
  if (const auto investigation = ParseName(parent, "investigations"); investigation.has_value()) {
    return {false, *investigation};
  }
  violations.Add("parent", "expected a report, `municipalities/{code}/reports/{uuid}`, or an investigation",
                 "Ange en anmälan eller en utredning.");
  return {};
}

// Who is asked: a unit whose people the service knows by their board.
Sender RequireAskedUnit(const UnitDirectory& units, const std::string& name, status::Violations& violations) {
  const directory::v1::Unit* const unit = units.FindUnit(name);
  const auto authority =
      unit == nullptr ? std::nullopt
                      : resource_name::Match("municipalities/{municipality}/authorities/{id}", unit->authority());
  if (authority.has_value()) {
    return {.municipality = authority->front(), .authority = authority->back(), .unit = LastPart(name)};
  }
  violations.Add("unit", "expected a unit of an authority, `municipalities/{code}/units/{unit}`, of the directory",
                 "Ange en enhet som hör till en nämnd i katalogen.");
  return {};
}

void RequireQuestions(const v1::RequestInformationRequest& request, status::Violations& violations) {
  if (request.questions().empty() || request.questions_size() > kMostQuestions) {
    violations.Add("questions", absl::StrCat("expected 1 to ", kMostQuestions, " questions"),
                   absl::StrCat("Ange 1 till ", kMostQuestions, " frågor."));
  }
  for (int i = 0; i < request.questions_size(); ++i) {
    RequireText(request.questions(i), absl::StrCat("questions[", i, "]"), violations);
  }
}

void RequireState(Step::State state, bool goes_on, status::Violations& violations) {
  const bool known = state == Step::OPEN || state == Step::DONE || (goes_on && state == Step::ENDED);
  RequireChoice(known ? state : 0, "state", goes_on ? "OPEN, DONE, ENDED" : "OPEN, DONE", violations);
}

void RequireTalk(const v1::RecordReferenceTalkRequest& request, absl::Time now, status::Violations& violations) {
  const v1::ReferenceTalk& talk = request.reference_talk();
  const bool held = request.state() == Step::DONE;
  RequireText(talk.unit(), "reference_talk.unit", violations);
  RequireText(talk.counterpart_function(), "reference_talk.counterpart_function", violations);
  RequireTime(talk.has_talk_time(), talk.talk_time(), "reference_talk.talk_time", absl::UnixEpoch(),
              held ? now : absl::InfiniteFuture(), violations);
  if (held) RequireText(talk.notes(), "reference_talk.notes", violations);
  LimitText(talk.notes(), "reference_talk.notes", violations);
}

void RequireCompany(const v1::RecordAccompanimentRequest& request, absl::Time now, status::Violations& violations) {
  const v1::Accompaniment& company = request.accompaniment();
  RequireText(company.companion(), "accompaniment.companion", violations);
  LimitText(company.companion_workplace(), "accompaniment.companion_workplace", violations);
  RequireTime(company.has_interview_time(), company.interview_time(), "accompaniment.interview_time", absl::UnixEpoch(),
              request.state() == Step::DONE ? now : absl::InfiniteFuture(), violations);
  if (!company.special_representative().empty()) {
    RequireName(company.special_representative(), kCollection, "accompaniment.special_representative", violations);
  }
  LimitText(company.notes(), "accompaniment.notes", violations);
}

void RequireRepresentative(const v1::RecordSpecialRepresentativeRequest& request, status::Violations& violations) {
  const v1::SpecialRepresentative& representative = request.special_representative();
  if (request.state() == Step::DONE) {
    RequireText(representative.representative(), "special_representative.representative", violations);
    RequireText(representative.court_case(), "special_representative.court_case", violations);
  }
  RequireDay(representative.date(), "special_representative.date", violations);
  LimitText(representative.representative(), "special_representative.representative", violations);
  LimitText(representative.court_case(), "special_representative.court_case", violations);
  LimitText(representative.notes(), "special_representative.notes", violations);
}

void RequirePoliceReport(const v1::PoliceReport& report, absl::Time now, status::Violations& violations) {
  RequireChoice(v1::PoliceReport::Suspicion_IsValid(report.suspicion()) ? report.suspicion() : 0,
                "police_report.suspicion",
                "LIFE_AND_HEALTH, LIBERTY_AND_PEACE, SEXUAL, GENITAL_MUTILATION, OTHER_CRIME", violations);
  RequireTime(report.has_report_time(), report.report_time(), "police_report.report_time", absl::UnixEpoch(), now,
              violations);
  LimitText(report.police_reference(), "police_report.police_reference", violations);
  RequireText(report.test().suspicion_reasons(), "police_report.test.suspicion_reasons", violations);
  RequireText(report.test().child_best_reasons(), "police_report.test.child_best_reasons", violations);
}

void RequireNotice(const v1::NoticeToConcerned& notice, absl::Time now, status::Violations& violations) {
  RequireChoice(v1::NoticeToConcerned::Concerned_IsValid(notice.concerned()) ? notice.concerned() : 0,
                "notice_to_concerned.concerned", "CHILD_CONCERNED, GUARDIANS_CONCERNED", violations);
  LimitText(notice.notes(), "notice_to_concerned.notes", violations);
  if (!notice.has_inform_time()) {
    RequireText(notice.not_informed_reason(), "notice_to_concerned.not_informed_reason", violations);
    return;
  }
  RequireTime(true, notice.inform_time(), "notice_to_concerned.inform_time", absl::UnixEpoch(), now, violations);
  if (notice.not_informed_reason().empty()) return;
  violations.Add("notice_to_concerned.not_informed_reason", "expected nothing where `inform_time` is given",
                 "Ange antingen när de underrättades eller varför de inte ska underrättas.");
}

void RequireContact(const v1::Contact& contact, bool before_opening, absl::Time now, status::Violations& violations) {
  const bool known = v1::Contact::Counterpart_IsValid(contact.counterpart()) &&
                     (before_opening || contact.counterpart() == v1::Contact::CHILD_CONTACTED);
  RequireChoice(known ? contact.counterpart() : 0, "contact.counterpart",
                before_opening ? "CHILD_CONTACTED, GUARDIAN_CONTACTED, REPORTER_CONTACTED, OTHER_CONTACTED"
                               : "CHILD_CONTACTED in an investigation; ask others by RequestInformation",
                violations);
  RequireTime(contact.has_contact_time(), contact.contact_time(), "contact.contact_time", absl::UnixEpoch(), now,
              violations);
  LimitText(contact.notes(), "contact.notes", violations);
  LimitText(contact.child_said(), "contact.child_said", violations);
  if (contact.child_said().empty() || contact.counterpart() == v1::Contact::CHILD_CONTACTED) return;
  violations.Add("contact.child_said", "expected nothing of a contact with somebody else than the child",
                 "Fyll bara i vad barnet har sagt vid kontakt med barnet.");
}

bool IsOfKind(const InvestigationStepRecord& record, int kind) { return record.step.kind_case() == kind; }

}  // namespace

// ---- what the changes share ----

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::Shown(
    const rpc::CallContext& call, const InvestigationStepStore::Changed& changed) const {
  ASSIGN_OR_RETURN(Step view, ViewFor(parts_.rules, call.caller, changed.record, call.now));
  if (changed.repeated) RETURN_IF_ERROR(store_.RecordRead(call, {&changed.record}, {}));
  return view;
}

template <typename Request>
absl::StatusOr<v1::InvestigationStep> InvestigationStepService::Add(
    const rpc::CallContext& call, const InvestigationStepStore::ParentKey& parent, const Request& request,
    const InvestigationStepStore::Transition& transition) const {
  ASSIGN_OR_RETURN(const auto request_key, parts_.request_keys.Of(call, request.request_id(), request));
  const ResourceKey id{parent.key.municipality, pg::Uuid::FromTime(call.now)};
  ASSIGN_OR_RETURN(const InvestigationStepStore::Changed changed,
                   store_.Add(call, parent, id, request_key,
                              [&](InvestigationStepRecord record) -> absl::StatusOr<InvestigationStepChange> {
                                RETURN_IF_ERROR(CheckMayHandle(call.caller, record));
                                return transition(std::move(record));
                              }));
  return Shown(call, changed);
}

template <typename Request>
absl::StatusOr<v1::InvestigationStep> InvestigationStepService::Change(
    const rpc::CallContext& call, const ResourceKey& key, int kind, const Request& request, Permission permission,
    const InvestigationStepStore::Transition& transition) const {
  ASSIGN_OR_RETURN(const auto request_key, parts_.request_keys.Of(call, request.request_id(), request));
  ASSIGN_OR_RETURN(const InvestigationStepStore::Changed changed,
                   store_.Change(call, key, request_key,
                                 [&](InvestigationStepRecord record) -> absl::StatusOr<InvestigationStepChange> {
                                   RETURN_IF_ERROR(permission(call.caller, record));
                                   if (!IsOfKind(record, kind))
                                     return NotFound("investigation step", record.parent.placement);
                                   RETURN_IF_ERROR(CheckEtag(request.etag(), record.version));
                                   return transition(std::move(record));
                                 }));
  return Shown(call, changed);
}

template <typename Request>
absl::StatusOr<v1::InvestigationStep> InvestigationStepService::Record(
    const rpc::CallContext& call, int kind, const Request& request, status::Violations& violations,
    const InvestigationStepStore::Transition& transition) const {
  idempotency::CheckRequestId(request.request_id(), violations);
  const ParentKey parent = RequireInvestigation(request.parent(), violations);
  const bool goes_on = !request.step().empty();
  RequireState(request.state(), goes_on, violations);
  const ResourceKey step = goes_on ? RequireName(request.step(), kCollection, "step", violations) : ResourceKey();
  if (goes_on) RequireEtag(request.etag(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  if (!goes_on) return Add(call, parent, request, transition);
  return Change(call, step, kind, request, &CheckMayHandle,
                [&](InvestigationStepRecord record) -> absl::StatusOr<InvestigationStepChange> {
                  if (record.parent.name != request.parent()) {
                    return NotFound("investigation step", record.parent.placement);
                  }
                  return transition(std::move(record));
                });
}

// ---- information ----

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::RequestInformation(
    const rpc::CallContext& call, const v1::RequestInformationRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ParentKey parent = RequireInvestigation(request.parent(), violations);
  const Sender asked = RequireAskedUnit(parts_.units, request.unit(), violations);
  RequireText(request.concerning(), "concerning", violations);
  RequireQuestions(request, violations);
  RequireText(request.contact_function(), "contact_function", violations);
  if (!request.due_date().empty()) RequireDay(request.due_date(), "due_date", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Add(call, parent, request, [&](InvestigationStepRecord record) {
    return intake::RequestInformation(parts_.rules, std::move(record), request, asked, ActOf(call));
  });
}

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::HandOverInformation(
    const rpc::CallContext& call, const v1::HandOverInformationRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RequireEtag(request.etag(), violations);
  RequireText(request.answer(), "answer", violations);
  RequireText(request.answerer_function(), "answerer_function", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Change(call, key, Step::kInformationRequest, request, &CheckMayAnswer, [&](InvestigationStepRecord record) {
    return intake::HandOverInformation(std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::RemindOfInformation(
    const rpc::CallContext& call, const v1::RemindOfInformationRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RequireEtag(request.etag(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Change(call, key, Step::kInformationRequest, request, &CheckMayHandle, [&](InvestigationStepRecord record) {
    return intake::RemindOfInformation(std::move(record), ActOf(call));
  });
}

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::WithdrawQuestions(
    const rpc::CallContext& call, const v1::WithdrawQuestionsRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RequireEtag(request.etag(), violations);
  RequireText(request.reason(), "reason", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Change(call, key, Step::kInformationRequest, request, &CheckMayHandle, [&](InvestigationStepRecord record) {
    return intake::WithdrawQuestions(std::move(record), request, ActOf(call));
  });
}

// ---- what goes on ----

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::RecordReferenceTalk(
    const rpc::CallContext& call, const v1::RecordReferenceTalkRequest& request) const {
  status::Violations violations;
  RequireTalk(request, call.now, violations);
  return Record(call, Step::kReferenceTalk, request, violations, [&](InvestigationStepRecord record) {
    return intake::RecordReferenceTalk(parts_.rules, std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::RecordAccompaniment(
    const rpc::CallContext& call, const v1::RecordAccompanimentRequest& request) const {
  status::Violations violations;
  RequireCompany(request, call.now, violations);
  return Record(call, Step::kAccompaniment, request, violations, [&](InvestigationStepRecord record) {
    return intake::RecordAccompaniment(std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::RecordSpecialRepresentative(
    const rpc::CallContext& call, const v1::RecordSpecialRepresentativeRequest& request) const {
  status::Violations violations;
  RequireRepresentative(request, violations);
  return Record(call, Step::kSpecialRepresentative, request, violations, [&](InvestigationStepRecord record) {
    return intake::RecordSpecialRepresentative(std::move(record), request, ActOf(call));
  });
}

// ---- what is recorded once ----

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::ReportToPolice(
    const rpc::CallContext& call, const v1::ReportToPoliceRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ParentKey parent = RequireReportOrInvestigation(request.parent(), violations);
  RequirePoliceReport(request.police_report(), call.now, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Add(call, parent, request, [&](InvestigationStepRecord record) {
    return intake::ReportToPolice(parts_.rules, std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::InformConcerned(
    const rpc::CallContext& call, const v1::InformConcernedRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ParentKey parent = RequireInvestigation(request.parent(), violations);
  RequireNotice(request.notice_to_concerned(), call.now, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Add(call, parent, request, [&](InvestigationStepRecord record) {
    return intake::InformConcerned(parts_.rules, std::move(record), request, ActOf(call));
  });
}

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::RecordContact(
    const rpc::CallContext& call, const v1::RecordContactRequest& request) const {
  status::Violations violations;
  idempotency::CheckRequestId(request.request_id(), violations);
  const ParentKey parent = RequireReportOrInvestigation(request.parent(), violations);
  RequireContact(request.contact(), parent.is_report, call.now, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  return Add(call, parent, request, [&](InvestigationStepRecord record) {
    return intake::RecordContact(parts_.rules, std::move(record), request, ActOf(call));
  });
}

// ---- reading ----

absl::StatusOr<v1::InvestigationStep> InvestigationStepService::GetInvestigationStep(
    const rpc::CallContext& call, const v1::GetInvestigationStepRequest& request) const {
  status::Violations violations;
  const ResourceKey key = RequireName(request.name(), kCollection, "name", violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const InvestigationStepRecord record, store_.Find(call, key));
  ASSIGN_OR_RETURN(Step view, ViewFor(parts_.rules, call.caller, record, call.now));
  RETURN_IF_ERROR(store_.RecordRead(call, {&record}, {}));
  return view;
}

absl::StatusOr<v1::ListInvestigationStepsResponse> InvestigationStepService::ShowPage(
    const rpc::CallContext& call, const InvestigationStepStore::Page& page) const {
  v1::ListInvestigationStepsResponse response;
  std::vector<const InvestigationStepRecord*> shown;
  for (const InvestigationStepRecord& record : page.steps) {
    ASSIGN_OR_RETURN(*response.add_investigation_steps(), ViewFor(parts_.rules, call.caller, record, call.now));
    shown.push_back(&record);
  }
  for (const v1::NoticeToConcerned::Concerned concerned : NoticesOwed(page.parent)) {
    response.add_notices_owed(concerned);
  }
  RETURN_IF_ERROR(store_.RecordRead(call, shown, page.parent));
  return response;
}

absl::StatusOr<v1::ListInvestigationStepsResponse> InvestigationStepService::ListInvestigationSteps(
    const rpc::CallContext& call, const v1::ListInvestigationStepsRequest& request) const {
  status::Violations violations;
  const bool asked = !WorksAtSocialServices(call.caller);
  const std::string municipality = asked ? RequireMunicipality(request.parent(), violations) : std::string();
  const ParentKey parent = asked ? ParentKey() : RequireReportOrInvestigation(request.parent(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const int32_t page_size, paging::PageSize(request.page_size(), 50, 200));
  const paging::Binding binding{call.method, call.caller, FilterOf(request)};
  ASSIGN_OR_RETURN(const std::string cursor, OpenCursor(parts_.page_tokens, binding, request.page_token()));
  ASSIGN_OR_RETURN(
      const InvestigationStepStore::Page page,
      asked ? store_.ListAsked(call, municipality, page_size, cursor) : store_.List(call, parent, page_size, cursor));
  if (!asked) RETURN_IF_ERROR(CheckMayRead(call.caller, page.parent));
  ASSIGN_OR_RETURN(v1::ListInvestigationStepsResponse response, ShowPage(call, page));
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(binding, page.next_cursor));
  }
  return response;
}

std::unique_ptr<rpc::Service> InvestigationStepService::Serve(rpc::Adapter& adapter) const {
  auto service = std::make_unique<rpc::Service>(rpc::DescriptorOf<v1::InvestigationStepService>(), adapter);
  service->Add("RequestInformation", this, &InvestigationStepService::RequestInformation);
  service->Add("HandOverInformation", this, &InvestigationStepService::HandOverInformation);
  service->Add("RemindOfInformation", this, &InvestigationStepService::RemindOfInformation);
  service->Add("WithdrawQuestions", this, &InvestigationStepService::WithdrawQuestions);
  service->Add("RecordReferenceTalk", this, &InvestigationStepService::RecordReferenceTalk);
  service->Add("RecordAccompaniment", this, &InvestigationStepService::RecordAccompaniment);
  service->Add("RecordSpecialRepresentative", this, &InvestigationStepService::RecordSpecialRepresentative);
  service->Add("ReportToPolice", this, &InvestigationStepService::ReportToPolice);
  service->Add("InformConcerned", this, &InvestigationStepService::InformConcerned);
  service->Add("RecordContact", this, &InvestigationStepService::RecordContact);
  service->Add("GetInvestigationStep", this, &InvestigationStepService::GetInvestigationStep);
  service->Add("ListInvestigationSteps", this, &InvestigationStepService::ListInvestigationSteps);
  return service;
}

}  // namespace samverkan::intake
