// tls.acme as a value: which certificate authorities are asked, how names are proved to them, and what they
// are told. Plain values, complete and checked once they come out of the loader.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/position.h"
#include "config/types_access.h"
#include "core/net/address.h"
#include "core/text/url.h"

namespace config {

enum class AcmeChallengeKind { http_01, tls_alpn_01, dns_01, dns_persist_01 };

/// Whether a name is looked at before it is ordered.
enum class SelfTest {
  warn,     ///< a name that does not point here is reported; the first order waits a minute at most
  require,  ///< such a name is not ordered
  off,
};

/// A certificate authority.
struct AcmeAuthority {
  std::string name;                ///< as written: letsencrypt, or the URL
  core::Url url;                   ///< of its directory; https
  std::vector<std::string> hosts;  ///< that its URLs may be on besides its own
  friend bool operator==(const AcmeAuthority&, const AcmeAuthority&) = default;
};

enum class DnsProviderKind { exec, rfc2136, scaleway };

/// How TXT records are written for dns-01.
struct DnsSettings {
  DnsProviderKind kind = DnsProviderKind::exec;
  std::vector<std::string> command;  ///< exec: a program and its first arguments, never a shell
  std::string server;                ///< rfc2136: host or address
  std::uint16_t port = 53;
  std::string key_name;  ///< rfc2136: of the TSIG key; empty: updates are not signed
  std::string algorithm = "hmac-sha256";
  ConfiguredSecret secret;              ///< rfc2136: the TSIG key, decoded; scaleway: the API's secret key
  core::Url url;                        ///< scaleway
  std::vector<core::Endpoint> servers;  ///< who must show a record; empty: those that its zone names
  std::chrono::milliseconds propagation =
      std::chrono::minutes(5);  ///< until all servers must show the record
  friend bool operator==(const DnsSettings&, const DnsSettings&) = default;
};

struct AcmeExternalAccount {
  std::string key_id;
  ConfiguredSecret hmac_key;  ///< decoded
  friend bool operator==(const AcmeExternalAccount&, const AcmeExternalAccount&) = default;
};

struct Acme {
  std::string email;                       ///< empty: no contact
  std::vector<AcmeAuthority> authorities;  ///< never empty; the first is tried first
  std::string profile;                     ///< empty: what the authority gives unasked
  AcmeChallengeKind challenge = AcmeChallengeKind::http_01;
  SelfTest self_test = SelfTest::warn;
  std::optional<DnsSettings> dns;
  std::optional<AcmeExternalAccount> external_account;
  std::string trusted_ca;                 ///< PEM roots for the authorities; empty: the system's
  std::string preferred_issuer;           ///< at the top of the chain; empty: the authority's choice
  std::size_t names_per_certificate = 1;  ///< 1 to 100
  Position at;
  friend bool operator==(const Acme&, const Acme&) = default;
};

}  // namespace config
