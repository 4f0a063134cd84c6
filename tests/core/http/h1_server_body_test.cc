// Request bodies at a server session: framing, back-pressure, what is left unread, and how slowly they may
// come.
#include "tests/core/http/support/test_server.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace core {
namespace {

constexpr std::string_view kGet = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(std::string_view fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n\r\n";
}
std::string chunked(std::string_view body) {
  return post("Transfer-Encoding: chunked") + std::string(body);
}

/// Takes the body and answers 200 at its end.
void take(Seen& seen) {
  seen.on_end = [&seen] { seen.answer(200, "ok"); };
  seen.stream->receive_body(true);
}
void keep(Seen&) {}

TEST_CASE("a chunked body is delivered without its framing, however it is cut") {
  const std::string request =
      chunked("5\r\nhello\r\n1;a=b;c=\"d\\\" e\"\r\n \r\n5\r\nworld\r\n0\r\nX-T: v\r\n\r\n");
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    CAPTURE(cut);
    TestServer server;
    server.on_new = take;
    server.send(request.substr(0, cut));
    server.send(request.substr(cut) + std::string(kGet));
    REQUIRE(server.seen.size() == 2);
    CHECK(server.seen[0]->body == "hello world");
    CHECK(server.seen[0]->trailers == "X-T=v;");
  }
}

TEST_CASE("chunks of one read are delivered as one piece") {
  TestServer server;
  server.on_new = take;
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "1\r\nx\r\n";
  server.send(chunked(body + "0\r\n\r\n"));
  CHECK(server.last().body == std::string(1000, 'x'));
  CHECK(server.last().pieces == 1);
}

TEST_CASE("trailers stay apart, without what must not be one, and end with their request") {
  TestServer server;
  server.on_new = take;
  server.send(
      chunked("0\r\nX-Sum: 1\r\nHost: b\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nAuthorization: y\r\n"
              "Cookie: z\r\nX-Forwarded-For: 1\r\n\r\n"));
  CHECK(server.last().trailers == "X-Sum=1;");
  CHECK_FALSE(server.last().head->fields.find("X-Sum").has_value());
  server.send(chunked("0\r\n\r\n"));
  CHECK(server.last().trailers.empty());
}

TEST_CASE("a malformed chunked body ends the connection, and nothing behind it is read") {
  using namespace std::string_literals;
  const std::string long_extension(300, 'e');
  for (const std::string& body : {
           "5\nhello\r\n0\r\n\r\n"s,                 // A09
           "5\r\nhelloXX0\r\n\r\n"s,                 // A09
           "5\r\nhello\n0\r\n\r\n"s,                 // A09
           "5\r\nhello\rX0\r\n\r\n"s,                // A09
           "0\r\nX: y\n\r\n"s,                       // A09
           "0\r\n\n"s,                               // A09
           "1;a=\"\r\nX\r\n0\r\n\r\nGET /admin\""s,  // A10
           "1;a=\r\r\nX"s,                           // A10
           "1;a=\"\r\nX\"\r\nX\r\n0\r\n\r\n"s,       // A10
           "1;a=\"\\\r\nX\"\r\nX\r\n0\r\n\r\n"s,     // A10
           "1 ;\r\nX\r\n"s,                          // A10
           "1;\nX\r\n"s,                             // A10
           "1;\r\nX\r\n"s,                           // A10 an extension without a name
           "1;=b\r\nX\r\n"s,                         // A10
           "1;a=b c\r\nX\r\n"s,                      // A10
           "1;a=\"b\"c\r\nX\r\n"s,                   // A10
           "1;" + long_extension + "\r\nX\r\n",      // A11
           "-1\r\n"s,
           "+5\r\nhello\r\n"s,
           "0x5\r\nhello\r\n"s,
           "0_5\r\n"s,
           " 5\r\n"s,
           "5 \r\n"s,
           "5x\r\n"s,  // A12
           "FFFFFFFFFFFFFFFF\r\n"s,
           "10000000000000000\r\n"s,
           "00000000000000005\r\nhello\r\n"s,
           "\r\n"s,                                           // A12
           "5\0\r\nhello\r\n"s,                               // A18
           "0\r\n X: y\r\n\r\n"s,                             // a folded trailer
           "0\r\nX y\r\n\r\n"s,                               // A19 no colon
           "0\r\nX: " + std::string(9000, 'y') + "\r\n\r\n",  // A19 too long
       }) {
    CAPTURE(body.substr(0, 60));
    TestServer server;
    server.on_new = [](Seen& seen) { seen.stream->receive_body(true); };
    server.send(chunked(body) + std::string(kGet));
    REQUIRE(server.seen.size() == 1);
    CHECK_FALSE(server.last().aborted.empty());
    CHECK_FALSE(server.last().ended);
    CHECK(status_of(server.received()) == 400);
    CHECK(server.wire.is_ended);
  }
}

TEST_CASE("a malformed body breaks off a response that has begun") {
  TestServer server;
  server.on_new = [](Seen& seen) {
    seen.stream->send_head(200, Fields(), BodyLength::unknown());
    seen.stream->receive_body(true);
  };
  server.send(chunked("x"));
  CHECK(server.wire.is_aborted);
  CHECK(server.over);
  CHECK_FALSE(server.last().aborted.empty());
}

TEST_CASE("extensions are bounded over the whole body") {
  TestServer server;
  server.on_new = take;
  std::string body;
  for (int i = 0; i < 200; ++i) body += "1;" + std::string(200, 'e') + "\r\nx\r\n";
  server.send(chunked(body));
  CHECK_FALSE(server.last().aborted.empty());
}

TEST_CASE("a body is not delivered before it is asked for, and not while it is stopped") {
  TestServer server;
  server.on_new = keep;
  server.send(post("Content-Length: 10") + "hello");
  Seen& seen = server.last();
  CHECK(seen.body.empty());
  seen.stream->receive_body(true);
  CHECK(seen.body.empty());  // never from inside the handler's own call
  server.turn();
  CHECK(seen.body == "hello");
  seen.stream->receive_body(false);
  server.send("world");
  CHECK(seen.body == "hello");
  CHECK(server.wire.arriving == "world");  // left with the system: the client is slowed down
  seen.stream->receive_body(true);
  server.turn();
  CHECK(seen.body == "helloworld");
  CHECK(seen.ended);
}

TEST_CASE("100 (Continue) is sent when the body is asked for, and only if it has not begun to come") {
  const std::string head = post("Content-Length: 5\r\nExpect: 100-Continue");
  SUBCASE("asked for") {
    TestServer server;
    server.on_new = keep;
    server.send(head);
    CHECK(server.received().empty());
    server.last().stream->receive_body(true);
    server.turn();
    CHECK(server.received() == "HTTP/1.1 100 Continue\r\n\r\n");
    server.last().on_end = [&] { server.last().answer(200, "ok"); };
    server.send("hello");
    CHECK(responses_in(server.received()) == 1);
    server.send(kGet);
    CHECK(server.seen.size() == 2);
  }
  SUBCASE("already coming") {
    TestServer server;
    server.on_new = take;
    server.send(head + "hello");
    CHECK(status_of(server.received()) == 200);
  }
  SUBCASE("A22: answered without it, the body may come or not, so the connection ends") {
    TestServer server;
    server.on_new = [](Seen& seen) { seen.answer(401, "no"); };
    server.send(head);
    const std::string answer = server.received();
    CHECK(status_of(answer) == 401);
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    server.send(kGet);
    CHECK(server.seen.size() == 1);
    CHECK(server.received().empty());
  }
}

TEST_CASE("A23, A26: a local answer reads a short body away, and what looked like a request in it is none") {
  TestServer server;
  server.on_new = [](Seen& seen) { seen.answer(302, ""); };
  SUBCASE("at once") {
    server.send(post("Content-Length: " + std::to_string(kGet.size())) + std::string(kGet));
    CHECK(server.seen.size() == 1);
  }
  SUBCASE("later, cut in two") {
    server.send(post("Content-Length: " + std::to_string(kGet.size())) + std::string(kGet.substr(0, 7)));
    server.send(kGet.substr(7));
    CHECK(server.seen.size() == 1);
  }
  SUBCASE("chunked") {
    server.send(chunked("1f\r\n" + std::string(kGet) + "\r\n0\r\n\r\n"));
    CHECK(server.seen.size() == 1);
  }
  const std::string answer = server.received();
  CHECK(responses_in(answer) == 1);
  CHECK(answer.find("Connection: close") == std::string::npos);
  server.send(kGet);
  CHECK(server.seen.size() == 2);
  CHECK(server.last().target == "/next");
}

TEST_CASE("a body that is too long to read away ends the connection") {
  TestServer server;
  server.on_new = [](Seen& seen) { seen.answer(413, ""); };
  SUBCASE("of known length") {
    server.send(post("Content-Length: 100000"));
    CHECK(server.received().find("Connection: close\r\n") != std::string::npos);
  }
  SUBCASE("chunked") {
    server.send(chunked("1000000\r\n"));
    server.send(std::string(60'000, 'x'));
    CHECK_FALSE(server.wire.is_ended);
    server.send(std::string(10'000, 'x'));
  }
  CHECK(server.wire.is_ended);
  server.send(kGet);
  CHECK(server.seen.size() == 1);
}

TEST_CASE("O02: a local answer does not wait for the body, and the wait for its rest is short") {
  TestServer server;
  server.on_new = [](Seen& seen) { seen.answer(401, ""); };
  server.send(post("Content-Length: 100"));
  CHECK(status_of(server.received()) == 401);
  server.pass(server.limits.linger);
  CHECK(server.wire.is_ended);
  server.pass(server.limits.linger);
  CHECK(server.over);
}

TEST_CASE("a body that comes too slowly is answered 408") {
  TestServer server;
  server.on_new = [](Seen& seen) { seen.stream->receive_body(true); };
  server.send(post("Content-Length: 1000000"));
  SUBCASE("nothing at all") {
    server.pass(server.limits.body_rate_window);
  }
  SUBCASE("fast once, then slow") {
    server.send(std::string(40'000, 'x'));
    server.pass(server.limits.body_rate_window);
    CHECK(server.received().empty());
    server.send(std::string(30'000, 'x'));
    server.pass(server.limits.body_rate_window);
  }
  CHECK(status_of(server.received()) == 408);
  CHECK_FALSE(server.last().aborted.empty());
  CHECK(server.wire.is_ended);
}

TEST_CASE("a body that we stop ourselves is not called slow") {
  TestServer server;
  server.on_new = [](Seen& seen) {
    seen.stream->receive_body(true);
    seen.on_body = [&seen] { seen.stream->receive_body(false); };
  };
  server.send(post("Content-Length: 1000000") + "x");
  server.pass(server.limits.body_rate_window * 3);
  server.last().stream->receive_body(true);
  server.turn();
  CHECK(server.last().aborted.empty());
  server.send("x");
  server.pass(server.limits.body_rate_window);
  CHECK(server.last().aborted.empty());
}

TEST_CASE("heads and idle connections have their time") {
  TestServer server;
  SUBCASE("nothing after connecting") {
    server.pass(server.limits.header_time);
    CHECK(server.received().empty());
    CHECK(server.wire.is_ended);
  }
  SUBCASE("O01: a head byte by byte") {
    for (const char byte : std::string_view("GET / HTTP")) {
      server.send({&byte, 1});
      server.pass(Duration(900));
    }
    CHECK(server.received().empty());
    server.pass(Duration(1000));
    CHECK(status_of(server.received()) == 408);
    CHECK(server.refused == std::vector<int>{408});
  }
  SUBCASE("O01: a later head that begins in good time and never ends") {
    server.send(kGet);
    server.received();
    server.pass(server.limits.keep_alive - Duration(1));
    server.send("GET");
    server.pass(server.limits.header_time - Duration(1));
    CHECK(server.received().empty());
    server.pass(Duration(1));
    CHECK(status_of(server.received()) == 408);
  }
  SUBCASE("idle between requests") {
    server.send(kGet);
    server.received();
    server.pass(server.limits.keep_alive - Duration(1));
    CHECK_FALSE(server.wire.is_ended);
    server.pass(Duration(1));
    CHECK(server.received().empty());
    CHECK(server.wire.is_ended);
  }
}

TEST_CASE("A21: a body on any method is read as a body") {
  for (const std::string_view method : {"GET", "HEAD", "OPTIONS", "DELETE"}) {
    TestServer server;
    server.on_new = take;
    server.send(std::string(method) + " / HTTP/1.1\r\nHost: a\r\nContent-Length: 32\r\n\r\n" +
                std::string(kGet));
    REQUIRE(server.seen.size() == 1);
    CHECK(server.last().body == kGet);
  }
}

TEST_CASE("C05: a client that ends in the middle of a body aborts, at every byte") {
  for (std::size_t sent = 0; sent < 10; ++sent) {
    for (const bool in_order : {true, false}) {
      TestServer server;
      server.on_new = take;
      server.send(post("Content-Length: 10") + std::string(sent, 'x'));
      in_order ? server.client_ends() : server.connection_breaks();
      CHECK_FALSE(server.last().aborted.empty());
      CHECK_FALSE(server.last().ended);
      CHECK(server.received().empty());
      CHECK(server.over);
    }
  }
}

}  // namespace
}  // namespace core
