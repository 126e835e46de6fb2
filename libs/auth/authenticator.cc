#include "libs/auth/authenticator.h"

#include <mutex>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "libs/auth/acting_caller.h"
#include "libs/auth/token_refusal.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::auth {
namespace {

// Far more than there are systems; beyond it all are forgotten and read anew.
constexpr size_t kMostPeers = 4096;
constexpr char kPeerMark[] = "samverkan.internal/peer";

absl::Status CertificateOutOfItsTime() {
  return status::Unauthenticated({.reason = "CERTIFICATE_EXPIRED",
                                  .message = "the client's certificate has expired; get a new one",
                                  .swedish = "Systemets certifikat har gått ut. Kontakta systemets förvaltare."});
}

absl::Status TokenMissing() {
  return Refuse(TokenFault::kMissing, "expected one metadata entry `authorization: Bearer <access token>`");
}

std::string Describe(const PeerName& name) {
  return name.service.empty() ? absl::StrCat(name.system, "/", name.municipality) : name.service;
}

absl::Status WithPeer(absl::Status refusal, const PeerName& name) {
  refusal.SetPayload(kPeerMark, absl::Cord(Describe(name)));
  return refusal;
}

// RFC 8705 section 3, and that the token claims nothing that the certificate does not name.
absl::Status CheckBinding(const Claims& claims, const tls::Certificate& certificate, const PeerName& name) {
  if (claims.thumbprint.empty()) {
    return Refuse(TokenFault::kNotBound, "expected claim `cnf` with the `x5t#S256` of the client's certificate");
  }
  if (claims.thumbprint != certificate.thumbprint) {
    return Refuse(TokenFault::kCertificate, "it is bound to another certificate (claim `cnf`)");
  }
  if (claims.caller.system != name.system) {
    return Refuse(TokenFault::kSystem, "expected claim `azp` to be the system that the client's certificate names");
  }
  if (claims.caller.municipality != name.municipality) {
    return Refuse(TokenFault::kMunicipality,
                  "expected claim `municipality` to be the one that the client's certificate names");
  }
  if (!name.Covers(claims.caller.municipality, claims.caller.authority)) {
    return Refuse(TokenFault::kAuthority, "expected claim `authority` to be one that the client's certificate names");
  }
  return absl::OkStatus();
}

// A service that calls for itself.
Caller ServiceItself(const std::string& service) {
  return {.subject = service,
          .system = service,
          .municipality = "",
          .authority = "",
          .units = {},
          .roles = {access::v1::SYSTEM},
          .qualified = false,
          .expires = absl::InfiniteFuture()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Authenticator>> Authenticator::Open(Options options, const clock::Clock& clock,
                                                                   const clock::Clock& machine_clock) {
  ASSIGN_OR_RETURN(auto tokens, TokenVerifier::Open(options.tokens, clock));
  return std::unique_ptr<Authenticator>(new Authenticator(std::move(options), std::move(tokens), machine_clock));
}

absl::StatusOr<Caller> Authenticator::Authenticate(const Credentials& credentials) {
  if (credentials.certificate.empty()) {
    if (!credentials.token.has_value()) return TokenMissing();
    ASSIGN_OR_RETURN(const auto claims, tokens_->Verify(*credentials.token));
    return claims->caller;
  }
  ASSIGN_OR_RETURN(const auto peer, Find(credentials.certificate));
  RETURN_IF_ERROR(peer->name.status());
  absl::StatusOr<Caller> caller = AuthenticatePeer(credentials, *peer);
  if (!caller.ok()) return WithPeer(caller.status(), *peer->name);
  return caller;
}

absl::StatusOr<Caller> Authenticator::AuthenticatePeer(const Credentials& credentials, const Peer& peer) const {
  RETURN_IF_ERROR(CheckCertificate(peer.certificate));
  if (!peer.name->service.empty()) return AuthenticateService(credentials, peer.name->service);
  return AuthenticateSystem(credentials, peer);
}

// Asked at each call, for a connection may stay open longer than its certificate is good.
absl::Status Authenticator::CheckCertificate(const tls::Certificate& certificate) const {
  if (machine_clock_.Now() > certificate.not_after) return CertificateOutOfItsTime();
  return options_.revocations == nullptr ? absl::OkStatus() : options_.revocations->Check(certificate);
}

absl::StatusOr<Caller> Authenticator::AuthenticateService(const Credentials& credentials,
                                                          const std::string& service) const {
  if (credentials.token.has_value()) {
    return Refuse(TokenFault::kCertificate, "no token is bound to the certificate of a service");
  }
  const bool acts = credentials.caller.has_value() && options_.acting_services.contains(service);
  if (acts) return ReadCaller(*credentials.caller, service);
  return ServiceItself(service);
}

absl::StatusOr<Caller> Authenticator::AuthenticateSystem(const Credentials& credentials, const Peer& peer) const {
  if (!credentials.token.has_value()) return TokenMissing();
  ASSIGN_OR_RETURN(const auto claims, tokens_->Verify(*credentials.token));
  RETURN_IF_ERROR(CheckBinding(*claims, peer.certificate, *peer.name));
  return claims->caller;
}

absl::StatusOr<std::shared_ptr<const Authenticator::Peer>> Authenticator::Find(std::string_view pem) {
  std::string key(pem);
  {
    const std::shared_lock lock(mutex_);
    if (const auto known = peers_.find(key); known != peers_.end()) return known->second;
  }
  ASSIGN_OR_RETURN(tls::Certificate certificate, tls::ParseCertificate(pem));
  absl::StatusOr<PeerName> name = ReadPeerName(certificate.uris);
  auto peer = std::make_shared<const Peer>(Peer{std::move(certificate), std::move(name)});
  const std::unique_lock lock(mutex_);
  if (peers_.size() >= kMostPeers) peers_.clear();
  peers_.insert_or_assign(std::move(key), peer);
  return peer;
}

std::string PeerOf(const absl::Status& refusal) {
  const auto payload = refusal.GetPayload(kPeerMark);
  return payload.has_value() ? std::string(*payload) : std::string();
}

}  // namespace samverkan::auth
