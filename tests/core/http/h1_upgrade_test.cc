// Tunnels at a server session.
#include "tests/core/http/support/test_server.h"

#include <doctest/doctest.h>

#include <string>

namespace core {
namespace {

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n";
constexpr std::string_view kGet = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

void accept(Seen& seen) {
  Fields fields;
  fields.add(FieldId::upgrade, "websocket");
  seen.stream->send_upgrade(fields);
  seen.stream->receive_body(true);
}

TEST_CASE("an accepted upgrade becomes a tunnel of raw bytes") {
  TestServer server;
  server.on_new = accept;
  server.send(std::string(kUpgrade) + "early");
  CHECK(server.last().head->wants_upgrade);
  CHECK(server.received() ==
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  CHECK(server.last().body == "early");
  server.send(kGet);
  CHECK(server.last().body == "early" + std::string(kGet));
  CHECK(server.seen.size() == 1);
  server.last().stream->send_body("down");
  server.turn();
  CHECK(server.received() == "down");
}

TEST_CASE("C01: what follows an upgrade request that is not accepted is the next request") {
  TestServer server;
  server.on_new = [](Seen&) {};
  server.send(std::string(kUpgrade) + std::string(kGet));
  CHECK(server.seen.size() == 1);
  CHECK(server.last().body.empty());
  server.last().answer(401, "no");
  server.turn();
  REQUIRE(server.seen.size() == 2);
  CHECK(server.last().target == "/next");
}

TEST_CASE("half a tunnel goes on after the client's end, none after ours") {
  TestServer server;
  server.on_new = accept;
  server.send(kUpgrade);
  server.received();
  SUBCASE("the client ends first") {
    server.client_ends();
    CHECK(server.last().ended);
    CHECK(server.last().aborted.empty());
    server.last().stream->send_body("the rest");
    server.turn();
    CHECK(server.received() == "the rest");
    CHECK_FALSE(server.over);
    server.last().stream->send_end(Fields());
    server.turn();
    CHECK(server.wire.is_ended);
    CHECK(server.over);
  }
  SUBCASE("we end first") {
    server.last().stream->send_body("the rest");
    server.last().stream->send_end(Fields());
    server.turn();
    CHECK(server.received() == "the rest");
    CHECK(server.wire.is_ended);
    server.send("dropped");
    CHECK(server.last().body.empty());
    server.client_ends();
    CHECK(server.over);
    CHECK_FALSE(server.last().ended);
  }
  SUBCASE("a reset") {
    server.connection_breaks();
    CHECK_FALSE(server.last().aborted.empty());
    CHECK(server.over);
  }
}

TEST_CASE("C11: our half of a tunnel may end alone, and the client's goes on") {
  TestServer server;
  server.on_new = accept;
  server.send(kUpgrade);
  server.received();
  Seen& seen = server.last();
  server.wire.room = 100;
  seen.stream->send_body(std::string(300, 'd'));
  seen.stream->send_half_end();
  seen.stream->send_half_end();
  CHECK(seen.stream->send_body("too late") == Pressure::open);
  server.turn();
  CHECK_FALSE(server.wire.is_ended);
  server.reads(1000);
  CHECK(server.received() == std::string(300, 'd'));
  CHECK(server.wire.is_ended);
  server.send("up");
  CHECK(seen.body == "up");
  SUBCASE("until it ends too, and the handler says so") {
    server.client_ends();
    CHECK(seen.ended);
    CHECK_FALSE(server.over);
    server.send({});  // an end may be told again
    seen.stream->send_end(Fields());
    server.turn();
    CHECK(seen.aborted.empty());
  }
  SUBCASE("until a reset") {
    server.connection_breaks();
    CHECK_FALSE(seen.aborted.empty());
  }
  SUBCASE("until a reset that comes after its end") {
    server.client_ends();
    server.connection_breaks();
    CHECK_FALSE(seen.aborted.empty());
  }
  SUBCASE("until the handler gives up") {
    seen.stream->abort();
    CHECK(server.wire.is_aborted);
  }
  SUBCASE("until the handler ends the whole") {
    seen.stream->send_end(Fields());
    server.turn();
    server.client_ends();
    CHECK_FALSE(seen.ended);
  }
  server.turn();
  CHECK(server.over);
}

TEST_CASE("a tunnel has back-pressure both ways") {
  TestServer server;
  server.on_new = accept;
  server.send(kUpgrade);
  server.received();
  Seen& seen = server.last();
  seen.stream->receive_body(false);
  server.send("up");
  CHECK(seen.body.empty());
  CHECK(server.wire.arriving == "up");
  seen.stream->receive_body(true);
  server.turn();
  CHECK(seen.body == "up");
  server.wire.room = 10;
  CHECK(seen.stream->send_body(std::string(20'000, 'd')) == Pressure::full);
  server.reads(100'000);
  CHECK(seen.writable == 1);
  CHECK(server.received().size() == 20'000);
}

TEST_CASE("an upgrade needs HTTP/1.1, the option and the field") {
  for (const std::string_view head :
       {"GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n"
        "Content-Length: 1\r\n\r\nx"}) {
    TestServer server;
    server.on_new = [](Seen& seen) {
      CHECK_FALSE(seen.head->wants_upgrade);
      seen.answer(200, "");
    };
    server.send(head);
    CHECK(server.seen.size() == 1);
  }
}

}  // namespace
}  // namespace core
