// Which header names an origin could take for identity, in any spelling: names are compared after every byte
// that is not a letter or digit became "-" (what CGI, WSGI, PHP and nginx fold together), without case, with
// or without a leading HTTP_. Stripped from every request on every route, public ones too, before the gateway
// adds its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/http/fields.h"

namespace gateway {

/// The folded spelling of a field name.
std::string folded_name(std::string_view name);
/// Whether an origin could take the one for the other: equal when folded. No allocation.
bool folds_alike(std::string_view a, std::string_view b);

class IdentityNames {
 public:
  /// The widely used names, and `used`: every name that a preset or route of the configuration sends as
  /// identity.
  explicit IdentityNames(const std::vector<std::string>& used);
  /// Strips nothing: for the demo's sample app, which is an origin and shows what it was sent.
  static IdentityNames of_an_origin();

  [[nodiscard]] bool contains(std::string_view name) const;
  /// Removes all of them; says how many fields went.
  std::size_t strip(core::Fields& fields) const;

 private:
  std::vector<std::string> used_;  // folded, sorted
  bool strips_ = true;
};

}  // namespace gateway
