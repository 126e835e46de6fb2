#ifndef SAMVERKAN_TESTS_E2E_PLANTED_H_
#define SAMVERKAN_TESTS_E2E_PLANTED_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace samverkan::tests {

// Texts that were planted and must not be found again, and the search for them in octets of
// any origin: a dump, a log, the files of a server. Finds a text
//   - in UTF-8, Latin-1 and UTF-16; in lower case, and with its marks stripped too, as names
//     are compared;
//   - with its letters beyond ASCII escaped as JSON, C, PostgreSQL and addresses do;
//   - within hex, in capitals or not, and base64 of the standard or the URL alphabet, where
//     the text may begin at any of their digits; and within one of these inside the other.
// Not: in what is compressed, encrypted, or broken over lines.
class PlantedTexts {
 public:
  // What is shorter, in octets, can stand anywhere by chance.
  static constexpr size_t kShortest = 6;

  // `allowed` may stand in the open: a part of one of them is not searched for, however its
  // letters are written.
  explicit PlantedTexts(std::vector<std::string> allowed = {}) : allowed_(std::move(allowed)) {}

  // Where a text was first found, and how often.
  struct Find {
    std::string text;
    // "UTF-8", "hex of Latin-1".
    std::string encoding;
    // In the octets searched, which for an encoded text is that of the run it stands in.
    size_t offset = 0;
    int count = 0;
  };

  // False where it is too short to be searched for, or allowed; nothing is added then. `text` is
  // UTF-8.
  bool Add(std::string_view text);

  // The same for a long text, of which a part may be found: it is searched for in pieces of
  // sixteen octets, of which every part of twice that length holds one.
  void AddWithParts(std::string_view text);

  // An identity number in each form that people write. `digits` are all twelve.
  void AddIdentityNumber(std::string_view digits);

  // What of them stands in `octets`: one find for each text and encoding.
  std::vector<Find> FindIn(std::string_view octets) const;

  bool Has(std::string_view text) const { return texts_.count(std::string(text)) > 0; }
  size_t size() const { return texts_.size(); }

 private:
  // Octets that give a text away.
  struct Pattern {
    std::string octets;
    std::string text;
    std::string encoding;
  };
  using Finds = std::map<std::pair<std::string, std::string>, Find>;

  void AddPattern(std::string octets, const std::string& text, const std::string& encoding);
  void AddEncodings(const std::string& form, const std::string& text, const std::string& suffix);
  // `wrapping` stands before the encoding; `base` is where `octets` begin in what is searched,
  // or the place of the run that they were decoded from.
  void Search(std::string_view octets, const std::string& wrapping, int depth, size_t base, Finds& finds) const;
  void SearchHex(std::string_view octets, const std::string& wrapping, int depth, size_t base, Finds& finds) const;
  void SearchBase64(std::string_view octets, const std::string& wrapping, int depth, size_t base, Finds& finds) const;

  std::vector<std::string> allowed_;
  std::set<std::string> texts_;
  std::vector<Pattern> patterns_;
  // The patterns that begin with these four octets; the bits say which two a pattern begins with.
  std::unordered_map<uint32_t, std::vector<size_t>> by_beginning_;
  std::bitset<65536> beginnings_;
};

}  // namespace samverkan::tests

#endif  // SAMVERKAN_TESTS_E2E_PLANTED_H_
