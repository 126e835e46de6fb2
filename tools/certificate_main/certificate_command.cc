#include "tools/certificate_main/certificate_command.h"

#include <filesystem>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/status/macros.h"
#include "libs/tls/development_certificates.h"

namespace samverkan::certificate_main {
namespace {

constexpr int kBadFolder = 1;
constexpr int kBadArgument = 2;

constexpr char kUsage[] = R"text(usage: tools/certificate [OPTION...]
Prints where a certificate of the development set lies, as shell variables, and makes it when
it is missing: eval "$(tools/certificate --system lifecare)"
  --system NAME          of the system that calls (default skolportalen)
  --municipality CODE    for which it calls, four digits (default 0180)
  --service NAME         of a service instead
  --revoke               revokes the system's certificate: the services of a running set refuse
                         it within ten seconds, and the next call makes another
  --run-dir FOLDER       the set's folder: tls/ is made when missing (default .run)
)text";

struct Options {
  std::string system = "skolportalen";
  std::string municipality = "0180";
  std::string service;
  std::string run_dir = ".run";
  bool revoke = false;
  bool help = false;
};

absl::Status Wrong(const std::string& message) { return absl::InvalidArgumentError(message); }

// Where the value of the option `name` is kept; null where there is none of that name.
std::string* PlaceOf(const std::string& name, Options& options) {
  if (name == "--system") return &options.system;
  if (name == "--municipality") return &options.municipality;
  if (name == "--service") return &options.service;
  if (name == "--run-dir") return &options.run_dir;
  return nullptr;
}

absl::StatusOr<Options> Parse(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const size_t equals = argument.find('=');
    const bool has_value = equals != std::string::npos;
    std::string* const place = PlaceOf(argument.substr(0, equals), options);
    if (argument == "--help" || argument == "-h") {
      options.help = true;
    } else if (argument == "--revoke") {
      options.revoke = true;
    } else if (place == nullptr || (!has_value && i + 1 == arguments.size())) {
      return Wrong(argument + " is not known, or lacks its value");
    } else {
      *place = has_value ? argument.substr(equals + 1) : arguments[++i];
    }
  }
  if (options.revoke && !options.service.empty()) return Wrong("--revoke is for systems");
  return options;
}

absl::StatusOr<tls::Files> Find(const Options& options) {
  ASSIGN_OR_RETURN(const auto certificates, tls::DevelopmentCertificates::Open(options.run_dir + "/tls"));
  if (!options.service.empty()) return certificates.OfService(options.service);
  if (options.revoke) RETURN_IF_ERROR(certificates.Revoke(options.system, options.municipality));
  return certificates.OfSystem(options.system, options.municipality);
}

// In single quotes, for a shell.
std::string Quoted(const std::string& path) {
  std::string quoted = "'";
  for (const char c : std::filesystem::absolute(path).lexically_normal().string()) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

int Fail(std::ostream& error, const absl::Status& status, int code) {
  error << "tools/certificate: " << std::string(status.message()) << "\n";
  if (code == kBadArgument) error << "tools/certificate --help tells what can be said\n";
  return code;
}

}  // namespace

int RunCertificateCommand(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& error) {
  const auto options = Parse(arguments);
  if (!options.ok()) return Fail(error, options.status(), kBadArgument);
  if (options->help) {
    out << kUsage;
    return 0;
  }
  const auto files = Find(*options);
  if (!files.ok()) {
    return Fail(error, files.status(), absl::IsInvalidArgument(files.status()) ? kBadArgument : kBadFolder);
  }
  out << "SAMVERKAN_CA=" << Quoted(files->authorities) << "\nSAMVERKAN_CERT=" << Quoted(files->certificate)
      << "\nSAMVERKAN_KEY=" << Quoted(files->key) << "\n";
  return 0;
}

}  // namespace samverkan::certificate_main
