#include "libs/tls/credentials.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_certificate_verifier.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "libs/status/macros.h"
#include "libs/tls/openssl.h"

namespace samverkan::tls {
namespace {

using CheckRequest = grpc::experimental::TlsCustomVerificationCheckRequest;

constexpr unsigned int kLookEverySeconds = 1;

std::string_view ViewOf(grpc::string_ref text) { return {text.data(), text.size()}; }

absl::Status CheckNotRevoked(const CheckRequest& peer, const RevocationLists* revocations) {
  if (revocations == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Certificate certificate, ParseCertificate(ViewOf(peer.peer_cert())));
  return revocations->Check(certificate);
}

// What a handshake fails with stays in this process's log and in the other's vague error.
grpc::Status Refused(const absl::Status& status) {
  return {grpc::StatusCode::UNAUTHENTICATED, std::string(status.message())};
}

// After gRPC has verified chain and time.
class ClientCheck final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  explicit ClientCheck(std::shared_ptr<const RevocationLists> revocations) : revocations_(std::move(revocations)) {}

  bool Verify(CheckRequest* client, std::function<void(grpc::Status)>, grpc::Status* result) override {
    const absl::Status status = CheckNotRevoked(*client, revocations_.get());
    if (!status.ok()) *result = Refused(status);
    return true;
  }

  void Cancel(CheckRequest*) override {}

 private:
  const std::shared_ptr<const RevocationLists> revocations_;
};

class ServerCheck final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  ServerCheck(std::string name, std::shared_ptr<const RevocationLists> revocations)
      : name_(std::move(name)), revocations_(std::move(revocations)) {}

  bool Verify(CheckRequest* server, std::function<void(grpc::Status)> callback, grpc::Status* result) override {
    // Answers at once, as this does.
    host_.Verify(server, std::move(callback), result);
    if (!result->ok()) return true;
    const absl::Status status = Check(*server);
    if (!status.ok()) *result = Refused(status);
    return true;
  }

  void Cancel(CheckRequest*) override {}

 private:
  absl::Status Check(const CheckRequest& server) const {
    const std::vector<grpc::string_ref> uris = server.uri_names();
    const auto is_wanted = [this](grpc::string_ref uri) { return ViewOf(uri) == name_; };
    if (!name_.empty() && std::none_of(uris.begin(), uris.end(), is_wanted)) {
      return absl::UnauthenticatedError(absl::StrCat("the server is not ", name_));
    }
    return CheckNotRevoked(server, revocations_.get());
  }

  grpc::experimental::HostNameCertificateVerifier host_;
  const std::string name_;
  const std::shared_ptr<const RevocationLists> revocations_;
};

std::shared_ptr<grpc::experimental::CertificateProviderInterface> Watch(const Files& files) {
  return std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(files.key, files.certificate,
                                                                              files.authorities, kLookEverySeconds);
}

absl::Status Unusable(const std::string& path, std::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(path, " ", absl::string_view(what.data(), what.size())));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) return Unusable(path, "cannot be read");
  return text;
}

absl::StatusOr<Key> ReadKey(const std::string& path) {
  struct stat seen = {};
  if (stat(path.c_str(), &seen) == 0 && (seen.st_mode & S_IRWXO) != 0) {
    return Unusable(path, "may be used by others than its owner and its group: chmod 600");
  }
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  Key key(PEM_read_bio_PrivateKey(Source(text).get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return Unusable(path, "is no private key in PEM");
  return key;
}

absl::StatusOr<X509Certificate> ReadX509(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  X509Certificate certificate(PEM_read_bio_X509(Source(text).get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return Unusable(path, "holds no certificate in PEM");
  return certificate;
}

}  // namespace

absl::StatusOr<Certificate> CheckFiles(const Files& files) {
  ASSIGN_OR_RETURN(const X509Certificate certificate, ReadX509(files.certificate));
  ASSIGN_OR_RETURN(const Key key, ReadKey(files.key));
  RETURN_IF_ERROR(ReadX509(files.authorities).status());
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Unusable(files.key, absl::StrCat("is not the key of ", files.certificate));
  }
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(files.certificate));
  return ParseCertificate(pem);
}

std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const Files& files,
                                                           std::shared_ptr<const RevocationLists> revocations) {
  grpc::experimental::TlsServerCredentialsOptions options(Watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<ClientCheck>(std::move(revocations)));
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> ChannelCredentials(const Files& files, std::string name,
                                                             std::shared_ptr<const RevocationLists> revocations) {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<ServerCheck>(std::move(name), std::move(revocations)));
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace samverkan::tls
