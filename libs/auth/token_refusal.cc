#include "libs/auth/token_refusal.h"

#include <string>

#include "libs/status/status.h"

namespace samverkan::auth {
namespace {

struct Text {
  const char* reason;
  const char* swedish;
};

Text TextOf(TokenFault fault) {
  switch (fault) {
    case TokenFault::kMissing:
      return {"TOKEN_MISSING", "Anropet saknar åtkomsttoken. Logga in på nytt."};
    case TokenFault::kMalformed:
      return {"TOKEN_MALFORMED", "Åtkomsttoken kan inte läsas. Logga in på nytt."};
    case TokenFault::kAlgorithm:
      return {"TOKEN_ALGORITHM",
              "Åtkomsttoken är signerad på ett sätt som inte godtas. Kontakta systemets förvaltare."};
    case TokenFault::kSignature:
      return {"TOKEN_SIGNATURE", "Åtkomsttokens signatur stämmer inte med någon känd nyckel. Logga in på nytt."};
    case TokenFault::kIssuer:
      return {"TOKEN_ISSUER", "Åtkomsttoken har en annan utfärdare än väntat. Kontakta systemets förvaltare."};
    case TokenFault::kAudience:
      return {"TOKEN_AUDIENCE", "Åtkomsttoken är utfärdad för ett annat system. Kontakta systemets förvaltare."};
    case TokenFault::kExpired:
      return {"TOKEN_EXPIRED", "Åtkomsttoken har gått ut. Logga in på nytt."};
    case TokenFault::kNotYetValid:
      return {"TOKEN_NOT_YET_VALID", "Åtkomsttoken gäller inte ännu. Kontrollera att datorns klocka går rätt."};
    case TokenFault::kClaims:
      return {"TOKEN_CLAIMS", "Åtkomsttoken saknar en uppgift som krävs. Kontakta systemets förvaltare."};
    case TokenFault::kRevoked:
      return {"REVOKED", "Behörigheten är spärrad. Kontakta systemets förvaltare."};
    case TokenFault::kNotBound:
      return {"TOKEN_NOT_BOUND",
              "Åtkomsttoken är inte knuten till systemets certifikat. Kontakta systemets förvaltare."};
    case TokenFault::kCertificate:
      return {"CERTIFICATE_MISMATCH", "Åtkomsttoken hör till ett annat certifikat. Kontakta systemets förvaltare."};
    case TokenFault::kSystem:
      return {"SYSTEM_MISMATCH", "Åtkomsttoken hör till ett annat system. Kontakta systemets förvaltare."};
    case TokenFault::kMunicipality:
      return {"MUNICIPALITY_MISMATCH", "Systemets certifikat gäller inte för den kommunen."};
    case TokenFault::kAuthority:
      return {"AUTHORITY_MISMATCH", "Systemets certifikat gäller inte för den nämnden."};
  }
  return {};
}

}  // namespace

absl::Status Refuse(TokenFault fault, std::string_view detail) {
  const Text text = TextOf(fault);
  return status::Unauthenticated(status::Error{
      .reason = text.reason, .message = "access token refused: " + std::string(detail), .swedish = text.swedish});
}

}  // namespace samverkan::auth
