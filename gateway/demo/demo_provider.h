// The demo's identity provider: a real OpenID provider over HTTPS with discovery, authorization code with
// PKCE, JWKS, userinfo and end_session, whose login page is a choice of demo people without passwords. Linked
// into the binary, but only `gateway demo` can make one: the constructor asks for the demo's settings, which
// nothing else has.
//
// New keys each start; only its one client, only that client's redirect address; single-use codes of one
// minute.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/crypto/jws.h"
#include "core/crypto/random.h"
#include "core/text/form.h"
#include "gateway/demo/demo_users.h"
#include "gateway/model/handler.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"

namespace gateway {

struct DemoProviderSettings {
  std::string issuer;  ///< https://id.localhost:PORT
  std::string client_id;
  core::Secret client_secret;
  std::string redirect_uri;
  std::string after_sign_out_origin;  ///< post_logout_redirect_uri must begin with it
};

class DemoProvider final : public Handler {
 public:
  DemoProvider(DemoProviderSettings settings, core::Random& random);
  void serve(Exchange& exchange, Admitted admitted) override;

  /// One request; `body` is the form of a POST. What serve() does, without the wire.
  Reply answer(const Request& request, std::string_view body);

 private:
  struct Grant {
    std::string code;
    std::string challenge;
    std::string nonce;
    const DemoUser* user = nullptr;
    core::WallTime until;
  };
  struct Access {
    std::string token;
    const DemoUser* user = nullptr;
    core::WallTime until;
  };

  Reply discovery() const;
  Reply key_set() const;
  Reply authorize(const Request& request);
  Reply choose(const Request& request, std::string_view body);
  Reply token(const Request& request, std::string_view body);
  Reply userinfo(const Request& request);
  Reply end_session(const Request& request) const;
  [[nodiscard]] core::Result<Grant> checked_wish(const core::Form& form) const;
  [[nodiscard]] bool is_the_client(const Request& request, const core::Form& form) const;
  [[nodiscard]] std::string id_token(const Grant& grant, core::WallTime now) const;
  void forget_old(core::WallTime now);

  DemoProviderSettings settings_;
  core::Random& random_;
  core::JwsSigner signer_;
  std::deque<Grant> grants_;
  std::deque<Access> accesses_;
};

}  // namespace gateway
