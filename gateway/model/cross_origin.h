// `cors:` of a route: the Fetch standard's CORS protocol (section 3.2), spoken by the gateway in place of the
// app. Decides what scripts of other origins may read, never who may pass: that is the guard's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/types_route.h"
#include "core/http/fields.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"

namespace gateway {

class CrossOriginRule {
 public:
  explicit CrossOriginRule(const config::CrossOrigin& settings);

  /// Whether this is a preflight of an origin that may use the route: it bears no cookies, so it is answered
  /// before access is judged. One of any other origin is a request like others.
  [[nodiscard]] bool answers(const Request& request) const;
  /// The answer to it, without what add_to() adds.
  [[nodiscard]] Reply preflight_answer(const Request& request) const;
  /// Whether an answer's field says what is the rule's to say: the app's own is dropped.
  [[nodiscard]] static bool owns(const core::Field& field);
  /// Adds what lets the request's origin read an answer, and Vary where that depends on it. Views into
  /// `request` and this rule.
  void add_to(core::Fields& fields, const Request& request) const;

 private:
  [[nodiscard]] std::optional<std::string_view> allowed_origin(const Request& request) const;

  std::vector<std::string> origins_;  // empty: all
  bool takes_credentials_;
  std::string methods_;
  std::optional<std::string> headers_;
  std::string exposed_;
  std::string max_age_;
};

}  // namespace gateway
