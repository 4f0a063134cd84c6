#include "tls/acme/client.h"

#include <algorithm>
#include <utility>

#include "core/http/fields.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::Flow;
using core::Result;
using core::Side;

constexpr std::size_t kMaxNonces = 16;
constexpr std::size_t kMaxNonceBytes = 256;
constexpr std::size_t kMaxLinks = 32;
// RFC 8555 section 6.1 wants one.
constexpr std::string_view kUserAgent = "gateway (ACME client)";

bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNonceBytes && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

core::FetchRequest request_for(std::string_view method, const core::Url& url) {
  core::FetchRequest request;
  request.method = std::string(method);
  request.url = url;
  request.fields.emplace_back("User-Agent", kUserAgent);
  return request;
}

core::Error during(core::Error error, const core::Url& url) {
  error.side = Side::authority;
  return std::move(error).during(url.origin() + url.path);
}

}  // namespace

Result<core::Json> AcmeAnswer::json(std::string_view what) const {
  if (problem) return core::failure(error_of(*problem).during(what));
  return parse_acme_json(response.body, what);
}

Result<std::string> AcmeAnswer::body(std::string_view what) const {
  if (problem) return core::failure(error_of(*problem).during(what));
  return response.body;
}

AcmeClient::AcmeClient(core::Loop& loop, core::HttpClient& http, AcmeServer server)
    : loop_(loop), http_(http), server_(std::move(server)) {
  hosts_.own = server_.directory.authority.host;
  hosts_.others = server_.hosts;
}

Flow<AcmeAnswer> AcmeClient::fetch(core::FetchRequest request) {
  const core::Url url = request.url;
  core::FetchLimits limits;
  limits.body_bytes = kMaxAcmeAnswerBytes;
  limits.total = kAcmeRequestTime;
  Flow<core::FetchResponse> fetching = http_.fetch(std::move(request), limits);
  Result<core::FetchResponse> response = co_await attempt(std::move(fetching));
  if (!response) co_return core::failure(during(std::move(response.error()), url));
  keep_nonce(*response);
  AcmeAnswer answer;
  const core::WallTime now = loop_.clock().wall();
  answer.retry_after = read_retry_after(response->field("Retry-After"), now);
  if (response->status < 200 || response->status > 299) answer.problem = read_problem(*response, now);
  if (response->status >= 300 && response->status < 400) {
    answer.problem->detail = "a redirect, which is never followed here";
  }
  answer.response = std::move(*response);
  co_return std::move(answer);
}

Flow<AcmeDirectory> AcmeClient::directory() {
  if (directory_ && loop_.now() - directory_read_ < kDirectoryLifetime) co_return *directory_;
  Flow<AcmeAnswer> fetching = fetch(request_for("GET", server_.directory));
  AcmeAnswer answer = co_await std::move(fetching);
  core::Json json = co_await answer.json("the directory");
  AcmeDirectory parsed = co_await AcmeDirectory::parse(json, hosts_);
  directory_ = parsed;
  directory_read_ = loop_.now();
  co_return std::move(parsed);
}

Flow<std::string> AcmeClient::take_nonce() {
  if (nonces_.empty()) {
    AcmeDirectory urls = co_await directory();
    Flow<AcmeAnswer> fetching = fetch(request_for("HEAD", urls.new_nonce));
    AcmeAnswer answer = co_await std::move(fetching);
    if (answer.problem) co_return core::failure(error_of(*answer.problem).during("a new nonce"));
    if (nonces_.empty()) {
      co_return core::failure(ErrorKind::malformed, Side::authority, "a new nonce: the answer has none",
                              core::Retry::later);
    }
  }
  std::string nonce = std::move(nonces_.back());
  nonces_.pop_back();
  co_return std::move(nonce);
}

void AcmeClient::keep_nonce(const core::FetchResponse& response) {
  const std::string_view nonce = response.field("Replay-Nonce");
  // RFC 8555 section 6.5.1: what is not base64url is ignored.
  if (!is_nonce(nonce)) return;
  if (nonces_.size() == kMaxNonces) nonces_.erase(nonces_.begin());
  nonces_.emplace_back(nonce);
}

Flow<AcmeAnswer> AcmeClient::post(AcmeSigner signer, core::Url url, std::string payload) {
  const std::string url_text = url.text();
  for (int tries = 1;; ++tries) {
    std::string nonce = co_await take_nonce();
    core::FetchRequest request = request_for("POST", url);
    request.fields.emplace_back("Content-Type", "application/jose+json");
    request.body = signed_body(signer, payload, url_text, nonce);
    AcmeAnswer answer = co_await fetch(std::move(request));
    const bool is_bad_nonce = answer.problem && answer.problem->is("badNonce");
    if (!is_bad_nonce || tries == kMaxNonceTries) co_return std::move(answer);
    // Others of the pool may be as old as the one that was refused: only the newest is worth a try.
    if (nonces_.size() > 1) nonces_.erase(nonces_.begin(), nonces_.end() - 1);
  }
}

Flow<AcmeAnswer> AcmeClient::get(core::Url url) {
  AcmeAnswer answer = co_await fetch(request_for("GET", url));
  co_return std::move(answer);
}

std::vector<std::string> links_of(const core::FetchResponse& response, std::string_view relation) {
  std::vector<std::string> found;
  const std::string wanted = "rel=\"" + std::string(relation) + "\"";
  for (const auto& [name, value] : response.fields) {
    if (!core::equals_ignoring_case(name, "Link") || found.size() == kMaxLinks) continue;
    const std::size_t begin = value.find('<');
    const std::size_t end = value.find('>', begin == std::string::npos ? 0 : begin);
    if (begin == std::string::npos || end == std::string::npos) continue;
    if (value.find(wanted, end) == std::string::npos) continue;
    found.push_back(value.substr(begin + 1, end - begin - 1));
  }
  return found;
}

}  // namespace tls
