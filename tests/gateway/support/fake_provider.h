// An OpenID provider that lies on request, behind the HttpClient that the gateway fetches with: discovery,
// keys, token, userinfo, all signed with real keys. Include before doctest.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/crypto/jws.h"
#include "core/http/client.h"
#include "core/loop/wait.h"
#include "core/text/json.h"

namespace test_support {

/// Answers fetches by path. Every request is kept.
class FakeProvider final : public core::HttpClient {
 public:
  explicit FakeProvider(const core::Clock& clock, std::string issuer = "https://corp.example.net");

  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits limits) override;

  /// The person at the provider's page: consents, and the browser comes back to the URL returned. Sets code
  /// and nonce.
  std::string consent(const std::string& authorization_url);

  // What it says; change before the fetch.
  core::Json discovery;
  core::Json claims;  ///< of the ID token, beside iss, aud, exp, iat, nonce, which are made
  core::Json userinfo;
  std::function<void(core::Json& id_token)> edit_id_token = [](core::Json&) {};
  std::function<std::string(const std::string& payload)> sign;
  std::function<void(core::Json& response)> edit_token_response = [](core::Json&) {};
  std::function<void(core::FetchResponse& answer)> edit_token_answer = [](core::FetchResponse&) {};
  /// Whether it gives refresh tokens; each is good for once.
  bool gives_refresh_tokens = false;
  /// The one that is good now.
  [[nodiscard]] const std::string& refresh_token() const { return refresh_token_; }
  /// Instead of the ordinary answer for a path.
  std::map<std::string, core::Result<core::FetchResponse>> instead;
  /// Paths whose answer waits until release().
  std::map<std::string, bool> held;
  void release();
  /// A new key; the old one is forgotten. Published unless `publish` is off.
  void rotate(bool publish = true);
  void publish_keys();

  [[nodiscard]] std::size_t count(const std::string& path) const;
  /// The last request for a path. Throws if there was none.
  [[nodiscard]] const core::FetchRequest& last(const std::string& path) const;
  [[nodiscard]] const core::JwsSigner& signer() const { return signer_; }
  /// `typ` of what it signs from now on.
  void signer_type(std::string type) { signer_.type = std::move(type); }
  [[nodiscard]] const std::string& issuer() const { return issuer_; }

 private:
  [[nodiscard]] core::FetchResponse answer(const core::FetchRequest& request);
  [[nodiscard]] core::FetchResponse token(const core::FetchRequest& request);

  const core::Clock& clock_;
  std::string issuer_;
  core::JwsSigner signer_;
  std::string keys_;
  unsigned key_number_ = 0;
  std::string nonce_;
  std::string refresh_token_;
  unsigned refresh_number_ = 0;
  std::string challenge_;
  std::string redirect_uri_;
  std::vector<core::FetchRequest> requests_;
  std::list<core::OneShot<>*> holding_;
};

core::FetchResponse json_response(const core::Json& value, int status = 200);
core::FetchResponse response_of(int status, std::string type, std::string body);

}  // namespace test_support
