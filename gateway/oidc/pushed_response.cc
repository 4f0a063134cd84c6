#include "gateway/oidc/pushed_response.h"

#include <algorithm>
#include <utility>

#include "core/text/json.h"
#include "gateway/oidc/provider_fetch.h"
#include "gateway/oidc/token_response.h"

namespace gateway {
namespace {

constexpr std::string_view kWhat = "endpoint of pushed requests";

}  // namespace

core::Result<std::string> parse_pushed_response(core::FetchResponse response) {
  if (response.status == 400 || response.status == 401) {
    const core::Result<core::Json> document = core::Json::parse(response.body, core::Side::provider);
    const std::string_view code = document ? document->string_at("error").value_or("") : "";
    return core::failure(core::ErrorKind::refused, core::Side::provider,
                         std::string(kWhat) + ": error " + std::string(error_code(code)));
  }
  if (response.status == 201) response.status = 200;  // what the RFC has; some answer 200
  const core::Result<std::string> body = json_body(std::move(response), kWhat);
  if (!body) return core::failure(body.error());
  const core::Result<core::Json> document = core::Json::parse(*body, core::Side::provider);
  const auto name = document ? document->string_at("request_uri") : std::nullopt;
  const bool is_name = name && !name->empty() && name->size() <= kMaxRequestUri &&
                       std::ranges::all_of(*name, [](char c) { return c > ' ' && c < 0x7F; });
  if (is_name) return std::string(*name);
  return core::failure(core::ErrorKind::malformed, core::Side::provider,
                       std::string(kWhat) + ": the answer names no request");
}

}  // namespace gateway
