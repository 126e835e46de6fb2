#include "libs/auth/testing/https_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace samverkan::auth::testing {
namespace {

void OrDie(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "https server: cannot %s\n", what);
  std::abort();
}

}  // namespace

HttpsServer::HttpsServer(const std::string& certificate_file, const std::string& key_file)
    : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
  OrDie(SSL_CTX_use_certificate_file(context_.get(), certificate_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
            SSL_CTX_use_PrivateKey_file(context_.get(), key_file.c_str(), SSL_FILETYPE_PEM) == 1,
        "read its certificate");
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  OrDie(bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0 && listen(listener_, SOMAXCONN) == 0 &&
            getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0,
        "listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

HttpsServer::~HttpsServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  // Wakes accept.
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

std::string HttpsServer::Url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/jwks"; }

void HttpsServer::Answer(const std::string& response) {
  const std::lock_guard lock(mutex_);
  response_ = response;
}

void HttpsServer::AnswerBody(const std::string& body) {
  Answer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

int HttpsServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpsServer::Serve() {
  while (true) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    ServeOne(connection);
    close(connection);
  }
}

void HttpsServer::ServeOne(int connection) {
  const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context_.get()), &SSL_free);
  SSL_set_fd(session.get(), connection);
  if (SSL_accept(session.get()) != 1) return;
  std::array<char, 4096> request;
  if (SSL_read(session.get(), request.data(), request.size()) <= 0) return;
  std::string response;
  {
    const std::lock_guard lock(mutex_);
    ++requests_;
    response = response_;
  }
  if (response.empty()) {
    // Until the client hangs up.
    SSL_read(session.get(), request.data(), request.size());
    return;
  }
  SSL_write(session.get(), response.data(), static_cast<int>(response.size()));
  SSL_shutdown(session.get());
}

}  // namespace samverkan::auth::testing
