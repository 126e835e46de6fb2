#ifndef SAMVERKAN_TOOLS_STORY_CONSENTING_H_
#define SAMVERKAN_TOOLS_STORY_CONSENTING_H_

#include <string>

#include "absl/time/time.h"
#include "samverkan/consent/v1/child.pb.h"
#include "samverkan/consent/v1/consent.pb.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "samverkan/intake/v1/feedback.pb.h"
#include "samverkan/intake/v1/report.pb.h"
#include "tools/story/cast.h"
#include "tools/story/stage.h"
#include "tools/story/step.h"

// What the story asks the consent service, and how it says what came of it.
namespace samverkan::story {

inline constexpr char kEducationBoard[] = "municipalities/0180/authorities/utbildningsnamnden";
inline constexpr char kMother[] = "Mona Granlund";
inline constexpr char kFather[] = "Per Granlund";
// What the school is told beyond the three facts.
inline constexpr char kMeasures[] = "Utredning pågår. Familjen har träffat oss två gånger.";
inline constexpr char kHandler[] = "Samir Haddad, Ungdomsenheten, telefon +46846500412";

// To register a child that was born on `birth`, "2012-05-03", whose parents have had its custody since, at the
// caller's authority, by `reference` as intake knows it; an empty one leaves that to the consent service.
consent::v1::RegisterChildRequest RegistrationOf(const intake::v1::Child& child, const std::string& birth,
                                                 const std::string& reference, const Person& caller);

// Of one who has or had custody of the child; an empty reference where there is no such one.
std::string GuardianOf(const consent::v1::Child& child, const std::string& person_name);

// May the social services tell the child's school, beyond the three facts, how the report went and who handles it?
consent::v1::Question MoreFeedback(const std::string& child);
// The same, once the school has been told the family's answer (rule L-005).
consent::v1::Question MoreFeedbackAfterTheAnswer(const std::string& child);

consent::v1::CheckDisclosureRequest CheckOf(const consent::v1::Question& question);

// To ask a guardian for consent to what `question` asks, for half a year from today.
consent::v1::AskConsentRequest AskFor(const consent::v1::Question& question, const std::string& child,
                                      const std::string& guardian, absl::Time now);

consent::v1::ConsentAnswer Said(consent::v1::ConsentAnswer::Verdict verdict);

// To tell the school more about its report, through the decision.
intake::v1::GiveExtendedFeedbackRequest TellMore(const intake::v1::Report& report,
                                                 const consent::v1::Decision& decision);

// What was decided on the category; an empty one where it was not asked.
consent::v1::CategoryDecision DecisionOn(const consent::v1::Decision& decision, data::v1::Category category);

// Expects the answer on the category, and the rule that it rests on.
void ExpectAnswer(const consent::v1::CategoryDecision& came, consent::v1::CategoryDecision::Answer answer,
                  const std::string& rule, Step& step);

// "INVESTIGATION          PERMIT         P-056, OSL 10:1"
std::string Describe(const consent::v1::CategoryDecision& decision);
void Show(const consent::v1::Decision& decision, Step& step);

}  // namespace samverkan::story

#endif  // SAMVERKAN_TOOLS_STORY_CONSENTING_H_
