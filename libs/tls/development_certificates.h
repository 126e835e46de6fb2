#ifndef SAMVERKAN_LIBS_TLS_DEVELOPMENT_CERTIFICATES_H_
#define SAMVERKAN_LIBS_TLS_DEVELOPMENT_CERTIFICATES_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/tls/certificate_authority.h"
#include "libs/tls/credentials.h"

namespace samverkan::tls {

// The certificates of a development set, in a folder of the set: those of its own authority in
// ca/, of its services in services/{service}/, of the systems that call it in
// systems/{system}/{municipality}/; each folder holds certificate.pem and key.pem, which only
// its owner may read. What is missing is made when asked for, and holds for ten years; several
// processes may do so at once and end with one certificate. crl/ holds the authority's list of
// those that were moved to revoked/. May be used by several threads.
class DevelopmentCertificates {
 public:
  // FAILED_PRECONDITION, with what to do, where the folder cannot be used.
  static absl::StatusOr<DevelopmentCertificates> Open(std::string folder);

  // What the service presents; on loopback addresses.
  absl::StatusOr<Files> OfService(std::string_view service) const;

  // What a system presents that works for the whole municipality. INVALID_ARGUMENT where no
  // certificate can name it.
  absl::StatusOr<Files> OfSystem(std::string_view system, std::string_view municipality) const;

  // Revokes what a system presents; the next time that it is asked for, another is made.
  // NOT_FOUND where there is none.
  absl::Status Revoke(std::string_view system, std::string_view municipality) const;

  // The folder of revocation lists.
  std::string crl_folder() const { return folder_ + "/crl"; }

  const CertificateAuthority& authority() const { return authority_; }

 private:
  DevelopmentCertificates(std::string folder, CertificateAuthority authority)
      : folder_(std::move(folder)), authority_(std::move(authority)) {}

  absl::StatusOr<Files> Find(const std::string& place, CertificateRequest request) const;
  absl::Status WriteRevocationList() const;

  std::string folder_;
  CertificateAuthority authority_;
};

}  // namespace samverkan::tls

#endif  // SAMVERKAN_LIBS_TLS_DEVELOPMENT_CERTIFICATES_H_
