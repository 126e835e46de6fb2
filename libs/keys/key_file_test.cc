#include "libs/keys/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "libs/keys/hmac.h"
#include "libs/status/status.h"

namespace samverkan::keys {
namespace {

std::string Write(const std::string& name, const std::string& content, mode_t mode = 0600) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  chmod(path.c_str(), mode);
  return path;
}

std::string Base64(const std::string& bytes) { return absl::Base64Escape(bytes); }

std::string LoadError(const std::string& path) {
  const absl::StatusOr<KeyFile> file = KeyFile::Load(path);
  EXPECT_EQ(status::Reason(file.status()), "KEY_FILE_UNUSABLE");
  return std::string(file.status().message());
}

TEST(KeyFile, DerivesOneKeyForEachPurpose) {
  const std::string path = Write("key", Base64(std::string(32, 'k')) + "\n");
  const absl::StatusOr<KeyFile> file = KeyFile::Load(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->Derive("audit/page-token").size(), 32u);
  EXPECT_NE(file->Derive("audit/page-token"), file->Derive("intake/page-token"));
  EXPECT_EQ(file->Derive("audit/page-token"), KeyFile::Load(path)->Derive("audit/page-token"));
}

// Stored blind indexes hang on these bytes: they must never change.
TEST(KeyFile, KeepsItsDerivationForEver) {
  const absl::StatusOr<KeyFile> file = KeyFile::Load(Write("frozen", Base64(std::string(32, 'k'))));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(absl::BytesToHexString(file->Derive("intake/blind-index")),
            absl::BytesToHexString(HmacSha256(std::string(32, 'k'), "intake/blind-index\x01")));
}

TEST(KeyFile, RefusesWhatIsNotAKeyAndSaysWhy) {
  const std::string good = Base64(std::string(32, 'k'));
  EXPECT_NE(LoadError("/nonexistent/key").find("cannot be opened"), std::string::npos);
  EXPECT_NE(LoadError(Write("open", good, 0640)).find("by others"), std::string::npos);
  EXPECT_NE(LoadError(Write("short", Base64(std::string(31, 'k')))).find("too few"), std::string::npos);
  EXPECT_NE(LoadError(Write("empty", "")).find("too few"), std::string::npos);
  EXPECT_NE(LoadError(Write("raw", std::string(40, '\xff'))).find("not base64"), std::string::npos);
}

TEST(KeyFile, RefusesADirectory) {
  EXPECT_NE(LoadError(std::getenv("TEST_TMPDIR")).find("cannot be read"), std::string::npos);
}

}  // namespace
}  // namespace samverkan::keys
