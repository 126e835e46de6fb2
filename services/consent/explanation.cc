#include "services/consent/explanation.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "libs/proto_time/proto_time.h"

namespace samverkan::consent {
namespace {

using Looked = v1::RuleLookedAt;

struct Translation {
  absl::string_view name;
  absl::string_view swedish;
};

// What rules call their tests, and their facts, in Swedish.
constexpr Translation kTests[] = {
    {"balancing", "intresseavvägning"},
    {"concrete circumstances", "konkreta omständigheter"},
    {"concrete circumstances and suitability", "konkreta omständigheter och lämplighet"},
    {"considerable harm", "betydande men"},
    {"considerable harm and maturity", "betydande men och mognad"},
    {"danger of violence or other serious harm", "fara för våld eller annat allvarligt men"},
    {"harm", "menprövning"},
    {"imminent and serious risk", "överhängande och allvarlig risk"},
    {"legal review", "juridisk granskning"},
    {"maturity", "mognadsbedömning"},
    {"necessity", "nödvändighet"},
    {"overriding reasons", "övervägande skäl"},
    {"particular weight", "synnerlig vikt"},
    {"special circumstances", "särskilda omständigheter"},
    {"suitability", "lämplighet"},
    {"suspicion and the child's best", "misstanke och barnets bästa"},
};

constexpr Translation kFacts[] = {
    {"answer_told", "att anmälaren har fått veta familjens svar"},
    {"investigation_opened", "att en utredning har inletts"},
    {"mandated_reporter", "att anmälaren är anmälningsskyldig"},
    {"recipient_has_custody", "att mottagaren är vårdnadshavare"},
    {"recipient_is_assigned_or_on_duty", "att mottagaren är barnets handläggare eller jouren"},
    {"recipient_is_party", "att mottagaren är part"},
    {"requested_by_recipient", "att mottagaren har begärt uppgiften"},
    {"risk_of_serious_violence_to_close_person", "risk för allvarligt våld mot närstående"},
    {"risk_of_terror_or_threat_to_security", "risk för terroristbrott eller hot mot rikets säkerhet"},
};

// A name that is not here stands for itself: a municipality may have tests of its own.
template <size_t size>
std::string SwedishName(const Translation (&pairs)[size], const std::string& name) {
  for (const Translation& pair : pairs) {
    if (pair.name == name) return std::string(pair.swedish);
  }
  return name;
}

std::string SwedishTest(const std::string& name) { return SwedishName(kTests, name); }

std::string SwedishFact(const std::string& name) { return SwedishName(kFacts, name); }

std::string FactInWords(const std::string& name) { return absl::StrReplaceAll(name, {{"_", " "}}); }

// A duty, as what whoever tells shall do.
absl::string_view SwedishDuty(int duty) {
  switch (duty) {
    case Disclosure::INFORM_GUARDIANS:
      return "underrätta vårdnadshavarna";
    case Disclosure::HIDE_WHEREABOUTS:
      return "utelämna det som röjer var barnet finns";
    case Disclosure::RECORD_HARM_TEST:
      return "anteckna menprövningen i akten";
    case Disclosure::CHECK_FREE_TEXT:
      return "låta en person läsa fri text först";
    case Disclosure::ASK_GUARDIANS:
      return "fråga vårdnadshavarna om samtycke";
    case Disclosure::TELL_NO_MORE_THAN_NEEDED:
      return "inte lämna mer än mottagaren behöver";
    case Disclosure::KEEP_TO_RESERVATION:
      return "hålla sig inom det förbehåll som gjordes med samtycket";
    default:
      return "följa regelns villkor";
  }
}

struct Words {
  std::string english;
  std::string swedish;
};

Words WhyDecided(const DisclosureRule& rule) {
  switch (rule.effect) {
    case Disclosure::WITHHOLD:
      return {"It applies: the data is not told, whatever else permits it.",
              "Regeln gäller: uppgiften lämnas inte ut, vad som än annars skulle tillåta det."};
    case Disclosure::SECRET:
      return {"The recorded harm test found that telling does no harm: the data may be told.",
              "Den dokumenterade menprövningen visar att uppgiften kan röjas utan men: den får lämnas ut."};
    default:
      return {"It applies: the data may be told.", "Regeln gäller: uppgiften får lämnas ut."};
  }
}

Words WhyApplied(const DisclosureRule& rule) {
  switch (rule.effect) {
    case Disclosure::WITHHOLD:
      return {"It applies: this recipient is told only by a duty or a special rule.",
              "Regeln gäller: mottagaren får veta bara genom en skyldighet eller en särskild regel."};
    case Disclosure::SECRET:
      return {"This secrecy holds, and no harm test lifts it.",
              "Denna sekretess gäller, och ingen menprövning häver den."};
    case Disclosure::RESTRICT:
      return {"It applies, and what it asks for is there.", "Regeln gäller, och det den kräver finns."};
    default:
      return {"It would permit, but a stricter rule lacks what it asks for.",
              "Regeln skulle tillåta, men en strängare regel saknar det den kräver."};
  }
}

std::string TestOf(const DisclosureRule& rule) { return rule.rule->test_to_record(); }

Words WhyFactMissing(const DisclosureRule& rule) {
  std::vector<std::string> english, swedish;
  for (const std::string& fact : rule.rule->disclosure().facts()) {
    english.push_back(FactInWords(fact));
    swedish.push_back(SwedishFact(fact));
  }
  return {absl::StrCat("A fact that it needs is not recorded: it needs ", absl::StrJoin(english, ", "), "."),
          absl::StrCat("Något som regeln kräver är inte dokumenterat: ", absl::StrJoin(swedish, ", "), ".")};
}

Words WhyRecordLacks(const DisclosureRule& rule, Looked::Outcome outcome) {
  switch (outcome) {
    case Looked::FACT_MISSING:
      return WhyFactMissing(rule);
    case Looked::TEST_MISSING:
      return {absl::StrCat("Nobody has recorded the test that it needs: ", TestOf(rule), "."),
              absl::StrCat("Ingen har dokumenterat den prövning som regeln kräver: ", SwedishTest(TestOf(rule)), ".")};
    case Looked::TEST_AGAINST:
      return {absl::StrCat("The recorded test went against telling: ", TestOf(rule), "."),
              absl::StrCat("Den dokumenterade prövningen talar mot att lämna ut: ", SwedishTest(TestOf(rule)), ".")};
    case Looked::CONSENT_MISSING:
      return {"A consent that it needs is missing.", "Ett samtycke som behövs saknas."};
    case Looked::CONSENT_REFUSED:
      return {"One whose consent it needs said no or withdrew.",
              "Någon vars samtycke behövs har sagt nej eller återkallat."};
    case Looked::LEGAL_REVIEW:
      return {
          "It would permit, and a lawyer must decide: its text was not read, it says so, or it is not known which "
          "secrecy holds.",
          "Regeln skulle tillåta, men en jurist måste avgöra: texten är inte läst, regeln säger det, eller det är "
          "inte känt vilken sekretess som gäller."};
    default:
      return {"The answer was given by a rule before it.", "En tidigare regel har redan gett svaret."};
  }
}

Words Why(const DisclosureRule& rule, Looked::Outcome outcome) {
  switch (outcome) {
    case Looked::DECIDED:
      return WhyDecided(rule);
    case Looked::APPLIED:
      return WhyApplied(rule);
    case Looked::NOT_IN_FORCE:
      return {"It is not in force on the day.", "Regeln gäller inte den dagen."};
    case Looked::OTHER_DISCLOSER:
      return {"It is about others who tell.", "Regeln gäller andra som lämnar ut."};
    case Looked::OTHER_RECIPIENT:
      return {"It is about others who are told.", "Regeln gäller andra mottagare."};
    case Looked::PRIVATE_RECIPIENT:
      return {"It is for authorities, and the recipient is none.",
              "Regeln gäller myndigheter, och mottagaren är ingen myndighet."};
    case Looked::OTHER_CATEGORY:
      return {"It is about other data.", "Regeln gäller andra uppgifter."};
    case Looked::OTHER_PURPOSE:
      return {"It is for other purposes.", "Regeln gäller andra ändamål."};
    case Looked::OTHER_AGE:
      return {"It is for another age, or the age is not known.",
              "Regeln gäller en annan ålder, eller åldern är okänd."};
    case Looked::SECRECY_TOO_STRONG:
      return {"It never breaks the secrecy that holds here.", "Regeln bryter aldrig den sekretess som gäller här."};
    case Looked::OTHER_CIRCUMSTANCES:
      return {"It is about another protection or hold than the child's, or its test lifted it.",
              "Regeln gäller ett annat skydd eller läge än barnets, eller så har prövningen hävt den."};
    default:
      return WhyRecordLacks(rule, outcome);
  }
}

v1::RuleLookedAt Told(const DisclosureRule& rule, const DisclosureRule::Wording* wording, Looked::Outcome outcome) {
  v1::RuleLookedAt told;
  told.set_step(rule.step);
  told.set_rule(rule.rule->id());
  told.set_topic(rule.rule->topic());
  told.set_text(rule.rule->text());
  told.set_swedish_text(rule.rule->swedish_text());
  if (wording != nullptr) {
    told.set_legal_basis(wording->version->legal_basis());
    told.set_text_grade(wording->version->text_grade());
    told.set_date_grade(wording->version->date_grade());
  }
  told.set_outcome(outcome);
  Words why = Why(rule, outcome);
  told.set_why(std::move(why.english));
  told.set_swedish_why(std::move(why.swedish));
  return told;
}

// Why a rule was not even looked at: it is about other parties.
Looked::Outcome OtherParties(const DisclosureRule& rule, const DisclosureRule::Wording* wording,
                             const v1::Question& question) {
  if (wording == nullptr) return Looked::NOT_IN_FORCE;
  if ((rule.disclosers & SetOf(question.discloser().party())) == 0) return Looked::OTHER_DISCLOSER;
  if ((rule.told & SetOf(question.recipient().party())) == 0) return Looked::OTHER_RECIPIENT;
  return Looked::PRIVATE_RECIPIENT;
}

// Where an answer rests: " enligt OSL 26:9 a (regel P-031)".
std::string SwedishGround(const CategoryEvaluation& evaluation) {
  if (evaluation.rule == nullptr) return "";
  return absl::StrCat(" enligt ", evaluation.wording->version->legal_basis(), " (regel ", evaluation.rule->rule->id(),
                      ")");
}

std::string SwedishDuties(EnumSet duties) {
  std::vector<absl::string_view> parts;
  for (int duty = 1; duty < Disclosure::Duty_ARRAYSIZE; ++duty) {
    if ((duties & SetOf(duty)) != 0) parts.push_back(SwedishDuty(duty));
  }
  return parts.empty() ? "" : absl::StrCat(" Den som lämnar ut ska ", absl::StrJoin(parts, ", "), ".");
}

std::string SwedishMissing(const CategoryEvaluation& evaluation) {
  std::vector<std::string> parts;
  for (const std::string& test : evaluation.missing_tests) parts.push_back(SwedishTest(test));
  for (const std::string& fact : evaluation.missing_facts) parts.push_back(SwedishFact(fact));
  return parts.empty() ? "" : absl::StrCat(" Inte dokumenterat: ", absl::StrJoin(parts, "; "), ".");
}

absl::string_view SwedishAnswer(v1::CategoryDecision::Answer answer) {
  switch (answer) {
    case v1::CategoryDecision::PERMIT:
      return "Uppgifterna får lämnas ut";
    case v1::CategoryDecision::PERMIT_WITH_CONDITIONS:
      return "Uppgifterna får lämnas ut, med villkor,";
    case v1::CategoryDecision::NEEDS_CONSENT:
      return "Uppgifterna får lämnas ut bara med de samtycken som saknas,";
    case v1::CategoryDecision::NEEDS_LEGAL_REVIEW:
      return "En jurist måste avgöra om uppgifterna får lämnas ut";
    default:
      return "Uppgifterna får inte lämnas ut";
  }
}

std::string InSwedish(const CategoryEvaluation& evaluation) {
  std::string ground = SwedishGround(evaluation);
  std::string text = absl::StrCat(SwedishAnswer(evaluation.answer), ground);
  if (!text.empty() && text.back() == ',') text.pop_back();
  absl::StrAppend(&text, ".");
  if (evaluation.wording != nullptr && evaluation.wording->unverified) {
    absl::StrAppend(&text, " Regelns text eller datum är inte läst i lagen.");
  }
  absl::StrAppend(&text, SwedishDuties(evaluation.duties), SwedishMissing(evaluation));
  return text;
}

v1::CategoryExplanation Explain(const DisclosureRules::InOrder& all, const v1::Question& question, absl::CivilDay day,
                                const CategoryEvaluation& evaluation) {
  v1::CategoryExplanation explanation;
  *explanation.mutable_decision() = DecisionOf(evaluation);
  explanation.set_swedish(InSwedish(evaluation));
  size_t next = 0;
  for (const DisclosureRule* rule : all) {
    if (next < evaluation.looked_at.size() && evaluation.looked_at[next].rule == rule) {
      const CategoryEvaluation::LookedAt& looked = evaluation.looked_at[next++];
      *explanation.add_rules() = Told(*rule, looked.wording, looked.outcome);
    } else {
      const DisclosureRule::Wording* wording = rule->InForce(day);
      *explanation.add_rules() = Told(*rule, wording, OtherParties(*rule, wording, question));
    }
  }
  return explanation;
}

}  // namespace

v1::CategoryDecision DecisionOf(const CategoryEvaluation& evaluation) {
  v1::CategoryDecision decision;
  decision.set_category(evaluation.category);
  decision.set_answer(evaluation.answer);
  if (evaluation.rule != nullptr) {
    decision.set_rule(evaluation.rule->rule->id());
    decision.set_legal_basis(evaluation.wording->version->legal_basis());
    decision.set_unverified(evaluation.wording->unverified);
  }
  decision.mutable_tests()->Assign(evaluation.tests.begin(), evaluation.tests.end());
  decision.mutable_consents()->Assign(evaluation.consents.begin(), evaluation.consents.end());
  for (int duty = 1; duty < Disclosure::Duty_ARRAYSIZE; ++duty) {
    if ((evaluation.duties & SetOf(duty)) != 0) decision.add_duties(static_cast<Disclosure::Duty>(duty));
  }
  decision.mutable_missing_tests()->Assign(evaluation.missing_tests.begin(), evaluation.missing_tests.end());
  decision.mutable_missing_facts()->Assign(evaluation.missing_facts.begin(), evaluation.missing_facts.end());
  decision.mutable_missing_consents()->Assign(evaluation.missing_consents.begin(), evaluation.missing_consents.end());
  return decision;
}

v1::Explanation ExplanationOf(const DisclosureRules& rules, const v1::Question& question, absl::CivilDay day,
                              const Evaluation& evaluation) {
  v1::Explanation explanation;
  explanation.set_day(proto_time::FormatDay(day));
  const DisclosureRules::InOrder all = rules.At(question.discloser().authority());
  for (const CategoryEvaluation& category : evaluation.categories) {
    *explanation.add_categories() = Explain(all, question, day, category);
  }
  return explanation;
}

}  // namespace samverkan::consent
