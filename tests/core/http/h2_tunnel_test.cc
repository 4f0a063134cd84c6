// WebSockets over HTTP/2 (RFC 8441): what opens one, bytes both ways, the two halves, and every end.
#include <string>

#include "tests/core/http/support/test_h2_server.h"
#include "tests/support/doctest.h"

namespace core {
namespace {

using h2::data;
using h2::kData;
using h2::kEndHeaders;
using h2::kEndStream;
using h2::kHeaders;
using h2::kReset;
using h2::kSettings;
using h2::kWindowUpdate;

void keep(Seen&) {}

h2::FieldList connect_fields(const h2::FieldList& more = {}) {
  h2::FieldList fields = {{":method", "CONNECT"}, {":protocol", "websocket"},
                          {":scheme", "https"},   {":authority", "a.test"},
                          {":path", "/chat?x"},   {"sec-websocket-version", "13"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

std::string handshake(std::uint32_t stream, const h2::FieldList& more = {},
                      std::uint8_t flags = kEndHeaders) {
  return h2::headers(stream, connect_fields(more), flags);
}

/// A tunnel on stream 1 whose handler takes what comes.
struct Tunnel : TestH2Server {
  explicit Tunnel(std::vector<std::pair<std::uint16_t, std::uint32_t>> settings = {})
      : TestH2Server(std::move(settings)) {
    on_new = [](Seen& request) {
      Fields fields;
      fields.add(FieldId::upgrade, "websocket");
      fields.add(FieldId::sec_websocket_accept, "x");
      fields.add("Sec-WebSocket-Protocol", "chat");
      request.stream->send_upgrade(fields);
      request.stream->receive_body(true);
    };
    send(handshake(1));
  }
  Seen& seen_one() { return *seen.front(); }
  ServerStream& stream() { return *seen_one().stream; }
};

}  // namespace

TEST_CASE("RFC 8441 section 3: extended CONNECT is announced with the first SETTINGS") {
  TestH2Server server{std::string(h2::kPreface)};
  const std::optional<h2::Frame> settings = server.frame(kSettings, 0);
  REQUIRE(settings.has_value());
  CHECK(settings->payload.find(std::string("\0\x08\0\0\0\1", 6)) != std::string::npos);
}

TEST_CASE("P01: a handshake is told as it would be over HTTP/1.1, without a key") {
  TestH2Server server;
  server.on_new = keep;
  server.send(handshake(1, {{"origin", "https://a.test"}, {"cookie", "a=b"}, {"cookie", "c=d"}}));
  const RequestHead& head = *server.last().head;
  CHECK(head.wants_upgrade);
  CHECK(head.method == "GET");
  CHECK(head.target == "/chat?x");
  CHECK(head.host == "a.test");
  CHECK(head.body.kind == BodyLength::Kind::none);
  CHECK(head.fields.list_has(FieldId::upgrade, "websocket"));
  CHECK(head.fields.find(FieldId::origin) == "https://a.test");
  CHECK(head.fields.find(FieldId::cookie) == "a=b; c=d");
  CHECK_FALSE(head.fields.has(FieldId::sec_websocket_key));
  for (const Field& field : head.fields) CHECK_FALSE(field.name.starts_with(':'));
}

TEST_CASE("a tunnel is a 200 without an end and without what only HTTP/1.1 says") {
  Tunnel server;
  const h2::Frame head = *server.frame(kHeaders, 1);
  CHECK(head.fields.starts_with(":status=200;"));
  CHECK(head.fields.find("sec-websocket-protocol=chat;") != std::string::npos);
  for (const char* name : {"upgrade=", "accept=", "connection=", "content-length="}) {
    CHECK(head.fields.find(name) == std::string::npos);
  }
  CHECK_FALSE(head.ends_stream());
}

TEST_CASE("bytes pass both ways unchanged, and none before the tunnel is open") {
  TestH2Server server;
  server.on_new = keep;
  server.send(handshake(1) + data(1, "early "));
  CHECK(server.last().body.empty());
  server.last().stream->send_upgrade(Fields());
  server.last().stream->receive_body(true);
  server.turn();
  server.send(data(1, "later"));
  CHECK(server.last().body == "early later");
  server.frames();
  server.last().stream->send_body("answer");
  server.turn();
  CHECK(server.frame(kData, 1)->payload == "answer");
  CHECK_FALSE(server.frame(kData, 1)->ends_stream());
}

TEST_CASE("a tunnel keeps the pace of both sides") {
  Tunnel server({{4, 10}});
  CHECK(server.stream().send_body("0123456789abc") == Pressure::full);
  server.turn();
  CHECK(server.frame(kData, 1)->payload == "0123456789");
  server.send(h2::window_update(1, 100));
  CHECK(server.frame(kData, 1)->payload == "abc");
  CHECK(server.seen_one().writable == 1);
  server.frames();
  server.stream().receive_body(false);
  server.send(data(1, std::string(16'000, 'x')));
  CHECK(server.seen_one().body.empty());
  CHECK_FALSE(server.frame(kWindowUpdate, 1).has_value());
  server.stream().receive_body(true);
  server.turn();
  CHECK(server.seen_one().body.size() == 16'000);
}

TEST_CASE("C11: the client's half ends first, ours goes on until it ends too") {
  Tunnel server;
  server.send(data(1, "last", kEndStream));
  CHECK(server.seen_one().body == "last");
  CHECK(server.seen_one().ended);
  server.stream().send_body("more");
  server.turn();
  CHECK(server.frame(kData, 1)->payload == "more");
  server.frames();
  server.stream().send_end(Fields());
  server.turn();
  CHECK(server.frame(kData, 1)->ends_stream());
  CHECK_FALSE(server.frame(kReset, 1).has_value());
  CHECK(server.seen_one().aborted.empty());
}

TEST_CASE("C11: our half ends first, the client's goes on until it ends too") {
  Tunnel server;
  server.stream().send_body("last");
  server.stream().send_half_end();
  server.turn();
  CHECK(server.frame(kData, 1)->payload == "last");
  CHECK(server.frame(kData, 1)->ends_stream());
  CHECK_FALSE(server.frame(kReset, 1).has_value());
  CHECK(server.stream().send_body("too late") == Pressure::open);
  server.send(data(1, "still"));
  CHECK(server.seen_one().body == "still");
  server.send(data(1, " here", kEndStream));
  CHECK(server.seen_one().body == "still here");
  CHECK(server.seen_one().ended);
  // The wire has closed the stream; the handler may still be passing on what came.
  CHECK(server.seen_one().aborted.empty());
  server.stream().send_end(Fields());
  server.turn();
  CHECK(server.seen_one().aborted.empty());
  CHECK_FALSE(server.over);
  server.on_new = [](Seen& request) { request.answer(200, "ok"); };
  server.send(h2::get(3));
  CHECK(server.frame(kData, 3)->payload == "ok");
}

TEST_CASE("C11: what came before the ends of both halves is delivered to a handler that was paused") {
  Tunnel server;
  server.stream().send_half_end();
  server.stream().receive_body(false);
  server.turn();
  server.send(data(1, "kept", kEndStream));
  CHECK(server.seen_one().body.empty());
  CHECK(server.seen_one().aborted.empty());
  server.stream().receive_body(true);
  server.turn();
  CHECK(server.seen_one().body == "kept");
  CHECK(server.seen_one().ended);
  SUBCASE("and ends") {
    server.stream().send_end(Fields());
  }
  SUBCASE("and breaks") {
    server.stream().abort();
  }
  SUBCASE("and the connection breaks") {
    server.client_ends();
    CHECK_FALSE(server.seen_one().aborted.empty());
    return;
  }
  server.turn();
  server.client_ends();
  CHECK(server.over);
  CHECK(server.seen_one().aborted.empty());
}

TEST_CASE("a tunnel that both sides have ended and its handler as well, in one turn, is not kept for it") {
  for (const bool aborts : {false, true}) {
    CAPTURE(aborts);
    Tunnel server;
    server.on_new = [](Seen& request) { request.stream->send_head(200, Fields(), BodyLength::unknown()); };
    server.send(h2::get(3));
    server.send(data(1, "bye", kEndStream));
    REQUIRE(server.seen_one().ended);
    server.stream().send_half_end();
    // Leaves at once, and our half of the tunnel with it: the wire has closed that.
    server.last().stream->send_body(std::string(20'000, 'x'));
    if (aborts) {
      server.stream().abort();
    } else {
      server.stream().send_end(Fields());
    }
    server.turn();
    CHECK(server.frame(kData, 1)->ends_stream());
    server.client_ends();
    CHECK(server.seen_one().aborted.empty());
    CHECK(server.last().aborted == "the client went away");
  }
}

TEST_CASE("our half has ended and the handler gives the other up: what the client still sends is dropped") {
  Tunnel server;
  server.stream().send_half_end();
  server.turn();
  CHECK_FALSE(server.frame(kReset, 1).has_value());
  server.stream().send_end(Fields());
  server.turn();
  REQUIRE(server.frame(kReset, 1).has_value());
  CHECK(server.frame(kReset, 1)->code() == h2::kNoError);
}

TEST_CASE("RFC 8441 section 5: a broken tunnel is RST_STREAM with CANCEL, in both directions") {
  SUBCASE("ours") {
    Tunnel server;
    server.stream().abort();
    server.turn();
    CHECK(server.frame(kReset, 1)->code() == h2::kCancel);
  }
  SUBCASE("the client's") {
    Tunnel server;
    server.send(h2::reset(1));
    CHECK(server.seen_one().aborted == "the client reset the stream");
  }
}

TEST_CASE("B12 C04: CONNECT that opens no WebSocket is refused, and nobody hears of it") {
  struct Row {
    h2::FieldList fields;
    std::string expected;  ///< a status, or "reset"
    const char* why;
  };
  const std::vector<Row> rows = {
      {{{":method", "CONNECT"}, {":authority", "a.test:443"}}, "501", "a tunnel to somewhere"},
      {{{":method", "CONNECT"}}, "reset", "a tunnel to nowhere"},
      {{{":method", "CONNECT"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}},
       "reset",
       "a path without a protocol"},
      {{{":method", "CONNECT"}, {":protocol", "websocket"}, {":authority", "a"}}, "reset", "no path"},
      {{{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"}, {":path", "/"}},
       "reset",
       "no authority"},
      {{{":method", "GET"},
        {":protocol", "websocket"},
        {":scheme", "https"},
        {":authority", "a"},
        {":path", "/"}},
       "reset",
       "a protocol of a GET"},
      {{{":method", "CONNECT"},
        {":protocol", "connect-udp"},
        {":scheme", "https"},
        {":authority", "a"},
        {":path", "/"}},
       "501",
       "another protocol"},
      {{{":method", "CONNECT"},
        {":protocol", "WebSocket"},
        {":scheme", "https"},
        {":authority", "a"},
        {":path", "/"}},
       "501",
       "in another case"},
      {{{":method", "CONNECT"}, {":protocol", ""}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}},
       "reset",
       "no protocol's name"},
      {connect_fields({{"content-length", "0"}}), "reset", "a length"},
      {connect_fields({{"upgrade", "websocket"}}), "reset", "Upgrade"},
      {connect_fields({{"host", "b.test"}}), "reset", "another Host"},
      {connect_fields({{"expect", "100-continue"}}), "417", "an expectation"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    TestH2Server server;
    server.send(h2::headers(1, row.fields, kEndHeaders));
    CHECK(server.seen.empty());
    const std::optional<h2::Frame> head = server.frame(kHeaders, 1);
    if (row.expected == "reset") {
      CHECK_FALSE(head.has_value());
      REQUIRE(server.frame(kReset, 1).has_value());
      CHECK(server.frame(kReset, 1)->code() == h2::kProtocolError);
    } else {
      REQUIRE(head.has_value());
      CHECK(head->fields.starts_with(":status=" + row.expected));
    }
    CHECK(server.refused.size() == 1);
    server.send(h2::get(3));
    CHECK(server.frame(kData, 3)->payload == "ok");
  }
}

TEST_CASE("RFC 9113 section 8.5: fields inside a tunnel are its stream's error") {
  Tunnel server;
  server.send(h2::headers(1, {{"x", "y"}}, kEndHeaders | kEndStream));
  REQUIRE(server.frame(kReset, 1).has_value());
  CHECK(server.frame(kReset, 1)->code() == h2::kProtocolError);
  CHECK_FALSE(server.seen_one().aborted.empty());
  CHECK_FALSE(server.seen_one().ended);
}

TEST_CASE("C03: no answer but the switch itself says to the client that its tunnel stands") {
  for (const int status : {200, 201, 204, 299, 302, 401, 403, 404, 426, 500}) {
    CAPTURE(status);
    TestH2Server server;
    server.on_new = [status](Seen& request) { request.answer(status, status == 204 ? "" : "text"); };
    server.send(handshake(1) + data(1, "meant for a socket"));
    const std::string fields = server.frame(kHeaders, 1)->fields;
    CHECK(fields.starts_with(":status=" + std::to_string(status < 300 ? 501 : status) + ";"));
    CHECK(server.last().body.empty());
    CHECK_FALSE(server.frame(kData, 1).value_or(h2::Frame()).payload.starts_with(status < 300 ? "t" : "\1"));
  }
}

TEST_CASE("a tunnel in which nothing moves is left to whoever opened it, however slow") {
  Tunnel server({{4, 0}});
  CHECK(server.stream().send_body("held") == Pressure::full);
  for (int i = 0; i < 20; ++i) server.pass(server.limits.body_rate_window);
  CHECK(server.seen_one().aborted.empty());
  server.send(h2::window_update(1, 100));
  CHECK(server.frame(kData, 1)->payload == "held");
}

TEST_CASE("a drain leaves a tunnel open and ends with it") {
  Tunnel server;
  server.session->drain();
  server.pass(std::chrono::seconds(2));
  CHECK(server.frame(h2::kGoaway, 0)->code() == h2::kNoError);
  server.send(data(1, "still"));
  CHECK(server.seen_one().body == "still");
  server.send(data(1, "", kEndStream));
  server.stream().send_end(Fields());
  server.turn();
  CHECK(server.wire.is_ended);
}

}  // namespace core
