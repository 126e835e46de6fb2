#include "libs/sealing/testing/test_key_ring.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/log/logger.h"
#include "libs/pg/uuid.h"
#include "libs/sealing/aead.h"

namespace samverkan::sealing::testing {
namespace {

template <typename T>
T Must(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::cerr << result.status() << std::endl;
  std::abort();
}

}  // namespace

keys::KeyList KeyListOf(std::string_view characters) {
  const std::string path = absl::StrCat(std::getenv("TEST_TMPDIR"), "/", pg::Uuid::Random().ToString());
  std::ofstream file(path);
  for (const char c : characters) {
    file << "key-" << c << " " << absl::Base64Escape(std::string(kKeySize, c)) << "\n";
  }
  file.close();
  chmod(path.c_str(), 0600);
  return Must(keys::KeyList::Load(path));
}

TestKeyRing::TestKeyRing(std::string_view service)
    : database_("services/" + std::string(service) + "/key_schema"),
      pool_(Must(pg::Pool::Open(database_.ConninfoFor(service), 3))),
      ring_(Must(KeyRing::Open(*pool_, KeyEncryptionKeys(KeyListOf("k")), log::Logger("test", clock_)))) {}

}  // namespace samverkan::sealing::testing
