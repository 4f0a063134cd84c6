// The names of the gateway's own cookies, and what each is bound to. One list, so that what is set, what is
// cleared and what is kept from upstreams can never differ.
//
//   __Host-NAME, __Host-NAME-1 .. -3   session of one host        (NAME, NAME-1 .. with cookie_domain)
//   __Host-NAME-state-TIME-RANDOM      one sign-in under way, on login.host
//   __Host-NAME-return-TIME-RANDOM     one sign-in under way, on the host it is for
//   __Host-NAME-round                  failed rounds of sign-in in the last minute
//   __Host-NAME-origin-ID              which origin of an upstream answered this browser (balance: cookie)
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "config/types_access.h"

namespace gateway {

inline constexpr std::size_t kMaxSessionChunks = 4;

/// A session's cookie names on one kind of host: names[0] for the first chunk, then -1, -2, -3.
struct SessionCookieNames {
  std::array<std::string, kMaxSessionChunks> names;
  /// Which chunk a cookie name is; nothing for others. Exact bytes.
  [[nodiscard]] std::optional<std::size_t> chunk_of(std::string_view name) const;
};

/// Where the session of a host lives.
struct SessionScope {
  const SessionCookieNames& cookies;
  std::string_view scope;   ///< the host, or the domain: authenticated with the seal
  std::string_view domain;  ///< of Set-Cookie; empty: the host alone
};

class CookieNames {
 public:
  explicit CookieNames(const config::SessionSettings& settings);

  /// Views into this object and `host`.
  [[nodiscard]] SessionScope session_at(std::string_view host) const;
  /// Whether `host` is the cookie domain or below it; false without cookie_domain.
  [[nodiscard]] bool shares_domain(std::string_view host) const;

  /// Whether a cookie of this name is ours: never sent to an upstream, never taken from one. The forms with
  /// and without
  /// __Host- are both ours, so that turning cookie_domain on or off leaks nothing.
  [[nodiscard]] bool is_ours(std::string_view name) const;

  [[nodiscard]] const std::string& state_prefix() const { return state_prefix_; }
  [[nodiscard]] const std::string& return_prefix() const { return return_prefix_; }
  [[nodiscard]] const std::string& round() const { return round_; }
  [[nodiscard]] const std::string& origin_prefix() const { return origin_prefix_; }

 private:
  std::string base_;
  std::string domain_;
  SessionCookieNames host_cookies_;
  SessionCookieNames domain_cookies_;
  std::string state_prefix_;
  std::string return_prefix_;
  std::string round_;
  std::string origin_prefix_;
};

}  // namespace gateway
