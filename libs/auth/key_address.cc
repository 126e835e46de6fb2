#include "libs/auth/key_address.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/status/macros.h"
#include "libs/status/status.h"

namespace samverkan::auth {
namespace {

constexpr absl::Duration kFetchEvery = absl::Minutes(5);
constexpr absl::Duration kMostOften = absl::Seconds(10);
constexpr long kLongestFetchSeconds = 10;
constexpr size_t kLargestAnswer = 1 << 20;
constexpr long kOk = 200;
// How soon a change of the clock is seen.
constexpr std::chrono::milliseconds kTick{500};

struct CurlRelease {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Curl = std::unique_ptr<CURL, CurlRelease>;

size_t Append(char* data, size_t, size_t size, void* answer) {
  auto& text = *static_cast<std::string*>(answer);
  // Any other number than `size` ends the transfer.
  if (text.size() + size > kLargestAnswer) return 0;
  text.append(data, size);
  return size;
}

int EndWhere(void* stopping, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<const std::atomic<bool>*>(stopping) ? 1 : 0;
}

absl::Status Awaited() {
  return status::Unavailable({.reason = "KEYS_AWAITED",
                              .message = "the key that the access token names is being asked for; send the call again",
                              .swedish = "Inloggningstjänstens nycklar hämtas. Försök igen om en stund.",
                              .retry_after = absl::Seconds(1)});
}

}  // namespace

absl::StatusOr<std::unique_ptr<KeyAddress>> KeyAddress::Open(std::string url, std::string authorities,
                                                             const clock::Clock& clock) {
  if (!absl::StartsWith(url, "https://")) {
    return absl::InvalidArgumentError(absl::StrCat("keys are fetched over https only: ", url));
  }
  if (authorities.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("name the authorities that may have certified ", url));
  }
  std::unique_ptr<KeyAddress> address(new KeyAddress(std::move(url), std::move(authorities), clock));
  address->FetchOnce();
  RETURN_IF_ERROR(address->status());
  address->thread_ = std::thread([self = address.get()] { self->Work(); });
  return address;
}

KeyAddress::KeyAddress(std::string url, std::string authorities, const clock::Clock& clock)
    : url_(std::move(url)), authorities_(std::move(authorities)), clock_(clock) {}

KeyAddress::~KeyAddress() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const KeySet> KeyAddress::Keys(absl::Time) {
  const std::lock_guard lock(mutex_);
  return keys_;
}

absl::StatusOr<std::shared_ptr<const KeySet>> KeyAddress::NewerKeys(absl::Time) {
  const std::lock_guard lock(mutex_);
  if (fetching_) return Awaited();
  if (clock_.Now() < begun_ + kMostOften) return keys_;
  next_ = absl::InfinitePast();
  changed_.notify_all();
  return Awaited();
}

absl::Status KeyAddress::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void KeyAddress::Work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, kTick, [this] { return stopping_ || clock_.Now() >= next_; });
    if (stopping_ || clock_.Now() < next_) continue;
    lock.unlock();
    FetchOnce();
    lock.lock();
  }
}

void KeyAddress::FetchOnce() {
  {
    const std::lock_guard lock(mutex_);
    fetching_ = true;
    begun_ = clock_.Now();
  }
  const absl::StatusOr<std::string> text = Fetch();
  auto keys = text.ok() ? KeySet::Parse(*text) : text.status();
  const std::lock_guard lock(mutex_);
  fetching_ = false;
  next_ = begun_ + (keys.ok() ? kFetchEvery : kMostOften);
  status_ = keys.ok() ? absl::OkStatus()
                      : absl::FailedPreconditionError(absl::StrCat("keys of ", url_, ": ", keys.status().message()));
  if (keys.ok()) keys_ = std::make_shared<const KeySet>(*std::move(keys));
}

absl::StatusOr<std::string> KeyAddress::Fetch() const {
  const Curl curl(curl_easy_init());
  if (curl == nullptr) return absl::InternalError("libcurl gives no handle");
  std::string answer;
  CURL* const handle = curl.get();
  curl_easy_setopt(handle, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(handle, CURLOPT_CAINFO, authorities_.c_str());
  // Else the distribution's authorities would be trusted, too.
  curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT, kLongestFetchSeconds);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &EndWhere);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &stopping_);
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) return absl::UnavailableError(curl_easy_strerror(code));
  long http_status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &http_status);
  if (http_status != kOk) return absl::UnavailableError(absl::StrCat("answered with HTTP status ", http_status));
  return answer;
}

}  // namespace samverkan::auth
