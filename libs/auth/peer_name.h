#ifndef SAMVERKAN_LIBS_AUTH_PEER_NAME_H_
#define SAMVERKAN_LIBS_AUTH_PEER_NAME_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace samverkan::auth {

// Whom a certificate names: a service of the suite, or a system and where it works.
struct PeerName {
  // The service; empty where it is a system, and then the others are empty.
  std::string service = {};
  std::string system = {};
  // Official municipality code, four digits.
  std::string municipality = {};
  // The boards (nämnder) that the system works for; none: the whole municipality.
  std::vector<std::string> authorities = {};

  // Whether the system works there; an empty `authority` is the municipality itself.
  bool Covers(std::string_view municipality, std::string_view authority) const;
};

// Reads the URIs of a certificate's subject alternative name. Each is a SPIFFE ID of the trust
// domain `samverkan` in one of these forms:
//
//   spiffe://samverkan/service/{service}                    alone
//   spiffe://samverkan/system/{system}/municipality/{code}  alone
//   spiffe://samverkan/system/{system}/municipality/{code}/authority/{authority}
//                                                           one or more, of one system and place
//
// UNAUTHENTICATED, reason CERTIFICATE_NAME, for anything else.
absl::StatusOr<PeerName> ReadPeerName(const std::vector<std::string>& uris);

// The SPIFFE ID of a service.
std::string ServiceUri(std::string_view service);

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_PEER_NAME_H_
