#include "libs/auth/development_key.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace samverkan::auth {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::HasSubstr;

class DevelopmentKeyTest : public ::testing::Test {
 protected:
  DevelopmentKeyTest() { std::filesystem::remove_all(folder_); }

  std::string PathOf(std::string_view name) const { return folder_ + "/" + std::string(name); }

  std::string Read(std::string_view name) const {
    std::ifstream file(PathOf(name));
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  }

  mode_t ModeOf(const std::string& path) const {
    struct stat seen = {};
    EXPECT_EQ(stat(path.c_str(), &seen), 0) << path;
    return seen.st_mode & 0777;
  }

  const std::string folder_ =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name() + "/run/keys";
};

TEST_F(DevelopmentKeyTest, MakesFolderKeyAndKeySetOnce) {
  const auto made = OpenDevelopmentKey(folder_);
  ASSERT_OK(made);
  EXPECT_EQ(Read(kJwksFile), made->PublicJwks());
  EXPECT_EQ(Read(kSigningKeyFile), made->PrivateJwk());
  EXPECT_EQ(ModeOf(folder_), 0700u);
  EXPECT_EQ(ModeOf(PathOf(kSigningKeyFile)), 0600u);
  const auto opened = OpenDevelopmentKey(folder_);
  ASSERT_OK(opened);
  EXPECT_EQ(opened->kid(), made->kid());
}

TEST_F(DevelopmentKeyTest, LeavesNothingElseBehind) {
  ASSERT_OK(OpenDevelopmentKey(folder_));
  const std::filesystem::directory_iterator files(folder_);
  EXPECT_EQ(std::distance(begin(files), end(files)), 2);
}

TEST_F(DevelopmentKeyTest, WritesAMissingKeySetAnew) {
  const auto made = OpenDevelopmentKey(folder_);
  ASSERT_OK(made);
  std::filesystem::remove(PathOf(kJwksFile));
  ASSERT_OK(OpenDevelopmentKey(folder_));
  EXPECT_EQ(Read(kJwksFile), made->PublicJwks());
}

TEST_F(DevelopmentKeyTest, KeepsAKeySetThatSomebodyChanged) {
  ASSERT_OK(OpenDevelopmentKey(folder_));
  std::ofstream(PathOf(kJwksFile)) << "more keys";
  ASSERT_OK(OpenDevelopmentKey(folder_));
  EXPECT_EQ(Read(kJwksFile), "more keys");
}

TEST_F(DevelopmentKeyTest, RefusesAKeyThatOthersMayRead) {
  ASSERT_OK(OpenDevelopmentKey(folder_));
  chmod(PathOf(kSigningKeyFile).c_str(), 0640);
  const auto opened = OpenDevelopmentKey(folder_);
  EXPECT_THAT(opened, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("chmod 600"));
}

TEST_F(DevelopmentKeyTest, SaysWhatToDoAboutABrokenKey) {
  ASSERT_OK(OpenDevelopmentKey(folder_));
  std::ofstream(PathOf(kSigningKeyFile)) << "{";
  const auto opened = OpenDevelopmentKey(folder_);
  EXPECT_THAT(opened, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("delete it"));
}

TEST_F(DevelopmentKeyTest, SaysWhereItCannotWrite) {
  EXPECT_THAT(OpenDevelopmentKey("/dev/null/keys"), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace samverkan::auth
