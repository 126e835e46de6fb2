#include "services/consent/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "libs/category/category.h"
#include "libs/proto_time/proto_time.h"
#include "libs/testing/status_matchers.h"
#include "services/consent/consent_fixture.h"

namespace samverkan::consent::testing {
namespace {

using rules::v1::Disclosure;
using ::samverkan::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr absl::CivilDay kDay(2026, 3, 10);
constexpr char kMother[] = "01968f00-0000-7000-8000-0000000000aa";
constexpr char kFather[] = "01968f00-0000-7000-8000-0000000000bb";
constexpr char kSchool[] = "municipalities/0180/units/bredangsskolan";

std::string NameIn(const std::string& collection, int number) {
  return absl::StrCat("municipalities/0180/", collection, "/01968f00-0000-7000-8000-00000000010", number);
}
const std::string kChildName = NameIn("children", 0);

void AddGuardian(v1::Child& child, const std::string& reference, const std::string& name) {
  v1::Guardian& guardian = *child.add_guardians();
  guardian.set_guardian(reference);
  guardian.set_person_name(name);
  guardian.set_kind(v1::Guardian::PARENT);
  guardian.set_from_date("2015-01-10");
}

v1::Child ChildOfTwo() {
  v1::Child child;
  child.set_name(kChildName);
  child.set_authority(kSkarholmen);
  child.set_given_name("Elsa");
  child.set_family_name("Lind");
  child.add_identity_numbers()->set_identity_number("201501102386");
  AddGuardian(child, kMother, "Sara Lind");
  AddGuardian(child, kFather, "Per Ek");
  child.add_units(kBarnenheten);
  child.set_assignee("u-eva");
  child.set_etag("e-1");
  return child;
}

// Lets the school be told of the concern; answered with yes, and documented.
v1::Consent Consented(int number, const std::string& guardian) {
  v1::Consent consent;
  consent.set_name(NameIn("consents", number));
  if (!guardian.empty()) consent.mutable_giver()->set_guardian(guardian);
  v1::ConsentScope& scope = *consent.mutable_scope();
  scope.mutable_discloser()->set_party(Disclosure::SOCIAL_SERVICES);
  scope.mutable_discloser()->set_authority(kSkarholmen);
  scope.mutable_recipient()->set_party(Disclosure::SCHOOL);
  scope.mutable_recipient()->set_authority(kUtbildningsnamnden);
  scope.mutable_recipient()->set_unit(kSchool);
  scope.add_categories(data::v1::CONCERN);
  scope.set_purpose(Disclosure::COOPERATION);
  scope.set_from_date("2026-03-10");
  scope.set_to_date("2026-06-10");
  consent.set_state(v1::Consent::GIVEN);
  *consent.mutable_ask_time() = proto_time::ToProto(At(kDay) + absl::Minutes(number));
  consent.set_asker("u-eva");
  consent.mutable_answer()->set_verdict(v1::ConsentAnswer::YES);
  consent.mutable_answer()->set_documentation("Undertecknat av Sara Lind.");
  return consent;
}

// May the school be told? Permitted by the consents of both.
ChildRecords::Decided Decided(int number) {
  ChildRecords::Decided decided;
  v1::Decision& decision = decided.decision;
  decision.set_name(NameIn("decisions", number));
  v1::Question& question = *decision.mutable_question();
  *question.mutable_discloser() = Consented(1, kMother).scope().discloser();
  *question.mutable_recipient() = Consented(1, kMother).scope().recipient();
  question.add_categories(data::v1::CONCERN);
  question.set_purpose(Disclosure::COOPERATION);
  v1::CategoryDecision& category = *decision.add_categories();
  category.set_category(data::v1::CONCERN);
  category.set_answer(v1::CategoryDecision::PERMIT);
  category.set_rule("P-056");
  category.add_consents(NameIn("consents", 1));
  category.add_consents(NameIn("consents", 2));
  *decision.mutable_decide_time() = proto_time::ToProto(At(kDay + 1) + absl::Minutes(number));
  decision.set_decider("u-eva");
  decided.circumstances.add_guardians(kMother);
  decided.circumstances.add_guardians(kFather);
  *decided.circumstances.add_consents() = Consented(2, kFather);
  return decided;
}

// What was told through Decided the number.
v1::DisclosureRecord Told(int number) {
  const v1::Decision decision = Decided(number).decision;
  v1::DisclosureRecord disclosure;
  disclosure.set_name(NameIn("disclosures", number));
  disclosure.set_decision(decision.name());
  *disclosure.mutable_recipient() = decision.question().recipient();
  disclosure.set_purpose(decision.question().purpose());
  *disclosure.mutable_categories() = decision.categories();
  disclosure.set_message_type("samverkan.intake.v1.Report");
  *disclosure.mutable_disclose_time() = proto_time::ToProto(At(kDay + 2) + absl::Minutes(number));
  return disclosure;
}

// Both guardians consented, the school was told.
ChildRecords Records() {
  return {.authority = {"0180", "skarholmen"},
          .child = ChildOfTwo(),
          .consents = {Consented(1, kMother), Consented(2, kFather)},
          .decisions = {Decided(1)},
          .disclosures = {Told(1)}};
}

void Protect(v1::Child& child, Disclosure::Protection level = Disclosure::PROTECTED_REGISTRATION) {
  child.add_protections()->set_level(level);
  child.mutable_protections(0)->set_from_date("2026-03-10");
}

v1::ExtractChildRequest ToChild(bool texts_reviewed = false) {
  v1::ExtractChildRequest request;
  request.set_recipient(v1::CHILD);
  request.set_texts_reviewed(texts_reviewed);
  return request;
}

v1::ExtractChildRequest ToMother(bool texts_reviewed = false) {
  v1::ExtractChildRequest request = ToChild(texts_reviewed);
  request.set_recipient(v1::GUARDIAN);
  request.set_guardian(kMother);
  return request;
}

std::vector<v1::ExtractItem> Extract(const ChildRecords& records, const v1::ExtractChildRequest& request) {
  const auto items = ExtractOf(ShippedRules(), records, request, At(kDay + 30));
  EXPECT_OK(items);
  return items.ok() ? *items : std::vector<v1::ExtractItem>();
}

std::vector<std::string> NamesIn(const std::vector<v1::ExtractItem>& items) {
  std::vector<std::string> names;
  for (const v1::ExtractItem& item : items) names.push_back(NameOf(item));
  return names;
}

// "P-051, OSL 26:5" of the field, wherever it stands; empty where it is not withheld.
std::string RuleOf(const std::vector<v1::ExtractItem>& items, const std::string& field) {
  for (const v1::ExtractItem& item : items) {
    for (const v1::WithheldField& withheld : item.withheld()) {
      if (withheld.field() == field) return absl::StrCat(withheld.rule(), ", ", withheld.legal_basis());
    }
  }
  return "";
}

std::string Bytes(const std::vector<v1::ExtractItem>& items) {
  std::string bytes;
  for (const v1::ExtractItem& item : items) absl::StrAppend(&bytes, item.SerializeAsString());
  return bytes;
}

bool Says(const std::vector<v1::ExtractItem>& items, const std::string& text) {
  return absl::StrContains(Bytes(items), text);
}

TEST(ExtractTest, TellsTheChildFirstAndTheRestOldestFirst) {
  ChildRecords records = Records();
  // Merged from a reference that was registered earlier.
  *records.child.mutable_create_time() = proto_time::ToProto(At(kDay + 20));
  const auto items = Extract(records, ToChild());
  EXPECT_THAT(NamesIn(items), ElementsAre(kChildName, NameIn("consents", 1), NameIn("consents", 2),
                                          NameIn("decisions", 1), NameIn("disclosures", 1)));
  EXPECT_EQ(items[0].child().given_name(), "Elsa");
  EXPECT_EQ(items[0].child().identity_numbers(0).identity_number(), "201501102386");
  EXPECT_EQ(items[0].child().etag(), "");
  EXPECT_EQ(items[1].consent().answer().verdict(), v1::ConsentAnswer::YES);
  EXPECT_EQ(items[3].decision().categories(0).answer(), v1::CategoryDecision::PERMIT);
  EXPECT_EQ(items[3].decision().categories(0).rule(), "P-056");
  EXPECT_THAT(items[3].circumstances().consents(), IsEmpty());
  EXPECT_EQ(items[4].disclosure().recipient().unit(), kSchool);
}

TEST(ExtractTest, TellsTheStateOfTheDay) {
  const ChildRecords records = Records();
  const auto then = ExtractOf(ShippedRules(), records, ToMother(), At(absl::CivilDay(2026, 6, 10)));
  const auto after = ExtractOf(ShippedRules(), records, ToMother(), At(absl::CivilDay(2026, 6, 11)));
  EXPECT_EQ((*then)[1].consent().state(), v1::Consent::GIVEN);
  EXPECT_EQ((*after)[1].consent().state(), v1::Consent::EXPIRED);
}

TEST(ExtractTest, WithholdsOtherPersonsWhateverIsReviewed) {
  ChildRecords records = Records();
  records.child.add_special_representatives()->set_person_name("Ada Berg");
  records.consents[0].mutable_answer()->mutable_absent_guardian()->set_reasons("Per Ek svarar inte.");
  records.consents[0].mutable_answer()->set_reservation("Inte till Per Ek.");
  records.consents[0].mutable_scope()->add_third_persons("mormor-1");
  for (const v1::ExtractChildRequest& request : {ToChild(true), ToMother(true)}) {
    const auto items = Extract(records, request);
    for (const std::string field :
         {"child.guardians", "consent.giver.guardian", "consent.answer.documentation", "consent.answer.reservation",
          "consent.answer.absent_guardian", "consent.scope.third_persons", "circumstances.guardians"}) {
      EXPECT_EQ(RuleOf(items, field), "P-050, OSL 26:1") << field;
    }
    for (const std::string secret : {"Sara", "Per Ek", "Ada", "mormor", kMother, kFather}) {
      EXPECT_FALSE(Says(items, secret)) << secret;
    }
  }
}

TEST(ExtractTest, KeepsWhatTheChildSaidFromAGuardian) {
  ChildRecords records = Records();
  v1::ChildVoice& voice = *records.consents[0].mutable_answer()->mutable_child_voice();
  voice.set_opinion(v1::ChildVoice::OBJECTS);
  voice.set_words("Jag vill inte.");
  voice.set_reasons("Resonerar moget.");
  const auto child = Extract(records, ToChild(/*texts_reviewed=*/true));
  EXPECT_EQ(child[1].consent().answer().child_voice().words(), "Jag vill inte.");
  const auto mother = Extract(records, ToMother(/*texts_reviewed=*/true));
  EXPECT_EQ(RuleOf(mother, "consent.answer.child_voice"), "P-057, OSL 12:3");
  EXPECT_FALSE(mother[1].consent().answer().has_child_voice());
}

TEST(ExtractTest, AGuardianLearnsNotWhetherTheChildWasHeardOrTheOtherPrevented) {
  ChildRecords records = Records();
  records.consents[0].mutable_answer()->mutable_child_voice()->set_opinion(v1::ChildVoice::OBJECTS);
  records.consents[0].mutable_answer()->mutable_absent_guardian()->set_guardian(kFather);
  EXPECT_EQ(Bytes(Extract(records, ToMother(true))), Bytes(Extract(Records(), ToMother(true))));
}

TEST(ExtractTest, WithholdsTextsThatNobodyHasRead) {
  ChildRecords records = Records();
  v1::RecordedTest& test = *records.decisions[0].decision.mutable_question()->add_tests();
  test.set_test("harm");
  test.set_reasons("Skolan vet det redan.");
  records.disclosures[0].set_free_text_check("Inget om var barnet finns.");
  const auto unread = Extract(records, ToChild());
  EXPECT_EQ(RuleOf(unread, "decision.question.tests.reasons"), "P-050, OSL 26:1");
  EXPECT_EQ(RuleOf(unread, "disclosure.free_text_check"), "P-050, OSL 26:1");
  EXPECT_EQ(unread[3].decision().question().tests(0).test(), "harm");
  const auto read = Extract(records, ToChild(/*texts_reviewed=*/true));
  EXPECT_EQ(read[3].decision().question().tests(0).reasons(), "Skolan vet det redan.");
  EXPECT_EQ(read[4].disclosure().free_text_check(), "Inget om var barnet finns.");
  // A guardian gets no test, for it tells on what the answer rested.
  const auto mother = Extract(records, ToMother(/*texts_reviewed=*/true));
  EXPECT_THAT(mother[2].decision().question().tests(), IsEmpty());
  EXPECT_EQ(RuleOf(mother, "decision.question.tests"), "P-050, OSL 26:1");
}

TEST(ExtractTest, WithholdsWhereAProtectedChildIsFromBoth) {
  ChildRecords records = Records();
  EXPECT_TRUE(Says(Extract(records, ToMother()), kSchool));
  EXPECT_TRUE(Says(Extract(records, ToChild()), kBarnenheten));
  Protect(records.child);
  EXPECT_EQ(RuleOf(Extract(records, ToChild()), "child.units"), "P-075, OSL 21:3, 21:3 a; FOL 16 §");
  for (const v1::ExtractChildRequest& request : {ToChild(true), ToMother(true)}) {
    const auto items = Extract(records, request);
    for (const std::string field :
         {"consent.scope.recipient.unit", "consent.scope.recipient.authority", "decision.question.recipient.unit",
          "disclosure.recipient.unit", "disclosure.recipient.authority"}) {
      EXPECT_EQ(RuleOf(items, field), "P-075, OSL 21:3, 21:3 a; FOL 16 §") << field;
    }
    for (const std::string secret : {kBarnenheten, kSchool, kUtbildningsnamnden}) EXPECT_FALSE(Says(items, secret));
  }
}

TEST(ExtractTest, TellsNoGuardianOfAnAssumedIdentity) {
  ChildRecords records = Records();
  Protect(records.child, Disclosure::ASSUMED_IDENTITY);
  const auto items = Extract(records, ToMother(/*texts_reviewed=*/true));
  for (const std::string field : {"child.identity_numbers", "child.given_name", "child.family_name"}) {
    EXPECT_EQ(RuleOf(items, field), "P-075, OSL 21:3, 21:3 a; FOL 16 §") << field;
  }
  EXPECT_FALSE(Says(items, "Elsa"));
  EXPECT_FALSE(Says(items, "201501102386"));
  EXPECT_TRUE(Says(Extract(records, ToChild()), "Elsa"));
}

TEST(ExtractTest, TellsNobodyWhoReported) {
  ChildRecords feedback = Records();
  feedback.consents[0].mutable_scope()->set_purpose(Disclosure::FEEDBACK);
  feedback.decisions[0].decision.mutable_question()->set_purpose(Disclosure::FEEDBACK);
  feedback.disclosures[0].set_purpose(Disclosure::FEEDBACK);
  feedback.consents.pop_back();
  for (const v1::ExtractChildRequest& request : {ToChild(true), ToMother(true)}) {
    const auto items = Extract(feedback, request);
    for (const std::string field : {"consent.scope.recipient", "decision.question.recipient", "disclosure.recipient"}) {
      EXPECT_EQ(RuleOf(items, field), "P-051, OSL 26:5") << field;
    }
    EXPECT_FALSE(Says(items, kSchool));
    EXPECT_FALSE(Says(items, kUtbildningsnamnden));
  }
  // The school's own: that a concern was to be reported, a guardian does not learn at all.
  ChildRecords reported = Records();
  reported.consents.clear();
  reported.child.clear_assignee();
  reported.decisions[0].decision.mutable_question()->set_purpose(Disclosure::CONCERN_REPORT);
  reported.disclosures[0].set_purpose(Disclosure::CONCERN_REPORT);
  reported.disclosures[0].set_discloser("u-eva");
  const auto items = Extract(reported, ToChild(true));
  for (const std::string field : {"decision.decider", "decision.question.discloser", "disclosure.discloser"}) {
    EXPECT_EQ(RuleOf(items, field), "P-051, OSL 26:5") << field;
  }
  EXPECT_FALSE(Says(items, "u-eva"));
  EXPECT_THAT(Extract(reported, ToMother()), IsEmpty());
}

TEST(ExtractTest, AGuardianLearnsNotWhatOthersAnswered) {
  const std::string both = Bytes(Extract(Records(), ToMother(true)));
  const std::vector<std::function<void(v1::CategoryDecision&)>> answers = {
      [](v1::CategoryDecision& category) {
        category.set_answer(v1::CategoryDecision::NEEDS_CONSENT);
        category.clear_consents();
        category.add_missing_consents()->set_guardian(kFather);
      },
      [](v1::CategoryDecision& category) {
        category.set_answer(v1::CategoryDecision::DENY);
        category.clear_rule();
        category.clear_consents();
      },
      [](v1::CategoryDecision& category) {
        category.set_rule("P-050");
        category.clear_consents();
        category.add_tests("harm");
        category.add_duties(Disclosure::INFORM_GUARDIANS);
        category.add_missing_facts("answer_told");
      }};
  for (const auto& answer : answers) {
    ChildRecords records = Records();
    answer(*records.decisions[0].decision.mutable_categories(0));
    answer(*records.disclosures[0].mutable_categories(0));
    records.consents[1].set_state(v1::Consent::REFUSED);
    EXPECT_EQ(Bytes(Extract(records, ToMother(true))), both);
  }
  const auto items = Extract(Records(), ToMother(true));
  EXPECT_THAT(NamesIn(items),
              ElementsAre(kChildName, NameIn("consents", 1), NameIn("decisions", 1), NameIn("disclosures", 1)));
  EXPECT_EQ(items[3].disclosure().categories(0).category(), data::v1::CONCERN);
  EXPECT_EQ(items[3].disclosure().recipient().unit(), kSchool);
  EXPECT_EQ(RuleOf(items, "decision.categories.answer"), "P-050, OSL 26:1");
  EXPECT_EQ(RuleOf(items, "disclosure.categories.answer"), "P-050, OSL 26:1");
}

TEST(ExtractTest, AGuardianLearnsOfNoConsentButItsOwn) {
  ChildRecords records = Records();
  records.consents.push_back(Consented(3, ""));
  records.consents.back().mutable_giver()->set_child(true);
  records.consents.push_back(Consented(4, ""));
  records.consents.back().mutable_giver()->set_third_person(kMother);
  EXPECT_THAT(HiddenResources(records, kMother),
              ElementsAre(NameIn("consents", 2), NameIn("consents", 3), NameIn("consents", 4)));
  EXPECT_THAT(HiddenResources(records, kFather), Contains(NameIn("consents", 1)));
  EXPECT_THAT(HiddenResources(records, kFather), Not(Contains(NameIn("consents", 2))));
  // From any guardian: every one.
  EXPECT_THAT(HiddenResources(records, ""), SizeIs(4));
}

struct SecretCase {
  const char* what;
  bool hidden;
  std::function<void(ChildRecords::Decided&)> make;
};

using Make = std::function<void(ChildRecords::Decided&)>;

Make Telling(Disclosure::Party party, const std::string& guardian = "") {
  return [=](ChildRecords::Decided& decided) {
    v1::Recipient& recipient = *decided.decision.mutable_question()->mutable_recipient();
    recipient.Clear();
    recipient.set_party(party);
    recipient.set_guardian(guardian);
  };
}

Make ToSocialServicesFor(Disclosure::Purpose purpose) {
  return [=](ChildRecords::Decided& decided) {
    v1::Question& question = *decided.decision.mutable_question();
    question.mutable_discloser()->set_party(Disclosure::SCHOOL);
    question.mutable_recipient()->set_party(Disclosure::SOCIAL_SERVICES);
    question.set_purpose(purpose);
  };
}

Make For(Disclosure::Purpose purpose) {
  return [=](ChildRecords::Decided& decided) { decided.decision.mutable_question()->set_purpose(purpose); };
}

std::vector<SecretCase> SecretCases() {
  return {{"on hold", true, [](ChildRecords::Decided& decided) { decided.circumstances.set_on_hold(true); }},
          {"by the police", true,
           [](ChildRecords::Decided& decided) {
             decided.decision.mutable_question()->mutable_discloser()->set_party(Disclosure::POLICE);
           }},
          {"to the police", true, Telling(Disclosure::POLICE)},
          {"to the security service", true, Telling(Disclosure::SECURITY_SERVICE)},
          {"to the customs", true, Telling(Disclosure::CUSTOMS)},
          {"to the other guardian", true, Telling(Disclosure::GUARDIAN, kFather)},
          {"to this guardian", false, Telling(Disclosure::GUARDIAN, kMother)},
          {"to the child", true, Telling(Disclosure::CHILD)},
          {"to the reported person", true, Telling(Disclosure::REPORTED_PERSON)},
          {"to another person", true, Telling(Disclosure::PRIVATE_PERSON)},
          {"to the social services that investigate", true, ToSocialServicesFor(Disclosure::CHILD_INVESTIGATION)},
          {"to the social services for care", true, ToSocialServicesFor(Disclosure::CARE_AND_SUPPORT)},
          {"to the social services to cooperate", false, ToSocialServicesFor(Disclosure::COOPERATION)},
          {"to health care", false, Telling(Disclosure::HEALTH_CARE)},
          {"to prevent crime", true, For(Disclosure::CRIME_PREVENTION)},
          {"to investigate crime", true, For(Disclosure::CRIME_INVESTIGATION)},
          {"to report a concern", true, For(Disclosure::CONCERN_REPORT)},
          {"for care", false, For(Disclosure::CARE_AND_SUPPORT)}};
}

// The record of the number 2 in a case, with what was told through it.
ChildRecords With(const SecretCase& secret) {
  ChildRecords records = Records();
  ChildRecords::Decided& decided = records.decisions.emplace_back(Decided(2));
  secret.make(decided);
  v1::DisclosureRecord& disclosure = records.disclosures.emplace_back(Told(2));
  *disclosure.mutable_recipient() = decided.decision.question().recipient();
  disclosure.set_purpose(decided.decision.question().purpose());
  return records;
}

TEST(ExtractTest, HidesFromAGuardianWhatItMustNotGuessAt) {
  for (const SecretCase& secret : SecretCases()) {
    const ChildRecords records = With(secret);
    std::vector<std::string> hidden = {NameIn("consents", 2)};
    if (secret.hidden) hidden.insert(hidden.end(), {NameIn("decisions", 2), NameIn("disclosures", 2)});
    EXPECT_EQ(HiddenResources(records, kMother), hidden) << secret.what;
    EXPECT_THAT(Extract(records, ToMother()), SizeIs(secret.hidden ? 4 : 6)) << secret.what;
    EXPECT_THAT(Extract(records, ToChild()), SizeIs(7)) << secret.what;
  }
}

TEST(ExtractTest, WhatIsHiddenLeavesNoTrace) {
  const std::string without = Bytes(Extract(Records(), ToMother(true)));
  for (const SecretCase& secret : SecretCases()) {
    if (!secret.hidden) continue;
    ChildRecords records = With(secret);
    records.child.set_on_hold(true);
    records.child.add_special_representatives()->set_person_name("Ada Berg");
    records.child.add_aliases("01968f00-0000-7000-8000-000000000009");
    records.child.add_units(kUngdomsenheten);
    records.child.set_assignee("u-omar");
    *records.child.mutable_create_time() = proto_time::ToProto(At(kDay - 30));
    records.child.mutable_identity_numbers(0)->set_from_date("2026-02-08");
    records.consents.push_back(Consented(3, kFather));
    EXPECT_EQ(Bytes(Extract(records, ToMother(true))), without) << secret.what;
    EXPECT_NE(Bytes(Extract(records, ToChild(true))), without) << secret.what;
  }
}

TEST(ExtractTest, AGuardianLearnsOfTheChildOnlyWithSomethingElse) {
  ChildRecords records = Records();
  records.consents = {Consented(2, kFather)};
  records.disclosures.clear();
  records.decisions[0].circumstances.set_on_hold(true);
  EXPECT_THAT(Extract(records, ToMother()), IsEmpty());
  EXPECT_THAT(HiddenResources(records, kMother),
              ElementsAre(kChildName, NameIn("consents", 2), NameIn("decisions", 1)));
  EXPECT_THAT(NamesIn(Extract(records, ToChild())),
              ElementsAre(kChildName, NameIn("consents", 2), NameIn("decisions", 1)));
  // Also without a hold, so that its end is not told of either.
  EXPECT_THAT(Extract({.authority = records.authority, .child = records.child}, ToMother()), IsEmpty());
}

TEST(ExtractTest, HidesADisclosureMadeOnHoldOrThroughAHiddenDecision) {
  ChildRecords held = Records();
  held.disclosures[0].set_on_hold(true);
  EXPECT_THAT(HiddenResources(held, kMother), ElementsAre(NameIn("consents", 2), NameIn("disclosures", 1)));

  ChildRecords through = Records();
  through.decisions[0].circumstances.set_on_hold(true);
  EXPECT_THAT(HiddenResources(through, kMother),
              ElementsAre(NameIn("consents", 2), NameIn("decisions", 1), NameIn("disclosures", 1)));

  // The decision came after the decisions were read.
  ChildRecords late = Records();
  late.decisions.clear();
  EXPECT_THAT(HiddenResources(late, kMother), ElementsAre(NameIn("consents", 2), NameIn("disclosures", 1)));
}

TEST(ExtractTest, AGuardianLearnsOfNoHoldAndNoSpecialRepresentative) {
  ChildRecords records = Records();
  records.child.set_on_hold(true);
  records.child.add_special_representatives()->set_person_name("Ada Berg");
  const auto mother = Extract(records, ToMother());
  EXPECT_FALSE(mother[0].child().on_hold());
  EXPECT_EQ(RuleOf(mother, "child.special_representatives"), "");
  const auto child = Extract(records, ToChild());
  EXPECT_TRUE(child[0].child().on_hold());
  EXPECT_EQ(RuleOf(child, "child.special_representatives"), "P-050, OSL 26:1");
  EXPECT_THAT(HiddenResources(records, kMother),
              ElementsAre(kChildName + "/specialRepresentatives", NameIn("consents", 2)));
}

TEST(ExtractTest, AnExtractForNobodyInParticularIsNoChilds) {
  v1::ExtractChildRequest request;
  EXPECT_THAT(NamesIn(Extract(Records(), request)),
              ElementsAre(kChildName, NameIn("decisions", 1), NameIn("disclosures", 1)));
}

TEST(ExtractTest, IsForAGuardianWhoHasCustody) {
  v1::Child child = ChildOfTwo();
  EXPECT_OK(CheckRecipientOfExtract(child, ToChild(), At(kDay)));
  EXPECT_OK(CheckRecipientOfExtract(child, ToMother(), At(kDay)));
  const auto refused = StatusIs(absl::StatusCode::kFailedPrecondition, "NOT_A_GUARDIAN");
  child.mutable_guardians(0)->set_to_date("2026-03-09");
  EXPECT_THAT(CheckRecipientOfExtract(child, ToMother(), At(kDay)), refused);
  v1::ExtractChildRequest stranger = ToMother();
  stranger.set_guardian("01968f00-0000-7000-8000-0000000000cc");
  EXPECT_THAT(CheckRecipientOfExtract(child, stranger, At(kDay)), refused);
  EXPECT_THAT(CheckRecipientOfExtract(ChildOfTwo(), ToMother(), At(absl::CivilDay(2033, 1, 10))), refused) << "of age";
}

TEST(ExtractTest, SaysWhatTheRuleSays) {
  ChildRecords records = Records();
  Protect(records.child);
  for (const v1::ExtractChildRequest& request : {ToChild(), ToMother()}) {
    for (const v1::ExtractItem& item : Extract(records, request)) {
      for (const v1::WithheldField& withheld : item.withheld()) {
        const auto rules = ShippedRules().Rules();
        const auto rule =
            std::find_if(rules.begin(), rules.end(), [&](const auto* r) { return r->id() == withheld.rule(); });
        ASSERT_NE(rule, rules.end()) << withheld.rule();
        EXPECT_EQ(withheld.rule_text(), (*rule)->text());
        EXPECT_GT(withheld.category(), data::v1::NOT_PERSONAL) << withheld.field();
      }
    }
  }
}

TEST(ExtractTest, RestsOnTheLawOfTheDay) {
  const pg::Scope board{"0180", "skarholmen"};
  EXPECT_EQ(*BasisOfExtract(ShippedRules(), board, At(kDay)),
            "P-090, GDPR 2016/679; dataskyddslagen 2018:218 3:5, 3:10, 5:1");
  EXPECT_THAT(BasisOfExtract(ShippedRules(), board, At(absl::CivilDay(2018, 5, 24))),
              StatusIs(absl::StatusCode::kNotFound, "NO_RULE_IN_FORCE"));
  // Nothing is shown where a rule that withholds cannot be named.
  EXPECT_THAT(ExtractOf(ShippedRules(), Records(), ToChild(), At(absl::CivilDay(2009, 1, 1))),
              StatusIs(absl::StatusCode::kNotFound, "NO_RULE_IN_FORCE"));
}

// ---- the property: over every text that can be kept ----

// Plants a mark into every text of a message, and remembers its category.
class Planter {
 public:
  void Plant(google::protobuf::Message& message, data::v1::Category around = data::v1::CATEGORY_UNSPECIFIED) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const google::protobuf::FieldDescriptor& field = *message.GetDescriptor()->field(i);
      if (field.containing_oneof() != nullptr && !reflection.HasField(message, &field)) continue;
      const data::v1::Category category = category::CategoryOf(field, around);
      if (field.message_type() != nullptr) {
        if (!field.is_repeated()) Plant(*reflection.MutableMessage(&message, &field), category);
        if (field.is_repeated() && reflection.FieldSize(message, &field) == 0) reflection.AddMessage(&message, &field);
        for (int k = 0; field.is_repeated() && k < reflection.FieldSize(message, &field); ++k) {
          Plant(*reflection.MutableRepeatedMessage(&message, &field, k), category);
        }
      } else if (field.cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
        if (field.is_repeated()) reflection.AddString(&message, &field, Mark(category));
        if (!field.is_repeated() && reflection.GetString(message, &field).empty()) {
          reflection.SetString(&message, &field, Mark(category));
        }
      }
    }
  }

  // The categories of the marks that the items still say.
  std::map<data::v1::Category, int> LeftIn(const std::vector<v1::ExtractItem>& items) const {
    const std::string bytes = Bytes(items);
    std::map<data::v1::Category, int> left;
    for (const auto& [mark, category] : marks_) left[category] += absl::StrContains(bytes, mark) ? 1 : 0;
    return left;
  }

 private:
  std::string Mark(data::v1::Category category) {
    std::string mark = absl::StrCat("<mark ", marks_.size(), ">");
    marks_.emplace(mark, category);
    return mark;
  }

  std::map<std::string, data::v1::Category> marks_;
};

TEST(ExtractTest, NothingOfAWithheldCategorySurvives) {
  ChildRecords records = Records();
  Protect(records.child);
  Planter planter;
  planter.Plant(records.child);
  for (v1::Consent& consent : records.consents) planter.Plant(consent);
  planter.Plant(records.decisions[0].decision);
  planter.Plant(records.decisions[0].circumstances);
  planter.Plant(records.disclosures[0]);
  for (const bool reviewed : {false, true}) {
    auto to_child = planter.LeftIn(Extract(records, ToChild(reviewed)));
    auto to_mother = planter.LeftIn(Extract(records, ToMother(reviewed)));
    ASSERT_EQ(to_child.size(), to_mother.size());
    EXPECT_GE(to_child.size(), 8u);
    for (const auto category : {data::v1::FAMILY, data::v1::WHEREABOUTS, data::v1::CONTACT}) {
      EXPECT_EQ(to_child[category], 0) << category;
      EXPECT_EQ(to_mother[category], 0) << category;
    }
    for (const auto category : {data::v1::CONCERN, data::v1::ASSESSMENT}) {
      EXPECT_EQ(to_child[category] > 0, reviewed) << category;
    }
    EXPECT_EQ(to_mother[data::v1::CONCERN], 0) << "what the child said";
    EXPECT_EQ(to_mother[data::v1::ASSESSMENT] > 0, reviewed);
    for (const auto category : {data::v1::IDENTITY, data::v1::CASEWORKER_IDENTITY}) {
      EXPECT_GT(to_child[category], 0) << category;
      EXPECT_GT(to_mother[category], 0) << category;
    }
  }
}

}  // namespace
}  // namespace samverkan::consent::testing
