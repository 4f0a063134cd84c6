// What GitHub says, read strictly: the token endpoint's answer (which is 200 also for an error) and pages of
// its REST interface. All of it comes from outside: names that no URL of GitHub could hold are refused, and
// no page leads anywhere but to the next one of the same list.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/secret.h"
#include "core/http/client.h"
#include "core/text/json.h"
#include "core/text/url.h"

namespace gateway {

/// An access token, and what it may be used for.
struct GithubToken {
  core::Secret token;
  /// As the answer lists them; empty for an app of GitHub, whose rights are no scopes.
  std::vector<std::string> scopes;
  core::Secret refresh_token;  ///< of an app of GitHub whose tokens expire; empty: `token` has no end
  /// Whether one of `names` is there, or there are no scopes at all.
  [[nodiscard]] bool has_any(std::span<const std::string_view> names) const;
};

/// What a session keeps to ask about its person again: the refresh token, or else the access token with its
/// scopes.
core::Secret kept_of(const GithubToken& token);
/// The same back: without `token` where that is to be had by `refresh_token` first. `malformed` for any other
/// text.
core::Result<GithubToken> parse_kept(const core::Secret& kept);

/// `refused` with the error's code for an answer that holds one, whatever its status.
core::Result<GithubToken> parse_github_token(core::FetchResponse response);

/// The value of a 200. `unavailable` where a rate limit is reached (429, and 403 with no request left or with
/// Retry-After), `refused` for any other 401, 403 and 404.
core::Result<core::Json> parse_github_answer(core::FetchResponse response, std::string_view what);

/// The address of the next page that a Link field (RFC 8288) of the answer from `page` names; nothing on the
/// last one. `malformed` if it is not on the same origin and path.
core::Result<std::optional<core::Url>> next_github_page(const core::FetchResponse& response,
                                                        const core::Url& page);

/// Claims as an OpenID provider would make them of GET /user: sub (the number that never changes), login,
/// name, preferred_username.
core::Result<core::Json> github_person(const core::Json& user);
/// Adds `email` and `email_verified` if a page of GET /user/emails holds the primary address.
core::Result<void> add_github_email(const core::Json& page, core::Json& claims);
/// Appends the organisations ("org") of a page of GET /user/orgs.
core::Result<void> add_github_organisations(const core::Json& page, std::vector<std::string>& groups);
/// Appends the teams ("org:team") of a page of GET /user/teams.
core::Result<void> add_github_teams(const core::Json& page, std::vector<std::string>& groups);

}  // namespace gateway
