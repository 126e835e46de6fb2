// What an attacker finds of an erased child who holds all data and every key that is left, and
// tries all identity numbers of the child's year of birth.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <bitset>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "libs/identity/identity_number.h"
#include "libs/keys/blind_index.h"
#include "libs/keys/hmac.h"
#include "libs/keys/key_file.h"
#include "libs/keys/key_list.h"
#include "libs/sealing/key_encryption_keys.h"
#include "libs/testing/status_matchers.h"
#include "services/audit/search_tag.h"
#include "tests/e2e/erasure_fixture.h"
#include "tests/e2e/left_behind.h"
#include "tests/testing/cast.h"

namespace samverkan::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

namespace v1 = intake::v1;

constexpr int kBirthYear = 2012;
// What is told of the child that is erased, and of no other.
constexpr char kErased[] = "Rosenkvist";

// All that the attacker can read: each octet string once, whatever it was written as.
struct Loot {
  std::string place;
  std::string octets;
};

// The octets behind "\x0a1b…", as PostgreSQL writes them.
std::vector<std::string> CellsIn(std::string_view text) {
  std::vector<std::string> cells;
  for (size_t at = 0; (at = text.find('x', at)) != std::string_view::npos;) {
    size_t end = ++at;
    while (end < text.size() && absl::ascii_isxdigit(static_cast<unsigned char>(text[end]))) ++end;
    if (end - at >= 16 && (end - at) % 2 == 0)
      cells.push_back(absl::HexStringToBytes(std::string(text.substr(at, end - at))));
    at = end;
  }
  return cells;
}

std::vector<Loot> LootOf(const std::vector<Trace>& traces) {
  std::vector<Loot> loot;
  for (const Trace& trace : traces) {
    loot.push_back({trace.place, trace.octets});
    for (std::string& cell : CellsIn(trace.octets)) loot.push_back({trace.place, std::move(cell)});
  }
  return loot;
}

// Every number of the year whose check digit is right.
std::vector<std::string> NumbersOf(int year) {
  std::vector<std::string> numbers;
  for (absl::CivilDay day(year, 1, 1); day.year() == year; ++day) {
    const std::string date =
        absl::StrCat(year, absl::Dec(day.month(), absl::kZeroPad2), absl::Dec(day.day(), absl::kZeroPad2));
    for (int birth_number = 0; birth_number < 1000; ++birth_number) {
      std::string digits = absl::StrCat(date, absl::Dec(birth_number, absl::kZeroPad3));
      // The check digit of the Luhn algorithm over the nine before it.
      int sum = 0;
      for (size_t i = 2; i < digits.size(); ++i) {
        const int doubled = (digits[i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += doubled / 10 + doubled % 10;
      }
      numbers.push_back(absl::StrCat(digits, (10 - sum % 10) % 10));
    }
  }
  return numbers;
}

// As a request's content is hashed for its fingerprint.
std::string Deterministic(const google::protobuf::Message& message) {
  std::string octets;
  google::protobuf::io::StringOutputStream stream(&octets);
  google::protobuf::io::CodedOutputStream output(&stream);
  output.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&output);
  output.Trim();
  return octets;
}

std::string Sha256(const std::string& text) {
  std::string digest(32, '\0');
  EXPECT_EQ(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha256(),
                       nullptr),
            1);
  return digest;
}

// Everything that can be made of every number with the keys that are left, and the search for it.
class Guesses {
 public:
  explicit Guesses(std::vector<std::string> numbers) : numbers_(std::move(numbers)) {}

  // `make` makes of a number what may stand for it: eight octets or more.
  template <typename Make>
  void Add(const Make& make) {
    for (uint32_t i = 0; i < numbers_.size(); ++i) {
      uint64_t beginning = 0;
      const std::string guess = make(numbers_[i]);
      std::memcpy(&beginning, guess.data(), sizeof(beginning));
      guesses_.emplace_back(beginning, i);
      (*hints_)[HintOf(beginning)] = true;
    }
    sorted_ = false;
  }

  size_t size() const { return guesses_.size(); }

  // The numbers of which something stands in the octets, at any place.
  void FindIn(std::string_view octets, std::set<std::string>& found) {
    if (!sorted_) std::sort(guesses_.begin(), guesses_.end());
    sorted_ = true;
    for (size_t i = 0; i + sizeof(uint64_t) <= octets.size(); ++i) {
      uint64_t window = 0;
      std::memcpy(&window, octets.data() + i, sizeof(window));
      if (!(*hints_)[HintOf(window)]) continue;
      const auto match = std::lower_bound(guesses_.begin(), guesses_.end(), std::pair<uint64_t, uint32_t>(window, 0));
      if (match != guesses_.end() && match->first == window) found.insert(numbers_[match->second]);
    }
  }

 private:
  // Guesses are hashes: any of their bits tell them apart.
  static size_t HintOf(uint64_t beginning) { return beginning & 0x7FFFFFF; }

  std::vector<std::string> numbers_;
  std::vector<std::pair<uint64_t, uint32_t>> guesses_;
  std::unique_ptr<std::bitset<0x8000000>> hints_ = std::make_unique<std::bitset<0x8000000>>();
  bool sorted_ = true;
};

// What a cell holds, if `key` sealed it: its tag is not asked, so that nothing need be known of
// where it stood.
std::string OpenUnasked(const std::string& key, std::string_view cell) {
  constexpr size_t kBefore = 13;
  constexpr size_t kAfter = 16;
  if (cell.size() <= kBefore + kAfter) return {};
  // The counter of AES-GCM's first block of text.
  std::string counter(cell.substr(1, 12));
  counter += std::string("\0\0\0\2", 4);
  const std::string_view text = cell.substr(kBefore, cell.size() - kBefore - kAfter);
  std::string opened(text.size(), '\0');
  int length = 0;
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free);
  const auto octets = [](const char* data) { return reinterpret_cast<const unsigned char*>(data); };
  EXPECT_EQ(EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, octets(key.data()), octets(counter.data())),
            1);
  EXPECT_EQ(EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(opened.data()), &length,
                              octets(text.data()), static_cast<int>(text.size())),
            1);
  return opened;
}

class BruteForceTest : public ErasureFixture {
 protected:
  // A report of the child that will be erased.
  static v1::SubmitReportRequest ReportOfErased() {
    v1::SubmitReportRequest request = SchoolReport(kChild);
    request.mutable_submission()->mutable_child()->set_given_name(kErased);
    request.mutable_submission()->mutable_concern()->set_child_said(kErased);
    return request;
  }

  // Somebody reads in an emergency, and gives the child's number and a reason that can be guessed.
  v1::DeclareEmergencyAccessRequest DeclareEmergency() {
    v1::DeclareEmergencyAccessRequest request;
    request.set_parent(kBoard);
    request.set_request_id(NewRequestId());
    request.set_identity_number(kChild);
    request.set_reason("Akut.");
    Do(YouthCaseworker(), &EmergencyAccesses::DeclareEmergencyAccess, request);
    return request;
  }

  // The tables of all databases, the statistics that PostgreSQL makes of them, and the logs.
  std::vector<Loot> TakeEverything() {
    std::vector<Trace> traces = DumpOf(*set_);
    for (const Trace& trace : LogsOf(*set_)) traces.push_back(trace);
    const auto statistics = set_->Query("SELECT starelid::regclass || '.' || staattnum, s::text FROM pg_statistic s");
    EXPECT_OK(statistics);
    for (const auto& row : *statistics) traces.push_back({"statistics of " + row[0], row[1]});
    return LootOf(traces);
  }

  // The files of all tables and indexes.
  std::vector<Loot> TakeFiles() {
    std::vector<Loot> loot;
    for (Trace& trace : FilesOf(*set_)) {
      if (absl::StartsWith(trace.place, "file base/")) loot.push_back({trace.place, std::move(trace.octets)});
    }
    EXPECT_THAT(loot, Not(IsEmpty()));
    return loot;
  }

  // The secrets of the services.
  keys::KeyList ListOfKeys(std::string_view name) { return keys::KeyList::Load(set_->SecretFile(name)).value(); }
  keys::KeyFile KeyFileOf(std::string_view name) { return keys::KeyFile::Load(set_->SecretFile(name)).value(); }

  // All ways in which the services make something of an identity number, and some that they
  // do not.
  Guesses Guess(const v1::DeclareEmergencyAccessRequest& known) {
    Guesses guesses(NumbersOf(kBirthYear));
    const keys::KeyList index_keys = ListOfKeys("intake.index");
    for (const char* const purpose : {"intake/child", "intake/unit", "intake/assignee", "intake/sender",
                                      "intake/emergency-access", "intake/staff-name"}) {
      const keys::BlindIndex index(index_keys, purpose);
      guesses.Add([&](const std::string& number) { return index.TagOf({"0180", "skarholmen", number}); });
    }
    for (const char* const list : {"intake.kek", "audit.kek"}) {
      const keys::BlindIndex index(ListOfKeys(list), "intake/child");
      guesses.Add([&](const std::string& number) { return index.TagOf({"0180", "skarholmen", number}); });
    }
    const audit::SearchTags tags(KeyFileOf("audit.key").Derive("audit/search-tag"));
    for (const auto kind : {audit::SearchTags::Kind::kChild, audit::SearchTags::Kind::kResource}) {
      guesses.Add([&](const std::string& number) { return tags.Of(kind, {"0180", "skarholmen"}, number); });
    }
    const std::string fingerprint_key = KeyFileOf("intake.key").Derive("intake/request-fingerprint");
    v1::DeclareEmergencyAccessRequest declared = known;
    guesses.Add([&](const std::string& number) {
      declared.set_identity_number(number);
      return keys::HmacSha256(fingerprint_key, Deterministic(declared));
    });
    guesses.Add([&](const std::string& number) { return keys::HmacSha256(fingerprint_key, number); });
    guesses.Add([](const std::string& number) { return Sha256(number); });
    guesses.Add([](const std::string& number) { return number; });
    guesses.Add([](const std::string& number) { return absl::StrCat(number.substr(2, 6), "-", number.substr(8)); });
    return guesses;
  }

  // Which numbers of the year the attacker finds, and in which places.
  static std::set<std::string> FoundIn(const std::vector<Loot>& loot, Guesses& guesses, std::set<std::string>& places) {
    std::set<std::string> found;
    for (const Loot& piece : loot) {
      std::set<std::string> here;
      guesses.FindIn(piece.octets, here);
      if (here.count(kChild) > 0) places.insert(piece.place);
      found.merge(here);
    }
    return found;
  }

  // Where the text stands in the open.
  static std::set<std::string> PlacesIn(const std::vector<Loot>& loot, const std::string& text) {
    std::set<std::string> places;
    for (const Loot& piece : loot) {
      if (absl::StrContains(piece.octets, text)) places.insert(piece.place);
    }
    return places;
  }

  // The data keys that are left, in any database.
  std::vector<std::string> DataKeysIn(const std::vector<Trace>& dump) {
    std::vector<std::string> secrets;
    for (const Trace& trace : dump) {
      if (!absl::EndsWith(trace.place, ".data_key")) continue;
      for (const absl::string_view line : absl::StrSplit(trace.octets, '\n')) {
        const std::vector<std::string> columns = absl::StrSplit(line, '\t');
        if (columns.size() < 3) continue;
        const std::vector<std::string> wrapped = CellsIn(columns[2]);
        if (wrapped.empty()) continue;
        for (const char* const list : {"intake.kek", "audit.kek"}) {
          const sealing::KeyEncryptionKeys keys(ListOfKeys(list));
          const auto secret = keys.Unwrap(columns[1], wrapped.front(), columns[0]);
          if (secret.ok()) secrets.push_back(*secret);
        }
      }
    }
    return secrets;
  }

  // Where any key that is left opens any cell that is left and finds one of `texts`.
  std::string OpenAll(const std::vector<std::string>& texts) {
    const std::vector<Trace> dump = DumpOf(*set_);
    const std::vector<std::string> secrets = DataKeysIn(dump);
    EXPECT_THAT(secrets, Not(IsEmpty()));
    std::string found;
    for (const Trace& trace : dump) {
      if (absl::EndsWith(trace.place, ".data_key")) continue;
      for (const std::string& cell : CellsIn(trace.octets)) {
        for (const std::string& secret : secrets) {
          const std::string opened = OpenUnasked(secret, cell);
          for (const std::string& text : texts) {
            if (absl::StrContains(opened, text)) absl::StrAppend(&found, text, " in ", trace.place, "\n");
          }
        }
      }
    }
    return found;
  }
};

TEST_F(BruteForceTest, NumbersOfAYearHaveTheirCheckDigits) {
  const std::vector<std::string> numbers = NumbersOf(kBirthYear);
  EXPECT_EQ(numbers.size(), 366'000u);
  EXPECT_EQ(std::count(numbers.begin(), numbers.end(), kChild), 1);
  EXPECT_EQ(std::count(numbers.begin(), numbers.end(), kSibling), 1);
  int refused = 0;
  for (size_t i = 0; i < numbers.size(); i += 997) {
    if (!identity::IdentityNumber::Parse(numbers[i], absl::CivilDay(2026, 1, 12)).ok()) ++refused;
  }
  // Those whose birth number is 000, which nobody has.
  EXPECT_LE(refused, 1);
}

TEST_F(BruteForceTest, NoNumberOfTheYearLeadsToAnErasedChild) {
  const v1::Report report = NotOpened(ReportOfErased(), kErased);
  ASSERT_OK_AND_ASSIGN(const v1::Report read, Get(report.name()));
  const v1::Erasure proposed = AwaitProposal();
  // Of the same year, and stays.
  Do(Principal(), &Reports::SubmitReport, SchoolReport(kSibling));
  Guesses guesses = Guess(DeclareEmergency());
  AwaitDelivery();
  ASSERT_OK(set_->Query("ANALYZE"));

  const std::vector<std::string> texts = {kErased, kSecret, kChild, read.child()};
  std::set<std::string> places;
  EXPECT_THAT(FoundIn(TakeEverything(), guesses, places), UnorderedElementsAre(kChild, kSibling));
  EXPECT_THAT(places, Contains("samverkan: intake.child"));
  EXPECT_THAT(places, Contains("samverkan: intake.request"));
  EXPECT_THAT(OpenAll(texts), HasSubstr(absl::StrCat(kErased, " in samverkan: intake.report")));

  FoundIn(TakeFiles(), guesses, places);
  EXPECT_THAT(places, Contains(StartsWith("file base/")));

  Approve(proposed, report);
  AwaitErased(proposed);
  places.clear();
  EXPECT_THAT(FoundIn(TakeEverything(), guesses, places), ElementsAre(kSibling));
  EXPECT_THAT(places, IsEmpty());
  const std::string opened = OpenAll(texts);
  EXPECT_THAT(opened, HasSubstr(absl::StrCat(kSecret, " in samverkan: intake.report")));
  EXPECT_THAT(opened, Not(HasSubstr(kErased)));
  EXPECT_THAT(opened, Not(HasSubstr(kChild)));
  EXPECT_THAT(opened, Not(HasSubstr(read.child())));
  EXPECT_THAT(PlacesIn(TakeEverything(), read.child()), Not(Contains(StartsWith("samverkan: audit."))));

  // What the runbook says of the server's disk.
  ASSERT_OK(set_->Query("VACUUM FULL"));
  FoundIn(TakeFiles(), guesses, places);
  EXPECT_THAT(places, IsEmpty());
}

}  // namespace
}  // namespace samverkan::tests
