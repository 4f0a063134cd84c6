// The identity fields that one route sends to its origin: names and templates from the configuration, values
// from the admitted Identity and from nowhere else. Values are plain UTF-8 text without control characters or
// white space at the ends; a field whose value is missing or cannot be written so is left out. A list is
// joined by commas, without members that hold a comma or a control character.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/types_route.h"
#include "core/base/result.h"
#include "core/http/fields.h"
#include "core/text/expand.h"
#include "gateway/model/assertions.h"
#include "gateway/model/identity.h"
#include "gateway/model/request.h"

namespace gateway {

/// The value of an identity placeholder ("email", "claim.a.b"); false if this identity has none. An e-mail
/// that does not count (not verified, not trusted) is none.
bool identity_value(const Identity& identity, std::string_view placeholder, std::string& out);

/// One a route and worker. Keeps the last rendered values, so that a session seen again costs no allocation.
class IdentityHeaders {
 public:
  /// `assertions` give {assertion} its value, borrowed; null: it has none.
  static core::Result<IdentityHeaders> make(const config::Identity& identity,
                                            Assertions* assertions = nullptr);
  IdentityHeaders() = default;

  [[nodiscard]] std::vector<std::string> names() const;
  /// Appends the fields to `fields`. The views live until the second next call for another identity, at least
  /// until the end of the turn in which fewer than 64 identities are rendered: send them at once.
  /// Of `request` only its host and time are looked at, and only by {assertion}.
  void append_to(core::Fields& fields, const std::shared_ptr<const Identity>& identity,
                 const Request& request);

 private:
  struct Line {
    std::string name;
    std::vector<core::Template> values;  // the first that can be expanded counts
  };
  struct Rendered {
    std::shared_ptr<const Identity> identity;
    std::vector<std::pair<std::string_view, std::string>> fields;
    // With an assertion among them:
    std::string host;
    core::WallTime good_from;
    core::WallTime good_until;
  };
  static constexpr std::size_t kRenderedSlots = 64;

  void render(Rendered& slot, const std::shared_ptr<const Identity>& identity, const Request& request) const;
  bool append_assertion(Rendered& slot, const Request& request, std::string& out) const;
  [[nodiscard]] bool is_good(const Rendered& slot, const Request& request) const;

  Assertions* assertions_ = nullptr;  // null where no line has one
  std::shared_ptr<const std::vector<Line>> lines_;
  std::vector<Rendered> rendered_;
};

}  // namespace gateway
