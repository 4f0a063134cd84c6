// Questions to name servers and their answers as bytes (RFC 1035 section 4), for what the resolver does not
// ask: TXT, SOA, NS, CAA, and updates. Read strictly: whatever points outside the message, loops or does not
// fit is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace core {

enum class DnsType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  txt = 16,
  aaaa = 28,
  tsig = 250,
  caa = 257
};

inline constexpr std::size_t kMaxDnsMessage = 65535;
inline constexpr std::size_t kMaxDnsRecords = 512;

struct DnsRecord {
  std::string name;  ///< lower case, no dot at the end; "" is the root
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
  /// ns, cname: a name; soa: the primary server's; txt: all strings joined; others: the bytes as sent.
  std::string value;
  std::size_t offset = 0;  ///< where the record begins in the message
};

struct DnsMessage {
  std::uint16_t id = 0;
  bool is_authoritative = false;
  int code = 0;  ///< 0: no error, 3: no such name
  std::vector<DnsRecord> answers;
  std::vector<DnsRecord> authority;
  std::vector<DnsRecord> additional;
};

/// A name in wire form: each label with its length in front, a zero at the end. Refuses empty labels, labels
/// over 63 and names over 255 bytes. "" is the root.
Result<std::string> dns_name(std::string_view name);
/// A question for one type; `wants_recursion`: of a server that asks others.
enum class DnsRecursion : std::uint8_t { none, wanted };
Result<std::string> dns_query(std::uint16_t id, std::string_view name, DnsType type, DnsRecursion recursion);
Result<DnsMessage> parse_dns_message(std::string_view bytes);

/// Appends a number in network order.
void append_u16(std::string& out, std::uint16_t number);
void append_u32(std::string& out, std::uint32_t number);

}  // namespace core
