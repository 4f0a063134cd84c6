// What a start says: which addresses, which routes and which of them are public, which providers, and what to
// register there.
#pragma once

#include <string_view>
#include <vector>

#include "config/types.h"
#include "core/base/log.h"
#include "gateway/run/listeners.h"

namespace gateway {

struct Started {
  const config::Config& config;
  const std::vector<OpenListener>& listeners;
  std::size_t workers = 0;
  std::size_t connections = 0;  ///< of clients, at most, all workers together
  std::vector<core::Endpoint> admin = {};
};

/// What a listener is for: "https".
std::string_view name_of(Entry entry);
/// Ends with the event "ready".
void announce_start(const Started& started, const core::Log& log);

}  // namespace gateway
