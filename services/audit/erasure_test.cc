#include "services/audit/erasure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "services/audit/commitment.h"
#include "services/audit/entry_fixture.h"
#include "services/audit/leaf.h"

namespace samverkan::audit {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;
using Kind = SearchTags::Kind;

constexpr char kErasure[] = "municipalities/0180/erasures/019eb058-74ce-74a6-8d3a-7160edd74b1a";
const Scope kScope = {.municipality = "0180", .authority = "socialnamnden"};

v1::Entry EntryAbout(const std::vector<std::string>& children, const std::vector<std::string>& resources) {
  v1::Entry entry = TestEntry(1);
  v1::PrivatePart& part = *entry.mutable_private_part();
  part.mutable_children()->Assign(children.begin(), children.end());
  part.mutable_resources()->Assign(resources.begin(), resources.end());
  return entry;
}

StoredEntry Stored(const v1::Entry& entry) {
  NewEntry prepared = Prepared({entry})[0];
  return {.index = 17, .leaf = prepared.leaf, .leaf_hash = {}, .record_time = TestNow(), .body = prepared.body};
}

Erasure ErasureOf(const std::set<std::string>& children, const std::set<std::string>& resources = {}) {
  return {.scope = kScope, .id = {}, .producer = "intake", .children = children, .resources = resources};
}

std::string Tag(Kind kind, const std::string& value) { return TestTags().Of(kind, kScope, value); }

// The private part that `erased` leaves, which still has to prove the leaf of `stored`.
v1::PrivatePart RestOf(const StoredEntry& stored, const ErasedEntry& erased) {
  if (!erased.rest.has_value()) {
    ADD_FAILURE() << "nothing is left";
    return {};
  }
  const Leaf leaf = DecodeLeaf(stored.leaf).value();
  const store::v1::PrivateBody body = ReadBody(17, *erased.rest).value();
  EXPECT_EQ(CommitTo(leaf.entry_id, body),
            (Commitments{.subject = leaf.subject, .actor = leaf.actor, .detail = leaf.detail}));
  return body.private_part();
}

// The entry again, as an erasure has left it.
StoredEntry After(StoredEntry stored, const ErasedEntry& erased) {
  stored.body = erased.rest;
  return stored;
}

bool Holds(const ErasedEntry& erased, const std::string& bytes) { return absl::StrContains(*erased.rest, bytes); }

TEST(Erasure, LeavesWhatAnotherServiceTells) {
  v1::Entry entry = EntryAbout({"child-1"}, {"report-1"});
  entry.set_producer("consent");
  const StoredEntry stored = Stored(entry);
  ASSERT_OK_AND_ASSIGN(const auto left, EraseFrom(stored, ErasureOf({"child-1"}, {"report-1"}), TestTags()));
  EXPECT_FALSE(left.has_value());
}

TEST(Erasure, TakesAllOfAnEntryThatIsOnlyAboutTheChild) {
  const StoredEntry stored = Stored(EntryAbout({"child-1"}, {"report-1", "report-2"}));
  ASSERT_OK_AND_ASSIGN(const auto erased, EraseFrom(stored, ErasureOf({"child-1"}), TestTags()));
  ASSERT_TRUE(erased.has_value());
  EXPECT_EQ(erased->index, 17);
  EXPECT_FALSE(erased->rest.has_value());
  EXPECT_THAT(erased->tags,
              UnorderedElementsAreArray({Tag(Kind::kChild, "child-1"), Tag(Kind::kActor, "anna"),
                                         Tag(Kind::kResource, "report-1"), Tag(Kind::kResource, "report-2")}));
}

TEST(Erasure, LeavesWhatAnEntrySaysOfOtherChildren) {
  const v1::Entry entry = EntryAbout({"child-1", "child-2", "child-3"}, {"report-1", "report-2"});
  const StoredEntry stored = Stored(entry);
  ASSERT_OK_AND_ASSIGN(const auto erased, EraseFrom(stored, ErasureOf({"child-1"}, {"report-1"}), TestTags()));
  ASSERT_TRUE(erased.has_value());
  const v1::PrivatePart rest = RestOf(stored, *erased);
  EXPECT_THAT(rest.children(), ElementsAre("child-2", "child-3"));
  EXPECT_THAT(rest.resources(), ElementsAre("report-2"));
  EXPECT_EQ(rest.actor().subject(), "anna");
  EXPECT_THAT(erased->tags,
              UnorderedElementsAreArray({Tag(Kind::kChild, "child-1"), Tag(Kind::kResource, "report-1")}));

  // Neither the reference is left, nor any salt under which it could be tried.
  const std::string subject = entry.salts().subject();
  const std::string detail = entry.salts().detail();
  EXPECT_FALSE(Holds(*erased, "child-1"));
  EXPECT_FALSE(Holds(*erased, "report-1"));
  EXPECT_FALSE(Holds(*erased, subject));
  EXPECT_FALSE(Holds(*erased, detail));
  EXPECT_FALSE(Holds(*erased, SaltOf(CommitmentTag::kChild, subject, 0)));
  EXPECT_FALSE(Holds(*erased, SaltOf(CommitmentTag::kResource, detail, 0)));
  EXPECT_TRUE(Holds(*erased, SaltOf(CommitmentTag::kChild, subject, 1)));
  EXPECT_TRUE(Holds(*erased, SaltOf(CommitmentTag::kResource, detail, 1)));
}

TEST(Erasure, FollowsUponAnother) {
  StoredEntry stored = Stored(EntryAbout({"child-1", "child-2", "child-3"}, {"report-1"}));
  ASSERT_OK_AND_ASSIGN(const auto first, EraseFrom(stored, ErasureOf({"child-2"}), TestTags()));
  ASSERT_TRUE(first.has_value());
  stored = After(stored, *first);
  ASSERT_OK_AND_ASSIGN(const auto again, EraseFrom(stored, ErasureOf({"child-2"}), TestTags()));
  EXPECT_FALSE(again.has_value());
  ASSERT_OK_AND_ASSIGN(const auto second, EraseFrom(stored, ErasureOf({"child-1"}), TestTags()));
  ASSERT_TRUE(second.has_value());
  EXPECT_THAT(RestOf(stored, *second).children(), ElementsAre("child-3"));
  stored = After(stored, *second);
  ASSERT_OK_AND_ASSIGN(const auto last, EraseFrom(stored, ErasureOf({"child-3"}), TestTags()));
  ASSERT_TRUE(last.has_value());
  EXPECT_FALSE(last->rest.has_value());
}

// The child is still known from other reports.
TEST(Erasure, TakesAllOfAnEntryThatIsOnlyAboutTheResources) {
  const StoredEntry stored = Stored(EntryAbout({"child-1"}, {"report-1", "report-2"}));
  ASSERT_OK_AND_ASSIGN(const auto all, EraseFrom(stored, ErasureOf({}, {"report-1", "report-2"}), TestTags()));
  ASSERT_TRUE(all.has_value());
  EXPECT_FALSE(all->rest.has_value());
  ASSERT_OK_AND_ASSIGN(const auto one, EraseFrom(stored, ErasureOf({}, {"report-1"}), TestTags()));
  ASSERT_TRUE(one.has_value());
  const v1::PrivatePart rest = RestOf(stored, *one);
  EXPECT_THAT(rest.children(), ElementsAre("child-1"));
  EXPECT_THAT(rest.resources(), ElementsAre("report-2"));
}

// What was said of the sibling stays, though the report that said it is gone.
TEST(Erasure, LeavesASiblingWithoutTheReport) {
  const StoredEntry stored = Stored(EntryAbout({"child-1", "child-2"}, {"report-1"}));
  ASSERT_OK_AND_ASSIGN(const auto erased, EraseFrom(stored, ErasureOf({"child-1"}, {"report-1"}), TestTags()));
  ASSERT_TRUE(erased.has_value());
  const v1::PrivatePart rest = RestOf(stored, *erased);
  EXPECT_THAT(rest.children(), ElementsAre("child-2"));
  EXPECT_TRUE(rest.resources().empty());
}

TEST(Erasure, LeavesAnEntryThatNamesNothingOfIt) {
  const StoredEntry stored = Stored(EntryAbout({"child-2"}, {"report-2"}));
  ASSERT_OK_AND_ASSIGN(const auto erased, EraseFrom(stored, ErasureOf({"child-1"}, {"report-1"}), TestTags()));
  EXPECT_FALSE(erased.has_value());
}

TEST(Erasure, StopsWhereTheRestWouldProveNothing) {
  StoredEntry stored = Stored(EntryAbout({"child-1", "child-2"}, {"report-1"}));
  stored.body = Stored(EntryAbout({"child-1", "child-9"}, {"report-1"})).body;
  EXPECT_THAT(EraseFrom(stored, ErasureOf({"child-1"}), TestTags()), StatusIs(absl::StatusCode::kInternal));
  stored.body = "no private part";
  EXPECT_THAT(EraseFrom(stored, ErasureOf({"child-1"}), TestTags()), StatusIs(absl::StatusCode::kInternal));
}

TEST(Erasure, IsForServicesOfTheSuiteAlone) {
  auth::Caller caller;
  caller.system = "intake";
  EXPECT_OK(CheckMayErase(caller));
  caller.municipality = "0180";
  EXPECT_THAT(CheckMayErase(caller), StatusIs(absl::StatusCode::kPermissionDenied, "NOT_A_SERVICE"));
}

v1::EraseEntriesRequest Request() {
  v1::EraseEntriesRequest request;
  request.set_erasure(kErasure);
  request.set_municipality("0180");
  request.set_authority("socialnamnden");
  request.add_children("child-1");
  request.set_legal_basis("P-082, SoL 2025:400 16:2 a 2 st");
  return request;
}

TEST(Erasure, IsWhatTheCallAsksFor) {
  v1::EraseEntriesRequest request = Request();
  request.add_children("child-1");
  request.add_resources("report-1");
  ASSERT_OK_AND_ASSIGN(const Erasure erasure, CheckErasure(request, "intake"));
  EXPECT_EQ(erasure.scope, kScope);
  EXPECT_EQ(erasure.producer, "intake");
  EXPECT_EQ(erasure.id.ToString(), "019eb058-74ce-74a6-8d3a-7160edd74b1a");
  EXPECT_THAT(erasure.children, ElementsAre("child-1"));
  EXPECT_THAT(erasure.resources, ElementsAre("report-1"));
}

TEST(Erasure, NamesTheBadField) {
  struct Fault {
    std::string field;
    void (*make)(v1::EraseEntriesRequest&);
  };
  const std::vector<Fault> faults = {
      {"erasure", [](auto& request) { request.clear_erasure(); }},
      {"erasure", [](auto& request) { request.set_erasure("municipalities/0180/reports/" + TestId(1)); }},
      {"erasure", [](auto& request) { request.set_erasure("municipalities/0181/erasures/" + TestId(1)); }},
      {"authority", [](auto& request) { request.clear_authority(); }},
      {"authority", [](auto& request) { request.set_authority("Nämnden"); }},
      {"children", [](auto& request) { request.clear_children(); }},
      {"children[1]", [](auto& request) { request.add_children(""); }},
      {"children[1]", [](auto& request) { request.add_children(std::string(129, 'c')); }},
      {"children",
       [](auto& request) {
         for (int i = 0; i < kMostErased; ++i) request.add_children(absl::StrCat("child-", i));
       }},
      {"resources[0]", [](auto& request) { request.add_resources(std::string(513, 'r')); }},
      {"resources",
       [](auto& request) {
         for (int i = 0; i <= kMostErased; ++i) request.add_resources(absl::StrCat("report-", i));
       }},
      {"legal_basis", [](auto& request) { request.clear_legal_basis(); }},
      {"legal_basis", [](auto& request) { request.set_legal_basis(std::string(513, 'l')); }},
  };
  for (const Fault& fault : faults) {
    v1::EraseEntriesRequest request = Request();
    fault.make(request);
    EXPECT_THAT(status::InvalidFields(CheckErasure(request, "intake").status()), ElementsAre(fault.field));
  }
  v1::EraseEntriesRequest request = Request();
  request.set_municipality("180");
  EXPECT_THAT(status::InvalidFields(CheckErasure(request, "intake").status()), ElementsAre("municipality", "erasure"));
}

}  // namespace
}  // namespace samverkan::audit
