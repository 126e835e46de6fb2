#include "services/audit/review_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/calendar/calendar.h"
#include "libs/clock/clock.h"
#include "libs/rpc/testing/test_server.h"
#include "libs/sealing/testing/test_key_ring.h"
#include "libs/status/grpc.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"
#include "samverkan/audit/v1/review.grpc.pb.h"
#include "services/audit/entry_fixture.h"
#include "services/audit/entry_service.h"

namespace samverkan::audit {
namespace {

using ::samverkan::rpc::testing::TestServer;
using ::samverkan::testing::StatusIs;
using ::samverkan::testing::TestDatabase;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

rules::RuleSet LoadRules() {
  absl::StatusOr<rules::RuleSet> rules = rules::RuleSet::Load("deploy/rules");
  if (!rules.ok()) std::abort();
  return *std::move(rules);
}

auth::Caller Auditor(const std::string& subject = "olle", const std::string& authority = "socialnamnden") {
  auth::Caller caller = rpc::testing::CallerWithRole(access::v1::AUDITOR, subject);
  caller.system = "loggkoll";
  caller.municipality = "0180";
  caller.authority = authority;
  return caller;
}

// The whole service over the wire, on a real database.
class ReviewServiceTest : public ::testing::Test {
 protected:
  ReviewServiceTest() {
    store_ = EntryStore::Open(database_.ConninfoFor("audit"), 4, keys_.ring()).value();
    own_entries_ = std::make_unique<OwnEntries>(*store_, TestTags());
    erasures_ = ErasureStore::Open(database_.ConninfoFor("audit"), 1, keys_.ring(), TestTags()).value();
    reviews_ = ReviewStore::Open(database_.ConninfoFor("audit"), 4, keys_.ring(), *own_entries_).value();
    const paging::PageTokens tokens(std::string(32, 'p'));
    entry_service_ = std::make_unique<EntryService>(*store_, *erasures_, *own_entries_, tokens);
    service_ = std::make_unique<ReviewService>(*reviews_, *own_entries_, LoadRules(),
                                               idempotency::RequestKeys(std::string(32, 'r')), tokens,
                                               [] { return std::string(32, 's'); });
    rpc::ServerOptions options;
    options.adapter.record_refusal = [this](const auto& call, const auto* request, const auto& refusal) {
      return entry_service_->RecordRefusal(call, request, refusal);
    };
    server_ = std::make_unique<TestServer>(options, &clock_);
    server_->Start(service_->Serve(server_->adapter()));
    stub_ = v1::ReviewService::NewStub(server_->channel());
  }

  // Calls a method as `caller`.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::ReviewService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                                Response*),
                                const Request& request, const auth::Caller& caller = Auditor()) {
    grpc::ClientContext context;
    server_->Authorize(context, caller);
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return status::FromGrpc(status);
    return response;
  }

  // A request id that was not used before.
  std::string FreshId() { return absl::StrCat("00000000-0000-4000-8000-", 100'000'000'000 + ++requests_); }

  v1::DrawReviewSampleRequest DrawOf(int32_t random_size, int32_t risk_size) {
    v1::DrawReviewSampleRequest request;
    request.set_request_id(FreshId());
    request.set_first_day("2026-03-02");
    request.set_last_day("2026-03-02");
    request.set_random_size(random_size);
    request.set_risk_size(risk_size);
    return request;
  }
  absl::StatusOr<v1::ReviewSample> Draw(const v1::DrawReviewSampleRequest& request,
                                        const auth::Caller& caller = Auditor()) {
    return Call(&v1::ReviewService::Stub::DrawReviewSample, request, caller);
  }
  absl::StatusOr<v1::GetReviewSampleResponse> Get(const std::string& name, const auth::Caller& caller = Auditor()) {
    v1::GetReviewSampleRequest request;
    request.set_name(name);
    return Call(&v1::ReviewService::Stub::GetReviewSample, request, caller);
  }
  v1::RecordReviewOutcomeRequest OutcomeOf(const v1::ReviewItem& item, v1::ReviewOutcome::Verdict verdict) {
    v1::RecordReviewOutcomeRequest request;
    request.set_name(item.name());
    request.set_request_id(FreshId());
    request.set_etag(item.etag());
    request.set_verdict(verdict);
    request.set_note("Pratat med enhetschefen.");
    return request;
  }
  absl::StatusOr<v1::ReviewItem> Record(const v1::RecordReviewOutcomeRequest& request,
                                        const auth::Caller& caller = Auditor()) {
    return Call(&v1::ReviewService::Stub::RecordReviewOutcome, request, caller);
  }
  absl::StatusOr<v1::ReviewStatistics> Statistics(const std::string& unit = "",
                                                  const auth::Caller& caller = Auditor()) {
    v1::GetReviewStatisticsRequest request;
    request.set_first_day("2026-03-01");
    request.set_last_day("2026-03-31");
    request.set_unit(unit);
    return Call(&v1::ReviewService::Stub::GetReviewStatistics, request, caller);
  }
  absl::StatusOr<v1::ListTouchedChildrenResponse> Touched(const v1::ListTouchedChildrenRequest& request,
                                                          const auth::Caller& caller = Auditor()) {
    return Call(&v1::ReviewService::Stub::ListTouchedChildren, request, caller);
  }

  // Appends entries as their producers would.
  void Append(const std::vector<v1::Entry>& entries) {
    EXPECT_OK(store_->Append(Prepared(entries), TestNow(), clock::SystemClock().Now() + absl::Seconds(10)));
  }
  void AppendReads(uint64_t count) {
    std::vector<v1::Entry> entries;
    for (uint64_t i = 0; i < count; ++i) entries.push_back(TestEntry(i));
    Append(entries);
  }

  int64_t LogSize() { return std::stoll(*database_.Value("SELECT size FROM audit.log_state")); }
  v1::Entry LastEntry() {
    const Scope scope = {.municipality = "0180", .authority = "socialnamnden"};
    const auto found = store_->Get(scope, LogSize() - 1, clock::SystemClock().Now() + absl::Seconds(10));
    if (!found.ok() || !found->entry.has_value()) return {};
    return ToLoggedEntry(*found->entry).value().entry();
  }

  TestDatabase database_{"services/audit/schema"};
  sealing::testing::TestKeyRing keys_{"audit"};
  // Monday 2 March 2026, 11:00 in Stockholm.
  clock::FakeClock clock_{TestNow()};
  int requests_ = 0;
  std::unique_ptr<EntryStore> store_;
  std::unique_ptr<OwnEntries> own_entries_;
  std::unique_ptr<ReviewStore> reviews_;
  std::unique_ptr<ErasureStore> erasures_;
  std::unique_ptr<EntryService> entry_service_;
  std::unique_ptr<ReviewService> service_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::ReviewService::Stub> stub_;
};

// An entry with a risk sign that its producer told.
v1::Entry EntryWith(uint64_t number, v1::RiskSign sign) {
  v1::Entry entry = TestEntry(number);
  entry.mutable_private_part()->add_risk_signs(sign);
  return entry;
}

// ---- drawing ----

TEST_F(ReviewServiceTest, KeepsASampleWithAllThatItWasDrawnBy) {
  AppendReads(10);
  Append({EntryWith(10, v1::SAME_NAME)});
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(3, 2)));
  EXPECT_TRUE(ParseSampleName(sample.name()).has_value());
  EXPECT_EQ(sample.authority(), "municipalities/0180/authorities/socialnamnden");
  EXPECT_EQ(sample.first_day(), "2026-03-02");
  EXPECT_EQ(sample.random_size(), 3);
  EXPECT_EQ(sample.risk_size(), 2);
  EXPECT_EQ(sample.drawable_count(), 11);
  EXPECT_EQ(sample.risky_count(), 1);
  EXPECT_EQ(sample.reviewed_count(), 0);
  EXPECT_EQ(sample.thresholds().work_start_hour(), 6);
  EXPECT_EQ(sample.thresholds().work_end_hour(), 19);
  EXPECT_EQ(sample.thresholds().many_files(), 30);
  EXPECT_EQ(sample.seed(), std::string(32, 's'));
  EXPECT_TRUE(absl::StrContains(sample.legal_basis(), "P-087, SoLPuL 2001:454 10 §")) << sample.legal_basis();
  EXPECT_TRUE(absl::StrContains(sample.legal_basis(), "S-004")) << sample.legal_basis();
  EXPECT_FALSE(sample.rule_set_version().empty());
  EXPECT_EQ(sample.drawer(), "olle");
  EXPECT_EQ(sample.draw_time().seconds(), absl::ToUnixSeconds(TestNow()));

  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse shown, Get(sample.name()));
  EXPECT_EQ(shown.sample().SerializeAsString(), sample.SerializeAsString());
  EXPECT_EQ(shown.items_size(), sample.item_count());
}

TEST_F(ReviewServiceTest, DrawsTheSameFromTheSameSeedAndEntries) {
  AppendReads(40);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample first, Draw(DrawOf(5, 0)));
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample second, Draw(DrawOf(5, 0)));
  EXPECT_NE(first.name(), second.name());
  const auto entries_of = [&](const v1::ReviewSample& sample) {
    const v1::GetReviewSampleResponse shown = Get(sample.name()).value();
    std::vector<std::string> names;
    for (const v1::ReviewItem& item : shown.items()) names.push_back(item.entry().name());
    return names;
  };
  EXPECT_EQ(entries_of(first), entries_of(second));
  EXPECT_EQ(entries_of(first).size(), 5u);
}

TEST_F(ReviewServiceTest, SaysWhyEachActIsInTheSample) {
  AppendReads(3);
  Append({EntryWith(3, v1::NO_ASSIGNMENT)});
  v1::Entry evening = EntryWith(4, v1::COLLEAGUE);
  evening.mutable_private_part()->mutable_time()->set_seconds(absl::ToUnixSeconds(TestNow() + absl::Hours(10)));
  Append({evening});
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(0, 5)));
  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse shown, Get(sample.name()));
  ASSERT_EQ(shown.items_size(), 2);
  EXPECT_EQ(shown.items(0).entry().name(), "entries/3");
  EXPECT_EQ(shown.items(0).drawing(), v1::ReviewItem::RISK);
  EXPECT_THAT(shown.items(0).risk_signs(), ElementsAre(v1::NO_ASSIGNMENT));
  EXPECT_THAT(shown.items(1).risk_signs(), ElementsAre(v1::COLLEAGUE, v1::OUT_OF_HOURS));
  EXPECT_EQ(shown.items(1).entry().entry().private_part().actor().subject(), "anna");
  EXPECT_FALSE(shown.items(1).entry().entry().has_salts());
  EXPECT_EQ(shown.items(1).name(), sample.name() + "/items/2");
}

TEST_F(ReviewServiceTest, FlagsWhoTouchedManyChildrenOnADay) {
  std::vector<v1::Entry> entries;
  for (uint64_t i = 0; i < 30; ++i) {
    entries.push_back(TestEntry(i));
    entries.back().mutable_private_part()->set_children(0, absl::StrCat("child-", i));
  }
  entries.push_back(TestEntry(30));
  entries.back().mutable_private_part()->mutable_actor()->set_subject("bo");
  Append(entries);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(500, 0)));
  EXPECT_EQ(sample.drawable_count(), 31);
  EXPECT_EQ(sample.risky_count(), 30);
  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse shown, Get(sample.name()));
  EXPECT_THAT(shown.items(0).risk_signs(), ElementsAre(v1::MANY_FILES));
  EXPECT_THAT(shown.items(30).risk_signs(), IsEmpty());
}

TEST_F(ReviewServiceTest, DrawsOnlyFromThePeriodAndItsOwnAuthority) {
  v1::Entry before = TestEntry(1), after = TestEntry(2), elsewhere = TestEntry(3);
  // The legal day begins and ends an hour before UTC's.
  before.mutable_private_part()->mutable_time()->set_seconds(
      absl::ToUnixSeconds(calendar::StartOf(absl::CivilDay(2026, 3, 2))) - 1);
  after.mutable_private_part()->mutable_time()->set_seconds(
      absl::ToUnixSeconds(calendar::StartOf(absl::CivilDay(2026, 3, 3))));
  elsewhere.set_authority("utbildningsnamnden");
  Append({before, TestEntry(0), after, elsewhere});
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(10, 10)));
  EXPECT_EQ(sample.drawable_count(), 1);
  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse shown, Get(sample.name()));
  EXPECT_EQ(shown.items(0).entry().name(), "entries/1");
}

TEST_F(ReviewServiceTest, DrawsOnceForARepeatedRequest) {
  AppendReads(5);
  const v1::DrawReviewSampleRequest request = DrawOf(2, 0);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample first, Draw(request));
  AppendReads(10);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample again, Draw(request));
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM audit.review_sample"), "1");
  v1::DrawReviewSampleRequest other = request;
  other.set_random_size(3);
  EXPECT_THAT(Draw(other), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
  // Another authority's auditor has ids of its own.
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample theirs, Draw(request, Auditor("olle", "utbildningsnamnden")));
  EXPECT_NE(theirs.name(), first.name());
}

TEST_F(ReviewServiceTest, NamesEveryBadFieldOfADraw) {
  const auto fields = [&](const v1::DrawReviewSampleRequest& request) {
    return status::InvalidFields(Draw(request).status());
  };
  EXPECT_THAT(fields({}), ElementsAre("request_id", "first_day", "last_day", "random_size"));
  v1::DrawReviewSampleRequest request = DrawOf(501, -1);
  EXPECT_THAT(fields(request), ElementsAre("random_size", "risk_size"));
  request = DrawOf(1, 0);
  request.set_last_day("2026-03-03");
  EXPECT_THAT(fields(request), ElementsAre("last_day")) << "it has not come yet";
  request.set_last_day("2026-03-01");
  EXPECT_THAT(fields(request), ElementsAre("last_day"));
  request.set_last_day("2026-3-2");
  EXPECT_THAT(fields(request), ElementsAre("last_day"));
  request.set_first_day("2025-01-26");
  request.set_last_day("2026-03-02");
  EXPECT_THAT(fields(request), ElementsAre("last_day")) << "401 days";
  request.set_first_day("2025-01-27");
  EXPECT_OK(Draw(request));
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM audit.review_sample"), "1");
}

// ---- reading ----

TEST_F(ReviewServiceTest, IsForAuditorsOnly) {
  auth::Caller caller = Auditor("anna");
  for (const access::v1::Role role : {access::v1::OPERATOR, access::v1::UNIT_MANAGER, access::v1::SYSTEM}) {
    caller.roles = {role};
    EXPECT_THAT(Draw(DrawOf(1, 0), caller), StatusIs(absl::StatusCode::kPermissionDenied, "ROLE_MISSING")) << role;
    EXPECT_THAT(Touched({}, caller), StatusIs(absl::StatusCode::kPermissionDenied, "ROLE_MISSING")) << role;
  }
  EXPECT_EQ(LogSize(), 6);
  EXPECT_EQ(LastEntry().outcome(), v1::DENIED);
}

TEST_F(ReviewServiceTest, HidesAnotherAuthoritysSampleAndRecordsTheAttempt) {
  AppendReads(1);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(1, 0)));
  const auth::Caller foreign = Auditor("eva", "utbildningsnamnden");
  const int64_t before = LogSize();
  EXPECT_THAT(Get(sample.name(), foreign), StatusIs(absl::StatusCode::kNotFound, "REVIEW_SAMPLE_NOT_FOUND"));
  EXPECT_EQ(LogSize(), before + 1);
  EXPECT_EQ(*database_.Value(absl::StrCat("SELECT authority FROM audit.entry WHERE index = ", before)),
            "utbildningsnamnden");
  v1::ReviewItem item;
  item.set_name(sample.name() + "/items/1");
  item.set_etag("0");
  EXPECT_THAT(Record(OutcomeOf(item, v1::ReviewOutcome::LEGITIMATE), foreign),
              StatusIs(absl::StatusCode::kNotFound, "REVIEW_ITEM_NOT_FOUND"));
  auth::Caller elsewhere = Auditor();
  elsewhere.municipality = "0127";
  EXPECT_THAT(Get(sample.name(), elsewhere), StatusIs(absl::StatusCode::kNotFound, "REVIEW_SAMPLE_NOT_FOUND"));
  EXPECT_OK(Call(&v1::ReviewService::Stub::ListReviewSamples, v1::ListReviewSamplesRequest(), foreign));
  EXPECT_EQ(
      Call(&v1::ReviewService::Stub::ListReviewSamples, v1::ListReviewSamplesRequest(), foreign).value().samples_size(),
      0);
  // Where there is none, there is nothing to record.
  const int64_t now = LogSize();
  EXPECT_THAT(Get("municipalities/0180/reviewSamples/019eb058-74ce-74a6-8d3a-7160edd74b1a"),
              StatusIs(absl::StatusCode::kNotFound, "REVIEW_SAMPLE_NOT_FOUND"));
  EXPECT_EQ(LogSize(), now);
  EXPECT_THAT(status::InvalidFields(Get("reviewSamples/1").status()), ElementsAre("name"));
}

TEST_F(ReviewServiceTest, LeavesAnEntryForWhatItShows) {
  Append({EntryWith(1, v1::SAME_NAME)});
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(1, 0)));
  EXPECT_EQ(LogSize(), 2);
  EXPECT_EQ(LastEntry().action(), access::v1::CREATE);
  EXPECT_EQ(LastEntry().private_part().resources(0), sample.name());
  EXPECT_TRUE(absl::StrContains(LastEntry().private_part().legal_basis(), "P-087"));

  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse shown, Get(sample.name()));
  EXPECT_EQ(LogSize(), 3);
  EXPECT_EQ(LastEntry().producer(), "audit");
  EXPECT_EQ(LastEntry().purpose(), "log_review");
  EXPECT_EQ(LastEntry().retention(), v1::CHILD_FILE);
  EXPECT_THAT(LastEntry().private_part().children(), ElementsAre("child-1"));
  EXPECT_THAT(LastEntry().private_part().resources(), ElementsAre(sample.name(), "entries/0"));

  ASSERT_OK(Record(OutcomeOf(shown.items(0), v1::ReviewOutcome::UNCLEAR)));
  EXPECT_EQ(LogSize(), 4);
  EXPECT_EQ(LastEntry().action(), access::v1::UPDATE);
  EXPECT_THAT(LastEntry().private_part().children(), ElementsAre("child-1"));
  EXPECT_EQ(LastEntry().private_part().detail(), "UNCLEAR");
  EXPECT_FALSE(LastEntry().private_part().request_id().empty());

  ASSERT_OK(Statistics());
  EXPECT_EQ(LogSize(), 5);
  EXPECT_THAT(LastEntry().private_part().children(), IsEmpty());
  ASSERT_OK(Call(&v1::ReviewService::Stub::ListReviewSamples, v1::ListReviewSamplesRequest()));
  EXPECT_EQ(LogSize(), 6);
  EXPECT_THAT(LastEntry().private_part().resources(), ElementsAre(sample.name()));
}

TEST_F(ReviewServiceTest, ShowsAndStoresNothingThatItCannotRecord) {
  AppendReads(1);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(1, 0)));
  const v1::ReviewItem item = Get(sample.name()).value().items(0);
  ASSERT_OK(database_.Execute("REVOKE EXECUTE ON FUNCTION audit.append_entries FROM samverkan_audit"));
  v1::ListTouchedChildrenRequest touched;
  touched.set_actor("anna");
  touched.mutable_start_time()->set_seconds(absl::ToUnixSeconds(TestNow()) - 60);
  EXPECT_FALSE(Draw(DrawOf(1, 0)).ok());
  EXPECT_FALSE(Get(sample.name()).ok());
  EXPECT_FALSE(Record(OutcomeOf(item, v1::ReviewOutcome::UNCLEAR)).ok());
  EXPECT_FALSE(Statistics().ok());
  EXPECT_FALSE(Touched(touched).ok());
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM audit.review_sample"), "1");
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM audit.review_outcome"), "0");
}

TEST_F(ReviewServiceTest, PagesItemsAndSamples) {
  AppendReads(5);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample first, Draw(DrawOf(5, 0)));
  clock_.Advance(absl::Minutes(1));
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample second, Draw(DrawOf(1, 0)));

  v1::GetReviewSampleRequest get;
  get.set_name(first.name());
  get.set_page_size(2);
  std::vector<std::string> names;
  for (int page = 0; page < 3; ++page) {
    ASSERT_OK_AND_ASSIGN(const auto shown, Call(&v1::ReviewService::Stub::GetReviewSample, get));
    for (const v1::ReviewItem& item : shown.items()) names.push_back(item.entry().name());
    get.set_page_token(shown.next_page_token());
  }
  EXPECT_TRUE(get.page_token().empty());
  EXPECT_THAT(names, ElementsAre("entries/0", "entries/1", "entries/2", "entries/3", "entries/4"));

  v1::ListReviewSamplesRequest list;
  list.set_page_size(1);
  ASSERT_OK_AND_ASSIGN(const auto newest, Call(&v1::ReviewService::Stub::ListReviewSamples, list));
  ASSERT_EQ(newest.samples_size(), 1);
  EXPECT_EQ(newest.samples(0).name(), second.name());
  list.set_page_token(newest.next_page_token());
  EXPECT_THAT(Call(&v1::ReviewService::Stub::ListReviewSamples, list, Auditor("eva")),
              StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
  ASSERT_OK_AND_ASSIGN(const auto oldest, Call(&v1::ReviewService::Stub::ListReviewSamples, list));
  ASSERT_EQ(oldest.samples_size(), 1);
  EXPECT_EQ(oldest.samples(0).name(), first.name());
  EXPECT_TRUE(oldest.next_page_token().empty());
}

// One entry of the log names at most 2000 children.
TEST_F(ReviewServiceTest, EndsAPageWhereItsOwnEntryIsFull) {
  for (uint64_t i = 0; i < 3; ++i) {
    v1::Entry entry = TestEntry(i);
    entry.mutable_private_part()->clear_children();
    for (int child = 0; child < 900; ++child) {
      entry.mutable_private_part()->add_children(absl::StrCat("child-", i, "-", child));
    }
    Append({entry});
  }
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(3, 0)));
  v1::GetReviewSampleRequest get;
  get.set_name(sample.name());
  ASSERT_OK_AND_ASSIGN(const auto first, Call(&v1::ReviewService::Stub::GetReviewSample, get));
  EXPECT_EQ(first.items_size(), 2);
  EXPECT_EQ(LastEntry().private_part().children_size(), 1800);
  get.set_page_token(first.next_page_token());
  ASSERT_OK_AND_ASSIGN(const auto second, Call(&v1::ReviewService::Stub::GetReviewSample, get));
  EXPECT_EQ(second.items_size(), 1);
  EXPECT_TRUE(second.next_page_token().empty());
}

TEST_F(ReviewServiceTest, ShowsTheLeafOfAnEntryThatWasErasedAfterTheDraw) {
  AppendReads(1);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(1, 0)));
  ASSERT_OK(database_.Execute("DELETE FROM audit.private_part WHERE index = 0"));
  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse shown, Get(sample.name()));
  ASSERT_EQ(shown.items_size(), 1);
  EXPECT_FALSE(shown.items(0).entry().entry().has_private_part());
  EXPECT_EQ(shown.items(0).entry().entry().method(), "samverkan.intake.v1.ReportService/GetReport");
}

// ---- outcomes ----

TEST_F(ReviewServiceTest, KeepsEveryOutcomeAndCountsTheLast) {
  AppendReads(1);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(1, 0)));
  const v1::ReviewItem item = Get(sample.name()).value().items(0);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewItem first, Record(OutcomeOf(item, v1::ReviewOutcome::UNCLEAR)));
  EXPECT_EQ(first.outcomes_size(), 1);
  EXPECT_NE(first.etag(), item.etag());
  clock_.Advance(absl::Hours(24));
  v1::RecordReviewOutcomeRequest change = OutcomeOf(first, v1::ReviewOutcome::UNAUTHORISED);
  change.set_note("Enhetschefen kände inte till ärendet.");
  ASSERT_OK(Record(change, Auditor("eva")));

  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse shown, Get(sample.name()));
  EXPECT_EQ(shown.sample().reviewed_count(), 1);
  ASSERT_EQ(shown.items(0).outcomes_size(), 2);
  EXPECT_EQ(shown.items(0).outcomes(0).verdict(), v1::ReviewOutcome::UNCLEAR);
  EXPECT_EQ(shown.items(0).outcomes(0).reviewer(), "olle");
  EXPECT_EQ(shown.items(0).outcomes(0).note(), "Pratat med enhetschefen.");
  EXPECT_EQ(shown.items(0).outcomes(1).verdict(), v1::ReviewOutcome::UNAUTHORISED);
  EXPECT_EQ(shown.items(0).outcomes(1).reviewer(), "eva");
  EXPECT_EQ(shown.items(0).outcomes(1).review_time().seconds(), absl::ToUnixSeconds(TestNow() + absl::Hours(24)));
  EXPECT_EQ(Statistics().value().total().unauthorised(), 1);
  EXPECT_EQ(Statistics().value().total().unclear(), 0);
}

TEST_F(ReviewServiceTest, SealsWhatReviewsSayOfPeople) {
  AppendReads(1);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(1, 0)));
  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse drawn, Get(sample.name()));
  ASSERT_OK(Record(OutcomeOf(drawn.items(0), v1::ReviewOutcome::LEGITIMATE)));
  for (const char* const table : {"review_sample", "review_item", "review_outcome", "request"}) {
    ASSERT_NE(*database_.Value(absl::StrCat("SELECT count(*) FROM audit.", table)), "0");
    for (const char* const text : {"Pratat", "olle", "anna", "child-1"}) {
      EXPECT_EQ(*database_.Value(absl::StrCat("SELECT count(*) FROM audit.", table,
                                              " AS t WHERE t::text LIKE '%' || encode('", text,
                                              "', 'hex') || '%' OR t::text LIKE '%", text, "%'")),
                "0")
          << text << " in " << table;
    }
  }
}

TEST_F(ReviewServiceTest, RecordsOnceForARepeatedRequest) {
  AppendReads(1);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(1, 0)));
  v1::RecordReviewOutcomeRequest request =
      OutcomeOf(Get(sample.name()).value().items(0), v1::ReviewOutcome::LEGITIMATE);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewItem first, Record(request));
  ASSERT_OK_AND_ASSIGN(const v1::ReviewItem again, Record(request));
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  request.set_note("other");
  EXPECT_THAT(Record(request), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));
  request.set_request_id(FreshId());
  EXPECT_THAT(Record(request), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
}

// What was judged is still counted; of whom it was about, nothing is left.
TEST_F(ReviewServiceTest, KeepsTheVerdictOfAnActThatIsErased) {
  AppendReads(1);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(1, 0)));
  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse before, Get(sample.name()));
  ASSERT_EQ(before.items_size(), 1);
  ASSERT_OK(Record(OutcomeOf(before.items(0), v1::ReviewOutcome::UNAUTHORISED)));
  const Erasure erasure = {
      .scope = {"0180", "socialnamnden"}, .id = {}, .producer = "intake", .children = {"child-1"}, .resources = {}};
  v1::Entry telling = TestEntry(99);
  telling.mutable_private_part()->clear_children();
  ASSERT_OK(
      erasures_->Erase(erasure, Prepared({telling})[0], TestNow(), clock::SystemClock().Now() + absl::Seconds(10)));
  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse after, Get(sample.name()));
  ASSERT_EQ(after.items_size(), 1);
  EXPECT_EQ(after.items(0).entry().state(), v1::LoggedEntry::ERASED);
  ASSERT_EQ(after.items(0).outcomes_size(), 1);
  EXPECT_EQ(after.items(0).outcomes(0).verdict(), v1::ReviewOutcome::UNAUTHORISED);
  EXPECT_EQ(after.items(0).outcomes(0).note(), "");
  ASSERT_OK_AND_ASSIGN(const v1::ReviewStatistics statistics, Statistics());
  EXPECT_EQ(statistics.total().unauthorised(), 1);
}

// As after an older backup of the log, whose keys were destroyed since.
TEST_F(ReviewServiceTest, ShowsAndErasesAnActWhoseOutcomeNobodyCanOpen) {
  AppendReads(1);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(1, 0)));
  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse drawn, Get(sample.name()));
  ASSERT_OK(Record(OutcomeOf(drawn.items(0), v1::ReviewOutcome::LEGITIMATE)));
  ASSERT_OK_AND_ASSIGN(const pg::Uuid key,
                       pg::Uuid::Parse(*database_.Value("SELECT data_key FROM audit.review_outcome")));
  const absl::Time deadline = clock::SystemClock().Now() + absl::Seconds(10);
  ASSERT_OK(keys_.ring().Destroy(pg::Uuid::Random(), "", {key}, deadline));

  ASSERT_OK_AND_ASSIGN(const v1::GetReviewSampleResponse shown, Get(sample.name()));
  ASSERT_EQ(shown.items(0).outcomes_size(), 1);
  EXPECT_EQ(shown.items(0).outcomes(0).note(), "");
  const Erasure erasure = {.scope = {.municipality = "0180", .authority = "socialnamnden"},
                           .id = pg::Uuid::Random(),
                           .producer = "intake",
                           .children = {"child-1"},
                           .resources = {}};
  v1::Entry entry = TestEntry(100);
  entry.mutable_private_part()->clear_children();
  EXPECT_OK(erasures_->Erase(erasure, Prepared({entry})[0], TestNow(), deadline));
}

TEST_F(ReviewServiceTest, LetsNobodyReviewTheirOwnActs) {
  v1::Entry own = TestEntry(1);
  own.mutable_private_part()->mutable_actor()->set_subject("olle");
  Append({own});
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(1, 0)));
  const v1::ReviewItem item = Get(sample.name()).value().items(0);
  const int64_t before = LogSize();
  EXPECT_THAT(Record(OutcomeOf(item, v1::ReviewOutcome::LEGITIMATE)),
              StatusIs(absl::StatusCode::kPermissionDenied, "OWN_ACTION"));
  EXPECT_EQ(LogSize(), before + 1);
  EXPECT_EQ(LastEntry().outcome(), v1::DENIED);
  EXPECT_THAT(LastEntry().private_part().resources(), ElementsAre(item.name()));
  // Through another system it is still the same person.
  auth::Caller elsewhere = Auditor();
  elsewhere.system = "another";
  EXPECT_THAT(Record(OutcomeOf(item, v1::ReviewOutcome::LEGITIMATE), elsewhere),
              StatusIs(absl::StatusCode::kPermissionDenied, "OWN_ACTION"));
  EXPECT_OK(Record(OutcomeOf(item, v1::ReviewOutcome::LEGITIMATE), Auditor("eva")));
}

TEST_F(ReviewServiceTest, NamesEveryBadFieldOfAnOutcome) {
  AppendReads(1);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(1, 0)));
  EXPECT_THAT(status::InvalidFields(Record({}).status()), ElementsAre("name", "request_id", "etag", "verdict", "note"));
  v1::RecordReviewOutcomeRequest request =
      OutcomeOf(Get(sample.name()).value().items(0), v1::ReviewOutcome::LEGITIMATE);
  std::string longest;
  for (int i = 0; i < 2000; ++i) longest += "å";
  request.set_note(longest + "å");
  EXPECT_THAT(status::InvalidFields(Record(request).status()), ElementsAre("note"));
  request.set_note(" \n");
  EXPECT_THAT(status::InvalidFields(Record(request).status()), ElementsAre("note"));
  request.set_note(longest);
  EXPECT_OK(Record(request));
  request.set_name(sample.name() + "/items/2");
  request.set_request_id(FreshId());
  EXPECT_THAT(Record(request), StatusIs(absl::StatusCode::kNotFound, "REVIEW_ITEM_NOT_FOUND"));
}

// ---- statistics ----

TEST_F(ReviewServiceTest, CountsByPeriodUnitAndSign) {
  v1::Entry other_unit = EntryWith(1, v1::SAME_NAME);
  other_unit.mutable_private_part()->mutable_actor()->set_units(0, "rinkeby");
  Append({TestEntry(0), other_unit});
  ASSERT_OK_AND_ASSIGN(const v1::ReviewSample sample, Draw(DrawOf(2, 0)));
  const v1::GetReviewSampleResponse shown = Get(sample.name()).value();
  ASSERT_OK(Record(OutcomeOf(shown.items(1), v1::ReviewOutcome::UNAUTHORISED)));

  ASSERT_OK_AND_ASSIGN(const v1::ReviewStatistics all, Statistics());
  EXPECT_EQ(all.sample_count(), 1);
  EXPECT_EQ(all.total().drawn(), 2);
  EXPECT_EQ(all.total().reviewed(), 1);
  EXPECT_EQ(all.signs(0).counts().unauthorised(), 1);
  ASSERT_OK_AND_ASSIGN(const v1::ReviewStatistics unit, Statistics("skarholmen"));
  EXPECT_EQ(unit.total().drawn(), 1);
  EXPECT_EQ(unit.total().reviewed(), 0);
  EXPECT_EQ(Statistics("rinkeby").value().total().unauthorised(), 1);
  EXPECT_EQ(Statistics("nowhere").value().total().drawn(), 0);
  EXPECT_EQ(Statistics("", Auditor("eva", "utbildningsnamnden")).value().total().drawn(), 0);

  v1::GetReviewStatisticsRequest later;
  later.set_first_day("2026-03-03");
  later.set_last_day("2026-03-31");
  ASSERT_OK_AND_ASSIGN(const auto none, Call(&v1::ReviewService::Stub::GetReviewStatistics, later));
  EXPECT_EQ(none.sample_count(), 0);
  EXPECT_EQ(none.total().drawn(), 0);
  EXPECT_THAT(status::InvalidFields(
                  Call(&v1::ReviewService::Stub::GetReviewStatistics, v1::GetReviewStatisticsRequest()).status()),
              ElementsAre("first_day", "last_day"));
}

// ---- a breach ----

class BreachTest : public ReviewServiceTest {
 protected:
  // An act at a number of minutes after TestNow().
  v1::Entry ActOf(const std::string& subject, const std::string& system, std::vector<std::string> children,
                  int minutes = 0) {
    v1::Entry entry = TestEntry(++number_);
    v1::PrivatePart& part = *entry.mutable_private_part();
    part.mutable_actor()->set_subject(subject);
    part.mutable_actor()->set_system(system);
    part.mutable_children()->Assign(children.begin(), children.end());
    part.mutable_time()->set_seconds(absl::ToUnixSeconds(TestNow() + absl::Minutes(minutes)));
    return entry;
  }

  v1::ListTouchedChildrenRequest Question(const std::string& actor, const std::string& system) {
    v1::ListTouchedChildrenRequest request;
    request.set_actor(actor);
    request.set_system(system);
    request.mutable_start_time()->set_seconds(absl::ToUnixSeconds(TestNow()) - 60);
    request.mutable_end_time()->set_seconds(absl::ToUnixSeconds(TestNow()) + 3600);
    return request;
  }

  std::vector<std::string> ChildrenOf(const v1::ListTouchedChildrenRequest& request) {
    const absl::StatusOr<v1::ListTouchedChildrenResponse> response = Touched(request);
    EXPECT_OK(response);
    std::vector<std::string> children;
    if (!response.ok()) return children;
    for (const v1::TouchedChild& child : response->children()) children.push_back(child.child());
    return children;
  }

  uint64_t number_ = 0;
};

TEST_F(BreachTest, TellsWhatWasDoneWithEachChild) {
  v1::Entry update = ActOf("anna", "treserva", {"child-1"}, 30);
  update.set_action(access::v1::UPDATE);
  update.set_method("samverkan.intake.v1.AssessmentService/DecideReport");
  v1::Entry denied = ActOf("anna", "treserva", {"child-3"});
  denied.set_outcome(v1::DENIED);
  Append({ActOf("anna", "treserva", {"child-2", "child-1"}, 10), ActOf("anna", "treserva", {"child-1"}, 5), update,
          denied});
  ASSERT_OK_AND_ASSIGN(const auto response, Touched(Question("anna", "")));
  ASSERT_EQ(response.children_size(), 2);
  const int first = response.children(0).child() == "child-1" ? 0 : 1;
  const v1::TouchedChild& child = response.children(first);
  EXPECT_EQ(child.child(), "child-1");
  EXPECT_EQ(child.entry_count(), 3);
  EXPECT_EQ(child.first_time().seconds(), absl::ToUnixSeconds(TestNow()) + 5 * 60);
  EXPECT_EQ(child.last_time().seconds(), absl::ToUnixSeconds(TestNow()) + 30 * 60);
  EXPECT_THAT(child.actions(), UnorderedElementsAre(access::v1::READ, access::v1::UPDATE));
  EXPECT_THAT(child.methods(), UnorderedElementsAre("samverkan.intake.v1.ReportService/GetReport",
                                                    "samverkan.intake.v1.AssessmentService/DecideReport"));
  EXPECT_EQ(response.children(1 - first).child(), "child-2");
  EXPECT_EQ(response.children(1 - first).entry_count(), 1);

  const v1::PrivatePart own = LastEntry().private_part();
  EXPECT_THAT(own.children(), UnorderedElementsAre("child-1", "child-2"));
  EXPECT_TRUE(absl::StrContains(own.detail(), "actor \"anna\"")) << own.detail();
  EXPECT_TRUE(absl::StrContains(own.legal_basis(), "P-090")) << own.legal_basis();
}

TEST_F(BreachTest, AsksByActorBySystemOrByBoth) {
  Append({ActOf("anna", "treserva", {"a"}), ActOf("anna", "lifecare", {"b"}), ActOf("bo", "treserva", {"c"})});
  EXPECT_THAT(ChildrenOf(Question("anna", "")), ElementsAre("a", "b"));
  EXPECT_THAT(ChildrenOf(Question("", "treserva")), ElementsAre("a", "c"));
  EXPECT_THAT(ChildrenOf(Question("anna", "lifecare")), ElementsAre("b"));
  EXPECT_THAT(ChildrenOf(Question("treserva", "")), IsEmpty());
}

TEST_F(BreachTest, AsksWithinItsTimeAndAuthority) {
  v1::Entry elsewhere = ActOf("anna", "treserva", {"elsewhere"});
  elsewhere.set_authority("utbildningsnamnden");
  Append({ActOf("anna", "treserva", {"before"}, -2), ActOf("anna", "treserva", {"first"}, -1), elsewhere,
          ActOf("anna", "treserva", {"last"}, 59), ActOf("anna", "treserva", {"after"}, 60)});
  EXPECT_THAT(ChildrenOf(Question("anna", "")), ElementsAre("first", "last"));
  // Without an end until now.
  v1::ListTouchedChildrenRequest request = Question("anna", "");
  request.clear_end_time();
  EXPECT_THAT(ChildrenOf(request), ElementsAre("first"));
}

TEST_F(BreachTest, PagesEvenWithinOneEntryWhileTheLogGrows) {
  std::vector<std::string> many;
  for (int i = 0; i < 7; ++i) many.push_back(absl::StrCat("child-", i));
  Append({ActOf("anna", "treserva", many), ActOf("anna", "treserva", {"child-3", "child-7"})});
  v1::ListTouchedChildrenRequest request = Question("anna", "");
  request.set_page_size(3);
  std::multiset<std::string> seen;
  int pages = 0;
  do {
    ASSERT_OK_AND_ASSIGN(const auto response, Touched(request));
    for (const v1::TouchedChild& child : response.children()) seen.insert(child.child());
    Append({ActOf("anna", "treserva", {absl::StrCat("late-", ++pages)})});
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && pages < 10);
  many.insert(many.end(), {"child-7", "late-1", "late-2"});
  for (const std::string& child : many) EXPECT_EQ(seen.count(child), 1u) << child;
  request.set_page_token("forged");
  EXPECT_THAT(Touched(request), StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
}

TEST_F(BreachTest, NamesEveryBadField) {
  const auto fields = [&](const v1::ListTouchedChildrenRequest& request) {
    return status::InvalidFields(Touched(request).status());
  };
  EXPECT_THAT(fields({}), ElementsAre("actor", "start_time"));
  v1::ListTouchedChildrenRequest request = Question("anna", std::string(257, 's'));
  EXPECT_THAT(fields(request), ElementsAre("system"));
  request = Question("anna", "");
  request.mutable_end_time()->set_seconds(request.start_time().seconds());
  EXPECT_THAT(fields(request), ElementsAre("end_time"));
  request.mutable_end_time()->set_seconds(request.start_time().seconds() + 400 * 86'400 + 1);
  EXPECT_THAT(fields(request), ElementsAre("end_time"));
  request.mutable_end_time()->set_nanos(-1);
  EXPECT_THAT(fields(request), ElementsAre("end_time"));
}

}  // namespace
}  // namespace samverkan::audit
