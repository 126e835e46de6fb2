#include "services/consent/question.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/pg/uuid.h"
#include "libs/proto_time/proto_time.h"
#include "libs/resource_name/resource_name.h"
#include "services/consent/request_fields.h"
#include "services/consent/telling_check.h"

namespace samverkan::consent {
namespace {

// A name that a rule asks for and a person records, once.
void CheckKnown(const std::string& name, const std::vector<std::string>& known, std::set<std::string>& seen,
                const std::string& field, status::Violations& violations) {
  std::vector<std::string> recordable = known;
  recordable.erase(std::remove(recordable.begin(), recordable.end(), kRecipientHasCustody), recordable.end());
  if (!std::binary_search(recordable.begin(), recordable.end(), name)) {
    violations.Add(field, absl::StrCat("expected one that a rule asks for: ", absl::StrJoin(recordable, ", ")),
                   "Ange något som en regel frågar efter.");
  } else if (!seen.insert(name).second) {
    violations.Add(field, "expected each once", "Ange var och en bara en gång.");
  }
}

void CheckTests(const DisclosureRules& rules, const v1::Question& question, status::Violations& violations) {
  std::set<std::string> seen;
  for (int i = 0; i < question.tests_size(); ++i) {
    const std::string field = absl::StrCat("question.tests[", i, "]");
    const v1::RecordedTest& test = question.tests(i);
    CheckKnown(test.test(), rules.tests(), seen, field + ".test", violations);
    if (test.verdict() != v1::RecordedTest::FOR_TELLING && test.verdict() != v1::RecordedTest::AGAINST_TELLING) {
      violations.Add(field + ".verdict", "expected FOR_TELLING or AGAINST_TELLING", "Ange vad prövningen visade.");
    }
  }
}

void CheckFacts(const DisclosureRules& rules, const v1::Question& question, status::Violations& violations) {
  std::set<std::string> seen;
  for (int i = 0; i < question.facts_size(); ++i) {
    CheckKnown(question.facts(i).fact(), rules.facts(), seen, absl::StrCat("question.facts[", i, "].fact"), violations);
  }
}

// What all questions are held to.
void CheckWhat(const DisclosureRules& rules, const v1::Question& question, status::Violations& violations) {
  CheckRecipient(question.recipient(), "question.recipient", violations);
  CheckCategories(question.categories(), "question.categories", violations);
  CheckThirdPersons(question.third_persons(), "question.third_persons", violations);
  if (question.purpose() == Disclosure::PURPOSE_UNSPECIFIED || !Disclosure::Purpose_IsValid(question.purpose())) {
    violations.Add("question.purpose", "expected a value of samverkan.rules.v1.Disclosure.Purpose", "Ange ändamålet.");
  }
  CheckTests(rules, question, violations);
  CheckFacts(rules, question, violations);
}

}  // namespace

void CheckQuestion(const DisclosureRules& rules, const auth::Caller& caller, const v1::Question& question,
                   status::Violations& violations) {
  if (!pg::Uuid::Parse(question.child()).ok()) {
    violations.Add("question.child", "expected the reference of a child, from `Child.name`", "Ange barnets referens.");
  }
  CheckDiscloser(caller, question.discloser(), "question.discloser", violations);
  CheckWhat(rules, question, violations);
  for (int i = 0; i < question.tests_size(); ++i) {
    RequireText(question.tests(i).reasons(), absl::StrCat("question.tests[", i, "].reasons"), violations);
  }
  for (int i = 0; i < question.facts_size(); ++i) {
    RequireText(question.facts(i).source(), absl::StrCat("question.facts[", i, "].source"), violations);
  }
}

void CheckSimulation(const DisclosureRules& rules, const std::string& municipality, const v1::Question& question,
                     status::Violations& violations) {
  RequireEmpty(question.child().empty(), "question.child", violations);
  // As one of that authority would ask.
  auth::Caller anybody;
  anybody.municipality = municipality;
  const auto authority =
      resource_name::Match("municipalities/{municipality}/authorities/{id}", question.discloser().authority());
  if (authority.has_value()) anybody.authority = authority->back();
  CheckDiscloser(anybody, question.discloser(), "question.discloser", violations);
  CheckWhat(rules, question, violations);
  for (int i = 0; i < question.tests_size(); ++i) {
    RequireEmpty(question.tests(i).reasons().empty(), absl::StrCat("question.tests[", i, "].reasons"), violations);
  }
  for (int i = 0; i < question.facts_size(); ++i) {
    RequireEmpty(question.facts(i).source().empty(), absl::StrCat("question.facts[", i, "].source"), violations);
  }
}

absl::Status CheckCompetence(const auth::Caller& caller, const v1::Question& question) {
  if (question.tests().empty() && question.facts().empty()) return absl::OkStatus();
  const bool person = !caller.IsService() && !caller.Has(access::v1::SYSTEM);
  const bool social_services = question.discloser().party() == Disclosure::SOCIAL_SERVICES;
  if (person && (caller.qualified || !social_services)) return absl::OkStatus();
  return status::FailedPrecondition(
      {.reason = "TEST_NOT_COMPETENT",
       .message = "tests and facts are recorded by a person, who at the social services carries the claim `qualified`",
       .swedish = "Prövningar och uppgifter ska dokumenteras av en behörig person."});
}

v1::Question Signed(const rpc::CallContext& call, v1::Question question) {
  for (v1::RecordedTest& test : *question.mutable_tests()) {
    test.set_tester(call.caller.subject);
    *test.mutable_test_time() = proto_time::ToProto(call.now);
  }
  for (v1::RecordedFact& fact : *question.mutable_facts()) {
    fact.set_recorder(call.caller.subject);
    *fact.mutable_record_time() = proto_time::ToProto(call.now);
  }
  return question;
}

}  // namespace samverkan::consent
