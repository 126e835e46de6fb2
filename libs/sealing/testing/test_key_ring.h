#ifndef SAMVERKAN_LIBS_SEALING_TESTING_TEST_KEY_RING_H_
#define SAMVERKAN_LIBS_SEALING_TESTING_TEST_KEY_RING_H_

#include <memory>
#include <string>
#include <string_view>

#include "libs/clock/clock.h"
#include "libs/keys/key_list.h"
#include "libs/pg/pool.h"
#include "libs/sealing/key_ring.h"
#include "libs/testing/test_database.h"

// Keys for tests.
namespace samverkan::sealing::testing {

// A list of 32-octet keys, one for each character: "key-a" and "key-b" of "ab".
keys::KeyList KeyListOf(std::string_view characters);

// A key ring on a database of keys of its own. Whoever cannot have it cannot test: the
// constructor ends the process with the cause.
class TestKeyRing {
 public:
  // `service` is the name of a service, whose key schema stands in its folder key_schema.
  explicit TestKeyRing(std::string_view service);

  KeyRing& ring() { return *ring_; }
  const ::samverkan::testing::TestDatabase& database() const { return database_; }

 private:
  ::samverkan::testing::TestDatabase database_;
  const clock::SystemClock clock_;
  std::unique_ptr<pg::Pool> pool_;
  std::unique_ptr<KeyRing> ring_;
};

}  // namespace samverkan::sealing::testing

#endif  // SAMVERKAN_LIBS_SEALING_TESTING_TEST_KEY_RING_H_
