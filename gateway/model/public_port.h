// Which port browsers use: the one rule behind the redirect to https, every return URL and every own-origin
// check.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace gateway {

/// `listen.public_port`. With a fixed port only that port is ours. With auto it is 443, unless the client's
/// Host bears the port of an https listener: then that one. Any other port is nobody's (421).
class PublicPort {
 public:
  static PublicPort fixed(std::uint16_t port) { return PublicPort(port, {}); }
  static PublicPort automatic(std::vector<std::uint16_t> listening) {
    return PublicPort(443, std::move(listening));
  }

  /// The port for a Host that wrote `written` (0: none); empty if it is not ours.
  [[nodiscard]] std::optional<std::uint16_t> of_https_host(std::uint16_t written) const;
  /// The https port to redirect to from plain http. A Host of the http listener bears the http listener's
  /// port or none.
  [[nodiscard]] std::uint16_t for_redirect() const;

 private:
  PublicPort(std::uint16_t main, std::vector<std::uint16_t> listening)
      : main_(main), listening_(std::move(listening)) {}
  std::uint16_t main_;
  std::vector<std::uint16_t> listening_;
};

}  // namespace gateway
