#include "gateway/upstream/upstream.h"

#include <fmt/format.h>

#include <utility>

#include "core/http/h1_client.h"

namespace gateway {
namespace {

core::HostPort host_port_of(const core::Url& url) {
  core::HostPort where;
  where.host = url.authority.host;
  // The URL's normal form has IPv6 literals in brackets; connectors take them without.
  if (where.host.starts_with('[')) where.host = where.host.substr(1, where.host.size() - 2);
  where.port = url.effective_port();
  return where;
}

}  // namespace

Upstream::Upstream(core::Loop& loop, core::Connector& connector, const config::Upstream& settings)
    : loop_(loop),
      connector_(connector),
      where_(host_port_of(settings.url)),
      address_(fmt::format("{}:{}", settings.url.authority.host, settings.url.effective_port())),
      pool_(loop, core::PoolLimits()) {}

core::ClientSession* Upstream::take_idle() {
  return pool_.take();
}

core::Flow<core::ClientSession*> Upstream::connect(core::Duration timeout) {
  const core::Deadline deadline = core::Deadline::after(loop_, timeout);
  std::unique_ptr<core::ByteStream> stream = co_await connector_.connect(where_, deadline);
  core::ClientSession& session = pool_.add(core::make_h1_client(loop_, std::move(stream), limits_));
  co_return &session;
}

}  // namespace gateway
