// IpAddress and Network: text to value and back, and the ranges that are not public.
#include "core/net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace core {
namespace {

constexpr std::size_t kLongestAddressText = 45;  // INET6_ADDRSTRLEN without the end
constexpr std::size_t kV4Bytes = 4;
constexpr std::size_t kMappedPrefixBytes = 12;
constexpr int kMappedPrefixBits = 96;

std::unexpected<Error> bad(std::string_view what, std::string_view text) {
  return failure(ErrorKind::malformed, Side::configuration,
                 "\"" + std::string(text) + "\" is not " + std::string(what));
}

struct Range {
  std::array<std::uint8_t, 16> base;
  int bits;
};

constexpr std::array kPrivateV4 = {Range{{0}, 8},           // RFC 1122: this host; Linux connects to itself
                                   Range{{10}, 8},          // RFC 1918
                                   Range{{100, 64}, 10},    // RFC 6598
                                   Range{{127}, 8},         // loopback
                                   Range{{169, 254}, 16},   // RFC 3927
                                   Range{{172, 16}, 12},    // RFC 1918
                                   Range{{192, 168}, 16}};  // RFC 1918

constexpr std::array kPrivateV6 = {Range{{}, 128},  // unspecified; Linux connects to itself
                                   Range{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128},  // loopback
                                   Range{{0xfc}, 7},                                              // RFC 4193
                                   Range{{0xfe, 0x80}, 10}};  // link-local

bool same_prefix(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const int rest = bits % 8;
  if (rest == 0) return true;
  const int mask = 0xff << (8 - rest) & 0xff;
  return (a[whole] & mask) == (b[whole] & mask);
}

template <std::size_t kSize>
bool is_in(const IpAddress& address, const std::array<Range, kSize>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
    return same_prefix(address.bytes(), range.base, range.bits);
  });
}

std::uint16_t group_of(const std::array<std::uint8_t, 16>& bytes, std::size_t index) {
  return static_cast<std::uint16_t>(bytes[2 * index] << 8 | bytes[2 * index + 1]);
}

struct Gap {
  std::size_t start = 8;
  std::size_t length = 0;
};

/// RFC 5952 section 4.2: the longest run of at least two zero groups, the first of equals.
Gap longest_gap(const std::array<std::uint8_t, 16>& bytes) {
  Gap longest;
  Gap current;
  for (std::size_t i = 0; i < 8; ++i) {
    if (group_of(bytes, i) != 0) {
      current = Gap{};
      continue;
    }
    if (current.length == 0) current.start = i;
    ++current.length;
    if (current.length > longest.length) longest = current;
  }
  if (longest.length < 2) longest = Gap{};
  return longest;
}

std::string v6_text(const std::array<std::uint8_t, 16>& bytes) {
  const Gap gap = longest_gap(bytes);
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == gap.start) {
      text += "::";
      i += gap.length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), group_of(bytes, i), 16);
    text.append(digits.data(), end.ptr);
  }
  return text;
}

}  // namespace

IpAddress IpAddress::v4(const std::array<std::uint8_t, 4>& bytes) {
  IpAddress address;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  static constexpr std::array<std::uint8_t, 16> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (same_prefix(bytes, kMapped, kMappedPrefixBits)) {
    std::array<std::uint8_t, 4> last{};
    std::copy(bytes.begin() + kMappedPrefixBytes, bytes.end(), last.begin());
    return v4(last);
  }
  IpAddress address;
  address.bytes_ = bytes;
  address.is_v4_ = false;
  return address;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const bool is_plain = text.size() <= kLongestAddressText && text.find('\0') == std::string_view::npos;
  if (!is_plain) return bad("an IP address", text.substr(0, kLongestAddressText));
  const std::string ended(text);
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, ended.c_str(), bytes.data()) == 1) return v6(bytes);
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, ended.c_str(), four.data()) == 1) return v4(four);
  return bad("an IP address", text);
}

bool IpAddress::is_loopback() const {
  if (is_v4_) return bytes_[0] == 127;
  return same_prefix(bytes_, kPrivateV6[1].base, kPrivateV6[1].bits);
}

bool IpAddress::is_link_local() const {
  if (is_v4_) return bytes_[0] == 169 && bytes_[1] == 254;
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_private() const {
  if (is_v4_) return is_in(*this, kPrivateV4);
  return is_in(*this, kPrivateV6);
}

std::string IpAddress::text() const {
  if (!is_v4_) return v6_text(bytes_);
  std::string text;
  for (std::size_t i = 0; i < kV4Bytes; ++i) {
    if (i > 0) text += '.';
    text += std::to_string(bytes_[i]);
  }
  return text;
}

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const Result<IpAddress> base = IpAddress::parse(address);
  if (!base.has_value()) return bad("a network (10.0.0.0/8, fd00::/8) or an IP address", text.substr(0, 64));
  Network network;
  network.base_ = *base;
  const int width = base->is_v4() ? 32 : 128;
  network.prefix_bits_ = width;
  if (slash == std::string_view::npos) return network;

  const std::string_view digits = text.substr(slash + 1);
  int bits = -1;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  const bool is_number = end.ec == std::errc{} && end.ptr == digits.data() + digits.size();
  const bool is_padded = digits.size() > 1 && digits.front() == '0';
  // An IPv4-mapped network counts its bits in IPv6.
  if (base->is_v4() && address.find(':') != std::string_view::npos) bits -= kMappedPrefixBits;
  if (!is_number || is_padded || bits < 0 || bits > width)
    return bad("a network: its prefix length is wrong", text.substr(0, 64));
  network.prefix_bits_ = bits;
  if (network.base_ == network.lowest()) return network;
  const std::string meant = network.lowest().text() + "/" + std::to_string(bits);
  return bad("a network: bits after the prefix are set (" + meant + " is the network of this address)", text);
}

IpAddress Network::lowest() const {
  std::array<std::uint8_t, 16> bytes = base_.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int kept = std::clamp(prefix_bits_ - static_cast<int>(i) * 8, 0, 8);
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff << (8 - kept)));
  }
  if (base_.is_v4()) return IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
  return IpAddress::v6(bytes);
}

bool Network::contains(const IpAddress& address) const {
  return address.is_v4() == base_.is_v4() && same_prefix(address.bytes(), base_.bytes(), prefix_bits_);
}

bool Network::contains(const Network& other) const {
  return is_v4() == other.is_v4() && prefix_bits_ <= other.prefix_bits_ && contains(other.base_);
}

std::string Network::text() const {
  return base_.text() + "/" + std::to_string(prefix_bits_);
}

}  // namespace core
