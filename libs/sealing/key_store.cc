#include "libs/sealing/key_store.h"

#include <utility>

#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/status/macros.h"

namespace samverkan::sealing {
namespace {

constexpr int64_t kRewrapBatch = 256;

constexpr pg::Statement kKeyEncryptionKeys = {"key_encryption_keys",
                                              "SELECT id, check_value FROM key_encryption_keys()"};
constexpr pg::Statement kAddKeyEncryptionKey = {"add_key_encryption_key", "SELECT FROM add_key_encryption_key($1, $2)"};
constexpr pg::Statement kRemoveKeyEncryptionKey = {"remove_key_encryption_key", "SELECT remove_key_encryption_key($1)"};
constexpr pg::Statement kAddDataKeys = {"add_data_keys", "SELECT FROM add_data_keys($1, $2, $3)"};
constexpr pg::Statement kFindDataKeys = {"find_data_keys", "SELECT id, wrapped_by, wrapped FROM find_data_keys($1)"};
constexpr pg::Statement kDestroyDataKeys = {"destroy_data_keys", "SELECT destroy_data_keys($1, $2, $3)"};
constexpr pg::Statement kDestructionsAfter = {"destructions_after",
                                              "SELECT sequence, id, note FROM destructions_after($1)"};
constexpr pg::Statement kLastDestruction = {"last_destruction", "SELECT last_destruction()"};
constexpr pg::Statement kNotWrappedBy = {"data_keys_not_wrapped_by",
                                         "SELECT id, wrapped_by, wrapped FROM data_keys_not_wrapped_by($1, $2)"};
constexpr pg::Statement kRewrapDataKeys = {"rewrap_data_keys", "SELECT FROM rewrap_data_keys($1, $2, $3)"};

absl::StatusOr<std::vector<WrappedKey>> ReadKeys(const pg::Rows& rows) {
  std::vector<WrappedKey> keys;
  for (const pg::Row row : rows) {
    WrappedKey key;
    pg::Bytes wrapped;
    RETURN_IF_ERROR(row.Into(key.id, key.wrapped_by, wrapped));
    key.wrapped = std::move(wrapped.data);
    keys.push_back(std::move(key));
  }
  return keys;
}

absl::Status Execute(pg::Pool& pool, absl::Time deadline, const pg::Statement& statement, const pg::Params& params) {
  return pool.Write({}, deadline, statement.name,
                    [&](pg::Transaction& transaction) { return transaction.Execute(statement, params).status(); });
}

}  // namespace

absl::StatusOr<std::vector<KeyStore::KeyEncryptionKey>> KeyStore::KeyEncryptionKeys(absl::Time deadline) {
  return pool_.Read({}, deadline, kKeyEncryptionKeys.name,
                    [](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<KeyEncryptionKey>> {
                      ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kKeyEncryptionKeys));
                      std::vector<KeyEncryptionKey> keys;
                      for (const pg::Row row : rows) {
                        KeyEncryptionKey key;
                        pg::Bytes check_value;
                        RETURN_IF_ERROR(row.Into(key.id, check_value));
                        key.check_value = std::move(check_value.data);
                        keys.push_back(std::move(key));
                      }
                      return keys;
                    });
}

absl::Status KeyStore::AddKeyEncryptionKey(const KeyEncryptionKey& key, absl::Time deadline) {
  return Execute(pool_, deadline, kAddKeyEncryptionKey, pg::Params(key.id, pg::Bytes{key.check_value}));
}

absl::StatusOr<bool> KeyStore::RemoveKeyEncryptionKey(const std::string& id, absl::Time deadline) {
  return pool_.Write(
      {}, deadline, kRemoveKeyEncryptionKey.name, [&](pg::Transaction& transaction) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Execute(kRemoveKeyEncryptionKey, pg::Params(id)));
        return rows[0].Get<bool>(0);
      });
}

absl::Status KeyStore::Add(const std::vector<WrappedKey>& keys, absl::Time deadline) {
  if (keys.empty()) return absl::OkStatus();
  std::vector<pg::Uuid> ids;
  std::vector<pg::Bytes> wrapped;
  for (const WrappedKey& key : keys) {
    ids.push_back(key.id);
    wrapped.push_back(pg::Bytes{key.wrapped});
  }
  return Execute(pool_, deadline, kAddDataKeys, pg::Params(keys.front().wrapped_by, ids, wrapped));
}

absl::StatusOr<std::vector<WrappedKey>> KeyStore::Find(const std::vector<pg::Uuid>& ids, absl::Time deadline) {
  return pool_.Read({}, deadline, kFindDataKeys.name,
                    [&](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<WrappedKey>> {
                      ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindDataKeys, pg::Params(ids)));
                      return ReadKeys(rows);
                    });
}

absl::StatusOr<int64_t> KeyStore::Destroy(const pg::Uuid& id, const std::string& note,
                                          const std::vector<pg::Uuid>& keys, absl::Time deadline) {
  return pool_.Write({}, deadline, kDestroyDataKeys.name, [&](pg::Transaction& transaction) -> absl::StatusOr<int64_t> {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Execute(kDestroyDataKeys, pg::Params(id, pg::Bytes{note}, keys)));
    return rows[0].Get<int64_t>(0);
  });
}

absl::StatusOr<std::vector<Destruction>> KeyStore::DestructionsAfter(int64_t sequence, absl::Time deadline) {
  return pool_.Read({}, deadline, kDestructionsAfter.name,
                    [&](pg::ReadTransaction& transaction) -> absl::StatusOr<std::vector<Destruction>> {
                      ASSIGN_OR_RETURN(const pg::Rows rows,
                                       transaction.Query(kDestructionsAfter, pg::Params(sequence)));
                      std::vector<Destruction> destructions;
                      for (const pg::Row row : rows) {
                        Destruction& destruction = destructions.emplace_back();
                        pg::Bytes note;
                        RETURN_IF_ERROR(row.Into(destruction.sequence, destruction.id, note));
                        destruction.note = std::move(note.data);
                      }
                      return destructions;
                    });
}

absl::StatusOr<int64_t> KeyStore::LastDestruction(absl::Time deadline) {
  return pool_.Read({}, deadline, kLastDestruction.name,
                    [&](pg::ReadTransaction& transaction) -> absl::StatusOr<int64_t> {
                      ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kLastDestruction));
                      return rows[0].Get<int64_t>(0);
                    });
}

absl::StatusOr<int64_t> KeyStore::RewrapSome(const std::string& current, const Rewrap& rewrap, absl::Time deadline) {
  return pool_.Write({}, deadline, kRewrapDataKeys.name, [&](pg::Transaction& transaction) -> absl::StatusOr<int64_t> {
    ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Execute(kNotWrappedBy, pg::Params(current, kRewrapBatch)));
    ASSIGN_OR_RETURN(const std::vector<WrappedKey> keys, ReadKeys(rows));
    if (keys.empty()) return 0;
    std::vector<pg::Uuid> ids;
    std::vector<pg::Bytes> wrapped;
    for (const WrappedKey& key : keys) {
      ids.push_back(key.id);
      ASSIGN_OR_RETURN(wrapped.emplace_back().data, rewrap(key));
    }
    RETURN_IF_ERROR(transaction.Execute(kRewrapDataKeys, pg::Params(current, ids, wrapped)).status());
    return static_cast<int64_t>(keys.size());
  });
}

}  // namespace samverkan::sealing
