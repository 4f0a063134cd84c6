#include "gateway/session/device_limits.h"

#include <string_view>

namespace gateway {
namespace {

constexpr std::ptrdiff_t kSubscriberBytes = 8;
constexpr std::ptrdiff_t kNetworkBytes = 6;
/// RFC 8628 section 3.5.
constexpr std::chrono::seconds kSlower{5};
/// Clocks and networks are not exact: a program that keeps to the interval is not told to be slower.
constexpr std::chrono::seconds kGrace{1};

std::string first_bytes(const core::IpAddress& address, std::ptrdiff_t count) {
  return {address.bytes().begin(), address.bytes().begin() + count};
}

}  // namespace

void DeviceLimits::forget_old(core::WallTime now) {
  const auto is_over = [now](const auto& entry) { return entry.second <= now; };
  std::erase_if(begun_, is_over);
  std::erase_if(networks_, is_over);
  std::erase_if(paces_, [now](const auto& entry) { return entry.second.until <= now; });
}

DeviceLimits::Room DeviceLimits::take_room(const core::IpAddress& from, core::WallTime now,
                                           core::WallTime ends) {
  forget_old(now);
  const std::string address = first_bytes(from, from.is_v4() ? 4 : kSubscriberBytes);
  if (begun_.count(address) >= kMaxDeviceLoginsEach) return Room::none_for_address;
  const std::string network = first_bytes(from, kNetworkBytes);
  if (!from.is_v4() && networks_.count(network) >= kMaxDeviceLoginsOfNetwork) return Room::none_for_address;
  if (begun_.size() >= kMaxDeviceLogins) return Room::none;
  begun_.emplace(address, ends);
  if (!from.is_v4()) networks_.emplace(network, ends);
  return Room::some;
}

/// One person's are counted first: who is over takes nothing from all others.
bool DeviceLimits::take_code(const std::string& person, core::WallTime now) {
  if (now >= window_ends_) {
    typed_.clear();
    typed_by_all_ = 0;
    window_ends_ = now + kCodeWindow;
  }
  const auto known = typed_.find(person);
  if (known != typed_.end() && known->second >= kMaxCodesEach) return false;
  if (typed_by_all_ >= kMaxCodes) return false;
  ++typed_[person];
  ++typed_by_all_;
  return true;
}

void DeviceLimits::give_back_code(const std::string& person) {
  const auto known = typed_.find(person);
  if (known == typed_.end()) return;  // another window has begun
  --typed_by_all_;
  if (--known->second == 0) typed_.erase(known);
}

bool DeviceLimits::is_too_fast(const DeviceLogin& login, core::WallTime now) {
  const auto [pace, is_first] =
      paces_.try_emplace(login.id, Pace{now, kDevicePollInterval, login.expires_at});
  if (is_first) return false;
  const bool is_early = now < pace->second.last + pace->second.interval - kGrace;
  if (is_early) pace->second.interval += kSlower;
  pace->second.last = now;
  return is_early;
}

}  // namespace gateway
