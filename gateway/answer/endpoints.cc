#include "gateway/answer/endpoints.h"

#include <string>
#include <utility>

#include "gateway/model/exchange.h"

namespace gateway {

void EndpointsHandler::serve(Exchange& exchange, Admitted) {
  if (!endpoints_.takes_body(exchange.request())) {
    return exchange.reply_with(endpoints_.serve(exchange.request(), std::string()));
  }
  exchange.collect_body(kMaxEndpointBody, [this, &exchange](std::string body) {
    exchange.reply_with(endpoints_.serve(exchange.request(), std::move(body)));
  });
}

}  // namespace gateway
