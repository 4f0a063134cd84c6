#include "gateway/answer/endpoints.h"

#include <string>
#include <utility>

#include "gateway/answer/auth_check.h"
#include "gateway/model/exchange.h"

namespace gateway {

void EndpointsHandler::serve(Exchange& exchange, Admitted admitted) {
  if (AuthCheck::is_asked(exchange.request().path, exchange.site().prefix)) {
    return auth_check_.serve(exchange, std::move(admitted));
  }
  const bool is_counted = rate_ != nullptr && endpoints_.is_of_sign_in(exchange.request());
  if (is_counted && !exchange.is_within(*rate_)) return;
  if (!endpoints_.takes_body(exchange.request())) {
    return exchange.reply_with(endpoints_.serve(exchange.request(), std::string()));
  }
  exchange.collect_body(kMaxEndpointBody, [this, &exchange](std::string body) {
    exchange.reply_with(endpoints_.serve(exchange.request(), std::move(body)));
  });
}

}  // namespace gateway
