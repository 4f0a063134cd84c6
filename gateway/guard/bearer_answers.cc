#include "gateway/guard/bearer_answers.h"

#include <string_view>
#include <utility>

#include "core/text/json.h"
#include "gateway/model/resource_metadata.h"
#include "gateway/pages/json_error.h"

namespace gateway {
namespace {

constexpr std::string_view kRetryAfterSeconds = "5";
/// An answer about a token of one request must not be kept for others; a browser may keep this one.
constexpr std::string_view kMetadataCaching = "public, max-age=300";

struct Refusal {
  int status = 401;
  std::string_view code;
  std::string_view error;  ///< of RFC 6750 section 3.1; empty: no token was there
  std::string_view description;
};

/// Host, path and scopes hold no quotation mark and no backslash.
std::string challenge(const Request& request, const BearerHints& hints, const Refusal& refusal) {
  std::string text = "Bearer realm=\"" + std::string(request.host) + "\"";
  if (!refusal.error.empty()) {
    text.append(", error=\"").append(refusal.error).append("\"");
    text.append(", error_description=\"").append(refusal.description).append("\"");
  }
  if (hints.issuers.empty()) return text;
  if (refusal.status != 400 && !hints.scopes.empty()) {
    std::string scopes;
    for (const std::string& scope : hints.scopes) scopes.append(scopes.empty() ? "" : " ").append(scope);
    text.append(", scope=\"").append(scopes).append("\"");
  }
  return text.append(", resource_metadata=\"").append(resource_metadata_url(request)).append("\"");
}

Reply refuse(const Request& request, const BearerHints& hints, const Refusal& refusal) {
  Reply reply = json_error(request, {refusal.status, refusal.code, refusal.description, {}});
  reply.with("WWW-Authenticate", challenge(request, hints, refusal));
  reply.reason = refusal.code;
  return reply;
}

core::Json list_of(const std::vector<std::string>& texts) {
  core::Json list = core::Json::array();
  for (const std::string& text : texts) list.push(text);
  return list;
}

}  // namespace

void add_bearer_challenge(const Request& request, const BearerHints& hints, Reply& reply) {
  if (hints.issuers.empty() && !hints.takes_personal) return;
  reply.with("WWW-Authenticate", challenge(request, hints, {}));
}

Reply bad_token(const Request& request, const BearerHints& hints) {
  return refuse(request, hints, {401, "invalid_token", "invalid_token", "The token does not count here."});
}

Reply several_tokens(const Request& request, const BearerHints& hints) {
  return refuse(request, hints,
                {400, "invalid_request", "invalid_request", "The request has more than one Authorization."});
}

Reply token_denied(const Request& request, const BearerHints& hints) {
  return refuse(request, hints,
                {403, "denied", "insufficient_scope", "What the token is for may not enter here."});
}

Reply token_elsewhere(const Request& request, const BearerHints& hints) {
  return refuse(request, hints,
                {403, "denied", "insufficient_scope", "The token was made for other places."});
}

Reply token_unknown(const Request& request) {
  Reply reply = json_error(request, {503,
                                     "token_unknown",
                                     "This site cannot find out at the moment whether the token counts. Try "
                                     "again in a moment.",
                                     {}});
  reply.with("Retry-After", kRetryAfterSeconds);
  reply.reason = "token_unknown";
  return reply;
}

Reply resource_metadata(const Request& request, const BearerHints& hints) {
  core::Json document = core::Json::object();
  document.set("resource", resource_of(request));
  document.set("authorization_servers", list_of(hints.issuers));
  if (!hints.scopes.empty()) document.set("scopes_supported", list_of(hints.scopes));
  document.set("bearer_methods_supported", list_of({"header"}));
  Reply reply;
  reply.with("Content-Type", "application/json").with("Cache-Control", kMetadataCaching);
  reply.with("X-Content-Type-Options", "nosniff");
  reply.body = document.text().append("\n");
  return reply;
}

}  // namespace gateway
