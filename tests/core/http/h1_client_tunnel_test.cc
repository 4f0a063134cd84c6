// Tunnels at a client session: two halves that end independently.
#include <doctest/doctest.h>

#include <string>

#include "tests/core/http/support/test_client.h"

namespace core {
namespace {

struct Tunnel : TestClient {
  Tunnel() {
    ask_upgrade("websocket");
    reply(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    sent();
  }
};

TEST_CASE_FIXTURE(Tunnel, "C11: what the origin is sent after its end reaches it, and then our end does") {
  reply("last words");
  origin_ends();
  CHECK(body == "last words");
  CHECK(half_ended);
  CHECK_FALSE(complete);
  wire.room = 100;
  CHECK(stream->send_body(std::string(20'000, 'u')) == Pressure::full);
  SUBCASE("while it reads") {
    origin_reads(100'000);
    CHECK(writable == 1);
    stream->send_end(Fields());
    turn();
    CHECK(sent().size() == 20'000);
    CHECK(wire.is_ended);
    CHECK_FALSE(wire.is_aborted);
    CHECK(complete);
  }
  SUBCASE("only when it has read all") {
    stream->send_end(Fields());
    turn();
    CHECK_FALSE(wire.is_ended);
    CHECK_FALSE(complete);
    origin_reads(100'000);
    CHECK(sent().size() == 20'000);
    CHECK(wire.is_ended);
    CHECK(complete);
  }
  SUBCASE("unless it is gone") {
    connection_breaks();
    CHECK(failures.size() == 1);
    CHECK_FALSE(complete);
  }
  SUBCASE("unless we give up") {
    stream->cancel();
    CHECK(wire.is_aborted);
    CHECK_FALSE(complete);
  }
  turn();
  CHECK(over);
  CHECK(idles == 0);
}

TEST_CASE_FIXTURE(Tunnel, "an origin that ends after us ends the tunnel, once it has all of ours") {
  wire.room = 0;
  stream->send_body("up");
  stream->send_end(Fields());
  turn();
  origin_ends();
  CHECK(half_ended);
  CHECK_FALSE(complete);
  origin_reads(10);
  CHECK(sent() == "up");
  CHECK(complete);
  CHECK(over);
}

TEST_CASE_FIXTURE(Tunnel, "ends that meet in one turn end the tunnel") {
  stream->send_body("up");
  stream->send_end(Fields());
  origin_ends();
  turn();
  CHECK(sent() == "up");
  CHECK(wire.is_ended);
  CHECK_FALSE(wire.is_aborted);
  CHECK(complete);
  CHECK(over);
}

}  // namespace
}  // namespace core
