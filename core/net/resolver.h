// Names to addresses, without blocking.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/wait.h"
#include "core/net/address.h"

namespace core {

/// Addresses in the order to try them, never empty.
using Addresses = std::vector<IpAddress>;

/// MUST: answer IP literals, `localhost` and `*.localhost` (127.0.0.1 and ::1, RFC 6761) without asking
/// anybody; never return an empty list; be cancellable by destroying the flow.
class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual Flow<Addresses> resolve(std::string name) = 0;
};

/// c-ares on `loop`: hosts file, search list and ndots of resolv.conf, TCP fallback. Answers are kept for
/// their TTL (at least 1 s, at most 1 h; failures 1 s); after that an expired answer is served while a new
/// one is fetched, and kept if the fetch fails (at most 1 h more). One query at a time a name. `servers`
/// empty: resolv.conf's.
std::unique_ptr<Resolver> make_resolver(Loop& loop, const std::vector<Endpoint>& servers);

}  // namespace core
