#include "services/audit/entry.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/audit/entry_fixture.h"

namespace samverkan::audit {
namespace {

using ::samverkan::testing::StatusIs;

absl::StatusOr<Batch> PrepareAll(const std::vector<v1::Entry>& entries) {
  return PrepareEntries({entries.begin(), entries.end()}, TestNow(), TestTags());
}

StoredEntry Stored(const NewEntry& entry) {
  return {.index = 17,
          .leaf = entry.leaf,
          .leaf_hash = std::string(entry.leaf_hash.begin(), entry.leaf_hash.end()),
          .record_time = TestNow(),
          .body = entry.body};
}

TEST(Entry, IsShownAsItCameWithoutItsSalts) {
  const v1::Entry entry = TestEntry(1);
  ASSERT_OK_AND_ASSIGN(const v1::LoggedEntry logged, ToLoggedEntry(Stored(Prepared({entry})[0])));
  v1::Entry expected = entry;
  expected.clear_salts();
  EXPECT_EQ(logged.entry().SerializeAsString(), expected.SerializeAsString());
  EXPECT_EQ(logged.name(), "entries/17");
  EXPECT_EQ(logged.index(), 17);
  EXPECT_EQ(logged.state(), v1::LoggedEntry::WHOLE);
  EXPECT_EQ(logged.record_time().seconds(), absl::ToUnixSeconds(TestNow()));
}

TEST(Entry, IsShownByItsLeafOnceErased) {
  StoredEntry stored = Stored(Prepared({TestEntry(1)})[0]);
  stored.body.reset();
  ASSERT_OK_AND_ASSIGN(const v1::LoggedEntry logged, ToLoggedEntry(stored));
  EXPECT_FALSE(logged.entry().has_private_part());
  EXPECT_EQ(logged.state(), v1::LoggedEntry::ERASED);
  EXPECT_EQ(logged.entry().method(), "samverkan.intake.v1.ReportService/GetReport");
  EXPECT_EQ(logged.entry().entry_id(), TestId(1));
  EXPECT_EQ(logged.entry().retention(), v1::CHILD_FILE);
}

TEST(Entry, GivesTheSameLeafWhenSentAgain) {
  EXPECT_EQ(Prepared({TestEntry(1)})[0].leaf, Prepared({TestEntry(1)})[0].leaf);
}

TEST(Entry, LeavesNothingOfThePrivatePartInTheLeaf) {
  const NewEntry prepared = Prepared({TestEntry(1)})[0];
  for (const char* const secret : {"anna", "child-1", "reports/1", "treserva", "skarholmen", "0af765"}) {
    EXPECT_FALSE(absl::StrContains(prepared.leaf, secret)) << secret;
  }
}

TEST(Entry, HasAnotherTagInAnotherAuthority) {
  const Scope social = {.municipality = "0180", .authority = "socialnamnden"};
  const Scope school = {.municipality = "0180", .authority = "utbildningsnamnden"};
  const SearchTags& tags = TestTags();
  EXPECT_EQ(tags.Of(SearchTags::Kind::kChild, social, "a"), tags.Of(SearchTags::Kind::kChild, social, "a"));
  EXPECT_NE(tags.Of(SearchTags::Kind::kChild, social, "a"), tags.Of(SearchTags::Kind::kChild, school, "a"));
  EXPECT_NE(tags.Of(SearchTags::Kind::kChild, social, "a"), tags.Of(SearchTags::Kind::kActor, social, "a"));
}

struct Fault {
  std::string field;
  std::function<void(v1::Entry&)> make;
};

std::vector<Fault> FaultsOfTheLeaf() {
  return {
      {"entry_id", [](auto& entry) { entry.set_entry_id("not a uuid"); }},
      {"entry_id", [](auto& entry) { entry.clear_entry_id(); }},
      {"entry_id", [](auto& entry) { entry.set_entry_id("0000000A-0000-4000-8000-000000000000"); }},
      // Version 7 tells the millisecond.
      {"entry_id", [](auto& entry) { entry.set_entry_id("019571f4-5c00-7000-8000-000000000000"); }},
      {"producer", [](auto& entry) { entry.clear_producer(); }},
      {"producer", [](auto& entry) { entry.set_producer("in take"); }},
      {"producer", [](auto& entry) { entry.set_producer(std::string(64, 'a')); }},
      {"municipality", [](auto& entry) { entry.clear_municipality(); }},
      {"municipality", [](auto& entry) { entry.set_municipality("018a"); }},
      {"authority", [](auto& entry) { entry.set_authority("social nämnden"); }},
      {"authority", [](auto& entry) { entry.set_authority("x20100101-0000"); }},
      {"method", [](auto& entry) { entry.clear_method(); }},
      {"method", [](auto& entry) { entry.set_method("read/201001010000"); }},
      {"action", [](auto& entry) { entry.clear_action(); }},
      {"outcome", [](auto& entry) { entry.clear_outcome(); }},
      {"outcome", [](auto& entry) { entry.set_outcome(static_cast<v1::Outcome>(77)); }},
      {"purpose", [](auto& entry) { entry.clear_purpose(); }},
      {"purpose", [](auto& entry) { entry.set_purpose("because of the child"); }},
      {"retention", [](auto& entry) { entry.clear_retention(); }},
      {"salts.subject", [](auto& entry) { entry.mutable_salts()->clear_subject(); }},
      {"salts.actor", [](auto& entry) { entry.mutable_salts()->set_actor(std::string(31, 's')); }},
      {"salts.detail", [](auto& entry) { entry.mutable_salts()->set_detail(std::string(33, 's')); }},
  };
}

std::vector<Fault> FaultsOfThePrivatePart() {
  return {
      {"private_part.time", [](auto& entry) { entry.mutable_private_part()->clear_time(); }},
      {"private_part.time",
       [](auto& entry) { entry.mutable_private_part()->mutable_time()->set_seconds(-62'135'596'800); }},
      {"private_part.time",
       [](auto& entry) {
         entry.mutable_private_part()->mutable_time()->set_seconds(absl::ToUnixSeconds(TestNow()) + 86'401);
       }},
      {"private_part.time", [](auto& entry) { entry.mutable_private_part()->mutable_time()->set_nanos(-1); }},
      {"private_part.actor.subject",
       [](auto& entry) { entry.mutable_private_part()->mutable_actor()->clear_subject(); }},
      {"private_part.actor.acting_service",
       [](auto& entry) { entry.mutable_private_part()->mutable_actor()->set_acting_service("in take"); }},
      {"private_part.children[1]", [](auto& entry) { entry.mutable_private_part()->add_children(""); }},
      {"private_part.children",
       [](auto& entry) {
         for (int i = 0; i < kMostChildren; ++i) entry.mutable_private_part()->add_children("c");
       }},
      {"private_part.resources[1]",
       [](auto& entry) { entry.mutable_private_part()->add_resources(std::string(513, 'r')); }},
      {"private_part.trace_id", [](auto& entry) { entry.mutable_private_part()->set_trace_id("xyz"); }},
      {"private_part.detail", [](auto& entry) { entry.mutable_private_part()->set_detail(std::string(4097, 'd')); }},
      {"private_part",
       [](auto& entry) {
         v1::PrivatePart& part = *entry.mutable_private_part();
         part.GetReflection()->MutableUnknownFields(&part)->AddVarint(100, 1);
       }},
      {"", [](auto& entry) { entry.GetReflection()->MutableUnknownFields(&entry)->AddVarint(100, 1); }},
  };
}

std::vector<Fault> FaultsOfTheRiskSigns() {
  return {
      // Twice, out of order, and computed only when a sample is drawn.
      {"private_part.risk_signs",
       [](auto& entry) {
         entry.mutable_private_part()->add_risk_signs(v1::COLLEAGUE);
         entry.mutable_private_part()->add_risk_signs(v1::COLLEAGUE);
       }},
      {"private_part.risk_signs",
       [](auto& entry) {
         entry.mutable_private_part()->add_risk_signs(v1::COLLEAGUE);
         entry.mutable_private_part()->add_risk_signs(v1::SAME_NAME);
       }},
      {"private_part.risk_signs", [](auto& entry) { entry.mutable_private_part()->add_risk_signs(v1::MANY_FILES); }},
      {"private_part.risk_signs",
       [](auto& entry) { entry.mutable_private_part()->add_risk_signs(v1::RISK_SIGN_UNSPECIFIED); }},
  };
}

std::vector<Fault> Faults() {
  std::vector<Fault> faults = FaultsOfTheLeaf();
  for (Fault& fault : FaultsOfThePrivatePart()) faults.push_back(std::move(fault));
  for (Fault& fault : FaultsOfTheRiskSigns()) faults.push_back(std::move(fault));
  return faults;
}

TEST(Entry, NamesTheBadField) {
  for (size_t i = 0; i < Faults().size(); ++i) {
    v1::Entry entry = TestEntry(2);
    Faults()[i].make(entry);
    const absl::StatusOr<Batch> batch = PrepareAll({TestEntry(1), entry});
    ASSERT_THAT(batch, StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID")) << i;
    const std::string field = Faults()[i].field.empty() ? "entries[1]" : "entries[1]." + Faults()[i].field;
    EXPECT_EQ(status::InvalidFields(batch.status()), std::vector<std::string>{field}) << i;
  }
}

// What a service of the suite was refused concerns no municipality, but never a child.
TEST(Entry, MayConcernNoMunicipality) {
  v1::Entry entry = TestEntry(1);
  entry.clear_municipality();
  entry.clear_authority();
  EXPECT_EQ(status::InvalidFields(PrepareAll({entry}).status()), std::vector<std::string>{"entries[0].municipality"});
  entry.mutable_private_part()->clear_children();
  EXPECT_OK(PrepareAll({entry}));
}

TEST(Entry, NamesEveryBadFieldAtOnce) {
  v1::Entry entry = TestEntry(1);
  entry.clear_producer();
  entry.clear_action();
  entry.mutable_salts()->clear_actor();
  const std::vector<std::string> expected = {"entries[0].producer", "entries[0].action", "entries[0].salts.actor"};
  EXPECT_EQ(status::InvalidFields(PrepareAll({entry}).status()), expected);
  // Empty entries without end: the answer stays small.
  EXPECT_LT(PrepareAll(std::vector<v1::Entry>(256)).status().message().size(), 4096u);
}

TEST(Entry, NeverRepeatsWhatWasWrong) {
  v1::Entry entry = TestEntry(1);
  entry.set_authority("20100101-2396");
  entry.set_purpose("Kim Larsson");
  const std::string text = PrepareAll({entry}).status().ToString();
  EXPECT_FALSE(absl::StrContains(text, "2010")) << text;
  EXPECT_FALSE(absl::StrContains(text, "Kim")) << text;
}

TEST(Batch, HoldsOneTo256Entries) {
  EXPECT_EQ(status::InvalidFields(PrepareAll({}).status()), std::vector<std::string>{"entries"});
  std::vector<v1::Entry> entries;
  for (uint64_t i = 0; i < 256; ++i) entries.push_back(TestEntry(i));
  EXPECT_OK(PrepareAll(entries));
  entries.push_back(TestEntry(256));
  EXPECT_EQ(status::InvalidFields(PrepareAll(entries).status()), std::vector<std::string>{"entries"});
}

TEST(Batch, KeepsARepetitionOnce) {
  ASSERT_OK_AND_ASSIGN(const Batch batch, PrepareAll({TestEntry(1), TestEntry(2), TestEntry(1)}));
  EXPECT_EQ(batch.entries.size(), 2u);
  EXPECT_EQ(batch.places, (std::vector<size_t>{0, 1, 0}));
  // Another service may have minted the same id.
  v1::Entry other = TestEntry(1);
  other.set_producer("consent");
  EXPECT_EQ(PrepareAll({TestEntry(1), other})->entries.size(), 2u);
}

TEST(Batch, RefusesOneIdForTwoContents) {
  v1::Entry other = TestEntry(1);
  other.mutable_private_part()->set_detail("x");
  const absl::StatusOr<Batch> batch = PrepareAll({TestEntry(2), TestEntry(1), other});
  EXPECT_THAT(batch, StatusIs(absl::StatusCode::kAlreadyExists, "ENTRY_ID_REUSED"));
  EXPECT_EQ(status::Metadata(batch.status())["entry"], "entries[2]");
}

TEST(EntryName, HasOneSpelling) {
  EXPECT_EQ(ParseEntryName("entries/0"), 0);
  EXPECT_EQ(ParseEntryName(EntryName(999'999'999'999'999'999)), 999'999'999'999'999'999);
  for (const char* const bad : {"", "entries/", "entries/-1", "entries/01", "entries/ 1", "entries/1x", "entry/1",
                                "entries/9223372036854775808", "entries/1/2"}) {
    EXPECT_FALSE(ParseEntryName(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace samverkan::audit
