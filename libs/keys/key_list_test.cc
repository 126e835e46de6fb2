#include "libs/keys/key_list.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "libs/status/status.h"

namespace samverkan::keys {
namespace {

std::string Write(const std::string& name, const std::string& content, mode_t mode = 0600) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  chmod(path.c_str(), mode);
  return path;
}

std::string Line(const std::string& id, char octet, size_t size = 32) {
  return id + " " + absl::Base64Escape(std::string(size, octet)) + "\n";
}

TEST(KeyListTest, TheFirstIsInUseAndAllAreFound) {
  const auto list = KeyList::Load(Write("two", Line("b-2", 'b') + "\n" + Line("a-1", 'a')));
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->current().id, "b-2");
  EXPECT_EQ(list->current().secret, std::string(32, 'b'));
  ASSERT_EQ(list->keys().size(), 2u);
  ASSERT_NE(list->Find("a-1"), nullptr);
  EXPECT_EQ(list->Find("a-1")->secret, std::string(32, 'a'));
  EXPECT_EQ(list->Find("c"), nullptr);
}

TEST(KeyListTest, RefusesWhatIsNoListOfKeysAndSaysWhy) {
  const struct {
    std::string path;
    std::string said;
  } cases[] = {{"/nonexistent/list", "cannot be opened"},
               {Write("open", Line("a", 'a'), 0644), "by others"},
               {Write("empty", ""), "or nothing"},
               {Write("short", Line("a", 'a', 31)), "what is no key"},
               {Write("long", Line("a", 'a', 33)), "what is no key"},
               {Write("no-id", absl::Base64Escape(std::string(32, 'a'))), "what is no key"},
               {Write("capitals", Line("A", 'a')), "what is no key"},
               {Write("raw", "a " + std::string(32, '\xff')), "what is no key"},
               {Write("twice", Line("a", 'a') + Line("a", 'b')), "one id twice"},
               {Write("huge", std::string(20'000, 'a')), "is too long"}};
  for (const auto& each : cases) {
    const auto list = KeyList::Load(each.path);
    EXPECT_EQ(status::Reason(list.status()), "KEY_LIST_UNUSABLE") << each.path;
    EXPECT_NE(list.status().message().find(each.said), absl::string_view::npos) << list.status();
  }
}

}  // namespace
}  // namespace samverkan::keys
