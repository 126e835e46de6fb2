// What the database of consent holds in the clear, and whom it lets see what.

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "libs/pg/scope.h"
#include "libs/testing/command.h"
#include "libs/testing/status_matchers.h"
#include "samverkan/consent/v1/consent.pb.h"
#include "samverkan/consent/v1/disclosure.pb.h"
#include "samverkan/consent/v1/retention.pb.h"
#include "samverkan/consent/v1/rule.pb.h"
#include "samverkan/data/v1/data.pb.h"
#include "services/consent/consent_fixture.h"
#include "services/consent/names.h"

namespace samverkan::consent {
namespace {

using google::protobuf::FieldDescriptor;
using ::samverkan::testing::RunCommand;
using testing::CallOf;
using testing::Caseworker;
using testing::IntakeItself;
using testing::kChildren;
using testing::kSkarholmen;
using testing::NewRequestId;

// How each column that could hold a text is kept.
enum class Kept {
  // With a data key; what it holds is a message of the contract.
  kSealed,
  // A keyed hash.
  kTag,
  // In the clear: a field of the contract that must be NOT_PERSONAL.
  kField,
  // In the clear: a code, a name of a resource or a time, that says nothing about a person.
  kCode,
};

struct NamedColumn {
  std::string_view name;
  Kept kept;
  // The field of the contract, where it is one.
  std::string_view field = {};
};

constexpr NamedColumn kColumns[] = {
    {"audit_entry.content", Kept::kSealed},
    {"audit_entry.municipality", Kept::kCode},
    {"child.assignee_tag", Kept::kTag},
    {"child.authority", Kept::kField, "samverkan.consent.v1.Child.authority"},
    {"child.content", Kept::kSealed},
    {"child.index_key", Kept::kCode},
    {"child.municipality", Kept::kCode},
    {"child.unit_tags", Kept::kCode},
    {"child_number.authority", Kept::kCode},
    {"child_number.blind_index", Kept::kTag},
    {"child_number.index_key", Kept::kCode},
    {"child_number.municipality", Kept::kCode},
    {"child_reference.authority", Kept::kCode},
    {"child_reference.municipality", Kept::kCode},
    {"consent.authority", Kept::kField, "samverkan.consent.v1.Consent.authority"},
    {"consent.content", Kept::kSealed},
    {"consent.index_key", Kept::kCode},
    {"consent.municipality", Kept::kCode},
    {"consent.recipient_tags", Kept::kCode},
    {"decision.authority", Kept::kField, "samverkan.consent.v1.Decision.authority"},
    {"decision.content", Kept::kSealed},
    {"decision.municipality", Kept::kCode},
    {"decision.rule_set", Kept::kField, "samverkan.consent.v1.Decision.rule_set"},
    {"disclosure.authority", Kept::kCode},
    {"disclosure.content", Kept::kSealed},
    {"disclosure.municipality", Kept::kCode},
    {"erased_again.authority", Kept::kField, "samverkan.consent.v1.Erasure.authority"},
    {"erased_again.legal_basis", Kept::kField, "samverkan.consent.v1.ErasureGround.legal_basis"},
    {"erased_again.municipality", Kept::kCode},
    {"erased_again.resources", Kept::kCode},
    {"erasure.authority", Kept::kField, "samverkan.consent.v1.Erasure.authority"},
    {"erasure.content", Kept::kSealed},
    {"erasure.legal_basis", Kept::kField, "samverkan.consent.v1.ErasureGround.legal_basis"},
    {"erasure.municipality", Kept::kCode},
    {"erasure.resources", Kept::kCode},
    {"event.authority", Kept::kField, "samverkan.events.v1.Event.authority"},
    // Events leave the service for whoever follows them: none of their fields is personal.
    {"event.content", Kept::kCode},
    {"event.municipality", Kept::kField, "samverkan.events.v1.Event.municipality"},
    {"hold.authority", Kept::kCode},
    {"hold.municipality", Kept::kCode},
    {"legal_hold.authority", Kept::kField, "samverkan.consent.v1.LegalHold.authority"},
    {"legal_hold.content", Kept::kSealed},
    {"legal_hold.municipality", Kept::kCode},
    {"request.caller", Kept::kTag},
    {"request.fingerprint", Kept::kTag},
    {"request.method", Kept::kCode},
    {"request.municipality", Kept::kCode},
    {"request.owner_authority", Kept::kCode},
    {"request.owner_municipality", Kept::kCode},
    {"request.resources", Kept::kCode},
    // A rule set is about nobody.
    {"rule_set.content", Kept::kCode},
    {"rule_set.municipality", Kept::kCode},
    {"rule_set.people", Kept::kSealed},
    {"rule_set.version", Kept::kField, "samverkan.consent.v1.RuleSetRecord.version"},
};

// With whether the jobs see those of the board that they work for, as the sweeper does.
struct BoardsTable {
  std::string_view name;
  bool of_jobs = false;
};

constexpr BoardsTable kOfAuthorities[] = {
    {"child", true},    {"child_reference", true}, {"child_number"},     {"hold", true},   {"consent"},
    {"decision", true}, {"disclosure", true},      {"legal_hold", true}, {"erasure", true}};

class SchemaTest : public testing::ConsentTest {
 protected:
  // One of everything that is stored about a child, and about another authority's.
  void StoreOneOfEach() {
    v1::RegisterChildRequest request = testing::RegistrationOf(kChildren[0]);
    request.set_assignee("u-samir");
    const auto child = child_service_.RegisterChild(CallOf(Caseworker(), "ChildService/RegisterChild", now_), request);
    ASSERT_OK(child);
    v1::SetHoldRequest hold;
    hold.set_name(child->name());
    hold.set_authority(kSkarholmen);
    hold.set_report(MakeName("0180", "reports", NewRequestId()));
    hold.set_on_hold(true);
    ASSERT_OK(child_service_.SetHold(CallOf(IntakeItself(), "ChildService/SetHold", now_), hold));
    const std::string reference = ReferenceOf(*child);
    ASSERT_OK(database_.Execute(absl::StrCat(
        "INSERT INTO consent.consent VALUES ('0180', gen_random_uuid(), 'skarholmen', '", reference,
        "', 1, 1, '{}', 'i', '2026-01-01', '2026-12-31', now(), 1, gen_random_uuid(), '\\x01');"
        "INSERT INTO consent.decision VALUES ('0180', '",
        reference, "', 'skarholmen', '", reference,
        "', now(), now(), 1, '1', gen_random_uuid(), '\\x01');"
        "INSERT INTO consent.disclosure VALUES ('0180', gen_random_uuid(), 'skarholmen', '",
        reference, "', '", reference,
        "', now(), gen_random_uuid(), '\\x01');"
        "INSERT INTO consent.legal_hold VALUES ('0180', gen_random_uuid(), 'skarholmen', '",
        reference,
        "', now(), true, 1, gen_random_uuid(), '\\x01');"
        "INSERT INTO consent.erasure (municipality, erasure, authority, child, state, propose_time, legal_basis,"
        " data_key, content) VALUES ('0180', gen_random_uuid(), 'skarholmen', '",
        reference,
        "', 1, now(), 'P-080', gen_random_uuid(), '\\x01');"
        "INSERT INTO consent.rule_set VALUES ('0180', '1', 2, '\\x01', now(), now(), gen_random_uuid(), '\\x01')")));
  }

  // Runs SQL as a role, after setting its scope as a pooled connection would.
  absl::StatusOr<std::string> As(const std::string& role, const pg::Scope& scope, const std::string& sql) {
    return database_.Value(absl::StrCat("SET ROLE ", role, "; SELECT set_config('samverkan.municipality', '",
                                        scope.municipality, "', false), set_config('samverkan.authority', '",
                                        scope.authority, "', false); ", sql));
  }

  std::string CountAs(const std::string& role, const pg::Scope& scope, const std::string& table) {
    return As(role, scope, "SELECT count(*) FROM consent." + table).value_or("refused");
  }
};

TEST_F(SchemaTest, EveryColumnThatCouldHoldATextIsAccountedFor) {
  ASSERT_OK_AND_ASSIGN(
      const std::string joined,
      database_.Value("SELECT string_agg(c.table_name || '.' || c.column_name, ' ') FROM information_schema.columns c"
                      "  WHERE c.table_schema = 'consent'"
                      "    AND c.data_type IN ('text', 'bytea', 'ARRAY', 'character varying', 'json', 'jsonb')"
                      "    AND NOT (c.data_type = 'ARRAY' AND c.udt_name = '_uuid')"));
  const std::set<std::string> found = absl::StrSplit(joined, ' ');
  std::set<std::string> expected;
  for (const NamedColumn& column : kColumns) expected.emplace(column.name);
  EXPECT_EQ(found, expected);
}

TEST_F(SchemaTest, WhatStandsInTheClearIsNotPersonalByTheContract) {
  // By way of a message of each file, which otherwise would not be linked.
  const auto* const pool = v1::RuleSetRecord::descriptor()->file()->pool();
  ASSERT_NE(v1::Decision::descriptor(), nullptr);
  ASSERT_NE(v1::Consent::descriptor(), nullptr);
  ASSERT_NE(v1::Erasure::descriptor(), nullptr);
  for (const NamedColumn& column : kColumns) {
    if (column.kept != Kept::kField) continue;
    const FieldDescriptor* const field = pool->FindFieldByName(std::string(column.field));
    ASSERT_NE(field, nullptr) << column.field;
    EXPECT_EQ(field->options().GetExtension(data::v1::category), data::v1::NOT_PERSONAL) << column.name;
  }
}

TEST_F(SchemaTest, NoTextIsFoundInAnyColumn) {
  StoreOneOfEach();
  EXPECT_EQ(Count("SELECT count(*) FROM consent.child WHERE get_byte(content, 0) <> 1 OR octet_length(content) < 29"),
            0);
  for (const char* const table : {"audit_entry", "child", "child_number", "child_reference", "event", "request"}) {
    for (const char* const text :
         {"Elsa", "Lind", "Sara", "Per Ek", "u-eva", "u-samir", "barnenheten", "200801212390", "0801212390"}) {
      EXPECT_EQ(Count(absl::StrCat("SELECT count(*) FROM consent.", table, " AS t WHERE t::text LIKE '%", text,
                                   "%' OR t::text LIKE '%' || encode('", text, "', 'hex') || '%'")),
                0)
          << text << " in " << table;
    }
  }
}

TEST_F(SchemaTest, AQueryWithoutAFilterSeesTheOwnBoardOnly) {
  StoreOneOfEach();
  for (const auto& [name, of_jobs] : kOfAuthorities) {
    const std::string table(name);
    EXPECT_EQ(CountAs("samverkan_consent", {"0180", "skarholmen"}, table), "1") << table;
    EXPECT_EQ(CountAs("samverkan_consent", {"0180", "utbildningsnamnden"}, table), "0") << table;
    EXPECT_EQ(CountAs("samverkan_consent", {"0127", "skarholmen"}, table), "0") << table;
    EXPECT_EQ(CountAs("samverkan_consent", {"", ""}, table), "0") << table;
    EXPECT_EQ(CountAs("samverkan_consent_jobs", {"0180", "skarholmen"}, table), of_jobs ? "1" : "refused") << table;
    EXPECT_EQ(CountAs("samverkan_consent_jobs", {"0127", "skarholmen"}, table), of_jobs ? "0" : "refused") << table;
    // Not even by who owns it.
    EXPECT_EQ(Count(absl::StrCat("SELECT relforcerowsecurity::integer FROM pg_class WHERE oid = 'consent.", table,
                                 "'::regclass")),
              1)
        << table;
  }
  EXPECT_EQ(CountAs("samverkan_consent", {"0180", "utbildningsnamnden"}, "rule_set"), "1");
  EXPECT_EQ(CountAs("samverkan_consent", {"0127", "skarholmen"}, "rule_set"), "0");
}

TEST_F(SchemaTest, NobodyWritesToAnotherBoard) {
  StoreOneOfEach();
  const std::string insert =
      "INSERT INTO consent.hold VALUES ('0180', 'skarholmen', gen_random_uuid(), gen_random_uuid()) RETURNING 1";
  EXPECT_OK(As("samverkan_consent", {"0180", "skarholmen"}, insert));
  EXPECT_FALSE(As("samverkan_consent", {"0180", "utbildningsnamnden"}, insert).ok());
  for (const char* const sql :
       {"UPDATE consent.decision SET content = '\\x02' RETURNING 1", "DELETE FROM consent.decision RETURNING 1",
        "UPDATE consent.disclosure SET content = '\\x02' RETURNING 1", "DELETE FROM consent.child RETURNING 1",
        "DELETE FROM consent.erasure RETURNING 1", "SELECT 1 FROM consent.erase_child('0180', 'skarholmen', NULL)",
        "SELECT count(*) FROM consent.erased_again", "DELETE FROM consent.legal_hold RETURNING 1",
        "UPDATE consent.rule_set SET content = '\\x02' RETURNING 1", "DELETE FROM consent.rule_set RETURNING 1"}) {
    EXPECT_FALSE(As("samverkan_consent", {"0180", "skarholmen"}, sql).ok()) << sql;
  }
}

TEST_F(SchemaTest, TheJobsEraseAChildWholeAndReadNothingThatSaysWhatWasDecided) {
  StoreOneOfEach();
  const pg::Scope board = {"0180", "skarholmen"};
  for (const char* const sql :
       {"SELECT content FROM consent.decision", "SELECT content FROM consent.disclosure",
        "SELECT content FROM consent.legal_hold", "DELETE FROM consent.child RETURNING 1",
        "UPDATE consent.child SET version = 1 RETURNING 1", "DELETE FROM consent.decision RETURNING 1"}) {
    EXPECT_FALSE(As("samverkan_consent_jobs", board, sql).ok()) << sql;
  }
  ASSERT_OK_AND_ASSIGN(const std::string child, database_.Value("SELECT child FROM consent.child"));
  const auto erase_of = [&](const std::string& authority) {
    return absl::StrCat("SELECT 1 FROM consent.erase_child('0180', '", authority, "', '", child, "')");
  };
  EXPECT_OK(As("samverkan_consent_jobs", {"0180", "utbildningsnamnden"}, erase_of("utbildningsnamnden")));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.child"), 1);
  EXPECT_OK(As("samverkan_consent_jobs", board, erase_of("skarholmen")));
  for (const char* const table :
       {"child", "child_reference", "child_number", "consent", "decision", "disclosure", "legal_hold"}) {
    EXPECT_EQ(Count(absl::StrCat("SELECT count(*) FROM consent.", table)), 0) << table;
  }
  // A report on hold is told of by whoever has it.
  for (const char* const table : {"hold", "erasure"}) {
    EXPECT_EQ(Count(absl::StrCat("SELECT count(*) FROM consent.", table)), 1) << table;
  }
}

TEST_F(SchemaTest, ChildrenOfAnotherBoardAreNotMerged) {
  StoreOneOfEach();
  ASSERT_OK_AND_ASSIGN(const std::string child, database_.Value("SELECT child FROM consent.child"));
  EXPECT_OK(As("samverkan_consent", {"0180", "utbildningsnamnden"},
               absl::StrCat("SELECT consent.merge_children('0180', 'skarholmen', '", child, "', gen_random_uuid())")));
  EXPECT_EQ(Count("SELECT count(*) FROM consent.child"), 1);
}

TEST_F(SchemaTest, OneRuleSetIsActive) {
  StoreOneOfEach();
  const std::string another =
      "INSERT INTO consent.rule_set VALUES ('0180', '2', $state, '\\x01', now(), now(), gen_random_uuid(), '\\x01')";
  const auto in_state = [&](const std::string& state) {
    std::string sql = another;
    return sql.replace(sql.find("$state"), 6, state);
  };
  EXPECT_FALSE(database_.Execute(in_state("2")).ok());
  EXPECT_OK(database_.Execute(in_state("1")));
}

TEST_F(SchemaTest, TheOwnerOfAHiddenResourceIsToldAndNothingElse) {
  StoreOneOfEach();
  ASSERT_OK_AND_ASSIGN(const std::string child, database_.Value("SELECT child FROM consent.child"));
  for (const char* const function : {"authority_of_child", "authority_of_decision"}) {
    const std::string ask = absl::StrCat("SELECT consent.", function, "('0180', '", child, "')");
    EXPECT_EQ(As("samverkan_consent", {"0127", "socialnamnden"}, ask).value_or("refused"), "skarholmen") << function;
    EXPECT_FALSE(As("samverkan_consent_jobs", {"0127", "socialnamnden"}, ask).ok()) << function;
  }
}

TEST_F(SchemaTest, VerifiesAndRevertsToNothing) {
  const auto sqitch = [&](std::vector<std::string> command) {
    command.insert(command.begin(), {"env", "SQITCH_FULLNAME=Test", "SQITCH_EMAIL=test@example.org", "sqitch",
                                     "--chdir", std::filesystem::absolute("services/consent/schema").string()});
    command.push_back(::samverkan::testing::TestDatabase::Server().SqitchTarget(database_.name()));
    return RunCommand(command).status();
  };
  EXPECT_OK(sqitch({"verify"}));
  EXPECT_OK(sqitch({"revert", "-y"}));
  EXPECT_EQ(Count("SELECT count(*) FROM pg_namespace WHERE nspname = 'consent'"), 0);
  EXPECT_OK(sqitch({"deploy", "--verify"}));
}

}  // namespace
}  // namespace samverkan::consent
