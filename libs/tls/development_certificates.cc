#include "libs/tls/development_certificates.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/resource_name/resource_name.h"
#include "libs/status/macros.h"

namespace samverkan::tls {
namespace {

// A set whose clock is moved on by decades, to when files are erased, still connects.
constexpr absl::Duration kLife = absl::Hours(24 * 365 * 50);
// For clocks that are set back a little.
constexpr absl::Duration kBegun = absl::Hours(24);
constexpr char kCertificate[] = "/certificate.pem";
constexpr char kKey[] = "/key.pem";
constexpr char kList[] = "/list.pem";

absl::Status Failure(const std::string& what, const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

absl::Status MakeFolder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::create_directories(folder, error)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (error) return absl::FailedPreconditionError(absl::StrCat("cannot make ", folder.string(), ": ", error.message()));
  return absl::OkStatus();
}

absl::Status WriteNew(const std::string& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return Failure("write", path);
  const ssize_t written = write(file, text.data(), text.size());
  const bool closed = close(file) == 0;
  return written == static_cast<ssize_t>(text.size()) && closed ? absl::OkStatus() : Failure("write", path);
}

// Puts `identity` into `folder`, unless somebody else was first: a folder is renamed whole,
// and never over one that holds something.
absl::Status Place(const std::string& folder, const Identity& identity) {
  std::string unfinished = folder + ".XXXXXX";
  if (mkdtemp(unfinished.data()) == nullptr) return Failure("make", folder);
  RETURN_IF_ERROR(WriteNew(unfinished + kCertificate, identity.certificate));
  RETURN_IF_ERROR(WriteNew(unfinished + kKey, identity.key));
  if (rename(unfinished.c_str(), folder.c_str()) == 0) return absl::OkStatus();
  const bool other_was_first = errno == ENOTEMPTY || errno == EEXIST;
  const absl::Status status = other_was_first ? absl::OkStatus() : Failure("make", folder);
  std::error_code ignored;
  std::filesystem::remove_all(unfinished, ignored);
  return status;
}

bool Exists(const std::string& folder) {
  std::error_code error;
  return std::filesystem::exists(folder, error);
}

std::string PlaceOf(std::string_view system, std::string_view municipality) {
  return "systems/" + std::string(system) + "/" + std::string(municipality);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return Failure("read", path);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

}  // namespace

absl::StatusOr<DevelopmentCertificates> DevelopmentCertificates::Open(std::string folder) {
  RETURN_IF_ERROR(MakeFolder(folder));
  const std::string place = folder + "/ca";
  if (!Exists(place)) {
    const absl::Time now = clock::SystemClock().Now();
    ASSIGN_OR_RETURN(const auto authority,
                     CertificateAuthority::Generate("Samverkan development", now - kBegun, now + kLife));
    RETURN_IF_ERROR(Place(place, authority.identity()));
  }
  ASSIGN_OR_RETURN(std::string certificate, ReadFile(place + kCertificate));
  ASSIGN_OR_RETURN(std::string key, ReadFile(place + kKey));
  auto authority = CertificateAuthority::From({.certificate = std::move(certificate), .key = std::move(key)});
  if (!authority.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(place, " holds no authority; delete ", folder));
  }
  DevelopmentCertificates certificates(std::move(folder), *std::move(authority));
  if (!Exists(certificates.crl_folder() + kList)) RETURN_IF_ERROR(certificates.WriteRevocationList());
  return certificates;
}

absl::StatusOr<Files> DevelopmentCertificates::OfService(std::string_view service) const {
  const std::string name(service);
  return Find("services/" + name, {.name = name,
                                   .uris = {"spiffe://samverkan/service/" + name},
                                   .dns = {"localhost"},
                                   .addresses = {"127.0.0.1", "::1"}});
}

absl::StatusOr<Files> DevelopmentCertificates::OfSystem(std::string_view system, std::string_view municipality) const {
  const std::string name(system);
  const std::string code(municipality);
  if (!resource_name::Match("{id}", name).has_value() || !resource_name::Match("{municipality}", code).has_value()) {
    return absl::InvalidArgumentError(
        "a system is called by 1 to 63 of a-z, 0-9 and '-', a letter first; a municipality by four digits");
  }
  return Find(PlaceOf(system, municipality),
              {.name = name, .uris = {"spiffe://samverkan/system/" + name + "/municipality/" + code}});
}

absl::Status DevelopmentCertificates::Revoke(std::string_view system, std::string_view municipality) const {
  const std::string folder = folder_ + "/" + PlaceOf(system, municipality);
  const auto certificate = ReadFile(folder + kCertificate);
  if (!certificate.ok()) return absl::NotFoundError(absl::StrCat("there is no certificate in ", folder));
  ASSIGN_OR_RETURN(const Certificate revoked, ParseCertificate(*certificate));
  RETURN_IF_ERROR(MakeFolder(folder_ + "/revoked"));
  if (rename(folder.c_str(), (folder_ + "/revoked/" + revoked.thumbprint).c_str()) != 0) {
    return Failure("move", folder);
  }
  return WriteRevocationList();
}

absl::Status DevelopmentCertificates::WriteRevocationList() const {
  std::vector<std::string> revoked;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/revoked", error)) {
    ASSIGN_OR_RETURN(revoked.emplace_back(), ReadFile(entry.path().string() + kCertificate));
  }
  const absl::Time now = clock::SystemClock().Now();
  ASSIGN_OR_RETURN(const std::string list, authority_.Revoke(revoked, now, now + kLife));
  RETURN_IF_ERROR(MakeFolder(crl_folder()));
  std::string unfinished = crl_folder() + "/.XXXXXX";
  const int file = mkstemp(unfinished.data());
  const bool written = file >= 0 && write(file, list.data(), list.size()) == static_cast<ssize_t>(list.size());
  if (file >= 0) close(file);
  // Renamed into place, so that nobody reads half of it.
  const bool done = written && rename(unfinished.c_str(), (crl_folder() + kList).c_str()) == 0;
  return done ? absl::OkStatus() : Failure("write", crl_folder() + kList);
}

absl::StatusOr<Files> DevelopmentCertificates::Find(const std::string& place, CertificateRequest request) const {
  const std::string folder = folder_ + "/" + place;
  if (!Exists(folder)) {
    const absl::Time now = clock::SystemClock().Now();
    request.not_before = now - kBegun;
    request.not_after = now + kLife;
    ASSIGN_OR_RETURN(const Identity identity, authority_.Issue(request));
    RETURN_IF_ERROR(MakeFolder(std::filesystem::path(folder).parent_path()));
    RETURN_IF_ERROR(Place(folder, identity));
  }
  Files files{
      .certificate = folder + kCertificate, .key = folder + kKey, .authorities = folder_ + "/ca" + kCertificate};
  RETURN_IF_ERROR(CheckFiles(files).status());
  return files;
}

}  // namespace samverkan::tls
