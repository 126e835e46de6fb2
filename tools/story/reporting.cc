#include "absl/strings/str_cat.h"
#include "tools/story/chapters.h"
#include "tools/story/submissions.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;

v1::SubmitReportRequest RequestOf(const v1::Submission& submission) {
  v1::SubmitReportRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  *request.mutable_submission() = submission;
  return request;
}

void SubmitABadReport(World& world) {
  v1::Submission bad = SchoolReport();
  bad.mutable_child()->set_identity_number("20120503-2385");
  bad.mutable_reporter()->set_anonymous(true);
  bad.mutable_reporter()->clear_person_name();
  bad.clear_contact_person();
  bad.clear_guardians_told();
  bad.clear_signature();
  const auto answer = world.stage.As(world.cast.principal, &Reports::SubmitReport, RequestOf(bad));
  world.teller.Tell(
      Step(answer, "anonymous, unsigned, wrong check digit, family not told: each named, and where to call")
          .Refused(absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
                   {"submission.reporter.person_name", "submission.contact_person.function",
                    "submission.contact_person.email", "submission.child.identity_number", "submission.guardians_told",
                    "submission.signature.person_name"})
          .Conceals("20120503")
          .ShowRefusal()
          .Says("tel:+46846500410"));
}

void SubmitAGoodReport(World& world) {
  v1::Submission submission = SchoolReport();
  submission.set_consultation(world.consultation);
  world.submission = RequestOf(submission);
  *world.submission.add_siblings() = Sibling();
  const auto answer = world.stage.As(world.cast.principal, &Reports::SubmitReport, world.submission);
  Step step(answer, "the signed report (orosanmälan), family told; meeting and feedback wanted; a sibling");
  step.Ok().Is("reports, one a child", absl::StrCat(answer.response.reports_size()), "2");
  if (answer.response.reports_size() == 2) {
    world.report = answer.response.reports(0);
    world.sibling_report = answer.response.reports(1);
  }
  step.Holds("the handling is not shown to its sender",
             world.report.state() == v1::Report::STATE_UNSPECIFIED && world.report.child().empty());
  world.teller.Tell(step);
}

void SubmitAgain(World& world) {
  const auto same = world.stage.As(world.cast.principal, &Reports::SubmitReport, world.submission);
  world.teller.Tell(Step(same, "the same request again, as after a lost answer: the same reports, not new ones")
                        .Ok()
                        .Is("the report", First(same.response.reports()).name(), world.report.name()));
  v1::SubmitReportRequest changed = world.submission;
  changed.mutable_submission()->mutable_concern()->set_acute(true);
  const auto reused = world.stage.As(world.cast.principal, &Reports::SubmitReport, changed);
  world.teller.Tell(
      Step(reused, "its request_id with other content").Refused(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
}

// The caseworkers' system has a good certificate of its own.
void StealAToken(World& world) {
  v1::GetReportRequest request;
  request.set_name(world.report.name());
  const auto answer =
      world.stage.WithTokenOf(world.cast.principal, world.cast.caseworker, &Reports::GetReport, request);
  world.teller.Tell(Step(answer, "with the head teacher's token, stolen: worth nothing on another system's certificate")
                        .Refused(absl::StatusCode::kUnauthenticated, "CERTIFICATE_MISMATCH"));
}

}  // namespace

void SubmitTheReport(World& world) {
  world.teller.Chapter("Points 3 and 4. The family is told; the school writes, signs and submits the report.");
  world.stage.GoTo(10, 30);
  SubmitABadReport(world);
  SubmitAGoodReport(world);
  SubmitAgain(world);
  StealAToken(world);
}

}  // namespace samverkan::story
