#include "services/consent/consent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "libs/calendar/calendar.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::consent {
namespace {

using rules::v1::Disclosure;
using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

constexpr int kDecidingAge = 15;
constexpr absl::CivilDay kToday(2026, 3, 10);
// Official test numbers: of one born 2015-01-10, and of one born 2010-02-08.
constexpr char kYoung[] = "201501102386";
constexpr char kOld[] = "201002082384";
constexpr char kMother[] = "01968f00-0000-7000-8000-00000000000a";
constexpr char kFather[] = "01968f00-0000-7000-8000-00000000000b";
constexpr char kDead[] = "01968f00-0000-7000-8000-00000000000c";
constexpr char kDeprived[] = "01968f00-0000-7000-8000-00000000000d";
constexpr char kStranger[] = "01968f00-0000-7000-8000-00000000000e";
constexpr char kName[] = "municipalities/0180/consents/01968f00-0000-7000-8000-000000000002";
constexpr char kAuthority[] = "municipalities/0180/authorities/skarholmen";
constexpr char kSchool[] = "municipalities/0180/authorities/utbildningsnamnden";
constexpr char kSchoolUnit[] = "municipalities/0180/units/bredangsskolan";

absl::Time At(absl::CivilDay day, int hour = 10) {
  return absl::FromCivil(absl::CivilHour(day) + hour, calendar::Stockholm());
}

auth::Caller Caseworker() {
  auth::Caller caller;
  caller.subject = "u-eva";
  caller.municipality = "0180";
  caller.authority = "skarholmen";
  caller.units = {"barnenheten"};
  caller.roles = {access::v1::CASEWORKER};
  caller.qualified = true;
  return caller;
}

ConsentAct Qualified(absl::CivilDay day = kToday) { return {.subject = "u-eva", .qualified = true, .time = At(day)}; }
ConsentAct Unqualified() { return {.subject = "u-olle", .qualified = false, .time = At(kToday)}; }

void AddGuardian(v1::Child& child, const std::string& reference, const std::string& to_date = "",
                 v1::Guardian::EndCause cause = {}) {
  v1::Guardian& guardian = *child.add_guardians();
  guardian.set_guardian(reference);
  guardian.set_from_date("2015-01-10");
  guardian.set_to_date(to_date);
  guardian.set_end_cause(cause);
}

ChildRecord ChildWith(const std::string& number) {
  ChildRecord record;
  v1::Child& child = record.child;
  child.set_name("municipalities/0180/children/01968f00-0000-7000-8000-000000000001");
  child.set_authority(kAuthority);
  child.add_identity_numbers()->set_identity_number(number);
  child.add_units("municipalities/0180/units/barnenheten");
  AddGuardian(child, kMother);
  AddGuardian(child, kFather);
  AddGuardian(child, kDead, "2026-03-09", v1::Guardian::DIED);
  AddGuardian(child, kDeprived, "2025-12-31", v1::Guardian::CUSTODY_MOVED);
  return record;
}

ChildRecord OnHold() {
  ChildRecord record = ChildWith(kYoung);
  record.child.set_on_hold(true);
  return record;
}

v1::AskConsentRequest Request() {
  v1::AskConsentRequest request;
  request.mutable_giver()->set_guardian(kMother);
  v1::ConsentScope& scope = *request.mutable_scope();
  scope.mutable_discloser()->set_party(Disclosure::SOCIAL_SERVICES);
  scope.mutable_discloser()->set_authority(kAuthority);
  scope.mutable_recipient()->set_party(Disclosure::SCHOOL);
  scope.mutable_recipient()->set_authority(kSchool);
  scope.mutable_recipient()->set_unit(kSchoolUnit);
  scope.mutable_recipient()->set_function("contact_person");
  scope.add_categories(data::v1::CONCERN);
  scope.add_categories(data::v1::FAMILY);
  scope.set_purpose(Disclosure::COOPERATION);
  scope.set_from_date("2026-03-10");
  scope.set_to_date("2026-06-10");
  return request;
}

v1::AskConsentRequest RequestTo(const std::string& guardian) {
  v1::AskConsentRequest request = Request();
  request.mutable_giver()->set_guardian(guardian);
  return request;
}

v1::AskConsentRequest RequestToChild() {
  v1::AskConsentRequest request = Request();
  request.mutable_giver()->set_child(true);
  return request;
}

v1::ConsentAnswer AnswerOf(v1::ConsentAnswer::Verdict verdict) {
  v1::ConsentAnswer answer;
  answer.set_verdict(verdict);
  answer.set_form(v1::ConsentAnswer::ORAL);
  answer.set_documentation("Journalanteckning vid hembesöket.");
  return answer;
}

v1::ConsentAnswer AnswerWithVoice(v1::ChildVoice::Maturity maturity,
                                  v1::ChildVoice::Opinion opinion = v1::ChildVoice::AGREES) {
  v1::ConsentAnswer answer = AnswerOf(v1::ConsentAnswer::YES);
  answer.mutable_child_voice()->set_opinion(opinion);
  answer.mutable_child_voice()->set_words("Jag vill att läraren vet.");
  answer.mutable_child_voice()->set_maturity(maturity);
  answer.mutable_child_voice()->set_reasons("Förstår vad det innebär.");
  return answer;
}

v1::ConsentAnswer AnswerWithout(const std::string& guardian) {
  v1::ConsentAnswer answer = AnswerOf(v1::ConsentAnswer::YES);
  answer.mutable_absent_guardian()->set_guardian(guardian);
  answer.mutable_absent_guardian()->set_reasons("Vistas utomlands och nås inte.");
  return answer;
}

std::vector<std::string> FaultsOf(const v1::AskConsentRequest& request) {
  status::Violations violations;
  CheckAsking(Caseworker(), request, At(kToday), violations);
  std::vector<std::string> fields;
  for (const status::FieldViolation& violation : violations.violations()) fields.push_back(violation.field);
  return fields;
}

// The faults of the request after `change`.
std::vector<std::string> FaultsWith(const std::function<void(v1::AskConsentRequest&)>& change) {
  v1::AskConsentRequest request = Request();
  change(request);
  return FaultsOf(request);
}

absl::StatusOr<ConsentChange> AskOf(const ChildRecord& child, const v1::AskConsentRequest& request,
                                    const ConsentAct& act = Qualified(), const std::vector<v1::Consent>& others = {}) {
  return Ask(child, others, request, kName, kDecidingAge, act);
}

ConsentRecord Asked(const ChildRecord& child, const v1::AskConsentRequest& request = Request()) {
  const auto change = AskOf(child, request);
  EXPECT_OK(change);
  return change->after;
}

ConsentRecord Answered(const ChildRecord& child, const v1::ConsentAnswer& answer) {
  const auto change = Answer(child, Asked(child), answer, kDecidingAge, Qualified());
  EXPECT_OK(change);
  return change->after;
}

ConsentRecord Given() { return Answered(ChildWith(kYoung), AnswerOf(v1::ConsentAnswer::YES)); }

v1::RenewConsentRequest Renewal(const std::string& to_date) {
  v1::RenewConsentRequest request;
  request.set_to_date(to_date);
  request.set_documentation("Sagt per telefon.");
  return request;
}

absl::StatusOr<ConsentChange> RenewOf(const ChildRecord& child, const ConsentRecord& record, const std::string& to_date,
                                      absl::CivilDay day = kToday) {
  return Renew(child, record, Renewal(to_date), kDecidingAge, Qualified(day));
}

v1::WithdrawConsentRequest Withdrawal() {
  v1::WithdrawConsentRequest request;
  request.set_withdrawal("Per telefon till Eva.");
  return request;
}

std::vector<std::string> TypesOf(const ConsentChange& change) {
  std::vector<std::string> types;
  for (const auto& happening : change.happenings) types.push_back(happening.type);
  return types;
}

// ---- requests ----

TEST(ConsentRequestTest, TakesOneThatSaysAll) {
  EXPECT_THAT(FaultsOf(Request()), IsEmpty());
  EXPECT_THAT(FaultsOf(RequestToChild()), IsEmpty());
  EXPECT_THAT(FaultsWith([](auto& request) { *request.mutable_answer() = AnswerOf(v1::ConsentAnswer::NO); }),
              IsEmpty());
}

TEST(ConsentRequestTest, NamesEveryFaultOfAnEmptyOne) {
  EXPECT_THAT(FaultsOf({}),
              ElementsAre("giver", "scope.discloser.party", "scope.discloser.authority", "scope.recipient.party",
                          "scope.categories", "scope.purpose", "scope.from_date", "scope.to_date"));
}

TEST(ConsentRequestTest, NeedsOneWhoGives) {
  EXPECT_THAT(FaultsWith([](auto& request) { request.mutable_giver()->set_guardian("mamma"); }),
              ElementsAre("giver.guardian"));
  EXPECT_THAT(FaultsWith([](auto& request) { request.mutable_giver()->set_child(false); }), ElementsAre("giver.child"));
  for (const std::string third : {"", "Anna Ek", "201501102386", "19150110-2386"}) {
    EXPECT_THAT(FaultsWith([&](auto& request) { request.mutable_giver()->set_third_person(third); }),
                ElementsAre("giver.third_person"))
        << third;
  }
  EXPECT_THAT(FaultsWith([](auto& request) { request.mutable_giver()->set_third_person("mormor-1"); }), IsEmpty());
}

TEST(ConsentRequestTest, IsForTheCallersOwnAuthority) {
  EXPECT_THAT(FaultsWith([](auto& request) {
                request.mutable_scope()->mutable_discloser()->set_authority(kSchool);
                request.mutable_scope()->mutable_discloser()->set_unit("municipalities/0181/units/barnenheten");
              }),
              ElementsAre("scope.discloser.authority", "scope.discloser.unit"));
  EXPECT_THAT(
      FaultsWith([](auto& request) { request.mutable_scope()->mutable_discloser()->set_party(Disclosure::CHILD); }),
      ElementsAre("scope.discloser.party"));
}

std::vector<std::string> FaultsTelling(const v1::Recipient& recipient) {
  return FaultsWith([&](auto& request) { *request.mutable_scope()->mutable_recipient() = recipient; });
}

v1::Recipient Party(Disclosure::Party party) {
  v1::Recipient recipient;
  recipient.set_party(party);
  return recipient;
}

TEST(ConsentRequestTest, NeverLetsEverybodyBeTold) {
  EXPECT_THAT(FaultsTelling(Party(Disclosure::POLICE)), ElementsAre("scope.recipient.authority"));
  EXPECT_THAT(FaultsTelling(Party(Disclosure::ASSOCIATION)), ElementsAre("scope.recipient.unit"));
  EXPECT_THAT(FaultsTelling(Party(Disclosure::GUARDIAN)), ElementsAre("scope.recipient.guardian"));
  EXPECT_THAT(FaultsTelling(Party(Disclosure::PRIVATE_PERSON)), ElementsAre("scope.recipient.function"));
  EXPECT_THAT(FaultsTelling(Party(Disclosure::CHILD)), IsEmpty());
  v1::Recipient association = Party(Disclosure::ASSOCIATION);
  association.set_unit("municipalities/0180/units/skarholmens-if");
  EXPECT_THAT(FaultsTelling(association), IsEmpty());
  association.set_authority(kSchool);
  association.set_guardian(kMother);
  association.set_function("Ledaren");
  EXPECT_THAT(FaultsTelling(association),
              ElementsAre("scope.recipient.authority", "scope.recipient.function", "scope.recipient.guardian"));
  v1::Recipient guardian = Party(Disclosure::GUARDIAN);
  guardian.set_guardian(kMother);
  EXPECT_THAT(FaultsTelling(guardian), IsEmpty());
  guardian.set_unit(kSchoolUnit);
  EXPECT_THAT(FaultsTelling(guardian), ElementsAre("scope.recipient.unit"));
}

TEST(ConsentRequestTest, CoversPersonalCategoriesOnce) {
  EXPECT_THAT(FaultsWith([](auto& request) {
                request.mutable_scope()->add_categories(data::v1::CONCERN);
                request.mutable_scope()->add_categories(data::v1::NOT_PERSONAL);
                request.mutable_scope()->add_categories(data::v1::CATEGORY_UNSPECIFIED);
                request.mutable_scope()->add_categories(static_cast<data::v1::Category>(4711));
              }),
              ElementsAre("scope.categories[2]", "scope.categories[3]", "scope.categories[4]", "scope.categories[5]"));
}

TEST(ConsentRequestTest, HasAPeriodThatEnds) {
  const auto faults = [](const std::string& from, const std::string& to) {
    return FaultsWith([&](auto& request) {
      request.mutable_scope()->set_from_date(from);
      request.mutable_scope()->set_to_date(to);
    });
  };
  EXPECT_THAT(faults("2026-03-10", "2026-03-10"), IsEmpty());
  EXPECT_THAT(faults("2026-03-10", "2026-03-09"), ElementsAre("scope.to_date"));
  EXPECT_THAT(faults("2026-03-10", ""), ElementsAre("scope.to_date"));
  EXPECT_THAT(faults("", "2026-03-10"), ElementsAre("scope.from_date"));
  EXPECT_THAT(faults("2026-02-29", "2026-03-10"), ElementsAre("scope.from_date"));
}

TEST(ConsentRequestTest, NamesThirdPersonsByReferenceOnce) {
  EXPECT_THAT(FaultsWith([](auto& request) {
                for (const char* const person : {"mormor-1", "Anna Ek", "mormor-1"}) {
                  request.mutable_scope()->add_third_persons(person);
                }
              }),
              ElementsAre("scope.third_persons[1]", "scope.third_persons[2]"));
}

TEST(ConsentRequestTest, NamesEveryFaultOfAnAnswer) {
  EXPECT_THAT(FaultsWith([](auto& request) {
                v1::ConsentAnswer& answer = *request.mutable_answer();
                answer.mutable_child_voice()->set_assessor("u-eva");
                answer.mutable_absent_guardian()->set_assessor("u-eva");
                *answer.mutable_answer_time() = proto_time::ToProto(At(kToday) + absl::Seconds(1));
                answer.set_recorder("u-eva");
              }),
              ElementsAre("answer.verdict", "answer.form", "answer.documentation", "answer.child_voice.opinion",
                          "answer.child_voice.maturity", "answer.child_voice.reasons", "answer.child_voice.assessor",
                          "answer.absent_guardian.guardian", "answer.absent_guardian.reasons",
                          "answer.absent_guardian.assessor", "answer.answer_time", "answer.recorder"));
}

TEST(ConsentRequestTest, NamesEveryFaultOfARenewalAndAWithdrawal) {
  status::Violations violations;
  CheckRenewal({}, violations);
  CheckRecording({}, At(kToday), violations);
  v1::WithdrawConsentRequest withdrawal;
  withdrawal.set_withdrawal(std::string(20'001, 'x'));
  CheckWithdrawal(withdrawal, violations);
  EXPECT_THAT(status::InvalidFields(violations.ToStatus()),
              ElementsAre("etag", "to_date", "documentation", "etag", "answer.verdict", "answer.form",
                          "answer.documentation", "withdrawal"));
}

// ---- asking ----

TEST(ConsentTest, IsAskedAndUnansweredAtFirst) {
  ASSERT_OK_AND_ASSIGN(const ConsentChange change, AskOf(ChildWith(kYoung), Request()));
  const v1::Consent& consent = change.after.consent;
  EXPECT_EQ(consent.name(), kName);
  EXPECT_EQ(consent.authority(), kAuthority);
  EXPECT_EQ(consent.child(), "01968f00-0000-7000-8000-000000000001");
  EXPECT_EQ(consent.giver().guardian(), kMother);
  EXPECT_EQ(consent.scope().recipient().unit(), kSchoolUnit);
  EXPECT_EQ(consent.state(), v1::Consent::ASKED);
  EXPECT_EQ(consent.asker(), "u-eva");
  EXPECT_EQ(proto_time::FromProto(consent.ask_time()), At(kToday));
  EXPECT_FALSE(consent.has_answer());
  EXPECT_THAT(TypesOf(change), ElementsAre("consent.asked"));
}

TEST(ConsentTest, MayBeAnsweredAsItIsAsked) {
  v1::AskConsentRequest request = Request();
  *request.mutable_answer() = AnswerOf(v1::ConsentAnswer::YES);
  ASSERT_OK_AND_ASSIGN(const ConsentChange change, AskOf(ChildWith(kYoung), request));
  EXPECT_EQ(change.after.consent.state(), v1::Consent::GIVEN);
  EXPECT_THAT(TypesOf(change), ElementsAre("consent.asked", "consent.answered"));
}

TEST(ConsentTest, IsAskedOfThoseWithCustody) {
  for (const char* const guardian : {kDead, kDeprived, kStranger}) {
    EXPECT_THAT(AskOf(ChildWith(kYoung), RequestTo(guardian)), StatusIs(kFailedPrecondition, "NOT_A_GUARDIAN"))
        << guardian;
  }
  EXPECT_OK(AskOf(ChildWith(kYoung), RequestTo(kDead), Qualified(absl::CivilDay(2026, 3, 9))));
}

TEST(ConsentTest, IsNotAskedOfGuardiansWhileOnHold) {
  EXPECT_THAT(AskOf(OnHold(), Request()), StatusIs(kFailedPrecondition, "CHILD_ON_HOLD"));
  EXPECT_OK(AskOf(OnHold(), RequestToChild()));
}

TEST(ConsentTest, LetsAGuardianBeToldWhoIsOne) {
  v1::AskConsentRequest request = RequestToChild();
  *request.mutable_scope()->mutable_recipient() = Party(Disclosure::GUARDIAN);
  request.mutable_scope()->mutable_recipient()->set_guardian(kStranger);
  const auto refused = AskOf(ChildWith(kYoung), request);
  EXPECT_THAT(status::InvalidFields(refused.status()), ElementsAre("scope.recipient.guardian"));
  request.mutable_scope()->mutable_recipient()->set_guardian(kDeprived);
  EXPECT_OK(AskOf(ChildWith(kYoung), request));
}

TEST(ConsentTest, IsNotAskedTwiceWhileUnanswered) {
  const ChildRecord child = ChildWith(kYoung);
  const v1::Consent asked = Asked(child).consent;
  v1::AskConsentRequest reordered = Request();
  std::swap(*reordered.mutable_scope()->mutable_categories()->begin(),
            *(reordered.mutable_scope()->mutable_categories()->begin() + 1));
  EXPECT_THAT(AskOf(child, reordered, Qualified(), {asked}),
              StatusIs(absl::StatusCode::kAlreadyExists, "CONSENT_ASKED"));
  EXPECT_OK(AskOf(child, RequestTo(kFather), Qualified(), {asked}));
  v1::AskConsentRequest longer = Request();
  longer.mutable_scope()->set_to_date("2026-06-11");
  EXPECT_OK(AskOf(child, longer, Qualified(), {asked})) << "overlapping consents each count";
  EXPECT_OK(AskOf(child, Request(), Qualified(), {Given().consent})) << "an answered one does not keep from asking";
}

// ---- answering ----

TEST(ConsentTest, IsGivenByAYesAndRefusedByANo) {
  ASSERT_OK_AND_ASSIGN(const ConsentChange yes, Answer(ChildWith(kYoung), Asked(ChildWith(kYoung)),
                                                       AnswerOf(v1::ConsentAnswer::YES), kDecidingAge, Unqualified()));
  EXPECT_EQ(yes.after.consent.state(), v1::Consent::GIVEN);
  EXPECT_EQ(yes.after.consent.answer().recorder(), "u-olle");
  EXPECT_EQ(proto_time::FromProto(yes.after.consent.answer().answer_time()), At(kToday));
  EXPECT_EQ(yes.happenings.front().attributes.at("verdict"), "YES");
  ASSERT_OK_AND_ASSIGN(const ConsentChange no, Answer(ChildWith(kYoung), Asked(ChildWith(kYoung)),
                                                      AnswerOf(v1::ConsentAnswer::NO), kDecidingAge, Unqualified()));
  EXPECT_EQ(no.after.consent.state(), v1::Consent::REFUSED);
  EXPECT_EQ(no.happenings.front().attributes.at("verdict"), "NO");
}

TEST(ConsentTest, IsAnsweredOnce) {
  for (const auto verdict : {v1::ConsentAnswer::YES, v1::ConsentAnswer::NO}) {
    EXPECT_THAT(Answer(ChildWith(kYoung), Answered(ChildWith(kYoung), AnswerOf(verdict)),
                       AnswerOf(v1::ConsentAnswer::YES), kDecidingAge, Qualified()),
                StatusIs(kFailedPrecondition, "CONSENT_ANSWERED"));
  }
}

TEST(ConsentTest, IsAnsweredByWhomHasCustodyThatDayAndNow) {
  ConsentRecord asked = Asked(ChildWith(kYoung));
  const auto answer_on = [&](absl::CivilDay day) {
    v1::ConsentAnswer answer = AnswerOf(v1::ConsentAnswer::YES);
    *answer.mutable_answer_time() = proto_time::ToProto(At(day));
    return Answer(ChildWith(kYoung), asked, answer, kDecidingAge, Qualified());
  };
  EXPECT_OK(answer_on(absl::CivilDay(2026, 3, 9)));
  EXPECT_THAT(answer_on(absl::CivilDay(2015, 1, 9)), StatusIs(kFailedPrecondition, "NOT_A_GUARDIAN"));
  asked.consent.mutable_giver()->set_guardian(kDead);
  EXPECT_THAT(answer_on(kToday), StatusIs(kFailedPrecondition, "NOT_A_GUARDIAN"));
  EXPECT_THAT(answer_on(absl::CivilDay(2026, 3, 9)), StatusIs(kFailedPrecondition, "NOT_A_GUARDIAN"))
      << "nobody's custody comes back by an earlier answer";
}

TEST(ConsentTest, TakesNoAnswerOfAGuardianWhileOnHold) {
  const ConsentRecord asked = Asked(ChildWith(kYoung));
  EXPECT_THAT(Answer(OnHold(), asked, AnswerOf(v1::ConsentAnswer::YES), kDecidingAge, Qualified()),
              StatusIs(kFailedPrecondition, "CHILD_ON_HOLD"));
  EXPECT_OK(Answer(OnHold(), Asked(OnHold(), RequestToChild()), AnswerWithVoice(v1::ChildVoice::TOGETHER), kDecidingAge,
                   Qualified()));
}

TEST(ConsentTest, CountsAChildsYesByItsAssessedMaturity) {
  const ChildRecord child = ChildWith(kYoung);
  const ConsentRecord asked = Asked(child, RequestToChild());
  const auto answer = [&](const v1::ConsentAnswer& of) { return Answer(child, asked, of, kDecidingAge, Qualified()); };
  EXPECT_OK(answer(AnswerWithVoice(v1::ChildVoice::CHILD_DECIDES)));
  EXPECT_OK(answer(AnswerWithVoice(v1::ChildVoice::TOGETHER)));
  EXPECT_THAT(answer(AnswerWithVoice(v1::ChildVoice::GUARDIANS_DECIDE)),
              StatusIs(kFailedPrecondition, "MATURITY_NOT_ASSESSED"));
  EXPECT_THAT(answer(AnswerOf(v1::ConsentAnswer::YES)), StatusIs(kFailedPrecondition, "MATURITY_NOT_ASSESSED"));
  EXPECT_OK(answer(AnswerOf(v1::ConsentAnswer::NO)));
  const auto objecting = answer(AnswerWithVoice(v1::ChildVoice::CHILD_DECIDES, v1::ChildVoice::OBJECTS));
  EXPECT_THAT(status::InvalidFields(objecting.status()), ElementsAre("answer.child_voice.opinion"));
}

TEST(ConsentTest, HearsTheChildFromTheDecidingAge) {
  const ChildRecord child = ChildWith(kOld);
  const auto answer = [&](const v1::ConsentAnswer& of) {
    return Answer(child, Asked(child), of, kDecidingAge, Qualified());
  };
  const auto unheard = answer(AnswerOf(v1::ConsentAnswer::YES));
  EXPECT_THAT(status::InvalidFields(unheard.status()), ElementsAre("answer.child_voice"));
  EXPECT_OK(answer(AnswerWithVoice(v1::ChildVoice::GUARDIANS_DECIDE, v1::ChildVoice::OBJECTS)));
  EXPECT_OK(answer(AnswerOf(v1::ConsentAnswer::NO))) << "a refusal can always be recorded";
  v1::AskConsentRequest third = Request();
  third.mutable_giver()->set_third_person("mormor-1");
  EXPECT_OK(Answer(child, Asked(child, third), AnswerOf(v1::ConsentAnswer::YES), kDecidingAge, Qualified()));
}

TEST(ConsentTest, IsAssessedByQualifiedStaffOnly) {
  const ChildRecord child = ChildWith(kYoung);
  for (const v1::ConsentAnswer& answer : {AnswerWithVoice(v1::ChildVoice::TOGETHER), AnswerWithout(kFather)}) {
    EXPECT_THAT(Answer(child, Asked(child), answer, kDecidingAge, Unqualified()),
                StatusIs(kFailedPrecondition, "TEST_NOT_COMPETENT"));
  }
  const v1::ConsentAnswer answer = Answered(child, AnswerWithVoice(v1::ChildVoice::TOGETHER)).consent.answer();
  EXPECT_EQ(answer.child_voice().assessor(), "u-eva");
  EXPECT_EQ(Answered(child, AnswerWithout(kFather)).consent.answer().absent_guardian().assessor(), "u-eva");
}

TEST(ConsentTest, IsGivenWithoutTheOtherGuardianAlone) {
  const ChildRecord child = ChildWith(kYoung);
  for (const char* const absent : {kMother, kDead, kStranger}) {
    const auto refused = Answer(child, Asked(child), AnswerWithout(absent), kDecidingAge, Qualified());
    EXPECT_THAT(status::InvalidFields(refused.status()), ElementsAre("answer.absent_guardian.guardian")) << absent;
  }
  v1::ConsentAnswer of_child = AnswerWithVoice(v1::ChildVoice::TOGETHER);
  *of_child.mutable_absent_guardian() = AnswerWithout(kFather).absent_guardian();
  const auto refused = Answer(child, Asked(child, RequestToChild()), of_child, kDecidingAge, Qualified());
  EXPECT_THAT(status::InvalidFields(refused.status()), ElementsAre("answer.absent_guardian.guardian"));
}

// ---- renewing and withdrawing ----

TEST(ConsentTest, IsRenewedWhileItLasts) {
  ASSERT_OK_AND_ASSIGN(const ConsentChange change,
                       RenewOf(ChildWith(kYoung), Given(), "2026-12-31", absl::CivilDay(2026, 6, 10)));
  const v1::Consent& consent = change.after.consent;
  EXPECT_EQ(consent.scope().from_date(), "2026-03-10");
  EXPECT_EQ(consent.scope().to_date(), "2026-12-31");
  EXPECT_EQ(consent.answer().documentation(), "Journalanteckning vid hembesöket.\n\n2026-06-10: Sagt per telefon.");
  EXPECT_EQ(proto_time::FromProto(consent.answer().answer_time()), At(absl::CivilDay(2026, 6, 10)));
  EXPECT_THAT(TypesOf(change), ElementsAre("consent.renewed"));
}

TEST(ConsentTest, IsNotRenewedWhereItIsNotGivenOrEnded) {
  const ChildRecord child = ChildWith(kYoung);
  EXPECT_THAT(RenewOf(child, Asked(child), "2026-12-31"), StatusIs(kFailedPrecondition, "CONSENT_NOT_GIVEN"));
  EXPECT_THAT(RenewOf(child, Answered(child, AnswerOf(v1::ConsentAnswer::NO)), "2026-12-31"),
              StatusIs(kFailedPrecondition, "CONSENT_NOT_GIVEN"));
  ASSERT_OK_AND_ASSIGN(const ConsentChange withdrawn, Withdraw(Given(), Withdrawal(), Qualified()));
  EXPECT_THAT(RenewOf(child, withdrawn.after, "2026-12-31"), StatusIs(kFailedPrecondition, "CONSENT_NOT_GIVEN"));
  EXPECT_THAT(RenewOf(child, Given(), "2026-12-31", absl::CivilDay(2026, 6, 11)),
              StatusIs(kFailedPrecondition, "CONSENT_ENDED"));
  for (const char* const day : {"2026-06-10", "2026-06-09"}) {
    const auto shorter = RenewOf(child, Given(), day);
    EXPECT_THAT(status::InvalidFields(shorter.status()), ElementsAre("to_date"));
  }
}

TEST(ConsentTest, IsRenewedAsIfItWereGivenAnew) {
  EXPECT_THAT(RenewOf(OnHold(), Given(), "2026-12-31"), StatusIs(kFailedPrecondition, "CHILD_ON_HOLD"));
  ConsentRecord of_dead = Given();
  of_dead.consent.mutable_giver()->set_guardian(kDead);
  EXPECT_THAT(RenewOf(ChildWith(kYoung), of_dead, "2026-12-31"), StatusIs(kFailedPrecondition, "NOT_A_GUARDIAN"));
  EXPECT_THAT(RenewOf(ChildWith(kOld), Given(), "2026-12-31"), StatusIs(kFailedPrecondition, "MATURITY_NOT_ASSESSED"))
      << "the child has come of the age since";
}

TEST(ConsentTest, IsWithdrawnAtAnyTimeAndOnce) {
  ASSERT_OK_AND_ASSIGN(const ConsentChange change,
                       Withdraw(Given(), Withdrawal(), Qualified(absl::CivilDay(2026, 7, 1))));
  EXPECT_EQ(change.after.consent.state(), v1::Consent::WITHDRAWN);
  EXPECT_EQ(change.after.consent.withdrawal(), "Per telefon till Eva.");
  EXPECT_EQ(proto_time::FromProto(change.after.consent.withdraw_time()), At(absl::CivilDay(2026, 7, 1)));
  EXPECT_THAT(TypesOf(change), ElementsAre("consent.withdrawn"));
  v1::WithdrawConsentRequest again;
  again.set_withdrawal("En gång till.");
  ASSERT_OK_AND_ASSIGN(const ConsentChange second,
                       Withdraw(change.after, again, Qualified(absl::CivilDay(2026, 7, 2))));
  EXPECT_EQ(second.after.consent.SerializeAsString(), change.after.consent.SerializeAsString());
  EXPECT_THAT(second.happenings, IsEmpty());
}

TEST(ConsentTest, IsWithdrawnOnlyWhereItWasGiven) {
  const ChildRecord child = ChildWith(kYoung);
  EXPECT_THAT(Withdraw(Asked(child), Withdrawal(), Qualified()), StatusIs(kFailedPrecondition, "CONSENT_NOT_GIVEN"));
  EXPECT_THAT(Withdraw(Answered(child, AnswerOf(v1::ConsentAnswer::NO)), Withdrawal(), Qualified()),
              StatusIs(kFailedPrecondition, "CONSENT_NOT_GIVEN"));
}

// ---- what is shown ----

TEST(ConsentTest, ExpiresAfterItsLastDay) {
  EXPECT_EQ(StateOn(Given().consent, absl::CivilDay(2026, 6, 10)), v1::Consent::GIVEN);
  EXPECT_EQ(StateOn(Given().consent, absl::CivilDay(2026, 6, 11)), v1::Consent::EXPIRED);
  EXPECT_EQ(StateOn(Asked(ChildWith(kYoung)).consent, absl::CivilDay(2026, 6, 11)), v1::Consent::ASKED);
  ASSERT_OK_AND_ASSIGN(const ConsentChange withdrawn, Withdraw(Given(), Withdrawal(), Qualified()));
  EXPECT_EQ(StateOn(withdrawn.after.consent, absl::CivilDay(2026, 6, 11)), v1::Consent::WITHDRAWN);
}

TEST(ConsentTest, TellsNoUnitsOfAProtectedChild) {
  ChildRecord child = ChildWith(kYoung);
  ConsentRecord record = Given();
  record.version = 7;
  const v1::Consent open = ViewFor(Caseworker(), child, record, absl::CivilDay(2026, 6, 11));
  EXPECT_EQ(open.scope().recipient().unit(), kSchoolUnit);
  EXPECT_EQ(open.etag(), "7");
  EXPECT_EQ(open.state(), v1::Consent::EXPIRED);
  child.child.add_protections()->set_level(Disclosure::SECRECY_MARKING);
  const v1::Consent withheld = ViewFor(Caseworker(), child, record, kToday);
  EXPECT_EQ(withheld.scope().recipient().unit(), "");
  EXPECT_EQ(withheld.scope().recipient().function(), "");
  EXPECT_EQ(withheld.scope().recipient().authority(), kSchool);
  EXPECT_EQ(withheld.giver().guardian(), kMother);
  child.child.set_assignee("u-eva");
  EXPECT_EQ(ViewFor(Caseworker(), child, record, kToday).scope().recipient().unit(), kSchoolUnit);
}

TEST(ConsentTest, GoesIntoDecisionsWithoutWords) {
  v1::ConsentAnswer answer = AnswerWithVoice(v1::ChildVoice::TOGETHER);
  answer.set_reservation("Inte till rektorn.");
  *answer.mutable_absent_guardian() = AnswerWithout(kFather).absent_guardian();
  ConsentRecord record = Answered(ChildWith(kYoung), answer);
  record.consent.set_withdrawal("Per telefon.");
  const v1::Consent bare = WithoutWords(record.consent);
  EXPECT_EQ(bare.withdrawal(), "");
  EXPECT_EQ(bare.answer().documentation(), "");
  EXPECT_EQ(bare.answer().child_voice().words(), "");
  EXPECT_EQ(bare.answer().child_voice().reasons(), "");
  EXPECT_EQ(bare.answer().absent_guardian().reasons(), "");
  EXPECT_EQ(bare.answer().child_voice().maturity(), v1::ChildVoice::TOGETHER);
  EXPECT_EQ(bare.answer().absent_guardian().guardian(), kFather);
  EXPECT_EQ(bare.answer().reservation(), "Inte till rektorn.");
  EXPECT_FALSE(WithoutWords(Asked(ChildWith(kYoung)).consent).has_answer());
}

}  // namespace
}  // namespace samverkan::consent
