#ifndef SAMVERKAN_SERVICES_INTAKE_STAFF_NAME_STORE_H_
#define SAMVERKAN_SERVICES_INTAKE_STAFF_NAME_STORE_H_

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/pg/pool.h"
#include "libs/rpc/call_context.h"
#include "samverkan/audit/v1/audit.pb.h"
#include "services/intake/risk_signs.h"
#include "services/intake/store_parts.h"

namespace samverkan::intake {

// Who works at which board, by tags of their names: learned from their tokens when they read,
// so that log review can look closer where one reads a colleague's file. No name is kept.
// Thread-safe. Errors as in libs/pg.
class StaffNameStore {
 public:
  // How long what was read of a board is remembered, and how many boards.
  static constexpr absl::Duration kRemembered = absl::Minutes(1);
  static constexpr size_t kMostBoards = 256;

  // Both must outlive the store.
  StaffNameStore(pg::Pool& pool, const Tags& tags) : pool_(pool), tags_(tags) {}

  // The risk signs of a read of a file: none where the reader does not work at the social
  // services of the board that has it. Learns the reader's name, and fills in
  // `names_a_colleague`.
  absl::StatusOr<std::set<audit::v1::RiskSign>> SignsOf(const rpc::CallContext& call, FileRead read);

 private:
  // The tags of a board.
  struct Staff {
    std::set<std::string> tags;
    absl::Time until;
  };
  using Board = std::pair<std::string, std::string>;

  // Makes sure that the names of the caller's board are remembered.
  absl::Status Recall(const rpc::CallContext& call);
  // Makes sure that the caller's own name is among them.
  absl::Status Learn(const rpc::CallContext& call);
  // Whether one of the names, folded, is among them.
  bool KnowsAny(const auth::Caller& caller, const std::set<std::string>& names);

  pg::Pool& pool_;
  const Tags& tags_;
  const clock::SystemClock clock_;
  std::mutex mutex_;
  std::map<Board, Staff> staff_;
};

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_STAFF_NAME_STORE_H_
