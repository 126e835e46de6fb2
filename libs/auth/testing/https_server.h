#ifndef SAMVERKAN_LIBS_AUTH_TESTING_HTTPS_SERVER_H_
#define SAMVERKAN_LIBS_AUTH_TESTING_HTTPS_SERVER_H_

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace samverkan::auth::testing {

// Answers every request over HTTPS with the same bytes, one connection at a time.
class HttpsServer {
 public:
  // Listens on a free port of 127.0.0.1 with the certificate and key of these PEM files.
  // Aborts where it cannot.
  HttpsServer(const std::string& certificate_file, const std::string& key_file);
  ~HttpsServer();
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  // "https://127.0.0.1:port/jwks"
  std::string Url() const;

  // What it answers from now on: a whole HTTP response. Empty: it takes connections and
  // answers nothing.
  void Answer(const std::string& response);
  // The same with status 200 and that body.
  void AnswerBody(const std::string& body);

  // How many requests came so far.
  int requests() const;

 private:
  void Serve();
  void ServeOne(int connection);

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::string response_;
  int requests_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace samverkan::auth::testing

#endif  // SAMVERKAN_LIBS_AUTH_TESTING_HTTPS_SERVER_H_
