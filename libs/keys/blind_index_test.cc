#include "libs/keys/blind_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "absl/strings/escaping.h"

namespace samverkan::keys {
namespace {

using ::testing::ElementsAre;

KeyList ListOf(const std::string& name, const std::string& octets) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
  std::ofstream file(path);
  for (const char octet : octets) file << "key-" << octet << " " << absl::Base64Escape(std::string(32, octet)) << "\n";
  file.close();
  chmod(path.c_str(), 0600);
  return *KeyList::Load(path);
}

TEST(BlindIndexTest, TheSameValueHasTheSameTagAndNoOtherHas) {
  const KeyList list = ListOf("one", "a");
  const BlindIndex index(list, "intake/child");
  EXPECT_EQ(index.TagOf({"0180", "skarholmen", "201202252399"}).size(), BlindIndex::kTagSize);
  EXPECT_EQ(index.TagOf({"0180", "skarholmen", "201202252399"}), index.TagOf({"0180", "skarholmen", "201202252399"}));
  const std::set<std::string> tags = {
      index.TagOf({"0180", "skarholmen", "201202252399"}),
      index.TagOf({"0180", "rinkeby", "201202252399"}),
      index.TagOf({"0180skarholmen", "201202252399"}),
      index.TagOf({"0180", "skarholmen201202252399"}),
      index.TagOf({"0180", "skarholmen", "201202252399", ""}),
      BlindIndex(list, "intake/sender").TagOf({"0180", "skarholmen", "201202252399"}),
      BlindIndex(ListOf("other", "b"), "intake/child").TagOf({"0180", "skarholmen", "201202252399"})};
  EXPECT_EQ(tags.size(), 7u);
}

TEST(BlindIndexTest, WhileTheKeyChangesAValueIsAskedForUnderBoth) {
  const BlindIndex old(ListOf("old", "a"), "intake/child");
  const BlindIndex both(ListOf("both", "ba"), "intake/child");
  EXPECT_EQ(both.key_id(), "key-b");
  EXPECT_THAT(both.TagsOf({"x"}), ElementsAre(both.TagOf({"x"}), old.TagOf({"x"})));
}

// Stored tags hang on these octets: they must never change.
TEST(BlindIndexTest, KeepsItsTagsForEver) {
  const BlindIndex index(ListOf("frozen", "a"), "intake/child");
  EXPECT_EQ(absl::BytesToHexString(index.TagOf({"0180", "skarholmen", "201202252399"})),
            "d4698a5f7942a9ffdf574dbccc51789b");
}

}  // namespace
}  // namespace samverkan::keys
