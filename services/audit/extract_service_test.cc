#include "services/audit/extract_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/rpc/testing/test_server.h"
#include "libs/sealing/testing/test_key_ring.h"
#include "libs/status/grpc.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/test_database.h"
#include "samverkan/audit/v1/extract.grpc.pb.h"
#include "services/audit/entry_fixture.h"
#include "services/audit/entry_service.h"
#include "services/audit/erasure_store.h"

namespace samverkan::audit {
namespace {

using ::samverkan::rpc::testing::TestServer;
using ::samverkan::testing::StatusIs;
using ::samverkan::testing::TestDatabase;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

auth::Caller CallerOf(access::v1::Role role, const std::string& authority) {
  auth::Caller caller = rpc::testing::CallerWithRole(role, "olle");
  caller.system = "loggkoll";
  caller.municipality = "0180";
  caller.authority = authority;
  return caller;
}

// The service over the wire, on a real database.
class ExtractServiceTest : public ::testing::Test {
 protected:
  ExtractServiceTest() {
    rpc::ServerOptions options;
    options.adapter.record_refusal = [this](const auto& call, const auto* request, const auto& refusal) {
      return entry_service_.RecordRefusal(call, request, refusal);
    };
    server_ = std::make_unique<TestServer>(options, &clock_);
    server_->Start(service_.Serve(server_->adapter()));
    stub_ = v1::ExtractService::NewStub(server_->channel());
  }

  absl::StatusOr<v1::ExtractEntriesResponse> Extract(const v1::ExtractEntriesRequest& request,
                                                     const auth::Caller& caller) {
    grpc::ClientContext context;
    server_->Authorize(context, caller);
    v1::ExtractEntriesResponse response;
    const grpc::Status status = stub_->ExtractEntries(&context, request, &response);
    if (!status.ok()) return status::FromGrpc(status);
    return response;
  }

  static v1::ExtractEntriesRequest To(v1::ExtractRecipient recipient, const std::string& hidden = "") {
    v1::ExtractEntriesRequest request;
    request.set_child("child-1");
    request.set_recipient(recipient);
    if (recipient == v1::GUARDIAN) request.mutable_hidden();
    if (!hidden.empty()) request.mutable_hidden()->add_names(hidden);
    return request;
  }

  void Append(const std::vector<v1::Entry>& entries) {
    ASSERT_OK(store_->Append(Prepared(entries), TestNow(), Soon()));
  }

  static v1::Entry About(uint64_t number, const std::string& child, const std::string& resource) {
    v1::Entry entry = TestEntry(number);
    entry.mutable_private_part()->set_children(0, child);
    entry.mutable_private_part()->set_resources(0, resource);
    return entry;
  }

  static std::vector<std::string> NamesIn(const absl::StatusOr<v1::ExtractEntriesResponse>& response) {
    EXPECT_OK(response);
    std::vector<std::string> names;
    if (!response.ok()) return names;
    for (const v1::ExtractedEntry& entry : response->entries()) names.push_back(entry.name());
    return names;
  }

  v1::LoggedEntry Logged(int64_t index, const std::string& authority = "socialnamnden") {
    const auto found = store_->Get({.municipality = "0180", .authority = authority}, index, Soon());
    EXPECT_OK(found);
    if (!found.ok() || !found->entry.has_value()) return {};
    return ToLoggedEntry(*found->entry).value();
  }

  std::string LogSize() { return *database_.Value("SELECT size FROM audit.log_state"); }

  static absl::Time Soon() { return clock::SystemClock().Now() + absl::Seconds(10); }

  TestDatabase database_{"services/audit/schema"};
  sealing::testing::TestKeyRing keys_{"audit"};
  const clock::FakeClock clock_{TestNow()};
  const auth::Caller auditor_ = CallerOf(access::v1::AUDITOR, "socialnamnden");
  std::unique_ptr<EntryStore> store_ = EntryStore::Open(database_.ConninfoFor("audit"), 4, keys_.ring()).value();
  std::unique_ptr<ErasureStore> erasures_ =
      ErasureStore::Open(database_.ConninfoFor("audit"), 4, keys_.ring(), TestTags()).value();
  const OwnEntries own_entries_{*store_, TestTags()};
  const paging::PageTokens tokens_{std::string(32, 'p')};
  EntryService entry_service_{*store_, *erasures_, own_entries_, tokens_};
  const ExtractService service_{*store_, own_entries_, rules::RuleSet::Load("deploy/rules").value(), tokens_};
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::ExtractService::Stub> stub_;
};

TEST_F(ExtractServiceTest, TellsTheChildOfEveryAccessAndTheGuardianOfThoseThatHideNothing) {
  Append({About(1, "child-1", "municipalities/0180/reports/1"), About(2, "child-2", "municipalities/0180/reports/2"),
          About(3, "child-1", "municipalities/0180/reports/3")});
  EXPECT_THAT(NamesIn(Extract(To(v1::CHILD), auditor_)), ElementsAre("entries/2", "entries/0"));
  // The extract itself disclosed what the log says of the child: that is an entry as well.
  EXPECT_THAT(NamesIn(Extract(To(v1::GUARDIAN, "municipalities/0180/reports/3"), auditor_)),
              ElementsAre("entries/3", "entries/0"));
}

TEST_F(ExtractServiceTest, IsAnEntryOfTheLog) {
  Append({TestEntry(1)});
  ASSERT_OK(Extract(To(v1::GUARDIAN), auditor_));
  ASSERT_EQ(LogSize(), "2");
  const v1::Entry own = Logged(1).entry();
  EXPECT_EQ(own.producer(), "audit");
  EXPECT_EQ(own.method(), "samverkan.audit.v1.ExtractService/ExtractEntries");
  EXPECT_EQ(own.action(), access::v1::DISCLOSE);
  EXPECT_EQ(own.retention(), v1::CHILD_FILE);
  EXPECT_THAT(own.private_part().children(), ElementsAre("child-1"));
  EXPECT_THAT(own.private_part().resources(), ElementsAre("entries/0"));
  EXPECT_EQ(own.private_part().legal_basis(), "P-090, GDPR 2016/679; dataskyddslagen 2018:218 3:5, 3:10, 5:1");
  EXPECT_EQ(own.private_part().detail(), "extract to GUARDIAN");
}

TEST_F(ExtractServiceTest, IsForAuditorsOfTheBoardAlone) {
  Append({TestEntry(1)});
  EXPECT_THAT(Extract(To(v1::CHILD), CallerOf(access::v1::UNIT_MANAGER, "socialnamnden")),
              StatusIs(absl::StatusCode::kPermissionDenied, "ROLE_MISSING"));
  EXPECT_EQ(Logged(1).entry().outcome(), v1::DENIED);
  // Another board's log knows no such child.
  EXPECT_THAT(NamesIn(Extract(To(v1::CHILD), CallerOf(access::v1::AUDITOR, "utbildningsnamnden"))), IsEmpty());
}

TEST_F(ExtractServiceTest, NamesBadFieldsAndShowsNothing) {
  Append({TestEntry(1)});
  v1::ExtractEntriesRequest request = To(v1::GUARDIAN);
  request.clear_hidden();
  request.clear_child();
  const auto refused = Extract(request, auditor_);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_INVALID"));
  EXPECT_THAT(status::InvalidFields(refused.status()), ElementsAre("child", "hidden"));
}

TEST_F(ExtractServiceTest, PagesThroughTheWholeLogOfTheChild) {
  std::vector<v1::Entry> entries;
  for (uint64_t i = 0; i < 5; ++i) {
    entries.push_back(About(i, "child-1", absl::StrCat("municipalities/0180/reports/", i % 2)));
  }
  Append(entries);
  v1::ExtractEntriesRequest request = To(v1::GUARDIAN, "municipalities/0180/reports/1");
  request.set_page_size(2);
  std::vector<std::string> names;
  do {
    const auto page = Extract(request, auditor_);
    for (const std::string& name : NamesIn(page)) names.push_back(name);
    ASSERT_OK(page);
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ElementsAre("entries/4", "entries/2", "entries/0"));
  // Each page is an entry; a token is bound to what is hidden.
  EXPECT_EQ(LogSize(), "8");
  request.set_page_token(Extract(request, auditor_)->next_page_token());
  request.mutable_hidden()->clear_names();
  EXPECT_THAT(Extract(request, auditor_), StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
}

}  // namespace
}  // namespace samverkan::audit
