// Handler of the gateway's own endpoints: collects the small body of a form post, then asks LoginEndpoints;
// what other proxies ask goes to AuthCheck.
#pragma once

#include "gateway/answer/login_endpoints.h"
#include "gateway/model/handler.h"
#include "gateway/model/rate_rule.h"

namespace gateway {

class EndpointsHandler final : public Handler {
 public:
  /// `rate` of the endpoints that take part in a sign-in, borrowed; null: no limit. `auth_check` is borrowed.
  EndpointsHandler(LoginEndpoints& endpoints, const RateRule* rate, Handler& auth_check)
      : endpoints_(endpoints), rate_(rate), auth_check_(auth_check) {}
  void serve(Exchange& exchange, Admitted admitted) override;

 private:
  LoginEndpoints& endpoints_;
  const RateRule* rate_;
  Handler& auth_check_;
};

}  // namespace gateway
