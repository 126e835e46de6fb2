#ifndef SAMVERKAN_SERVICES_INTAKE_CONSENT_NOTICE_STORE_H_
#define SAMVERKAN_SERVICES_INTAKE_CONSENT_NOTICE_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/pg/pool.h"
#include "libs/pg/uuid.h"

// What the consent service is still to be told. The schema writes a notice in the transaction that
// changes a report's hold (schema/deploy/consent_notices.sql); these read as the role of the jobs.
namespace samverkan::intake {

// That a report came on hold, or was released.
struct ConsentNotice {
  // Place in the order in which they are told.
  int64_t sequence = 0;
  std::string municipality;
  std::string authority;
  pg::Uuid child;
  pg::Uuid report;
  bool on_hold = false;
};

// Whether this transaction is the one that may tell, until it ends: one at a time keeps the order.
absl::StatusOr<bool> LeadConsentNotices(pg::Transaction& transaction);

// The first `most` that wait, in their order, without those of the children to pass over.
absl::StatusOr<std::vector<ConsentNotice>> FindConsentNotices(pg::Transaction& transaction,
                                                              const std::vector<pg::Uuid>& passed_over, int64_t most);

// Deletes what was told.
absl::Status DeleteConsentNotices(pg::Transaction& transaction, const std::vector<int64_t>& sequences);

// How long the oldest has waited; zero where none waits.
absl::StatusOr<absl::Duration> OldestConsentNotice(pg::ReadTransaction& transaction);

}  // namespace samverkan::intake

#endif  // SAMVERKAN_SERVICES_INTAKE_CONSENT_NOTICE_STORE_H_
