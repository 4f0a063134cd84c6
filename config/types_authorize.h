// Another decision engine that is asked about each request of a route (Authelia, Envoy's ext_authz over
// HTTP, any forward-auth), as configured. Asked by gateway/guard.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/text/url.h"

namespace config {

/// How an engine is told which request is meant.
enum class EngineConvention {
  forward_auth,  ///< X-Forwarded-Method, -Proto, -Host, -Uri (Traefik, Caddy)
  auth_request,  ///< X-Original-URL and X-Original-Method (nginx)
  ext_authz,     ///< the request's own method, Host and, below the URL's path, its path (Envoy)
};

struct Authorize {
  core::Url url;
  EngineConvention convention = EngineConvention::forward_auth;
  /// Fields of the client's that it is sent, besides what says which request is meant.
  std::vector<std::string> send{"Cookie", "Authorization", "Accept", "X-Requested-With"};
  std::vector<std::string> identity;  ///< fields of its answer that reach the app
  std::chrono::milliseconds timeout = std::chrono::seconds(2);
  /// How often it is asked again about what stands open.
  std::chrono::milliseconds recheck = std::chrono::minutes(1);
  std::string ca_file;  ///< PEM roots for https; empty: the system's
  friend bool operator==(const Authorize&, const Authorize&) = default;
};

}  // namespace config
