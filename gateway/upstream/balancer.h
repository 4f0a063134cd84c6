// Balancer: which origin a request goes to. A policy is one file; it sees only those origins that may be used
// now and no more of them than a Candidate tells. Whether an origin works, and what it has room for, is not
// its business.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "config/types_upstream.h"
#include "core/base/clock.h"
#include "core/net/address.h"

namespace gateway {

class Origin;

/// From a tenth to a full share: an origin that is new or came back has cold caches.
struct SlowStart {
  core::SteadyTime since;
  core::Duration over{0};  ///< zero: a full share at once
  [[nodiscard]] double share(core::SteadyTime now) const;
};

/// What a balancer sees of an origin.
struct Candidate {
  std::string name;          ///< host:port; what hashes are made of
  std::string label;         ///< what a client's cookie says to mean this origin
  unsigned weight = 1;       ///< 1 to config::kMaxWeight
  std::size_t requests = 0;  ///< that this worker has running there
  SlowStart slow_start;
  Origin* origin = nullptr;  ///< whose it is; not looked into by a balancer
};

/// What of a request matters for the choice.
struct Call {
  core::SteadyTime now;
  core::IpAddress client;
  std::string_view label;  ///< of its cookie; empty: none
};

/// The candidates that one request has been to.
class Tried {
 public:
  static constexpr std::size_t kMost = 8;
  /// Requires: not is_full().
  void add(const Candidate& candidate) { list_[size_++] = &candidate; }
  [[nodiscard]] bool is_full() const { return size_ == kMost; }
  [[nodiscard]] bool is_empty() const { return size_ == 0; }
  [[nodiscard]] bool contains(const Candidate& candidate) const {
    const auto end = list_.begin() + static_cast<std::ptrdiff_t>(size_);
    return std::find(list_.begin(), end, &candidate) != end;
  }

 private:
  std::array<const Candidate*, kMost> list_{};
  std::size_t size_ = 0;
};

/// MUST: pick in O(log n) and without allocation; give every candidate its share over time.
class Balancer {
 public:
  virtual ~Balancer() = default;
  /// From now on it is these, which must outlive the next call of this kind.
  virtual void set(std::span<Candidate* const> candidates) = 0;
  /// One that was not tried; null if there is none. `tried` may hold others than those of set().
  virtual Candidate* pick(const Call& call, const Tried& tried) = 0;
};

/// `seed` decides where each worker begins, so that they do not all begin with the same origin.
std::unique_ptr<Balancer> make_balancer(config::Balance balance, std::uint64_t seed);

// The policies; make_balancer() is the way to them.
std::unique_ptr<Balancer> make_round_robin(std::uint64_t seed);
std::unique_ptr<Balancer> make_least_requests(std::uint64_t seed);
std::unique_ptr<Balancer> make_client_hash();
std::unique_ptr<Balancer> make_sticky(std::uint64_t seed);

}  // namespace gateway
