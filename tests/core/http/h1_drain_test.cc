// A server session that is told to finish: what is answered still, and how the client hears that it is the
// last.
#include <doctest/doctest.h>

#include <string>

#include "tests/core/http/support/test_server.h"

namespace core {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Keeps the request open until the test answers.
void keep(Seen&) {}

}  // namespace

TEST_CASE("draining closes an idle connection and lets a running exchange end") {
  SUBCASE("idle") {
    TestServer server;
    server.send(kGet);
    server.received();
    server.session->drain();
    server.turn();
    CHECK(server.wire.is_ended);
    server.client_ends();
    CHECK(server.over);
  }
  SUBCASE("idle, with patience: a request that was on its way is answered, and is the last") {
    TestServer server;
    server.send(kGet);
    server.received();
    server.session->drain(std::chrono::seconds(2));
    server.turn();
    CHECK_FALSE(server.wire.is_ended);
    server.send(kGet);
    CHECK(server.received().find("Connection: close\r\n") != std::string::npos);
    CHECK(server.wire.is_ended);
  }
  SUBCASE("idle, with patience that nobody uses") {
    TestServer server;
    server.session->drain(std::chrono::seconds(2));
    server.clock.advance(std::chrono::milliseconds(1'999));
    server.turn();
    CHECK_FALSE(server.wire.is_ended);
    server.clock.advance(std::chrono::milliseconds(1));
    server.turn();
    CHECK(server.wire.is_ended);
  }
  SUBCASE("the response has begun: a request that is on its way is answered, and is the last") {
    TestServer server;
    server.on_new = keep;
    server.send(kGet);
    server.last().stream->send_head(200, Fields(), BodyLength::known(2));
    server.turn();
    server.session->drain(std::chrono::seconds(2));
    server.last().stream->send_body("ok");
    server.last().stream->send_end(Fields());
    server.turn();
    CHECK(server.received().find("Connection: close") == std::string::npos);
    CHECK_FALSE(server.wire.is_ended);
    server.on_new = [](Seen& seen) { seen.answer(200, "ok"); };
    server.send(kGet);
    CHECK(server.received().find("Connection: close\r\n") != std::string::npos);
    CHECK(server.wire.is_ended);
  }
  SUBCASE("the response has begun, and nobody sends another request") {
    TestServer server;
    server.on_new = keep;
    server.send(kGet);
    server.last().stream->send_head(200, Fields(), BodyLength::none());
    server.session->drain(std::chrono::seconds(2));
    server.last().stream->send_end(Fields());
    server.turn();
    CHECK_FALSE(server.wire.is_ended);
    server.clock.advance(std::chrono::seconds(2));
    server.turn();
    CHECK(server.wire.is_ended);
  }
  SUBCASE("without patience what is here already is answered") {
    TestServer server;
    server.on_new = keep;
    server.send(std::string(kGet) + std::string(kGet));
    server.last().stream->send_head(200, Fields(), BodyLength::none());
    server.session->drain();
    server.on_new = [](Seen& seen) { seen.answer(200, "ok"); };
    server.last().stream->send_end(Fields());
    server.turn();
    const std::string answers = server.received();
    CHECK(answers.find("HTTP/1.1 200", 1) != std::string::npos);
    CHECK(answers.rfind("Connection: close\r\n") > answers.rfind("HTTP/1.1"));
    CHECK(server.wire.is_ended);
  }
  SUBCASE("running") {
    TestServer server;
    server.on_new = keep;
    server.send(kGet);
    server.session->drain();
    server.turn();
    CHECK_FALSE(server.wire.is_ended);
    server.last().answer(200, "ok");
    server.turn();
    CHECK(server.received().find("Connection: close\r\n") != std::string::npos);
    CHECK(server.wire.is_ended);
  }
}

}  // namespace core
