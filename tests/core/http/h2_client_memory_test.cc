// What an HTTP/2 connection to an origin holds for clients that do not read and for an origin that does not,
// and that neither stops the others.
#include "tests/core/http/support/test_h2_client.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace core {
namespace {

std::string ok(std::uint32_t stream) {
  return response(stream) + h2::data(stream, "ok", h2::kEndStream);
}

std::string big(std::uint32_t stream, int bytes) {
  std::string frames;
  for (int left = bytes; left > 0; left -= 16'000)
    frames += h2::data(stream, std::string(std::min(left, 16'000), 'x'));
  return frames;
}

TEST_CASE("clients that do not read fill what they may, no more than all windows, and never stop another") {
  TestH2Client client({{3, 1000}});
  constexpr int kWindow = 65'535;
  constexpr int kWideWindow = 512 * 1024;
  constexpr int kStreams = 100;
  for (int i = 0; i < kStreams; ++i) client.ask();
  client.frames();
  const auto id = [](int i) { return static_cast<std::uint32_t>(2 * i + 1); };
  for (int i = 0; i < kStreams; ++i) client.reply(response(id(i)));
  for (int i = 1; i < kStreams; ++i) {
    // Long downloads, of clients that stop reading when they have taken 1.1 MiB.
    Asked& asked = *client.asked[static_cast<std::size_t>(i)];
    if (i <= 20) {
      for (int sent = 0; sent < 1'152'000; sent += 48'000) client.reply(big(id(i), 48'000));
    }
    asked.stream->receive_body(false);
    const bool is_wide = i <= 16;
    // What was taken is told by halves of the window: so much may be sent for sure.
    client.reply(big(id(i), (is_wide ? kWideWindow : kWindow) / 2));
    CHECK(asked.failures.empty());
  }
  REQUIRE_FALSE(client.over);
  Asked& reader = *client.asked.front();
  for (int i = 0; i < 1200; ++i) client.reply(big(1, 48'000));
  REQUIRE_FALSE(client.over);
  CHECK(reader.body.size() == 1200U * 48'000);
  // A seventeenth has no wide window: what a wide one could send is a violation.
  Asked& narrow = *client.asked[17];
  CHECK(narrow.failures.empty());
  client.reply(big(id(17), kWindow));
  CHECK(narrow.failures.size() == 1);
  Asked& wide = *client.asked[16];
  client.reply(big(id(16), kWindow));
  CHECK(wide.failures.empty());
}

TEST_CASE("what a client gave up is given back to the others") {
  TestH2Client client;
  std::uint32_t stream = 1;
  for (int i = 0; i < 80; ++i, stream += 2) {
    Asked& asked = client.ask();
    client.frames();
    client.reply(response(stream));
    for (int sent = 0; sent < 1'152'000; sent += 48'000) client.reply(big(stream, 48'000));
    REQUIRE(asked.failures.empty());
    asked.stream->receive_body(false);
    client.reply(big(stream, 250'000));
    REQUIRE(asked.failures.empty());
    asked.stream->cancel();
    client.reply(big(stream, 5'000));  // was on its way
    client.reply(h2::reset(stream, h2::kCancel));
    client.frames();
    REQUIRE_FALSE(client.over);
  }
  client.ask();
  client.frames();
  client.reply(response(stream) + big(stream, 60'000));
  CHECK(client.asked.back()->body.size() == 60'000);
}

TEST_CASE("what a client had not taken when its stream was closed is given back to the others") {
  TestH2Client client;
  const auto fill = [&client](Asked& asked, std::uint32_t stream) {
    asked.stream->receive_body(false);
    client.reply(response(stream) + big(stream, 60'000));
  };
  std::uint32_t stream = 1;
  for (int i = 0; i < 2000; ++i, stream += 2) {
    Asked& asked = client.ask();
    client.frames();
    fill(asked, stream);
    switch (i % 3) {
      case 0:  // the origin's reset
        client.reply(h2::reset(stream, h2::kCancel));
        CHECK(asked.failures.size() == 1);
        break;
      case 1:  // given up when the wire has closed it
        client.reply(h2::data(stream, "", h2::kEndStream));
        asked.stream->cancel();
        client.turn();
        break;
      default:  // taken when the wire has closed it
        client.reply(h2::data(stream, "", h2::kEndStream));
        asked.stream->receive_body(true);
        client.turn();
        CHECK(asked.complete);
    }
    client.frames();
    REQUIRE_FALSE(client.over);
  }
  client.ask();
  client.frames();
  client.reply(response(stream) + big(stream, 60'000));
  CHECK(client.asked.back()->body.size() == 60'000);
}

TEST_CASE("streams that the wire has closed count until their clients have taken them") {
  TestH2Client client({{3, 1000}});
  for (std::uint32_t i = 0; i < 100; ++i) {
    Asked& asked = client.ask();
    asked.stream->receive_body(false);
    client.reply(ok(2 * i + 1));
  }
  CHECK_FALSE(client.is_open());
  const int rooms = client.rooms;
  client.asked.front()->stream->receive_body(true);
  client.turn();
  CHECK(client.is_open());
  CHECK(client.rooms > rooms);
}

TEST_CASE(
    "a connection that keeps 1 MiB which its origin does not read gets no more requests until it does") {
  TestH2Client client({{4, 1'000'000}});
  client.reply(h2::window_update(0, 100'000'000));
  client.frames();
  client.wire.room = 0;
  int count = 0;
  for (; client.is_open() && count < 100; ++count) {
    Asked& asked = client.ask("POST", BodyLength::unknown());
    asked.stream->send_body(std::string(60'000, 'x'));
    client.turn();
  }
  CHECK(count == 18);
  const int rooms = client.rooms;
  client.origin_reads(10'000'000);
  CHECK(client.is_open());
  CHECK(client.rooms > rooms);
  CHECK(client.asked.back()->writable == 1);
}

TEST_CASE("a request that is given up is not kept for an origin that does not read") {
  TestH2Client client({{4, 1'000'000}});
  client.reply(h2::window_update(0, 100'000'000));
  client.frames();
  for (int i = 0; i < 40; ++i) {
    Asked& asked = client.ask("POST", BodyLength::unknown());
    client.wire.room = 0;
    asked.stream->send_body(std::string(60'000, 'x'));
    asked.stream->cancel();
    client.origin_reads(10'000'000);
    REQUIRE(client.is_open());
  }
}

}  // namespace
}  // namespace core
