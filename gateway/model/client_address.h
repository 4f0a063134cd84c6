// Who the client of a request is: the one place that decides it, for logs, limits, policies and the fields
// sent to origins alike. Without trusted proxies it is whoever holds the other end of the connection (after
// PROXY protocol); from a trusted proxy it is the right-most address of one field that is no trusted proxy
// itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/http/fields.h"
#include "core/net/address.h"

namespace gateway {

/// Hops a trusted proxy may name; a list that has no client in its last hops is refused.
inline constexpr std::size_t kMaxHops = 64;

/// What a trusted proxy says of a request.
struct ProxyReport {
  core::IpAddress client;
  bool is_https = false;  ///< the client spoke https with it
};

class ClientRule {
 public:
  /// Believes nobody.
  ClientRule() = default;
  /// `field`: X-Forwarded-For (a list), Forwarded (RFC 7239), or a field that holds one address.
  ClientRule(std::vector<core::Network> trusted, std::string field);

  [[nodiscard]] bool trusts(const core::IpAddress& address) const;
  /// Whether a trusted proxy at `proxy` says in `fields` who its client is.
  [[nodiscard]] bool names_client(const core::IpAddress& proxy, const core::Fields& fields) const;
  /// What the trusted proxy at `proxy` says in `fields`. Without the field the client is the proxy itself. A
  /// field that names no address where one is looked for is an error: malformed, the client's.
  [[nodiscard]] core::Result<ProxyReport> read(const core::IpAddress& proxy,
                                               const core::Fields& fields) const;

 private:
  enum class Form { list, forwarded, single };
  struct Walk;
  [[nodiscard]] core::Result<void> take_single(const core::Fields& fields, Walk& walk) const;
  [[nodiscard]] core::Result<void> walk_lines(const core::Fields& fields, Walk& walk) const;
  [[nodiscard]] core::Result<void> walk_list(std::string_view value, Walk& walk) const;
  [[nodiscard]] core::Result<void> walk_forwarded(std::string_view value, Walk& walk) const;
  [[nodiscard]] core::Result<void> take(core::Result<core::IpAddress> address, Walk& walk) const;

  std::vector<core::Network> trusted_;
  std::string field_;
  Form form_ = Form::list;
};

}  // namespace gateway
