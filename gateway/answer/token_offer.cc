#include "gateway/answer/token_offer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/text/utf8.h"
#include "gateway/guard/policy.h"

namespace gateway {

TokenOffer::TokenOffer(const config::Config& config, core::Published<Policies>::Reader& policies)
    : config_(config), policies_(policies) {
  for (const config::Route& route : config.routes) {
    add(route, route.path, route.access);
    for (const config::Except& except : route.excepts) add(route, except.path, except.access);
  }
}

/// An expression has no place of its own: its route is in the whole host.
void TokenOffer::add(const config::Route& route, const config::PathPattern& path,
                     const config::Access& access) {
  if (access.kind != config::AccessKind::policy) return;
  const bool is_regex = path.match == config::PathMatch::regex;
  places_.push_back({route.host + (is_regex ? "/" : path.path), access.policy});
}

std::vector<std::string> TokenOffer::places_for(const Request& request, const Identity& owner) {
  std::vector<std::string> texts;
  const Question question{owner, request.client, "GET"};
  for (const Place& place : places_) {
    if (std::ranges::find(texts, place.text) != texts.end()) continue;
    if (judge(policies_.current(), place.policy, question) == Decision::admitted) texts.push_back(place.text);
  }
  return texts;
}

long TokenOffer::longest_days() const {
  return config_.login.tokens->lifetime / std::chrono::hours(24);
}

std::expected<TokenWish, TokenProblem> TokenOffer::read(const core::Form& form,
                                                        const std::vector<std::string>& places) const {
  TokenWish wish;
  const auto name = form.required("name");
  if (!name || name->size() > kMaxTokenName || !core::is_displayable_text(*name))
    return std::unexpected(TokenProblem::bad_name);
  wish.name = *name;
  const auto days = form.required("days");
  if (!days) return std::unexpected(TokenProblem::bad_days);
  long count = 0;
  const auto read = std::from_chars(days->data(), days->data() + days->size(), count);
  const bool is_number = read.ec == std::errc() && read.ptr == days->data() + days->size();
  if (!is_number || count < 1 || count > longest_days()) return std::unexpected(TokenProblem::bad_days);
  wish.lasts = std::chrono::hours(24) * count;
  for (const core::FormParameter& parameter : form.parameters()) {
    if (parameter.name != "place") continue;
    if (std::ranges::find(places, parameter.value) == places.end())
      return std::unexpected(TokenProblem::bad_place);
    wish.places.push_back(parameter.value);
  }
  if (wish.places.empty()) return std::unexpected(TokenProblem::bad_place);
  if (wish.places.size() > kMaxTokenPlaces) return std::unexpected(TokenProblem::too_many_places);
  return wish;
}

MadeToken TokenOffer::make(TokenWish wish, const Identity& owner, std::string id, core::WallTime now) {
  MadeToken made{new_personal_token(), {}};
  made.token.session_began = owner.signed_in_at;
  Identity identity = owner;
  identity.session_id = id;
  identity.token = std::move(id);
  identity.signed_in_at = now;
  identity.expires_at = now + wish.lasts;
  made.token.hash = hash_of_token(made.text.reveal());
  made.token.name = std::move(wish.name);
  made.token.places = std::move(wish.places);
  made.token.owner = std::make_shared<const Identity>(std::move(identity));
  return made;
}

}  // namespace gateway
