#include "tests/gateway/support/fake_provider.h"

#include <stdexcept>
#include <utility>

#include "core/crypto/digest.h"
#include "core/crypto/pkce.h"
#include "core/text/base64.h"
#include "core/text/form.h"
#include "tests/gateway/support/browser.h"

namespace test_support {

core::FetchResponse response_of(int status, std::string type, std::string body) {
  core::FetchResponse response;
  response.status = status;
  response.fields.emplace_back("Content-Type", std::move(type));
  response.body = std::move(body);
  return response;
}

core::FetchResponse json_response(const core::Json& value, int status) {
  return response_of(status, "application/json; charset=utf-8", value.text());
}

FakeProvider::FakeProvider(const core::Clock& clock, std::string issuer)
    : clock_(clock),
      issuer_(std::move(issuer)),
      signer_{core::PrivateKey::generate(core::KeyKind::p256), core::SignatureAlgorithm::es256, "key-0",
              "JWT"} {
  sign = [this](const std::string& payload) { return core::sign_jws(payload, signer_); };
  publish_keys();
  discovery = core::Json::object();
  discovery.set("issuer", issuer_);
  discovery.set("authorization_endpoint", issuer_ + "/authorize");
  discovery.set("token_endpoint", issuer_ + "/token");
  discovery.set("jwks_uri", issuer_ + "/keys");
  discovery.set("userinfo_endpoint", issuer_ + "/userinfo");
  discovery.set("end_session_endpoint", issuer_ + "/logout");
  discovery.set("authorization_response_iss_parameter_supported", true);
  claims = core::Json::object();
  claims.set("sub", "alice");
  claims.set("email", "alice@example.com");
  claims.set("email_verified", true);
  userinfo = core::Json::object();
  userinfo.set("sub", "alice");
}

void FakeProvider::rotate(bool publish) {
  signer_.key = core::PrivateKey::generate(core::KeyKind::p256);
  signer_.key_id = "key-" + std::to_string(++key_number_);
  if (publish) publish_keys();
}

void FakeProvider::publish_keys() {
  keys_ = core::to_key_set({{signer_.key.public_key(), signer_.key_id, signer_.algorithm}});
}

std::size_t FakeProvider::count(const std::string& path) const {
  std::size_t found = 0;
  for (const core::FetchRequest& request : requests_) found += request.url.path == path ? 1 : 0;
  return found;
}

const core::FetchRequest& FakeProvider::last(const std::string& path) const {
  for (auto request = requests_.rbegin(); request != requests_.rend(); ++request) {
    if (request->url.path == path) return *request;
  }
  throw std::runtime_error("nobody asked for " + path);
}

core::Flow<core::FetchResponse> FakeProvider::fetch(core::FetchRequest request, core::FetchLimits) {
  requests_.push_back(request);
  const auto held_path = held.find(request.url.path);
  if (held_path != held.end() && held_path->second) {
    core::OneShot<> cell;
    holding_.push_back(&cell);
    struct Forget {
      std::list<core::OneShot<>*>& list;
      core::OneShot<>* cell;
      ~Forget() { list.remove(cell); }
    };
    const Forget forget{holding_, &cell};
    co_await cell;
  }
  const auto other = instead.find(request.url.path);
  if (other != instead.end()) {
    core::FetchResponse response = co_await core::Result<core::FetchResponse>(other->second);
    co_return response;
  }
  co_return answer(request);
}

void FakeProvider::release() {
  held.clear();
  while (!holding_.empty()) {
    core::OneShot<>* cell = holding_.front();
    holding_.pop_front();
    cell->deliver(core::done());
  }
}

core::FetchResponse FakeProvider::answer(const core::FetchRequest& request) {
  const std::string& path = request.url.path;
  if (path.ends_with("/.well-known/openid-configuration")) return json_response(discovery);
  if (path == "/keys") return response_of(200, "application/jwk-set+json", keys_);
  if (path == "/token") return token(request);
  if (path == "/userinfo") return json_response(userinfo);
  return response_of(404, "text/plain", "no such page");
}

core::FetchResponse FakeProvider::token(const core::FetchRequest& request) {
  const auto form = core::Form::parse(request.body);
  const bool is_refresh = form->required("grant_type").value() == "refresh_token";
  const std::string verifier(is_refresh ? "" : form->required("code_verifier").value());
  const bool is_good = is_refresh ? form->required("refresh_token").value() == refresh_token_
                                  : form->required("code").value() == "the-code" &&
                                        form->required("redirect_uri").value() == redirect_uri_ &&
                                        core::verifier_matches(verifier, challenge_);
  if (!is_good) {
    core::Json error = core::Json::object();
    error.set("error", "invalid_grant");
    return json_response(error, 400);
  }
  const std::int64_t now = core::unix_seconds(clock_.wall());
  core::Json id_token = claims;
  id_token.set("iss", issuer_);
  id_token.set("aud", "gateway");
  id_token.set("iat", now);
  id_token.set("exp", now + 300);
  if (!is_refresh) id_token.set("nonce", nonce_);
  edit_id_token(id_token);
  core::Json response = core::Json::object();
  response.set("token_type", "bearer");
  response.set("access_token", "planted-access-token");
  response.set("id_token", sign(id_token.text()));
  if (gives_refresh_tokens) {
    refresh_token_ = "planted-refresh-token-" + std::to_string(++refresh_number_);
    response.set("refresh_token", refresh_token_);
  }
  edit_token_response(response);
  core::FetchResponse answer = json_response(response);
  edit_token_answer(answer);
  return answer;
}

std::string FakeProvider::consent(const std::string& authorization_url) {
  nonce_ = parameter_of(authorization_url, "nonce");
  challenge_ = parameter_of(authorization_url, "code_challenge");
  redirect_uri_ = parameter_of(authorization_url, "redirect_uri");
  core::FormWriter query;
  query.add("code", "the-code").add("state", parameter_of(authorization_url, "state")).add("iss", issuer_);
  return redirect_uri_ + "?" + query.text();
}

}  // namespace test_support
