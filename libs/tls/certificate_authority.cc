#include "libs/tls/certificate_authority.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"

namespace samverkan::tls {
namespace {

constexpr long kX509Version3 = 2;
constexpr long kListVersion2 = 1;
constexpr size_t kSerialBytes = 16;

absl::Status Failed(std::string_view what) {
  return absl::InternalError(absl::StrCat("OpenSSL cannot make ", absl::string_view(what.data(), what.size())));
}

Key NewKey() { return Key(EVP_EC_gen("P-256")); }

absl::StatusOr<Identity> PemOf(X509* certificate, EVP_PKEY* key) {
  const Bio certificate_pem(BIO_new(BIO_s_mem()));
  const Bio key_pem(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_pem.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return Failed("PEM");
  }
  return Identity{.certificate = Written(certificate_pem.get()), .key = Written(key_pem.get())};
}

bool SetTime(ASN1_TIME* field, absl::Time time) { return ASN1_TIME_set(field, absl::ToTimeT(time)) != nullptr; }

bool SetSerial(X509* certificate) {
  std::array<unsigned char, kSerialBytes> random;
  if (RAND_bytes(random.data(), random.size()) != 1) return false;
  random[0] = static_cast<unsigned char>(random[0] & 0x7F) | 0x40;  // positive, and always as long
  const std::unique_ptr<BIGNUM, Free<&BN_free>> number(BN_bin2bn(random.data(), random.size(), nullptr));
  return BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetName(X509* certificate, std::string_view name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()),
                                    -1, 0) == 1;
}

bool AddExtension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free<&X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// All of a certificate that does not hang on its purpose, for `key`.
X509Certificate NewCertificate(std::string_view name, EVP_PKEY* key, absl::Time not_before, absl::Time not_after) {
  X509Certificate certificate(X509_new());
  const bool filled = certificate != nullptr && X509_set_version(certificate.get(), kX509Version3) == 1 &&
                      SetSerial(certificate.get()) && SetName(certificate.get(), name) &&
                      SetTime(X509_getm_notBefore(certificate.get()), not_before) &&
                      SetTime(X509_getm_notAfter(certificate.get()), not_after) &&
                      X509_set_pubkey(certificate.get(), key) == 1;
  return filled ? std::move(certificate) : nullptr;
}

bool AddName(GENERAL_NAMES* names, int type, const std::string& value) {
  GENERAL_NAME* const name = a2i_GENERAL_NAME(nullptr, nullptr, nullptr, type, value.c_str(), 0);
  return name != nullptr && sk_GENERAL_NAME_push(names, name) > 0;
}

bool AddAlternativeName(X509* certificate, const CertificateRequest& request) {
  const X509Names names(sk_GENERAL_NAME_new_null());
  bool added = true;
  for (const std::string& uri : request.uris) added &= AddName(names.get(), GEN_URI, uri);
  for (const std::string& dns : request.dns) added &= AddName(names.get(), GEN_DNS, dns);
  for (const std::string& address : request.addresses) added &= AddName(names.get(), GEN_IPADD, address);
  if (sk_GENERAL_NAME_num(names.get()) == 0) return added;
  return added && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND) == 1;
}

using Entry = std::unique_ptr<X509_REVOKED, Free<&X509_REVOKED_free>>;

absl::Status AddRevoked(X509_CRL* list, const std::string& pem, absl::Time when) {
  const X509Certificate certificate(PEM_read_bio_X509(Source(pem).get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return absl::InvalidArgumentError("expected the certificate to revoke in PEM");
  Entry entry(X509_REVOKED_new());
  const std::unique_ptr<ASN1_TIME, Free<&ASN1_TIME_free>> time(ASN1_TIME_set(nullptr, absl::ToTimeT(when)));
  // OpenSSL copies the number, but asks for one that is not const.
  if (X509_REVOKED_set_serialNumber(entry.get(), X509_get_serialNumber(certificate.get())) != 1 ||
      X509_REVOKED_set_revocationDate(entry.get(), time.get()) != 1 || X509_CRL_add0_revoked(list, entry.get()) != 1) {
    return Failed("a revocation list's entry");
  }
  // The list owns it now.
  static_cast<void>(entry.release());
  return absl::OkStatus();
}

}  // namespace

CertificateAuthority::CertificateAuthority(Identity identity, X509Certificate certificate, Key key)
    : identity_(std::move(identity)), certificate_(std::move(certificate)), key_(std::move(key)) {}

absl::StatusOr<CertificateAuthority> CertificateAuthority::Generate(std::string_view name, absl::Time not_before,
                                                                    absl::Time not_after) {
  Key key = NewKey();
  X509Certificate certificate = NewCertificate(name, key.get(), not_before, not_after);
  if (certificate == nullptr ||
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get())) != 1 ||
      !AddExtension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !AddExtension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !AddExtension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash") ||
      X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) {
    return Failed("an authority");
  }
  ASSIGN_OR_RETURN(Identity identity, PemOf(certificate.get(), key.get()));
  return CertificateAuthority(std::move(identity), std::move(certificate), std::move(key));
}

absl::StatusOr<CertificateAuthority> CertificateAuthority::From(const Identity& identity) {
  X509Certificate certificate(PEM_read_bio_X509(Source(identity.certificate).get(), nullptr, nullptr, nullptr));
  Key key(PEM_read_bio_PrivateKey(Source(identity.key).get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr || key == nullptr || X509_check_private_key(certificate.get(), key.get()) != 1) {
    return absl::InvalidArgumentError("expected an authority's certificate and its key in PEM");
  }
  return CertificateAuthority(identity, std::move(certificate), std::move(key));
}

absl::StatusOr<Identity> CertificateAuthority::Issue(const CertificateRequest& request) const {
  const Key key = NewKey();
  const X509Certificate certificate = NewCertificate(request.name, key.get(), request.not_before, request.not_after);
  if (certificate == nullptr) return Failed("a certificate");
  if (!AddAlternativeName(certificate.get(), request)) {
    return absl::InvalidArgumentError("expected names that a certificate can bear");
  }
  if (X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get())) != 1 ||
      !AddExtension(certificate.get(), certificate_.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !AddExtension(certificate.get(), certificate_.get(), NID_key_usage, "critical,digitalSignature") ||
      !AddExtension(certificate.get(), certificate_.get(), NID_ext_key_usage, "clientAuth,serverAuth") ||
      !AddExtension(certificate.get(), certificate_.get(), NID_authority_key_identifier, "keyid:always") ||
      X509_sign(certificate.get(), key_.get(), EVP_sha256()) == 0) {
    return Failed("a certificate");
  }
  return PemOf(certificate.get(), key.get());
}

absl::StatusOr<std::string> CertificateAuthority::Revoke(const std::vector<std::string>& certificates,
                                                         absl::Time this_update, absl::Time next_update) const {
  const X509List list(X509_CRL_new());
  const std::unique_ptr<ASN1_TIME, Free<&ASN1_TIME_free>> from(ASN1_TIME_set(nullptr, absl::ToTimeT(this_update)));
  const std::unique_ptr<ASN1_TIME, Free<&ASN1_TIME_free>> to(ASN1_TIME_set(nullptr, absl::ToTimeT(next_update)));
  if (X509_CRL_set_version(list.get(), kListVersion2) != 1 ||
      X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(certificate_.get())) != 1 ||
      X509_CRL_set1_lastUpdate(list.get(), from.get()) != 1 || X509_CRL_set1_nextUpdate(list.get(), to.get()) != 1) {
    return Failed("a revocation list");
  }
  for (const std::string& pem : certificates) RETURN_IF_ERROR(AddRevoked(list.get(), pem, this_update));
  const Bio pem(BIO_new(BIO_s_mem()));
  if (X509_CRL_sort(list.get()) != 1 || X509_CRL_sign(list.get(), key_.get(), EVP_sha256()) == 0 ||
      PEM_write_bio_X509_CRL(pem.get(), list.get()) != 1) {
    return Failed("a revocation list");
  }
  return Written(pem.get());
}

}  // namespace samverkan::tls
