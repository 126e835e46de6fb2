#include "tools/processing_record/record.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace samverkan::processing_record {
namespace {

namespace v1 = ::samverkan::processing::v1;
using Texts = google::protobuf::RepeatedPtrField<v1::Text>;
using RuleIds = google::protobuf::RepeatedPtrField<std::string>;

// The sources, found by what the record asks for.
struct Sources {
  const Contract& contract;
  const v1::Processing& processing;
  std::map<std::string, const rules::v1::Rule*> rules;
  std::map<data::v1::Category, const v1::CategoryInWords*> categories;
  std::map<access::v1::Role, const v1::RoleInWords*> roles;
};

Sources SourcesOf(const Contract& contract, const rules::RuleSet& rules, const v1::Processing& processing) {
  Sources sources = {.contract = contract, .processing = processing, .rules = {}, .categories = {}, .roles = {}};
  for (const rules::v1::Rule* rule : rules.Rules()) sources.rules.emplace(rule->id(), rule);
  for (const v1::CategoryInWords& words : processing.categories()) sources.categories.emplace(words.category(), &words);
  for (const v1::RoleInWords& words : processing.roles()) sources.roles.emplace(words.role(), &words);
  return sources;
}

// ---- faults ----

using Faults = std::vector<std::string>;

template <typename List, typename Value>
bool Holds(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool IsNeeded(const v1::Processing& processing, const std::string& package, data::v1::Category category) {
  const auto needs = [&](const v1::Purpose& purpose) {
    return Holds(purpose.packages(), package) && Holds(purpose.categories(), category);
  };
  return std::any_of(processing.purposes().begin(), processing.purposes().end(), needs);
}

bool IsHeld(const Contract& contract, const v1::Purpose& purpose, data::v1::Category category) {
  const auto holds = [&](const std::string& package) {
    const auto held = contract.held.find(package);
    return held != contract.held.end() && held->second.count(category) > 0;
  };
  return std::any_of(purpose.packages().begin(), purpose.packages().end(), holds);
}

void CheckContract(const Sources& sources, Faults& faults) {
  for (const auto& [package, categories] : sources.contract.held) {
    for (const data::v1::Category category : categories) {
      const std::string& name = data::v1::Category_Name(category);
      if (!IsNeeded(sources.processing, package, category)) {
        faults.push_back(absl::StrCat(package, ": ", name, " is needed by no purpose"));
      }
      if (sources.categories.count(category) == 0) faults.push_back(absl::StrCat(name, ": no words"));
    }
  }
  for (const Method& method : sources.contract.methods) {
    for (const access::v1::Role role : method.roles) {
      if (sources.roles.count(role) == 0) {
        faults.push_back(absl::StrCat(access::v1::Role_Name(role), ": no words, and ", method.name, " shows it data"));
      }
    }
  }
}

void CheckRules(const Sources& sources, const v1::Purpose& purpose, const RuleIds& ids, Faults& faults) {
  for (const std::string& id : ids) {
    if (sources.rules.count(id) == 0) faults.push_back(absl::StrCat(purpose.code(), ": there is no rule ", id));
  }
}

void CheckPurpose(const Sources& sources, const v1::Purpose& purpose, Faults& faults) {
  const auto expect = [&](bool given, const char* what) {
    if (!given) faults.push_back(absl::StrCat(purpose.code(), ": no ", what));
  };
  expect(!purpose.data_subjects().empty(), "data_subjects");
  expect(!purpose.categories().empty(), "categories");
  expect(!purpose.legal_basis_rules().empty(), "legal_basis_rules");
  expect(!purpose.retention_rules().empty() || purpose.has_other_retention(), "retention_rules");
  for (const int category : purpose.categories()) {
    if (IsHeld(sources.contract, purpose, static_cast<data::v1::Category>(category))) continue;
    faults.push_back(
        absl::StrCat(purpose.code(), ": nothing holds ", data::v1::Category_Name(category), " in its packages"));
  }
  CheckRules(sources, purpose, purpose.legal_basis_rules(), faults);
  CheckRules(sources, purpose, purpose.retention_rules(), faults);
}

absl::Status Check(const Sources& sources) {
  Faults faults;
  CheckContract(sources, faults);
  for (const v1::Purpose& purpose : sources.processing.purposes()) CheckPurpose(sources, purpose, faults);
  if (sources.processing.controllers().empty()) faults.emplace_back("no controllers");
  if (sources.processing.security_measures().empty()) faults.emplace_back("no security_measures");
  if (!sources.processing.has_transfers()) faults.emplace_back("no transfers");
  if (faults.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrJoin(faults, "\n"));
}

// ---- Markdown ----

std::string Both(const v1::Text& text) { return absl::StrCat(text.swedish(), " / *", text.english(), "*"); }

void AddRow(std::string& page, const std::vector<std::string>& cells) {
  std::vector<std::string> escaped;
  for (const std::string& cell : cells) escaped.push_back(absl::StrReplaceAll(cell, {{"|", "\\|"}}));
  absl::StrAppend(&page, "| ", absl::StrJoin(escaped, " | "), " |\n");
}

void StartTable(std::string& page, const std::vector<std::string>& heads) {
  page.push_back('\n');
  AddRow(page, heads);
  AddRow(page, std::vector<std::string>(heads.size(), "---"));
}

void AddList(std::string& page, const Texts& texts) {
  page.push_back('\n');
  for (const v1::Text& text : texts) absl::StrAppend(&page, "- ", Both(text), "\n");
}

// "inferred" of INFERRED.
std::string InWords(rules::v1::Grade grade) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(rules::v1::Grade_Name(grade)), {{"_", " "}});
}

// Both grades where they differ.
std::string SureOf(const rules::v1::Version& version) {
  const std::string text = InWords(version.text_grade());
  if (version.date_grade() == version.text_grade()) return text;
  return absl::StrCat("text ", text, ", dates ", InWords(version.date_grade()));
}

std::string InForceOf(const rules::v1::Version& version) {
  const std::string from = version.valid_from().empty() ? "" : absl::StrCat("from ", version.valid_from());
  const std::string to = version.valid_to().empty() ? "" : absl::StrCat("until ", version.valid_to());
  if (from.empty() && to.empty()) return "always";
  return absl::StrCat(from, from.empty() || to.empty() ? "" : " ", to);
}

// "Retention base: Erase 5 years after …". Local rules have no topic.
std::string TextOf(const rules::v1::Rule& rule) {
  return rule.topic().empty() ? rule.text() : absl::StrCat(rule.topic(), ": ", rule.text());
}

// Every wording of every rule: what was stored under an old one is still there.
void AddRules(std::string& page, const Sources& sources, const RuleIds& ids) {
  StartTable(page, {"rule", "what it says", "legal basis", "in force", "how sure"});
  for (const std::string& id : ids) {
    const rules::v1::Rule& rule = *sources.rules.at(id);
    for (const rules::v1::Version& version : rule.versions()) {
      AddRow(page, {id, TextOf(rule), version.legal_basis(), InForceOf(version), SureOf(version)});
    }
  }
}

// Who is shown a category that a purpose needs.
std::string RecipientsOf(const Sources& sources, const v1::Purpose& purpose, data::v1::Category category) {
  std::set<access::v1::Role> roles;
  for (const Method& method : sources.contract.methods) {
    if (!Holds(purpose.packages(), method.package) || method.shown.count(category) == 0) continue;
    roles.insert(method.roles.begin(), method.roles.end());
  }
  std::vector<std::string> names;
  for (const access::v1::Role role : roles) names.push_back(access::v1::Role_Name(role));
  return names.empty() ? "–" : absl::StrJoin(names, ", ");
}

void AddCategories(std::string& page, const Sources& sources, const v1::Purpose& purpose) {
  StartTable(page, {"category", "what it holds", "special (art. 9, 10)", "may be shown to"});
  for (const int number : purpose.categories()) {
    const auto category = static_cast<data::v1::Category>(number);
    const v1::CategoryInWords& words = *sources.categories.at(category);
    AddRow(page, {data::v1::Category_Name(category), Both(words.meaning()), words.sensitive() ? "yes" : "no",
                  RecipientsOf(sources, purpose, category)});
  }
}

void AddPurpose(std::string& page, const Sources& sources, const v1::Purpose& purpose) {
  absl::StrAppend(&page, "\n### ", purpose.code(), "\n\n", Both(purpose.meaning()), ".\n\nContract: `",
                  absl::StrJoin(purpose.packages(), "`, `"), "`.\n\n**Whom the data is about**\n");
  AddList(page, purpose.data_subjects());
  absl::StrAppend(&page, "\n**Categories of data, and who may be shown them**\n");
  AddCategories(page, sources, purpose);
  absl::StrAppend(&page, "\n**Legal basis**\n");
  AddRules(page, sources, purpose.legal_basis_rules());
  absl::StrAppend(&page, "\n**When it is erased**\n");
  if (!purpose.retention_rules().empty()) AddRules(page, sources, purpose.retention_rules());
  if (purpose.has_other_retention()) absl::StrAppend(&page, "\n", Both(purpose.other_retention()), "\n");
}

void AddControllers(std::string& page, const v1::Processing& processing) {
  absl::StrAppend(&page, "\n## Controllers (personuppgiftsansvariga)\n");
  StartTable(page, {"board", "contact", "data protection officer"});
  for (const v1::Controller& controller : processing.controllers()) {
    AddRow(page, {controller.board(), controller.contact(), controller.data_protection_officer()});
  }
}

void AddRecipients(std::string& page, const v1::Processing& processing) {
  absl::StrAppend(&page, "\n## Recipients (mottagare)\n\nBy role; which rows each sees is narrower still.\n");
  StartTable(page, {"role", "who"});
  for (const v1::RoleInWords& role : processing.roles()) {
    AddRow(page, {access::v1::Role_Name(role.role()), Both(role.meaning())});
  }
  absl::StrAppend(&page, "\nOutside the roles:\n");
  AddList(page, processing.outside_recipients());
}

void AddMethods(std::string& page, const Contract& contract) {
  absl::StrAppend(&page, "\n## Which calls show what\n");
  StartTable(page, {"call", "roles", "categories in its answer"});
  for (const Method& method : contract.methods) {
    const auto role_name = [](std::string* out, access::v1::Role role) {
      absl::StrAppend(out, access::v1::Role_Name(role));
    };
    const auto category_name = [](std::string* out, data::v1::Category category) {
      absl::StrAppend(out, data::v1::Category_Name(category));
    };
    AddRow(page, {absl::StrCat("`", method.package, ".", method.name, "`"),
                  absl::StrJoin(method.roles, ", ", role_name), absl::StrJoin(method.shown, ", ", category_name)});
  }
}

constexpr char kIntroduction[] =
    "# Record of processing activities (registerförteckning)\n\n"
    "As article 30 of the GDPR wants it (rule P-090). Made by `tools/processing-record` of the contract's annotations\n"
    "(`proto/`), the rule set (`deploy/rules`) and what an installation says in "
    "`deploy/processing/processing.textproto`:\n"
    "edit these, not this page. Swedish, then *English*.\n\n"
    "Who may be shown what is what the annotations let an answer hold. Each caller is shown less: a reporter, of a "
    "report,\n"
    "the submission and the receipt.\n";

}  // namespace

absl::StatusOr<std::string> MakeRecord(const Contract& contract, const rules::RuleSet& rules,
                                       const v1::Processing& processing) {
  const Sources sources = SourcesOf(contract, rules, processing);
  const absl::Status sound = Check(sources);
  if (!sound.ok()) return sound;
  std::string page = kIntroduction;
  AddControllers(page, processing);
  absl::StrAppend(&page, "\n## Purposes (ändamål)\n");
  for (const v1::Purpose& purpose : processing.purposes()) AddPurpose(page, sources, purpose);
  AddRecipients(page, processing);
  absl::StrAppend(&page, "\n## Transfers outside the EEA (tredjelandsöverföring)\n\n", Both(processing.transfers()),
                  "\n");
  absl::StrAppend(&page, "\n## Security measures (skyddsåtgärder)\n");
  AddList(page, processing.security_measures());
  AddMethods(page, contract);
  return page;
}

}  // namespace samverkan::processing_record
