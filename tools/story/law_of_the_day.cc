#include "absl/time/civil_time.h"
#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "tools/story/chapters.h"
#include "tools/story/clocks.h"
#include "tools/story/submissions.h"

namespace samverkan::story {
namespace {

namespace v1 = intake::v1;

void Receive(World& world, absl::CivilHour received, const std::string& child, const std::string& meaning,
             ClockIs (*assessment)(absl::Time), ClockIs (*decision)(absl::Time)) {
  const absl::Time time = absl::FromCivil(received, calendar::Stockholm());
  v1::ReceiveReportRequest request;
  request.set_parent(kBoard);
  request.set_request_id(NewRequestId());
  *request.mutable_submission() = LateReport(child);
  *request.mutable_receive_time() = proto_time::ToProto(time);
  const auto answer = world.stage.As(world.cast.reception, &Reports::ReceiveReport, request);
  const v1::Report report = First(answer.response.reports());
  world.teller.Tell(Step(answer, meaning)
                        .Ok()
                        .Clock(FindClock(report.deadlines(), "protection_assessment"), assessment(time))
                        .Clock(FindClock(report.deadlines(), "decision_to_open"), decision(time)));
}

}  // namespace

void AskTheLawOfTheDay(World& world) {
  world.teller.Chapter(
      "Two letters are found that were never registered. Each clock takes the law of the day it started.");
  Receive(world, absl::CivilHour(2025, 6, 20, 10), kChildOfJune, "received on 2025-06-20: the act of 2001",
          &OldProtectionAssessment, &OldDecisionToOpen);
  Receive(world, absl::CivilHour(2025, 7, 10, 10), kChildOfJuly, "received on 2025-07-10: the act of 2025",
          &ProtectionAssessment, &DecisionToOpen);
}

}  // namespace samverkan::story
