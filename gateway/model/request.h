// A request as the gateway judges it: one normal form of host and path, what is known of the client. Made
// once by the exchange; guards, login and answers read it and nothing else of the wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/http/message.h"
#include "core/net/address.h"

namespace gateway {

struct ShownCertificate;

/// Views live as long as the exchange.
struct Request {
  std::string_view method;
  std::string_view host;                 ///< normal form, no port: the route's host matched exactly this
  std::uint16_t port = 443;              ///< the https port the browser used; always one that we serve
  std::string_view path;                 ///< normal form; the bytes sent upstream
  std::string_view query;                ///< with its "?", as sent; empty if there is none
  const core::Fields* fields = nullptr;  ///< as the client sent them; identity names not yet stripped
  core::IpAddress client;
  /// False where a proxy asks about a request of its own and does not say whose: `client` is the proxy.
  bool client_is_known = true;
  std::string_view id;  ///< request id: ours, random
  core::WallTime now;
  /// What the client proved for this host; borrowed from the connection. Null: nothing.
  const ShownCertificate* certificate = nullptr;

  /// https://host[:port], the port left out if it is 443. The base of every URL that we make.
  [[nodiscard]] std::string origin() const;
  /// origin() + path + query.
  [[nodiscard]] std::string url() const;
  /// The first value of a field, "" if there is none.
  [[nodiscard]] std::string_view field(core::FieldId id) const;
};

/// Appends what the placeholder {host}, {path} or {uri} (path and query) of a template means. False for any
/// other name.
bool append_request_value(const Request& request, std::string_view name, std::string& out);

/// How a refusal should look to this client.
enum class Audience {
  navigation,  ///< a person's browser asking for a page: redirects and HTML pages
  program,     ///< fetch, XHR, curl, an image, a WebSocket: status codes and JSON
};

/// Judged by Sec-Fetch-Mode and -Dest where they are sent, else by Accept; X-Requested-With and an Upgrade
/// make it a program; so does any Sec-Purpose (prefetch).
Audience audience_of(const Request& request);

/// Whether this request may start a sign-in: a GET that is a top-level navigation, not a prefetch.
bool may_start_sign_in(const Request& request);

/// Whether a page of this very origin sent it (Sec-Fetch-Site, else Origin): what a form post that changes
/// something must be, for no other site's page can send one.
bool is_from_own_page(const Request& request);

}  // namespace gateway
