// strip_prefix and rewrite of a route: which path the origin is asked for. Access is judged on the client's
// path alone; what comes out here is in the same normal form, and no part of the client's path can climb out
// of where the configuration puts it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/types_route.h"
#include "core/base/result.h"
#include "core/text/expand.h"
#include "core/text/regular_expression.h"

namespace gateway {

class OriginPath {
 public:
  /// Null if the route sends paths as they are.
  static core::Result<std::unique_ptr<const OriginPath>> make(const config::Route& route);

  /// Writes the path to send for `path` (normal form, inside the route's). Malformed if what a rewrite makes
  /// of it is not in normal form but for double slashes: pieces of the path made a dot segment or another
  /// escape.
  [[nodiscard]] core::Result<void> write(std::string_view path, std::string& out) const;
  /// What is stripped, for X-Forwarded-Prefix; empty for nothing.
  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  /// The path that every path sent begins with, before what is left of the client's: "" or "/base". None if a
  /// rewrite does more than to put something in front.
  [[nodiscard]] std::optional<std::string> base() const;

 private:
  OriginPath() = default;
  [[nodiscard]] core::Result<void> rewrite(std::string_view path, std::string_view rest,
                                           std::string& out) const;

  std::string prefix_;
  std::string template_text_;
  std::optional<core::Template> template_;
  std::optional<core::RegularExpression> expression_;
  bool takes_whole_path_ = false;  // the expression is the route's own
};

}  // namespace gateway
