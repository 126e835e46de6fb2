#include "services/intake/staff_name_store.h"

#include <algorithm>
#include <vector>

#include "libs/pg/caller_scope.h"
#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/status/macros.h"

namespace samverkan::intake {
namespace {

constexpr pg::Statement kListStaffNames = {"list_staff_names",
                                           "SELECT tag FROM staff_name WHERE municipality = $1 AND authority = $2"};

constexpr pg::Statement kAddStaffName = {
    "add_staff_name",
    "INSERT INTO staff_name (municipality, authority, tag, index_key) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"};

Jurisdiction BoardOf(const auth::Caller& caller) { return {caller.municipality, caller.authority}; }

}  // namespace

absl::StatusOr<std::set<audit::v1::RiskSign>> StaffNameStore::SignsOf(const rpc::CallContext& call, FileRead read) {
  const auth::Caller& reader = call.caller;
  const bool own_board =
      reader.municipality == read.placement.municipality && reader.authority == read.placement.authority;
  if (!own_board || !WorksAtSocialServices(reader)) return std::set<audit::v1::RiskSign>();
  RETURN_IF_ERROR(Recall(call));
  RETURN_IF_ERROR(Learn(call));
  read.names_a_colleague = KnowsAny(reader, read.names.full_names);
  return RiskSignsOf(reader, read);
}

absl::Status StaffNameStore::Recall(const rpc::CallContext& call) {
  const Board board{call.caller.municipality, call.caller.authority};
  const absl::Time now = clock_.Now();
  {
    const std::lock_guard lock(mutex_);
    const auto found = staff_.find(board);
    if (found != staff_.end() && found->second.until > now) return absl::OkStatus();
  }
  const auto read = [&](pg::ReadTransaction& transaction) -> absl::StatusOr<std::set<std::string>> {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kListStaffNames, pg::Params(board.first, board.second)));
    std::set<std::string> tags;
    for (const pg::Row row : rows) {
      ASSIGN_OR_RETURN(pg::Bytes tag, row.Get<pg::Bytes>(0));
      tags.insert(std::move(tag.data));
    }
    return tags;
  };
  ASSIGN_OR_RETURN(std::set<std::string> tags,
                   pool_.Read(pg::ScopeOf(call.caller), call.deadline, kListStaffNames.name, read));
  const std::lock_guard lock(mutex_);
  if (staff_.size() >= kMostBoards) staff_.clear();
  staff_[board] = {std::move(tags), now + kRemembered};
  return absl::OkStatus();
}

absl::Status StaffNameStore::Learn(const rpc::CallContext& call) {
  const std::string name = FoldedNameOf(call.caller);
  if (name.empty()) return absl::OkStatus();
  const Board board{call.caller.municipality, call.caller.authority};
  const pg::Bytes tag = tags_.StaffName(BoardOf(call.caller), name).front();
  {
    const std::lock_guard lock(mutex_);
    if (staff_[board].tags.count(tag.data) > 0) return absl::OkStatus();
  }
  RETURN_IF_ERROR(
      pool_.Write(pg::ScopeOf(call.caller), call.deadline, kAddStaffName.name, [&](pg::Transaction& transaction) {
        return transaction.Execute(kAddStaffName, pg::Params(board.first, board.second, tag, tags_.key_id())).status();
      }));
  const std::lock_guard lock(mutex_);
  staff_[board].tags.insert(tag.data);
  return absl::OkStatus();
}

bool StaffNameStore::KnowsAny(const auth::Caller& caller, const std::set<std::string>& names) {
  std::vector<pg::Bytes> tags;
  for (const std::string& name : names) {
    for (pg::Bytes& tag : tags_.StaffName(BoardOf(caller), name)) tags.push_back(std::move(tag));
  }
  const std::lock_guard lock(mutex_);
  const std::set<std::string>& known = staff_[{caller.municipality, caller.authority}].tags;
  return std::any_of(tags.begin(), tags.end(), [&](const pg::Bytes& tag) { return known.count(tag.data) > 0; });
}

}  // namespace samverkan::intake
