#include "services/consent/decision_cases.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/text_format.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/macros.h"

namespace samverkan::consent {
namespace {

namespace fs = std::filesystem;

constexpr int kFirstPersonal = data::v1::IDENTITY;

// "social services" of SOCIAL_SERVICES.
std::string Words(std::string name) {
  absl::AsciiStrToLower(&name);
  return absl::StrReplaceAll(name, {{"_", " "}});
}

std::string Underscored(absl::string_view words) { return absl::StrReplaceAll(words, {{" ", "_"}}); }

// The number of the value that `words` say; nothing where there is none.
std::optional<int> ValueOf(const google::protobuf::EnumDescriptor& type, absl::string_view words) {
  const auto* value = type.FindValueByName(absl::AsciiStrToUpper(Underscored(words)));
  if (value == nullptr) return std::nullopt;
  return value->number();
}

absl::Status Unreadable(absl::string_view what) { return absl::InvalidArgumentError(std::string(what)); }

class CaseReader {
 public:
  explicit CaseReader(std::string title) {
    case_.title = std::move(title);
    case_.day = absl::CivilDay(2026, 2, 2);
    case_.circumstances.set_age(9);
    case_.circumstances.set_protection(Disclosure::UNPROTECTED);
    case_.circumstances.add_guardians("father");
    case_.circumstances.add_guardians("mother");
    case_.question.mutable_discloser()->set_authority("municipalities/0180/authorities/norrmalm");
  }

  absl::Status Read(const std::string& key, const std::string& value) {
    const std::map<std::string, std::function<absl::Status()>> readers = {
        {"tells", [&] { return ReadTells(value); }},
        {"place", [&] { return ReadPlace(value); }},
        {"told", [&] { return ReadTold(value); }},
        {"unit", [&] { return ReadUnit(value); }},
        {"what", [&] { return ReadWhat(value); }},
        {"for", [&] { return ReadFor(value); }},
        {"day", [&] { return ReadDay(value); }},
        {"child", [&] { return ReadChild(value); }},
        {"guardians", [&] { return ReadGuardians(value); }},
        {"others", [&] { return ReadOthers(value); }},
        {"tests", [&] { return ReadTests(value); }},
        {"facts", [&] { return ReadFacts(value); }},
        {"consent", [&] { return KeepConsent(value); }},
    };
    const auto reader = readers.find(key);
    return reader == readers.end() ? Unreadable("unknown key") : reader->second();
  }

  void Expect(std::string line) { case_.expected.push_back(std::move(line)); }

  absl::StatusOr<DecisionCase> Finish() {
    for (const std::string& line : consent_lines_) RETURN_IF_ERROR(ReadConsent(line));
    if (case_.expected.empty()) return Unreadable("a case without an answer");
    return std::move(case_);
  }

 private:
  absl::Status ReadParty(absl::string_view words, Disclosure::Party* party) {
    const std::optional<int> value = ValueOf(*Disclosure::Party_descriptor(), words);
    if (!value.has_value()) return Unreadable("unknown party");
    *party = static_cast<Disclosure::Party>(*value);
    return absl::OkStatus();
  }

  absl::Status ReadTells(const std::string& value) {
    Disclosure::Party party = Disclosure::PARTY_UNSPECIFIED;
    RETURN_IF_ERROR(ReadParty(value, &party));
    case_.question.mutable_discloser()->set_party(party);
    return absl::OkStatus();
  }

  // "0180/skarholmen".
  absl::Status ReadPlace(const std::string& value) {
    const std::vector<std::string> parts = absl::StrSplit(value, '/');
    if (parts.size() != 2) return Unreadable("a place is written 0180/skarholmen");
    case_.question.mutable_discloser()->set_authority(
        absl::StrCat("municipalities/", parts[0], "/authorities/", parts[1]));
    return absl::OkStatus();
  }

  // "school", "guardian mother".
  absl::Status ReadTold(const std::string& value) {
    v1::Recipient& told = *case_.question.mutable_recipient();
    absl::string_view words = value;
    if (absl::ConsumePrefix(&words, "guardian ")) {
      told.set_party(Disclosure::GUARDIAN);
      told.set_guardian(std::string(words));
      return absl::OkStatus();
    }
    Disclosure::Party party = Disclosure::PARTY_UNSPECIFIED;
    RETURN_IF_ERROR(ReadParty(words, &party));
    told.set_party(party);
    const std::string id = absl::StrReplaceAll(value, {{" ", "-"}});
    if (IsPerson(party)) return absl::OkStatus();
    if (IsPrivate(party)) {
      told.set_unit(absl::StrCat("municipalities/0180/units/", id));
    } else {
      told.set_authority(absl::StrCat("municipalities/0180/authorities/", id));
    }
    return absl::OkStatus();
  }

  absl::Status ReadUnit(const std::string& value) {
    case_.question.mutable_recipient()->set_unit(absl::StrCat("municipalities/0180/units/", value));
    return absl::OkStatus();
  }

  absl::Status AddCategories(absl::string_view value, google::protobuf::RepeatedField<int>& categories) {
    for (const absl::string_view words : absl::StrSplit(value, ", ")) {
      const std::optional<int> category = ValueOf(*data::v1::Category_descriptor(), words);
      if (!category.has_value()) return Unreadable("unknown category");
      categories.Add(*category);
    }
    return absl::OkStatus();
  }

  absl::Status ReadWhat(const std::string& value) {
    google::protobuf::RepeatedField<int>& categories = *case_.question.mutable_categories();
    if (value != "everything") return AddCategories(value, categories);
    for (int category = kFirstPersonal; category < data::v1::Category_ARRAYSIZE; ++category) categories.Add(category);
    return absl::OkStatus();
  }

  absl::Status ReadFor(const std::string& value) {
    const std::optional<int> purpose = ValueOf(*Disclosure::Purpose_descriptor(), value);
    if (!purpose.has_value()) return Unreadable("unknown purpose");
    case_.question.set_purpose(static_cast<Disclosure::Purpose>(*purpose));
    return absl::OkStatus();
  }

  absl::Status ReadDay(const std::string& value) {
    const std::optional<absl::CivilDay> day = proto_time::ParseDay(value);
    if (!day.has_value()) return Unreadable("a day is written 2026-02-02");
    case_.day = *day;
    return absl::OkStatus();
  }

  // "9 years, secrecy marking, on hold"; "age unknown".
  absl::Status ReadChild(const std::string& value) {
    for (const absl::string_view part : absl::StrSplit(value, ", ")) {
      absl::string_view words = part;
      int age = 0;
      if (part == "on hold") {
        case_.circumstances.set_on_hold(true);
      } else if (part == "age unknown") {
        case_.circumstances.clear_age();
      } else if (absl::ConsumeSuffix(&words, " years") && absl::SimpleAtoi(words, &age)) {
        case_.circumstances.set_age(age);
      } else if (const std::optional<int> level = ValueOf(*Disclosure::Protection_descriptor(), part)) {
        case_.circumstances.set_protection(static_cast<Disclosure::Protection>(*level));
      } else {
        return Unreadable("unknown circumstance of the child");
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadGuardians(const std::string& value) {
    case_.circumstances.clear_guardians();
    if (value == "nobody recorded") return absl::OkStatus();
    for (const absl::string_view guardian : absl::StrSplit(value, ", ")) {
      case_.circumstances.add_guardians(std::string(guardian));
    }
    return absl::OkStatus();
  }

  absl::Status ReadOthers(const std::string& value) {
    for (const absl::string_view other : absl::StrSplit(value, ", ")) {
      case_.question.add_third_persons(std::string(other));
    }
    return absl::OkStatus();
  }

  // "harm for, necessity against".
  absl::Status ReadTests(const std::string& value) {
    for (absl::string_view words : absl::StrSplit(value, ", ")) {
      v1::RecordedTest& test = *case_.question.add_tests();
      if (absl::ConsumeSuffix(&words, " for")) {
        test.set_verdict(v1::RecordedTest::FOR_TELLING);
      } else if (absl::ConsumeSuffix(&words, " against")) {
        test.set_verdict(v1::RecordedTest::AGAINST_TELLING);
      } else {
        return Unreadable("a test ends with for or against");
      }
      test.set_test(std::string(words));
    }
    return absl::OkStatus();
  }

  absl::Status ReadFacts(const std::string& value) {
    for (const absl::string_view words : absl::StrSplit(value, ", ")) {
      case_.question.add_facts()->set_fact(Underscored(words));
    }
    return absl::OkStatus();
  }

  absl::Status KeepConsent(const std::string& value) {
    consent_lines_.push_back(value);
    return absl::OkStatus();
  }

  bool IsGuardian(const std::string& name) const {
    return name == "mother" || name == "father" ||
           std::find(case_.circumstances.guardians().begin(), case_.circumstances.guardians().end(), name) !=
               case_.circumstances.guardians().end();
  }

  // "mother: yes on 2026-01-20; father prevented; child together".
  absl::Status ReadConsent(const std::string& line) {
    const std::vector<std::string> parts = absl::StrSplit(line, "; ");
    const std::vector<std::string> said = absl::StrSplit(parts[0], absl::MaxSplits(": ", 1));
    if (said.size() != 2) return Unreadable("a consent starts with who: what");
    v1::Consent& consent = *case_.circumstances.add_consents();
    consent.set_name(NameOf(said[0]));
    if (said[0] == "child") {
      consent.mutable_giver()->set_child(true);
    } else if (IsGuardian(said[0])) {
      consent.mutable_giver()->set_guardian(said[0]);
    } else {
      consent.mutable_giver()->set_third_person(said[0]);
    }
    FillScope(*consent.mutable_scope());
    RETURN_IF_ERROR(ReadState(said[1], consent));
    for (size_t i = 1; i < parts.size(); ++i) RETURN_IF_ERROR(ReadReserve(parts[i], consent));
    return absl::OkStatus();
  }

  // "mother", and "mother 2" of the second.
  std::string NameOf(const std::string& giver) {
    const int number = ++asked_[giver];
    return number == 1 ? giver : absl::StrCat(giver, " ", number);
  }

  void FillScope(v1::ConsentScope& scope) const {
    *scope.mutable_discloser() = case_.question.discloser();
    *scope.mutable_recipient() = case_.question.recipient();
    *scope.mutable_categories() = case_.question.categories();
    scope.set_purpose(case_.question.purpose());
    scope.set_from_date(proto_time::FormatDay(case_.day - 30));
    scope.set_to_date(proto_time::FormatDay(case_.day + 150));
  }

  absl::Status ReadState(absl::string_view words, v1::Consent& consent) {
    const std::vector<absl::string_view> parts = absl::StrSplit(words, " on ");
    absl::CivilDay on = case_.day - 7;
    if (parts.size() == 2) on = proto_time::ParseDay(std::string(parts[1])).value_or(on);
    const auto time = proto_time::ToProto(absl::FromCivil(on, absl::UTCTimeZone()));
    if (parts[0] == "asked") {
      consent.set_state(v1::Consent::ASKED);
      return absl::OkStatus();
    }
    v1::ConsentAnswer& answer = *consent.mutable_answer();
    answer.set_verdict(parts[0] == "no" ? v1::ConsentAnswer::NO : v1::ConsentAnswer::YES);
    *answer.mutable_answer_time() = time;
    if (parts[0] == "yes") {
      consent.set_state(v1::Consent::GIVEN);
    } else if (parts[0] == "no") {
      consent.set_state(v1::Consent::REFUSED);
    } else if (parts[0] == "withdrawn") {
      consent.set_state(v1::Consent::WITHDRAWN);
      *consent.mutable_withdraw_time() = time;
    } else if (parts[0] == "expired") {
      consent.set_state(v1::Consent::EXPIRED);
      consent.mutable_scope()->set_to_date(proto_time::FormatDay(case_.day - 1));
    } else {
      return Unreadable("a consent says yes, no, asked, withdrawn or expired");
    }
    return absl::OkStatus();
  }

  absl::Status ReadReserve(absl::string_view words, v1::Consent& consent) {
    v1::ConsentScope& scope = *consent.mutable_scope();
    v1::ChildVoice& voice = *consent.mutable_answer()->mutable_child_voice();
    if (words == "child together") return Weigh(voice, v1::ChildVoice::TOGETHER);
    if (words == "child decides") return Weigh(voice, v1::ChildVoice::CHILD_DECIDES);
    if (words == "guardians decide") return Weigh(voice, v1::ChildVoice::GUARDIANS_DECIDE);
    if (words == "child objects") {
      voice.set_opinion(v1::ChildVoice::OBJECTS);
    } else if (words == "child agrees") {
      voice.set_opinion(v1::ChildVoice::AGREES);
    } else if (words == "with a reservation") {
      consent.mutable_answer()->set_reservation("Inte till rektorn.");
    } else if (absl::ConsumeSuffix(&words, " prevented")) {
      consent.mutable_answer()->mutable_absent_guardian()->set_guardian(std::string(words));
    } else if (absl::ConsumePrefix(&words, "only about ")) {
      scope.clear_categories();
      return AddCategories(words, *scope.mutable_categories());
    } else if (absl::ConsumePrefix(&words, "only for ")) {
      scope.set_purpose(
          static_cast<Disclosure::Purpose>(ValueOf(*Disclosure::Purpose_descriptor(), words).value_or(0)));
    } else if (absl::ConsumePrefix(&words, "only to unit ")) {
      scope.mutable_recipient()->set_unit(absl::StrCat("municipalities/0180/units/", words));
    } else if (words == "to any unit") {
      scope.mutable_recipient()->clear_unit();
    } else if (absl::ConsumePrefix(&words, "only to ")) {
      scope.mutable_recipient()->set_authority(absl::StrCat("municipalities/0180/authorities/", words));
    } else if (absl::ConsumePrefix(&words, "only from ")) {
      scope.mutable_discloser()->set_authority(absl::StrCat("municipalities/0180/authorities/", words));
    } else if (absl::ConsumePrefix(&words, "from ")) {
      scope.set_from_date(std::string(words));
    } else if (absl::ConsumePrefix(&words, "until ")) {
      scope.set_to_date(std::string(words));
    } else if (absl::ConsumePrefix(&words, "data of ")) {
      scope.add_third_persons(std::string(words));
    } else {
      return Unreadable("unknown part of a consent");
    }
    return absl::OkStatus();
  }

  static absl::Status Weigh(v1::ChildVoice& voice, v1::ChildVoice::Maturity maturity) {
    voice.set_maturity(maturity);
    return absl::OkStatus();
  }

  DecisionCase case_;
  std::vector<std::string> consent_lines_;
  std::map<std::string, int> asked_;
};

absl::Status ReadFile(const fs::path& path, std::vector<DecisionCase>& cases) {
  const std::set<std::string> expected = {"answer", "rests", "duties", "missing"};
  std::ifstream file(path);
  std::optional<CaseReader> reader;
  int number = 0;
  const auto finish = [&]() -> absl::Status {
    if (!reader.has_value()) return absl::OkStatus();
    ASSIGN_OR_RETURN(DecisionCase read, reader->Finish());
    cases.push_back(std::move(read));
    reader.reset();
    return absl::OkStatus();
  };
  for (std::string line; std::getline(file, line);) {
    const std::string where = absl::StrCat(path.filename().string(), ":", ++number, ": ");
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    const std::string value(absl::StripAsciiWhitespace(words.size() == 2 ? words[1] : ""));
    absl::Status read;
    if (words[0] == "case") {
      read = finish();
      reader.emplace(where + value);
    } else if (!reader.has_value()) {
      read = Unreadable("stands before the first case");
    } else if (expected.contains(words[0])) {
      reader->Expect(absl::StrCat(words[0], " ", value));
    } else {
      read = reader->Read(words[0], value);
    }
    if (!read.ok()) return Unreadable(absl::StrCat(where, std::string(read.message())));
  }
  return finish();
}

std::string AnswerLine(const CategoryEvaluation& evaluation) {
  std::string line = absl::StrCat("answer ", Words(v1::CategoryDecision::Answer_Name(evaluation.answer)));
  if (evaluation.rule == nullptr) return line;
  absl::StrAppend(&line, " by ", evaluation.rule->rule->id(), ", ", evaluation.wording->version->legal_basis());
  if (evaluation.wording->unverified) absl::StrAppend(&line, ", unverified");
  return line;
}

std::string GiverWords(const v1::Giver& giver) {
  if (giver.has_child()) return "consent of child";
  if (giver.has_third_person()) return absl::StrCat("consent of ", giver.third_person());
  return giver.guardian().empty() ? "consent of a guardian nobody has recorded"
                                  : absl::StrCat("consent of ", giver.guardian());
}

void AddLine(const std::string& key, const std::vector<std::string>& parts, std::vector<std::string>& lines) {
  if (!parts.empty()) lines.push_back(absl::StrCat(key, " ", absl::StrJoin(parts, ", ")));
}

}  // namespace

absl::StatusOr<std::vector<DecisionCase>> ReadDecisionCases() {
  std::set<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator("services/consent/testdata/decisions")) {
    if (entry.path().extension() == ".txt") paths.insert(entry.path());
  }
  std::vector<DecisionCase> cases;
  for (const fs::path& path : paths) RETURN_IF_ERROR(ReadFile(path, cases));
  return cases;
}

std::vector<std::string> AnswerLines(const CategoryEvaluation& evaluation) {
  std::vector<std::string> lines = {AnswerLine(evaluation)};
  std::vector<std::string> rests;
  for (const std::string& test : evaluation.tests) rests.push_back("test " + test);
  for (const std::string& consent : evaluation.consents) rests.push_back("consent of " + consent);
  AddLine("rests", rests, lines);
  std::vector<std::string> duties;
  for (int duty = 1; duty < Disclosure::Duty_ARRAYSIZE; ++duty) {
    if ((evaluation.duties & SetOf(duty)) != 0) {
      duties.push_back(Words(Disclosure::Duty_Name(static_cast<Disclosure::Duty>(duty))));
    }
  }
  AddLine("duties", duties, lines);
  std::vector<std::string> missing;
  for (const std::string& test : evaluation.missing_tests) missing.push_back("test " + test);
  for (const std::string& fact : evaluation.missing_facts) missing.push_back("fact " + Words(fact));
  for (const v1::Giver& giver : evaluation.missing_consents) missing.push_back(GiverWords(giver));
  AddLine("missing", missing, lines);
  return lines;
}

absl::StatusOr<rules::v1::RuleSet> ShippedRuleSet() {
  rules::v1::RuleSet all;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator("deploy/rules")) {
    if (entry.path().extension() != ".textproto") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    rules::v1::RuleSet part;
    if (!google::protobuf::TextFormat::ParseFromString(text, &part)) return Unreadable(entry.path().string());
    all.MergeFrom(part);
  }
  return all;
}

bool IsPermit(v1::CategoryDecision::Answer answer) {
  return answer == v1::CategoryDecision::PERMIT || answer == v1::CategoryDecision::PERMIT_WITH_CONDITIONS;
}

}  // namespace samverkan::consent
