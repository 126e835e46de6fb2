// What it takes to seal the cells of one submission, for tools/bench.d/protection_figures.py: each
// round takes fresh data keys from the database of keys, and seals and opens one cell of each length.
//
//   sealing_cost --keys_database=CONNINFO --key_encryption_keys=F --lengths=900,300 --keys=2
//
// Prints one JSON line: {"microseconds": …}, of a round, the making of its keys included.

#include <iostream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/keys/key_list.h"
#include "libs/log/logger.h"
#include "libs/pg/pool.h"
#include "libs/sealing/key_ring.h"
#include "libs/status/macros.h"

ABSL_FLAG(std::string, keys_database, "", "libpq connection string of the database of keys");
ABSL_FLAG(std::string, key_encryption_keys, "", "file of the key-encryption keys");
ABSL_FLAG(std::vector<std::string>, lengths, {}, "octets of each cell of a round");
ABSL_FLAG(int, keys, 1, "data keys of a round");
ABSL_FLAG(int, rounds, 10'000, "how many rounds");

namespace samverkan::bench {
namespace {

absl::Status SealCells(sealing::KeyRing& ring, const std::vector<std::string>& cells) {
  const absl::Time deadline = clock::SystemClock().Now() + absl::Seconds(10);
  sealing::DataKeyPtr key;
  for (int i = 0; i < absl::GetFlag(FLAGS_keys); ++i) {
    ASSIGN_OR_RETURN(key, ring.Fresh(deadline));
  }
  for (const std::string& plaintext : cells) {
    const sealing::Cell cell = {.column = "bench.cell", .municipality = "0180", .row = key->id()};
    RETURN_IF_ERROR(key->Open(cell, key->Seal(cell, plaintext)).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> Run() {
  const clock::SystemClock clock;
  ASSIGN_OR_RETURN(const auto pool, pg::Pool::Open(absl::GetFlag(FLAGS_keys_database), 2));
  ASSIGN_OR_RETURN(keys::KeyList list, keys::KeyList::Load(absl::GetFlag(FLAGS_key_encryption_keys)));
  ASSIGN_OR_RETURN(const auto ring, sealing::KeyRing::Open(*pool, sealing::KeyEncryptionKeys(std::move(list)),
                                                           log::Logger("sealing_cost", clock)));
  std::vector<std::string> cells;
  for (const std::string& length : absl::GetFlag(FLAGS_lengths)) {
    int octets = 0;
    if (!absl::SimpleAtoi(length, &octets)) return absl::InvalidArgumentError("--lengths expects numbers");
    cells.emplace_back(octets, 'x');
  }
  const int rounds = absl::GetFlag(FLAGS_rounds);
  const absl::Time start = clock.Now();
  for (int i = 0; i < rounds; ++i) RETURN_IF_ERROR(SealCells(*ring, cells));
  return (clock.Now() - start) / rounds;
}

}  // namespace
}  // namespace samverkan::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  const absl::StatusOr<absl::Duration> taken = samverkan::bench::Run();
  if (!taken.ok()) {
    std::cerr << "sealing_cost: " << taken.status() << "\n";
    return 1;
  }
  std::cout << "{\"microseconds\": " << absl::ToDoubleMicroseconds(*taken) << "}\n";
  return 0;
}
