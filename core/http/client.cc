// HttpClient: one connection and one exchange a fetch. The waiting is a flow, the bytes are a session's.
#include "core/http/client.h"

#include <algorithm>
#include <utility>

#include "core/http/h1_client.h"
#include "core/http/h2_client.h"
#include "core/http/session.h"
#include "core/loop/wait.h"

namespace core {
namespace {

constexpr ClientLimits kLimits;

/// One exchange: gathers the response and delivers it whole. Destroying it cancels.
class Exchange final : private ResponseHandler, private ClientSessionOwner {
 public:
  Exchange(Loop& loop, std::unique_ptr<ClientSession> session, std::size_t most_body_bytes)
      : loop_(loop), most_body_bytes_(most_body_bytes), session_(std::move(session)) {
    session_->set_owner(this);
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() {
    if (stream_ != nullptr) stream_->cancel();
    // Its own call may be what destroys this.
    session_->set_owner(nullptr);
    loop_.retire(std::move(session_));
  }

  void start(const FetchRequest& request) {
    Fields fields;
    for (const auto& [name, value] : request.fields) fields.add(name, value);
    if (!fields.has(FieldId::accept_encoding)) fields.add(FieldId::accept_encoding, "identity");
    const std::string target = request.url.path + request.url.query;
    const std::string authority = request.url.origin().substr(request.url.scheme.size() + 3);
    OutgoingRequest outgoing;
    outgoing.method = request.method;
    outgoing.target = target;
    outgoing.host = authority;
    outgoing.fields = &fields;
    const bool has_body = !request.body.empty() || request.method == "POST";
    if (has_body) outgoing.body = BodyLength::known(request.body.size());
    stream_ = &session_->start(outgoing, *this);
    stream_->send_body(request.body);
    stream_->send_end(Fields());
  }

  OneShot<FetchResponse> outcome;

 private:
  void on_response_head(ResponseHead& head) override {
    if (head.status < 200) return;
    response_.status = head.status;
    for (const Field& field : head.fields) {
      response_.fields.emplace_back(std::string(field.name), std::string(field.value));
      const bool is_coded =
          field.id == FieldId::content_encoding && !equals_ignoring_case(field.value, "identity");
      if (is_coded) return give_up(ErrorKind::unsupported, "a content coding that was not asked for");
    }
    const bool is_too_long = head.body.kind == BodyLength::Kind::known && head.body.bytes > most_body_bytes_;
    if (is_too_long) give_up(ErrorKind::too_large, "the response is too large");
  }
  void on_response_body(std::string_view bytes) override {
    if (bytes.size() > most_body_bytes_ - response_.body.size()) {
      return give_up(ErrorKind::too_large, "the response is too large");
    }
    response_.body.append(bytes);
  }
  void on_response_end(const Fields&) override {
    stream_ = nullptr;
    outcome.deliver(std::move(response_));
  }
  void on_request_writable() override {}
  void on_failed(Error error) override {
    stream_ = nullptr;
    outcome.deliver(failure(std::move(error)));
  }
  void on_idle() override {}
  void on_session_end() override {}

  void give_up(ErrorKind kind, std::string text) {
    std::exchange(stream_, nullptr)->cancel();
    outcome.deliver(failure(kind, Side::origin, std::move(text)));
  }

  Loop& loop_;
  const std::size_t most_body_bytes_;
  std::unique_ptr<ClientSession> session_;
  ClientStream* stream_ = nullptr;  // null when it has ended
  FetchResponse response_;
};

HostPort address_of(const Url& url) {
  HostPort to;
  to.host = url.authority.host;
  if (to.host.starts_with('[')) to.host = to.host.substr(1, to.host.size() - 2);
  to.port = url.effective_port();
  return to;
}

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
    HostPort to = address_of(where);
    to.unix_path = request.unix_path;
    to.greeting = request.greeting;
    if (request.reached_at) to.certificate_name = address_of(request.url).host;
    if (!request.certificate_name.empty()) to.certificate_name = request.certificate_name;
    std::unique_ptr<ByteStream> stream = co_await connector->connect(std::move(to), deadline);
    const H2Carrier carrier = where.scheme == "https" ? H2Carrier::tls : H2Carrier::plain;
    Flow<std::unique_ptr<ClientSession>> opening = open(std::move(stream), carrier, deadline);
    std::unique_ptr<ClientSession> session = co_await std::move(opening);
    Exchange exchange(loop_, std::move(session), most_body_bytes);
    exchange.start(request);
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
