// A host that says nothing any more, while exchanges wait for it (RFC 9113 section 6.7).
#include "tests/core/http/support/test_h2_client.h"

#include <doctest/doctest.h>

namespace core {
namespace {

TEST_CASE("a host that has gone silent gets no more requests, and PING decides") {
  TestH2Client client;
  Asked& lost = client.ask();
  Asked& other = client.ask();
  client.pass(Duration(60'000));
  lost.stream->cancel();
  client.turn();
  CHECK_FALSE(client.is_open());
  REQUIRE(client.frame(h2::kPing, 0).has_value());
  SUBCASE("no answer: the connection ends") {
    client.pass(Duration(5'000));
    REQUIRE(other.failures.size() == 1);
    CHECK(other.failures[0].kind == ErrorKind::timed_out);
    CHECK(client.over);
  }
  SUBCASE("an answer: it serves on") {
    client.reply(h2::ping(h2::kAck));
    CHECK(client.is_open());
    client.pass(Duration(5'000));
    CHECK(other.failures.empty());
  }
}

TEST_CASE(
    "a host that has gone silent after its GOAWAY holds the exchanges that it covers no longer than PING") {
  TestH2Client client;
  Asked& lost = client.ask();
  Asked& other = client.ask();
  client.reply(h2::frame(h2::kGoaway, 0, 0, h2::number(3) + h2::number(h2::kNoError)));
  client.pass(Duration(60'000));
  lost.stream->cancel();
  client.turn();
  REQUIRE(client.frame(h2::kPing, 0).has_value());
  CHECK(other.failures.empty());
  client.pass(Duration(5'000));
  REQUIRE(other.failures.size() == 1);
  CHECK(other.failures[0].kind == ErrorKind::timed_out);
  CHECK(client.over);
}

TEST_CASE("a client that goes at once does not make a connection suspect") {
  TestH2Client client;
  client.ask().stream->cancel();
  client.turn();
  CHECK(client.is_open());
  CHECK_FALSE(client.frame(h2::kPing, 0).has_value());
}

}  // namespace
}  // namespace core
