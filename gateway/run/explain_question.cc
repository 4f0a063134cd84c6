#include "gateway/run/explain_question.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/http/characters.h"
#include "gateway/oidc/claims.h"

namespace gateway {
namespace {

std::unexpected<core::Error> wrong(std::string text) {
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, std::move(text));
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

core::Result<std::pair<std::string, std::string>> read_header(std::string_view text) {
  const std::size_t end = text.find_first_of(":=");
  const std::string_view name = text.substr(0, end);
  if (end == std::string_view::npos || !core::is_token(name))
    return wrong(fmt::format("--header needs 'Name: value', not '{}'", text));
  for (const std::string_view own : {"host", "connection", "content-length", "transfer-encoding"}) {
    if (core::equals_ignoring_case(name, own))
      return wrong(fmt::format("--header cannot set {}: the request that is explained has its own", name));
  }
  std::string_view value = text.substr(end + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (!is_field_value(value))
    return wrong(fmt::format("the value of --header {} holds a control byte", name));
  return std::pair(std::string(name), std::string(value));
}

void set_at(core::Json& object, std::span<const std::string> steps, core::Json value) {
  if (steps.size() == 1) return object.set(steps.front(), std::move(value));
  const core::Json* found = object.find(steps.front());
  core::Json inner = found != nullptr && found->is_object() ? *found : core::Json::object();
  set_at(inner, steps.subspan(1), std::move(value));
  object.set(steps.front(), std::move(inner));
}

std::vector<std::string> steps_of(std::string_view path) {
  std::vector<std::string> steps;
  while (true) {
    const std::size_t dot = path.find('.');
    steps.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return steps;
    path.remove_prefix(dot + 1);
  }
}

core::Result<core::Json> read_claims(const ExplainQuestion& question, const config::Provider& provider) {
  core::Json claims = core::Json::object();
  const std::string subject = question.email.empty() ? "somebody" : question.email;
  claims.set("sub", subject);
  set_at(claims, provider.claims.user.steps, subject);
  if (!question.email.empty()) {
    set_at(claims, provider.claims.email.steps, question.email);
    claims.set("email_verified", true);
  }
  if (!question.groups.empty()) {
    core::Json groups = core::Json::array();
    for (const std::string& group : question.groups) groups.push(group);
    set_at(claims, provider.claims.groups.steps, std::move(groups));
  }
  for (const std::string& claim : question.claims) {
    const std::size_t end = claim.find('=');
    if (end == 0 || end == std::string::npos)
      return wrong(fmt::format("--claim needs path=value, not '{}'", claim));
    const std::string text = claim.substr(end + 1);
    const std::vector<std::string> steps = steps_of(claim.substr(0, end));
    // A subject is text, also one of digits alone.
    const bool is_text = steps == std::vector<std::string>{"sub"} && !text.starts_with('"');
    auto value = core::Json::parse(text, core::Side::configuration);
    set_at(claims, steps, value && !is_text ? std::move(*value) : core::Json(text));
  }
  return claims;
}

core::Result<const config::Provider*> provider_of(const ExplainQuestion& question,
                                                  const config::Config& config) {
  const std::vector<config::Provider>& providers = config.login.providers;
  if (providers.empty()) return wrong("the file has no login.providers, so nobody can be signed in");
  if (question.provider.empty()) return &providers.front();
  const auto found = std::ranges::find(providers, question.provider, &config::Provider::name);
  if (found == providers.end())
    return wrong(fmt::format("there is no provider '{}' in login.providers", question.provider));
  return &*found;
}

}  // namespace

core::Fields AskedRequest::fields() const {
  core::Fields fields;
  for (const auto& [name, value] : headers) fields.add(name, value);
  return fields;
}

std::string AskedRequest::head(std::string_view further) const {
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", method, target, authority_text);
  for (const auto& [name, value] : headers) head.append(fmt::format("{}: {}\r\n", name, value));
  return head.append(further).append("\r\n");
}

core::Result<AskedRequest> read_request(const ExplainQuestion& question) {
  AskedRequest request;
  request.method = question.method;
  if (!core::is_token(request.method)) return wrong(fmt::format("'{}' is no method", question.method));
  std::string_view rest = question.url;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    const std::string_view name = rest.substr(0, scheme);
    if (name != "https" && name != "http")
      return wrong(fmt::format("'{}' is no https URL; give https://host/path", question.url));
    request.is_https = name == "https";
    rest.remove_prefix(scheme + 3);
  }
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = rest.find_first_of("/?");
  request.authority_text = rest.substr(0, end);
  auto authority = core::parse_authority(request.authority_text, core::Side::configuration);
  if (!authority) return wrong(fmt::format("'{}' is no URL: {}", question.url, authority.error().text));
  request.authority = std::move(*authority);
  request.target = end == std::string_view::npos ? "/" : std::string(rest.substr(end));
  if (request.target.front() == '?') request.target.insert(0, "/");
  if (!is_field_value(request.target) || request.target.find(' ') != std::string::npos)
    return wrong("the URL holds a space or a control byte; write it as browsers send it (%20)");
  auto from = core::IpAddress::parse(question.from);
  if (!from) return wrong(fmt::format("--from needs an IP address, not '{}'", question.from));
  request.from = *from;
  for (const std::string& text : question.headers) {
    auto header = read_header(text);
    if (!header) return core::failure(std::move(header.error()));
    request.headers.push_back(std::move(*header));
  }
  return request;
}

core::Result<std::optional<Identity>> read_identity(const ExplainQuestion& question,
                                                    const config::Config& config, core::WallTime now) {
  if (!question.has_identity()) return std::optional<Identity>();
  auto provider = provider_of(question, config);
  if (!provider) return core::failure(std::move(provider.error()));
  auto claims = read_claims(question, **provider);
  if (!claims) return core::failure(std::move(claims.error()));
  auto identity = make_identity(**provider, *claims, named_claims(config));
  if (!identity) {
    return wrong(fmt::format("nobody with these claims could sign in with provider {}: {}", (*provider)->name,
                             identity.error().text));
  }
  identity->session_id = "explain";
  if (identity->issuer.empty()) identity->issuer = (*provider)->issuer;
  identity->signed_in_at = identity->proven_at = now;
  identity->expires_at = now + config.login.session.lifetime;
  return std::optional(std::move(*identity));
}

}  // namespace gateway
