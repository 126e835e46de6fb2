// What the database of audit holds in the clear.

#include <google/protobuf/descriptor.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "libs/clock/clock.h"
#include "libs/sealing/testing/test_key_ring.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "samverkan/data/v1/data.pb.h"
#include "services/audit/entry_fixture.h"
#include "services/audit/entry_store.h"

namespace samverkan::audit {
namespace {

using ::samverkan::testing::TestDatabase;

// How each column that could hold a text is kept.
enum class Kept {
  // With a data key; what it holds is a message.
  kSealed,
  // A keyed hash.
  kTag,
  // In the clear: a field of the contract that must be NOT_PERSONAL.
  kField,
  // In the clear: a code, a name of a resource or the like, that says nothing about a person.
  kCode,
};
struct Column {
  std::string_view name;
  Kept kept;
  // The field of the contract, where it is one.
  std::string_view field = {};
};

constexpr Column kColumns[] = {
    {"entry.authority", Kept::kField, "samverkan.audit.v1.Entry.authority"},
    // What of an entry is for ever: fields that are NOT_PERSONAL, and salted hashes (leaf.h).
    {"entry.leaf", Kept::kCode},
    {"entry.leaf_hash", Kept::kTag},
    {"entry.municipality", Kept::kField, "samverkan.audit.v1.Entry.municipality"},
    {"entry_key.producer", Kept::kField, "samverkan.audit.v1.Entry.producer"},
    {"erasure.authority", Kept::kField, "samverkan.audit.v1.EraseEntriesRequest.authority"},
    {"erasure.municipality", Kept::kField, "samverkan.audit.v1.EraseEntriesRequest.municipality"},
    {"key_destruction.indexes", Kept::kCode},
    {"private_part.actor", Kept::kTag},
    {"private_part.authority", Kept::kField, "samverkan.audit.v1.Entry.authority"},
    {"private_part.body", Kept::kSealed},
    {"private_part.method", Kept::kField, "samverkan.audit.v1.Entry.method"},
    {"private_part.municipality", Kept::kField, "samverkan.audit.v1.Entry.municipality"},
    {"private_part.system", Kept::kTag},
    {"request.authority", Kept::kCode},
    {"request.caller", Kept::kTag},
    {"request.fingerprint", Kept::kTag},
    {"request.method", Kept::kCode},
    {"request.municipality", Kept::kCode},
    {"request.resource", Kept::kCode},
    {"review_item.actor", Kept::kTag},
    {"review_item.municipality", Kept::kCode},
    // A list of them.
    {"review_item.units", Kept::kCode},
    {"review_outcome.body", Kept::kSealed},
    {"review_outcome.municipality", Kept::kCode},
    {"review_sample.authority", Kept::kCode},
    {"review_sample.body", Kept::kSealed},
    {"review_sample.municipality", Kept::kCode},
    {"search_tag.tag", Kept::kTag},
};

class SchemaTest : public ::testing::Test {
 protected:
  std::string Value(const std::string& sql) { return *database_.Value(sql); }

  TestDatabase database_{"services/audit/schema"};
  sealing::testing::TestKeyRing keys_{"audit"};
  std::unique_ptr<EntryStore> store_ = EntryStore::Open(database_.ConninfoFor("audit"), 2, keys_.ring()).value();
};

TEST_F(SchemaTest, EveryColumnThatCouldHoldATextIsAccountedFor) {
  const std::string found = Value(
      "SELECT string_agg(c.table_name || '.' || c.column_name, ' ') FROM information_schema.columns c"
      "  WHERE c.table_schema = 'audit' AND c.data_type IN ('text', 'bytea', 'ARRAY', 'character varying', 'json',"
      "                                                     'jsonb')"
      "    AND NOT (c.data_type = 'ARRAY' AND c.udt_name = '_uuid')");
  std::set<std::string> expected;
  for (const Column& column : kColumns) expected.emplace(column.name);
  const std::set<std::string> names = absl::StrSplit(found, ' ');
  EXPECT_EQ(names, expected);
}

TEST_F(SchemaTest, WhatStandsInTheClearIsNotPersonalByTheContract) {
  const auto* const pool = v1::Entry::descriptor()->file()->pool();
  for (const Column& column : kColumns) {
    if (column.kept != Kept::kField) continue;
    const auto* const field = pool->FindFieldByName(std::string(column.field));
    ASSERT_NE(field, nullptr) << column.field;
    EXPECT_EQ(field->options().GetExtension(data::v1::category), data::v1::NOT_PERSONAL) << column.name;
  }
}

TEST_F(SchemaTest, PrivatePartsAreSealedAndNoTextIsFoundInAnyColumn) {
  ASSERT_OK(store_->Append(Prepared({TestEntry(1), TestEntry(2)}), TestNow(),
                           clock::SystemClock().Now() + absl::Seconds(20)));
  EXPECT_EQ(Value("SELECT count(*) FROM audit.private_part WHERE get_byte(body, 0) = 1 AND octet_length(body) > 29"),
            "2");
  std::set<std::string> tables;
  for (const Column& column : kColumns) tables.emplace(column.name.substr(0, column.name.find('.')));
  for (const std::string& table : tables) {
    for (const char* const text : {"anna", "child-1", "reports/1", "mottagning"}) {
      EXPECT_EQ(Value(absl::StrCat("SELECT count(*) FROM audit.", table, " AS t WHERE t::text LIKE '%", text,
                                   "%' OR t::text LIKE '%' || encode('", text, "', 'hex') || '%'")),
                "0")
          << text << " in " << table;
    }
  }
}

}  // namespace
}  // namespace samverkan::audit
