#include "gateway/oidc/provider_fetch.h"

#include <utility>

#include "core/http/fields.h"

namespace gateway {
namespace {

std::string_view media_type(const core::FetchResponse& response) {
  const std::string_view content_type = response.field("Content-Type");
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return type;
}

bool is_json(std::string_view type) {
  if (core::equals_ignoring_case(type, "application/json")) return true;
  return type.size() > 17 && core::equals_ignoring_case(type.substr(0, 12), "application/") &&
         core::equals_ignoring_case(type.substr(type.size() - 5), "+json");
}

}  // namespace

core::FetchRequest request_to(const config::Provider& provider, const core::Url& url) {
  core::FetchRequest request;
  request.url = url;
  request.fields.emplace_back("Accept", "application/json");
  if (provider.connect_to && url.origin() == provider.issuer_url.origin()) {
    request.reached_at = provider.connect_to;
    // As our own route to it says: without, some take the question for one of another issuer.
    if (provider.connect_to->scheme == "http") {
      request.fields.emplace_back("X-Forwarded-Proto", url.scheme);
      request.fields.emplace_back("X-Forwarded-Host", url.origin().substr(url.scheme.size() + 3));
    }
  }
  return request;
}

bool media_type_is(const core::FetchResponse& response, std::string_view type) {
  return core::equals_ignoring_case(media_type(response), type);
}

core::Result<std::string> json_body(core::FetchResponse response, std::string_view what) {
  if (response.status != 200) {
    const auto kind = response.status >= 500 ? core::ErrorKind::unavailable : core::ErrorKind::refused;
    return core::failure(kind, core::Side::provider,
                         std::string(what) + ": status " + std::to_string(response.status),
                         core::Retry::later);
  }
  // RFC 7517 section 8.5.2 gives key sets a type of their own; it ends in +json as well.
  if (!is_json(media_type(response))) {
    return core::failure(core::ErrorKind::malformed, core::Side::provider,
                         std::string(what) + ": the answer is not JSON", core::Retry::later);
  }
  return std::move(response.body);
}

}  // namespace gateway
