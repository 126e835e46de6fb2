#include "tests/e2e/planting.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "libs/category/category.h"
#include "libs/clock/clock.h"
#include "libs/proto_time/proto_time.h"
#include "libs/rpc/client.h"
#include "libs/rpc/testing/calls.h"
#include "libs/rpc/trace_context.h"

namespace samverkan::tests {
namespace {

namespace v1 = intake::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Official test numbers.
constexpr char kSecondChild[] = "201201172390";
constexpr char kThirdChild[] = "201201222385";
constexpr char kGuardian[] = "197505279294";
constexpr char kSql[] = "'; DROP TABLE report; --";
constexpr int kDeepest = 4;

// A caller whose name and subject are planted too.
auth::Caller Named(auth::Caller caller) {
  caller.given_name = "Engelbrektina";
  caller.family_name = Planting::kMarker;
  return caller;
}

std::vector<const google::protobuf::ServiceDescriptor*> Services() {
  return {
      v1::Report::descriptor()->file()->service(0),
      v1::ListConsultationsResponse::descriptor()->file()->service(0),
      v1::RecordProtectionAssessmentRequest::descriptor()->file()->service(0),
      v1::ReportMeeting::descriptor()->file()->service(0),
      v1::Feedback::descriptor()->file()->service(0),
      v1::Investigation::descriptor()->file()->service(0),
      v1::InvestigationStep::descriptor()->file()->service(0),
      v1::EmergencyAccess::descriptor()->file()->service(0),
      v1::Placement::descriptor()->file()->service(0),
      v1::Transfer::descriptor()->file()->service(0),
      v1::FollowUp::descriptor()->file()->service(0),
      v1::Erasure::descriptor()->file()->service(0),
      v1::ExtractItem::descriptor()->file()->service(0),
      v1::SignedDecision::descriptor()->file()->service(0),
      consent::v1::Child::descriptor()->file()->service(0),
      consent::v1::Consent::descriptor()->file()->service(0),
      consent::v1::ExtractItem::descriptor()->file()->service(0),
      consent::v1::Erasure::descriptor()->file()->service(0),
      events::v1::Event::descriptor()->file()->service(0),
      audit::v1::Entry::descriptor()->file()->service(0),
      audit::v1::ReviewSample::descriptor()->file()->service(0),
      audit::v1::ExtractedEntry::descriptor()->file()->service(0),
  };
}

ServiceSet::Service ProcessOf(const google::protobuf::ServiceDescriptor& service) {
  if (service.full_name().find(".audit.") != std::string::npos) return ServiceSet::kAudit;
  if (service.full_name().find(".consent.") != std::string::npos) return ServiceSet::kConsent;
  return ServiceSet::kIntake;
}

}  // namespace

Planting::Planting(const ServiceSet& set, const Client& client, PlantedTexts& planted)
    : set_(set), client_(client), planted_(planted), texts_(planted) {
  planted_.Add(kMarker);
  planted_.Add("Engelbrektina");
}

std::string Planting::NewText() {
  return absl::StrCat("Det står här att Ärla ", kMarker, " på Åvägen ", ++next_text_, " är rädd.");
}

void Planting::Plant(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field.is_repeated() && reflection.HasField(message, &field)) {
        Plant(*reflection.MutableMessage(&message, &field));
      }
      for (int k = 0; field.is_repeated() && k < reflection.FieldSize(message, &field); ++k) {
        Plant(*reflection.MutableRepeatedMessage(&message, &field, k));
      }
    } else if (field.type() == FieldDescriptor::TYPE_STRING && field.containing_oneof() == nullptr &&
               category::IsPersonal(category::CategoryOf(field, data::v1::CATEGORY_UNSPECIFIED))) {
      if (field.is_repeated()) {
        reflection.AddString(&message, &field, NewText());
      } else if (reflection.GetString(message, &field).empty()) {
        reflection.SetString(&message, &field, NewText());
      }
    }
  }
}

void Planting::PlantEverywhere(Message& message, int depth) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count() && depth < kDeepest; ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_map()) {
      PlantEverywhere(*(field.is_repeated() ? reflection.AddMessage(&message, &field)
                                            : reflection.MutableMessage(&message, &field)),
                      depth + 1);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const std::string text = absl::StrCat(NewText(), kSql);
      if (field.is_repeated()) {
        reflection.AddString(&message, &field, text);
      } else {
        reflection.SetString(&message, &field, text);
      }
    }
  }
}

v1::SubmitReportRequest Planting::NewReport(const std::string& identity_number) {
  v1::SubmitReportRequest request = SchoolReport(identity_number);
  request.mutable_submission()->mutable_contact_person()->set_email("elevhalsan@ofverstahl-skola.example");
  request.mutable_submission()->mutable_contact_person()->set_telephone("+46846500477");
  request.mutable_submission()->mutable_guardians(0)->set_identity_number(kGuardian);
  request.mutable_submission()->mutable_guardians(0)->set_telephone("+46846500478");
  request.mutable_submission()->set_feedback_wanted(true);
  request.mutable_submission()->set_report_meeting_wanted(true);
  Plant(request);
  return request;
}

v1::Report Planting::Get(const std::string& name) {
  v1::GetReportRequest request;
  request.set_name(name);
  return Do(Named(Caseworker()), &Reports::GetReport, request);
}

void Planting::PlantInAFile() {
  Consult();
  Submit();
  Assess();
  Meet();
  Contact();
  Investigate();
  TakeSteps();
  Place();
  Transfer();
  CloseAndReopen();
  HoldAndForward();
  DeclareEmergency();
  HoldTheFile();
}

void Planting::Consult() {
  v1::CreateConsultationRequest ask;
  ask.set_parent(kBoard);
  ask.set_request_id(NewRequestId());
  Plant(ask);
  const auto asked = Do(Named(Principal()), &Consultations::CreateConsultation, ask);
  v1::AdviseConsultationRequest advise;
  advise.set_conclusion(v1::Consultation::REPORT_ADVISED);
  Do(Named(Reception()), &Consultations::AdviseConsultation, ChangeOf(asked, advise));
  v1::ListConsultationsRequest list;
  list.set_parent(kMunicipality);
  EXPECT_EQ(Do(Named(Principal()), &Consultations::ListConsultations, list).consultations(0).question(),
            ask.question());
}

void Planting::Submit() {
  v1::SubmitReportRequest request = NewReport(kChild);
  request.add_siblings()->set_identity_number(kSibling);
  Plant(request);
  const auto sent = Do(Named(Principal()), &Reports::SubmitReport, request);
  report_ = Get(sent.reports(0).name());
  EXPECT_EQ(report_.submission().SerializeAsString(), request.submission().SerializeAsString());

  v1::SupplementReportRequest supplement;
  supplement.set_name(report_.name());
  supplement.set_request_id(NewRequestId());
  Plant(supplement);
  Do(Named(Principal()), &Reports::SupplementReport, supplement);
  Do(Named(Reception()), &Reports::ConfirmReceipt, ChangeOf<v1::ConfirmReceiptRequest>(Get(report_.name())));
}

void Planting::Assess() {
  v1::RecordProtectionAssessmentRequest assess;
  assess.set_need(v1::NO_IMMEDIATE_PROTECTION);
  Do(Named(Caseworker()), &Assessments::RecordProtectionAssessment, ChangeOf(Get(report_.name()), assess));

  v1::ExtendPreliminaryAssessmentRequest extend;
  extend.set_ground("synnerliga skäl");
  extend.set_latest_date("2026-02-02");
  Do(Named(Caseworker()), &Assessments::ExtendPreliminaryAssessment, ChangeOf(Get(report_.name()), extend));

  v1::MarkProtectedIdentityRequest mark;
  mark.set_protection(v1::ProtectedIdentityMark::PROTECTED);
  Do(Named(Caseworker()), &Reports::MarkProtectedIdentity, ChangeOf(Get(report_.name()), mark));
}

void Planting::Meet() {
  report_ = Get(report_.name());
  v1::OfferReportMeetingRequest offer;
  *offer.mutable_meet_time() = proto_time::ToProto(set_.Now() + absl::Hours(48));
  offer = ChangeOf(report_, offer);
  offer.set_name(report_.name() + "/meeting");
  const auto offered = Do(Named(Caseworker()), &Meetings::OfferReportMeeting, offer);
  v1::RecordReportMeetingRequest held;
  *held.mutable_meet_time() = proto_time::ToProto(set_.Now() - absl::Minutes(1));
  Do(Named(Caseworker()), &Meetings::RecordReportMeeting, ChangeOf(offered, held));
}

void Planting::Investigate() {
  v1::AssignReportRequest assign;
  assign.set_assignee(Caseworker().subject);
  assign.set_unit(kReceptionUnit);
  Do(Named(ReceptionManager()), &Reports::AssignReport, ChangeOf(Get(report_.name()), assign));

  v1::DecideReportRequest decide;
  decide.set_outcome(v1::Decision::OPENED);
  const auto decided = Do(Named(Caseworker()), &Assessments::DecideReport, ChangeOf(Get(report_.name()), decide));
  v1::GetInvestigationRequest get;
  get.set_name(decided.decision().investigation());
  investigation_ = Do(Named(Caseworker()), &Investigations::GetInvestigation, get);

  v1::GiveFeedbackRequest give;
  give.set_parent(report_.name());
  give.set_request_id(NewRequestId());
  give.set_etag(decided.etag());
  give.mutable_suitability_test()->set_verdict(v1::SuitabilityTest::SUITABLE);
  Plant(*give.mutable_suitability_test());
  give.mutable_suitability_test()->clear_tester();
  Do(Named(Caseworker()), &FeedbackCalls::GiveFeedback, give);
  v1::RequestFeedbackRequest ask;
  ask.set_parent(report_.name());
  ask.set_request_id(NewRequestId());
  texts_.See(client_.As(Named(Principal()), &FeedbackCalls::RequestFeedback, ask).response);
}

void Planting::Contact() {
  v1::RecordContactRequest contact;
  contact.set_parent(report_.name());
  contact.set_request_id(NewRequestId());
  contact.mutable_contact()->set_counterpart(v1::Contact::CHILD_CONTACTED);
  *contact.mutable_contact()->mutable_contact_time() = proto_time::ToProto(set_.Now());
  Plant(contact);
  Do(Named(Caseworker()), &InvestigationSteps::RecordContact, contact);
}

void Planting::TakeSteps() {
  AskTheSchool();
  v1::RecordReferenceTalkRequest talk = StepOf<v1::RecordReferenceTalkRequest>();
  talk.set_state(v1::InvestigationStep::DONE);
  *talk.mutable_reference_talk()->mutable_talk_time() = proto_time::ToProto(set_.Now());
  Plant(talk);
  Do(Named(Caseworker()), &InvestigationSteps::RecordReferenceTalk, talk);
  v1::RecordSpecialRepresentativeRequest representative = StepOf<v1::RecordSpecialRepresentativeRequest>();
  representative.set_state(v1::InvestigationStep::DONE);
  representative.mutable_special_representative()->set_date("2026-01-12");
  Plant(representative);
  Do(Named(Caseworker()), &InvestigationSteps::RecordSpecialRepresentative, representative);
  v1::RecordAccompanimentRequest company = StepOf<v1::RecordAccompanimentRequest>();
  company.set_state(v1::InvestigationStep::OPEN);
  *company.mutable_accompaniment()->mutable_interview_time() = proto_time::ToProto(set_.Now());
  Plant(company);
  Do(Named(Caseworker()), &InvestigationSteps::RecordAccompaniment, company);
  v1::ReportToPoliceRequest crime = StepOf<v1::ReportToPoliceRequest>();
  crime.mutable_police_report()->set_suspicion(v1::PoliceReport::LIFE_AND_HEALTH);
  *crime.mutable_police_report()->mutable_report_time() = proto_time::ToProto(set_.Now());
  crime.mutable_police_report()->mutable_test();
  Plant(crime);
  Do(Named(Caseworker()), &InvestigationSteps::ReportToPolice, crime);
  v1::InformConcernedRequest inform = StepOf<v1::InformConcernedRequest>();
  inform.mutable_notice_to_concerned()->set_concerned(v1::NoticeToConcerned::GUARDIANS_CONCERNED);
  Plant(inform);
  Do(Named(Caseworker()), &InvestigationSteps::InformConcerned, inform);
  v1::ListInvestigationStepsRequest list;
  list.set_parent(investigation_.name());
  EXPECT_EQ(Do(Named(Caseworker()), &InvestigationSteps::ListInvestigationSteps, list).investigation_steps_size(), 7);
}

void Planting::AskTheSchool() {
  v1::RequestInformationRequest ask = StepOf<v1::RequestInformationRequest>();
  ask.set_unit("municipalities/0180/units/bredangsskolan");
  Plant(ask);
  const auto withdrawn = Do(Named(Caseworker()), &InvestigationSteps::RequestInformation, ask);
  Do(Named(Caseworker()), &InvestigationSteps::WithdrawQuestions, ChangeOf<v1::WithdrawQuestionsRequest>(withdrawn));
  ask.set_request_id(NewRequestId());
  auto asked = Do(Named(Caseworker()), &InvestigationSteps::RequestInformation, ask);
  asked = Do(Named(Caseworker()), &InvestigationSteps::RemindOfInformation,
             ChangeOf<v1::RemindOfInformationRequest>(asked));
  v1::GetInvestigationStepRequest get;
  get.set_name(asked.name());
  const auto seen = Do(Named(Principal()), &InvestigationSteps::GetInvestigationStep, get);
  EXPECT_EQ(seen.information_request().concerning(), ask.concerning());
  Do(Named(Principal()), &InvestigationSteps::HandOverInformation, ChangeOf<v1::HandOverInformationRequest>(seen));
}

void Planting::Place() {
  v1::RecordPlacementRequest record;
  record.set_parent(investigation_.name());
  record.set_request_id(NewRequestId());
  record.set_home(v1::Placement::FAMILY_HOME);
  record.set_ground(v1::Placement::CARE_OF_YOUNG_PERSONS_ACT);
  *record.mutable_start_time() = proto_time::ToProto(set_.Now() - absl::Hours(1));
  Plant(record);
  auto placement = Do(Named(Caseworker()), &Placements::RecordPlacement, record);
  EXPECT_EQ(placement.place(), record.place());
  v1::ReviewPlacementRequest review;
  review.set_verdict(v1::PlacementReview::TO_END);
  placement = Do(Named(Caseworker()), &Placements::ReviewPlacement, ChangeOf(placement, review));
  v1::RecordReturnHomeDialogueRequest dialogue;
  *dialogue.mutable_hold_time() = proto_time::ToProto(set_.Now() - absl::Minutes(1));
  placement = Do(Named(Caseworker()), &Placements::RecordReturnHomeDialogue, ChangeOf(placement, dialogue));
  v1::EndPlacementRequest end;
  end.set_outcome(v1::PlacementEnd::RETURNED_HOME);
  placement_ = Do(Named(Caseworker()), &Placements::EndPlacement, ChangeOf(placement, end)).name();
  v1::ListPlacementsRequest list;
  list.set_parent(investigation_.name());
  EXPECT_EQ(Do(Named(Caseworker()), &Placements::ListPlacements, list).placements_size(), 1);
}

void Planting::Transfer() {
  v1::RequestTransferRequest ask;
  ask.set_parent(investigation_.name());
  ask.set_request_id(NewRequestId());
  ask.set_receiver("municipalities/0180/authorities/hasselby-vallingby");
  Plant(ask);
  const auto asked = Do(Named(Caseworker()), &Transfers::RequestTransfer, ask);
  v1::ListReceivedTransfersRequest list;
  list.set_parent("municipalities/0180/authorities/hasselby-vallingby");
  const auto received = Do(Named(OtherBoard()), &Transfers::ListReceivedTransfers, list);
  EXPECT_EQ(received.transfers(0).reasons(), ask.reasons());
  v1::AnswerTransferRequest answer;
  answer.set_verdict(v1::TransferAnswer::REFUSED);
  const auto answered = Do(Named(OtherBoard()), &Transfers::AnswerTransfer, ChangeOf(received.transfers(0), answer));
  const auto applied =
      Do(Named(Caseworker()), &Transfers::ApplyToInspectorate, ChangeOf<v1::ApplyToInspectorateRequest>(answered));
  v1::RecordInspectorateDecisionRequest decision;
  decision.set_outcome(v1::InspectorateDecision::NOT_TRANSFERRED);
  Do(Named(Caseworker()), &Transfers::RecordInspectorateDecision, ChangeOf(applied, decision));
}

// After the closing; a new investigation ends it.
void Planting::FollowUp() {
  v1::BeginFollowUpRequest begin;
  begin.set_parent(investigation_.name());
  begin.set_request_id(NewRequestId());
  begin.set_ground(v1::FollowUp::PARTICULAR_NEED);
  begin.set_placement(placement_);
  begin.add_notices()->set_concerned(v1::FollowUpNotice::GUARDIANS);
  Plant(begin);
  const auto begun = Do(Named(Caseworker()), &FollowUps::BeginFollowUp, begin);
  EXPECT_EQ(begun.need(), begin.need());
  v1::RecordFollowUpNoticeRequest notice;
  notice.mutable_notice()->set_concerned(v1::FollowUpNotice::CHILD);
  notice.mutable_notice()->set_occasion(v1::FollowUpNotice::START);
  Do(Named(Caseworker()), &FollowUps::RecordFollowUpNotice, ChangeOf(begun, notice));
}

void Planting::CloseAndReopen() {
  v1::ExtendInvestigationRequest extend;
  extend.set_ground("särskilda skäl");
  extend.set_latest_date("2026-07-01");
  investigation_ = Do(Named(Caseworker()), &Investigations::ExtendInvestigation, ChangeOf(investigation_, extend));
  v1::CloseInvestigationRequest close;
  close.set_result(v1::Closing::WITHOUT_MEASURE);
  close = ChangeOf(investigation_, close);
  investigation_ = Do(Named(Caseworker()), &Investigations::CloseInvestigation, close);
  EXPECT_EQ(investigation_.closing().reasons(), close.reasons());
  v1::ExportDecisionsRequest decisions;
  decisions.set_name(investigation_.name());
  EXPECT_EQ(Do(Named(Caseworker()), &Decisions::ExportDecisions, decisions).decisions_size(), 1);
  FollowUp();
  investigation_ = Do(Named(Caseworker()), &Investigations::ReopenInvestigation,
                      ChangeOf<v1::ReopenInvestigationRequest>(investigation_));
  v1::ListInvestigationsRequest list;
  list.set_parent(kMunicipality);
  Do(Named(Caseworker()), &Investigations::ListInvestigations, list);
}

// Of a child about whom the reception heard by telephone.
void Planting::HoldAndForward() {
  v1::ReceiveReportRequest receive;
  receive.set_parent(kBoard);
  receive.set_request_id(NewRequestId());
  *receive.mutable_submission() = NewReport(kSecondChild).submission();
  receive.mutable_submission()->mutable_guardians_told()->mutable_not_told()->set_reason(v1::NotTold::OTHER);
  Plant(receive);
  v1::Report report = Do(Named(Reception()), &Reports::ReceiveReport, receive).reports(0);
  report = Do(Named(Caseworker()), &Reports::HoldReport, ChangeOf<v1::HoldReportRequest>(report));
  report = Do(Named(Caseworker()), &Reports::ReviewHold, ChangeOf<v1::ReviewHoldRequest>(report));
  report = Do(Named(Caseworker()), &Reports::ReleaseReport, ChangeOf<v1::ReleaseReportRequest>(report));
  v1::DeclineReportMeetingRequest decline;
  decline.set_decline_reason(v1::ReportMeeting::IMPOSSIBLE);
  decline = ChangeOf(report, decline);
  decline.set_name(report.name() + "/meeting");
  Do(Named(Caseworker()), &Meetings::DeclineReportMeeting, decline);
  v1::ForwardReportRequest forward;
  forward.set_destination("municipalities/0180/authorities/hasselby-vallingby");
  Do(Named(Caseworker()), &Reports::ForwardReport, ChangeOf(Get(report.name()), forward));
}

void Planting::DeclareEmergency() {
  v1::DeclareEmergencyAccessRequest declare;
  declare.set_parent(kBoard);
  declare.set_request_id(NewRequestId());
  declare.set_identity_number(kChild);
  Plant(declare);
  const auto access = Do(Named(YouthCaseworker()), &EmergencyAccesses::DeclareEmergencyAccess, declare);
  v1::ReviewEmergencyAccessRequest review;
  review.set_verdict(v1::EmergencyAccessReview::NOT_JUSTIFIED);
  review = ChangeOf(access, review);
  Do(Named(ReceptionManager()), &EmergencyAccesses::ReviewEmergencyAccess, review);
  v1::ListEmergencyAccessesRequest list;
  list.set_parent(kBoard);
  const auto listed = Do(Named(ReceptionManager()), &EmergencyAccesses::ListEmergencyAccesses, list);
  EXPECT_EQ(listed.emergency_accesses(0).reviews(0).note(), review.note());
}

void Planting::HoldTheFile() {
  v1::PlaceLegalHoldRequest place;
  place.set_parent(kBoard);
  place.set_request_id(NewRequestId());
  place.set_child(report_.child());
  Plant(place);
  const auto placed = Do(Named(ReceptionManager()), &Retention::PlaceLegalHold, place);
  Do(Named(ReceptionManager()), &Retention::ReleaseLegalHold, ChangeOf<v1::ReleaseLegalHoldRequest>(placed));
}

void Planting::PlantInTheRegistry() {
  consent::v1::RegisterChildRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  request.set_reference(report_.child());
  request.set_identity_number(kChild);
  request.set_given_name(NewText());
  request.set_family_name(NewText());
  request.add_units(kReceptionUnit);
  consent::v1::Guardian& guardian = *request.add_guardians();
  guardian.set_person_name(NewText());
  guardian.set_identity_number(kGuardian);
  guardian.set_kind(consent::v1::Guardian::PARENT);
  guardian.set_from_date("2012-05-03");
  consent::v1::Child child = Do(Named(Caseworker()), &Children::RegisterChild, request);
  EXPECT_EQ(child.given_name(), request.given_name());

  consent::v1::RecordGuardianRequest record = ChangeOf<consent::v1::RecordGuardianRequest>(child);
  *record.mutable_guardian() = guardian;
  record.mutable_guardian()->set_person_name(NewText());
  record.mutable_guardian()->clear_identity_number();
  child = PlantConsent(Do(Named(Caseworker()), &Children::RecordGuardian, record));
  consent::v1::EndCustodyRequest end;
  end.set_guardian(child.guardians(0).guardian());
  end.set_to_date("2026-01-11");
  end.set_cause(consent::v1::Guardian::CUSTODY_MOVED);
  child = Do(Named(Caseworker()), &Children::EndCustody, ChangeOf(child, end));
  consent::v1::RecordSpecialRepresentativeRequest appoint;
  appoint.mutable_special_representative()->set_from_date("2026-01-12");
  child = Do(Named(Caseworker()), &Children::RecordSpecialRepresentative, ChangeOf(child, appoint));
  consent::v1::ChangeIdentityNumberRequest number;
  number.mutable_identity_number()->set_identity_number(kSecondChild);
  number.mutable_identity_number()->set_from_date("2026-01-12");
  number.mutable_identity_number()->set_cause(consent::v1::IdentityNumber::CORRECTED);
  child = Do(Named(Caseworker()), &Children::ChangeIdentityNumber, ChangeOf(child, number));
  HoldInTheRegistry(report_.child());
  HideInTheRegistry(child);
}

consent::v1::Consent Planting::AskGuardian(const consent::v1::Child& registered) {
  consent::v1::AskConsentRequest ask;
  ask.set_parent(registered.name());
  ask.set_request_id(NewRequestId());
  ask.mutable_giver()->set_guardian(registered.guardians(0).guardian());
  consent::v1::ConsentScope& scope = *ask.mutable_scope();
  scope.mutable_discloser()->set_party(rules::v1::Disclosure::SOCIAL_SERVICES);
  scope.mutable_discloser()->set_authority(kBoard);
  scope.mutable_recipient()->set_party(rules::v1::Disclosure::CHILD);
  scope.add_categories(data::v1::CONCERN);
  scope.set_purpose(rules::v1::Disclosure::INSIGHT);
  scope.set_from_date("2026-01-12");
  scope.set_to_date("2026-06-12");
  return Do(Named(Caseworker()), &Consents::AskConsent, ask);
}

consent::v1::Consent Planting::AnswerWithTexts(const consent::v1::Consent& asked, const std::string& absent_guardian) {
  consent::v1::RecordConsentRequest record;
  record.set_name(asked.name());
  record.set_request_id(NewRequestId());
  record.set_etag(asked.etag());
  consent::v1::ConsentAnswer& answer = *record.mutable_answer();
  answer.set_verdict(consent::v1::ConsentAnswer::YES);
  answer.set_form(consent::v1::ConsentAnswer::ORAL);
  answer.set_documentation(NewText());
  answer.set_reservation(NewText());
  answer.mutable_child_voice()->set_opinion(consent::v1::ChildVoice::AGREES);
  answer.mutable_child_voice()->set_words(NewText());
  answer.mutable_child_voice()->set_maturity(consent::v1::ChildVoice::TOGETHER);
  answer.mutable_child_voice()->set_reasons(NewText());
  answer.mutable_absent_guardian()->set_guardian(absent_guardian);
  answer.mutable_absent_guardian()->set_reasons(NewText());
  const auto given = Do(Named(Caseworker()), &Consents::RecordConsent, record);
  EXPECT_EQ(given.answer().child_voice().words(), answer.child_voice().words());
  return given;
}

consent::v1::Child Planting::PlantConsent(const consent::v1::Child& registered) {
  const consent::v1::Consent given = AnswerWithTexts(AskGuardian(registered), registered.guardians(1).guardian());
  consent::v1::RenewConsentRequest renew;
  renew.set_to_date("2026-12-12");
  const auto renewed = Do(Named(Caseworker()), &Consents::RenewConsent, ChangeOf(given, renew));
  consent::v1::WithdrawConsentRequest withdraw;
  withdraw.set_name(renewed.name());
  withdraw.set_request_id(NewRequestId());
  withdraw.set_withdrawal(NewText());
  Do(Named(Caseworker()), &Consents::WithdrawConsent, withdraw);
  consent::v1::ListConsentsRequest list;
  list.set_parent(registered.name());
  EXPECT_EQ(Do(Named(Caseworker()), &Consents::ListConsents, list).consents_size(), 1);
  consent::v1::GetChildRequest get;
  get.set_name(registered.name());
  return Do(Named(Caseworker()), &Children::GetChild, get);
}

void Planting::HoldInTheRegistry(const std::string& reference) {
  consent::v1::PlaceLegalHoldRequest place;
  place.set_parent(kBoard);
  place.set_request_id(NewRequestId());
  place.set_child(reference);
  Plant(place);
  const auto placed = Do(Named(ReceptionManager()), &ConsentRetention::PlaceLegalHold, place);
  Do(Named(ReceptionManager()), &ConsentRetention::ReleaseLegalHold,
     ChangeOf<consent::v1::ReleaseLegalHoldRequest>(placed));
}

void Planting::HideInTheRegistry(const consent::v1::Child& registered) {
  consent::v1::AssignChildRequest assign;
  assign.set_name(registered.name());
  assign.set_request_id(NewRequestId());
  assign.set_etag(registered.etag());
  assign.add_units(kReceptionUnit);
  assign.set_assignee(NewText());
  const auto assigned = Do(Named(ReceptionManager()), &Children::AssignChild, assign);
  consent::v1::RecordProtectionRequest protect;
  protect.mutable_protection()->set_level(rules::v1::Disclosure::SECRECY_MARKING);
  protect.mutable_protection()->set_from_date("2026-01-12");
  Do(Named(Caseworker()), &Children::RecordProtection, ChangeOf(assigned, protect));
  consent::v1::SetHoldRequest hold;
  hold.set_name(registered.name());
  hold.set_authority(kBoard);
  hold.set_report(report_.name());
  hold.set_on_hold(true);
  Do(Named(Caseworker()), &Children::SetHold, hold);
  consent::v1::FindChildRequest find;
  find.set_parent(kBoard);
  find.set_identity_number(kSecondChild);
  EXPECT_TRUE(Do(Named(Caseworker()), &Children::FindChild, find).on_hold());
  ExtractFromTheRegistry(registered);
}

void Planting::ExtractFromTheRegistry(const consent::v1::Child& registered) {
  consent::v1::ExtractChildRequest extract;
  extract.set_parent(kBoard);
  extract.set_child(registered.name().substr(registered.name().rfind('/') + 1));
  extract.set_recipient(consent::v1::CHILD);
  extract.set_texts_reviewed(true);
  EXPECT_GT(Do(ReceptionManager(), &ConsentExtracts::ExtractChild, extract).items_size(), 1);
  consent::v1::ListHiddenResourcesRequest hidden;
  hidden.set_parent(kBoard);
  hidden.set_child(extract.child());
  EXPECT_GT(Do(Auditor(), &ConsentExtracts::ListHiddenResources, hidden).resources_size(), 0);
}

void Planting::PlantInTheLog() {
  audit::v1::SearchEntriesRequest search;
  search.set_child(report_.child());
  const auto found = Do(Auditor(), &Audit::SearchEntries, search);
  ASSERT_GT(found.entries_size(), 0);
  search.Clear();
  search.set_actor(kMarker);
  Do(Auditor(), &Audit::SearchEntries, search);
  audit::v1::GetEntryRequest get;
  get.set_name(found.entries(0).name());
  Do(Auditor(), &Audit::GetEntry, get);

  audit::v1::DrawReviewSampleRequest draw;
  draw.set_request_id(NewRequestId());
  draw.set_first_day("2026-01-12");
  draw.set_last_day("2026-01-12");
  draw.set_random_size(5);
  draw.set_risk_size(5);
  audit::v1::GetReviewSampleRequest sample;
  sample.set_name(Do(Auditor(), &Reviews::DrawReviewSample, draw).name());
  const auto drawn = Do(Auditor(), &Reviews::GetReviewSample, sample);
  ASSERT_GT(drawn.items_size(), 0);
  audit::v1::RecordReviewOutcomeRequest record;
  record.set_verdict(audit::v1::ReviewOutcome::UNAUTHORISED);
  record = ChangeOf(drawn.items(0), record);
  EXPECT_EQ(Do(Auditor(), &Reviews::RecordReviewOutcome, record).outcomes(0).note(), record.note());
  audit::v1::ListTouchedChildrenRequest touched;
  touched.set_actor(Caseworker().subject);
  touched.set_system(Caseworker().system);
  *touched.mutable_start_time() = proto_time::ToProto(set_.Now() - absl::Hours(1));
  *touched.mutable_end_time() = proto_time::ToProto(set_.Now() + absl::Hours(1));
  Do(Auditor(), &Reviews::ListTouchedChildren, touched);
  ExtractForTheChild();
}

void Planting::ExtractForTheChild() {
  v1::ExtractChildRequest file;
  file.set_parent(kBoard);
  file.set_child(report_.child());
  file.set_recipient(v1::CHILD);
  file.set_texts_reviewed(true);
  file.add_reporters_without_danger(report_.name());
  EXPECT_GT(Do(ReceptionManager(), &Extracts::ExtractChild, file).items_size(), 0);
  v1::ListHiddenResourcesRequest hidden;
  hidden.set_parent(kBoard);
  hidden.set_child(report_.child());
  Do(Auditor(), &Extracts::ListHiddenResources, hidden);
  audit::v1::ExtractEntriesRequest log;
  log.set_child(report_.child());
  log.set_recipient(audit::v1::CHILD);
  EXPECT_GT(Do(Auditor(), &LogExtracts::ExtractEntries, log).entries_size(), 0);
}

void Planting::Send(const auth::Caller& caller, ServiceSet::Service service, const std::string& path,
                    const std::string& bytes) {
  grpc::ClientContext context;
  rpc::Prepare(set_.TokenOf(Named(caller)), clock::SystemClock().Now() + absl::Seconds(20), rpc::NewTrace(), context);
  const grpc::Status status = rpc::testing::CallWithBytes(client_.ChannelOf(caller, service), path, bytes, context);
  EXPECT_FALSE(status.ok()) << path;
  errors_ += status.error_message() + status.error_details();
  ++refusals_;
}

void Planting::PlantInRefusals() {
  google::protobuf::DynamicMessageFactory factory;
  for (const auto* const service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const google::protobuf::MethodDescriptor& method = *service->method(i);
      // Nothing can be planted where a request has no field.
      if (method.input_type()->field_count() == 0) continue;
      const std::unique_ptr<Message> request(factory.GetPrototype(method.input_type())->New());
      PlantEverywhere(*request, 0);
      for (const auth::Caller& caller :
           {Principal(), Reception(), Caseworker(), ReceptionManager(), Auditor(), Integrator(), OtherTown()}) {
        Send(caller, ProcessOf(*service), absl::StrCat("/", service->full_name(), "/", method.name()),
             request->SerializeAsString());
      }
    }
  }
  CallWithBadMetadata();
  CallWithBadBytes();
}

// What a person or a program may put where no text belongs.
void Planting::CallWithBadMetadata() {
  v1::GetReportRequest request;
  request.set_name(report_.name());
  const std::string text = absl::StrCat("ofverstahl ", kGuardian);
  for (const char* const name : {"traceparent", "tracestate", "x-request-id", "x-user", "samverkan-caller",
                                 "samverkan-role", "user-agent", "grpc-accept-encoding"}) {
    grpc::ClientContext context;
    rpc::Prepare(set_.TokenOf(Caseworker()), clock::SystemClock().Now() + absl::Seconds(20), rpc::NewTrace(), context);
    context.AddMetadata(name, text);
    v1::Report response;
    const grpc::Status status =
        Reports(client_.ChannelOf(Caseworker(), ServiceSet::kIntake)).GetReport(&context, request, &response);
    errors_ += status.error_message() + status.error_details();
  }
  auto stranger = Caseworker();
  stranger.subject = text;
  stranger.system = "arendesystemet";
  errors_ += client_.As(stranger, &Reports::GetReport, request).wire;
  errors_ += client_.With(Caseworker(), text, &Reports::GetReport, request).wire;
  planted_.Add(text);
  planted_.AddIdentityNumber(kGuardian);
}

void Planting::CallWithBadBytes() {
  const std::string method = "/samverkan.intake.v1.ReportService/SubmitReport";
  const std::string text = NewText();
  v1::SubmitReportRequest request = NewReport(kThirdChild);
  texts_.See(request);
  std::string cut_off = request.SerializeAsString();
  cut_off.resize(cut_off.size() / 2);
  std::string latin1 = NewReport(kThirdChild).SerializeAsString();
  for (size_t at; (at = latin1.find("\xC3\x96")) != std::string::npos;) latin1.replace(at, 2, "\xD6\xD6");
  for (const std::string& bytes : {text, cut_off, latin1}) Send(Principal(), ServiceSet::kIntake, method, bytes);
  Send(Principal(), ServiceSet::kIntake, "/samverkan.intake.v1.ReportService/Ofverstahl", "");
  planted_.Add("Ofverstahl");
}

}  // namespace samverkan::tests
