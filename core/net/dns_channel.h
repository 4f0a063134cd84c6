// c-ares on the loop: one lookup of both address families at a time a name. No cache, no rules about names:
// those are the resolver's. For core/net only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/loop/loop.h"
#include "core/net/resolver.h"

namespace core {

/// How a lookup ended.
struct DnsOutcome {
  Result<Addresses> addresses;  ///< at most kMaxAddresses, not empty
  /// Least time to live in the answer; as the server gave it, zero or more. Zero for failures and the hosts
  /// file.
  Duration lifetime{0};
  /// A server said that the name has no address, as opposed to: nobody could be asked.
  bool is_definite = false;
};

class DnsChannel {
 public:
  static constexpr std::size_t kMaxAddresses = 16;
  /// Called at the end of a turn, never from inside ask(). May destroy the channel.
  using OnOutcome = std::function<void(const std::string& name, DnsOutcome outcome)>;

  /// `servers` empty: those of resolv.conf.
  DnsChannel(Loop& loop, const std::vector<Endpoint>& servers, OnOutcome on_outcome);
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  /// Requires: `name` is a host name. One outcome follows, whatever the servers do, unless the channel is
  /// destroyed.
  void ask(std::string name);

 private:
  struct Native;  // NOLINT(cppcoreguidelines-virtual-class-destructor): it is final
  std::unique_ptr<Native> native_;
};

}  // namespace core
