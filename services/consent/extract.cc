#include "services/consent/extract.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/disclosure/disclosure.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "services/consent/child.h"
#include "services/consent/consent.h"

namespace samverkan::consent {
namespace {

using data::v1::Category;
using rules::v1::Disclosure;

absl::Time InstantOf(const google::protobuf::Timestamp& time) {
  return proto_time::FromProto(time).value_or(absl::InfinitePast());
}

// ---- what is hidden ----

bool InvestigatesCrime(Disclosure::Party party) {
  return party == Disclosure::POLICE || party == Disclosure::SECURITY_SERVICE || party == Disclosure::CUSTOMS;
}

bool IsPerson(Disclosure::Party party) {
  return party == Disclosure::GUARDIAN || party == Disclosure::CHILD || party == Disclosure::REPORTED_PERSON ||
         party == Disclosure::PRIVATE_PERSON;
}

// What guardians need not know of: a report may be on hold where it went, and a crime be investigated
// that they do not know of.
bool IsSecretPurpose(Disclosure::Purpose purpose) {
  return purpose == Disclosure::CONCERN_REPORT || purpose == Disclosure::CRIME_PREVENTION ||
         purpose == Disclosure::CRIME_INVESTIGATION;
}

bool IsSecretFrom(const std::string& guardian, const v1::Recipient& recipient, Disclosure::Purpose purpose) {
  if (IsSecretPurpose(purpose) || InvestigatesCrime(recipient.party())) return true;
  return IsPerson(recipient.party()) && (guardian.empty() || recipient.guardian() != guardian);
}

// Whether another authority tells the social services: what they ask about a report on hold, and the investigation
// that it opened, nobody but they know of. To cooperate they ask the guardians first.
bool AnswersSocialServices(const v1::Question& question) {
  return question.recipient().party() == Disclosure::SOCIAL_SERVICES &&
         question.discloser().party() != Disclosure::SOCIAL_SERVICES && question.purpose() != Disclosure::COOPERATION;
}

bool IsSecretFrom(const std::string& guardian, const ChildRecords::Decided& decided) {
  const v1::Question& question = decided.decision.question();
  return decided.circumstances.on_hold() || InvestigatesCrime(question.discloser().party()) ||
         AnswersSocialServices(question) || IsSecretFrom(guardian, question.recipient(), question.purpose());
}

// What the log names of them, apart from the rest of the child.
std::string RepresentativesOf(const v1::Child& child) {
  return absl::StrCat(child.name(), "/", kSpecialRepresentatives);
}

// ---- what is withheld ----

// What decides about the fields of one item.
struct Handing {
  bool to_guardian = false;
  bool texts_reviewed = false;
  bool identity_protected = false;
  bool identity_assumed = false;
  // Of a consent, decision or disclosure.
  Disclosure::Purpose purpose = Disclosure::PURPOSE_UNSPECIFIED;
};

// Why a field is withheld.
struct Reason {
  // What to ask the rule set about the rule.
  std::string question;
  // What the field says about people.
  Category category;
};

// Reasons by the paths of fields.
using Reasons = std::map<std::string, Reason>;

bool IsOneOf(const std::string& path, std::initializer_list<const char*> paths) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

bool TellsReporter(const Handing& handing, const std::string& path, Category category) {
  if (handing.purpose == Disclosure::FEEDBACK) {
    return IsOneOf(path, {"consent.scope.recipient", "decision.question.recipient", "disclosure.recipient"});
  }
  if (handing.purpose != Disclosure::CONCERN_REPORT) return false;
  return category == data::v1::CASEWORKER_IDENTITY ||
         IsOneOf(path, {"consent.scope.discloser", "decision.question.discloser"});
}

// The authority too: a school of another municipality tells where the child went.
bool TellsWhere(const std::string& path, Category category) {
  return category == data::v1::WHEREABOUTS || category == data::v1::CONTACT ||
         absl::EndsWith(path, "recipient.authority");
}

bool IsOfOthers(const std::string& path, Category category) {
  return category == data::v1::FAMILY ||
         IsOneOf(path, {"child.guardians", "child.special_representatives", "consent.answer.absent_guardian"});
}

// What people wrote.
bool IsFreeText(Category category) {
  return category == data::v1::CONCERN || category == data::v1::ASSESSMENT || category == data::v1::INVESTIGATION;
}

// Nothing where it may be handed out.
std::optional<Reason> WithheldBy(const Handing& handing, const std::string& path, Category category) {
  if (TellsReporter(handing, path, category)) return Reason{kReporterSecrecy, data::v1::REPORTER_IDENTITY};
  if (handing.identity_protected && TellsWhere(path, category)) {
    return Reason{kProtectedAddress, category == data::v1::CONTACT ? category : data::v1::WHEREABOUTS};
  }
  if (handing.to_guardian && handing.identity_assumed &&
      IsOneOf(path, {"child.identity_numbers", "child.given_name", "child.family_name"})) {
    return Reason{kProtectedAddress, data::v1::IDENTITY};
  }
  if (IsOfOthers(path, category)) return Reason{kFamilySecrecy, data::v1::FAMILY};
  if (handing.to_guardian && path == "consent.answer.child_voice") {
    return Reason{kChildTowardsGuardian, data::v1::CONCERN};
  }
  if (IsFreeText(category) && !handing.texts_reviewed) return Reason{kFamilySecrecy, category};
  return std::nullopt;
}

// Of what was answered to a guardian only the categories: of consents, the tests and facts, and even of
// what is missing one could tell what others answered.
template <typename Answers>
void KeepCategories(Answers& answers) {
  for (v1::CategoryDecision& answer : answers) {
    const Category category = answer.category();
    answer.Clear();
    answer.set_category(category);
  }
}

// Takes out of a guardian's item what tells of others, or of a report on hold, by what it says and by
// whether it is there: named always, whatever stood there.
Reasons TakeOutTellingFields(v1::ExtractItem& item) {
  if (item.has_child()) {
    // All as they are now: for the sake of a report on hold too.
    item.mutable_child()->clear_aliases();
    item.mutable_child()->clear_assignee();
    item.mutable_child()->clear_units();
    // When it was first known here, perhaps for the sake of such a one.
    item.mutable_child()->clear_create_time();
    for (v1::IdentityNumber& number : *item.mutable_child()->mutable_identity_numbers()) number.clear_from_date();
    for (v1::ProtectedIdentity& each : *item.mutable_child()->mutable_protections()) each.clear_from_date();
    return {{"child.aliases", {kFamilySecrecy, data::v1::IDENTITY}},
            {"child.assignee", {kFamilySecrecy, data::v1::CASEWORKER_IDENTITY}},
            {"child.create_time", {kFamilySecrecy, data::v1::IDENTITY}},
            {"child.identity_numbers.from_date", {kFamilySecrecy, data::v1::IDENTITY}},
            {"child.protections.from_date", {kFamilySecrecy, data::v1::IDENTITY}},
            {"child.units", {kFamilySecrecy, data::v1::WHEREABOUTS}}};
  }
  if (item.has_consent()) {
    // Whether the child was heard, and whether the other could not be, is told by there being something.
    if (item.consent().has_answer()) {
      item.mutable_consent()->mutable_answer()->clear_child_voice();
      item.mutable_consent()->mutable_answer()->clear_absent_guardian();
    }
    return {{"consent.answer.absent_guardian", {kFamilySecrecy, data::v1::FAMILY}},
            {"consent.answer.child_voice", {kChildTowardsGuardian, data::v1::CONCERN}}};
  }
  if (item.has_decision()) {
    KeepCategories(*item.mutable_decision()->mutable_categories());
    item.mutable_decision()->mutable_question()->clear_tests();
    item.mutable_decision()->mutable_question()->clear_facts();
    return {{"decision.categories.answer", {kFamilySecrecy, data::v1::FAMILY}},
            {"decision.question.facts", {kFamilySecrecy, data::v1::ASSESSMENT}},
            {"decision.question.tests", {kFamilySecrecy, data::v1::ASSESSMENT}}};
  }
  if (!item.has_disclosure()) return {};
  KeepCategories(*item.mutable_disclosure()->mutable_categories());
  return {{"disclosure.categories.answer", {kFamilySecrecy, data::v1::FAMILY}}};
}

absl::StatusOr<rules::Answer> AskRule(const rules::RuleSet& rules, const std::string& question,
                                      const pg::Scope& authority, absl::Time time) {
  return rules.Ask(question, calendar::LegalDay(time), authority.municipality, authority.authority);
}

// Removes from the item what may not be handed out, and names it.
absl::Status Withhold(const rules::RuleSet& rules, const pg::Scope& authority, absl::Time time, const Handing& handing,
                      v1::ExtractItem& item) {
  Reasons reasons;
  if (handing.to_guardian) reasons = TakeOutTellingFields(item);
  const auto may_stay = [&](const std::string& path, Category category) {
    return !WithheldBy(handing, path, category).has_value();
  };
  for (const auto& [path, category] : disclosure::KeepFields(may_stay, item)) {
    // What nobody can say what it holds is secret as all of the child's affairs are.
    reasons.emplace(path, WithheldBy(handing, path, category).value_or(Reason{kFamilySecrecy, category}));
  }
  for (const auto& [path, reason] : reasons) {
    ASSIGN_OR_RETURN(const rules::Answer answer, AskRule(rules, reason.question, authority, time));
    v1::WithheldField& withheld = *item.add_withheld();
    withheld.set_field(path);
    withheld.set_category(reason.category);
    withheld.set_rule(answer.rule->id());
    withheld.set_legal_basis(answer.version->legal_basis());
    withheld.set_rule_text(answer.rule->text());
  }
  return absl::OkStatus();
}

// ---- items ----

v1::ExtractItem ItemOf(const v1::Child& child, bool to_guardian) {
  v1::ExtractItem item;
  *item.mutable_child() = child;
  item.mutable_child()->clear_etag();
  if (!to_guardian) return item;
  item.mutable_child()->clear_on_hold();
  item.mutable_child()->clear_special_representatives();
  return item;
}

v1::ExtractItem ItemOf(const v1::Consent& consent, absl::CivilDay day) {
  v1::ExtractItem item;
  *item.mutable_consent() = consent;
  item.mutable_consent()->set_state(StateOn(consent, day));
  item.mutable_consent()->clear_etag();
  return item;
}

v1::ExtractItem ItemOf(const ChildRecords::Decided& decided) {
  v1::ExtractItem item;
  *item.mutable_decision() = decided.decision;
  *item.mutable_circumstances() = decided.circumstances;
  item.mutable_circumstances()->clear_consents();
  return item;
}

v1::ExtractItem ItemOf(const v1::DisclosureRecord& disclosure) {
  v1::ExtractItem item;
  *item.mutable_disclosure() = disclosure;
  return item;
}

Disclosure::Purpose PurposeOf(const v1::ExtractItem& item) {
  if (item.has_consent()) return item.consent().scope().purpose();
  return item.has_decision() ? item.decision().question().purpose() : item.disclosure().purpose();
}

bool HasAssumedIdentity(const v1::Child& child) {
  const auto& numbers = child.identity_numbers();
  const auto& protections = child.protections();
  return std::any_of(numbers.begin(), numbers.end(),
                     [](const v1::IdentityNumber& each) { return each.cause() == v1::IdentityNumber::ASSUMED; }) ||
         std::any_of(protections.begin(), protections.end(),
                     [](const v1::ProtectedIdentity& each) { return each.level() == Disclosure::ASSUMED_IDENTITY; });
}

bool IsEarlier(const v1::ExtractItem& a, const v1::ExtractItem& b) {
  return std::make_pair(InstantOf(TimeOf(a)), NameOf(a)) < std::make_pair(InstantOf(TimeOf(b)), NameOf(b));
}

// All items, the child first and then oldest first, as they are kept.
std::vector<v1::ExtractItem> ItemsOf(const ChildRecords& records, bool to_guardian, absl::CivilDay day) {
  std::vector<v1::ExtractItem> items = {ItemOf(records.child, to_guardian)};
  for (const v1::Consent& consent : records.consents) items.push_back(ItemOf(consent, day));
  for (const ChildRecords::Decided& decided : records.decisions) items.push_back(ItemOf(decided));
  for (const v1::DisclosureRecord& disclosure : records.disclosures) items.push_back(ItemOf(disclosure));
  std::sort(items.begin(), items.end(), IsEarlier);
  return items;
}

}  // namespace

std::set<std::string> HiddenFromGuardian(const ChildRecords& records, const std::string& guardian) {
  std::set<std::string> known, hidden;
  for (const v1::Consent& consent : records.consents) {
    const bool own = !guardian.empty() && consent.giver().guardian() == guardian;
    if (!own) hidden.insert(consent.name());
  }
  for (const ChildRecords::Decided& decided : records.decisions) {
    known.insert(decided.decision.name());
    if (IsSecretFrom(guardian, decided)) hidden.insert(decided.decision.name());
  }
  for (const v1::DisclosureRecord& disclosure : records.disclosures) {
    const bool decision_hidden = known.count(disclosure.decision()) == 0 || hidden.count(disclosure.decision()) > 0;
    if (decision_hidden || disclosure.on_hold() || IsSecretFrom(guardian, disclosure.recipient(), disclosure.purpose()))
      hidden.insert(disclosure.name());
  }
  // Perhaps it was registered for the sake of a report on hold alone.
  const size_t all = records.consents.size() + records.decisions.size() + records.disclosures.size();
  if (hidden.size() == all) hidden.insert(records.child.name());
  if (!records.child.special_representatives().empty()) hidden.insert(RepresentativesOf(records.child));
  return hidden;
}

std::vector<std::string> HiddenResources(const ChildRecords& records, const std::string& guardian) {
  const std::set<std::string> hidden = HiddenFromGuardian(records, guardian);
  std::vector<std::string> names;
  if (hidden.count(RepresentativesOf(records.child)) > 0) names.push_back(RepresentativesOf(records.child));
  for (const v1::ExtractItem& item : ItemsOf(records, /*to_guardian=*/false, absl::CivilDay())) {
    if (hidden.count(NameOf(item)) > 0) names.push_back(NameOf(item));
  }
  return names;
}

absl::Status CheckRecipientOfExtract(const v1::Child& child, const v1::ExtractChildRequest& request, absl::Time time) {
  if (request.recipient() == v1::CHILD) return absl::OkStatus();
  const std::vector<const v1::Guardian*> guardians = GuardiansOn(child, calendar::LegalDay(time));
  const bool has_custody = std::any_of(guardians.begin(), guardians.end(), [&](const v1::Guardian* each) {
    return each->guardian() == request.guardian();
  });
  if (has_custody) return absl::OkStatus();
  return status::FailedPrecondition(
      {.reason = "NOT_A_GUARDIAN",
       .message = "this person has no custody of the child today; read the child and check its guardians",
       .swedish = "Personen är inte vårdnadshavare för barnet i dag."});
}

absl::StatusOr<std::string> BasisOfExtract(const rules::RuleSet& rules, const pg::Scope& authority, absl::Time time) {
  ASSIGN_OR_RETURN(const rules::Answer answer, AskRule(rules, kDataSubjectRights, authority, time));
  return absl::StrCat(answer.rule->id(), ", ", answer.version->legal_basis());
}

absl::StatusOr<std::vector<v1::ExtractItem>> ExtractOf(const rules::RuleSet& rules, const ChildRecords& records,
                                                       const v1::ExtractChildRequest& request, absl::Time time) {
  const absl::CivilDay day = calendar::LegalDay(time);
  // Whoever is not known to be the child gets what a guardian gets.
  const bool to_guardian = request.recipient() != v1::CHILD;
  std::set<std::string> hidden;
  if (to_guardian) hidden = HiddenFromGuardian(records, request.guardian());
  Handing handing{.to_guardian = to_guardian,
                  .texts_reviewed = request.texts_reviewed(),
                  .identity_protected = IsProtectedOn(records.child, day),
                  .identity_assumed = HasAssumedIdentity(records.child)};
  std::vector<v1::ExtractItem> items;
  for (v1::ExtractItem& item : ItemsOf(records, to_guardian, day)) {
    if (hidden.count(NameOf(item)) > 0) continue;
    handing.purpose = PurposeOf(item);
    RETURN_IF_ERROR(Withhold(rules, records.authority, time, handing, item));
    items.push_back(std::move(item));
  }
  return items;
}

const std::string& NameOf(const v1::ExtractItem& item) {
  if (item.has_child()) return item.child().name();
  if (item.has_consent()) return item.consent().name();
  return item.has_decision() ? item.decision().name() : item.disclosure().name();
}

const google::protobuf::Timestamp& TimeOf(const v1::ExtractItem& item) {
  if (item.has_child()) return google::protobuf::Timestamp::default_instance();
  if (item.has_consent()) return item.consent().ask_time();
  return item.has_decision() ? item.decision().decide_time() : item.disclosure().disclose_time();
}

}  // namespace samverkan::consent
