#include "libs/rpc/transport_flags.h"

#include <string>
#include <vector>

#include "absl/flags/flag.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:0", "where to serve gRPC; port 0 takes a free one");
ABSL_FLAG(std::string, port_file, "", "where to write the bound port");
ABSL_FLAG(std::string, metrics_listen, "127.0.0.1:0", "where Prometheus reads, on loopback");
ABSL_FLAG(bool, plaintext_loopback, false, "development only: serve without TLS, on loopback");
ABSL_FLAG(std::string, tls_certificate, "",
          "PEM file with the service's certificate, and what is between it and its authority");
ABSL_FLAG(std::string, tls_key, "", "PEM file with the certificate's private key");
ABSL_FLAG(std::string, tls_ca, "", "PEM file with the authorities whose certificates are trusted");
ABSL_FLAG(std::string, crl_folder, "",
          "folder with the revocation lists of all these authorities; empty: none is asked");
ABSL_FLAG(std::string, jwks, "", "file or https address of the keys that access tokens are signed with");
ABSL_FLAG(std::string, jwks_ca, "", "PEM file with the authorities that may have certified the address of --jwks");
ABSL_FLAG(std::string, issuer, "samverkan-development", "who signs access tokens, their claim iss");
ABSL_FLAG(std::string, revoked_subjects, "", "file with people and tokens that are no longer taken");
ABSL_FLAG(std::vector<std::string>, acting_services, {}, "services that may act for a caller, parted by commas");

namespace samverkan::rpc {

TransportOptions TransportFlags() {
  const std::vector<std::string> acting_services = absl::GetFlag(FLAGS_acting_services);
  return {.listen = absl::GetFlag(FLAGS_listen),
          .port_file = absl::GetFlag(FLAGS_port_file),
          .metrics_listen = absl::GetFlag(FLAGS_metrics_listen),
          .plaintext_loopback = absl::GetFlag(FLAGS_plaintext_loopback),
          .files = {.certificate = absl::GetFlag(FLAGS_tls_certificate),
                    .key = absl::GetFlag(FLAGS_tls_key),
                    .authorities = absl::GetFlag(FLAGS_tls_ca)},
          .revocation_lists = absl::GetFlag(FLAGS_crl_folder),
          .tokens = {.jwks = absl::GetFlag(FLAGS_jwks),
                     .jwks_authorities = absl::GetFlag(FLAGS_jwks_ca),
                     .issuer = absl::GetFlag(FLAGS_issuer),
                     .revoked_subjects = absl::GetFlag(FLAGS_revoked_subjects)},
          .acting_services = {acting_services.begin(), acting_services.end()}};
}

}  // namespace samverkan::rpc
