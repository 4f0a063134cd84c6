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

TEST_CASE("N01: a connection is worn after a hundred requests at once that clients gave up, and serves on") {
  TestH2Client client;
  Asked& other = client.ask();
  const auto give_up = [&client](int count) {
    for (int i = 0; i < count; ++i) {
      client.ask().stream->cancel();
      client.turn();
    }
  };
  give_up(100);
  CHECK_FALSE(client.session->is_worn());
  // Ten a second is what people do.
  for (int second = 0; second < 30; ++second) {
    client.pass(Duration(1'000));
    give_up(10);
  }
  CHECK_FALSE(client.session->is_worn());
  give_up(1);
  CHECK(client.session->is_worn());
  CHECK(client.is_open());
  client.reply(response(1) + h2::data(1, "ok", h2::kEndStream));
  CHECK(other.complete);
}

}  // namespace
}  // namespace core
