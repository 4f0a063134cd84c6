#include "tls/issue/reachability.h"

#include <fmt/format.h>

#include "tls/acme/signing.h"
#include "tls/challenge_answers.h"

namespace tls {
namespace {

constexpr core::Duration kRequestTime = std::chrono::seconds(5);
constexpr std::size_t kMaxAnswerBytes = 4096;

}  // namespace

core::Flow<> points_here(SelfTestParts parts, std::string name) {
  const std::string token = parts.random.id();
  core::FetchRequest request;
  request.url.scheme = "http";
  request.url.authority.host = name.contains(':') ? "[" + name + "]" : name;
  request.url.path = std::string(kChallengePath) + token;
  request.fields.emplace_back("User-Agent", "gateway (self-test)");
  core::FetchLimits limits;
  limits.body_bytes = kMaxAnswerBytes;
  limits.total = kRequestTime;
  const std::string url = request.url.text();
  core::Flow<core::FetchResponse> fetching = parts.http.fetch(std::move(request), limits);
  core::Result<core::FetchResponse> answer = co_await attempt(std::move(fetching));
  if (!answer) {
    co_return core::failure(
        core::ErrorKind::unreachable, core::Side::authority,
        fmt::format("{}: {}; look at the name's DNS records and at port 80", url, answer.error().text));
  }
  if (answer->status == 200 && answer->body == key_authorization(token, parts.thumbprint)) {
    co_return core::done();
  }
  co_return core::failure(
      core::ErrorKind::refused, core::Side::authority,
      fmt::format("{}: answered by another server (status {}); the name does not lead here", url,
                  answer->status));
}

}  // namespace tls
