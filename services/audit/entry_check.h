#ifndef SAMVERKAN_SERVICES_AUDIT_ENTRY_CHECK_H_
#define SAMVERKAN_SERVICES_AUDIT_ENTRY_CHECK_H_

#include <string>

#include "absl/time/time.h"
#include "libs/status/status.h"
#include "samverkan/audit/v1/audit.pb.h"

namespace samverkan::audit {

// Adds to `violations` everything that is wrong with `entry`, each field's path after
// `path` ("entries[3]"). What passes can be encoded as a leaf, and its leaf holds no
// personal data as far as a form can tell: docs/adr/0002-audit-leaf.md.
void CheckEntry(const v1::Entry& entry, absl::Time now, const std::string& path, status::Violations& violations);

}  // namespace samverkan::audit

#endif  // SAMVERKAN_SERVICES_AUDIT_ENTRY_CHECK_H_
