#ifndef SAMVERKAN_LIBS_TLS_REVOCATION_LISTS_H_
#define SAMVERKAN_LIBS_TLS_REVOCATION_LISTS_H_

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/tls/certificate.h"

namespace samverkan::tls {

// Which certificates are revoked, by the lists (RFC 5280 section 5) in a folder. Thread-safe.
//
// Fails closed: a certificate counts as good only while a list of its authority is in force.
// Of each authority the newest list that was ever seen is in force from its `thisUpdate` to
// its `nextUpdate`. So a file that is damaged, deleted or replaced by an older one gives
// nobody back what was taken, and does no harm before the last good list ends.
class RevocationLists {
 public:
  // Reads the lists of `folder` for the authorities in the PEM file `authorities`.
  // FAILED_PRECONDITION, for the log, where an authority has no list in force or a list
  // cannot be used. `clock` is the machine's; it must outlive the lists.
  static absl::StatusOr<std::shared_ptr<RevocationLists>> Open(std::string folder, std::string authorities,
                                                               const clock::Clock& clock);

  // UNAUTHENTICATED, reason CERTIFICATE_REVOKED; UNAVAILABLE, reason REVOCATION_UNKNOWN, where
  // no list of the certificate's authority is in force.
  absl::Status Check(const Certificate& certificate) const;

  // Reads the folder again. What is wrong with it, for the log; good files count all the same.
  absl::Status Read();

  // When the first of the authorities is left without a list; the infinite past where one
  // has none.
  absl::Time ExpireTime() const;

 private:
  struct List {
    absl::Time this_update;
    absl::Time next_update;
    std::set<std::string> serials;
  };
  // By the authority's name, in DER, and the thumbprint of its certificate: an authority that
  // changes its key has two certificates for a while, and a list for each.
  using Lists = std::map<std::pair<std::string, std::string>, List>;
  class Reading;

  RevocationLists(std::string folder, std::string authorities, const clock::Clock& clock);

  static bool IsInForce(const List& list, absl::Time now);
  std::shared_ptr<const Lists> Current() const;

  const std::string folder_;
  const std::string authorities_;
  const clock::Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Lists> lists_ = std::make_shared<const Lists>();
  absl::Time expire_time_ = absl::InfinitePast();
};

}  // namespace samverkan::tls

#endif  // SAMVERKAN_LIBS_TLS_REVOCATION_LISTS_H_
