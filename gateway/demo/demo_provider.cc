#include "gateway/demo/demo_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/crypto/digest.h"
#include "core/crypto/jwk.h"
#include "core/crypto/pkce.h"
#include "core/text/base64.h"
#include "core/text/json.h"
#include "core/text/percent.h"
#include "gateway/demo/demo_page.h"
#include "gateway/model/exchange.h"
#include "gateway/pages/html.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxForm = 16UL * 1024;
constexpr std::size_t kMaxGrants = 1024;
constexpr std::chrono::minutes kCodeLife{1};
constexpr std::chrono::minutes kTokenLife{10};

Reply json_reply(int status, const core::Json& json) {
  Reply reply;
  reply.status = status;
  reply.with("Content-Type", "application/json").with("Cache-Control", "no-store");
  reply.body = json.text();
  return reply;
}

/// An error of the token or userinfo endpoint (RFC 6749 section 5.2).
Reply oauth_error(int status, std::string_view code) {
  core::Json error = core::Json::object();
  error.set("error", code);
  return json_reply(status, error);
}

core::Error bad(std::string text) {
  return {core::ErrorKind::malformed, core::Side::client, std::move(text)};
}

Reply error_page(const core::Error& error) {
  Reply page = demo_page(
      "Demo provider", fmt::format("<h1>That is no sign-in request</h1><p>{}</p>", escape_html(error.text)));
  page.status = 400;
  return page;
}

core::Json groups_of(const DemoUser& user) {
  core::Json groups = core::Json::array();
  std::string_view rest = user.groups;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    groups.push(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return groups;
}

void set_claims(core::Json& claims, const DemoUser& user) {
  claims.set("sub", user.subject);
  claims.set("name", user.name);
  claims.set("preferred_username", user.username);
  claims.set("email", user.email);
  claims.set("email_verified", user.email_verified);
  claims.set("groups", groups_of(user));
}

}  // namespace

DemoProvider::DemoProvider(DemoProviderSettings settings, core::Random& random)
    : settings_(std::move(settings)),
      random_(random),
      signer_{core::PrivateKey::generate(core::KeyKind::p256), core::SignatureAlgorithm::es256,
              random.hex_id()} {}

void DemoProvider::serve(Exchange& exchange, Admitted) {
  exchange.collect_body(kMaxForm, [this, &exchange](const std::string& body) {
    exchange.reply(answer(exchange.request(), body));
  });
}

Reply DemoProvider::answer(const Request& request, std::string_view body) {
  forget_old(request.now);
  const bool is_get = request.method == "GET";
  if (is_get && request.path == "/.well-known/openid-configuration") return discovery();
  if (is_get && request.path == "/jwks") return key_set();
  if (is_get && request.path == "/authorize") return authorize(request);
  if (is_get && request.path == "/end_session") return end_session(request);
  if (is_get && request.path == "/userinfo") return userinfo(request);
  if (request.method == "POST" && request.path == "/authorize") return choose(request, body);
  if (request.method == "POST" && request.path == "/token") return token(request, body);
  Reply missing =
      demo_page("Demo provider", "<h1>Nothing here</h1><p>This is the demo's identity provider.</p>");
  missing.status = 404;
  return missing;
}

Reply DemoProvider::discovery() const {
  const auto list = [](std::initializer_list<std::string_view> values) {
    core::Json array = core::Json::array();
    for (const std::string_view value : values) array.push(value);
    return array;
  };
  core::Json metadata = core::Json::object();
  metadata.set("issuer", settings_.issuer);
  metadata.set("authorization_endpoint", settings_.issuer + "/authorize");
  metadata.set("token_endpoint", settings_.issuer + "/token");
  metadata.set("userinfo_endpoint", settings_.issuer + "/userinfo");
  metadata.set("jwks_uri", settings_.issuer + "/jwks");
  metadata.set("end_session_endpoint", settings_.issuer + "/end_session");
  metadata.set("response_types_supported", list({"code"}));
  metadata.set("subject_types_supported", list({"public"}));
  metadata.set("id_token_signing_alg_values_supported", list({"ES256"}));
  metadata.set("token_endpoint_auth_methods_supported", list({"client_secret_basic", "client_secret_post"}));
  metadata.set("code_challenge_methods_supported", list({"S256"}));
  metadata.set("scopes_supported", list({"openid", "email", "profile"}));
  metadata.set("authorization_response_iss_parameter_supported", true);
  return json_reply(200, metadata);
}

Reply DemoProvider::key_set() const {
  Reply reply;
  reply.with("Content-Type", "application/json");
  reply.body = core::to_key_set({{signer_.key.public_key(), signer_.key_id, signer_.algorithm}});
  return reply;
}

core::Result<DemoProvider::Grant> DemoProvider::checked_wish(const core::Form& form) const {
  const auto value = [&form](std::string_view name) {
    return form.required(name).value_or(std::string_view());
  };
  if (value("client_id") != settings_.client_id)
    return core::failure(bad("client_id is not the demo's client"));
  if (value("redirect_uri") != settings_.redirect_uri)
    return core::failure(bad("redirect_uri is not registered"));
  if (value("response_type") != "code") return core::failure(bad("response_type must be code"));
  if (value("code_challenge_method") != "S256" || value("code_challenge").size() != 43) {
    return core::failure(bad("PKCE with S256 is required"));
  }
  Grant grant;
  grant.challenge = value("code_challenge");
  grant.nonce = value("nonce");
  return grant;
}

Reply DemoProvider::authorize(const Request& request) {
  const std::string_view query = request.query.empty() ? request.query : request.query.substr(1);
  const core::Result<core::Form> form = core::Form::parse(query);
  if (!form) return error_page(form.error());
  const core::Result<Grant> wish = checked_wish(*form);
  if (!wish) return error_page(wish.error());
  std::string body = "<h1>Who are you today?</h1>\n<p>The demo's identity provider has no passwords.</p>\n";
  for (const DemoUser& user : demo_users()) {
    body.append("<form method=\"post\" action=\"/authorize\">");
    for (const core::FormParameter& parameter : form->parameters()) {
      body.append(fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape_html(parameter.name),
                              escape_html(parameter.value, parameter.value.size())));
    }
    body.append(
        fmt::format("<button name=\"user\" value=\"{}\">{} &lt;{}&gt;<small>{}</small></button></form>\n",
                    user.username, user.name, user.email, user.what));
  }
  // The form ends up at the client's redirect address, and from there at the app's: *.localhost on our port.
  const std::size_t path = settings_.redirect_uri.find('/', 8);
  const std::string port =
      settings_.redirect_uri.substr(0, path).substr(settings_.redirect_uri.rfind(':', path));
  return demo_page("Demo provider", body, fmt::format("https://*.localhost{}", port));
}

Reply DemoProvider::choose(const Request& request, std::string_view body) {
  const core::Result<core::Form> form = core::Form::parse(body);
  if (!form) return error_page(form.error());
  core::Result<Grant> grant = checked_wish(*form);
  if (!grant) return error_page(grant.error());
  grant->user = demo_user(form->required("user").value_or(std::string_view()));
  if (grant->user == nullptr) return error_page(bad("there is nobody of that name"));
  grant->code = random_.id();
  grant->until = request.now + kCodeLife;
  core::FormWriter answer;
  answer.add("code", grant->code).add("state", form->required("state").value_or(std::string_view()));
  answer.add("iss", settings_.issuer);
  grants_.push_back(std::move(*grant));
  return redirect_to(303, fmt::format("{}?{}", settings_.redirect_uri, answer.text()));
}

bool DemoProvider::is_the_client(const Request& request, const core::Form& form) const {
  std::string id(form.required("client_id").value_or(std::string_view()));
  std::string secret(form.required("client_secret").value_or(std::string_view()));
  const std::string_view authorization = request.field(core::FieldId::authorization);
  if (authorization.starts_with("Basic ")) {
    const auto pair = core::base64_decode(authorization.substr(6), core::Base64::standard);
    if (!pair) return false;
    const std::size_t colon = std::min(pair->find(':'), pair->size());
    id = core::percent_decode(std::string_view(*pair).substr(0, colon)).value_or(std::string());
    const std::string_view rest = std::string_view(*pair).substr(std::min(colon + 1, pair->size()));
    secret = core::percent_decode(rest).value_or(std::string());
  }
  return id == settings_.client_id && core::constant_time_equal(secret, settings_.client_secret.reveal());
}

Reply DemoProvider::token(const Request& request, std::string_view body) {
  const core::Result<core::Form> form = core::Form::parse(body);
  if (!form) return oauth_error(400, "invalid_request");
  if (!is_the_client(request, *form)) return oauth_error(401, "invalid_client");
  if (form->required("grant_type").value_or(std::string_view()) != "authorization_code") {
    return oauth_error(400, "unsupported_grant_type");
  }
  const std::string_view code = form->required("code").value_or(std::string_view());
  const auto found = std::ranges::find(grants_, code, &Grant::code);
  if (found == grants_.end()) return oauth_error(400, "invalid_grant");
  const Grant grant = *found;
  grants_.erase(found);
  const std::string_view verifier = form->required("code_verifier").value_or(std::string_view());
  const bool same_address =
      form->required("redirect_uri").value_or(std::string_view()) == settings_.redirect_uri;
  if (!same_address || !core::verifier_matches(verifier, grant.challenge))
    return oauth_error(400, "invalid_grant");
  accesses_.push_back({random_.id(), grant.user, request.now + kTokenLife});
  core::Json answer = core::Json::object();
  answer.set("access_token", accesses_.back().token);
  answer.set("token_type", "Bearer");
  answer.set("expires_in", std::chrono::seconds(kTokenLife).count());
  answer.set("id_token", id_token(grant, request.now));
  return json_reply(200, answer);
}

std::string DemoProvider::id_token(const Grant& grant, core::WallTime now) const {
  core::Json claims = core::Json::object();
  claims.set("iss", settings_.issuer);
  claims.set("aud", settings_.client_id);
  claims.set("iat", core::unix_seconds(now));
  claims.set("exp", core::unix_seconds(now + kTokenLife));
  claims.set("nonce", grant.nonce);
  set_claims(claims, *grant.user);
  return core::sign_jws(claims.text(), signer_);
}

Reply DemoProvider::userinfo(const Request& request) {
  const std::string_view authorization = request.field(core::FieldId::authorization);
  if (!authorization.starts_with("Bearer ")) return oauth_error(401, "invalid_token");
  const auto found = std::ranges::find(accesses_, authorization.substr(7), &Access::token);
  if (found == accesses_.end()) return oauth_error(401, "invalid_token");
  core::Json claims = core::Json::object();
  set_claims(claims, *found->user);
  return json_reply(200, claims);
}

Reply DemoProvider::end_session(const Request& request) const {
  const std::string_view query = request.query.empty() ? request.query : request.query.substr(1);
  const core::Result<core::Form> form = core::Form::parse(query);
  if (!form) return error_page(form.error());
  const std::string target(form->required("post_logout_redirect_uri").value_or(std::string_view()));
  if (!target.starts_with(settings_.after_sign_out_origin + "/")) {
    return demo_page("Demo provider",
                     "<h1>Signed out</h1><p>There is no session at the demo's provider to end.</p>");
  }
  std::string location = target;
  const auto state = form->once("state");
  if (state && *state) {
    location.append(target.find('?') == std::string::npos ? "?" : "&");
    location.append(core::FormWriter().add("state", **state).text());
  }
  return redirect_to(303, std::move(location));
}

void DemoProvider::forget_old(core::WallTime now) {
  while (!grants_.empty() && (grants_.front().until < now || grants_.size() > kMaxGrants))
    grants_.pop_front();
  while (!accesses_.empty() && (accesses_.front().until < now || accesses_.size() > kMaxGrants))
    accesses_.pop_front();
}

}  // namespace gateway
