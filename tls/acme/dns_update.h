// TXT records by dynamic updates (RFC 2136) to the zone's primary server, signed by a shared key (TSIG, RFC
// 8945). The answer's signature is checked too: an update that somebody else says went well did not.
#pragma once

#include <string>

#include "core/base/secret.h"
#include "tls/acme/dns01.h"

namespace tls {

struct TsigKey {
  std::string name;       ///< empty: updates are not signed
  std::string algorithm;  ///< "hmac-sha256", "hmac-sha384", "hmac-sha512"
  core::Secret secret;
};

struct DnsUpdateServer {
  std::string host;
  std::uint16_t port = 53;
  TsigKey key;
};

enum class DnsChange { add, remove };

/// An unsigned update: one TXT value of one name.
core::Result<std::string> dns_update(std::uint16_t id, const DnsPlace& place, std::string_view value,
                                     DnsChange change);

/// What is appended to a message, and what its answer is checked against.
struct SignedDnsMessage {
  std::string bytes;
  std::string mac;
};
/// `mac_before`: of the question, when an answer is signed (tests). Times are whole seconds since 1970.
core::Result<SignedDnsMessage> tsig_sign(std::string message, const TsigKey& key, std::int64_t now,
                                         std::string_view mac_before = {});
/// Whether an answer is signed by the same key, for the question with that mac, within five minutes of `now`.
core::Result<core::Done> tsig_verify(const std::string& answer, const TsigKey& key, std::int64_t now,
                                     std::string_view mac_before);

class DnsUpdate final : public DnsWriter {
 public:
  /// Borrows what `lookup` borrows.
  DnsUpdate(DnsLookupParts lookup, DnsUpdateServer server)
      : parts_(std::move(lookup)), server_(std::move(server)) {}

  core::Flow<> add(DnsPlace place, std::string value) override;
  core::Flow<> remove(DnsPlace place, std::string value) override;
  [[nodiscard]] bool finds_zones() const override { return false; }

 private:
  core::Flow<> send(DnsPlace place, std::string value, DnsChange change);

  DnsLookupParts parts_;
  DnsUpdateServer server_;
};

}  // namespace tls
