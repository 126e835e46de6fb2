#ifndef SAMVERKAN_LIBS_TLS_OPENSSL_H_
#define SAMVERKAN_LIBS_TLS_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"

// Owners and readers around OpenSSL's X.509, for this library alone.
namespace samverkan::tls {

template <auto free_function>
struct Free {
  template <typename Object>
  void operator()(Object* object) const {
    free_function(object);
  }
};

using Bio = std::unique_ptr<BIO, Free<&BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;
using X509Certificate = std::unique_ptr<X509, Free<&X509_free>>;
using X509List = std::unique_ptr<X509_CRL, Free<&X509_CRL_free>>;
using X509Names = std::unique_ptr<GENERAL_NAMES, Free<&GENERAL_NAMES_free>>;

// A source of the bytes of `text`, which must outlive it.
Bio Source(std::string_view text);

// What was written to `bio`, which is of memory.
std::string Written(BIO* bio);

// The DER of a name or of a number: equal where and only where these are.
std::string DerOf(const X509_NAME* name);
std::string DerOf(const ASN1_INTEGER* number);

// The infinite past where `time` is none or cannot be read.
absl::Time TimeOf(const ASN1_TIME* time);

// SHA-256 of the certificate's DER in base64url without padding: `x5t#S256` of RFC 8705.
std::string ThumbprintOf(const X509* certificate);

}  // namespace samverkan::tls

#endif  // SAMVERKAN_LIBS_TLS_OPENSSL_H_
