// HttpClient: one connection and one exchange a fetch. The waiting is a flow, the bytes are a session's.
#include "core/http/client.h"

#include <algorithm>
#include <utility>

#include "core/http/fetch_exchange.h"
#include "core/http/h1_client.h"
#include "core/http/h2_client.h"
#include "core/http/session.h"
#include "core/loop/wait.h"

namespace core {
namespace {

constexpr ClientLimits kLimits;

/// The session of one exchange, which ends with it.
class OnlySession final : private ClientSessionOwner {
 public:
  OnlySession(Loop& loop, std::unique_ptr<ClientSession> session)
      : loop_(loop), session_(std::move(session)) {
    session_->set_owner(this);
  }
  OnlySession(const OnlySession&) = delete;
  OnlySession& operator=(const OnlySession&) = delete;
  ~OnlySession() {
    // Its own call may be what destroys this.
    session_->set_owner(nullptr);
    loop_.retire(std::move(session_));
  }
  ClientSession& operator*() { return *session_; }

 private:
  void on_idle() override {}
  void on_session_end() override {}

  Loop& loop_;
  std::unique_ptr<ClientSession> session_;
};

class ConnectingClient final : public HttpClient {
 public:
  ConnectingClient(Loop& loop, FetchConnectors connectors, FetchProtocol protocol)
      : loop_(loop), connectors_(connectors), protocol_(protocol) {}

  Flow<FetchResponse> fetch(FetchRequest request, FetchLimits limits) override {
    const Deadline deadline = Deadline::after(loop_, limits.total);
    Flow<FetchResponse> whole = connect_and_exchange(std::move(request), limits.body_bytes, deadline);
    Flow<FetchResponse> bounded = within(loop_, deadline, std::move(whole));
    FetchResponse response = co_await std::move(bounded);
    co_return response;
  }

 private:
  Flow<FetchResponse> connect_and_exchange(FetchRequest request, std::size_t most_body_bytes,
                                           Deadline deadline) {
    const Url where = request.reached_at.value_or(request.url);
    Connector* connector = where.scheme == "https" ? connectors_.https : connectors_.http;
    if (connector == nullptr) {
      co_return failure(ErrorKind::refused, Side::us, "the scheme " + where.scheme + " is not allowed");
    }
    HostPort to = place_of(request);
    std::unique_ptr<ByteStream> stream = co_await connector->connect(std::move(to), deadline);
    const H2Carrier carrier = where.scheme == "https" ? H2Carrier::tls : H2Carrier::plain;
    Flow<std::unique_ptr<ClientSession>> opening = open(std::move(stream), carrier, deadline);
    std::unique_ptr<ClientSession> session = co_await std::move(opening);
    OnlySession own(loop_, std::move(session));
    FetchExchange exchange(most_body_bytes);
    exchange.start(*own, request);
    FetchResponse response = co_await exchange.outcome;
    co_return response;
  }

  Flow<std::unique_ptr<ClientSession>> open(std::unique_ptr<ByteStream> stream, H2Carrier carrier,
                                            Deadline deadline) {
    if (protocol_ == FetchProtocol::http1) co_return make_h1_client(loop_, std::move(stream), kLimits);
    const H2ClientOptions options = {kLimits, carrier};
    Flow<std::unique_ptr<ClientSession>> opening =
        open_h2_client(loop_, std::move(stream), options, deadline);
    std::unique_ptr<ClientSession> session = co_await std::move(opening);
    co_return session;
  }

  Loop& loop_;
  FetchConnectors connectors_;
  FetchProtocol protocol_;
};

}  // namespace

std::string_view FetchResponse::field(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields, [name](const auto& field) { return equals_ignoring_case(field.first, name); });
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

std::unique_ptr<HttpClient> make_http_client(Loop& loop, FetchConnectors connectors, FetchProtocol protocol) {
  return std::make_unique<ConnectingClient>(loop, connectors, protocol);
}

}  // namespace core
