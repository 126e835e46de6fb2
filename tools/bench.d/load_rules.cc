// Has consent decide by many rules, for tools/bench.d/consent_figures.py: the rules that ship, filled up
// to --rule_count rules by national ones about telling that spread over all parties and purposes.
//
//   load_rules --target=HOST:PORT --token_file=F --approver_token_file=F …
//
// One proposes the rule set, another activates it. The rules that fill up need a test that nobody
// records, so that no answer changes.

#include <iostream>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "libs/pg/uuid.h"
#include "libs/rules/rule_set.h"
#include "libs/status/macros.h"
#include "samverkan/consent/v1/rule.grpc.pb.h"
#include "tools/bench.d/load.h"

ABSL_FLAG(std::string, token_file, "", "file with the access token of who proposes");
ABSL_FLAG(std::string, approver_token_file, "", "file with the access token of who activates");
ABSL_FLAG(std::string, rules, "deploy/rules", "folder of the rules that ship");
ABSL_FLAG(int, rule_count, 1'000, "how many rules, no more than consent takes");

namespace samverkan::bench {
namespace {

using consent::v1::ActivateRuleSetRequest;
using consent::v1::LoadRuleSetRequest;
using consent::v1::RuleService;
using consent::v1::RuleSetRecord;
using rules::v1::Disclosure;

constexpr int kParties = 18;
constexpr int kPurposes = 10;

void AddRule(int number, rules::v1::RuleSet& rule_set) {
  rules::v1::Question& question = *rule_set.add_questions();
  question.set_key(absl::StrCat("one_of_many_", number));
  question.set_meaning("One of many rules.");
  rules::v1::Rule& rule = *rule_set.add_rules();
  rule.set_id(absl::StrCat("P-", 1000 + number));
  rule.add_services(rules::v1::Rule::CONSENT);
  rule.set_question(question.key());
  rule.set_topic("One of many");
  rule.set_text("What one party may tell another for one purpose.");
  rule.set_swedish_text("Vad en part får lämna till en annan för ett ändamål.");
  rule.set_recipients(rules::v1::Rule::ANY);
  rule.set_test_to_record("one_of_many");
  rules::v1::Version& version = *rule.add_versions();
  version.set_legal_basis("settable, no legal source");
  version.set_text_grade(rules::v1::SETTABLE);
  version.set_date_grade(rules::v1::SETTABLE);
  Disclosure& telling = *rule.mutable_disclosure();
  telling.set_step(Disclosure::NECESSITY);
  telling.set_effect(Disclosure::PERMIT);
  telling.add_disclosers(static_cast<Disclosure::Party>(1 + number % kParties));
  telling.add_told(static_cast<Disclosure::Party>(1 + number / kParties % kParties));
  telling.add_purposes(static_cast<Disclosure::Purpose>(1 + number % kPurposes));
}

absl::StatusOr<rules::v1::RuleSet> ManyRules() {
  ASSIGN_OR_RETURN(const rules::RuleSet shipped, rules::RuleSet::Load(absl::GetFlag(FLAGS_rules)));
  rules::v1::RuleSet many = shipped.Content();
  while (many.rules_size() < absl::GetFlag(FLAGS_rule_count)) AddRule(many.rules_size(), many);
  return many;
}

absl::Status StatusOf(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

absl::StatusOr<RuleSetRecord> Propose(RuleService::Stub& stub) {
  LoadRuleSetRequest request;
  request.set_parent("municipalities/0180");
  request.set_request_id(pg::Uuid::Random().ToString());
  ASSIGN_OR_RETURN(*request.mutable_rule_set(), ManyRules());
  grpc::ClientContext context;
  context.AddMetadata("authorization", AuthorizationOf(absl::GetFlag(FLAGS_token_file)));
  RuleSetRecord record;
  RETURN_IF_ERROR(StatusOf(stub.LoadRuleSet(&context, request, &record)));
  return record;
}

absl::Status Activate(RuleService::Stub& stub, const std::string& name) {
  ActivateRuleSetRequest request;
  request.set_name(name);
  request.set_request_id(pg::Uuid::Random().ToString());
  grpc::ClientContext context;
  context.AddMetadata("authorization", AuthorizationOf(absl::GetFlag(FLAGS_approver_token_file)));
  RuleSetRecord record;
  return StatusOf(stub.ActivateRuleSet(&context, request, &record));
}

absl::Status Run() {
  RuleService::Stub stub(OpenChannels("consent").front());
  ASSIGN_OR_RETURN(const RuleSetRecord record, Propose(stub));
  return Activate(stub, record.name());
}

}  // namespace
}  // namespace samverkan::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  const absl::Status done = samverkan::bench::Run();
  if (done.ok()) return 0;
  std::cerr << "load_rules: " << done << "\n";
  return 1;
}
