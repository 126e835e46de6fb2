#ifndef SAMVERKAN_LIBS_TLS_CREDENTIALS_H_
#define SAMVERKAN_LIBS_TLS_CREDENTIALS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "libs/tls/certificate.h"
#include "libs/tls/revocation_lists.h"

// Mutual TLS on gRPC connections: TLS 1.2 or 1.3 (gRPC refuses older ones whatever OpenSSL's
// configuration says), both sides with a certificate of an authority that the other trusts.
//
// The files are read again within a second of a change; open connections go on. Until a
// certificate and the key that belongs to it are both there, new connections fail and
// everything else goes on: so keep them in one folder and swap that, by renaming or by a link.
// Times are those of the machine.
namespace samverkan::tls {

// Paths of PEM files.
struct Files {
  // The own certificate, with those between it and its authority after it.
  std::string certificate;
  // Its private key, which only its owner and its group may read.
  std::string key;
  // The authorities whose certificates are trusted, of peers on both sides.
  std::string authorities;
};

// The own certificate. FAILED_PRECONDITION, for the log, where a file cannot be read, certificate and key
// do not belong together, or others may read the key.
absl::StatusOr<Certificate> CheckFiles(const Files& files);

// For a server: clients must present a certificate that is trusted, in its time and, where
// there are `revocations`, not revoked; else the handshake fails.
std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const Files& files,
                                                           std::shared_ptr<const RevocationLists> revocations);

// For a client: the server must present such a certificate for the address that was
// called and bear the URI `name` in it; an empty `name` is any.
std::shared_ptr<grpc::ChannelCredentials> ChannelCredentials(const Files& files, std::string name,
                                                             std::shared_ptr<const RevocationLists> revocations);

}  // namespace samverkan::tls

#endif  // SAMVERKAN_LIBS_TLS_CREDENTIALS_H_
