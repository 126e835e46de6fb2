#include "services/audit/entry_service.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/rpc/testing/test_server.h"
#include "libs/sealing/testing/test_key_ring.h"
#include "libs/status/grpc.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"
#include "samverkan/audit/v1/audit.grpc.pb.h"
#include "services/audit/entry_fixture.h"

namespace samverkan::audit {
namespace {

using ::samverkan::rpc::testing::TestServer;
using ::samverkan::testing::StatusIs;
using ::samverkan::testing::TestDatabase;

auth::Caller CallerOf(access::v1::Role role, const std::string& subject, const std::string& system) {
  auth::Caller caller = rpc::testing::CallerWithRole(role, subject);
  caller.system = system;
  caller.municipality = "0180";
  caller.authority = "socialnamnden";
  return caller;
}

// A service that calls for itself.
auth::Caller Service(const std::string& name) {
  auth::Caller caller = rpc::testing::CallerWithRole(access::v1::SYSTEM, name);
  caller.system = name;
  caller.municipality.clear();
  caller.authority.clear();
  return caller;
}

// The whole service over the wire, on a real database.
class EntryServiceTest : public ::testing::Test {
 protected:
  EntryServiceTest() {
    absl::StatusOr<std::unique_ptr<EntryStore>> store =
        EntryStore::Open(database_.ConninfoFor("audit"), 4, keys_.ring());
    if (!store.ok()) std::abort();
    store_ = *std::move(store);
    own_entries_ = std::make_unique<OwnEntries>(*store_, TestTags());
    erasures_ = ErasureStore::Open(database_.ConninfoFor("audit"), 4, keys_.ring(), TestTags()).value();
    service_ =
        std::make_unique<EntryService>(*store_, *erasures_, *own_entries_, paging::PageTokens(std::string(32, 'p')));
    rpc::ServerOptions options;
    options.max_message_bytes = 4 << 20;
    options.adapter.record_refusal = [this](const auto& call, const auto* request, const auto& refusal) {
      return service_->RecordRefusal(call, request, refusal);
    };
    server_ = std::make_unique<TestServer>(options, &clock_);
    server_->Start(Serve(*service_, server_->adapter()));
    stub_ = v1::AuditService::NewStub(server_->channel());
  }

  // Calls a method as `caller`.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::AuditService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                               Response*),
                                const Request& request, const auth::Caller& caller) {
    grpc::ClientContext context;
    server_->Authorize(context, caller);
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return status::FromGrpc(status);
    return response;
  }

  absl::StatusOr<v1::AppendEntriesResponse> Append(const std::vector<v1::Entry>& entries) {
    return Append(entries, intake_);
  }
  absl::StatusOr<v1::AppendEntriesResponse> Append(const std::vector<v1::Entry>& entries, const auth::Caller& caller) {
    v1::AppendEntriesRequest request;
    for (const v1::Entry& entry : entries) *request.add_entries() = entry;
    return Call(&v1::AuditService::Stub::AppendEntries, request, caller);
  }
  absl::StatusOr<v1::LoggedEntry> Get(const std::string& name, const auth::Caller& caller) {
    v1::GetEntryRequest request;
    request.set_name(name);
    return Call(&v1::AuditService::Stub::GetEntry, request, caller);
  }
  absl::StatusOr<v1::SearchEntriesResponse> Search(const v1::SearchEntriesRequest& request,
                                                   const auth::Caller& caller) {
    return Call(&v1::AuditService::Stub::SearchEntries, request, caller);
  }

  // An erasure of child-1 and report 1, with its number.
  static v1::EraseEntriesRequest ErasureOf(uint64_t number) {
    v1::EraseEntriesRequest request;
    request.set_erasure("municipalities/0180/erasures/" + TestId(number));
    request.set_municipality("0180");
    request.set_authority("socialnamnden");
    request.add_children("child-1");
    request.add_resources("municipalities/0180/reports/1");
    request.set_legal_basis("P-082, SoL 2025:400 16:2 a 2 st");
    return request;
  }
  absl::StatusOr<v1::EraseEntriesResponse> Erase(const v1::EraseEntriesRequest& request, const auth::Caller& caller) {
    return Call(&v1::AuditService::Stub::EraseEntries, request, caller);
  }

  // How many entries of the log of the authority hold these bytes in what can be opened of them.
  int EntriesTelling(const std::string& bytes) {
    EntryQuery query;
    query.scope = {.municipality = "0180", .authority = "socialnamnden"};
    query.limit = 1000;
    query.body_bytes = 1 << 20;
    const auto page = store_->Search(query, clock::SystemClock().Now() + absl::Seconds(10));
    EXPECT_OK(page);
    if (!page.ok()) return -1;
    EXPECT_FALSE(page->more);
    return static_cast<int>(std::count_if(page->entries.begin(), page->entries.end(), [&](const StoredEntry& entry) {
      return absl::StrContains(entry.leaf + entry.body.value_or(""), bytes);
    }));
  }

  // The entry at `index`, however the log may hold it.
  v1::LoggedEntry Logged(int64_t index, const Scope& scope = {.municipality = "0180", .authority = "socialnamnden"}) {
    const auto found = store_->Get(scope, index, clock::SystemClock().Now() + absl::Seconds(10));
    EXPECT_OK(found);
    if (!found.ok() || !found->entry.has_value()) return {};
    return ToLoggedEntry(*found->entry).value();
  }

  std::string LogSize() { return *database_.Value("SELECT size FROM audit.log_state"); }

  TestDatabase database_{"services/audit/schema"};
  sealing::testing::TestKeyRing keys_{"audit"};
  const clock::FakeClock clock_{TestNow()};
  const auth::Caller intake_ = Service("intake");
  const auth::Caller consent_ = Service("consent");
  const auth::Caller auditor_ = CallerOf(access::v1::AUDITOR, "olle", "loggkoll");
  std::unique_ptr<EntryStore> store_;
  std::unique_ptr<OwnEntries> own_entries_;
  std::unique_ptr<ErasureStore> erasures_;
  std::unique_ptr<EntryService> service_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::AuditService::Stub> stub_;
};

TEST_F(EntryServiceTest, AppendsAndAnswersARepetitionAlike) {
  ASSERT_OK_AND_ASSIGN(const v1::AppendEntriesResponse first, Append({TestEntry(1), TestEntry(2), TestEntry(1)}));
  ASSERT_EQ(first.receipts_size(), 3);
  EXPECT_EQ(first.receipts(0).index(), 0);
  EXPECT_EQ(first.receipts(1).index(), 1);
  EXPECT_EQ(first.receipts(2).index(), 0);
  EXPECT_EQ(first.receipts(1).entry_id(), TestId(2));
  EXPECT_EQ(first.receipts(0).leaf_hash().size(), 32u);
  ASSERT_OK_AND_ASSIGN(const v1::AppendEntriesResponse again, Append({TestEntry(1), TestEntry(2), TestEntry(1)}));
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(LogSize(), "2");
}

TEST_F(EntryServiceTest, RefusesAnIdWithOtherContentAndStoresNothing) {
  ASSERT_OK(Append({TestEntry(1)}));
  v1::Entry other = TestEntry(1);
  other.mutable_private_part()->set_detail("other");
  const auto refused = Append({TestEntry(2), other});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kAlreadyExists, "ENTRY_ID_REUSED"));
  EXPECT_EQ(status::Metadata(refused.status())["entry"], "entries[1]");
  EXPECT_EQ(LogSize(), "1");
}

TEST_F(EntryServiceTest, RefusesToWriteInAnothersName) {
  v1::Entry foreign = TestEntry(2);
  foreign.set_producer("audit");
  const auto refused = Append({TestEntry(1), foreign});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kPermissionDenied, "PRODUCER_MISMATCH"));
  EXPECT_EQ(status::Metadata(refused.status())["field"], "entries[1].producer");
  // Nothing but the entry of the refusal.
  EXPECT_EQ(LogSize(), "1");
  const v1::Entry refusal = Logged(0, {}).entry();
  EXPECT_EQ(refusal.outcome(), v1::DENIED);
  EXPECT_EQ(refusal.private_part().detail(), "PRODUCER_MISMATCH");
  EXPECT_EQ(refusal.private_part().actor().subject(), "intake");
}

// A system may be called as a service is, and its token may claim the role.
TEST_F(EntryServiceTest, TakesEntriesOfServicesOnly) {
  EXPECT_THAT(Append({TestEntry(1)}, CallerOf(access::v1::SYSTEM, "intake", "intake")),
              StatusIs(absl::StatusCode::kPermissionDenied, "PRODUCER_MISMATCH"));
  EXPECT_EQ(Logged(0).entry().outcome(), v1::DENIED);
}

TEST_F(EntryServiceTest, NamesTheServiceThatActsForItsReader) {
  auth::Caller reader = auditor_;
  reader.acting_service = "consent";
  ASSERT_OK(Append({TestEntry(1)}));
  ASSERT_OK(Get("entries/0", reader));
  EXPECT_EQ(Logged(1).entry().private_part().actor().acting_service(), "consent");
  EXPECT_EQ(Logged(1).entry().private_part().actor().subject(), "olle");
}

TEST_F(EntryServiceTest, RecordsTheRefusalOfAWrongRole) {
  EXPECT_THAT(Append({TestEntry(1)}, auditor_), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(Get("entries/0", intake_), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(LogSize(), "2");
  EXPECT_EQ(Logged(0).entry().private_part().actor().subject(), "olle");
  EXPECT_EQ(Logged(1, {}).entry().outcome(), v1::DENIED);
  EXPECT_EQ(Logged(1, {}).entry().method(), "samverkan.audit.v1.AuditService/GetEntry");
}

TEST_F(EntryServiceTest, NamesBadFieldsAndStoresNothing) {
  v1::Entry entry = TestEntry(1);
  entry.clear_purpose();
  const auto refused = Append({entry});
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID"));
  EXPECT_EQ(status::InvalidFields(refused.status()), std::vector<std::string>{"entries[0].purpose"});
  EXPECT_EQ(LogSize(), "0");
}

TEST_F(EntryServiceTest, LeavesAnEntryForTheEntryItShows) {
  ASSERT_OK(Append({TestEntry(1)}));
  ASSERT_OK_AND_ASSIGN(const v1::LoggedEntry shown, Get("entries/0", auditor_));
  EXPECT_EQ(shown.entry().private_part().children(0), "child-1");
  EXPECT_FALSE(shown.entry().has_salts());
  ASSERT_EQ(LogSize(), "2");
  const v1::Entry own = Logged(1).entry();
  EXPECT_EQ(own.producer(), "audit");
  EXPECT_EQ(own.outcome(), v1::GRANTED);
  EXPECT_EQ(own.action(), access::v1::READ);
  EXPECT_EQ(own.purpose(), "log_review");
  EXPECT_EQ(own.retention(), v1::CHILD_FILE);
  EXPECT_EQ(own.private_part().actor().subject(), "olle");
  EXPECT_EQ(own.private_part().children(0), "child-1");
  EXPECT_EQ(own.private_part().resources(0), "entries/0");
}

TEST_F(EntryServiceTest, HidesAnotherAuthoritysEntryAndRecordsTheAttempt) {
  ASSERT_OK(Append({TestEntry(1)}));
  auth::Caller foreign = auditor_;
  foreign.authority = "utbildningsnamnden";
  EXPECT_THAT(Get("entries/0", foreign), StatusIs(absl::StatusCode::kNotFound, "ENTRY_NOT_FOUND"));
  EXPECT_EQ(LogSize(), "2");
  EXPECT_EQ(*database_.Value("SELECT authority FROM audit.entry WHERE index = 1"), "utbildningsnamnden");
  // Where there is nothing, there is nothing to record; the answer is the same.
  EXPECT_THAT(Get("entries/77", foreign), StatusIs(absl::StatusCode::kNotFound, "ENTRY_NOT_FOUND"));
  EXPECT_EQ(LogSize(), "2");
  EXPECT_EQ(status::InvalidFields(Get("entries/-1", auditor_).status()), std::vector<std::string>{"name"});
}

TEST_F(EntryServiceTest, ShowsNothingThatItCannotRecord) {
  ASSERT_OK(Append({TestEntry(1)}));
  ASSERT_OK(database_.Execute("REVOKE EXECUTE ON FUNCTION audit.append_entries FROM samverkan_audit"));
  v1::SearchEntriesRequest request;
  request.set_child("child-1");
  EXPECT_FALSE(Get("entries/0", auditor_).ok());
  EXPECT_FALSE(Search(request, auditor_).ok());
  EXPECT_EQ(LogSize(), "1");
}

TEST_F(EntryServiceTest, LeavesAnEntryForEachPageOfASearch) {
  ASSERT_OK(Append({TestEntry(1), TestEntry(2), TestEntry(3)}));
  v1::SearchEntriesRequest request;
  request.set_child("child-1");
  request.set_page_size(2);
  ASSERT_OK_AND_ASSIGN(const v1::SearchEntriesResponse first, Search(request, auditor_));
  ASSERT_EQ(first.entries_size(), 2);
  EXPECT_EQ(first.entries(0).index(), 2);
  EXPECT_FALSE(first.entries(0).entry().has_salts());
  ASSERT_FALSE(first.next_page_token().empty());
  request.set_page_token(first.next_page_token());
  // AIP-158 lets the size change from page to page.
  request.set_page_size(50);
  ASSERT_OK_AND_ASSIGN(const v1::SearchEntriesResponse second, Search(request, auditor_));
  ASSERT_EQ(second.entries_size(), 1);
  EXPECT_EQ(second.entries(0).index(), 0);
  EXPECT_TRUE(second.next_page_token().empty());

  ASSERT_EQ(LogSize(), "5");
  const v1::PrivatePart own = Logged(3).entry().private_part();
  EXPECT_EQ(own.children_size(), 1);
  EXPECT_EQ(own.children(0), "child-1");
  EXPECT_EQ((std::vector<std::string>(own.resources().begin(), own.resources().end())),
            (std::vector<std::string>{"entries/2", "entries/1"}));
  EXPECT_EQ(Logged(3).entry().action(), access::v1::SEARCH);
  EXPECT_TRUE(absl::StrContains(Logged(4).entry().private_part().detail(), "a further page"));
}

TEST_F(EntryServiceTest, RecordsASearchThatFindsNothing) {
  v1::SearchEntriesRequest request;
  request.set_child("child-unknown");
  ASSERT_OK_AND_ASSIGN(const v1::SearchEntriesResponse none, Search(request, auditor_));
  EXPECT_EQ(none.entries_size(), 0);
  EXPECT_TRUE(none.next_page_token().empty());
  // The child's extract shows that somebody looked.
  ASSERT_OK_AND_ASSIGN(const v1::SearchEntriesResponse extract, Search(request, auditor_));
  ASSERT_EQ(extract.entries_size(), 1);
  EXPECT_EQ(extract.entries(0).entry().method(), "samverkan.audit.v1.AuditService/SearchEntries");
}

TEST_F(EntryServiceTest, RefusesATokenThatWasNotGivenForThis) {
  ASSERT_OK(Append({TestEntry(1), TestEntry(2), TestEntry(3)}));
  v1::SearchEntriesRequest request;
  request.set_child("child-1");
  request.set_page_size(1);
  ASSERT_OK_AND_ASSIGN(const v1::SearchEntriesResponse page, Search(request, auditor_));
  const std::string& token = page.next_page_token();
  const auto expect_refused = [&](const std::string& wrong, const auth::Caller& caller) {
    request.set_page_token(wrong);
    const auto refused = Search(request, caller);
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
    EXPECT_EQ(status::InvalidFields(refused.status()), std::vector<std::string>{"page_token"});
  };
  expect_refused(token.substr(0, token.size() - 1), auditor_);
  expect_refused(token + "A", auditor_);
  expect_refused("forged", auditor_);
  expect_refused(token, CallerOf(access::v1::AUDITOR, "eva", "loggkoll"));
  request.set_actor("anna");
  expect_refused(token, auditor_);
  EXPECT_EQ(LogSize(), "4") << "a refused page leaves no trace of having shown something";
}

TEST_F(EntryServiceTest, NamesWhatIsWrongWithAQuestion) {
  const auto fields = [&](const v1::SearchEntriesRequest& request) {
    return status::InvalidFields(Search(request, auditor_).status());
  };
  v1::SearchEntriesRequest request;
  EXPECT_EQ(fields(request), std::vector<std::string>{"child"});
  // Entries do not hold this one.
  request.add_risk_signs(v1::OUT_OF_HOURS);
  EXPECT_EQ(fields(request), std::vector<std::string>{"risk_signs"});
  request.clear_risk_signs();
  request.set_child(std::string(129, 'c'));
  EXPECT_EQ(fields(request), std::vector<std::string>{"child"});
  request.set_child("c");
  request.set_page_size(-1);
  EXPECT_EQ(fields(request), std::vector<std::string>{"page_size"});
  request.set_page_size(0);
  request.mutable_start_time()->set_seconds(100);
  request.mutable_end_time()->set_seconds(100);
  EXPECT_EQ(fields(request), std::vector<std::string>{"end_time"});
  request.mutable_end_time()->set_nanos(-1);
  request.mutable_start_time()->set_seconds(-99'999'999'999);
  EXPECT_EQ(fields(request), (std::vector<std::string>{"start_time", "end_time"}));
}

// One entry names at most 2000 children, so a page shows no more than that.
TEST_F(EntryServiceTest, EndsAPageWhereItsOwnEntryIsFull) {
  for (uint64_t i = 0; i < 3; ++i) {
    v1::Entry entry = TestEntry(i);
    entry.mutable_private_part()->clear_children();
    for (int child = 0; child < 900; ++child) {
      entry.mutable_private_part()->add_children(absl::StrCat("child-", i, "-", child));
    }
    ASSERT_OK(Append({entry}));
  }
  v1::SearchEntriesRequest request;
  request.set_actor("anna");
  ASSERT_OK_AND_ASSIGN(const v1::SearchEntriesResponse first, Search(request, auditor_));
  ASSERT_EQ(first.entries_size(), 2);
  EXPECT_EQ(Logged(3).entry().private_part().children_size(), 1800);
  request.set_page_token(first.next_page_token());
  ASSERT_OK_AND_ASSIGN(const v1::SearchEntriesResponse second, Search(request, auditor_));
  ASSERT_EQ(second.entries_size(), 1);
  EXPECT_EQ(second.entries(0).index(), 0);
  EXPECT_TRUE(second.next_page_token().empty());
}

v1::Entry EntryAbout(uint64_t number, const std::vector<std::string>& children) {
  v1::Entry entry = TestEntry(number);
  entry.mutable_private_part()->mutable_children()->Assign(children.begin(), children.end());
  return entry;
}

TEST_F(EntryServiceTest, ErasesWhatTheLogTellsOfAChild) {
  ASSERT_OK_AND_ASSIGN(
      const v1::AppendEntriesResponse appended,
      Append({EntryAbout(1, {"child-1"}), EntryAbout(2, {"child-1", "child-2"}), EntryAbout(3, {"child-2"})}));
  ASSERT_EQ(EntriesTelling("child-1"), 2);
  v1::EraseEntriesRequest request = ErasureOf(1);
  request.clear_resources();
  ASSERT_OK_AND_ASSIGN(const v1::EraseEntriesResponse erased, Erase(request, intake_));
  EXPECT_EQ(erased.name(), "entries/3");
  EXPECT_EQ(erased.erased(), 1);
  EXPECT_EQ(erased.reduced(), 1);
  EXPECT_EQ(EntriesTelling("child-1"), 0);

  // The leaves are as they were, and say what is left behind them.
  ASSERT_OK_AND_ASSIGN(const v1::LoggedEntry gone, Get("entries/0", auditor_));
  EXPECT_EQ(gone.state(), v1::LoggedEntry::ERASED);
  EXPECT_FALSE(gone.entry().has_private_part());
  EXPECT_EQ(gone.leaf_hash(), appended.receipts(0).leaf_hash());
  EXPECT_EQ(gone.entry().method(), "samverkan.intake.v1.ReportService/GetReport");
  ASSERT_OK_AND_ASSIGN(const v1::LoggedEntry reduced, Get("entries/1", auditor_));
  EXPECT_EQ(reduced.state(), v1::LoggedEntry::REDUCED);
  EXPECT_EQ(reduced.leaf_hash(), appended.receipts(1).leaf_hash());
  ASSERT_EQ(reduced.entry().private_part().children_size(), 1);
  EXPECT_EQ(reduced.entry().private_part().children(0), "child-2");
  EXPECT_EQ(Logged(2).state(), v1::LoggedEntry::WHOLE);

  // The entry that tells of it names nobody.
  const v1::Entry told = Logged(3).entry();
  EXPECT_EQ(told.action(), access::v1::ERASE);
  EXPECT_EQ(told.outcome(), v1::GRANTED);
  EXPECT_EQ(told.producer(), "audit");
  EXPECT_TRUE(told.private_part().children().empty());
  ASSERT_EQ(told.private_part().resources_size(), 1);
  EXPECT_EQ(told.private_part().resources(0), request.erasure());
  EXPECT_EQ(told.private_part().legal_basis(), "P-082, SoL 2025:400 16:2 a 2 st");
  EXPECT_EQ(told.private_part().actor().subject(), "intake");
}

// Each service keeps a child for as long as its own rules say.
TEST_F(EntryServiceTest, AnErasureLeavesWhatOtherServicesTellOfTheChild) {
  v1::Entry told = EntryAbout(2, {"child-1"});
  told.set_producer("consent");
  told.set_method("samverkan.consent.v1.DisclosureService/CheckDisclosure");
  ASSERT_OK(Append({EntryAbout(1, {"child-1"})}));
  ASSERT_OK(Append({told}, consent_));
  v1::SearchEntriesRequest search;
  search.set_child("child-1");
  ASSERT_OK(Search(search, auditor_));
  ASSERT_EQ(Logged(2).entry().producer(), "audit");

  v1::EraseEntriesRequest request = ErasureOf(1);
  request.clear_resources();
  ASSERT_OK(Erase(request, intake_));
  EXPECT_EQ(Logged(0).state(), v1::LoggedEntry::ERASED);
  EXPECT_EQ(Logged(1).state(), v1::LoggedEntry::WHOLE);
  EXPECT_EQ(Logged(2).state(), v1::LoggedEntry::WHOLE) << "who looked at what is still told";

  request.set_erasure("municipalities/0180/erasures/" + TestId(2));
  ASSERT_OK(Erase(request, consent_));
  EXPECT_EQ(Logged(1).state(), v1::LoggedEntry::ERASED);
  EXPECT_EQ(Logged(2).state(), v1::LoggedEntry::ERASED);
  EXPECT_EQ(EntriesTelling("child-1"), 0);
}

TEST_F(EntryServiceTest, FindsNothingThatWasErased) {
  ASSERT_OK(Append({EntryAbout(1, {"child-1"}), EntryAbout(2, {"child-1", "child-2"})}));
  v1::EraseEntriesRequest erasure = ErasureOf(1);
  erasure.clear_resources();
  ASSERT_OK(Erase(erasure, intake_));
  const auto found = [&](void (*ask)(v1::SearchEntriesRequest&)) {
    v1::SearchEntriesRequest request;
    ask(request);
    std::vector<int64_t> indexes;
    const auto page = Search(request, auditor_);
    EXPECT_OK(page);
    if (!page.ok()) return indexes;
    for (const v1::LoggedEntry& entry : page->entries()) indexes.push_back(entry.index());
    return indexes;
  };
  using Indexes = std::vector<int64_t>;
  EXPECT_EQ(found([](auto& request) { request.set_child("child-1"); }), Indexes());
  EXPECT_EQ(found([](auto& request) { request.set_actor("anna"); }), Indexes{1});
  EXPECT_EQ(found([](auto& request) { request.set_resource("municipalities/0180/reports/1"); }), Indexes{1});
}

TEST_F(EntryServiceTest, ErasesAResourceOfAChildThatIsStillKnown) {
  v1::Entry list = TestEntry(2);
  list.mutable_private_part()->add_resources("municipalities/0180/reports/2");
  ASSERT_OK(Append({TestEntry(1), list}));
  v1::EraseEntriesRequest request = ErasureOf(1);
  request.clear_children();
  ASSERT_OK_AND_ASSIGN(const v1::EraseEntriesResponse erased, Erase(request, intake_));
  EXPECT_EQ(erased.erased(), 1);
  EXPECT_EQ(erased.reduced(), 1);
  EXPECT_EQ(Logged(1).entry().private_part().children(0), "child-1");
  ASSERT_EQ(Logged(1).entry().private_part().resources_size(), 1);
  EXPECT_EQ(Logged(1).entry().private_part().resources(0), "municipalities/0180/reports/2");
}

TEST_F(EntryServiceTest, ErasesWhatCameSinceAndTellsItOnce) {
  ASSERT_OK(Append({TestEntry(1)}));
  ASSERT_OK_AND_ASSIGN(const v1::EraseEntriesResponse first, Erase(ErasureOf(1), intake_));
  EXPECT_EQ(first.erased(), 1);
  ASSERT_OK(Append({TestEntry(2)}));
  ASSERT_OK_AND_ASSIGN(const v1::EraseEntriesResponse second, Erase(ErasureOf(1), intake_));
  EXPECT_EQ(second.name(), first.name());
  EXPECT_EQ(second.erased(), 1);
  ASSERT_OK_AND_ASSIGN(const v1::EraseEntriesResponse third, Erase(ErasureOf(1), intake_));
  EXPECT_EQ(third.erased(), 0);
  EXPECT_EQ(LogSize(), "3");
  // Another erasure has an entry of its own, be there nothing left to erase.
  ASSERT_OK_AND_ASSIGN(const v1::EraseEntriesResponse other, Erase(ErasureOf(2), intake_));
  EXPECT_EQ(other.name(), "entries/3");
}

TEST_F(EntryServiceTest, BringsNothingBackWhenAProducerSendsItAgain) {
  ASSERT_OK_AND_ASSIGN(const v1::AppendEntriesResponse first, Append({TestEntry(1)}));
  ASSERT_OK(Erase(ErasureOf(1), intake_));
  ASSERT_OK_AND_ASSIGN(const v1::AppendEntriesResponse again, Append({TestEntry(1)}));
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(EntriesTelling("child-1"), 0);
}

TEST_F(EntryServiceTest, ErasesNothingOfAnotherAuthority) {
  v1::Entry foreign = TestEntry(2);
  foreign.set_authority("utbildningsnamnden");
  ASSERT_OK(Append({TestEntry(1), foreign}));
  ASSERT_OK(Erase(ErasureOf(1), intake_));
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM audit.private_part WHERE index = 1"), "1");
}

TEST_F(EntryServiceTest, ErasesForNoSystemThatCallsItselfAService) {
  ASSERT_OK(Append({TestEntry(1)}));
  const auth::Caller system = CallerOf(access::v1::SYSTEM, "intake", "intake");
  EXPECT_THAT(Erase(ErasureOf(1), system), StatusIs(absl::StatusCode::kPermissionDenied, "NOT_A_SERVICE"));
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM audit.private_part WHERE index = 0"), "1");
  EXPECT_EQ(Logged(1).entry().outcome(), v1::DENIED);
  EXPECT_EQ(Logged(1).entry().private_part().detail(), "NOT_A_SERVICE");
}

TEST_F(EntryServiceTest, LetsNoAuditorErase) {
  ASSERT_OK(Append({TestEntry(1)}));
  EXPECT_THAT(Erase(ErasureOf(1), auditor_), StatusIs(absl::StatusCode::kPermissionDenied, "ROLE_MISSING"));
  v1::EraseEntriesRequest request = ErasureOf(1);
  request.clear_legal_basis();
  EXPECT_EQ(status::InvalidFields(Erase(request, intake_).status()), std::vector<std::string>{"legal_basis"});
  EXPECT_EQ(Logged(0).state(), v1::LoggedEntry::WHOLE);
}

TEST_F(EntryServiceTest, ErasesNothingThatItCannotTell) {
  ASSERT_OK(Append({TestEntry(1)}));
  ASSERT_OK(database_.Execute("REVOKE EXECUTE ON FUNCTION audit.append_entries FROM samverkan_audit"));
  EXPECT_FALSE(Erase(ErasureOf(1), intake_).ok());
  EXPECT_EQ(Logged(0).state(), v1::LoggedEntry::WHOLE);
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM audit.erasure"), "0");
}

// More than one transaction takes.
TEST_F(EntryServiceTest, ErasesAFileOfAnyLength) {
  constexpr uint64_t kEntries = 1100;
  for (uint64_t first = 0; first < kEntries; first += 220) {
    std::vector<v1::Entry> entries;
    for (uint64_t i = first; i < first + 220; ++i) entries.push_back(TestEntry(i));
    ASSERT_OK(Append(entries));
  }
  ASSERT_OK_AND_ASSIGN(const v1::EraseEntriesResponse erased, Erase(ErasureOf(1), intake_));
  EXPECT_EQ(erased.erased(), static_cast<int64_t>(kEntries));
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM audit.private_part"), "1");
  EXPECT_EQ(LogSize(), "1101");
}

TEST_F(EntryServiceTest, TellsAnErasureOnceThoughManyAskAtOnce) {
  std::vector<v1::Entry> entries;
  for (uint64_t i = 0; i < 100; ++i) entries.push_back(EntryAbout(i, {"child-1", "child-2"}));
  ASSERT_OK(Append(entries));
  // Two children of the same entries, each asked for twice.
  std::vector<std::thread> threads;
  std::array<absl::StatusOr<v1::EraseEntriesResponse>, 4> answers;
  for (size_t i = 0; i < answers.size(); ++i) {
    threads.emplace_back([this, i, &answer = answers[i]] {
      v1::EraseEntriesRequest request = ErasureOf(i / 2);
      request.clear_resources();
      request.set_children(0, i < 2 ? "child-1" : "child-2");
      answer = Erase(request, intake_);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& answer : answers) ASSERT_OK(answer);
  EXPECT_EQ(answers[0]->name(), answers[1]->name());
  EXPECT_EQ(answers[2]->name(), answers[3]->name());
  EXPECT_EQ(LogSize(), "102");
  EXPECT_EQ(*database_.Value("SELECT count(*) FROM audit.private_part"), "2");
}

}  // namespace
}  // namespace samverkan::audit
