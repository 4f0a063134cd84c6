// What an HTTP/2 client can do to hold memory, connections or a core without breaking a rule that is counted
// frame by frame.
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "tests/core/http/support/counted_heap.h"
#include "tests/core/http/support/test_h2_server.h"

namespace core {
namespace {

using h2::data;
using h2::get;
using h2::kEndHeaders;
using h2::kEndStream;
using h2::kReset;
using h2::post;

constexpr std::uint16_t kInitialWindow = 4;

void keep(Seen&) {}

void pass_rates(TestH2Server& server, int windows) {
  for (int i = 0; i < windows * 4; ++i) server.pass(server.limits.body_rate_window / 4);
}

TEST_CASE("an upload that is always ahead of its handler holds its window and not all that came") {
  TestH2Server server;
  std::size_t taken = 0;
  server.on_new = [&taken](Seen& seen) {
    seen.on_body = [&seen, &taken] {
      taken += seen.body.size();
      seen.body.clear();
      seen.stream->receive_body(false);
    };
    seen.stream->receive_body(true);
  };
  server.send(post(1));
  const std::string piece(16 * 1024, 'x');
  // The first piece is taken at once and pauses the handler; the others wait.
  for (int i = 0; i < 20; ++i) server.send(data(1, piece));
  const std::size_t before = heap_bytes_in_use();
  for (int i = 0; i < 400; ++i) {
    server.last().stream->receive_body(true);
    server.turn();  // takes 64 KiB of what waits
    for (int j = 0; j < 4; ++j) server.send(data(1, piece));
    server.frames();
  }
  REQUIRE(server.last().aborted.empty());
  CHECK(taken > 20'000'000);
  CHECK(heap_bytes_in_use() < before + 2 * 1024 * 1024);
}

TEST_CASE("N08: an answer whose end does not fit into the window is let go as well") {
  TestH2Server server({{kInitialWindow, 10}});
  server.on_new = keep;
  server.send(get(1) + get(3));
  for (const auto& seen : server.seen) seen->stream->send_head(200, Fields(), BodyLength::unknown());
  server.seen[0]->stream->send_body("0123456789");
  server.turn();  // the body has left: its end comes alone
  for (const auto& seen : server.seen) seen->stream->send_end(Fields());
  server.send(h2::window_update(3, 1));
  server.send(h2::settings({{kInitialWindow, 0}}));
  server.turn();
  pass_rates(server, 4);
  const std::optional<h2::Frame> end = server.frame(h2::kData, 1);
  const bool has_ended = end.has_value() && end->ends_stream();
  CHECK((has_ended || server.frame(kReset, 1).has_value()));
  server.pass(server.limits.keep_alive);
  server.turn();
  CHECK(server.wire.is_ended);
}

TEST_CASE("HEADERS that the library drops are counted, whatever their stream") {
  const std::string header_block = h2::get_block();
  const auto flood = [&](TestH2Server& server, std::uint32_t stream) {
    for (int i = 0; i < 2000 && !server.wire.is_ended; ++i) {
      server.send(h2::frame(h2::kHeaders, kEndHeaders | kEndStream, stream, header_block));
    }
    return server.wire.is_ended;
  };
  SUBCASE("behind a stream that was refused, in front of none") {
    // Refused is what comes before our limit of streams is acknowledged; later it ends the connection.
    TestH2Server server(std::string(h2::kPreface) + h2::settings());
    server.on_new = keep;
    for (std::uint32_t i = 0; i < 100; ++i) server.send(get(1 + 2 * i));
    server.send(get(0x7ffffff1));  // one too many
    REQUIRE(server.frame(kReset, 0x7ffffff1).has_value());
    CHECK(flood(server, 301));
  }
  SUBCASE("on a stream whose reset waits for a client that does not read") {
    TestH2Server server;
    server.on_new = [](Seen& seen) { seen.stream->receive_body(true); };
    server.send(post(1));
    server.wire.room = 0;
    server.send(h2::ping());
    server.last().stream->abort();
    server.turn();
    for (int i = 0; i < 2000 && server.refused.empty(); ++i) {
      server.send(h2::frame(h2::kHeaders, kEndHeaders | kEndStream, 1, header_block));
    }
    CHECK_FALSE(server.refused.empty());
  }
  SUBCASE("after GOAWAY") {
    TestH2Server server;
    server.on_new = keep;
    server.send(get(1));
    server.session->drain();
    server.turn();
    server.pass(Duration(2'000));
    server.turn();
    REQUIRE(server.frame(h2::kGoaway, 0).has_value());
    std::uint32_t id = 3;
    for (; id < 20'000 && server.refused.empty(); id += 2) server.send(get(id));
    CHECK_FALSE(server.refused.empty());
  }
}

}  // namespace
}  // namespace core
