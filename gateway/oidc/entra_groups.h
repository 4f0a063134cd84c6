// Groups of a person at Microsoft Entra ID who is in more of them than a token holds (over 200): the token
// then says so instead of naming them, and Microsoft Graph is asked (GET /me/transitiveMemberOf, which
// User.Read allows). Where the token says the groups are (`_claim_sources`) is never looked at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/types_access.h"
#include "core/base/secret.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/text/json.h"
#include "core/text/url.h"

namespace gateway {

/// Whether these claims stand for groups that are elsewhere (`hasgroups`, or `groups` in `_claim_names`).
bool has_group_overage(const core::Json& claims);

/// One answer of Graph: ids of groups, and where the next ones are.
struct GroupPage {
  std::vector<std::string> ids;
  std::optional<core::Url> next;
};

/// Entries that are no groups (roles of the directory, units) are left out. `refused` for 401 and 403,
/// `unavailable` for 429 and 5xx; `malformed` for another shape, and for a next page that is not on the
/// origin and path of `page`.
core::Result<GroupPage> parse_group_page(core::FetchResponse response, const core::Url& page);

/// What is asked; borrowed until the flow ends.
struct GroupQuestion {
  const config::Provider& settings;
  core::HttpClient& client;
  core::Url graph;  ///< the origin of Microsoft Graph in this cloud
  core::Secret access_token;
};

/// An array of ids. `refused` where there are more than a session keeps.
core::Flow<core::Json> fetch_groups(GroupQuestion question);

}  // namespace gateway
