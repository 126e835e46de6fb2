#ifndef SAMVERKAN_LIBS_AUTH_JOSE_H_
#define SAMVERKAN_LIBS_AUTH_JOSE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cjose/cjose.h"
#include "jansson.h"

// Owners and readers around the C libraries cjose (JOSE) and jansson (JSON). What decides
// about trust is read with jansson, because cjose reads with it too: two readers may
// understand the same bytes differently.
namespace samverkan::auth {

struct JsonRelease {
  void operator()(json_t* json) const { json_decref(json); }
};
using Json = std::unique_ptr<json_t, JsonRelease>;

struct JwkRelease {
  void operator()(cjose_jwk_t* jwk) const { cjose_jwk_release(jwk); }
};
using Jwk = std::unique_ptr<cjose_jwk_t, JwkRelease>;

struct JwsRelease {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
using Jws = std::unique_ptr<cjose_jws_t, JwsRelease>;

// The object that `text` is in JSON; null where it is none, names a member twice, or goes on.
Json ParseJsonObject(std::string_view text);

// The string member `name` of `object`; none where it is absent or no string.
std::optional<std::string_view> StringMember(const json_t* object, const char* name);

// `text` as a JSON string; null where it is no UTF-8.
Json JsonString(std::string_view text);

// Puts the member `name` into `object`, in the place of one that is there.
void SetMember(json_t* object, const char* name, Json value);

// `json` as text without white space.
std::string JsonText(const json_t* json);

// The bytes of `text` in base64url as RFC 7515 writes it: no padding, no other alphabet, no
// second spelling of the same bytes. None where it is not so.
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace samverkan::auth

#endif  // SAMVERKAN_LIBS_AUTH_JOSE_H_
