#include "gateway/session/device_register.h"

#include <utility>
#include <vector>

#include "core/loop/wait.h"

namespace gateway {
namespace {

constexpr std::string_view kFolder = "device-logins";
constexpr std::string_view kScope = "device login";
/// The lease is longer than a change may take: nobody changes what another is about to.
constexpr core::Duration kChangeAtMost = std::chrono::seconds(3);
constexpr core::Duration kLease = std::chrono::seconds(10);

std::string key_of(std::string_view id) {
  return std::string(kFolder).append("/").append(id);
}

std::unexpected<core::Error> none() {
  return core::failure(core::ErrorKind::not_found, core::Side::client, "no such sign-in of a device");
}

std::unexpected<core::Error> refused(std::string text) {
  return core::failure(core::ErrorKind::refused, core::Side::client, std::move(text));
}

std::unexpected<core::Error> busy() {
  return core::failure(core::ErrorKind::conflict, core::Side::client, "this sign-in is being changed");
}

/// An id in the set for as long as this lives.
class Claimed {
 public:
  Claimed(std::set<std::string>& ids, std::string id) : ids_(ids), id_(std::move(id)) { ids_.insert(id_); }
  ~Claimed() { ids_.erase(id_); }
  Claimed(const Claimed&) = delete;
  Claimed& operator=(const Claimed&) = delete;

 private:
  std::set<std::string>& ids_;
  std::string id_;
};

}  // namespace

DeviceRegister::DeviceRegister(DeviceRegisterParts parts)
    : parts_(std::move(parts)), sealer_(parts_.keys, core::Purpose::storage, parts_.random) {}

core::Flow<> DeviceRegister::begin(DeviceLogin login, core::IpAddress from) {
  const core::WallTime now = parts_.clock.wall();
  const DeviceLimits::Room room = limits_.take_room(from, now, login.expires_at);
  if (room == DeviceLimits::Room::none_for_address)
    co_return refused("too many sign-ins of devices from one address");
  bool is_full = room == DeviceLimits::Room::none;
  if (!is_full) {
    const core::Result<std::vector<std::string>> all =
        co_await core::attempt(parts_.storage.list(std::string(kFolder)));
    if (!all) co_return core::failure(all.error());
    is_full = all->size() >= kMaxDeviceLogins;
  }
  if (is_full) {
    if (now >= warned_until_) {
      parts_.log.warn("too many sign-ins of devices: no other can begin until some have ended");
      warned_until_ = now + kDeviceLoginLasts;
    }
    co_return refused("too many sign-ins of devices");
  }
  co_await write(login);
  co_return core::done();
}

core::Flow<> DeviceRegister::write(const DeviceLogin& login) {
  const std::string key = key_of(login.id);
  core::StorageEntry entry;
  entry.value = sealer_.seal(encode_device_login(login), {key, kScope});
  entry.expires = login.expires_at;
  return parts_.storage.put(key, std::move(entry));
}

core::Flow<DeviceLogin> DeviceRegister::read(std::string id) {
  const std::string key = key_of(id);
  const core::Result<core::StorageEntry> entry = co_await core::attempt(parts_.storage.get(key));
  if (!entry && entry.error().kind == core::ErrorKind::unavailable) co_return core::failure(entry.error());
  if (!entry) co_return none();
  const core::Result<core::Opened> opened = sealer_.open(entry->value, {key, kScope});
  if (!opened) co_return none();
  core::Result<DeviceLogin> login = decode_device_login(opened->plaintext.reveal());
  if (!login || login->id != id || login->expires_at <= parts_.clock.wall()) co_return none();
  co_return std::move(*login);
}

core::Flow<DeviceLogin> DeviceRegister::find(std::string id, std::string person) {
  if (!limits_.take_code(person, parts_.clock.wall())) co_return refused("too many codes of devices");
  DeviceLogin login = co_await read(std::move(id));
  if (login.state != DeviceState::waiting) co_return none();
  limits_.give_back_code(person);
  co_return std::move(login);
}

template <typename T>
core::Flow<T> DeviceRegister::locked(std::string name, core::Flow<T> changing) {
  const std::string holder = parts_.random.hex_id();
  co_await parts_.storage.lock(name, holder, kLease);
  core::Result<T> changed = co_await core::attempt(std::move(changing));
  co_await core::attempt(parts_.storage.unlock(name, holder));
  co_return std::move(changed);
}

/// `conflict` while this or another replica changes the same one.
template <typename T>
core::Flow<T> DeviceRegister::alone(std::string id, core::Flow<T> changing) {
  if (changing_.contains(id)) co_return busy();
  const Claimed claimed(changing_, id);
  const core::Deadline deadline = core::Deadline::after(parts_.loop, kChangeAtMost);
  core::Flow<T> under_lock = locked("device-login-" + id, std::move(changing));
  core::Flow<T> in_time = core::within(parts_.loop, deadline, std::move(under_lock));
  core::Result<T> changed = co_await core::attempt(std::move(in_time));
  co_return std::move(changed);
}

core::Flow<> DeviceRegister::decide_alone(DeviceLogin login) {
  const DeviceLogin before = co_await read(login.id);
  if (before.state != DeviceState::waiting || before.secret != login.secret) co_return none();
  login.expires_at = before.expires_at;
  co_await write(login);
  co_return core::done();
}

core::Flow<> DeviceRegister::decide(DeviceLogin login) {
  const std::string id = login.id;
  core::Flow<> deciding = decide_alone(std::move(login));
  co_await alone(id, std::move(deciding));
  co_return core::done();
}

/// Away with it before anything is made of it: whatever fails later, there is no second time.
core::Flow<DeviceLogin> DeviceRegister::take_alone(std::string id, core::Sha256Digest secret) {
  DeviceLogin login = co_await read(id);
  if (login.secret != secret || login.state == DeviceState::waiting) co_return none();
  co_await parts_.storage.remove(key_of(id));
  co_return std::move(login);
}

core::Flow<DeviceAnswer> DeviceRegister::poll(std::string id, core::Sha256Digest secret) {
  const core::Result<DeviceLogin> login = co_await core::attempt(read(id));
  if (!login && login.error().kind == core::ErrorKind::unavailable) co_return core::failure(login.error());
  DeviceAnswer answer;
  // Hashes of sealed texts that nobody can choose: how long comparing them takes tells nobody a code.
  if (!login || login->secret != secret) co_return std::move(answer);
  const bool is_too_fast_now = limits_.is_too_fast(*login, parts_.clock.wall());
  if (login->state == DeviceState::waiting) {
    answer.poll = is_too_fast_now ? DevicePoll::slow_down : DevicePoll::waiting;
    co_return std::move(answer);
  }
  core::Flow<DeviceLogin> taking = take_alone(id, secret);
  core::Result<DeviceLogin> taken = co_await core::attempt(alone(id, std::move(taking)));
  if (!taken && taken.error().kind == core::ErrorKind::not_found) co_return std::move(answer);
  if (!taken && taken.error().kind == core::ErrorKind::conflict) {
    answer.poll = DevicePoll::waiting;
    co_return std::move(answer);
  }
  if (!taken) co_return core::failure(taken.error());
  limits_.forget(id);
  answer.login = std::move(*taken);
  answer.poll = DevicePoll::denied;
  if (answer.login.state == DeviceState::denied) co_return std::move(answer);
  core::Result<MadeToken> made = co_await core::attempt(parts_.mint(answer.login));
  if (!made && made.error().kind != core::ErrorKind::refused) co_return core::failure(made.error());
  answer.poll = made ? DevicePoll::allowed : DevicePoll::not_admitted;
  if (made) answer.made = std::move(*made);
  co_return std::move(answer);
}

}  // namespace gateway
