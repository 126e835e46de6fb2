#include "services/intake/decision.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace samverkan::intake {
namespace {

template <typename Resource>
v1::DecisionStatement StatementOn(const Resource& resource) {
  v1::DecisionStatement statement;
  statement.set_authority(resource.authority());
  statement.set_resource(resource.name());
  statement.set_child(resource.child());
  return statement;
}

}  // namespace

std::vector<v1::DecisionStatement> DecisionsOf(const v1::Report& shown) {
  std::vector<v1::DecisionStatement> statements;
  for (const v1::ProtectionAssessment& assessment : shown.assessments()) {
    v1::DecisionStatement& statement = statements.emplace_back(StatementOn(shown));
    statement.set_protection_need(assessment.need());
    statement.set_reasons(assessment.reasons());
    *statement.mutable_decide_time() = assessment.assess_time();
    statement.set_decider(assessment.assessor());
    statement.set_legal_basis(assessment.legal_basis());
  }
  if (shown.has_decision()) {
    const v1::Decision& decision = shown.decision();
    v1::DecisionStatement& statement = statements.emplace_back(StatementOn(shown));
    statement.set_report_outcome(decision.outcome());
    statement.set_reasons(decision.reasons());
    *statement.mutable_decide_time() = decision.decide_time();
    statement.set_decider(decision.decider());
    statement.set_legal_basis(decision.legal_basis());
    statement.set_investigation(decision.investigation());
  }
  return statements;
}

std::vector<v1::DecisionStatement> DecisionsOf(const v1::Investigation& shown) {
  if (!shown.has_closing()) return {};
  v1::DecisionStatement statement = StatementOn(shown);
  statement.set_investigation_result(shown.closing().result());
  statement.set_reasons(shown.closing().reasons());
  *statement.mutable_decide_time() = shown.closing().close_time();
  statement.set_decider(shown.closing().closer());
  return {std::move(statement)};
}

absl::StatusOr<std::string> PayloadOf(const v1::DecisionStatement& statement, absl::Time exported,
                                      const std::string& id) {
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(statement, &text);
  if (!status.ok()) return absl::InternalError(absl::StrCat("a decision is no JSON: ", status.ToString()));
  const nlohmann::json claims = {{"iss", statement.authority()},
                                 {"iat", absl::ToUnixSeconds(exported)},
                                 {"jti", id},
                                 {"decision", nlohmann::json::parse(text)}};
  return claims.dump();
}

}  // namespace samverkan::intake
