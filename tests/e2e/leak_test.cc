// What is told of a person stays with those who may read it: nothing of it stands in a dump, in
// PostgreSQL's files and log, in the services' logs, metrics and processes, in events or errors.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/rules/rule_set.h"
#include "libs/testing/status_matchers.h"
#include "tests/e2e/left_behind.h"
#include "tests/e2e/personal_texts.h"
#include "tests/e2e/planted.h"
#include "tests/e2e/planting.h"
#include "tests/testing/await.h"
#include "tests/testing/cast.h"
#include "tests/testing/client.h"
#include "tests/testing/service_set.h"
#include "tools/story/chapters.h"
#include "tools/story/stage.h"
#include "tools/story/teller.h"

namespace samverkan::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kPatience = absl::Seconds(30);

class LeakTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(set_, ServiceSet::Start({}));
    client_ = std::make_unique<Client>(*set_);
    MakePostgresTalkative(*set_);
  }

  // The entries that wait are sealed; what the log makes of them is to be searched too.
  void AwaitDelivery() {
    constexpr char kWaiting[] =
        "SELECT (SELECT count(*) FROM intake.audit_entry) + (SELECT count(*) FROM consent.audit_entry)";
    EXPECT_TRUE(Await(kPatience, [&] { return set_->Value(kWaiting).value_or("") == "0"; }));
  }

  // All events that a system may follow.
  Trace EventsOf() {
    Trace trace = {"events", ""};
    events::v1::ListEventsRequest request;
    events::v1::ListEventsResponse response;
    do {
      const auto answer = client_->As(Integrator(), &Events::ListEvents, request);
      EXPECT_OK(answer.status);
      response = answer.response;
      absl::StrAppend(&trace.octets, response.SerializeAsString(), response.DebugString());
      request.set_page_token(response.next_page_token());
    } while (response.events_size() > 0);
    return trace;
  }

  std::vector<Trace> Everything() {
    std::vector<Trace> traces = {EventsOf()};
    for (const auto& part : {DumpOf(*set_), FilesOf(*set_), LogsOf(*set_), ProcessesOf(*set_)}) {
      traces.insert(traces.end(), part.begin(), part.end());
    }
    return traces;
  }

  // All that the rules that ship say, in lower case.
  static const std::string& RuleTexts() {
    static const std::string texts =
        absl::AsciiStrToLower(rules::RuleSet::Load("deploy/rules")->Content().SerializeAsString());
    return texts;
  }

  // The places that hold something planted, and what.
  static std::vector<std::string> LeaksIn(const std::vector<Trace>& traces, const PlantedTexts& planted,
                                          const std::string& public_texts = "") {
    std::vector<std::string> leaks;
    for (const Trace& trace : traces) {
      auto finds = planted.FindIn(trace.octets);
      // Rules are public, about nobody, and stored with decisions: they have words that reasons have, too.
      std::erase_if(finds, [&](const auto& find) {
        return public_texts.find(absl::AsciiStrToLower(find.text)) != std::string::npos;
      });
      if (finds.empty()) continue;
      std::vector<std::string> shown;
      for (size_t i = 0; i < finds.size() && i < 5; ++i) {
        shown.push_back(absl::StrCat("'", finds[i].text, "' as ", finds[i].encoding, " at ", finds[i].offset, " (",
                                     finds[i].count, " times)"));
      }
      leaks.push_back(absl::StrCat(trace.place, " holds ", finds.size(), ": ", absl::StrJoin(shown, ", ")));
    }
    return leaks;
  }

  void ExpectNothingLeaked(const PlantedTexts& planted) {
    AwaitDelivery();
    const auto traces = Everything();
    const auto leaks = LeaksIn(traces, planted, RuleTexts());
    EXPECT_TRUE(leaks.empty()) << absl::StrJoin(leaks, "\n");
    ExpectToHaveLooked(traces);
  }

  // Each place holds what it must hold, so that it was read.
  static void ExpectToHaveLooked(const std::vector<Trace>& traces) {
    PlantedTexts expected;
    expected.Add("report.received");
    for (const char* const text :
         {"INSERT INTO", "SubmitReport", "skarholmen", "samverkan_rpc_calls_total", "--listen="}) {
      expected.Add(text);
    }
    const std::string seen = absl::StrJoin(LeaksIn(traces, expected), "\n");
    for (const char* const place :
         {"events", "log of PostgreSQL", "log of intake", "metrics of intake", "metrics of audit", "metrics of consent",
          "arguments of intake", "arguments of audit", "arguments of consent", "samverkan: intake.report"}) {
      EXPECT_THAT(seen, HasSubstr(absl::StrCat(place, " holds"))) << "is not searched";
    }
  }

  std::unique_ptr<ServiceSet> set_;
  std::unique_ptr<Client> client_;
};

TEST_F(LeakTest, NothingOfTheStoryIsLeftBehind) {
  PlantedTexts planted(AllowedTexts());
  PersonalTexts texts(planted);
  ASSERT_OK_AND_ASSIGN(const auto stage,
                       story::Stage::Open({.intake = set_->Address(ServiceSet::kIntake),
                                           .consent = set_->Address(ServiceSet::kConsent),
                                           .audit = set_->Address(ServiceSet::kAudit),
                                           .clock_file = set_->clock_file(),
                                           .keys = set_->keys_folder(),
                                           .tls = set_->tls_folder(),
                                           .witness = [&](const auto& message) { texts.See(message); }}));
  std::ostringstream told;
  story::Teller teller(told);
  story::World world{.stage = *stage, .teller = teller};
  story::TellTheStory(world);
  EXPECT_TRUE(planted.Has("20120503-2384"));
  EXPECT_TRUE(planted.Has("Mona Granlund"));
  ExpectNothingLeaked(planted);

  story::Erase(world);
  EXPECT_TRUE(teller.End()) << told.str();
  ExpectNothingLeaked(planted);
}

TEST_F(LeakTest, NothingPlantedIsLeftBehind) {
  PlantedTexts planted(AllowedTexts());
  Planting planting(*set_, *client_, planted);
  planting.PlantInAFile();
  planting.PlantInTheRegistry();
  AwaitDelivery();
  planting.PlantInTheLog();
  planting.PlantInRefusals();
  EXPECT_GT(planting.refusals(), 300);
  EXPECT_GT(planted.size(), 100u);
  ExpectNothingLeaked(planted);
  EXPECT_THAT(LeaksIn({{"errors", planting.errors()}}, planted), IsEmpty());
  EXPECT_THAT(planting.errors(), Not(IsEmpty()));
}

// The search finds what does leak, in each of the places where rows and logs end.
TEST_F(LeakTest, TheSearchFindsWhatLeaks) {
  PlantedTexts planted;
  planted.Add("Kanarifågel Söderström");
  planted.AddIdentityNumber(kChild);
  ASSERT_OK(client_->As(Principal(), &Reports::SubmitReport, SchoolReport(kChild)).status);
  AwaitDelivery();
  EXPECT_EQ(LeaksIn(Everything(), planted), std::vector<std::string>());
  ASSERT_OK(set_->Query("CREATE TABLE canary (text text, latin1 bytea, base64 text, number bytea)"));
  ASSERT_OK(
      set_->Query(absl::StrCat("INSERT INTO canary SELECT t, convert_to(t, 'LATIN1'), encode(t::bytea, 'base64'),"
                               " '",
                               kChild, "' FROM (VALUES ('fågeln Kanarifågel Söderström sjunger')) AS v (t)")));
  const std::string leaks = absl::StrJoin(LeaksIn(Everything(), planted), "\n");
  EXPECT_THAT(leaks, HasSubstr("samverkan: public.canary holds"));
  EXPECT_THAT(leaks, HasSubstr("as UTF-8"));
  EXPECT_THAT(leaks, HasSubstr("as hex of Latin-1"));
  EXPECT_THAT(leaks, HasSubstr("as base64 of UTF-8"));
  EXPECT_THAT(leaks, HasSubstr(absl::StrCat("'", kChild, "' as hex of UTF-8")));
  EXPECT_THAT(leaks, HasSubstr("log of PostgreSQL holds"));
  EXPECT_THAT(leaks, HasSubstr("file base/"));
  EXPECT_THAT(leaks, HasSubstr("file pg_wal/"));
}

}  // namespace
}  // namespace samverkan::tests
