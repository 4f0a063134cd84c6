#include "gateway/guard/engine_question.h"

#include <algorithm>

#include "core/http/fields.h"
#include "core/text/cookie.h"

namespace gateway {
namespace {

constexpr std::string_view kScheme = "https";

/// host[:port] as it stands in the request's origin.
std::string authority_of(const Request& request) {
  return request.origin().substr(kScheme.size() + 3);
}

std::string target_of(const Request& request) {
  return std::string(request.path).append(request.query);
}

/// Several Cookie fields are one list (RFC 9113 section 8.2.3).
std::string foreign_cookies(const core::Fields& fields, const CookieNames& ours) {
  std::string kept;
  for (const core::Field& field : fields) {
    if (field.id != core::FieldId::cookie) continue;
    std::string scratch;
    const std::string_view left = core::without_cookies(
        field.value, [&ours](std::string_view name) { return ours.is_ours(name); }, scratch);
    if (!left.empty()) kept.append(kept.empty() ? "" : "; ").append(left);
  }
  return kept;
}

void add_listed(const config::Authorize& settings, const Request& request, const CookieNames& ours,
                AuthorizationUse authorization, core::FetchRequest& question) {
  for (const std::string& name : settings.send) {
    const core::FieldId id = core::field_id(name);
    if (id == core::FieldId::authorization && authorization == AuthorizationUse::ours) continue;
    if (id == core::FieldId::cookie) {
      std::string cookies = foreign_cookies(*request.fields, ours);
      if (!cookies.empty()) question.fields.emplace_back("Cookie", std::move(cookies));
      continue;
    }
    for (const core::Field& field : *request.fields) {
      if (core::equals_ignoring_case(field.name, name)) question.fields.emplace_back(name, field.value);
    }
  }
}

/// 304 answers a condition, which no question has; 300 and the like lead nowhere.
bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::unexpected<core::Error> unusable(std::string text) {
  return core::failure(core::ErrorKind::malformed, core::Side::origin, std::move(text));
}

core::Result<EngineAnswer> admitted(const config::Authorize& settings, const core::FetchResponse& response) {
  EngineAnswer answer;
  answer.is_admitted = true;
  for (const std::string& name : settings.identity) {
    const std::string* value = nullptr;
    for (const auto& [each, its_value] : response.fields) {
      if (!core::equals_ignoring_case(each, name)) continue;
      if (value != nullptr) return unusable("two values of " + name);
      value = &its_value;
    }
    if (value == nullptr || value->empty()) continue;
    if (!core::is_field_value(*value)) return unusable("a value of " + name + " that is none");
    answer.fields.emplace_back(name, *value);
  }
  return answer;
}

}  // namespace

core::FetchRequest engine_question(const config::Authorize& settings, const Request& request,
                                   const CookieNames& ours, AuthorizationUse authorization) {
  core::FetchRequest question;
  question.url = settings.url;
  auto& fields = question.fields;
  switch (settings.convention) {
    case config::EngineConvention::forward_auth:
      fields.emplace_back("X-Forwarded-Method", request.method);
      fields.emplace_back("X-Forwarded-Proto", kScheme);
      fields.emplace_back("X-Forwarded-Host", authority_of(request));
      fields.emplace_back("X-Forwarded-Uri", target_of(request));
      break;
    case config::EngineConvention::auth_request:
      fields.emplace_back("X-Original-Method", request.method);
      fields.emplace_back("X-Original-URL", request.url());
      break;
    case config::EngineConvention::ext_authz:
      question.method = request.method;
      question.reached_at = settings.url;
      question.certificate_name = settings.url.authority.host;
      question.url.authority = {std::string(request.host),
                                request.port == 443 ? std::uint16_t{0} : request.port};
      // Scheme and port make the Host that the client wrote.
      question.url.scheme = kScheme;
      if (question.url.path.ends_with('/')) question.url.path.pop_back();
      question.url.path.append(request.path);
      question.url.query = request.query;
      fields.emplace_back("X-Forwarded-Proto", kScheme);
      fields.emplace_back("X-Forwarded-Host", authority_of(request));
      break;
  }
  fields.emplace_back("X-Forwarded-For", request.client.text());
  add_listed(settings, request, ours, authorization, question);
  return question;
}

core::Result<EngineAnswer> read_engine_answer(const config::Authorize& settings,
                                              const core::FetchResponse& response, const CookieNames& ours) {
  if (response.status >= 200 && response.status < 300) return admitted(settings, response);
  const bool is_refusal = response.status == 401 || response.status == 403;
  if (!is_refusal && !is_redirect(response.status))
    return unusable("the engine answered " + std::to_string(response.status));
  if (is_redirect(response.status) && response.field("Location").empty())
    return unusable("a redirect of the engine without Location");
  EngineAnswer answer;
  Reply& refusal = answer.refusal;
  refusal.status = response.status;
  refusal.with("Cache-Control", "no-store");
  for (const auto& [name, value] : response.fields) {
    const core::FieldId id = core::field_id(name);
    const bool is_cookie = id == core::FieldId::set_cookie && !ours.is_ours(core::set_cookie_name(value));
    const bool passes = is_cookie || id == core::FieldId::location || id == core::FieldId::content_type ||
                        core::equals_ignoring_case(name, "WWW-Authenticate");
    if (passes) refusal.with(name, value);
  }
  refusal.with("X-Content-Type-Options", "nosniff");
  refusal.body = response.body;
  return answer;
}

}  // namespace gateway
