#include "gateway/oidc/entra_groups.h"

#include <algorithm>
#include <utility>

#include "gateway/oidc/provider_fetch.h"
#include "gateway/session/session.h"

namespace gateway {
namespace {

constexpr std::string_view kWhat = "groups at Microsoft Graph";
constexpr std::size_t kMaxIdBytes = 64;
/// Of at most 999 entries each, groups or not.
constexpr unsigned kMaxPages = 5;

core::Error bad(std::string_view what) {
  return {core::ErrorKind::malformed, core::Side::provider, std::string(kWhat).append(": ").append(what)};
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

bool has_group_overage(const core::Json& claims) {
  if (claims.boolean_at("hasgroups") == true) return true;
  const core::Json* elsewhere = claims.find("_claim_names");
  return elsewhere != nullptr && elsewhere->find("groups") != nullptr;
}

core::Result<GroupPage> parse_group_page(core::FetchResponse response, const core::Url& page) {
  if (response.status == 429) {
    return core::failure(core::ErrorKind::unavailable, core::Side::provider,
                         std::string(kWhat) + ": the rate limit is reached", core::Retry::later);
  }
  const core::Result<std::string> body = json_body(std::move(response), kWhat);
  if (!body) return core::failure(body.error());
  const core::Result<core::Json> document = core::Json::parse(*body, core::Side::provider);
  const core::Json* entries = document ? document->find("value") : nullptr;
  if (entries == nullptr || !entries->is_array()) return core::failure(bad("no list"));
  GroupPage found;
  for (const core::Json& entry : entries->elements()) {
    const auto kind = entry.string_at("@odata.type");
    const auto id = entry.string_at("id");
    if (!kind || !id || !is_id(*id)) return core::failure(bad("an entry without kind or id"));
    if (*kind == "#microsoft.graph.group") found.ids.emplace_back(*id);
  }
  if (document->find("@odata.nextLink") == nullptr) return found;
  core::Result<core::Url> next =
      core::parse_url(document->string_at("@odata.nextLink").value_or(""), core::Side::provider);
  const bool is_same_list = next && next->origin() == page.origin() && next->path == page.path;
  if (!is_same_list) return core::failure(bad("the next page is not of the same list"));
  found.next = std::move(*next);
  return found;
}

core::Flow<core::Json> fetch_groups(GroupQuestion question) {
  core::Url url = question.graph;
  url.path = "/v1.0/me/transitiveMemberOf";
  url.query = "?$select=id&$top=999";
  core::Json ids = core::Json::array();
  const core::FetchLimits limits;
  for (unsigned page = 0; page < kMaxPages; ++page) {
    core::FetchRequest request = request_to(question.settings, url);
    request.fields.emplace_back("Authorization", "Bearer " + std::string(question.access_token.reveal()));
    core::FetchResponse response = co_await question.client.fetch(std::move(request), limits);
    GroupPage found = co_await parse_group_page(std::move(response), url);
    for (std::string& id : found.ids) ids.push(std::move(id));
    if (!found.next) co_return ids;
    if (ids.elements().size() > kMaxGroups) break;
    url = std::move(*found.next);
  }
  std::string text(kWhat);
  text += ": more than a session keeps";
  co_await core::failure(core::ErrorKind::refused, core::Side::provider, text);
  co_return ids;
}

}  // namespace gateway
