#include "gateway/oidc/token_response.h"

#include <string>
#include <utility>

#include "core/http/fields.h"
#include "core/text/json.h"
#include "gateway/oidc/provider_fetch.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxErrorCode = 64;

core::Error bad(std::string text) {
  return {core::ErrorKind::malformed, core::Side::provider, "token endpoint: " + std::move(text)};
}

core::Secret secret_of(std::optional<std::string_view> text) {
  return core::Secret(std::string(text.value_or("")));
}

}  // namespace

std::string_view error_code(std::string_view text) {
  const bool is_code = !text.empty() && text.size() <= kMaxErrorCode &&
                       text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
  return is_code ? text : "unnamed";
}

core::Result<TokenResponse> parse_token_response(core::FetchResponse response, GrantKind kind) {
  if (response.status == 400 || response.status == 401) {
    const core::Result<core::Json> document = core::Json::parse(response.body, core::Side::provider);
    const std::string_view code = document ? document->string_at("error").value_or("") : "";
    const bool is_over = kind == GrantKind::code || code == "invalid_grant";
    return core::failure(is_over ? core::ErrorKind::refused : core::ErrorKind::unavailable,
                         core::Side::provider, "token endpoint: error " + std::string(error_code(code)));
  }
  core::Result<std::string> body = json_body(std::move(response), "token endpoint");
  if (!body) return core::failure(std::move(body.error()));
  const core::Result<core::Json> document = core::Json::parse(*body, core::Side::provider);
  core::wipe(*body);
  if (!document || !document->is_object()) return core::failure(bad("the answer is no JSON object"));
  const auto type = document->string_at("token_type");
  if (!type || !core::equals_ignoring_case(*type, "Bearer"))
    return core::failure(bad("token_type is not Bearer"));
  const auto id_token = document->string_at("id_token");
  const auto access_token = document->string_at("access_token");
  const auto refresh_token = document->string_at("refresh_token");
  if (kind == GrantKind::code && (!id_token || id_token->empty())) return core::failure(bad("no id_token"));
  if (!access_token || access_token->empty()) return core::failure(bad("no access_token"));
  return TokenResponse{secret_of(id_token), secret_of(access_token), secret_of(refresh_token)};
}

}  // namespace gateway
