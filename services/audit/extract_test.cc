#include "services/audit/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/audit/entry_fixture.h"

namespace samverkan::audit {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Scope kBoard = {.municipality = "0180", .authority = "socialnamnden"};
constexpr char kReport[] = "municipalities/0180/reports/1";

const rules::RuleSet& ShippedRules() {
  static const rules::RuleSet* const rules = new rules::RuleSet(rules::RuleSet::Load("deploy/rules").value());
  return *rules;
}

v1::LoggedEntry Logged(int number, const std::string& resource = kReport) {
  v1::LoggedEntry logged;
  logged.set_name(absl::StrCat("entries/", number));
  *logged.mutable_entry() = TestEntry(static_cast<uint64_t>(number));
  logged.mutable_entry()->mutable_private_part()->set_resources(0, resource);
  return logged;
}

v1::LoggedEntry ByReporter(int number) {
  v1::LoggedEntry logged = Logged(number);
  v1::Actor& actor = *logged.mutable_entry()->mutable_private_part()->mutable_actor();
  actor.set_role(access::v1::REPORTER);
  actor.set_authority("utbildningsnamnden");
  actor.set_system("skolplattformen");
  return logged;
}

v1::ExtractEntriesRequest To(v1::ExtractRecipient recipient, const std::vector<std::string>& hidden = {}) {
  v1::ExtractEntriesRequest request;
  request.set_child("child-1");
  request.set_recipient(recipient);
  if (recipient == v1::GUARDIAN) request.mutable_hidden()->mutable_names()->Assign(hidden.begin(), hidden.end());
  return request;
}

v1::ExtractEntriesResponse Extract(const v1::ExtractEntriesRequest& request,
                                   const std::vector<v1::LoggedEntry>& found) {
  const auto response = ExtractOf(ShippedRules(), kBoard, request, found, TestNow());
  EXPECT_OK(response);
  return response.ok() ? *response : v1::ExtractEntriesResponse();
}

std::vector<std::string> NamesIn(const v1::ExtractEntriesResponse& response) {
  std::vector<std::string> names;
  for (const v1::ExtractedEntry& entry : response.entries()) names.push_back(entry.name());
  return names;
}

TEST(ExtractTest, TellsWhatWasDoneInWhichRoleAndNotByWhom) {
  v1::LoggedEntry logged = Logged(1);
  logged.mutable_entry()->mutable_private_part()->set_legal_basis("P-020, SoL 2025:400 20:6");
  const v1::ExtractEntriesResponse response = Extract(To(v1::CHILD), {logged});
  ASSERT_EQ(response.entries_size(), 1);
  const v1::ExtractedEntry& entry = response.entries(0);
  EXPECT_EQ(entry.time().seconds(), absl::ToUnixSeconds(TestNow()));
  EXPECT_EQ(entry.role(), access::v1::CASEWORKER);
  EXPECT_EQ(entry.authority(), "municipalities/0180/authorities/socialnamnden");
  EXPECT_EQ(entry.system(), "treserva");
  EXPECT_EQ(entry.method(), "samverkan.intake.v1.ReportService/GetReport");
  EXPECT_EQ(entry.action(), access::v1::READ);
  EXPECT_EQ(entry.purpose(), "child_protection");
  EXPECT_EQ(entry.legal_basis(), "P-020, SoL 2025:400 20:6");
  // The subject and the unit.
  EXPECT_THAT(response.SerializeAsString(), Not(HasSubstr("anna")));
  EXPECT_THAT(response.SerializeAsString(), Not(HasSubstr("skarholmen")));
  ASSERT_EQ(response.withheld_size(), 1);
  EXPECT_EQ(response.withheld(0).what(), "person_and_unit");
  EXPECT_EQ(response.withheld(0).rule(), "S-006");
  EXPECT_EQ(response.withheld(0).legal_basis(), "settable, no legal source");
  EXPECT_THAT(response.withheld(0).rule_text(), HasSubstr("neither the person nor the unit"));
  EXPECT_EQ(response.legal_basis(), "P-090, GDPR 2016/679; dataskyddslagen 2018:218 3:5, 3:10, 5:1");
}

TEST(ExtractTest, TellsOfTheReporterTheRoleAlone) {
  const v1::ExtractEntriesResponse response = Extract(To(v1::GUARDIAN), {ByReporter(1)});
  ASSERT_EQ(response.entries_size(), 1);
  EXPECT_EQ(response.entries(0).role(), access::v1::REPORTER);
  EXPECT_EQ(response.entries(0).authority(), "");
  EXPECT_EQ(response.entries(0).system(), "");
  ASSERT_EQ(response.withheld_size(), 2);
  EXPECT_EQ(response.withheld(1).what(), "reporter");
  EXPECT_EQ(response.withheld(1).rule(), "P-051");
  EXPECT_EQ(response.withheld(1).legal_basis(), "OSL 26:5");
}

TEST(ExtractTest, LeavesOutWhatTouchedAHiddenResource) {
  v1::LoggedEntry list = Logged(5, "municipalities/0180/units/barnenheten");
  list.mutable_entry()->mutable_private_part()->add_resources(kReport);
  const std::vector<v1::LoggedEntry> found = {Logged(1), Logged(2, "municipalities/0180/reports/12"),
                                              Logged(3, absl::StrCat(kReport, "/feedback")),
                                              Logged(4, "municipalities/0180/investigations/1"), list};
  EXPECT_THAT(NamesIn(Extract(To(v1::GUARDIAN, {kReport}), found)), ElementsAre("entries/2", "entries/4"));
  EXPECT_THAT(NamesIn(Extract(To(v1::GUARDIAN), found)),
              ElementsAre("entries/1", "entries/2", "entries/3", "entries/4", "entries/5"));
  const v1::ExtractEntriesResponse nothing = Extract(To(v1::GUARDIAN, {kReport}), {Logged(1)});
  EXPECT_THAT(nothing.withheld(), IsEmpty());
}

TEST(ExtractTest, LeavesOutRefusalsAndWhatIsErased) {
  v1::LoggedEntry refused = Logged(1);
  refused.mutable_entry()->set_outcome(v1::DENIED);
  v1::LoggedEntry erased = Logged(2);
  erased.mutable_entry()->clear_private_part();
  EXPECT_THAT(Extract(To(v1::CHILD), {refused, erased}).entries(), IsEmpty());
}

TEST(ExtractTest, ShowsNothingWithoutARule) {
  EXPECT_THAT(ExtractOf(ShippedRules(), kBoard, To(v1::CHILD), {Logged(1)},
                        absl::FromCivil(absl::CivilDay(2018, 5, 20), absl::UTCTimeZone())),
              StatusIs(absl::StatusCode::kNotFound, "NO_RULE_IN_FORCE"));
}

std::vector<std::string> BadFields(const v1::ExtractEntriesRequest& request) {
  return status::InvalidFields(CheckExtract(request));
}

TEST(ExtractTest, NamesEveryBadField) {
  EXPECT_THAT(BadFields({}), ElementsAre("child", "recipient"));
  v1::ExtractEntriesRequest request = To(static_cast<v1::ExtractRecipient>(7));
  request.set_child(std::string(129, 'c'));
  EXPECT_THAT(BadFields(request), ElementsAre("child", "recipient"));
  EXPECT_OK(CheckExtract(To(v1::CHILD)));
  EXPECT_OK(CheckExtract(To(v1::GUARDIAN)));
  EXPECT_THAT(BadFields(To(v1::GUARDIAN, {""})), ElementsAre("hidden.names"));
  EXPECT_THAT(BadFields(To(v1::GUARDIAN, std::vector<std::string>(2001, kReport))), ElementsAre("hidden.names"));
}

// Whoever forgets to ask what is hidden must not tell of it.
TEST(ExtractTest, WantsToKnowWhatIsHiddenFromAGuardian) {
  v1::ExtractEntriesRequest request = To(v1::GUARDIAN);
  request.clear_hidden();
  EXPECT_THAT(BadFields(request), ElementsAre("hidden"));
  request.mutable_hidden();
  request.set_recipient(v1::CHILD);
  EXPECT_THAT(BadFields(request), ElementsAre("hidden"));
}

}  // namespace
}  // namespace samverkan::audit
