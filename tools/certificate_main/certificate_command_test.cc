#include "tools/certificate_main/certificate_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "libs/testing/status_matchers.h"
#include "libs/tls/certificate.h"
#include "libs/tls/credentials.h"

namespace samverkan::certificate_main {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CertificateCommandTest : public ::testing::Test {
 protected:
  CertificateCommandTest() { std::filesystem::remove_all(run_); }

  int Run(std::vector<std::string> arguments) {
    out_.str("");
    error_.str("");
    arguments.push_back("--run-dir=" + run_);
    return RunCertificateCommand(arguments, out_, error_);
  }

  // The value of a printed variable.
  std::string Value(const std::string& name) const {
    const std::string begin = name + "='";
    const size_t at = out_.str().find(begin) + begin.size();
    return out_.str().substr(at, out_.str().find('\'', at) - at);
  }

  tls::Certificate Printed() const {
    const auto certificate = tls::CheckFiles(
        {.certificate = Value("SAMVERKAN_CERT"), .key = Value("SAMVERKAN_KEY"), .authorities = Value("SAMVERKAN_CA")});
    EXPECT_OK(certificate) << out_.str();
    return certificate.value_or(tls::Certificate());
  }

  const std::string run_ =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name() + "/run";
  std::ostringstream out_;
  std::ostringstream error_;
};

TEST_F(CertificateCommandTest, PrintsACertificateOfASystem) {
  ASSERT_EQ(Run({}), 0) << error_.str();
  EXPECT_THAT(Printed().uris, ElementsAre("spiffe://samverkan/system/skolportalen/municipality/0180"));
  ASSERT_EQ(Run({"--system", "lifecare", "--municipality=0126"}), 0) << error_.str();
  EXPECT_THAT(Printed().uris, ElementsAre("spiffe://samverkan/system/lifecare/municipality/0126"));
}

TEST_F(CertificateCommandTest, PrintsTheSameOneUntilItIsRevoked) {
  ASSERT_EQ(Run({}), 0);
  const std::string first = Printed().thumbprint;
  ASSERT_EQ(Run({}), 0);
  EXPECT_EQ(Printed().thumbprint, first);
  ASSERT_EQ(Run({"--revoke"}), 0) << error_.str();
  EXPECT_NE(Printed().thumbprint, first);
}

TEST_F(CertificateCommandTest, PrintsACertificateOfAService) {
  ASSERT_EQ(Run({"--service=intake"}), 0) << error_.str();
  EXPECT_THAT(Printed().uris, ElementsAre("spiffe://samverkan/service/intake"));
}

TEST_F(CertificateCommandTest, SaysWhatIsWrong) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--sytem=a"}, {"more"}, {"--system=../a"}, {"--municipality=180"}, {"--revoke", "--service=intake"}}) {
    EXPECT_EQ(Run(arguments), 2) << arguments[0];
    EXPECT_THAT(error_.str(), Not(IsEmpty()));
    EXPECT_THAT(out_.str(), IsEmpty());
  }
  EXPECT_EQ(RunCertificateCommand({"--system"}, out_, error_), 2) << "without its value";
  EXPECT_EQ(Run({"--revoke"}), 1) << "there is none yet";
  EXPECT_EQ(RunCertificateCommand({"--run-dir=/dev/null"}, out_, error_), 1);
}

TEST_F(CertificateCommandTest, Helps) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("--revoke"));
}

}  // namespace
}  // namespace samverkan::certificate_main
