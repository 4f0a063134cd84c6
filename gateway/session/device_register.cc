#include "gateway/session/device_register.h"

#include <utility>

namespace gateway {
namespace {

constexpr std::string_view kFolder = "device-logins";
constexpr std::string_view kScope = "device login";
/// RFC 8628 section 3.5.
constexpr std::chrono::seconds kSlower{5};
/// Clocks and networks are not exact: a program that keeps to the interval is not told to be slower.
constexpr std::chrono::seconds kGrace{1};

std::string key_of(std::string_view id) {
  return std::string(kFolder).append("/").append(id);
}

std::unexpected<core::Error> none() {
  return core::failure(core::ErrorKind::not_found, core::Side::client, "no such sign-in of a device");
}

std::unexpected<core::Error> refused(std::string text) {
  return core::failure(core::ErrorKind::refused, core::Side::client, std::move(text));
}

}  // namespace

DeviceRegister::DeviceRegister(core::Storage& storage, const core::KeyRing& keys, core::Random& random,
                               const core::Clock& clock)
    : storage_(storage), sealer_(keys, core::Purpose::storage, random), clock_(clock) {}

void DeviceRegister::forget_old() {
  const core::WallTime now = clock_.wall();
  std::erase_if(paces_, [now](const auto& entry) { return entry.second.until <= now; });
  std::erase_if(asked_from_, [now](const auto& entry) { return entry.second <= now; });
}

core::Flow<> DeviceRegister::begin(DeviceLogin login, std::string from) {
  forget_old();
  if (asked_from_.count(from) >= kMaxDeviceLoginsEach || asked_from_.size() >= kMaxDeviceLogins)
    co_return refused("too many sign-ins of devices from one address, or in all");
  asked_from_.emplace(std::move(from), login.expires_at);
  const core::Result<std::vector<std::string>> all =
      co_await core::attempt(storage_.list(std::string(kFolder)));
  if (!all) co_return core::failure(all.error());
  if (all->size() >= kMaxDeviceLogins) co_return refused("too many sign-ins of devices");
  const std::string key = key_of(login.id);
  core::StorageEntry entry;
  entry.value = sealer_.seal(encode_device_login(login), {key, kScope});
  entry.expires = login.expires_at;
  co_await storage_.put(key, std::move(entry));
  co_return core::done();
}

core::Flow<DeviceLogin> DeviceRegister::read(std::string id) {
  const std::string key = key_of(id);
  const core::Result<core::StorageEntry> entry = co_await core::attempt(storage_.get(key));
  if (!entry && entry.error().kind == core::ErrorKind::unavailable) co_return core::failure(entry.error());
  if (!entry) co_return none();
  const core::Result<core::Opened> opened = sealer_.open(entry->value, {key, kScope});
  if (!opened) co_return none();
  core::Result<DeviceLogin> login = decode_device_login(opened->plaintext.reveal());
  if (!login || login->id != id || login->expires_at <= clock_.wall()) co_return none();
  co_return std::move(*login);
}

/// Guessing must not find the codes of others.
bool DeviceRegister::may_type(const std::string& person) {
  const core::WallTime now = clock_.wall();
  if (now >= window_ends_) {
    typed_.clear();
    typed_by_all_ = 0;
    window_ends_ = now + kCodeWindow;
  }
  if (typed_by_all_ >= kMaxCodes) return false;
  ++typed_by_all_;
  return ++typed_[person] <= kMaxCodesEach;
}

core::Flow<DeviceLogin> DeviceRegister::find(std::string id, std::string person) {
  if (!may_type(person)) co_return refused("too many codes of devices");
  DeviceLogin login = co_await read(std::move(id));
  if (login.state != DeviceState::waiting) co_return none();
  co_return std::move(login);
}

core::Flow<> DeviceRegister::decide(DeviceLogin login) {
  const DeviceLogin before = co_await read(login.id);
  if (before.state != DeviceState::waiting || before.secret != login.secret) co_return none();
  const std::string key = key_of(login.id);
  core::StorageEntry entry;
  entry.value = sealer_.seal(encode_device_login(login), {key, kScope});
  entry.expires = before.expires_at;
  co_await storage_.put(key, std::move(entry));
  co_return core::done();
}

bool DeviceRegister::is_too_fast(const DeviceLogin& login) {
  const core::WallTime now = clock_.wall();
  const auto [pace, is_first] =
      paces_.try_emplace(login.id, Pace{now, kDevicePollInterval, login.expires_at});
  if (is_first) return false;
  const bool is_early = now < pace->second.last + pace->second.interval - kGrace;
  if (is_early) pace->second.interval += kSlower;
  pace->second.last = now;
  return is_early;
}

core::Flow<DeviceAnswer> DeviceRegister::poll(std::string id, core::Sha256Digest secret) {
  forget_old();
  const core::Result<DeviceLogin> login = co_await core::attempt(read(id));
  if (!login && login.error().kind == core::ErrorKind::unavailable) co_return core::failure(login.error());
  DeviceAnswer answer;
  // Hashes of 256 random bits: how long comparing them takes tells nobody a code.
  if (!login || login->secret != secret) co_return answer;
  const bool is_too_fast_now = is_too_fast(*login);
  if (login->state == DeviceState::waiting) {
    answer.poll = is_too_fast_now ? DevicePoll::slow_down : DevicePoll::waiting;
    co_return answer;
  }
  co_await storage_.remove(key_of(id));
  paces_.erase(id);
  answer.poll = login->state == DeviceState::allowed ? DevicePoll::allowed : DevicePoll::denied;
  answer.login = *login;
  co_return answer;
}

}  // namespace gateway
