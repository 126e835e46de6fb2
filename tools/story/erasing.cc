#include <algorithm>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/calendar/calendar.h"
#include "tools/story/chapters.h"
#include "tools/story/reading.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;

// A month after the child has turned thirty.
constexpr absl::CivilHour kThirty(2042, 6, 2, 9);

// What the sweeper proposes, it does a moment after the day has come.
v1::Erasure SeeTheProposal(World& world) {
  v1::ListErasuresRequest request;
  request.set_parent(kBoard);
  request.set_state(v1::Erasure::PROPOSED);
  Answer<v1::ListErasuresResponse> answer;
  v1::Erasure proposed;
  world.stage.Await([&] {
    answer = world.stage.As(world.cast.manager, &Retention::ListErasures, request);
    for (const v1::Erasure& erasure : answer.response.erasures()) {
      if (erasure.child() == world.report.child()) proposed = erasure;
    }
    return !answer.status.ok() || !proposed.name().empty();
  });
  const auto names = [&](const std::string& resource) {
    return std::any_of(proposed.grounds().begin(), proposed.grounds().end(),
                       [&](const v1::ErasureGround& ground) { return ground.resource() == resource; });
  };
  Step step(answer, "what may go now is proposed to the head of the unit");
  step.Ok()
      .Holds("the first report is named", names(world.report.name()))
      .Holds("the later report is named", names(world.later_report.name()))
      .Holds("the investigation is named", names(world.investigation.name()))
      .Holds("nothing of the child is left then", proposed.whole_child());
  for (const v1::ErasureGround& ground : proposed.grounds()) {
    step.Show(ground.resource() + "  " + ground.rule() + ", " + ground.legal_basis() + ": from " +
              ground.earliest_date());
  }
  world.teller.Tell(step);
  return proposed;
}

void Hold(World& world, const v1::Erasure& proposed) {
  v1::PlaceLegalHoldRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  request.set_child(world.report.child());
  request.set_reasons("Inspektionen för vård och omsorg har begärt akten.");
  const auto placed = world.stage.As(world.cast.manager, &Retention::PlaceLegalHold, request);
  world.teller.Tell(Step(placed, "but an inspection has asked for the file: it is held").Ok());

  v1::GetErasureRequest get;
  get.set_name(proposed.name());
  Answer<v1::Erasure> erasure;
  world.stage.Await([&] {
    erasure = world.stage.As(world.cast.manager, &Retention::GetErasure, get);
    return !erasure.status.ok() || erasure.response.state() == v1::Erasure::LAPSED;
  });
  world.teller.Tell(Step(erasure, "what was proposed lapses, and nobody can approve it any more")
                        .Ok()
                        .Is("the state", v1::Erasure::State_Name(erasure.response.state()), "LAPSED"));

  auto release = ChangeOf<v1::ReleaseLegalHoldRequest>(placed.response);
  release.set_reasons("Inspektionen är avslutad.");
  world.teller.Tell(
      Step(world.stage.As(world.cast.manager, &Retention::ReleaseLegalHold, release), "the inspection is over").Ok());
}

void Approve(World& world, const v1::Erasure& proposed) {
  auto request = ChangeOf<v1::ApproveErasureRequest>(proposed);
  request.set_reasons("Akten är genomgången: inget ska bevaras.");
  const auto answer = world.stage.As(world.cast.manager, &Retention::ApproveErasure, request);
  world.teller.Tell(Step(answer, "the head of the unit approves")
                        .Ok()
                        .Is("the state", v1::Erasure::State_Name(answer.response.state()), "APPROVED"));
}

void FindNothing(World& world) {
  v1::GetReportRequest request;
  request.set_name(world.report.name());
  Answer<v1::Report> report;
  world.stage.Await([&] {
    report = world.stage.As(world.cast.manager, &Reports::GetReport, request);
    return !report.status.ok();
  });
  world.teller.Tell(Step(report, "the report is gone").Refused(absl::StatusCode::kNotFound, "REPORT_NOT_FOUND"));
  v1::GetInvestigationRequest investigation;
  investigation.set_name(world.investigation.name());
  world.teller.Tell(
      Step(world.stage.As(world.cast.manager, &Investigations::GetInvestigation, investigation), "and so is the rest")
          .Refused(absl::StatusCode::kNotFound, "INVESTIGATION_NOT_FOUND"));
}

}  // namespace

void Erase(World& world) {
  world.teller.Chapter("The child has turned thirty: the time of its file has come (gallring).");
  world.stage.Set(absl::FromCivil(kThirty, calendar::Stockholm()));
  Hold(world, SeeTheProposal(world));
  // What was held is proposed anew on a later day.
  world.stage.GoToMorning(1);
  Approve(world, SeeTheProposal(world));
  FindNothing(world);
}

}  // namespace samverkan::story
