#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "tools/story/chapters.h"
#include "tools/story/clocks.h"
#include "tools/story/consenting.h"
#include "tools/story/submissions.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;
using consent::v1::CategoryDecision;
using rules::v1::Disclosure;
using v1::InvestigationStep;

std::string Today(const World& world) { return proto_time::FormatDay(calendar::LegalDay(world.stage.Now())); }

// A request to record something in the investigation of the suspected violence.
template <typename Request>
Request InTheCase(const World& world) {
  Request request;
  request.set_parent(world.held_report.decision().investigation());
  request.set_request_id(NewRequestId());
  return request;
}

// The same, to go on with what was recorded before.
template <typename Request>
Request GoingOn(const World& world, const InvestigationStep& step) {
  auto request = InTheCase<Request>(world);
  request.set_step(step.name());
  request.set_etag(step.etag());
  return request;
}

template <typename Method, typename Request>
InvestigationStep Record(World& world, Method method, const Request& request, InvestigationStep::State state,
                         const std::string& meaning) {
  const auto answer = world.stage.As(world.cast.child_caseworker, method, request);
  world.teller.Tell(Step(answer, meaning)
                        .Ok()
                        .Is("the state", InvestigationStep::State_Name(answer.response.state()),
                            InvestigationStep::State_Name(state)));
  return answer.response;
}

// ---- what the guardians do not learn ----

void RegisterTheChild(World& world) {
  const auto answer = world.stage.As(
      world.cast.child_caseworker, &Children::RegisterChild,
      RegistrationOf(ViolenceReport().child(), "2016-06-06", world.held_report.child(), world.cast.child_caseworker));
  world.held_child = answer.response;
  world.teller.Tell(Step(answer, "the child is registered at the consent service, on hold from the first moment")
                        .Ok()
                        .Holds("it is on hold", answer.response.on_hold()));
}

Answer<consent::v1::Consent> AskTheMother(World& world) {
  return world.stage.As(world.cast.child_caseworker, &Consents::AskConsent,
                        AskFor(MoreFeedback(world.held_report.child()), world.held_child.name(),
                               GuardianOf(world.held_child, kMother), world.stage.Now()));
}

void AskOnHold(World& world) {
  world.teller.Tell(Step(AskTheMother(world), "a guardian is not even asked for consent: the question would tell")
                        .Refused(absl::StatusCode::kFailedPrecondition, "CHILD_ON_HOLD"));
}

// About what the child said, to `party`.
consent::v1::Question MayLearn(const World& world, Disclosure::Party party, Disclosure::Purpose purpose) {
  consent::v1::Question question;
  question.set_child(world.held_report.child());
  question.mutable_discloser()->set_party(Disclosure::SOCIAL_SERVICES);
  question.mutable_discloser()->set_authority(kBoard);
  question.mutable_recipient()->set_party(party);
  question.add_categories(data::v1::CONCERN);
  question.set_purpose(purpose);
  return question;
}

void Check(World& world, const consent::v1::Question& question, CategoryDecision::Answer expected,
           const std::string& rule, const std::string& meaning) {
  const auto answer = world.stage.As(world.cast.child_caseworker, &Disclosures::CheckDisclosure, CheckOf(question));
  Step step(answer, meaning);
  step.Ok();
  ExpectAnswer(DecisionOn(answer.response, data::v1::CONCERN), expected, rule, step);
  Show(answer.response, step);
  world.teller.Tell(step);
}

void CheckTheGuardian(World& world) {
  auto question = MayLearn(world, Disclosure::GUARDIAN, Disclosure::INSIGHT);
  question.mutable_recipient()->set_guardian(GuardianOf(world.held_child, kMother));
  Check(world, question, CategoryDecision::DENY, "S-009",
        "may a guardian see what was reported? Not while it is on hold");
}

void CheckThePolice(World& world) {
  auto question = MayLearn(world, Disclosure::POLICE, Disclosure::CRIME_INVESTIGATION);
  question.mutable_recipient()->set_authority("municipalities/0180/authorities/soderorts-polismastardistrikt");
  consent::v1::RecordedTest& test = *question.add_tests();
  test.set_test("suspicion and the child's best");
  test.set_verdict(consent::v1::RecordedTest::FOR_TELLING);
  test.set_reasons("Blåmärken och barnets egen berättelse. Barnet behöver skydd nu.");
  Check(world, question, CategoryDecision::PERMIT_WITH_CONDITIONS, "P-069", "may the police? Yes, on a recorded test");
}

v1::InformConcernedRequest TellTheGuardians(const World& world) {
  auto request = InTheCase<v1::InformConcernedRequest>(world);
  request.mutable_notice_to_concerned()->set_concerned(v1::NoticeToConcerned::GUARDIANS_CONCERNED);
  *request.mutable_notice_to_concerned()->mutable_inform_time() = proto_time::ToProto(world.stage.Now());
  return request;
}

void InformOnHold(World& world) {
  const auto answer =
      world.stage.As(world.cast.child_caseworker, &InvestigationSteps::InformConcerned, TellTheGuardians(world));
  world.teller.Tell(Step(answer, "nor may they be told that an investigation was opened")
                        .Refused(absl::StatusCode::kFailedPrecondition, "ON_HOLD"));
}

// ---- the crime ----

void ReportTheCrime(World& world) {
  auto request = InTheCase<v1::ReportToPoliceRequest>(world);
  v1::PoliceReport& report = *request.mutable_police_report();
  report.set_suspicion(v1::PoliceReport::LIFE_AND_HEALTH);
  *report.mutable_report_time() = proto_time::ToProto(world.stage.Now());
  report.set_police_reference("5000-K1234-26");
  report.mutable_test()->set_suspicion_reasons("Blåmärken och barnets egen berättelse.");
  report.mutable_test()->set_child_best_reasons("Barnet behöver skydd, och det kan inte vänta.");
  Record(world, &InvestigationSteps::ReportToPolice, request, InvestigationStep::DONE,
         "social services report the crime to the police (polisanmälan), on a test by a qualified person");
}

InvestigationStep ApplyForARepresentative(World& world) {
  auto request = InTheCase<v1::RecordSpecialRepresentativeRequest>(world);
  request.set_state(InvestigationStep::OPEN);
  request.mutable_special_representative()->set_date(Today(world));
  return Record(world, &InvestigationSteps::RecordSpecialRepresentative, request, InvestigationStep::OPEN,
                "the prosecutor applies for a special representative (särskild företrädare)");
}

InvestigationStep Appoint(World& world, const InvestigationStep& applied) {
  auto request = GoingOn<v1::RecordSpecialRepresentativeRequest>(world, applied);
  request.set_state(InvestigationStep::DONE);
  v1::SpecialRepresentative& representative = *request.mutable_special_representative();
  representative.set_representative("Advokat Lars Malm");
  representative.set_court_case("Södertörns tingsrätt, Ä 117-26");
  representative.set_date(Today(world));
  return Record(world, &InvestigationSteps::RecordSpecialRepresentative, request, InvestigationStep::DONE,
                "the court appoints one, who decides instead of the guardians");
}

void RegisterTheRepresentative(World& world) {
  auto request = ChangeOf<consent::v1::RecordSpecialRepresentativeRequest>(world.held_child);
  request.mutable_special_representative()->set_person_name("Lars Malm");
  request.mutable_special_representative()->set_from_date(Today(world));
  const auto answer = world.stage.As(world.cast.child_caseworker, &Children::RecordSpecialRepresentative, request);
  if (answer.status.ok()) world.held_child = answer.response;
  world.teller.Tell(Step(answer, "and the registry knows")
                        .Ok()
                        .Is("how many", absl::StrCat(answer.response.special_representatives_size()), "1"));
}

v1::Accompaniment CompanyOf(const World& world, const InvestigationStep& representative) {
  v1::Accompaniment company;
  company.set_companion("Lisa på fritids");
  company.set_companion_workplace("Bredängsskolans fritidshem");
  *company.mutable_interview_time() = proto_time::ToProto(world.stage.Now());
  company.set_special_representative(representative.name());
  return company;
}

InvestigationStep PlanCompany(World& world, const InvestigationStep& representative) {
  auto request = InTheCase<v1::RecordAccompanimentRequest>(world);
  request.set_state(InvestigationStep::OPEN);
  *request.mutable_accompaniment() = CompanyOf(world, representative);
  *request.mutable_accompaniment()->mutable_interview_time() = proto_time::ToProto(world.stage.Now() + absl::Hours(72));
  return Record(world, &InvestigationSteps::RecordAccompaniment, request, InvestigationStep::OPEN,
                "and asks one of the after-school centre, whom the child trusts, to go with it to the interview");
}

void GiveCompany(World& world, const InvestigationStep& planned) {
  auto request = GoingOn<v1::RecordAccompanimentRequest>(world, planned);
  request.set_state(InvestigationStep::DONE);
  *request.mutable_accompaniment() = planned.accompaniment();
  *request.mutable_accompaniment()->mutable_interview_time() = proto_time::ToProto(world.stage.Now());
  Record(world, &InvestigationSteps::RecordAccompaniment, request, InvestigationStep::DONE,
         "the interview is held; the companion waits outside");
}

// ---- the hold ----

void ReviewTheHold(World& world) {
  v1::Report& report = world.held_report;
  auto request = ChangeOf<v1::ReviewHoldRequest>(report);
  request.set_reason("Polisen har inte hört barnet än.");
  const auto answer = world.stage.As(world.cast.child_caseworker, &Reports::ReviewHold, request);
  if (answer.status.ok()) report = answer.response;
  const auto held = proto_time::FromProto(report.hold().hold_time()).value_or(absl::InfinitePast());
  world.teller.Tell(Step(answer, "the hold is reviewed within its seven days, and stands")
                        .Ok()
                        .Is("the reviewer", report.hold().reviews().empty() ? "" : report.hold().reviews(0).reviewer(),
                            world.cast.child_caseworker.subject)
                        .Clock(FindFirstClock(report.deadlines(), "hold_review"), Met(HoldReview(held)))
                        .Clock(FindClock(report.deadlines(), "hold_review"), HoldReview(answer.time)));
}

void ReleaseTheHold(World& world) {
  v1::Report& report = world.held_report;
  auto request = ChangeOf<v1::ReleaseReportRequest>(report);
  request.set_reason("Barnet är hört; vårdnadshavarna underrättas nu.");
  const auto answer = world.stage.As(world.cast.child_caseworker, &Reports::ReleaseReport, request);
  if (answer.status.ok()) report = answer.response;
  const v1::Deadline clock = FindClock(report.deadlines(), "hold_review");
  const auto reviewed = proto_time::FromProto(clock.start_time()).value_or(absl::InfinitePast());
  world.teller.Tell(Step(answer, "the child has been heard by the police: a named caseworker releases the hold")
                        .Ok()
                        .Is("who released it", report.hold().released_by(), world.cast.child_caseworker.subject)
                        .Clock(clock, Met(HoldReview(reviewed))));
}

void ReleaseAtTheConsentService(World& world) {
  consent::v1::SetHoldRequest request;
  request.set_name(world.held_child.name());
  request.set_authority(kBoard);
  request.set_report(world.held_report.name());
  const auto answer = world.stage.As(world.cast.child_caseworker, &Children::SetHold, request);
  world.teller.Tell(Step(answer, "and the consent service knows").Ok());
}

void SeeWhoIsToBeTold(World& world) {
  v1::ListInvestigationStepsRequest request;
  request.set_parent(world.held_report.decision().investigation());
  const auto answer = world.stage.As(world.cast.child_caseworker, &InvestigationSteps::ListInvestigationSteps, request);
  const auto& owed = answer.response.notices_owed();
  Step step(answer, "what was done stands in the case; of the notices the child's own is still owed");
  step.Ok()
      .Is("how many are owed", absl::StrCat(owed.size()), "1")
      .Holds("it is the child's", owed.size() == 1 && owed[0] == v1::NoticeToConcerned::CHILD_CONCERNED);
  for (const InvestigationStep& each : answer.response.investigation_steps()) {
    step.Show(absl::StrFormat("%-22s %s  %s",
                              InvestigationStep::descriptor()->FindFieldByNumber(each.kind_case())->name(),
                              InvestigationStep::State_Name(each.state()), each.legal_basis()));
  }
  world.teller.Tell(step);
}

void AskAfterwards(World& world) {
  const auto answer = AskTheMother(world);
  world.teller.Tell(Step(answer, "now a guardian can be asked")
                        .Ok()
                        .Is("the state", consent::v1::Consent::State_Name(answer.response.state()), "ASKED"));
}

}  // namespace

void KeepSilent(World& world) {
  world.teller.Chapter("Annex 4. While the police investigate, the guardians are told nothing and asked nothing.");
  RegisterTheChild(world);
  AskOnHold(world);
  CheckTheGuardian(world);
  InformOnHold(world);
  CheckThePolice(world);
  ReportTheCrime(world);
  const InvestigationStep applied = ApplyForARepresentative(world);
  world.stage.GoToMorning(4);
  ReviewTheHold(world);
  const InvestigationStep appointed = Appoint(world, applied);
  RegisterTheRepresentative(world);
  const InvestigationStep planned = PlanCompany(world, appointed);
  world.stage.GoToMorning(3);
  GiveCompany(world, planned);
  ReleaseTheHold(world);
  ReleaseAtTheConsentService(world);
  Record(world, &InvestigationSteps::InformConcerned, TellTheGuardians(world), InvestigationStep::DONE,
         "the guardians are told that an investigation was opened");
  SeeWhoIsToBeTold(world);
  AskAfterwards(world);
}

}  // namespace samverkan::story
