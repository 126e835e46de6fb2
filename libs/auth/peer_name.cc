#include "libs/auth/peer_name.h"

#include <algorithm>
#include <optional>

#include "libs/resource_name/resource_name.h"
#include "libs/status/status.h"

namespace samverkan::auth {
namespace {

constexpr std::string_view kTrustDomain = "spiffe://samverkan/";

absl::Status WrongName() {
  return status::Unauthenticated(
      {.reason = "CERTIFICATE_NAME",
       .message = "certificate refused: expected as URIs of its subject alternative name "
                  "spiffe://samverkan/system/{system}/municipality/{code}, or with /authority/{authority} after it, "
                  "all of one system and municipality",
       .swedish = "Systemets certifikat har inte det namn som krävs. Kontakta systemets förvaltare."});
}

// What one URI names; none where it has another form.
std::optional<PeerName> ReadUri(std::string_view uri) {
  if (!uri.starts_with(kTrustDomain)) return std::nullopt;
  uri.remove_prefix(kTrustDomain.size());
  if (auto values = resource_name::Match("service/{id}", uri); values.has_value()) {
    return PeerName{.service = values->at(0)};
  }
  if (auto values = resource_name::Match("system/{id}/municipality/{municipality}", uri); values.has_value()) {
    return PeerName{.system = values->at(0), .municipality = values->at(1)};
  }
  if (auto values = resource_name::Match("system/{id}/municipality/{municipality}/authority/{id}", uri);
      values.has_value()) {
    return PeerName{.system = values->at(0), .municipality = values->at(1), .authorities = {values->at(2)}};
  }
  return std::nullopt;
}

// Whether both name a board, of one system in one municipality.
bool GoTogether(const PeerName& first, const PeerName& second) {
  return first.system == second.system && first.municipality == second.municipality && !first.authorities.empty() &&
         !second.authorities.empty();
}

}  // namespace

bool PeerName::Covers(std::string_view other_municipality, std::string_view authority) const {
  if (other_municipality != municipality) return false;
  return authorities.empty() || std::find(authorities.begin(), authorities.end(), authority) != authorities.end();
}

absl::StatusOr<PeerName> ReadPeerName(const std::vector<std::string>& uris) {
  std::optional<PeerName> name;
  for (const std::string& uri : uris) {
    const std::optional<PeerName> next = ReadUri(uri);
    if (!next.has_value() || (name.has_value() && !GoTogether(*name, *next))) return WrongName();
    if (name.has_value()) {
      name->authorities.push_back(next->authorities.front());
    } else {
      name = next;
    }
  }
  if (!name.has_value()) return WrongName();
  return *std::move(name);
}

std::string ServiceUri(std::string_view service) {
  return std::string(kTrustDomain) + "service/" + std::string(service);
}

}  // namespace samverkan::auth
