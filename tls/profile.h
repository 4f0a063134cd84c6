// SSL_CTX with safe settings: the only place that makes one. TLS 1.2 and 1.3; for 1.2 only ECDHE with AEAD
// (RFC 9325); X25519 first; no compression, no renegotiation, no early data, no session cache, one ticket a
// handshake.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"

struct ssl_ctx_st;

namespace tls {

struct FreeSettings {
  void operator()(ssl_ctx_st* native) const;
};
using SettingsPointer = std::unique_ptr<ssl_ctx_st, FreeSettings>;

enum class MinimumVersion { tls12, tls13 };

/// Protocols are ALPN names (RFC 7301), the preferred first: {"http/1.1"}.
struct ServerOptions {
  MinimumVersion minimum_version = MinimumVersion::tls12;
  std::vector<std::string> protocols{"http/1.1"};
};

/// Without certificate, ticket keys and callbacks: the acceptor brings them.
core::Result<SettingsPointer> make_server_settings(const ServerOptions& options);

/// Whether the connection may do without one of the protocols.
enum class ProtocolNeed {
  wanted,    ///< a server that knows no ALPN speaks the only one there is
  required,  ///< it must say which
};

struct ClientOptions {
  MinimumVersion minimum_version = MinimumVersion::tls12;
  std::vector<std::string> protocols{"http/1.1"};
  ProtocolNeed protocol_need = ProtocolNeed::wanted;
  std::string
      ca_file;  ///< trust only the certificates of this PEM file; empty (and no ca_text): the system's roots
  std::string ca_text;           ///< the same as PEM text
  std::string certificate_file;  ///< PEM chain shown to a server that asks; empty: none. With key_file
  std::string key_file;          ///< its PEM key, not encrypted
  std::string
      server_name;  ///< verified (and sent) instead of the host that is connected to; a DNS name or IP
};

/// Verifies the server; there is no way to turn that off. Errors name the CA file and how to mend it.
core::Result<SettingsPointer> make_client_settings(const ClientOptions& options);

/// ALPN names in wire form: each with its length in front. Refuses empty names and names over 255 bytes.
core::Result<std::string> protocols_on_wire(const std::vector<std::string>& protocols);

}  // namespace tls
