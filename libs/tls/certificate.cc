#include "libs/tls/certificate.h"

#include "libs/tls/openssl.h"

namespace samverkan::tls {
namespace {

std::vector<std::string> UrisOf(const X509* certificate) {
  std::vector<std::string> uris;
  const X509Names names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_URI) continue;
    const auto* const uri = static_cast<const ASN1_IA5STRING*>(value);
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      static_cast<size_t>(ASN1_STRING_length(uri)));
  }
  return uris;
}

}  // namespace

absl::StatusOr<Certificate> ParseCertificate(std::string_view pem) {
  const X509Certificate x509(PEM_read_bio_X509(Source(pem).get(), nullptr, nullptr, nullptr));
  if (x509 == nullptr) return absl::InvalidArgumentError("expected a certificate in PEM");
  return Certificate{.thumbprint = ThumbprintOf(x509.get()),
                     .issuer = DerOf(X509_get_issuer_name(x509.get())),
                     .serial = DerOf(X509_get0_serialNumber(x509.get())),
                     .subject = DerOf(X509_get_subject_name(x509.get())),
                     .not_before = TimeOf(X509_get0_notBefore(x509.get())),
                     .not_after = TimeOf(X509_get0_notAfter(x509.get())),
                     .uris = UrisOf(x509.get())};
}

}  // namespace samverkan::tls
