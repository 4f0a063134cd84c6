#include "gateway/answer/proxy.h"

#include "gateway/answer/max_forwards.h"
#include "gateway/answer/proxy_exchange.h"

namespace gateway {
namespace {

/// Messages are sent one after the other; more are out only if one is sent while another is built.
constexpr std::size_t kMostSpares = 4;

Reply answer_as_last() {
  Reply reply;
  reply.status = 204;
  reply.reason = "Max-Forwards is 0";
  return reply;
}

}  // namespace

void ProxyBuffers::clear() {
  fields.clear();
  cookies.clear();
  edits.clear();
  mapped.clear();
  forwarded.clear();
  socket_key.clear();
}

std::unique_ptr<ProxyBuffers> SpareProxyBuffers::take() {
  if (spares_.empty()) return std::make_unique<ProxyBuffers>();
  std::unique_ptr<ProxyBuffers> buffers = std::move(spares_.back());
  spares_.pop_back();
  return buffers;
}

void SpareProxyBuffers::give(std::unique_ptr<ProxyBuffers> buffers) {
  if (spares_.size() >= kMostSpares) return;
  buffers->clear();
  spares_.push_back(std::move(buffers));
}

void Proxy::serve(Exchange& exchange, Admitted admitted) {
  if (forwards_left(exchange.head()) == 0) return exchange.reply(answer_as_last());
  auto running = std::make_unique<ProxyExchange>(exchange, route_, std::move(admitted));
  ProxyExchange& started = *running;
  exchange.run(std::move(running));
  started.start();
}

}  // namespace gateway
