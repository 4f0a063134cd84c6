#include "core/kubernetes/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "core/text/http_date.h"

namespace core {
namespace {

constexpr Duration kTokenAge = std::chrono::minutes(1);
constexpr std::size_t kMaxTokenBytes = 16UL * 1024;
constexpr std::size_t kMaxAnswerBytes = 8UL * 1024 * 1024;
constexpr std::size_t kMaxMessageBytes = 300;
constexpr Duration kAnswerTime = std::chrono::seconds(10);
/// The API says its time in whole seconds, and an answer takes a moment.
constexpr Duration kSameTime = std::chrono::seconds(2);

/// What the API says for people, without what could disturb a log.
std::string message_of(const FetchResponse& response) {
  const Result<Json> status = Json::parse(response.body, Side::us);
  if (!status) return "no message";
  std::string message(status->string_at("message").value_or("no message").substr(0, kMaxMessageBytes));
  std::ranges::replace_if(message, [](char c) { return c < ' ' || c > '~'; }, '?');
  return message;
}

}  // namespace

KubernetesApi::KubernetesApi(HttpClient& client, KubernetesServer server, KubernetesPurpose purpose,
                             const Clock& clock)
    : client_(client), server_(std::move(server)), purpose_(std::move(purpose)), clock_(clock) {}

Error KubernetesApi::unavailable(std::string text) const {
  return {ErrorKind::unavailable, purpose_.side, std::move(text), Retry::later};
}

Error KubernetesApi::error_of(const Call& call, const FetchResponse& response) const {
  const std::string path = call.path.substr(0, call.path.find('?'));
  std::string text =
      fmt::format("kubernetes: {} {}: {} {}", call.method, path, response.status, message_of(response));
  switch (response.status) {
    case 404:
      return {ErrorKind::not_found, purpose_.side, std::move(text)};
    case 409:
      return {ErrorKind::conflict, purpose_.side, std::move(text), Retry::later};
    case 401:
    case 403:
      text += "; let the service account " + purpose_.permissions;
      return {ErrorKind::refused, purpose_.side, std::move(text), Retry::later};
    case 410:
      return {ErrorKind::closed, purpose_.side, std::move(text), Retry::later};
    case 413:
    case 422:
      return {ErrorKind::too_large, purpose_.side, std::move(text)};
    default:
      return unavailable(std::move(text));
  }
}

Result<std::string> KubernetesApi::token() {
  if (token_read_at_ && clock_.steady() - *token_read_at_ < kTokenAge) return token_;
  std::ifstream file(server_.token_file, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  std::string read = text.str();
  while (!read.empty() && (read.back() == '\n' || read.back() == '\r')) read.pop_back();
  const bool is_token = !read.empty() && read.size() <= kMaxTokenBytes &&
                        std::ranges::all_of(read, [](char c) { return c > ' ' && c <= '~'; });
  if (!file || !is_token) {
    return failure(unavailable("kubernetes: no token in " + server_.token_file +
                               "; mount the service account's token (automountServiceAccountToken)"));
  }
  token_ = std::move(read);
  token_read_at_ = clock_.steady();
  return token_;
}

Flow<FetchResponse> KubernetesApi::send(Call call, Manner manner) {
  std::string bearer = co_await token();
  FetchRequest request;
  request.method = call.method;
  request.url = co_await parse_url(server_.server.origin() + call.path, purpose_.side);
  request.fields.emplace_back("Authorization", "Bearer " + bearer);
  request.fields.emplace_back("Accept", call.accept);
  if (!call.body.empty()) request.fields.emplace_back("Content-Type", call.content_type);
  request.body = std::move(call.body);
  request.sink = manner.sink;
  FetchLimits limits;
  limits.body_bytes = kMaxAnswerBytes;
  limits.total = manner.most;
  Result<FetchResponse> response = co_await attempt(client_.fetch(std::move(request), limits));
  if (!response) co_await failure(unavailable("kubernetes: " + response.error().text));
  note_time(*response);
  co_return std::move(*response);
}

void KubernetesApi::note_time(const FetchResponse& response) {
  const Result<WallTime> said = parse_http_date(response.field("Date"), clock_.wall());
  if (!said) return;
  const Duration ahead = std::chrono::duration_cast<Duration>(*said - clock_.wall());
  ahead_ = std::chrono::abs(ahead) > kSameTime ? ahead : Duration::zero();
}

/// With a token that the API knows, and an answer of 2xx.
Flow<FetchResponse> KubernetesApi::send_known(Call call, Manner manner) {
  FetchResponse response = co_await send(call, manner);
  if (response.status == 401 && token_read_at_) {
    token_read_at_.reset();  // it has rotated since
    Flow<FetchResponse> again = send(call, manner);
    response = co_await std::move(again);
  }
  if (response.status < 200 || response.status > 299) co_return failure(error_of(call, response));
  co_return std::move(response);
}

Flow<> KubernetesApi::follow(Call call, FetchSink& sink, Duration most) {
  const Manner manner = {&sink, most};
  Flow<FetchResponse> sending = send_known(std::move(call), manner);
  const FetchResponse response = co_await std::move(sending);
  co_return done();
}

Flow<Json> KubernetesApi::call(Call call) {
  const Manner manner = {nullptr, kAnswerTime};
  Flow<FetchResponse> sending = send_known(std::move(call), manner);
  const FetchResponse response = co_await std::move(sending);
  JsonLimits limits;
  limits.bytes = kMaxAnswerBytes;
  limits.values = 200'000;
  Result<Json> object = Json::parse(response.body, purpose_.side, limits);
  // Of a proxy on the way, say: nothing is known of what is stored.
  if (!object)
    co_return failure(unavailable("kubernetes: an answer that is no JSON: " + object.error().text));
  co_return std::move(*object);
}

}  // namespace core
