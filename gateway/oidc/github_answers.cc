#include "gateway/oidc/github_answers.h"

#include <algorithm>
#include <utility>

#include "core/http/fields.h"
#include "gateway/oidc/provider_fetch.h"
#include "gateway/oidc/token_response.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxNameBytes = 100;
constexpr std::size_t kMaxScopes = 100;
constexpr std::string_view kKeptRefresh = "refresh ";
constexpr std::string_view kKeptAccess = "access ";
/// A team comes with all of its organisation: some seventy values each.
constexpr core::JsonLimits kPageLimits{1024UL * 1024, 16, 50'000};

core::Error bad(std::string_view what) {
  return {core::ErrorKind::malformed, core::Side::provider, "GitHub: " + std::string(what)};
}

/// As logins, organisations and team slugs are; nothing that could pass for the border between two of them.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

/// The member if it is such a name.
core::Result<std::string> name_at(const core::Json* object, std::string_view member) {
  const auto text = object == nullptr ? std::nullopt : object->string_at(member);
  if (!text || !is_name(*text)) return core::failure(bad("a " + std::string(member) + " that is no name"));
  return std::string(*text);
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> list;
  while (!text.empty() && list.size() < kMaxScopes) {
    const std::size_t end = std::min(text.find_first_of(", "), text.size());
    if (end > 0) list.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return list;
}

bool is_rate_limit(const core::FetchResponse& response) {
  if (response.status == 429) return true;
  return response.status == 403 &&
         (response.field("X-RateLimit-Remaining") == "0" || !response.field("Retry-After").empty());
}

/// One value of a Link field: the address between "<" and ">", and whether it is the next page's.
struct LinkValue {
  std::string_view target;
  bool is_next = false;
};

/// Takes the first value off `rest`. Nothing where there is none in the form that GitHub writes.
std::optional<LinkValue> take_link(std::string_view& rest) {
  while (rest.starts_with(' ') || rest.starts_with(',')) rest.remove_prefix(1);
  const std::size_t end = rest.find('>');
  if (!rest.starts_with('<') || end == std::string_view::npos) return std::nullopt;
  LinkValue link;
  link.target = rest.substr(1, end - 1);
  const std::size_t comma = std::min(rest.find(',', end), rest.size());
  link.is_next = rest.substr(end, comma - end).find("rel=\"next\"") != std::string_view::npos;
  rest.remove_prefix(comma);
  return link;
}

}  // namespace

bool GithubToken::has_any(std::span<const std::string_view> names) const {
  return scopes.empty() || std::ranges::any_of(names, [this](std::string_view name) {
           return std::ranges::find(scopes, name) != scopes.end();
         });
}

core::Result<GithubToken> parse_github_token(core::FetchResponse response) {
  core::Result<core::Json> document = core::Json::parse(response.body, core::Side::provider);
  if (document && document->find("error") != nullptr) {
    const std::string_view code = document->string_at("error").value_or("");
    return core::failure(core::ErrorKind::refused, core::Side::provider,
                         "token endpoint: error " + std::string(error_code(code)));
  }
  core::Result<std::string> body = json_body(std::move(response), "token endpoint");
  if (!body) return core::failure(std::move(body.error()));
  core::wipe(*body);
  if (!document || !document->is_object())
    return core::failure(bad("the token endpoint's answer is no object"));
  const auto type = document->string_at("token_type");
  if (!type || !core::equals_ignoring_case(*type, "bearer"))
    return core::failure(bad("token_type is not bearer"));
  const auto token = document->string_at("access_token");
  if (!token || token->empty()) return core::failure(bad("no access_token"));
  const auto refresh_token = document->string_at("refresh_token");
  return GithubToken{core::Secret(std::string(*token)), words(document->string_at("scope").value_or("")),
                     core::Secret(std::string(refresh_token.value_or("")))};
}

core::Secret kept_of(const GithubToken& token) {
  std::string text;
  if (!token.refresh_token.empty()) {
    text.append(kKeptRefresh).append(token.refresh_token.reveal());
  } else {
    text.append(kKeptAccess);
    for (const std::string& scope : token.scopes) text.append(scope).append(",");
    text.append(" ").append(token.token.reveal());
  }
  return core::Secret::take(text);
}

core::Result<GithubToken> parse_kept(const core::Secret& kept) {
  std::string_view text = kept.reveal();
  GithubToken token;
  if (text.starts_with(kKeptRefresh)) {
    token.refresh_token = core::Secret(std::string(text.substr(kKeptRefresh.size())));
    return token;
  }
  const std::size_t border = text.find(' ', kKeptAccess.size());
  if (!text.starts_with(kKeptAccess) || border == std::string_view::npos)
    return core::failure(core::ErrorKind::malformed, core::Side::storage,
                         "GitHub: a kept token that is none");
  token.scopes = words(text.substr(kKeptAccess.size(), border - kKeptAccess.size()));
  token.token = core::Secret(std::string(text.substr(border + 1)));
  return token;
}

core::Result<core::Json> parse_github_answer(core::FetchResponse response, std::string_view what) {
  if (is_rate_limit(response)) {
    return core::failure(core::ErrorKind::unavailable, core::Side::provider,
                         std::string(what) + ": GitHub's rate limit is reached", core::Retry::later);
  }
  const core::Result<std::string> body = json_body(std::move(response), what);
  if (!body) return core::failure(body.error());
  core::Result<core::Json> value = core::Json::parse(*body, core::Side::provider, kPageLimits);
  if (!value) return core::failure(std::move(value.error()).during(std::string(what)));
  return value;
}

core::Result<std::optional<core::Url>> next_github_page(const core::FetchResponse& response,
                                                        const core::Url& page) {
  std::string_view rest = response.field("Link");
  while (const auto link = take_link(rest)) {
    if (!link->is_next) continue;
    core::Result<core::Url> url = core::parse_url(link->target, core::Side::provider);
    const bool is_same_list = url && url->origin() == page.origin() && url->path == page.path;
    if (!is_same_list) return core::failure(bad("the next page is not of the same list"));
    return std::optional<core::Url>(std::move(*url));
  }
  return std::nullopt;
}

core::Result<core::Json> github_person(const core::Json& user) {
  const auto id = user.integer_at("id");
  if (!id || *id <= 0) return core::failure(bad("a person without id"));
  const core::Result<std::string> login = name_at(&user, "login");
  if (!login) return core::failure(login.error());
  core::Json claims = core::Json::object();
  claims.set("sub", std::to_string(*id));
  claims.set("login", *login);
  claims.set("preferred_username", *login);
  if (const auto name = user.string_at("name")) claims.set("name", *name);
  return claims;
}

core::Result<void> add_github_email(const core::Json& page, core::Json& claims) {
  if (!page.is_array()) return core::failure(bad("the e-mails are no list"));
  for (const core::Json& entry : page.elements()) {
    const auto email = entry.string_at("email");
    if (!email) return core::failure(bad("an e-mail that is no text"));
    if (entry.boolean_at("primary") != true) continue;
    if (claims.find("email") != nullptr) return core::failure(bad("two primary e-mails"));
    claims.set("email", *email);
    claims.set("email_verified", entry.boolean_at("verified") == true);
  }
  return {};
}

core::Result<void> add_github_organisations(const core::Json& page, std::vector<std::string>& groups) {
  if (!page.is_array()) return core::failure(bad("the organisations are no list"));
  for (const core::Json& entry : page.elements()) {
    core::Result<std::string> name = name_at(&entry, "login");
    if (!name) return core::failure(std::move(name.error()));
    groups.push_back(std::move(*name));
  }
  return {};
}

core::Result<void> add_github_teams(const core::Json& page, std::vector<std::string>& groups) {
  if (!page.is_array()) return core::failure(bad("the teams are no list"));
  for (const core::Json& entry : page.elements()) {
    const core::Result<std::string> organisation = name_at(entry.find("organization"), "login");
    const core::Result<std::string> team = name_at(&entry, "slug");
    if (!organisation) return core::failure(organisation.error());
    if (!team) return core::failure(team.error());
    groups.push_back(*organisation + ":" + *team);
  }
  return {};
}

}  // namespace gateway
