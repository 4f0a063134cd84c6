// Which hosts a route or a certificate is for: an exact name, "*.example.com" (exactly one label in place of
// the star), or "*" (any). No other wildcard, no suffix match (RFC 6125 section 6.4.3; RFC 9525 section 6.3).
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace core {

class HostPattern {
 public:
  enum class Kind { exact, one_label, any };

  /// Brings the name into the one form of Authority::host (lower case, no trailing dot). Refuses a port, a
  /// star elsewhere than as the whole first label, and a star above a single label ("*.com" is refused,
  /// "*.a.b" is not).
  static Result<HostPattern> parse(std::string_view text);

  /// Requires: `host` is an Authority::host. An IP address is matched by an exact pattern or "*" only.
  [[nodiscard]] bool matches(std::string_view host) const;

  [[nodiscard]] Kind kind() const { return kind_; }
  /// exact: the host; one_label: what stands behind the star, with its dot; any: empty. Keys of a table by
  /// host.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// As an operator writes it.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const HostPattern&, const HostPattern&) = default;

 private:
  HostPattern(Kind kind, std::string name) : kind_(kind), name_(std::move(name)) {}
  Kind kind_;
  std::string name_;
};

}  // namespace core
