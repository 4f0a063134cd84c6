// HttpClient on kept connections: one pool for each place.
#include <map>
#include <utility>

#include "core/http/client.h"
#include "core/http/fetch_exchange.h"
#include "core/http/h1_client.h"
#include "core/http/pool.h"
#include "core/loop/wait.h"

namespace core {
namespace {

constexpr ClientLimits kLimits;
/// More than are asked at once as a rule; many servers close what is idle for longer.
constexpr PoolLimits kKept{.idle_sessions = 4, .idle_time = Duration(60'000)};

/// What must be equal for one connection to serve two fetches.
std::string key_of(std::string_view scheme, const HostPort& to) {
  std::string key(scheme);
  for (const std::string_view part : {std::string_view(to.host), std::string_view(to.unix_path),
                                      std::string_view(to.certificate_name), std::string_view(to.greeting)}) {
    key += '\n';
    key += part;
  }
  return key + '\n' + std::to_string(to.port);
}

class KeepingClient final : public HttpClient {
 public:
  KeepingClient(Loop& loop, FetchConnectors connectors) : loop_(loop), connectors_(connectors) {}

  Flow<FetchResponse> fetch(FetchRequest request, FetchLimits limits) override {
    const Deadline deadline = Deadline::after(loop_, limits.total);
    Flow<FetchResponse> whole = ask(std::move(request), limits.body_bytes, deadline);
    Flow<FetchResponse> bounded = within(loop_, deadline, std::move(whole));
    FetchResponse response = co_await std::move(bounded);
    co_return response;
  }

 private:
  Flow<FetchResponse> ask(FetchRequest request, std::size_t most_body_bytes, Deadline deadline) {
    const std::string scheme = request.reached_at.value_or(request.url).scheme;
    Connector* connector = scheme == "https" ? connectors_.https : connectors_.http;
    if (connector == nullptr) {
      co_return failure(ErrorKind::refused, Side::us, "the scheme " + scheme + " is not allowed");
    }
    const HostPort to = place_of(request);
    Pool& pool = pool_of(key_of(scheme, to));
    // Of kept connections each may have ended meanwhile; a fresh one ends this.
    while (ClientSession* kept = pool.take()) {
      Result<FetchResponse> response = co_await attempt(exchange_on(kept, &request, most_body_bytes));
      if (response || response.error().retry != Retry::safe) co_return response;
    }
    std::unique_ptr<ByteStream> stream = co_await connector->connect(to, deadline);
    ClientSession* fresh = &pool.add(make_h1_client(loop_, std::move(stream), kLimits));
    Flow<FetchResponse> asking = exchange_on(fresh, &request, most_body_bytes);
    FetchResponse response = co_await std::move(asking);
    co_return response;
  }

  /// Nothing is awaited before the session is used: it may not be there a turn later.
  static Flow<FetchResponse> exchange_on(ClientSession* session, const FetchRequest* request,
                                         std::size_t most_body_bytes) {
    FetchExchange exchange(most_body_bytes);
    exchange.start(*session, *request);
    FetchResponse response = co_await exchange.outcome;
    co_return response;
  }

  Pool& pool_of(const std::string& key) {
    std::unique_ptr<Pool>& pool = pools_[key];
    if (pool == nullptr) pool = std::make_unique<Pool>(loop_, kKept);
    return *pool;
  }

  Loop& loop_;
  FetchConnectors connectors_;
  std::map<std::string, std::unique_ptr<Pool>> pools_;
};

}  // namespace

std::unique_ptr<HttpClient> make_keeping_http_client(Loop& loop, FetchConnectors connectors) {
  return std::make_unique<KeepingClient>(loop, connectors);
}

}  // namespace core
