// Checks and withdrawals of consents, on several instances of the service at once.

#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/pg/combining_writer.h"
#include "libs/pg/pool.h"
#include "libs/testing/status_matchers.h"
#include "services/consent/disclosure_fixture.h"

namespace samverkan::consent::testing {
namespace {

constexpr int kInstances = 3;
constexpr int kRounds = 2000;

bool IsPermit(const v1::Decision& decision) {
  return decision.categories(0).answer() == v1::CategoryDecision::PERMIT ||
         decision.categories(0).answer() == v1::CategoryDecision::PERMIT_WITH_CONDITIONS;
}

// An instance with connections of its own, as another process has them.
class Process {
 public:
  Process(const StoreParts& shared, const Parts& parts, const std::string& conninfo)
      : pool_(pg::Pool::Open(conninfo, 4).value()),
        writer_(pg::CombiningWriter::Open(conninfo, {.connections = 1}).value()),
        instance_({*pool_, *writer_, shared.keys, shared.outbox, shared.tags}, parts) {}

  const Instance& operator*() const { return instance_; }

 private:
  const std::unique_ptr<pg::Pool> pool_;
  const std::unique_ptr<pg::CombiningWriter> writer_;
  const Instance instance_;
};

class DecisionOrderTest : public DisclosureTest {
 protected:
  DecisionOrderTest() {
    for (int i = 0; i < kInstances; ++i) {
      processes_.push_back(std::make_unique<Process>(store_parts(), parts(), database_.ConninfoFor("consent")));
    }
  }

  const Instance& Any(std::mt19937& random) const { return **processes_[random() % processes_.size()]; }

  // The version of the child that each decision was stored under, by the decision's name.
  std::map<std::string, int64_t> Versions() {
    const std::string all =
        database_.Value("SELECT string_agg(decision || '=' || child_version, ',') FROM consent.decision").value_or("");
    std::map<std::string, int64_t> versions;
    for (const absl::string_view pair : absl::StrSplit(all, ',')) {
      const std::pair<std::string, std::string> parts = absl::StrSplit(pair, '=');
      EXPECT_TRUE(absl::SimpleAtoi(parts.second, &versions["municipalities/0180/decisions/" + parts.first]));
    }
    return versions;
  }

  std::vector<std::unique_ptr<Process>> processes_;
};

// What was decided in a round: beside the withdrawal of a consent, and after it was acknowledged.
struct Round {
  std::vector<absl::StatusOr<v1::Decision>> beside;
  absl::StatusOr<v1::Decision> after = absl::UnknownError("not run");
};

// In each round a consent is given and withdrawn while others check. What was permitted was
// committed before the withdrawal; what begins after it never is.
TEST_F(DecisionOrderTest, NoCheckThatBeginsAfterAWithdrawalUsesTheConsent) {
  std::mt19937 random(20260310);
  // Several, for every check reads all consents that were ever asked about its child.
  std::vector<v1::Child> children;
  for (const std::string_view number : kYoung) {
    children.push_back(RegisterChild(number));
    Consented(children.back(), 1, *service_);
  }
  std::vector<Round> rounds(kRounds);
  for (Round& round : rounds) {
    const v1::Child& child = children[random() % children.size()];
    // Of a yes and a no at the same instant the no counts.
    now_ += absl::Seconds(1);
    const std::string consent = Consented(child, 0, Any(random)).name();
    round.beside.assign(3, absl::UnknownError("not run"));
    std::vector<std::thread> checkers;
    for (auto& decision : round.beside) {
      checkers.emplace_back([&, &instance = Any(random)] { decision = Check(CheckOf(child), instance); });
    }
    const absl::StatusOr<v1::Consent> withdrawn = Withdraw(consent, Any(random));
    // The withdrawal is acknowledged; the checkers may still be under way.
    round.after = Check(CheckOf(child), Any(random));
    for (std::thread& checker : checkers) checker.join();
    ASSERT_OK(withdrawn);
  }
  const std::map<std::string, int64_t> versions = Versions();
  int permitted_beside = 0;
  int refused_beside = 0;
  for (const Round& round : rounds) {
    ASSERT_OK(round.after);
    ASSERT_FALSE(IsPermit(*round.after)) << "a withdrawn consent was used";
    // Nothing else has changed the child since the withdrawal.
    const int64_t withdrawn_at = versions.at(round.after->name());
    for (const auto& decision : round.beside) {
      ASSERT_OK(decision);
      const int64_t decided_at = versions.at(decision->name());
      ASSERT_EQ(IsPermit(*decision), decided_at < withdrawn_at)
          << "decided at " << decided_at << ", withdrawn at " << withdrawn_at;
      ++(IsPermit(*decision) ? permitted_beside : refused_beside);
    }
  }
  // Both orders have been seen, or the race was none.
  EXPECT_GT(permitted_beside, 0);
  EXPECT_GT(refused_beside, 0);
}

}  // namespace
}  // namespace samverkan::consent::testing
