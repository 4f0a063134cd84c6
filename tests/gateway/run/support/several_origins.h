// A house with several origins, and what tests of them say again and again. Include before doctest.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/text/url.h"
#include "tests/gateway/run/support/house.h"

namespace test_support {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

inline bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Rules of a house with one origin at each of `hosts`.
inline HouseRules origins(const std::vector<std::string>& hosts) {
  HouseRules rules;
  for (const std::string& host : hosts)
    rules.upstream.origins.emplace_back().url = *core::parse_url("http://" + host + "/");
  return rules;
}

/// The status of the answer; empty if there is none.
inline std::string status(House& house) {
  const std::string got = house.client_got();
  return got.size() < 12 ? "" : got.substr(9, 3);
}

/// A request that asks for a WebSocket.
inline std::string handshake() {
  return get("/",
             "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
             "dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

}  // namespace test_support
