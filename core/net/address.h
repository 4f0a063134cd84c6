// Socket addresses as values: IPv4, IPv6, Unix path. Networks (CIDR) to compare them with.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

struct sockaddr;

namespace core {

/// An IP address without port. IPv4-mapped IPv6 (::ffff:a.b.c.d) is normalised to IPv4 when it is made.
class IpAddress {
 public:
  IpAddress() = default;
  static IpAddress v4(const std::array<std::uint8_t, 4>& bytes);
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);
  /// Strict: dotted quad without leading zeros, or RFC 4291 text without zone and brackets.
  static Result<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const { return is_v4_; }
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }  ///< v4: the first four
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_link_local() const;
  /// Loopback, unspecified (Linux connects to itself), RFC 1918, RFC 6598, RFC 4193 or link-local: not
  /// reachable over the public Internet.
  [[nodiscard]] bool is_private() const;
  [[nodiscard]] std::string text() const;  ///< RFC 5952, no brackets
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool is_v4_ = true;
};

/// "10.0.0.0/8", "fd00::/8", or a single address. Bits after the prefix must be zero.
class Network {
 public:
  static Result<Network> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const;
  /// Whether every address of `other` is in it.
  [[nodiscard]] bool contains(const Network& other) const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_v4() const { return base_.is_v4(); }
  [[nodiscard]] int prefix_bits() const { return prefix_bits_; }  ///< 0 to 32, of IPv6 to 128
  friend bool operator==(const Network&, const Network&) = default;

 private:
  [[nodiscard]] IpAddress lowest() const;

  IpAddress base_;
  int prefix_bits_ = 0;
};

/// Where to connect to or listen on: an IP address with port, or a Unix socket path.
struct Endpoint {
  IpAddress ip;
  std::uint16_t port = 0;
  std::string unix_path;  ///< not empty: a Unix socket, `ip` and `port` do not count

  [[nodiscard]] std::string text() const;  ///< 10.0.0.1:80, [::1]:80, unix:/path
  /// A Unix socket without a name (a client's) gets the path "unnamed", one in the abstract space "@name".
  static Result<Endpoint> from_sockaddr(const sockaddr* address, unsigned length);
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace core
