#include "libs/pg/rows.h"

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "libs/pg/connection.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"

namespace samverkan::pg {
namespace {

using ::samverkan::testing::StatusIs;

class RowsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_OK_AND_ASSIGN(connection_, Connection::Open(database_.Conninfo(), Never())); }

  static absl::Time Never() { return absl::InfiniteFuture(); }

  absl::StatusOr<Rows> Query(std::string_view name, std::string_view sql, const Params& params = Params()) {
    return connection_->Execute({name, sql}, params, Never());
  }

  testing::TestDatabase database_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(RowsTest, EveryTypeComesBackAsItWasSent) {
  const auto sent =
      std::make_tuple(true, int64_t{-9'000'000'000}, std::string("Ärende \"7\"\n"), Bytes{std::string("\0\xff", 2)},
                      Uuid::FromTime(absl::FromUnixSeconds(1'750'000'000)), absl::FromUnixMicros(-1'234'567'890'123),
                      absl::CivilDay(1904, 2, 29), std::optional<std::string>(), std::optional<std::string>("här"));
  const Params params = std::apply([](const auto&... values) { return Params(values...); }, sent);
  ASSERT_OK_AND_ASSIGN(const Rows rows, Query("all", "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9", params));
  ASSERT_EQ(rows.size(), 1);
  decltype(sent) expected = sent;
  std::tuple<bool, int64_t, std::string, Bytes, Uuid, absl::Time, absl::CivilDay, std::optional<std::string>,
             std::optional<std::string>>
      read;
  ASSERT_OK(std::apply([&rows](auto&... targets) { return rows[0].Into(targets...); }, read));
  EXPECT_TRUE(read == expected);
}

TEST_F(RowsTest, ArraysComeBackWithTheirNulls) {
  const std::vector<std::optional<std::string>> texts = {"a", std::nullopt, ""};
  const std::vector<Uuid> uuids = {Uuid::FromTime(absl::UnixEpoch()), Uuid()};
  const std::vector<bool> flags = {true, false};
  const std::vector<absl::CivilDay> none;
  ASSERT_OK_AND_ASSIGN(const Rows rows,
                       Query("arrays", "SELECT $1, $2, $3, $4, $5::timestamptz[]",
                             Params(texts, uuids, flags, none, std::optional<std::vector<absl::Time>>())));
  EXPECT_EQ(*rows[0].Get<std::vector<std::optional<std::string>>>(0), texts);
  EXPECT_EQ(*rows[0].Get<std::vector<Uuid>>(1), uuids);
  EXPECT_EQ(*rows[0].Get<std::vector<bool>>(2), flags);
  EXPECT_EQ(*rows[0].Get<std::vector<absl::CivilDay>>(3), none);
  EXPECT_EQ(*rows[0].Get<std::optional<std::vector<absl::Time>>>(4), std::nullopt);
  EXPECT_THAT(rows[0].Get<std::vector<std::string>>(0), StatusIs(absl::StatusCode::kInternal));
}

TEST_F(RowsTest, TheServerReadsTheSameValuesAsWeDo) {
  ASSERT_OK_AND_ASSIGN(const Rows rows,
                       Query("agree",
                             "SELECT $1 = '2025-06-20 10:00:00.000001+02'::timestamptz, $2 = '0005-02-28 BC'::date, "
                             "$3 = 'infinity'::timestamptz, $4::text, $5 = ARRAY[1, NULL, 3]::bigint[]",
                             Params(absl::FromUnixMicros(1'750'406'400'000'001), absl::CivilDay(-4, 2, 28),
                                    absl::InfiniteFuture(), *Uuid::Parse("0190163d-8694-739b-aea5-966c26f8ad90"),
                                    std::vector<std::optional<int64_t>>{1, std::nullopt, 3})));
  EXPECT_EQ(*rows[0].Get<bool>(0), true);
  EXPECT_EQ(*rows[0].Get<bool>(1), true);
  EXPECT_EQ(*rows[0].Get<bool>(2), true);
  EXPECT_EQ(*rows[0].Get<std::string>(3), "0190163d-8694-739b-aea5-966c26f8ad90");
  EXPECT_EQ(*rows[0].Get<bool>(4), true);
}

TEST_F(RowsTest, NarrowerTypesAreReadWhereNothingIsLost) {
  ASSERT_OK_AND_ASSIGN(const Rows rows, Query("narrow",
                                              "SELECT 7::smallint, -8::integer, 'x'::varchar(9), 'n'::name, "
                                              "ARRAY[1, 2]::integer[]"));
  EXPECT_EQ(*rows[0].Get<int64_t>(0), 7);
  EXPECT_EQ(*rows[0].Get<int64_t>(1), -8);
  EXPECT_EQ(*rows[0].Get<std::string>(2), "x");
  EXPECT_EQ(*rows[0].Get<std::string>(3), "n");
  EXPECT_EQ(*rows[0].Get<std::vector<int64_t>>(4), (std::vector<int64_t>{1, 2}));
}

TEST_F(RowsTest, AWrongTypeANullAndAMissingColumnAreErrorsOfOurs) {
  ASSERT_OK_AND_ASSIGN(const Rows rows, Query("wrong", "SELECT 1.5::numeric, NULL::text, 'infinity'::date"));
  EXPECT_THAT(rows[0].Get<int64_t>(0), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(rows[0].Get<std::string>(1), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(rows[0].Get<absl::CivilDay>(2), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(rows[0].Get<bool>(3), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(rows[1].Get<std::string>(1), StatusIs(absl::StatusCode::kInternal));
  std::string text;
  EXPECT_THAT(rows[0].Into(text), StatusIs(absl::StatusCode::kInternal));
}

TEST_F(RowsTest, NulInTextIsRefusedAndHarmsNothing) {
  EXPECT_THAT(Query("nul", "SELECT $1", Params(std::string("a\0b", 3))),
              StatusIs(absl::StatusCode::kInvalidArgument, "TEXT_HOLDS_NUL"));
  EXPECT_THAT(Query("utf8", "SELECT $1", Params("\xc3\x28")),
              StatusIs(absl::StatusCode::kInvalidArgument, "TEXT_NOT_UTF8"));
  EXPECT_OK(Query("nul", "SELECT $1", Params("ab")));
}

TEST_F(RowsTest, AStatementNameKeepsItsTextAndTypes) {
  ASSERT_OK(Query("one_name", "SELECT $1", Params("a")));
  EXPECT_THAT(Query("one_name", "SELECT $1", Params(1)), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Query("one_name", "SELECT 2, $1", Params("a")), StatusIs(absl::StatusCode::kInternal));
  EXPECT_OK(Query("one_name", "SELECT $1", Params("b")));
}

TEST_F(RowsTest, AffectedCountsRows) {
  ASSERT_OK(database_.Execute("CREATE TABLE numbers (a bigint)"));
  ASSERT_OK_AND_ASSIGN(const Rows inserted,
                       Query("insert", "INSERT INTO numbers SELECT generate_series(1, $1)", Params(5)));
  EXPECT_EQ(inserted.affected(), 5);
  ASSERT_OK_AND_ASSIGN(const Rows selected, Query("select", "SELECT a FROM numbers ORDER BY a"));
  int64_t sum = 0;
  for (const Row row : selected) sum += *row.Get<int64_t>(0);
  EXPECT_EQ(sum, 15);
  ASSERT_OK_AND_ASSIGN(const Rows deleted, Query("delete", "DELETE FROM numbers WHERE a > 3"));
  EXPECT_EQ(deleted.affected(), 2);
}

}  // namespace
}  // namespace samverkan::pg
