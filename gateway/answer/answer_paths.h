// The way back of what strip_prefix, rewrite and upstream_host did to a request: what an answer says in the
// origin's terms, said in the client's. Location and Content-Location, Refresh, the Path of cookies. Bodies
// are the app's own: one that writes its URLs into pages reads X-Forwarded-Prefix.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/types_route.h"
#include "gateway/answer/origin_path.h"
#include "gateway/model/request.h"

namespace gateway {

class AnswerPaths {
 public:
  /// A request and the path that was sent for it.
  struct Asked {
    const Request& request;
    std::string_view sent_path;
  };

  /// Null if the route changes neither paths nor Host. `path` may be null.
  static std::unique_ptr<const AnswerPaths> make(const config::Upstream& upstream, const OriginPath* path);

  // Each returns the new value, or nothing if it stays as it is.
  /// A URL or reference (RFC 3986 section 4.1): our own host in either scheme, an origin of the upstream, or
  /// none. A path that begins with the stripped prefix already is from an app that knows of it.
  [[nodiscard]] std::optional<std::string> map_reference(std::string_view reference,
                                                         const Asked& asked) const;
  /// "5; url=/x" (HTML Living Standard section 4.2.5.3, the shared declarative refresh steps).
  [[nodiscard]] std::optional<std::string> map_refresh(std::string_view value, const Asked& asked) const;
  /// A Set-Cookie value. __Host- cookies stay: their path must be "/". A cookie without Path that would reach
  /// beyond the prefix gets one.
  [[nodiscard]] std::optional<std::string> map_cookie(std::string_view value, const Asked& asked) const;

 private:
  AnswerPaths() = default;
  [[nodiscard]] std::optional<std::string> map_path(std::string_view path_and_rest) const;
  [[nodiscard]] std::optional<std::string> map_cookie_path(std::string_view path) const;
  [[nodiscard]] std::optional<std::string> map_url(std::string_view scheme, std::string_view rest,
                                                   const Asked& asked) const;
  [[nodiscard]] bool is_origin(std::string_view scheme, std::string_view authority) const;

  bool maps_paths_ = false;
  std::string outer_;  // what the client's paths begin with and the origin's do not: "" or "/prefix"
  std::string inner_;  // the other way round
  std::vector<std::string> origins_;  // of the upstream, scheme://host[:port]
};

}  // namespace gateway
