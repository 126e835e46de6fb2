#ifndef SAMVERKAN_LIBS_AUTH_AUTHENTICATOR_H_
#define SAMVERKAN_LIBS_AUTH_AUTHENTICATOR_H_

#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/auth/caller.h"
#include "libs/auth/peer_name.h"
#include "libs/auth/token_verifier.h"
#include "libs/clock/clock.h"
#include "libs/tls/certificate.h"
#include "libs/tls/revocation_lists.h"

namespace samverkan::auth {

// What a call brings that says who calls.
struct Credentials {
  // The certificate in PEM that the peer proved to own when it connected; empty where the
  // connection has no TLS.
  std::string_view certificate;
  // The access token; none where the call has none.
  std::optional<std::string_view> token = std::nullopt;
  // The metadata kCallerMetadata; none where the call has none.
  std::optional<std::string_view> caller = std::nullopt;
};

// Tells who calls. May be used by several threads at once; never waits for a network.
//
//   a system's certificate   the bearer of a token that is bound to the certificate (RFC 8705)
//                            and claims nothing beyond what it names
//   a service's certificate  the service itself, role SYSTEM; or, where it may act for others
//                            and says for whom, that caller
//   no TLS                   the bearer of any token
//
// Metadata of somebody who may not act for others is passed over: libs/rpc refuses such calls.
// Certificates and what was read of them are remembered, and so are tokens.
class Authenticator {
 public:
  struct Options {
    TokenVerifier::Options tokens;
    // None where no certificate is ever revoked.
    std::shared_ptr<const tls::RevocationLists> revocations = nullptr;
    // The services that may act for a caller.
    std::set<std::string, std::less<>> acting_services = {};
  };

  // Errors are those of TokenVerifier::Open. `clock` says when tokens hold, `machine_clock`
  // when certificates do; both must outlive the authenticator.
  static absl::StatusOr<std::unique_ptr<Authenticator>> Open(Options options, const clock::Clock& clock,
                                                             const clock::Clock& machine_clock);

  // Who calls. Besides what TokenVerifier::Verify and tls::RevocationLists::Check refuse with,
  // UNAUTHENTICATED with one of the reasons CERTIFICATE_NAME, CERTIFICATE_EXPIRED, TOKEN_MISSING,
  // TOKEN_NOT_BOUND, CERTIFICATE_MISMATCH, SYSTEM_MISMATCH, MUNICIPALITY_MISMATCH,
  // AUTHORITY_MISMATCH, CALLER_MALFORMED. PeerOf tells whose certificate was refused so.
  absl::StatusOr<Caller> Authenticate(const Credentials& credentials);

  const TokenVerifier& tokens() const { return *tokens_; }

 private:
  struct Peer {
    tls::Certificate certificate;
    // The error where it names nobody.
    absl::StatusOr<PeerName> name;
  };

  Authenticator(Options options, std::unique_ptr<TokenVerifier> tokens, const clock::Clock& machine_clock)
      : options_(std::move(options)), tokens_(std::move(tokens)), machine_clock_(machine_clock) {}

  // The peer with that certificate, from memory where it was seen before.
  absl::StatusOr<std::shared_ptr<const Peer>> Find(std::string_view pem);
  absl::Status CheckCertificate(const tls::Certificate& certificate) const;
  absl::StatusOr<Caller> AuthenticatePeer(const Credentials& credentials, const Peer& peer) const;
  absl::StatusOr<Caller> AuthenticateService(const Credentials& credentials, const std::string& service) const;
  absl::StatusOr<Caller> AuthenticateSystem(const Credentials& credentials, const Peer& peer) const;

  const Options options_;
  const std::unique_ptr<TokenVerifier> tokens_;
  const clock::Clock& machine_clock_;
  std::shared_mutex mutex_;
  // By the certificate's PEM.
  std::unordered_map<std::string, std::shared_ptr<const Peer>> peers_;
};

// Whose certificate a refusal of Authenticate is about: "lifecare/0180", or a service's name.
// For the log of this process alone; empty where it names nobody.
std::string PeerOf(const absl::Status& refusal);

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_AUTHENTICATOR_H_
