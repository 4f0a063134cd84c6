// Origins that answer badly: too much, too early, ambiguously. Nothing of it may reach a client or the next
// request.
#include "tests/core/http/support/test_client.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace core {
namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_CASE("a response that two parsers could read differently fails the exchange and the connection") {
  using namespace std::string_literals;
  const auto head = [](std::string_view fields) {
    return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n\r\nhello";
  };
  for (const std::string& response : {
           head("Content-Length: 5\r\nTransfer-Encoding: chunked"),
           head("Content-Length: 5\r\nContent-Length: 5"),
           head("Content-Length: 5, 5"),
           head("Content-Length: +5"),
           head("Content-Length: 99999999999999999999"),
           head("Content-Length: -1"),
           head("Transfer-Encoding: gzip"),
           head("Transfer-Encoding: chunked, chunked"),
           head("X: a\r\n folded"),
           head("X : a"),
           head("X: a\rb"),
           head("X: a\0b"s),
           head("X Y: a"),
           head(": a"),
           head("X: a\nY: b"),
           head("Transfer-Encoding: chunked"),  // "hello" is no chunk size
           "HTTP/1.1 200 OK\rX: y\r\n\r\n"s,
           "HTTP/1.1 200 O\x01K\r\n\r\n"s,
           "HTTP/1.1 20 OK\r\n\r\n"s,
           "HTTP/1.1 1000 OK\r\n\r\n"s,
           "HTTP/1.1 -1 OK\r\n\r\n"s,
           "HTTP/1.1 099 OK\r\n\r\n"s,
           "HTTP/1.1 600 OK\r\n\r\n"s,
           "HTTP/1.1  200 OK\r\n\r\n"s,
           "HTTP/1.1\r\n\r\n"s,
           "HTTP/2 200 OK\r\n\r\n"s,
           "ICY 200 OK\r\n\r\n"s,
           "HTTP/1.1 200 OK\n\n"s,
           "\x15\x03\x01"s,
           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"s,
           "HTTP/1.1 200 " + std::string(70'000, 'r') + "\r\n\r\n",
           "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"s,
       }) {
    for (const bool bytewise : {false, true}) {
      CAPTURE(response.substr(0, 80));
      CAPTURE(bytewise);
      TestClient client;
      client.ask("GET");
      for (std::size_t i = 0; bytewise && i < response.size(); ++i) client.reply(response.substr(i, 1));
      if (!bytewise) client.reply(response);
      REQUIRE(client.failures.size() == 1);
      CHECK(client.failures[0].side == Side::origin);
      CHECK(client.failures[0].retry == Retry::never);
      CHECK_FALSE(client.complete);
      CHECK(client.body.empty());
      CHECK(client.over);
      CHECK(client.wire.is_aborted);
    }
  }
}

TEST_CASE("C06, C13: bytes that nobody asked for end the connection and reach nobody") {
  const std::string no_body = "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n";
  TestClient client;
  SUBCASE("two responses to one request") {
    client.ask("GET");
    client.reply(std::string(kOk) + std::string(kOk));
  }
  SUBCASE("more body than its length") {
    client.ask("GET");
    client.reply(std::string(kOk) + "x");
  }
  SUBCASE("a body in the answer to HEAD") {
    client.ask("HEAD");
    client.reply(kOk);
    CHECK(client.body.empty());
  }
  SUBCASE("a body in a 304") {
    client.ask("GET");
    client.reply(no_body + "ok");
    CHECK(client.body.empty());
  }
  SUBCASE("a body in a 204") {
    client.ask("GET");
    client.reply("HTTP/1.1 204 No Content\r\n\r\nok");
  }
  CHECK(client.complete);
  CHECK(client.idles == 0);
  CHECK(client.over);
}

TEST_CASE("bytes on an idle connection close it, and so does its end") {
  TestClient client;
  client.ask("GET");
  client.reply(kOk);
  CHECK(client.session->is_open());
  SUBCASE("bytes") {
    client.reply(kOk);
  }
  SUBCASE("end") {
    client.origin_ends();
  }
  SUBCASE("reset") {
    client.connection_breaks();
  }
  CHECK(client.over);
  CHECK(client.failures.empty());
}

TEST_CASE("an answer that is there before its request was sent is not taken for it") {
  TestClient client;
  client.ask("GET");
  client.reply(kOk);
  client.forget();
  client.wire.room = 0;  // so that nothing of the second request leaves
  client.ask("GET");
  client.reply(kOk);
  REQUIRE(client.failures.size() == 1);
  CHECK(client.failures[0].retry == Retry::safe);
  CHECK(client.over);
}

TEST_CASE("D03: a response that ends early fails and is never a clean end") {
  for (const std::string_view response :
       {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"}) {
    TestClient client;
    client.ask("GET");
    client.reply(response);
    client.origin_ends();
    CHECK(client.body == "hello");
    CHECK_FALSE(client.complete);
    REQUIRE(client.failures.size() == 1);
    CHECK(client.failures[0].retry == Retry::never);
  }
}

TEST_CASE("connections that must not be used again are not") {
  TestClient client;
  SUBCASE("Connection: close") {
    client.ask("GET");
    client.reply("HTTP/1.1 200 OK\r\nConnection: x, close\r\nContent-Length: 0\r\n\r\n");
  }
  SUBCASE("HTTP/1.0") {
    client.ask("GET");
    client.reply("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
  }
  SUBCASE("answered before the request was complete") {
    client.ask("POST", BodyLength::known(10)).send_body("hello");
    client.turn();
    client.reply("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
    CHECK(client.wire.is_aborted);
  }
  SUBCASE("C02: an upgrade that was refused") {
    client.ask_upgrade("websocket");
    client.reply("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
  }
  CHECK(client.complete);
  CHECK(client.idles == 0);
  CHECK(client.over);
}

TEST_CASE("C10: interim responses pass, but not without end") {
  TestClient client;
  client.ask("GET");
  for (std::size_t i = 0; i < client.limits.informational_count; ++i) {
    client.reply("HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n");
  }
  CHECK(client.statuses.size() == client.limits.informational_count);
  SUBCASE("then the final one") {
    client.reply(kOk);
    CHECK(client.complete);
  }
  SUBCASE("and one more") {
    client.reply("HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(client.failures.size() == 1);
    CHECK(client.over);
  }
}

TEST_CASE("C03: a tunnel opens only on a 101 that was asked for and proves itself") {
  const std::string right = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
  const auto answer = [](const std::string& fields) {
    return "HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\nframes";
  };
  TestClient client;
  client.ask_upgrade("websocket");
  CHECK(client.sent().find("Connection: Upgrade\r\n") != std::string::npos);
  SUBCASE("right") {
    client.reply(answer("Connection: upgrade\r\nUpgrade: WebSocket\r\n" + right));
    CHECK(client.statuses == std::vector<int>{101});
    CHECK(client.body == "frames");
    client.stream->send_body("up");
    client.turn();
    CHECK(client.sent() == "up");
    client.stream->send_end(Fields());
    client.turn();
    CHECK(client.wire.is_ended);
    client.reply("last");
    client.origin_ends();
    CHECK(client.body == "frameslast");
    CHECK(client.complete);
  }
  SUBCASE("no Upgrade") {
    client.reply(answer("Connection: upgrade\r\n" + right));
  }
  SUBCASE("no Connection") {
    client.reply(answer("Upgrade: websocket\r\n" + right));
  }
  SUBCASE("another protocol") {
    client.reply(answer("Connection: upgrade\r\nUpgrade: h2c\r\n" + right));
  }
  SUBCASE("no proof") {
    client.reply(answer("Connection: upgrade\r\nUpgrade: websocket\r\n"));
  }
  SUBCASE("a wrong proof") {
    client.reply(answer("Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n"));
  }
  SUBCASE("two proofs") {
    client.reply(answer("Connection: upgrade\r\nUpgrade: websocket\r\n" + right + right));
  }
  CHECK(client.complete == client.failures.empty());
  CHECK(client.idles == 0);
  CHECK(client.over);
}

}  // namespace
}  // namespace core
