#include "services/consent/child.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::consent {
namespace {

using rules::v1::Disclosure;
using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::CivilDay kToday(2026, 3, 10);
// Born 2008-01-21 and 2008-02-05.
constexpr char kFirstNumber[] = "200801212390";
constexpr char kSecondNumber[] = "200802052381";

auth::Caller CallerOf(access::v1::Role role, const std::string& subject, const std::vector<std::string>& units) {
  auth::Caller caller;
  caller.subject = subject;
  caller.system = "treserva";
  caller.municipality = "0180";
  caller.authority = "skarholmen";
  caller.units = units;
  caller.roles = {role};
  return caller;
}

void AddNumber(v1::Child& child, const std::string& digits, const std::string& from_date) {
  v1::IdentityNumber& number = *child.add_identity_numbers();
  number.set_identity_number(digits);
  number.set_from_date(from_date);
}

void AddGuardianTo(v1::Child& child, const std::string& reference, const std::string& from_date,
                   const std::string& to_date) {
  v1::Guardian& guardian = *child.add_guardians();
  guardian.set_guardian(reference);
  guardian.set_person_name("Sara Lind");
  guardian.set_from_date(from_date);
  guardian.set_to_date(to_date);
}

void Protect(v1::Child& child, Disclosure::Protection level, const std::string& from_date) {
  v1::ProtectedIdentity& protection = *child.add_protections();
  protection.set_level(level);
  protection.set_from_date(from_date);
}

ChildRecord Known() {
  ChildRecord record;
  record.child.set_name("municipalities/0180/children/01968f00-0000-7000-8000-000000000001");
  record.child.set_authority("municipalities/0180/authorities/skarholmen");
  record.child.set_given_name("Elsa");
  record.child.set_family_name("Lind");
  record.child.add_units("municipalities/0180/units/barnenheten");
  AddNumber(record.child, kFirstNumber, "2020-01-01");
  return record;
}

std::vector<std::string> ReferencesOn(const v1::Child& child, absl::CivilDay day) {
  std::vector<std::string> references;
  const auto guardians = GuardiansOn(child, day);
  for (const v1::Guardian* const guardian : guardians) references.push_back(guardian->guardian());
  return references;
}

v1::Guardian Mother() {
  v1::Guardian guardian;
  guardian.set_person_name("Sara Lind");
  guardian.set_kind(v1::Guardian::PARENT);
  guardian.set_from_date("2020-01-01");
  return guardian;
}

TEST(ChildDays, TheNumberThatHasComeCountsAndTheFirstBeforeIt) {
  v1::Child child = Known().child;
  AddNumber(child, kSecondNumber, "2026-03-10");
  EXPECT_EQ(IdentityNumberOn(child, absl::CivilDay(2019, 1, 1)), kFirstNumber);
  EXPECT_EQ(IdentityNumberOn(child, absl::CivilDay(2026, 3, 9)), kFirstNumber);
  EXPECT_EQ(IdentityNumberOn(child, absl::CivilDay(2026, 3, 10)), kSecondNumber);
  EXPECT_EQ(IdentityNumberOn(v1::Child(), kToday), "");
}

TEST(ChildDays, AYearIsAddedOnTheBirthday) {
  const v1::Child child = Known().child;
  EXPECT_EQ(AgeOn(child, absl::CivilDay(2026, 1, 20)), 17);
  EXPECT_EQ(AgeOn(child, absl::CivilDay(2026, 1, 21)), 18);
  EXPECT_EQ(AgeOn(child, absl::CivilDay(2008, 1, 21)), 0);
  EXPECT_EQ(AgeOn(child, absl::CivilDay(2008, 1, 20)), std::nullopt);
  EXPECT_EQ(AgeOn(v1::Child(), kToday), std::nullopt);
}

TEST(ChildDays, CustodyHoldsFromTheFirstDayToTheLast) {
  v1::Child child = Known().child;
  AddGuardianTo(child, "mother", "2020-01-01", "");
  AddGuardianTo(child, "father", "2020-01-01", "2025-06-01");
  AddGuardianTo(child, "appointed", "2025-06-02", "");
  EXPECT_THAT(ReferencesOn(child, absl::CivilDay(2019, 12, 31)), IsEmpty());
  EXPECT_THAT(ReferencesOn(child, absl::CivilDay(2025, 6, 1)), ElementsAre("mother", "father"));
  EXPECT_THAT(ReferencesOn(child, absl::CivilDay(2025, 6, 2)), ElementsAre("mother", "appointed"));
}

TEST(ChildDays, NobodyHasCustodyOfOneWhoHasComeOfAge) {
  v1::Child child = Known().child;
  AddGuardianTo(child, "mother", "2020-01-01", "");
  EXPECT_THAT(ReferencesOn(child, absl::CivilDay(2026, 1, 20)), ElementsAre("mother"));
  EXPECT_THAT(ReferencesOn(child, absl::CivilDay(2026, 1, 21)), IsEmpty());
}

TEST(ChildDays, TheLastLevelOfProtectionThatHasComeCounts) {
  v1::Child child = Known().child;
  Protect(child, Disclosure::SECRECY_MARKING, "2025-01-01");
  Protect(child, Disclosure::UNPROTECTED, "2026-01-01");
  EXPECT_EQ(ProtectionOn(child, absl::CivilDay(2024, 12, 31)), Disclosure::UNPROTECTED);
  EXPECT_EQ(ProtectionOn(child, absl::CivilDay(2025, 1, 1)), Disclosure::SECRECY_MARKING);
  EXPECT_TRUE(IsProtectedOn(child, absl::CivilDay(2025, 12, 31)));
  EXPECT_FALSE(IsProtectedOn(child, absl::CivilDay(2026, 1, 1)));
}

TEST(ChildDays, CircumstancesAreThoseOfTheDay) {
  ChildRecord record = Known();
  AddGuardianTo(record.child, "mother", "2020-01-01", "");
  Protect(record.child, Disclosure::PROTECTED_REGISTRATION, "2025-01-01");
  record.child.set_on_hold(true);
  v1::Consent consent;
  consent.set_name("municipalities/0180/consents/01968f00-0000-7000-8000-000000000002");
  const v1::Circumstances circumstances = CircumstancesOf(record, {consent}, absl::CivilDay(2025, 3, 10));
  EXPECT_EQ(circumstances.age(), 17);
  EXPECT_EQ(circumstances.protection(), Disclosure::PROTECTED_REGISTRATION);
  EXPECT_TRUE(circumstances.on_hold());
  EXPECT_THAT(circumstances.guardians(), ElementsAre("mother"));
  ASSERT_EQ(circumstances.consents_size(), 1);
  EXPECT_EQ(circumstances.consents(0).name(), consent.name());

  ChildRecord numberless;
  EXPECT_FALSE(CircumstancesOf(numberless, {}, kToday).has_age());
  EXPECT_EQ(CircumstancesOf(numberless, {}, kToday).protection(), Disclosure::UNPROTECTED);
}

TEST(ChildAccess, SeenByUnitAssignmentAndDutyOfItsAuthorityAlone) {
  ChildRecord record = Known();
  record.child.set_assignee("u-samir");
  const auto sees = [&](const auth::Caller& caller) { return CheckMaySee(caller, record).ok(); };
  EXPECT_TRUE(sees(CallerOf(access::v1::CASEWORKER, "u-eva", {"barnenheten"})));
  EXPECT_TRUE(sees(CallerOf(access::v1::REPORTER, "u-eva", {"forskolan", "barnenheten"})));
  EXPECT_TRUE(sees(CallerOf(access::v1::CASEWORKER, "u-samir", {"ungdomsenheten"})));
  EXPECT_TRUE(sees(CallerOf(access::v1::DUTY, "u-jour", {})));
  EXPECT_FALSE(sees(CallerOf(access::v1::CASEWORKER, "u-eva", {"ungdomsenheten"})));
  EXPECT_FALSE(sees(CallerOf(access::v1::ANALYST, "u-eva", {"barnenheten"})));
  for (const access::v1::Role role : {access::v1::CASEWORKER, access::v1::DUTY}) {
    auth::Caller elsewhere = CallerOf(role, "u-samir", {"barnenheten"});
    elsewhere.authority = "utbildningsnamnden";
    EXPECT_FALSE(sees(elsewhere));
    elsewhere.authority = "skarholmen";
    elsewhere.municipality = "0127";
    EXPECT_FALSE(sees(elsewhere));
  }
}

TEST(ChildAccess, WhereAProtectedChildIsIsForTheAssignedAndDuty) {
  ChildRecord record = Known();
  record.child.set_assignee("u-samir");
  Protect(record.child, Disclosure::SECRECY_MARKING, "2026-03-10");
  const auth::Caller colleague = CallerOf(access::v1::CASEWORKER, "u-eva", {"barnenheten"});
  EXPECT_EQ(ViewFor(colleague, record, kToday)->units_size(), 0);
  EXPECT_EQ(ViewFor(colleague, record, kToday - 1)->units_size(), 1);
  EXPECT_EQ(ViewFor(CallerOf(access::v1::CASEWORKER, "u-samir", {}), record, kToday)->units_size(), 1);
  EXPECT_EQ(ViewFor(CallerOf(access::v1::DUTY, "u-jour", {}), record, kToday)->units_size(), 1);
}

TEST(ChildChanges, AGuardianWhoHasCustodyIsNotRecordedTwice) {
  ASSERT_OK_AND_ASSIGN(ChildRecord record, AddGuardian(Known(), Mother(), kToday));
  EXPECT_THAT(AddGuardian(record, Mother(), kToday), StatusIs(absl::StatusCode::kAlreadyExists, "GUARDIAN_EXISTS"));
  v1::EndCustodyRequest end;
  end.set_guardian(record.child.guardians(0).guardian());
  end.set_to_date("2025-05-31");
  end.set_cause(v1::Guardian::CUSTODY_MOVED);
  ASSERT_OK_AND_ASSIGN(record, EndCustody(record, end));
  v1::Guardian again = Mother();
  again.set_from_date("2025-06-01");
  ASSERT_OK_AND_ASSIGN(record, AddGuardian(record, again, kToday));
  EXPECT_NE(record.child.guardians(0).guardian(), record.child.guardians(1).guardian());
}

TEST(ChildChanges, OneGuardianIsKnownByTheNumberWhateverTheName) {
  v1::Guardian mother = Mother();
  mother.set_identity_number("080205-2381");
  ASSERT_OK_AND_ASSIGN(const ChildRecord record, AddGuardian(Known(), mother, kToday));
  EXPECT_EQ(record.child.guardians(0).identity_number(), kSecondNumber);
  mother.set_person_name("Sara Ek");
  EXPECT_THAT(AddGuardian(record, mother, kToday), StatusIs(absl::StatusCode::kAlreadyExists, "GUARDIAN_EXISTS"));
}

TEST(ChildChanges, CustodyEndsNoEarlierThanItBegan) {
  ASSERT_OK_AND_ASSIGN(const ChildRecord record, AddGuardian(Known(), Mother(), kToday));
  v1::EndCustodyRequest end;
  end.set_guardian(record.child.guardians(0).guardian());
  end.set_to_date("2019-12-31");
  const auto early = EndCustody(record, end);
  EXPECT_THAT(status::InvalidFields(early.status()), ElementsAre("to_date"));
  end.set_guardian("01968f00-0000-7000-8000-000000000009");
  EXPECT_THAT(EndCustody(record, end), StatusIs(absl::StatusCode::kNotFound, "GUARDIAN_NOT_FOUND"));
}

TEST(ChildChanges, ProtectionIsRecordedInTheOrderOfDays) {
  v1::ProtectedIdentity protection;
  protection.set_level(Disclosure::SECRECY_MARKING);
  protection.set_from_date("2026-01-01");
  ASSERT_OK_AND_ASSIGN(const ChildRecord record, AddProtection(Known(), protection));
  protection.set_from_date("2025-12-31");
  const auto early = AddProtection(record, protection);
  EXPECT_THAT(status::InvalidFields(early.status()), ElementsAre("protection.from_date"));
}

TEST(ChildChanges, ARepresentativeOfTheSameNameAndDayGetsTheLastDay) {
  v1::SpecialRepresentative representative;
  representative.set_person_name("Nils Roos");
  representative.set_from_date("2026-01-01");
  ASSERT_OK_AND_ASSIGN(ChildRecord record, SetSpecialRepresentative(Known(), representative));
  ASSERT_NE(SpecialRepresentativeOn(record.child, kToday), nullptr);
  representative.set_to_date("2026-03-09");
  ASSERT_OK_AND_ASSIGN(record, SetSpecialRepresentative(record, representative));
  EXPECT_EQ(record.child.special_representatives_size(), 1);
  EXPECT_EQ(SpecialRepresentativeOn(record.child, kToday), nullptr);
}

TEST(ChildChanges, EarlierNumbersStaySaveBeforeAnAssumedIdentity) {
  v1::IdentityNumber number;
  number.set_identity_number("080205-2381");
  number.set_from_date("2026-03-10");
  number.set_cause(v1::IdentityNumber::CORRECTED);
  ASSERT_OK_AND_ASSIGN(const ChildRecord corrected, ChangeIdentityNumber(Known(), number, kToday));
  ASSERT_EQ(corrected.child.identity_numbers_size(), 2);
  EXPECT_EQ(corrected.child.identity_numbers(1).identity_number(), kSecondNumber);
  EXPECT_EQ(corrected.child.given_name(), "Elsa");

  number.set_cause(v1::IdentityNumber::ASSUMED);
  ASSERT_OK_AND_ASSIGN(const ChildRecord assumed, ChangeIdentityNumber(Known(), number, kToday));
  ASSERT_EQ(assumed.child.identity_numbers_size(), 1);
  EXPECT_EQ(assumed.child.identity_numbers(0).identity_number(), kSecondNumber);
  EXPECT_EQ(assumed.child.given_name(), "");
  EXPECT_EQ(ProtectionOn(assumed.child, kToday), Disclosure::ASSUMED_IDENTITY);

  number.set_from_date("2019-12-31");
  const auto early = ChangeIdentityNumber(Known(), number, kToday);
  EXPECT_THAT(status::InvalidFields(early.status()), ElementsAre("identity_number.from_date"));
}

TEST(ChildChanges, MergedChildrenAreProtectedAsTheMoreProtectedOne) {
  ChildRecord into = Known(), from = Known();
  Protect(from.child, Disclosure::PROTECTED_REGISTRATION, "2025-01-01");
  Protect(into.child, Disclosure::SECRECY_MARKING, "2024-01-01");
  Protect(into.child, Disclosure::UNPROTECTED, "2026-01-01");
  Protect(into.child, Disclosure::UNPROTECTED, "2026-06-01");
  ASSERT_OK_AND_ASSIGN(const ChildRecord merged, Merge(into, from, kToday));
  EXPECT_EQ(ProtectionOn(merged.child, absl::CivilDay(2024, 6, 1)), Disclosure::SECRECY_MARKING);
  EXPECT_EQ(ProtectionOn(merged.child, kToday), Disclosure::PROTECTED_REGISTRATION);
  EXPECT_EQ(ProtectionOn(merged.child, absl::CivilDay(2026, 6, 1)), Disclosure::PROTECTED_REGISTRATION);
}

TEST(ChildRequests, EverythingThatIsWrongIsNamedAtOnce) {
  const auth::Caller caller = CallerOf(access::v1::CASEWORKER, "u-eva", {"barnenheten"});
  v1::RegisterChildRequest request;
  request.set_parent("municipalities/0180/authorities/utbildningsnamnden");
  request.set_reference("elsa");
  request.set_identity_number("200801212391");
  request.add_units("municipalities/0127/units/skolan");
  v1::Guardian& guardian = *request.add_guardians();
  guardian.set_guardian("mine");
  guardian.set_from_date("i fjol");
  guardian.set_to_date("2026-01-01");
  guardian.set_end_cause(v1::Guardian::DIED);
  status::Violations violations;
  CheckRegistration(caller, request, kToday, violations);
  EXPECT_THAT(status::InvalidFields(violations.ToStatus()),
              ElementsAre("parent", "reference", "identity_number", "units[0]", "units", "guardians[0].guardian",
                          "guardians[0].person_name", "guardians[0].kind", "guardians[0].from_date",
                          "guardians[0].to_date", "guardians[0].end_cause"));
}

TEST(ChildRequests, OneUnitIsTheCallersOwnUnlessOnDuty) {
  v1::RegisterChildRequest request;
  request.set_parent("municipalities/0180/authorities/skarholmen");
  request.set_identity_number(kFirstNumber);
  const auto fields = [&](const auth::Caller& caller) {
    status::Violations violations;
    CheckRegistration(caller, request, kToday, violations);
    return status::InvalidFields(violations.ToStatus());
  };
  EXPECT_THAT(fields(CallerOf(access::v1::CASEWORKER, "u-eva", {"barnenheten"})), IsEmpty());
  EXPECT_THAT(fields(CallerOf(access::v1::DUTY, "u-jour", {})), ElementsAre("units"));
  request.add_units("municipalities/0180/units/ungdomsenheten");
  EXPECT_THAT(fields(CallerOf(access::v1::CASEWORKER, "u-eva", {"barnenheten"})), ElementsAre("units"));
  EXPECT_THAT(fields(CallerOf(access::v1::DUTY, "u-jour", {})), IsEmpty());
}

}  // namespace
}  // namespace samverkan::consent
