#include "tools/story/chapters.h"

#include <algorithm>

namespace samverkan::story {
namespace {

constexpr void (*kChapters[])(World&) = {
    &Consult,      &SubmitTheReport,       &AssessTheReport,   &ConfirmReceipt, &HoldTheMeeting,  &Decide,
    &GiveFeedback, &AskTheFamily,          &MissADeadline,     &HearANo,        &SuspectViolence, &KeepSilent,
    &NeedToKnow,   &AskTheLawOfTheDay,     &TalkWithTheSchool, &Withdraw,       &ReportAgain,     &Investigate,
    &LookBack,     &AccountForDisclosures, &TellTheFamily,
};

}  // namespace

void TellTheStory(World& world) {
  for (const auto chapter : kChapters) {
    if (world.teller.Silenced()) return;
    chapter(world);
  }
}

intake::v1::Report First(const google::protobuf::RepeatedPtrField<intake::v1::Report>& reports) {
  return reports.empty() ? intake::v1::Report() : reports.Get(0);
}

bool Holds(const google::protobuf::RepeatedPtrField<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace samverkan::story
