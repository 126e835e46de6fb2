#include "services/intake/risk_signs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "services/intake/domain_fixture.h"

namespace samverkan::intake::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const Placement kOwn = {.municipality = "0180", .authority = "skarholmen", .unit = "barnenheten", .assignee = "u-eva"};

auth::Caller Named(const std::string& given_name, const std::string& family_name) {
  auth::Caller caller = Caseworker();
  caller.given_name = given_name;
  caller.family_name = family_name;
  return caller;
}

NamesInFile NamesOf(const std::string& child_family_name, const std::string& guardian) {
  v1::Submission submission;
  submission.mutable_child()->set_given_name("Kim");
  submission.mutable_child()->set_family_name(child_family_name);
  submission.add_guardians()->set_person_name(guardian);
  NamesInFile names;
  AddNames(submission, names);
  return names;
}

TEST(RiskSignsTest, NamesAreComparedWithoutCaseAccentsAndBlanks) {
  EXPECT_EQ(Folded("  Åsa   ÖRN "), "asa orn");
  // The accent as a character of its own.
  EXPECT_EQ(Folded("Rene\u0301"), Folded("René"));
  EXPECT_EQ(Folded("Weiß"), Folded("WEISS"));
  EXPECT_EQ(Folded("محمد"), "محمد");
  EXPECT_EQ(Folded("a\xFF"), "") << "no UTF-8";
  EXPECT_EQ(Folded(""), "");
}

TEST(RiskSignsTest, TakesTheNamesOfChildAndGuardians) {
  const NamesInFile names = NamesOf("Öberg", "Mona Lind");
  EXPECT_THAT(names.family_names, ElementsAre("oberg"));
  EXPECT_THAT(names.full_names, UnorderedElementsAre("kim oberg", "mona lind"));
  EXPECT_THAT(FoldedNameOf(Named("Mona", "LIND")), "mona lind");
  EXPECT_THAT(FoldedNameOf(Named("", "Lind")), "") << "not all of it";
}

TEST(RiskSignsTest, SameNameIsTheFamilyNameOfChildOrGuardian) {
  const NamesInFile names = NamesOf("Öberg", "Mona von Lind");
  for (const char* const name : {"öberg", "OBERG", "Lind", "von Lind"}) {
    EXPECT_THAT(RiskSignsOf(Named("Eva", name), {.placement = kOwn, .names = names}), ElementsAre(audit::v1::SAME_NAME))
        << name;
  }
  for (const char* const name : {"Mona", "ind", "Berg", ""}) {
    EXPECT_THAT(RiskSignsOf(Named("Eva", name), {.placement = kOwn, .names = names}), IsEmpty()) << name;
  }
}

TEST(RiskSignsTest, NoAssignmentIsAnybodyButTheAssignee) {
  Placement placement = kOwn;
  EXPECT_THAT(RiskSignsOf(Caseworker(), {.placement = placement}), IsEmpty());
  placement.assignee = "u-omar";
  EXPECT_THAT(RiskSignsOf(Caseworker(), {.placement = placement}), ElementsAre(audit::v1::NO_ASSIGNMENT));
  placement.assignee.clear();
  EXPECT_THAT(RiskSignsOf(Caseworker(), {.placement = placement}), ElementsAre(audit::v1::NO_ASSIGNMENT));
}

TEST(RiskSignsTest, SignsAddUpInRisingOrder) {
  EXPECT_THAT(
      RiskSignsOf(Named("Eva", "Lind"),
                  {.by_emergency_access = true, .names = NamesOf("Lind", "Mona Lind"), .names_a_colleague = true}),
      ElementsAre(audit::v1::SAME_NAME, audit::v1::COLLEAGUE, audit::v1::NO_ASSIGNMENT, audit::v1::EMERGENCY_ACCESS));
}

}  // namespace
}  // namespace samverkan::intake::testing
