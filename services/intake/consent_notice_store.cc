#include "services/intake/consent_notice_store.h"

#include <utility>

#include "libs/pg/statement.h"
#include "libs/pg/values.h"
#include "libs/status/macros.h"

namespace samverkan::intake {
namespace {

constexpr pg::Statement kLead = {
    "lead_consent_notices",
    "SELECT pg_try_advisory_xact_lock(hashtext('consent_notices'), hashtext(current_schema()))"};

constexpr pg::Statement kFindNotices = {"find_consent_notices",
                                        "SELECT sequence, municipality, authority, child, report, on_hold"
                                        "  FROM consent_notice WHERE child <> ALL($1) ORDER BY sequence LIMIT $2"};

constexpr pg::Statement kDeleteNotices = {"delete_consent_notices",
                                          "DELETE FROM consent_notice WHERE sequence = ANY($1)"};

constexpr pg::Statement kOldestNotice = {"oldest_consent_notice",
                                         "SELECT (extract(epoch FROM now() - create_time) * 1000000)::bigint"
                                         "  FROM consent_notice ORDER BY sequence LIMIT 1"};

}  // namespace

absl::StatusOr<bool> LeadConsentNotices(pg::Transaction& transaction) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kLead));
  return rows[0].Get<bool>(0);
}

absl::StatusOr<std::vector<ConsentNotice>> FindConsentNotices(pg::Transaction& transaction,
                                                              const std::vector<pg::Uuid>& passed_over, int64_t most) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kFindNotices, pg::Params(passed_over, most)));
  std::vector<ConsentNotice> notices;
  for (const pg::Row row : rows) {
    ConsentNotice& notice = notices.emplace_back();
    RETURN_IF_ERROR(
        row.Into(notice.sequence, notice.municipality, notice.authority, notice.child, notice.report, notice.on_hold));
  }
  return notices;
}

absl::Status DeleteConsentNotices(pg::Transaction& transaction, const std::vector<int64_t>& sequences) {
  return transaction.Execute(kDeleteNotices, pg::Params(sequences)).status();
}

absl::StatusOr<absl::Duration> OldestConsentNotice(pg::ReadTransaction& transaction) {
  ASSIGN_OR_RETURN(const pg::Rows rows, transaction.Query(kOldestNotice));
  if (rows.empty()) return absl::ZeroDuration();
  ASSIGN_OR_RETURN(const int64_t microseconds, rows[0].Get<int64_t>(0));
  return absl::Microseconds(microseconds);
}

}  // namespace samverkan::intake
