// A client session and a server session over a real pair of sockets, and the HTTP client on top: what one
// writes the other must read. Also counts what the steady state allocates.
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <utility>

#include "core/http/client.h"
#include "core/http/h1_client.h"
#include "core/http/h1_server.h"
#include "core/net/tcp.h"
#include "tests/core/http/support/counted_heap.h"

#include <doctest/doctest.h>

namespace core {
namespace {

/// Answers every request with what `answer` does.
struct Site final : ServerSessionOwner, RequestHandler {
  RequestHandler* on_request(ServerStream& to, RequestHead& head) override {
    stream = &to;
    method = head.method;
    target = head.target;
    body_bytes = 0;
    answer(*this);
    return this;
  }
  void on_refused(int, const Error&) override { ++refused; }
  void on_session_end() override { over = true; }
  void on_request_body(std::string_view bytes) override {
    body_bytes += bytes.size();
    if (echoes && stream->send_body(bytes) == Pressure::full) stream->receive_body(false);
  }
  void on_request_end(const Fields&) override {
    if (echoes) stream->send_end(Fields());
  }
  void on_response_writable() override { stream->receive_body(true); }
  void on_aborted(const Error&) override { ++aborted; }

  ServerStream* stream = nullptr;
  std::string method;
  std::string target;
  std::uint64_t body_bytes = 0;
  int refused = 0;
  int aborted = 0;
  bool echoes = false;
  bool over = false;
  std::function<void(Site&)> answer;
};

struct Asker final : ResponseHandler {
  void on_response_head(ResponseHead& head) override { status = head.status; }
  void on_response_body(std::string_view bytes) override { body_bytes += bytes.size(); }
  void on_response_end(const Fields&) override { complete = true; }
  void on_request_writable() override { may_send = true; }
  void on_failed(Error error) override { failed = error.text; }
  int status = 0;
  std::uint64_t body_bytes = 0;
  bool complete = false;
  bool may_send = true;
  std::string failed;
};

struct Pair {
  Pair() {
    auto [near, far] = make_stream_pair(loop);
    client = make_h1_client(loop, std::move(near), client_limits);
    server = make_h1_server(loop, std::move(far), server_limits, site);
    server->start();
  }
  // Time stands: the text of a Date is made anew each second.
  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop{clock};
  ClientLimits client_limits;
  ServerLimits server_limits;
  Site site;
  std::unique_ptr<ClientSession> client;
  std::unique_ptr<ServerSession> server;
};

TEST_CASE("a kept connection allocates nothing for a request") {
  Pair pair;
  Fields response;
  response.add("X-A", "1");
  pair.site.answer = [&](Site& site) {
    site.stream->send_head(200, response, BodyLength::known(5));
    site.stream->send_body("hello");
    site.stream->send_end(Fields());
  };
  Fields fields;
  fields.add("Accept", "*/*");
  OutgoingRequest request{"GET", "/path", "a", BodyLength::none(), false, &fields};
  const auto exchange = [&] {
    Asker asker;
    pair.client->start(request, asker);
    while (!asker.complete && asker.failed.empty()) pair.loop.turn(true);
    CHECK(asker.status == 200);
    CHECK(asker.body_bytes == 5);
  };
  for (int i = 0; i < 10; ++i) exchange();
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) exchange();
  CHECK(allocations() == before);
}

TEST_CASE("a large body goes both ways under back-pressure and keeps its length") {
  Pair pair;
  pair.site.echoes = true;
  pair.site.answer = [](Site& site) {
    site.stream->receive_body(true);
    site.stream->send_head(200, Fields(), BodyLength::unknown());
  };
  constexpr std::uint64_t kBytes = 20'000'000;
  std::string piece(50'000, 'x');
  Fields fields;
  Asker asker;
  BodyLength length = BodyLength::unknown();
  SUBCASE("chunked") {}
  SUBCASE("of known length") {
    length = BodyLength::known(kBytes);
  }
  OutgoingRequest request{"POST", "/", "a", length, false, &fields};
  ClientStream& stream = pair.client->start(request, asker);
  std::uint64_t sent = 0;
  while (!asker.complete && asker.failed.empty()) {
    while (asker.may_send && sent < kBytes) {
      asker.may_send = stream.send_body(piece) == Pressure::open;
      sent += piece.size();
      if (sent == kBytes) stream.send_end(Fields());
    }
    pair.loop.turn(true);
  }
  CHECK(asker.failed.empty());
  CHECK(pair.site.body_bytes == kBytes);
  CHECK(asker.body_bytes == kBytes);
  CHECK(pair.client->is_open());
}

/// Hands out one end of a pair and serves the other.
struct LoopConnector final : Connector {
  explicit LoopConnector(Loop& on) : loop(on) {}
  Flow<std::unique_ptr<ByteStream>> connect(HostPort to, Deadline) override {
    asked = to;
    auto [near, far] = make_stream_pair(loop);
    server = make_h1_server(loop, std::move(far), limits, site);
    server->start();
    co_return std::move(near);
  }
  Loop& loop;
  HostPort asked;
  ServerLimits limits;
  Site site;
  std::unique_ptr<ServerSession> server;
};

struct Fetching {
  SystemClock clock;
  Loop loop{clock};
  LoopConnector connector{loop};
  std::unique_ptr<HttpClient> client = make_http_client(loop, {&connector, nullptr});
  std::optional<Result<FetchResponse>> outcome;
  std::optional<Url> reached_at;

  Result<FetchResponse> fetch(std::string_view url, FetchLimits limits = {}, std::string body = {}) {
    FetchRequest request;
    request.url = *parse_url(url);
    request.method = body.empty() ? "GET" : "POST";
    request.fields = {{"X-A", "1"}};
    request.body = std::move(body);
    request.reached_at = reached_at;
    outcome.reset();
    RunningFlow<FetchResponse> running;
    running.start(client->fetch(std::move(request), limits),
                  [this](Result<FetchResponse> result) { outcome = std::move(result); });
    while (!outcome.has_value()) loop.turn(true);
    return *outcome;
  }
};

void answer_hello(Site& site) {
  Fields fields;
  fields.add("X-B", "2");
  site.stream->send_head(200, fields, BodyLength::unknown());
  site.stream->send_body("hello");
  site.stream->send_end(Fields());
}

TEST_CASE_FIXTURE(Fetching, "a fetch brings the whole response") {
  connector.site.answer = answer_hello;
  const Result<FetchResponse> response = fetch("http://[::1]:8080/a/b?c#d");
  REQUIRE(response.has_value());
  CHECK(response->status == 200);
  CHECK(response->body == "hello");
  CHECK(response->field("x-b") == "2");
  CHECK(connector.asked == HostPort{"::1", 8080, ""});
  CHECK(connector.site.target == "/a/b?c");
}

TEST_CASE_FIXTURE(Fetching, "a fetch that is sent to another place keeps the name it is for") {
  connector.site.answer = answer_hello;
  reached_at = *parse_url("http://10.0.0.9:5556/");
  REQUIRE(fetch("http://id.example.com/token").has_value());
  CHECK(connector.asked == HostPort{"10.0.0.9", 5556, "", "id.example.com"});
}

TEST_CASE_FIXTURE(Fetching, "a fetch with a body posts it") {
  connector.site.echoes = true;
  connector.site.answer = [](Site& site) {
    site.stream->send_head(200, Fields(), BodyLength::unknown());
    site.stream->receive_body(true);
  };
  const Result<FetchResponse> response = fetch("http://a/", {}, "the body");
  REQUIRE(response.has_value());
  CHECK(connector.site.method == "POST");
  CHECK(response->body == "the body");
}

TEST_CASE_FIXTURE(Fetching, "D05: a response over the limit is refused, however it is framed") {
  BodyLength length = BodyLength::unknown();
  SUBCASE("chunked") {}
  SUBCASE("of known length") {
    length = BodyLength::known(6);
  }
  connector.site.answer = [length](Site& site) {
    site.stream->send_head(200, Fields(), length);
    site.stream->send_body("hello!");
  };
  const Result<FetchResponse> response = fetch("http://a/", {.body_bytes = 5, .total = Duration(5'000)});
  REQUIRE_FALSE(response.has_value());
  CHECK(response.error().kind == ErrorKind::too_large);
}

TEST_CASE_FIXTURE(Fetching, "O06: a content coding is refused") {
  connector.site.answer = [](Site& site) {
    Fields fields;
    fields.add("Content-Encoding", "gzip");
    site.stream->send_head(200, fields, BodyLength::known(1));
    site.stream->send_body("x");
    site.stream->send_end(Fields());
  };
  CHECK(fetch("http://a/").error().kind == ErrorKind::unsupported);
}

TEST_CASE_FIXTURE(Fetching, "a fetch ends at its deadline and a scheme without a connector at once") {
  connector.site.answer = [](Site&) {};
  CHECK(fetch("http://a/", {.body_bytes = 5, .total = Duration(20)}).error().kind == ErrorKind::timed_out);
  CHECK(fetch("https://a/").error().kind == ErrorKind::refused);
}

}  // namespace
}  // namespace core
