#include "core/net/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace core {
namespace {

using State = ProxyReading::State;
using namespace std::string_view_literals;

constexpr std::string_view kV1Signature = "PROXY ";
constexpr std::string_view kV2Signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kV2FixedBytes = 16;
constexpr std::size_t kTlvHeadBytes = 3;
constexpr std::uint8_t kTlvSsl = 0x20;
constexpr std::size_t kTlvSslBytes = 5;  // client and verify, before its own TLVs

ProxyReading malformed(std::string_view why) {
  ProxyReading reading;
  reading.state = State::malformed;
  reading.why = why;
  return reading;
}

ProxyReading complete(std::size_t size, std::optional<ProxyHeader::Ends> ends) {
  ProxyReading reading;
  reading.state = State::complete;
  reading.size = size;
  reading.header.ends = std::move(ends);
  return reading;
}

// ---- version 1

/// The next word, up to a blank or the end; the blank is taken as well.
std::string_view next_word(std::string_view& line) {
  const std::size_t blank = line.find(' ');
  const std::string_view word = line.substr(0, blank);
  line = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
  return word;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const bool is_padded = text.size() > 1 && text.front() == '0';
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || is_padded || error != std::errc() || stop != end) return std::nullopt;
  return port;
}

enum class Family { v4, v6 };

std::optional<IpAddress> address_of(std::string_view text, Family family) {
  const bool is_v6_text = text.contains(':');
  if (is_v6_text != (family == Family::v6)) return std::nullopt;
  const Result<IpAddress> address = IpAddress::parse(text);
  if (!address) return std::nullopt;
  return *address;
}

ProxyReading read_ends(std::string_view line, Family family, std::size_t size) {
  const auto source = address_of(next_word(line), family);
  const auto destination = address_of(next_word(line), family);
  const auto source_port = port_of(next_word(line));
  // The last word is the rest: a further blank in it is no port.
  const auto destination_port = port_of(line);
  if (!source || !destination) return malformed("PROXY version 1: an address is not of its family");
  if (!source_port || !destination_port) return malformed("PROXY version 1: a port is no port");
  ProxyHeader::Ends ends{{*source, *source_port, {}}, {*destination, *destination_port, {}}};
  return complete(size, std::move(ends));
}

ProxyReading read_v1(std::string_view begun) {
  const std::size_t end = begun.find_first_of("\r\n");
  if (end == std::string_view::npos ? begun.size() > kMaxProxyV1Bytes - 2 : end > kMaxProxyV1Bytes - 2)
    return malformed("PROXY version 1: the line is too long");
  if (end == std::string_view::npos || (begun[end] == '\r' && end + 1 == begun.size())) return {};
  if (begun.substr(end, 2) != "\r\n") return malformed("PROXY version 1: the line does not end in CR LF");
  std::string_view line = begun.substr(kV1Signature.size(), end - kV1Signature.size());
  const std::size_t size = end + 2;
  const std::string_view protocol = next_word(line);
  if (protocol == "TCP4") return read_ends(line, Family::v4, size);
  if (protocol == "TCP6") return read_ends(line, Family::v6, size);
  // Section 2.1: whatever follows UNKNOWN is to be ignored.
  if (protocol == "UNKNOWN") return complete(size, std::nullopt);
  return malformed("PROXY version 1: a protocol other than TCP4, TCP6 and UNKNOWN");
}

// ---- version 2

std::uint8_t byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<std::uint8_t>(bytes[index]);
}

std::size_t length_at(std::string_view bytes, std::size_t index) {
  return static_cast<std::size_t>(byte_at(bytes, index)) << 8U | byte_at(bytes, index + 1);
}

/// Section 2.2: each TLV lies within what is left, and PP2_TYPE_SSL holds its own fixed part.
bool tlvs_add_up(std::string_view bytes) {
  while (!bytes.empty()) {
    if (bytes.size() < kTlvHeadBytes) return false;
    const std::size_t length = length_at(bytes, 1);
    if (length > bytes.size() - kTlvHeadBytes) return false;
    if (byte_at(bytes, 0) == kTlvSsl && length < kTlvSslBytes) return false;
    bytes.remove_prefix(kTlvHeadBytes + length);
  }
  return true;
}

template <std::size_t Size>
IpAddress ip_at(std::string_view bytes, std::size_t index) {
  std::array<std::uint8_t, Size> address{};
  std::transform(bytes.begin() + static_cast<std::ptrdiff_t>(index),
                 bytes.begin() + static_cast<std::ptrdiff_t>(index + Size), address.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  if constexpr (Size == 4) return IpAddress::v4(address);
  if constexpr (Size == 16) return IpAddress::v6(address);
}

/// Two addresses of `Size` bytes, then two ports, as the wire has them.
template <std::size_t Size>
ProxyHeader::Ends ends_of(std::string_view block) {
  const auto port = [&](std::size_t index) { return static_cast<std::uint16_t>(length_at(block, index)); };
  return {{ip_at<Size>(block, 0), port(2 * Size), {}}, {ip_at<Size>(block, Size), port(2 * Size + 2), {}}};
}

/// Family and transport of the address block (section 2.2), and its size.
enum class Block : std::uint8_t { unspecified = 0x00, tcp4 = 0x11, tcp6 = 0x21, unix_stream = 0x31 };

std::optional<std::size_t> size_of(Block block) {
  switch (block) {
    case Block::unspecified:
      return 0;
    case Block::tcp4:
      return 12;
    case Block::tcp6:
      return 36;
    case Block::unix_stream:
      return 216;
  }
  return std::nullopt;
}

ProxyReading read_v2(std::string_view begun) {
  if (begun.size() < kV2FixedBytes) return {};
  const std::uint8_t command = byte_at(begun, 12);
  constexpr std::uint8_t kLocal = 0x20;
  constexpr std::uint8_t kProxy = 0x21;
  if (command != kLocal && command != kProxy)
    return malformed("PROXY version 2: neither the command LOCAL nor PROXY");
  const std::size_t size = kV2FixedBytes + length_at(begun, 14);
  if (size > kMaxProxyV2Bytes) return malformed("PROXY version 2: the header is too long");
  const auto block = static_cast<Block>(byte_at(begun, 13));
  const std::optional<std::size_t> needed = size_of(block);
  if (command == kProxy && !needed)
    return malformed("PROXY version 2: a family or transport that is no stream");
  if (command == kProxy && size - kV2FixedBytes < *needed)
    return malformed("PROXY version 2: too short for its addresses");
  if (begun.size() < size) return {};
  // Whatever LOCAL and UNSPEC carry is to be ignored.
  if (command == kLocal || block == Block::unspecified) return complete(size, std::nullopt);
  const std::string_view rest = begun.substr(kV2FixedBytes, size - kV2FixedBytes);
  if (!tlvs_add_up(rest.substr(*needed))) return malformed("PROXY version 2: the lengths do not add up");
  if (block == Block::tcp4) return complete(size, ends_of<4>(rest));
  if (block == Block::tcp6) return complete(size, ends_of<16>(rest));
  return complete(size, std::nullopt);
}

/// Whether `begun` is `signature`, or may become it.
bool may_be(std::string_view begun, std::string_view signature) {
  const std::size_t size = std::min(begun.size(), signature.size());
  return begun.substr(0, size) == signature.substr(0, size);
}

/// As 4 bytes, or as 16 (an IPv4 address mapped, RFC 4291 section 2.5.5.2).
void append_address(std::string& out, const IpAddress& ip, std::size_t size) {
  const auto* bytes = reinterpret_cast<const char*>(ip.bytes().data());
  if (size == 16 && ip.is_v4()) {
    out.append(10, '\0').append(2, '\xff').append(bytes, 4);
  } else {
    out.append(bytes, size);
  }
}

}  // namespace

ProxyReading read_proxy_header(std::string_view begun) {
  if (may_be(begun, kV2Signature)) return read_v2(begun);
  if (!may_be(begun, kV1Signature)) {
    ProxyReading reading;
    reading.state = State::absent;
    return reading;
  }
  return begun.size() < kV1Signature.size() ? ProxyReading() : read_v1(begun);
}

std::string proxy_v2_header(const ProxyHeader::Ends& ends) {
  constexpr char kVersionAndProxy = 0x21;
  constexpr char kUnspecified = 0x00;
  constexpr char kStreamV4 = 0x11;
  constexpr char kStreamV6 = 0x21;
  std::string header(kV2Signature);
  header += kVersionAndProxy;
  if (!ends.source.unix_path.empty() || !ends.destination.unix_path.empty()) {
    return header.append({kUnspecified, 0, 0});
  }
  const bool is_v4 = ends.source.ip.is_v4() && ends.destination.ip.is_v4();
  const char size = is_v4 ? 2 * 4 + 4 : 2 * 16 + 4;
  header.append({is_v4 ? kStreamV4 : kStreamV6, 0, size});
  for (const Endpoint* end : {&ends.source, &ends.destination})
    append_address(header, end->ip, is_v4 ? 4 : 16);
  for (const Endpoint* end : {&ends.source, &ends.destination}) {
    header += static_cast<char>(end->port >> 8U);
    header += static_cast<char>(end->port & 0xffU);
  }
  return header;
}

std::string proxy_v2_local_header() {
  constexpr char kVersionAndLocal = 0x20;
  std::string header(kV2Signature);
  return header.append({kVersionAndLocal, 0, 0, 0});
}

}  // namespace core
