// What personal tokens a person may have made, and one made as a form asks for it: where it opens anything,
// for how long, under which name. Which places are offered is judged by the policies of the routes, so that a
// page tells nobody of places that are not for him; what opens is judged again on each request of the token.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "config/types.h"
#include "core/loop/published.h"
#include "core/text/form.h"
#include "gateway/guard/policies.h"
#include "gateway/model/request.h"
#include "gateway/pages/token_page.h"
#include "gateway/session/personal_token.h"

namespace gateway {

/// What a form asks for.
struct TokenWish {
  std::string name;
  std::chrono::hours lasts{};
  std::vector<std::string> places;
};

class TokenOffer {
 public:
  /// Borrows both; one worker's. Requires: login.tokens is on.
  TokenOffer(const config::Config& config, core::Published<Policies>::Reader& policies);

  /// "host/path" of each route (and except) whose policy admits this person.
  [[nodiscard]] std::vector<std::string> places_for(const Request& request, const Identity& owner);
  [[nodiscard]] long longest_days() const;
  /// Fields `name`, `days` and, once or more, `place`.
  [[nodiscard]] std::expected<TokenWish, TokenProblem> read(const core::Form& form,
                                                            const std::vector<std::string>& places) const;
  /// In the session of `owner`. `id` is new and random. Text and hash are of 256 random bits.
  [[nodiscard]] static MadeToken make(TokenWish wish, const Identity& owner, std::string id,
                                      core::WallTime now);

 private:
  struct Place {
    std::string text;
    std::size_t policy = 0;
  };
  void add(const config::Route& route, const config::PathPattern& path, const config::Access& access);

  const config::Config& config_;
  core::Published<Policies>::Reader& policies_;
  std::vector<Place> places_;
};

}  // namespace gateway
