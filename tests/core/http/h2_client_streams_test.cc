// Which streams of an HTTP/2 connection to an origin end with which: never one in another's place.
#include "tests/core/http/support/test_h2_client.h"

#include <doctest/doctest.h>

#include <string>

namespace core {
namespace {

TEST_CASE("a stream that ends on the wire and at its handler in one turn takes no other with it") {
  TestH2Client client;
  Asked& first = client.ask("POST", BodyLength::unknown());
  Asked& upload = client.ask("POST", BodyLength::unknown());
  Asked& other = client.ask();
  first.stream->receive_body(false);
  client.reply(response(1) + h2::data(1, "early", h2::kEndStream));
  // The rest of the first request leaves with what the upload sends at once, and the wire closes its stream;
  // before that is told its handler goes.
  first.stream->send_body("rest");
  first.stream->send_end(Fields());
  upload.stream->send_body(std::string(20'000, 'x'));
  first.stream->cancel();
  client.turn();
  REQUIRE(client.frame(h2::kData, 1).has_value());
  client.reply(response(3) + h2::data(3, "up", h2::kEndStream));
  CHECK(upload.complete);
  // Idle it is only now and then: the third exchange runs.
  CHECK(client.idles == 1);
  REQUIRE(client.is_open());
  client.reply(response(5) + h2::data(5, "other", h2::kEndStream));
  CHECK(other.body == "other");
  CHECK(other.complete);
  CHECK(client.idles == 2);
}

TEST_CASE(
    "N01: after a hundred requests that clients gave up a connection is left, and what is on it goes on") {
  TestH2Client client;
  Asked& other = client.ask();
  for (int given_up = 1; given_up <= 100; ++given_up) {
    CAPTURE(given_up);
    REQUIRE(client.is_open());
    client.ask().stream->cancel();
    client.turn();
  }
  CHECK_FALSE(client.is_open());
  CHECK_FALSE(client.over);
  client.reply(response(1) + h2::data(1, "ok", h2::kEndStream));
  CHECK(other.complete);
  client.turn();
  CHECK(client.over);
  CHECK(client.wire.is_ended);
}

}  // namespace
}  // namespace core
