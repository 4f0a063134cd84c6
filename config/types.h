// gateway.yaml as a value: what the loader returns and every later part is built from. Immutable once
// checked; equal parts compare equal, so that a reload can keep what did not change. Units are in the types,
// defaults are visible here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/position.h"
#include "config/types_access.h"
#include "config/types_acme.h"
#include "config/types_route.h"
#include "config/types_secret.h"
#include "config/types_storage.h"
#include "config/types_tracing.h"
#include "core/base/log.h"
#include "core/http/limits.h"
#include "core/net/address.h"

namespace config {

/// An address to listen on.
struct ListenAddress {
  std::optional<core::IpAddress> ip;  ///< none: every address, IPv6 and IPv4 where the machine has both
  std::uint16_t port = 0;             ///< 0: any free port
  Position at;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

enum class ProxyProtocolMode {
  required,  ///< a listed peer that sends bytes but no header is closed
  optional,  ///< its own address counts then
};

/// Balancers in front of https and http, whose PROXY header says where a connection comes from.
struct ProxyProtocol {
  std::vector<core::Network> from;  ///< empty: off
  ProxyProtocolMode mode = ProxyProtocolMode::required;
  std::vector<ListenAddress> except;  ///< of https and http: listeners that no balancer reaches
  friend bool operator==(const ProxyProtocol&, const ProxyProtocol&) = default;
};

struct Listen {
  std::vector<ListenAddress> https{{std::nullopt, 443, {}}};  ///< empty: off
  std::vector<ListenAddress> http{{std::nullopt, 80, {}}};    ///< empty: off
  std::vector<ListenAddress> plain;                           ///< serves the trusted proxies; empty: off
  ProxyProtocol proxy_protocol;
  std::vector<core::Network> trusted_proxies;        ///< compared with the address after PROXY protocol
  std::string client_ip_header = "X-Forwarded-For";  ///< the one field of theirs that says who the client is
  std::optional<std::uint16_t> public_port;  ///< none: 443, unless the client's Host bears the port of https
  std::string health_path;                   ///< empty: off
  std::string control;                       ///< path of a Unix socket; empty: off
  std::vector<ListenAddress> admin;          ///< health, metrics and status, plain HTTP; empty: off
  std::string admin_socket;                  ///< the same on a Unix socket; empty: none
  ConfiguredSecret admin_token;              ///< opens what `admin` shows of people; empty: nothing does
  friend bool operator==(const Listen&, const Listen&) = default;
};

enum class TlsVersion { tls_1_2, tls_1_3 };

/// A certificate chain and its key, PEM files. Read and checked by tls/, not by the loader.
struct CertificateFiles {
  std::string certificate;
  std::string key;
  bool ocsp = false;  ///< what its authority says of it is stapled; a must-staple certificate's always is
  Position at;
  friend bool operator==(const CertificateFiles&, const CertificateFiles&) = default;
};

/// What browsers are told about our hosts: never to ask for them by plain http (RFC 6797).
struct StrictTransport {
  std::chrono::seconds max_age = std::chrono::days(365);
  bool includes_subdomains = false;
  bool preload = false;  ///< may be built into browsers
  friend bool operator==(const StrictTransport&, const StrictTransport&) = default;
};

struct Tls {
  TlsVersion min_version = TlsVersion::tls_1_2;
  std::optional<StrictTransport> strict_transport;  ///< none: nothing is said
  std::optional<Acme> acme;                         ///< none: only given certificates
  std::vector<CertificateFiles> certificates;
  friend bool operator==(const Tls&, const Tls&) = default;
};

/// What the listeners take from clients.
struct ListenerLimits {
  core::ServerLimits http;
  std::optional<std::size_t> connections;  ///< of clients; none: as many as there are descriptors for
  friend bool operator==(const ListenerLimits& a, const ListenerLimits& b);
};

struct Shutdown {
  std::chrono::milliseconds delay{0};  ///< not ready but still accepting
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
  friend bool operator==(const Shutdown&, const Shutdown&) = default;
};

enum class LogStyle {
  automatic,  ///< text on a terminal, else json
  text,
  json,
  combined,  ///< access lines in the format of that name; events as json
};

enum class AccessLogTarget { off, standard_output, standard_error, file };

struct LogSettings {
  LogStyle format = LogStyle::automatic;
  AccessLogTarget access = AccessLogTarget::standard_output;
  std::string access_file;  ///< only for AccessLogTarget::file
  core::LogLevel level = core::LogLevel::info;
  std::string audit_file;  ///< empty: audit goes with the events
  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

struct Config {
  Listen listen;
  std::optional<unsigned> workers;       ///< none: usable cores
  std::vector<core::Endpoint> resolver;  ///< name servers; empty: the system's
  Tls tls;
  Storage storage;
  Kubernetes kubernetes;
  Login login;
  std::vector<Policy> policies;  ///< in the order of the file; Access::policy points here
  ListenerLimits limits;
  Shutdown shutdown;
  LogSettings log;
  std::optional<Tracing> tracing;  ///< none: no request is traced
  std::vector<Route> routes;       ///< in the order of the file
  /// Every file that was read for this value (secrets, e-mail lists) or will be (certificates, roots),
  /// without gateway.yaml itself.
  std::vector<std::string> referenced_files;
  friend bool operator==(const Config&, const Config&) = default;

  [[nodiscard]] const Policy& policy_of(const Access& access) const { return policies[access.policy]; }
  /// Whether any route sends this token.
  [[nodiscard]] bool forwards(ForwardToken token) const;
};

}  // namespace config
