#include "absl/strings/str_cat.h"
#include "tools/story/chapters.h"
#include "tools/story/submissions.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;

constexpr char kNumberInText[] = "120503-2384";
constexpr char kQuestion[] = "En elev är ofta borta, kommer hungrig och säger att ingen är hemma. Hur gör vi?";

void FamilyApplies(World& world) {
  v1::ReceiveReportRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  *request.mutable_submission() = Application();
  const auto answer = world.stage.As(world.cast.reception, &Reports::ReceiveReport, request);
  world.teller.Tell(Step(answer, "another family applies for support itself (ansökan): no report's clocks run")
                        .Ok()
                        .Is("the clocks", absl::StrCat(First(answer.response.reports()).deadlines_size()), "0"));
}

void AskWithIdentity(World& world) {
  v1::CreateConsultationRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  request.set_question(absl::StrCat("Vi är oroliga för en elev, ", kNumberInText, ", som ofta är borta."));
  const auto answer = world.stage.As(world.cast.principal, &Consultations::CreateConsultation, request);
  world.teller.Tell(Step(answer, "the question holds an identity number (personnummer)")
                        .Refused(absl::StatusCode::kInvalidArgument, "FIELD_INVALID", {"question"})
                        .Conceals(kNumberInText)
                        .ShowRefusal()
                        .Says("character 28"));
}

void AskWithoutIdentity(World& world) {
  v1::CreateConsultationRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  request.set_question(kQuestion);
  request.set_age(13);
  const auto answer = world.stage.As(world.cast.principal, &Consultations::CreateConsultation, request);
  world.consultation = answer.response.name();
  world.teller.Tell(Step(answer, "the same without identity: a consultation (konsultation)").Ok());
}

void Advise(World& world) {
  v1::GetConsultationRequest request;
  request.set_name(world.consultation);
  const auto read = world.stage.As(world.cast.reception, &Consultations::GetConsultation, request);
  world.teller.Tell(
      Step(read, "the reception unit reads the question").Ok().Is("it", read.response.question(), kQuestion));

  auto advice = ChangeOf<v1::AdviseConsultationRequest>(read.response);
  advice.set_advice("Gör en orosanmälan. Berätta för vårdnadshavarna först.");
  advice.set_conclusion(v1::Consultation::REPORT_ADVISED);
  const auto given = world.stage.As(world.cast.reception, &Consultations::AdviseConsultation, advice);
  world.teller.Tell(Step(given, "advice: tell the family, then report").Ok());

  const auto seen = world.stage.As(world.cast.principal, &Consultations::GetConsultation, request);
  world.teller.Tell(Step(seen, "the school reads the advice").Ok().Is("it", seen.response.advice(), advice.advice()));
}

}  // namespace

void Consult(World& world) {
  world.teller.Chapter(
      "Points 1 and 2. The family may apply itself; the school asks for advice without naming the child.");
  FamilyApplies(world);
  world.stage.GoTo(9, 40);
  AskWithIdentity(world);
  AskWithoutIdentity(world);
  world.stage.Pass(absl::Minutes(10));
  Advise(world);
}

}  // namespace samverkan::story
