#include "gateway/session/device_login.h"

#include <algorithm>
#include <utility>

#include "gateway/session/personal_token.h"
#include "gateway/session/record.h"
#include "gateway/session/revocation_entry.h"
#include "gateway/session/session.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::int64_t kMostHours = 24L * 366;

std::unexpected<core::Error> unreadable() {
  return core::failure(core::ErrorKind::unverified, core::Side::storage, "a device's sign-in cannot be read");
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::optional<DeviceState> state_of(std::int64_t number) {
  for (const DeviceState state : {DeviceState::waiting, DeviceState::allowed, DeviceState::denied}) {
    if (number == static_cast<std::int64_t>(state)) return state;
  }
  return std::nullopt;
}

}  // namespace

std::string new_user_code(core::Random& random) {
  std::string code;
  for (std::size_t i = 0; i < kUserCodeLength; ++i) {
    if (i == kUserCodeLength / 2) code.push_back('-');
    code.push_back(kUserCodeLetters[random.below(kUserCodeLetters.size())]);
  }
  return code;
}

std::optional<std::string> id_of_user_code(std::string_view typed) {
  if (typed.size() > 4 * kUserCodeLength) return std::nullopt;
  std::string letters;
  for (const char c : typed) {
    if (c == '-' || c == ' ') continue;
    if (!kUserCodeLetters.contains(upper(c))) return std::nullopt;
    letters.push_back(upper(c));
  }
  if (letters.size() != kUserCodeLength) return std::nullopt;
  return hashed_key({}, "device login " + letters);
}

std::string encode_device_login(const DeviceLogin& login) {
  RecordWriter record(RecordKind::device_login, kVersion);
  record.text(login.id).text(core::view_of(login.secret)).text(login.client).text(login.address);
  record.time(login.asked_at).time(login.expires_at).number(static_cast<std::int64_t>(login.state));
  record.text(login.token_name).number(static_cast<std::int64_t>(login.places.size()));
  for (const std::string& place : login.places) record.text(place);
  record.number(login.lasts.count());
  record.text(login.owner ? encode_session({*login.owner, login.owner->signed_in_at}) : std::string());
  record.text(login.owner_address);
  return record.bytes();
}

core::Result<DeviceLogin> decode_device_login(std::string_view bytes) {
  RecordReader record(bytes, RecordKind::device_login, kVersion);
  DeviceLogin login;
  login.id = record.text();
  const std::string_view secret = record.text();
  login.client = record.text();
  login.address = record.text();
  login.asked_at = record.time();
  login.expires_at = record.time();
  const std::optional<DeviceState> state = state_of(record.number());
  login.token_name = record.text();
  const std::size_t places = record.count(kMaxTokenPlaces);
  for (std::size_t i = 0; i < places; ++i) login.places.emplace_back(record.text());
  const std::int64_t hours = record.number();
  const std::string_view owner = record.text();
  login.owner_address = record.text();
  const bool fits = record.is_complete() && secret.size() == login.secret.size() && state && hours >= 0 &&
                    hours <= kMostHours;
  if (!fits || (owner.empty() != (*state != DeviceState::allowed))) return unreadable();
  std::ranges::copy(secret, login.secret.begin());
  login.state = *state;
  login.lasts = std::chrono::hours(hours);
  if (owner.empty()) return login;
  core::Result<Session> session = decode_session(owner);
  if (!session) return unreadable();
  login.owner = std::make_shared<const Identity>(std::move(session->identity));
  return login;
}

}  // namespace gateway
