#include "gateway/answer/key_set.h"

#include "gateway/model/exchange.h"

namespace gateway {

/// An application may keep it for an hour: a key is in the set for 30 days before it signs.
Reply key_set_reply(const std::string& key_set) {
  Reply reply;
  reply.with("Content-Type", "application/jwk-set+json").with("Cache-Control", "public, max-age=3600");
  reply.with("X-Content-Type-Options", "nosniff");
  reply.body = key_set;
  return reply;
}

void KeySetHandler::serve(Exchange& exchange, Admitted /*admitted*/) {
  exchange.reply(key_set_reply(assertions_.key_set(exchange.request().now)));
}

}  // namespace gateway
