// Handler of the gateway's own endpoints: collects the small body of a form post, then asks LoginEndpoints.
#pragma once

#include "gateway/answer/login_endpoints.h"
#include "gateway/model/handler.h"
#include "gateway/model/rate_rule.h"

namespace gateway {

class EndpointsHandler final : public Handler {
 public:
  /// `rate` of the endpoints that take part in a sign-in, borrowed; null: no limit.
  EndpointsHandler(LoginEndpoints& endpoints, const RateRule* rate) : endpoints_(endpoints), rate_(rate) {}
  void serve(Exchange& exchange, Admitted admitted) override;

 private:
  LoginEndpoints& endpoints_;
  const RateRule* rate_;
};

}  // namespace gateway
