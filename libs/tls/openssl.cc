#include "libs/tls/openssl.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <ctime>

#include "absl/strings/escaping.h"

namespace samverkan::tls {
namespace {

// The DER that `encode` writes; it gives the length, and writes where it is handed a place.
template <typename Encode>
std::string Der(const Encode& encode) {
  const int length = encode(nullptr);
  std::string der(length > 0 ? static_cast<size_t>(length) : 0, '\0');
  auto* place = reinterpret_cast<unsigned char*>(der.data());
  if (!der.empty()) encode(&place);
  return der;
}

}  // namespace

Bio Source(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string Written(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(length)};
}

std::string DerOf(const X509_NAME* name) {
  return Der([name](unsigned char** place) { return i2d_X509_NAME(name, place); });
}

std::string DerOf(const ASN1_INTEGER* number) {
  return Der([number](unsigned char** place) { return i2d_ASN1_INTEGER(number, place); });
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm civil = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &civil) != 1) return absl::InfinitePast();
  return absl::FromTM(civil, absl::UTCTimeZone());
}

std::string ThumbprintOf(const X509* certificate) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  X509_digest(certificate, EVP_sha256(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return absl::WebSafeBase64Escape(digest);
}

}  // namespace samverkan::tls
