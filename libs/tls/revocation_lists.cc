#include "libs/tls/revocation_lists.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"
#include "libs/tls/openssl.h"

namespace samverkan::tls {
namespace {

constexpr uintmax_t kLargestFile = 64 << 20;
// How far the authority's clock may be ahead of ours.
constexpr absl::Duration kClockSkew = absl::Seconds(60);

absl::Status Revoked() {
  return status::Unauthenticated({.reason = "CERTIFICATE_REVOKED",
                                  .message = "the client's certificate is revoked; get a new one",
                                  .swedish = "Systemets certifikat är spärrat. Kontakta systemets förvaltare."});
}

absl::Status Unknown() {
  return status::Unavailable(
      {.reason = "REVOCATION_UNKNOWN",
       .message = "whether the client's certificate is revoked is not known: this service has no revocation list in "
                  "force of its authority",
       .swedish = "Det går inte att avgöra om systemets certifikat är spärrat. Kontakta tjänstens drift.",
       .retry_after = absl::Seconds(10)});
}

std::optional<std::string> ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) > kLargestFile || error) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return std::nullopt;
  return text;
}

std::set<std::string> SerialsOf(X509_CRL* list) {
  std::set<std::string> serials;
  const STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(list);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    serials.insert(DerOf(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i))));
  }
  return serials;
}

}  // namespace

// One reading of the folder: adds to what was known before.
class RevocationLists::Reading {
 public:
  Reading(Lists lists, absl::Time now) : lists_(std::move(lists)), now_(now) {}

  void ReadAuthorities(const std::string& path) {
    const std::string text = ReadFile(path).value_or("");
    const Bio source = Source(text);
    while (X509* const authority = PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)) {
      authorities_.emplace_back(authority);
    }
    if (authorities_.empty()) Fault(path, "holds no certificate of an authority");
  }

  void ReadFolder(const std::string& folder) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename().string();
      // Kubernetes keeps its own folders beside the files that it shows.
      if (!name.starts_with('.') && entry.is_regular_file(error)) ReadLists(entry.path());
    }
    if (error) Fault(folder, "cannot be read");
  }

  // An authority that is revoked itself can vouch for nothing.
  void DropRevokedAuthorities() {
    for (const X509Certificate& authority : authorities_) {
      const auto revokes = [serial = DerOf(X509_get0_serialNumber(authority.get())),
                            issuer = DerOf(X509_get_issuer_name(authority.get()))](const auto& list) {
        return list.first.first == issuer && list.second.serials.contains(serial);
      };
      if (std::any_of(lists_.begin(), lists_.end(), revokes)) lists_.erase(KeyOf(authority.get()));
    }
  }

  // The earliest end of a list in force; names the authorities that have none.
  absl::Time ExpireTime() {
    absl::Time earliest = absl::InfiniteFuture();
    for (const X509Certificate& authority : authorities_) {
      const auto found = lists_.find(KeyOf(authority.get()));
      const bool in_force = found != lists_.end() && IsInForce(found->second, now_);
      if (!in_force)
        Fault(NameOf(authority.get()),
              "has no revocation list that is signed by it and whose nextUpdate has not passed");
      earliest = std::min(earliest, in_force ? found->second.next_update : absl::InfinitePast());
    }
    return authorities_.empty() ? absl::InfinitePast() : earliest;
  }

  Lists& lists() { return lists_; }

  absl::Status status() const {
    return faults_.empty() ? absl::OkStatus() : absl::FailedPreconditionError(absl::StrJoin(faults_, "; "));
  }

 private:
  static Lists::key_type KeyOf(const X509* authority) {
    return {DerOf(X509_get_subject_name(authority)), ThumbprintOf(authority)};
  }

  static std::string NameOf(const X509* authority) {
    const Bio text(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(text.get(), X509_get_subject_name(authority), 0, XN_FLAG_ONELINE);
    return Written(text.get());
  }

  void Fault(const std::string& where, std::string_view what) {
    faults_.push_back(absl::StrCat(where, " ", absl::string_view(what.data(), what.size())));
  }

  void ReadLists(const std::filesystem::path& path) {
    const std::string text = ReadFile(path).value_or("");
    const Bio source = Source(text);
    int count = 0;
    while (X509_CRL* const list = PEM_read_bio_X509_CRL(source.get(), nullptr, nullptr, nullptr)) {
      ++count;
      Take(path.string(), X509List(list));
    }
    if (count == 0) Fault(path.string(), "holds no revocation list in PEM");
  }

  void Take(const std::string& path, const X509List& x509) {
    const X509* const authority = SignerOf(x509.get());
    if (authority == nullptr) return Fault(path, "is not signed by an authority that is trusted here");
    // A delta or a list of some certificates only says so in a critical extension.
    if (X509_CRL_get_ext_by_critical(x509.get(), 1, -1) >= 0) return Fault(path, "is not a complete list");
    List list{.this_update = TimeOf(X509_CRL_get0_lastUpdate(x509.get())),
              .next_update = TimeOf(X509_CRL_get0_nextUpdate(x509.get())),
              .serials = SerialsOf(x509.get())};
    const auto known = lists_.find(KeyOf(authority));
    const bool is_older = known != lists_.end() && known->second.this_update > list.this_update;
    // An old file beside a new one does no harm; an authority without a list is told of anyway.
    if (is_older || !IsInForce(list, now_)) return;
    lists_.insert_or_assign(KeyOf(authority), std::move(list));
  }

  const X509* SignerOf(X509_CRL* list) const {
    const auto signed_by = [list](const X509Certificate& authority) {
      return X509_NAME_cmp(X509_get_subject_name(authority.get()), X509_CRL_get_issuer(list)) == 0 &&
             X509_CRL_verify(list, X509_get0_pubkey(authority.get())) == 1;
    };
    const auto found = std::find_if(authorities_.begin(), authorities_.end(), signed_by);
    return found == authorities_.end() ? nullptr : found->get();
  }

  Lists lists_;
  const absl::Time now_;
  std::vector<X509Certificate> authorities_;
  std::vector<std::string> faults_;
};

absl::StatusOr<std::shared_ptr<RevocationLists>> RevocationLists::Open(std::string folder, std::string authorities,
                                                                       const clock::Clock& clock) {
  std::shared_ptr<RevocationLists> lists(new RevocationLists(std::move(folder), std::move(authorities), clock));
  RETURN_IF_ERROR(lists->Read());
  return lists;
}

RevocationLists::RevocationLists(std::string folder, std::string authorities, const clock::Clock& clock)
    : folder_(std::move(folder)), authorities_(std::move(authorities)), clock_(clock) {}

bool RevocationLists::IsInForce(const List& list, absl::Time now) {
  return list.this_update <= now + kClockSkew && now <= list.next_update;
}

std::shared_ptr<const RevocationLists::Lists> RevocationLists::Current() const {
  const std::lock_guard lock(mutex_);
  return lists_;
}

absl::Status RevocationLists::Check(const Certificate& certificate) const {
  const std::shared_ptr<const Lists> lists = Current();
  const absl::Time now = clock_.Now();
  auto list = lists->lower_bound({certificate.issuer, ""});
  if (list == lists->end() || list->first.first != certificate.issuer) return Unknown();
  bool all_in_force = true;
  for (; list != lists->end() && list->first.first == certificate.issuer; ++list) {
    if (list->second.serials.contains(certificate.serial)) return Revoked();
    all_in_force &= IsInForce(list->second, now);
  }
  return all_in_force ? absl::OkStatus() : Unknown();
}

absl::Status RevocationLists::Read() {
  Reading reading(*Current(), clock_.Now());
  reading.ReadAuthorities(authorities_);
  reading.ReadFolder(folder_);
  reading.DropRevokedAuthorities();
  const absl::Time expire_time = reading.ExpireTime();
  auto lists = std::make_shared<const Lists>(std::move(reading.lists()));
  const std::lock_guard lock(mutex_);
  lists_ = std::move(lists);
  expire_time_ = expire_time;
  return reading.status();
}

absl::Time RevocationLists::ExpireTime() const {
  const std::lock_guard lock(mutex_);
  return expire_time_;
}

}  // namespace samverkan::tls
