// A server session from its client's side of the wire: persistence, order, bodies, ends.
#include "tests/core/http/support/test_server.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace core {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kOk =
    "HTTP/1.1 200 OK\r\nX-Test: 1\r\nDate: Fri, 15 Jan 2027 08:00:00 GMT\r\nContent-Length: 2\r\n\r\nok";

/// Keeps the request open until the test answers.
void keep(Seen&) {}

TEST_CASE("a request on a kept connection costs one read and one write") {
  TestServer server;
  server.send(kGet);
  CHECK(server.received() == kOk);
  for (int i = 0; i < 3; ++i) {
    server.wire.reads = 0;
    server.wire.writes = 0;
    server.send(kGet);
    CHECK(server.received() == kOk);
    CHECK(server.wire.reads == 1);
    CHECK(server.wire.writes == 1);
  }
  CHECK(server.seen.size() == 4);
}

TEST_CASE("an answer that comes in a later turn costs no further call") {
  TestServer server;
  server.on_new = keep;
  server.wire.reads = 0;
  server.wire.writes = 0;
  server.send(kGet);
  CHECK(server.received().empty());
  server.last().answer(200, "ok");
  server.turn();
  CHECK(server.received() == kOk);
  CHECK(server.wire.reads == 1);
  CHECK(server.wire.writes == 1);
}

TEST_CASE("a request is the same however its bytes are cut") {
  const std::string request =
      "\r\nPOST /a?b HTTP/1.1\r\nHost: a:80\r\nX-Empty:\r\nX-Blank: \t v w \t\r\nContent-Length: "
      "5\r\n\r\nhello";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    CAPTURE(cut);
    TestServer server;
    server.on_new = [](Seen& seen) { seen.stream->receive_body(true); };
    server.send(std::string_view(request).substr(0, cut));
    server.send(std::string_view(request).substr(cut));
    REQUIRE(server.seen.size() == 1);
    const Seen& seen = server.last();
    CHECK(seen.method == "POST");
    CHECK(seen.target == "/a?b");
    CHECK(seen.head->host == "a:80");
    CHECK(seen.head->fields.find("x-empty") == "");
    CHECK(seen.head->fields.find("X-BLANK") == "v w");
    CHECK(seen.body == "hello");
    CHECK(seen.ended);
  }
}

TEST_CASE("pipelined requests are answered in their order and gathered into one write") {
  TestServer server;
  server.on_new = [](Seen& seen) { seen.answer(200, seen.target); };
  server.wire.writes = 0;
  server.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: "
      "a\r\n\r\nGET /4");
  const std::string all = server.received();
  CHECK(responses_in(all) == 3);
  CHECK(all.find("/1") < all.find("/2"));
  CHECK(all.find("/2") < all.find("/3"));
  CHECK(server.wire.writes == 1);
  server.send(" HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(server.received().ends_with("/4"));
}

TEST_CASE("requests that are answered at once are 32 a turn, then others have theirs") {
  TestServer server;
  constexpr std::size_t kSent = 1000;
  for (std::size_t i = 0; i < kSent; ++i) server.wire.arriving += kGet;
  server.wire.may_have_bytes = true;
  const auto edge = [&] { server.loop.post([&] { server.wire.events->on_readable(); }); };
  bool has_edges = false;
  SUBCASE("when all came at once") {}
  SUBCASE("when there is an edge in each turn") {
    has_edges = true;
  }
  edge();
  for (std::size_t turns = 1; server.seen.size() < kSent && turns <= kSent; ++turns) {
    server.turn();
    CHECK(server.seen.size() == std::min(32 * turns, kSent));
    if (has_edges) edge();
  }
  CHECK(server.seen.size() == kSent);
  CHECK(responses_in(server.received()) == kSent);
}

TEST_CASE("pipelined requests that an origin answers go on without another byte from the client") {
  TestServer server;
  server.on_new = keep;
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += kGet;
  server.send(flood);
  for (std::size_t i = 1; i <= 100; ++i) {
    for (int turns = 0; server.seen.size() < i && turns < 3; ++turns) server.turn();
    REQUIRE(server.seen.size() == i);
    server.last().answer(200, "ok");
  }
  server.turn();
  CHECK(responses_in(server.received()) == 100);
}

TEST_CASE("a pipelined request waits for the answer to the one before") {
  TestServer server;
  server.on_new = keep;
  server.send(std::string(kGet) + std::string(kGet));
  CHECK(server.seen.size() == 1);
  server.last().answer(200, "ok");
  CHECK(server.seen.size() == 1);  // never from inside the handler's own call
  server.turn();
  CHECK(server.received() == kOk);
  REQUIRE(server.seen.size() == 2);
  server.last().answer(204, "");
  server.turn();
  CHECK(status_of(server.received()) == 204);
}

TEST_CASE("a client that sends requests and never reads is not read from") {
  TestServer server;
  server.on_new = [](Seen& seen) { seen.answer(404, std::string(1000, 'x')); };
  server.wire.room = 4096;
  std::string flood;
  for (int i = 0; i < 2000; ++i) flood += kGet;
  for (int i = 0; i < 50; ++i) server.send(flood);
  const std::size_t answered = server.seen.size();
  CHECK(answered < 200);
  CHECK_FALSE(server.wire.arriving.empty());
  server.reads(100'000);
  CHECK(server.seen.size() > answered);
  CHECK(server.seen.size() < answered + 300);
}

TEST_CASE("empty answers cannot pile up either") {
  TestServer server;
  server.on_new = [](Seen& seen) {
    seen.stream->send_head(302, Fields(), BodyLength::none());
    seen.stream->send_end(Fields());
  };
  server.wire.room = 0;
  std::string flood;
  for (int i = 0; i < 20'000; ++i) flood += kGet;
  server.send(flood);
  CHECK(server.seen.size() < 1000);
}

TEST_CASE("nothing after Connection: close is read as a request") {
  TestServer server;
  server.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n" + std::string(kGet));
  const std::string answer = server.received();
  CHECK(responses_in(answer) == 1);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(server.seen.size() == 1);
  CHECK(server.wire.is_ended);
  CHECK_FALSE(server.over);  // lingers until the client has ended too
  server.client_ends();
  CHECK(server.over);
  CHECK_FALSE(server.wire.is_aborted);
}

TEST_CASE("lingering ends after its time") {
  TestServer server;
  server.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  server.send("what the client still sends is thrown away");
  server.pass(server.limits.linger - Duration(1));
  CHECK_FALSE(server.over);
  server.pass(Duration(1));
  CHECK(server.over);
}

TEST_CASE("an HTTP/1.0 client gets its version's rules") {
  TestServer server;
  server.on_new = [](Seen& seen) {
    Fields fields;
    seen.stream->send_head(103, fields, BodyLength::none());
    seen.stream->send_head(200, fields, BodyLength::unknown());
    seen.stream->send_body("all until the end");
    seen.stream->send_end(fields);
  };
  server.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n\r\nGET /x");
  const std::string answer = server.received();
  CHECK(status_of(answer) == 200);
  CHECK(answer.find("Transfer-Encoding") == std::string::npos);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\nall until the end"));
  CHECK(server.wire.is_ended);
  CHECK(server.seen.size() == 1);
}

TEST_CASE("an HTTP/1.0 request without a length has no body") {
  TestServer server;
  server.on_new = [](Seen& seen) {
    CHECK(seen.head->body.kind == BodyLength::Kind::none);
    seen.answer(200, "ok");
  };
  server.send("POST / HTTP/1.0\r\nHost: a\r\n\r\ntrailing bytes");
  CHECK(responses_in(server.received()) == 1);
  CHECK(server.wire.is_ended);
}

TEST_CASE("an absolute-form target that names the Host is reduced") {
  TestServer server;
  server.send("GET HTTP://A:8443/p?q HTTP/1.1\r\nHost: a:8443\r\n\r\n");
  CHECK(server.last().target == "/p?q");
  server.send("GET https://a HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(server.last().target == "/");
  server.send("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(server.last().target == "*");
  server.send("OPTIONS * HTTP/1.1\r\nHost: [::1]:443\r\n\r\n");
  CHECK(server.last().target == "*");
  CHECK(server.refused.empty());
}

TEST_CASE("responses are framed by what they are") {
  TestServer server;
  BodyLength length = BodyLength::none();
  int status = 200;
  server.on_new = [&](Seen& seen) {
    Fields fields;
    fields.add(FieldId::content_length, "77");  // never taken from a list
    fields.add(FieldId::transfer_encoding, "gzip");
    fields.add("Evil\r\nX", "1");
    fields.add("Evil", "1\r\nX: 2");
    fields.add(FieldId::date, "then");
    seen.stream->send_head(status, fields, length);
    seen.stream->send_body("hello");
    Fields trailers;
    trailers.add("X-Sum", "1");
    trailers.add(FieldId::content_length, "9");
    seen.stream->send_end(trailers);
  };
  const auto answer_to = [&](std::string_view method, int with, BodyLength body) {
    status = with;
    length = body;
    server.send(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string answer = server.received();
    const std::string_view start = "Date: then\r\n";
    return answer.substr(answer.find(start) + start.size());
  };
  CHECK(answer_to("GET", 200, BodyLength::known(5)) == "Content-Length: 5\r\n\r\nhello");
  CHECK(answer_to("GET", 200, BodyLength::unknown()) ==
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n");
  CHECK(answer_to("HEAD", 200, BodyLength::known(5)) == "Content-Length: 5\r\n\r\n");
  CHECK(answer_to("HEAD", 200, BodyLength::unknown()) == "\r\n");
  CHECK(answer_to("GET", 204, BodyLength::unknown()) == "\r\n");
  CHECK(answer_to("GET", 304, BodyLength::known(9)) == "Content-Length: 9\r\n\r\n");
  CHECK(answer_to("GET", 205, BodyLength::unknown()) == "Content-Length: 0\r\n\r\n");
  CHECK(answer_to("GET", 200, BodyLength::none()) == "Content-Length: 0\r\n\r\n");
  CHECK_FALSE(server.over);
}

TEST_CASE("a response that ends before its length breaks the connection off") {
  TestServer server;
  server.on_new = [](Seen& seen) {
    seen.stream->send_head(200, Fields(), BodyLength::known(10));
    seen.stream->send_body("short");
    seen.stream->send_end(Fields());
  };
  server.send(kGet);
  CHECK(server.wire.is_aborted);
  CHECK(server.over);
}

TEST_CASE("a handler that gives up leaves the client with a reset") {
  TestServer server;
  server.on_new = keep;
  server.send(kGet);
  server.last().stream->abort();
  server.turn();
  CHECK(server.wire.is_aborted);
  CHECK(server.over);
  CHECK(server.last().aborted.empty());
}

TEST_CASE("a client that goes away ends its exchange") {
  SUBCASE("in order") {
    TestServer server;
    server.on_new = keep;
    server.send(kGet);
    server.client_ends();
    CHECK_FALSE(server.last().aborted.empty());
    CHECK(server.over);
  }
  SUBCASE("by a reset, with the answer half sent") {
    TestServer server;
    server.on_new = [](Seen& seen) { seen.stream->send_head(200, Fields(), BodyLength::unknown()); };
    server.send(kGet);
    server.connection_breaks();
    CHECK_FALSE(server.last().aborted.empty());
    CHECK(server.over);
  }
  SUBCASE("noticed by a write") {
    TestServer server;
    server.on_new = keep;
    server.send(kGet);
    server.wire.fails_writes = true;
    server.last().stream->send_head(200, Fields(), BodyLength::unknown());
    CHECK(server.last().stream->send_body("x") == Pressure::open);
    server.turn();
    CHECK_FALSE(server.last().aborted.empty());
    CHECK(server.over);
  }
}

TEST_CASE("a large body is written at once and its rest waits under back-pressure") {
  TestServer server;
  server.on_new = keep;
  server.send(kGet);
  Seen& seen = server.last();
  server.wire.room = 20'000;
  const std::string body(60'000, 'b');
  seen.stream->send_head(200, Fields(), BodyLength::unknown());
  CHECK(seen.stream->send_body(body) == Pressure::full);
  CHECK(server.wire.written.size() == 20'000);
  CHECK(seen.writable == 0);
  server.reads(30'000);
  CHECK(seen.writable == 0);
  server.reads(100'000);
  CHECK(seen.writable == 1);
  CHECK(seen.stream->send_body("x") == Pressure::open);
  seen.stream->send_end(Fields());
  server.turn();
  const std::string answer = server.received();
  CHECK(answer.ends_with("\r\n\r\nea60\r\n" + body + "\r\n1\r\nx\r\n0\r\n\r\n"));
}

}  // namespace
}  // namespace core
