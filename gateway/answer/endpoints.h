// Handler of the gateway's own endpoints: collects the small body of a form post, then asks LoginEndpoints.
#pragma once

#include "gateway/answer/login_endpoints.h"
#include "gateway/model/handler.h"

namespace gateway {

class EndpointsHandler final : public Handler {
 public:
  explicit EndpointsHandler(LoginEndpoints& endpoints) : endpoints_(endpoints) {}
  void serve(Exchange& exchange, Admitted admitted) override;

 private:
  LoginEndpoints& endpoints_;
};

}  // namespace gateway
