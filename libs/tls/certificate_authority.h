#ifndef SAMVERKAN_LIBS_TLS_CERTIFICATE_AUTHORITY_H_
#define SAMVERKAN_LIBS_TLS_CERTIFICATE_AUTHORITY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/tls/openssl.h"

namespace samverkan::tls {

// A certificate and its private key, both in PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

// What a certificate is to say.
struct CertificateRequest {
  // The common name, for people: nothing is decided by it.
  std::string name;
  // The subject alternative name.
  std::vector<std::string> uris = {};
  std::vector<std::string> dns = {};
  std::vector<std::string> addresses = {};
  absl::Time not_before = {};
  absl::Time not_after = {};
};

// Issues certificates and revocation lists, for development sets and tests. In operation they
// come from an authority of the municipalities' own. Keys are on the curve P-256. May be used
// by several threads at once.
class CertificateAuthority {
 public:
  // A new authority with a key of its own, called `name`. INTERNAL where OpenSSL fails.
  static absl::StatusOr<CertificateAuthority> Generate(std::string_view name, absl::Time not_before,
                                                       absl::Time not_after);

  // The authority that identity() gave. INVALID_ARGUMENT for anything else.
  static absl::StatusOr<CertificateAuthority> From(const Identity& identity);

  // Its own certificate, which those who trust it hold, and its private key.
  const Identity& identity() const { return identity_; }

  // A new key and a certificate for it, for clients and servers. INVALID_ARGUMENT where the
  // request cannot be written into a certificate.
  absl::StatusOr<Identity> Issue(const CertificateRequest& request) const;

  // The list (RFC 5280 section 5), in PEM, that revokes these `certificates`, each in PEM; it
  // holds from `this_update` to `next_update`.
  absl::StatusOr<std::string> Revoke(const std::vector<std::string>& certificates, absl::Time this_update,
                                     absl::Time next_update) const;

 private:
  CertificateAuthority(Identity identity, X509Certificate certificate, Key key);

  Identity identity_;
  X509Certificate certificate_;
  Key key_;
};

}  // namespace samverkan::tls

#endif  // SAMVERKAN_LIBS_TLS_CERTIFICATE_AUTHORITY_H_
