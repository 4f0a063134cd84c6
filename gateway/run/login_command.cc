#include "gateway/run/login_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/loop/wait.h"
#include "core/text/form.h"
#include "core/text/json.h"
#include "core/text/url.h"
#include "core/text/utf8.h"
#include "gateway/run/network_lease.h"
#include "gateway/run/run_to_end.h"

namespace gateway {
namespace {

using core::Flow;
using core::Result;

constexpr std::string_view kGrant = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628 section 3.2 and 3.5.
constexpr std::int64_t kUsualInterval = 5;
constexpr std::int64_t kSlower = 5;
constexpr std::int64_t kLongestInterval = 60;
constexpr std::int64_t kLongestWait = 3600;
constexpr std::size_t kMostShown = 64;

std::unexpected<core::Error> failed(std::string text) {
  return core::failure(core::ErrorKind::refused, core::Side::origin, std::move(text));
}

/// What the gateway answered to the first question.
struct Asked {
  std::string device_code;
  std::string user_code;
  std::string page;
  std::int64_t interval = kUsualInterval;
  std::int64_t lasts = 0;
};

/// It goes to a terminal and to a browser: one short line, and a page of the very gateway that was asked.
Result<Asked> read_asked(const core::Url& gateway, const std::string& body) {
  const Result<core::Json> answer = core::Json::parse(body, core::Side::origin);
  if (!answer) return failed("the answer is no JSON; is it a gateway?");
  Asked asked;
  asked.device_code = answer->string_at("device_code").value_or("");
  asked.user_code = answer->string_at("user_code").value_or("");
  asked.interval =
      std::clamp<std::int64_t>(answer->integer_at("interval").value_or(kUsualInterval), 1, kLongestInterval);
  asked.lasts = std::clamp<std::int64_t>(answer->integer_at("expires_in").value_or(0), 0, kLongestWait);
  const Result<core::Url> page = core::parse_url(answer->string_at("verification_uri").value_or(""));
  const bool is_shown = !asked.user_code.empty() && asked.user_code.size() <= kMostShown &&
                        core::is_plain_text(asked.user_code);
  if (asked.device_code.empty() || !is_shown || !page || page->origin() != gateway.origin())
    return failed("the answer makes no sense; is it a gateway?");
  asked.page = page->text();
  return asked;
}

class DeviceLoginClient {
 public:
  DeviceLoginClient(const LoginWish& wish, core::Url gateway)
      : wish_(wish),
        gateway_(std::move(gateway)),
        loop_(clock_),
        network_(loop_, std::vector<core::Endpoint>()) {}

  Result<core::Secret> run() {
    Result<core::HttpClient*> http = lease_.http_client(wish_.ca);
    if (!http) return core::failure(std::move(http.error()));
    http_ = *http;
    return run_to_end(loop_, obtain());
  }

 private:
  Flow<core::FetchResponse> post(std::string_view endpoint, std::string body) {
    core::FetchRequest request;
    request.method = "POST";
    request.url = gateway_;
    request.url.path = wish_.prefix + "/device/" + std::string(endpoint);
    request.fields.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.fields.emplace_back("Accept", "application/json");
    request.body = std::move(body);
    const core::FetchLimits limits;
    return http_->fetch(std::move(request), limits);
  }

  Flow<core::Secret> obtain() {
    core::FormWriter question;
    question.add("client_id", wish_.name);
    std::string body(question.text());
    const core::FetchResponse begun = co_await post("code", std::move(body));
    if (begun.status == 404) co_return failed("it gives no tokens to programs (login.tokens, --prefix)");
    if (begun.status == 503 || begun.status == 429)
      co_return failed("it takes no more of these at the moment");
    if (begun.status != 200) co_return failed(fmt::format("it answers {}", begun.status));
    Asked asked = co_await read_asked(gateway_, begun.body);
    fmt::print(stderr, "Open {}\nand type the code {}\n", asked.page, asked.user_code);
    core::Secret token = co_await wait_for(std::move(asked));
    co_return token;
  }

  Flow<core::Secret> wait_for(Asked asked) {
    core::FormWriter question;
    question.add("grant_type", kGrant).add("client_id", wish_.name).add("device_code", asked.device_code);
    const std::string body(question.text());
    const core::SteadyTime end = loop_.now() + std::chrono::seconds(asked.lasts);
    while (loop_.now() < end) {
      co_await core::sleep_for(loop_, std::chrono::seconds(asked.interval));
      Result<core::FetchResponse> answer = co_await core::attempt(post("token", body));
      if (!answer) {  // a network that was away for a moment
        asked.interval = std::min(asked.interval * 2, kLongestInterval);
        continue;
      }
      const Result<core::Json> said = core::Json::parse(answer->body, core::Side::origin);
      const std::string_view token = said ? said->string_at("access_token").value_or("") : "";
      const std::string_view error = said ? said->string_at("error").value_or("") : "";
      if (answer->status == 200 && !token.empty() && core::is_plain_text(token))
        co_return core::Secret(std::string(token));
      if (error == "slow_down") asked.interval = std::min(asked.interval + kSlower, kLongestInterval);
      if (error == "access_denied") co_return failed("it was not allowed");
      if (error == "expired_token" || error == "invalid_grant") break;
      const bool goes_on = error == "authorization_pending" || error == "slow_down" || answer->status >= 500;
      if (!goes_on) co_return failed(fmt::format("it answers {}", answer->status));
    }
    co_return failed("nobody typed the code in time");
  }

  const LoginWish& wish_;
  core::Url gateway_;
  core::SystemClock clock_;
  core::Loop loop_;
  Network network_;
  NetworkLease lease_{network_};
  core::HttpClient* http_ = nullptr;
};

/// HOST.token, or HOST_PORT.token, in the folder of this user's settings.
Result<std::filesystem::path> usual_file(const core::Url& gateway) {
  const char* const settings = std::getenv("XDG_CONFIG_HOME");
  const char* const home = std::getenv("HOME");
  std::filesystem::path folder;
  if (settings != nullptr && *settings == '/') {
    folder = settings;
  } else if (home != nullptr && *home == '/') {
    folder = std::filesystem::path(home) / ".config";
  } else {
    return failed("$HOME is not set; name a file with --file, or use --print");
  }
  std::string name = gateway.origin().substr(std::strlen("https://"));
  std::ranges::replace(name, ':', '_');
  return folder / "gateway" / (name + ".token");
}

/// Whole or not at all, and never to be read by anybody else.
Result<void> write_token(const std::filesystem::path& file, const core::Secret& token) {
  std::error_code error;
  if (file.has_parent_path() && !std::filesystem::exists(file.parent_path(), error)) {
    std::filesystem::create_directories(file.parent_path(), error);
    if (!error) std::filesystem::permissions(file.parent_path(), std::filesystem::perms::owner_all, error);
    if (error) return failed(fmt::format("{}: {}", file.parent_path().string(), error.message()));
  }
  const std::string draft = file.string() + ".new";
  unlink(draft.c_str());
  const int descriptor = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed(fmt::format("{}: {}", draft, std::strerror(errno)));
  std::string line = std::string(token.reveal()) + "\n";
  const bool is_written = write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  core::wipe(line);
  const bool is_kept = close(descriptor) == 0 && is_written && rename(draft.c_str(), file.c_str()) == 0;
  if (is_kept) return {};
  unlink(draft.c_str());
  return failed(fmt::format("{}: cannot be written", file.string()));
}

int complain(std::string_view text) {
  fmt::print(stderr, "gateway: {}\n", text);
  return 1;
}

}  // namespace

int login_command(const Command& command) {
  const LoginWish& wish = command.login;
  const Result<core::Url> gateway = core::parse_url(wish.url);
  if (!gateway || gateway->scheme != "https")
    return complain("expected the URL of a gateway, https://auth.example.com");
  // Before anybody is asked: where it will go.
  std::filesystem::path file = wish.file;
  if (!wish.print && file.empty()) {
    Result<std::filesystem::path> usual = usual_file(*gateway);
    if (!usual) return complain(usual.error().text);
    file = std::move(*usual);
  }
  const Result<core::Secret> token = DeviceLoginClient(wish, *gateway).run();
  if (!token) return complain(fmt::format("{}: {}", gateway->origin(), token.error().text));
  if (wish.print) {
    fmt::print("{}\n", token->reveal());
    return 0;
  }
  if (const Result<void> written = write_token(file, *token); !written) return complain(written.error().text);
  fmt::print(stderr, "The token is in {}\n", file.string());
  return 0;
}

}  // namespace gateway
