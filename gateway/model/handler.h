// What answers a request that a Guard has admitted: the proxy, redirects, fixed answers, the gateway's own
// endpoints.
#pragma once

#include "gateway/model/guard.h"

namespace gateway {

class Exchange;

/// MUST: answer the exchange exactly once, now or later; keep nothing that refers to it after its end.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void serve(Exchange& exchange, Admitted admitted) = 0;
};

}  // namespace gateway
