#include "tools/token_main/token_command.h"

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "libs/auth/caller.h"
#include "libs/auth/development_key.h"
#include "libs/auth/token_verifier.h"
#include "libs/clock/clock.h"
#include "libs/status/macros.h"
#include "libs/tls/credentials.h"
#include "libs/tls/development_certificates.h"

namespace samverkan::token_main {
namespace {

constexpr int kBadFolder = 1;
constexpr int kBadArgument = 2;

constexpr absl::Duration kLongestLifetime = absl::Hours(24 * 3650);

constexpr char kUsage[] = R"(usage: tools/token [OPTION...]
Prints an access token of the development set, signed with its own key and bound to the
certificate of its system, which tools/certificate tells; who calls must present that.
  --subject NAME         who calls (default rektor.lind)
  --system NAME          through which system (default skolportalen)
  --municipality CODE    four digits (default 0180)
  --authority ID         the board (nämnd); empty for none
  --unit ID              may be given several times; without --authority and --unit:
                         the school bredangsskolan of utbildningsnamnden
  --role ROLE            may be given several times (default REPORTER); one of REPORTER,
                         RECEPTION, DUTY, CASEWORKER, UNIT_MANAGER, COORDINATOR, ANALYST,
                         AUDITOR, OPERATOR, SYSTEM
  --qualified            qualified to decide (rule P-017)
  --given-name NAME      the person's name, for the signs that a log review looks at
  --family-name NAME     (default none)
  --lifetime DURATION    such as 90s, 15m or 8h (default 1h, at most 87600h)
  --run-dir FOLDER       the set's folder: keys/ and tls/ are made when missing, clock is its
                         time (default .run)
)";

struct Options {
  auth::Caller caller = {.subject = "rektor.lind",
                         .system = "skolportalen",
                         .municipality = "0180",
                         .authority = "",
                         .units = {},
                         .roles = {},
                         .qualified = false,
                         .expires = absl::InfinitePast()};
  bool has_place = false;
  absl::Duration lifetime = absl::Hours(1);
  std::string run_dir = ".run";
  bool help = false;
};

absl::Status Wrong(const std::string& message) { return absl::InvalidArgumentError(message); }

absl::StatusOr<access::v1::Role> ParseRole(const std::string& name) {
  access::v1::Role role = access::v1::ROLE_UNSPECIFIED;
  if (!access::v1::Role_Parse(absl::AsciiStrToUpper(name), &role) || role == access::v1::ROLE_UNSPECIFIED) {
    return Wrong("--role " + name + " is not known");
  }
  return role;
}

absl::StatusOr<absl::Duration> ParseLifetime(const std::string& text) {
  absl::Duration lifetime;
  if (!absl::ParseDuration(text, &lifetime) || lifetime < absl::Seconds(1) || lifetime > kLongestLifetime) {
    return Wrong("--lifetime " + text + " is no duration from 1s to 87600h, such as 90s, 15m or 8h");
  }
  return lifetime;
}

// Sets the option `name`, which takes a value.
absl::Status Set(const std::string& name, const std::string& value, Options& options) {
  auth::Caller& caller = options.caller;
  if (name == "--subject") {
    caller.subject = value;
  } else if (name == "--system") {
    caller.system = value;
  } else if (name == "--municipality") {
    caller.municipality = value;
  } else if (name == "--authority") {
    caller.authority = value;
  } else if (name == "--unit") {
    caller.units.push_back(value);
  } else if (name == "--role") {
    ASSIGN_OR_RETURN(const access::v1::Role role, ParseRole(value));
    caller.roles.push_back(role);
  } else if (name == "--given-name") {
    caller.given_name = value;
  } else if (name == "--family-name") {
    caller.family_name = value;
  } else if (name == "--lifetime") {
    ASSIGN_OR_RETURN(options.lifetime, ParseLifetime(value));
  } else if (name == "--run-dir") {
    options.run_dir = value;
  } else {
    return Wrong("unknown option " + name);
  }
  options.has_place |= name == "--authority" || name == "--unit";
  return absl::OkStatus();
}

void Complete(Options& options) {
  if (options.caller.roles.empty()) options.caller.roles = {access::v1::REPORTER};
  if (options.has_place) return;
  options.caller.authority = "utbildningsnamnden";
  options.caller.units = {"bredangsskolan"};
}

absl::StatusOr<Options> Parse(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const size_t equals = argument.find('=');
    if (argument == "--help" || argument == "-h") {
      options.help = true;
    } else if (argument == "--qualified") {
      options.caller.qualified = true;
    } else if (!argument.starts_with("--")) {
      return Wrong("unknown argument " + argument);
    } else if (equals != std::string::npos) {
      RETURN_IF_ERROR(Set(argument.substr(0, equals), argument.substr(equals + 1), options));
    } else if (i + 1 < arguments.size()) {
      RETURN_IF_ERROR(Set(argument, arguments[++i], options));
    } else {
      return Wrong(argument + " is not known, or lacks its value");
    }
  }
  Complete(options);
  return options;
}

// Whether the services will take the token: says so here, where the person can mend it.
absl::Status CheckToken(const std::string& token, const std::string& keys, const clock::Clock& clock) {
  ASSIGN_OR_RETURN(const auto verifier, auth::TokenVerifier::Open({.jwks = keys + "/" + std::string(auth::kJwksFile),
                                                                   .issuer = std::string(auth::kDevelopmentIssuer)},
                                                                  clock));
  return verifier->Verify(token).status();
}

// Thumbprint of the certificate that the caller's system presents.
absl::StatusOr<std::string> ThumbprintFor(const auth::Caller& caller, const std::string& run_dir) {
  ASSIGN_OR_RETURN(const auto certificates, tls::DevelopmentCertificates::Open(run_dir + "/tls"));
  ASSIGN_OR_RETURN(const tls::Files files, certificates.OfSystem(caller.system, caller.municipality));
  ASSIGN_OR_RETURN(const tls::Certificate certificate, tls::CheckFiles(files));
  return certificate.thumbprint;
}

int Fail(std::ostream& error, const absl::Status& status, int code) {
  error << "tools/token: " << std::string(status.message()) << "\n";
  if (code == kBadArgument) error << "tools/token --help tells what can be said\n";
  return code;
}

int PrintToken(Options options, std::ostream& out, std::ostream& error) {
  const clock::FileClock clock(options.run_dir + "/clock");
  const std::string keys = options.run_dir + "/keys";
  const auto signer = auth::OpenDevelopmentKey(keys);
  if (!signer.ok()) return Fail(error, signer.status(), kBadFolder);
  const absl::Time now = clock.Now();
  options.caller.expires = now + options.lifetime;
  const auto sign = [&](std::string_view thumbprint) {
    return signer->Sign(options.caller, now, auth::kDevelopmentIssuer, auth::kAudience, thumbprint);
  };
  // Before a certificate is made for a caller who cannot be.
  const absl::Status taken = CheckToken(sign(""), keys, clock);
  if (!taken.ok()) return Fail(error, taken, absl::IsUnauthenticated(taken) ? kBadArgument : kBadFolder);
  const auto thumbprint = ThumbprintFor(options.caller, options.run_dir);
  if (!thumbprint.ok()) return Fail(error, thumbprint.status(), kBadFolder);
  const std::string token = sign(*thumbprint);
  out << token << "\n";
  return 0;
}

}  // namespace

int RunTokenCommand(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& error) {
  const auto options = Parse(arguments);
  if (!options.ok()) return Fail(error, options.status(), kBadArgument);
  if (options->help) {
    out << kUsage;
    return 0;
  }
  return PrintToken(*options, out, error);
}

}  // namespace samverkan::token_main
