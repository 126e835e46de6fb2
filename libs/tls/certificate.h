#ifndef SAMVERKAN_LIBS_TLS_CERTIFICATE_H_
#define SAMVERKAN_LIBS_TLS_CERTIFICATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace samverkan::tls {

// What the suite asks of an X.509 certificate (RFC 5280). A plain value.
struct Certificate {
  // SHA-256 of its DER in base64url without padding, as `cnf.x5t#S256` names it (RFC 8705
  // section 3.1).
  std::string thumbprint;
  // Name of the authority that issued it and its number there, both in DER.
  std::string issuer;
  std::string serial;
  // The name that it bears itself, in DER.
  std::string subject;
  // Holds from `not_before` to `not_after`, both included.
  absl::Time not_before;
  absl::Time not_after;
  // The URIs of its subject alternative name, in their order.
  std::vector<std::string> uris = {};
};

// Reads the first certificate in `pem`. INVALID_ARGUMENT, for the log, where there is none.
// Costs about half a millisecond: remember the result. Trusts nothing: whoever gave `pem`
// must have verified it.
absl::StatusOr<Certificate> ParseCertificate(std::string_view pem);

}  // namespace samverkan::tls

#endif  // SAMVERKAN_LIBS_TLS_CERTIFICATE_H_
