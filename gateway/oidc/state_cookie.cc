#include "gateway/oidc/state_cookie.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/crypto/digest.h"
#include "core/http/fields.h"
#include "core/text/base64.h"
#include "core/text/cookie.h"
#include "gateway/session/record.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kStateBytes = 43;
constexpr std::size_t kTailBytes = 11;

core::Error unverified() {
  return {core::ErrorKind::unverified, core::Side::client, "no sign-in of this browser belongs to the state"};
}

std::string encode(const LoginAttempt& attempt) {
  RecordWriter record(RecordKind::attempt, kVersion);
  record.text(attempt.state).text(attempt.nonce).text(attempt.verifier.reveal()).text(attempt.provider);
  record.text(attempt.redirect_uri)
      .text(attempt.target)
      .text(attempt.fragment)
      .text(attempt.handover_host)
      .text(attempt.handover_hash);
  return record.time(attempt.began_at).bytes();
}

core::Result<LoginAttempt> decode(std::string_view bytes) {
  RecordReader record(bytes, RecordKind::attempt, kVersion);
  LoginAttempt attempt;
  attempt.state = record.text();
  attempt.nonce = record.text();
  attempt.verifier = core::Secret(std::string(record.text()));
  attempt.provider = record.text();
  attempt.redirect_uri = record.text();
  attempt.target = record.text();
  attempt.fragment = record.text();
  attempt.handover_host = record.text();
  attempt.handover_hash = record.text();
  attempt.began_at = record.time();
  if (!record.is_complete()) return core::failure(unverified());
  return attempt;
}

bool is_state(std::string_view text) {
  return text.size() == kStateBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_';
         });
}

}  // namespace

std::vector<TimedCookie> timed_cookies(const core::Fields& fields, std::string_view prefix) {
  std::vector<TimedCookie> found;
  for (const core::Field& field : fields) {
    if (field.id != core::FieldId::cookie) continue;
    core::CookieReader reader(field.value);
    while (const auto pair = reader.next()) {
      // A name that no cookie of ours can have comes from no browser, and could not be given back in
      // Set-Cookie.
      if (!pair->name.starts_with(prefix) || !core::is_token(pair->name)) continue;
      found.push_back({pair->name, pair->value});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const TimedCookie& a, const TimedCookie& b) { return a.name < b.name; });
  return found;
}

std::string timed_cookie_name(std::string_view prefix, core::WallTime now, std::string_view tail) {
  return fmt::format("{}{:010x}-{}", prefix, core::unix_seconds(now), tail);
}

std::vector<std::string> drop_oldest(const std::vector<TimedCookie>& cookies, std::size_t bytes) {
  std::size_t total = bytes;
  for (const TimedCookie& cookie : cookies) total += cookie.name.size() + cookie.value.size();
  std::vector<std::string> dropped;
  std::size_t left = cookies.size();
  for (const TimedCookie& cookie : cookies) {
    if (left < kMaxAttempts && total <= kMaxAttemptBytes) break;
    dropped.push_back(host_cookie_removal(cookie.name));
    total -= cookie.name.size() + cookie.value.size();
    --left;
  }
  return dropped;
}

std::string host_cookie(std::string_view name, std::string value, std::chrono::seconds max_age) {
  core::SetCookie cookie;
  cookie.name = name;
  cookie.value = std::move(value);
  cookie.max_age = max_age;
  return cookie.text();
}

std::string host_cookie_removal(std::string_view name) {
  core::SetCookie cookie;
  cookie.name = name;
  return core::SetCookie::removal(cookie).text();
}

std::string random_token(core::Random& random) {
  std::string bytes(32, '\0');
  random.fill(bytes);
  return core::base64url_encode(bytes);
}

StateCookies::StateCookies(const CookieNames& names, const core::KeyRing& keys, core::Random& random)
    : names_(names), sealer_(keys, core::Purpose::state, random) {}

std::vector<std::string> StateCookies::keep(const Request& request, const LoginAttempt& attempt) {
  const std::string name =
      timed_cookie_name(names_.state_prefix(), attempt.began_at, attempt.state.substr(0, kTailBytes));
  std::string sealed = sealer_.seal(encode(attempt), {name, request.host});
  std::vector<std::string> cookies =
      drop_oldest(timed_cookies(*request.fields, names_.state_prefix()), name.size() + sealed.size());
  cookies.push_back(host_cookie(name, std::move(sealed), kAttemptLifetime));
  return cookies;
}

core::Result<StateCookies::Found> StateCookies::find(const Request& request, std::string_view state) {
  if (!is_state(state)) return core::failure(unverified());
  const std::string_view tail = state.substr(0, kTailBytes);
  for (const TimedCookie& cookie : timed_cookies(*request.fields, names_.state_prefix())) {
    if (!cookie.name.ends_with(tail)) continue;
    const core::Result<core::Opened> opened = sealer_.open(cookie.value, {cookie.name, request.host});
    if (!opened) continue;
    core::Result<LoginAttempt> attempt = decode(opened->plaintext.reveal());
    if (!attempt || !core::constant_time_equal(attempt->state, state)) continue;
    const bool is_over = request.now >= attempt->began_at + kAttemptLifetime;
    if (is_over || attempt->began_at > request.now + kAttemptLifetime) continue;
    return Found{std::move(*attempt), std::string(cookie.name)};
  }
  return core::failure(unverified());
}

}  // namespace gateway
