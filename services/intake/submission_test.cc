#include "services/intake/submission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr absl::CivilDay kToday(2026, 3, 10);

std::vector<std::string> CodesOf(const v1::Submission& submission, Mandate mandate = Mandate::kMandated,
                                 const std::vector<v1::Child>& siblings = {}) {
  std::vector<std::string> codes;
  for (const FormalFault& fault : FormalFaults(submission, siblings, mandate, kToday)) {
    codes.push_back(fault.code + " " + fault.violation.field);
  }
  return codes;
}

TEST(SubmissionTest, WholeReportHasNoFault) {
  EXPECT_THAT(CodesOf(SchoolSubmission(kChildren[0])), IsEmpty());
  EXPECT_THAT(TechnicalFaults(SchoolSubmission(kChildren[0]), {}), IsEmpty());
}

TEST(SubmissionTest, EmptyReportHasAllFaultsAtOnce) {
  EXPECT_THAT(CodesOf({}), UnorderedElementsAre("KIND_MISSING submission.kind", "FORM_MISSING submission.form",
                                                "MANDATED_REPORTER_ANONYMOUS submission.reporter.person_name",
                                                "CONTACT_PERSON_MISSING submission.contact_person.function",
                                                "CONTACT_ADDRESS_MISSING submission.contact_person.email",
                                                "CHILD_UNKNOWN submission.child.identity_number",
                                                "GUARDIANS_NOT_TOLD submission.guardians_told",
                                                "CONCERN_MISSING submission.concern.what"));
}

struct Fault {
  std::function<void(v1::Submission&)> make;
  std::string code;
};

TEST(SubmissionTest, EachFaultIsNamedWithItsField) {
  const Fault faults[] = {
      {[](auto& s) { s.mutable_reporter()->set_anonymous(true); },
       "MANDATED_REPORTER_ANONYMOUS submission.reporter.person_name"},
      {[](auto& s) { s.mutable_reporter()->set_person_name("  "); },
       "MANDATED_REPORTER_ANONYMOUS submission.reporter.person_name"},
      {[](auto& s) { s.mutable_child()->set_identity_number("200801212391"); },
       "IDENTITY_NUMBER_INVALID submission.child.identity_number"},
      {[](auto& s) { s.mutable_child()->set_identity_number("elva år"); },
       "IDENTITY_NUMBER_INVALID submission.child.identity_number"},
      {[](auto& s) { s.add_guardians()->set_identity_number("200801212391"); },
       "IDENTITY_NUMBER_INVALID submission.guardians[0].identity_number"},
      {[](auto& s) { s.mutable_guardians_told()->mutable_not_told(); },
       "NOT_TOLD_REASON_MISSING submission.guardians_told.not_told.reason"},
      {[](auto& s) { s.mutable_guardians_told()->mutable_not_told()->set_reason(v1::NotTold::OTHER); },
       "NOT_TOLD_REASON_MISSING submission.guardians_told.not_told.explanation"},
      {[](auto& s) { s.mutable_concern()->set_what("\n"); }, "CONCERN_MISSING submission.concern.what"},
      {[](auto& s) { s.clear_signature(); }, "NOT_SIGNED submission.signature.person_name"},
      {[](auto& s) { s.mutable_contact_person()->clear_email(); },
       "CONTACT_ADDRESS_MISSING submission.contact_person.email"},
  };
  for (const Fault& fault : faults) {
    v1::Submission submission = SchoolSubmission(kChildren[0]);
    fault.make(submission);
    EXPECT_THAT(CodesOf(submission), ElementsAre(fault.code));
  }
}

TEST(SubmissionTest, NoFaultRepeatsWhatWasWritten) {
  v1::Submission submission = SchoolSubmission("200801212391");
  submission.mutable_child()->set_given_name("Hemligt Namn");
  submission.clear_signature();
  for (const FormalFault& fault : FormalFaults(submission, {}, Mandate::kMandated, kToday)) {
    EXPECT_THAT(fault.violation.description + fault.violation.swedish,
                AllOf(Not(HasSubstr("2008")), Not(HasSubstr("Hemligt")), Not(HasSubstr("Lars"))));
  }
}

TEST(SubmissionTest, SiblingsAreNamedByTheirPlace) {
  v1::Child known;
  known.set_identity_number(std::string(kChildren[1]));
  v1::Child described;
  described.set_description("Lillebror, omkring fyra år.");
  EXPECT_THAT(CodesOf(SchoolSubmission(kChildren[0]), Mandate::kMandated, {known, {}, described}),
              ElementsAre("CHILD_UNKNOWN siblings[1].identity_number"));
}

TEST(SubmissionTest, PublicMayBeAnonymous) {
  v1::Submission submission = SchoolSubmission(kChildren[0]);
  submission.mutable_reporter()->Clear();
  submission.mutable_reporter()->set_category("public");
  submission.mutable_reporter()->set_anonymous(true);
  submission.clear_contact_person();
  submission.clear_signature();
  EXPECT_THAT(CodesOf(submission, Mandate::kNone), IsEmpty());
  // Who may have the duty does not lose it by doubt.
  EXPECT_THAT(CodesOf(submission, Mandate::kLegalReview), Not(IsEmpty()));
  EXPECT_THAT(CodesOf(submission, Mandate::kUnknownCategory),
              ElementsAre("REPORTER_CATEGORY_UNKNOWN submission.reporter.category"));
}

TEST(SubmissionTest, FamilysOwnApplicationTellsNobody) {
  v1::Submission submission = SchoolSubmission(kChildren[0]);
  submission.set_kind(v1::APPLICATION);
  submission.clear_guardians_told();
  EXPECT_THAT(CodesOf(submission, Mandate::kNone), IsEmpty());
}

TEST(SubmissionTest, LengthIsCountedInCharactersNotBytes) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "å";
  v1::Submission submission = SchoolSubmission(kChildren[0]);
  submission.mutable_concern()->set_what(text);
  EXPECT_THAT(TechnicalFaults(submission, {}), IsEmpty());
  submission.mutable_concern()->set_what(text + "å");
  submission.mutable_child()->set_given_name(std::string(1'001, 'x'));
  v1::Child sibling;
  sibling.set_description(std::string(1'001, 'x'));
  std::vector<std::string> fields;
  for (const auto& violation : TechnicalFaults(submission, {sibling})) fields.push_back(violation.field);
  EXPECT_THAT(fields, UnorderedElementsAre("submission.concern.what", "submission.child.given_name",
                                           "siblings[0].description"));
}

TEST(SubmissionTest, SuspectedViolenceOrAbuseStartsAHold) {
  EXPECT_FALSE(StartsOnHold(SchoolSubmission(kChildren[0])));
  const std::function<void(v1::Submission&)> suspicions[] = {
      [](auto& s) { s.mutable_concern()->set_suspected_violence(true); },
      [](auto& s) { s.mutable_concern()->set_suspected_sexual_abuse(true); },
      [](auto& s) { s.mutable_guardians_told()->mutable_not_told()->set_reason(v1::NotTold::SUSPECTED_VIOLENCE); },
      [](auto& s) { s.mutable_guardians_told()->mutable_not_told()->set_reason(v1::NotTold::SUSPECTED_SEXUAL_ABUSE); },
  };
  for (const auto& suspect : suspicions) {
    v1::Submission submission = SchoolSubmission(kChildren[0]);
    suspect(submission);
    EXPECT_TRUE(StartsOnHold(submission));
  }
  v1::Submission not_reached = SchoolSubmission(kChildren[0]);
  not_reached.mutable_guardians_told()->mutable_not_told()->set_reason(v1::NotTold::NOT_REACHED);
  EXPECT_FALSE(StartsOnHold(not_reached));
}

TEST(SubmissionTest, IdentityNumberIsKeptInTwelveDigits) {
  v1::Child child;
  for (const char* const written : {"080121-2390", "0801212390", "20080121-2390", "200801212390"}) {
    child.set_identity_number(written);
    EXPECT_EQ(Normalised(child, kToday).identity_number(), "200801212390") << written;
    EXPECT_EQ(IdentityDigits(child, kToday), "200801212390") << written;
  }
  // The reception keeps what it was told.
  child.set_identity_number("080121-2391");
  EXPECT_EQ(Normalised(child, kToday).identity_number(), "080121-2391");
  EXPECT_EQ(IdentityDigits(child, kToday), "");
}

}  // namespace
}  // namespace samverkan::intake::testing
