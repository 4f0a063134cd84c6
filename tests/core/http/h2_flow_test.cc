// Flow control of HTTP/2: windows follow the handlers, in both directions; who does not read or write is let
// go.
#include "tests/core/http/support/test_h2_server.h"

#include <doctest/doctest.h>

#include <string>

namespace core {
namespace {

using h2::data;
using h2::get;
using h2::kData;
using h2::kEndStream;
using h2::kHeaders;
using h2::kReset;
using h2::kWindowUpdate;
using h2::post;

constexpr std::uint16_t kInitialWindow = 4;

void keep(Seen&) {}

std::size_t window_given(const std::vector<h2::Frame>& frames, std::uint32_t stream) {
  std::size_t sum = 0;
  for (const h2::Frame& frame : frames) {
    if (frame.type != kWindowUpdate || frame.stream != stream) continue;
    for (std::size_t i = 0, value = 0; i < 4; ++i) {
      value = value << 8U | static_cast<unsigned char>(frame.payload[i]);
      if (i == 3) sum += value;
    }
  }
  return sum;
}

std::size_t body_bytes(const std::vector<h2::Frame>& frames, std::uint32_t stream) {
  std::size_t sum = 0;
  for (const h2::Frame& frame : frames) {
    if (frame.type == kData && frame.stream == stream) sum += frame.payload.size();
  }
  return sum;
}

void pass_rates(TestH2Server& server, int windows) {
  for (int i = 0; i < windows * 4; ++i) server.pass(server.limits.body_rate_window / 4);
}

TEST_CASE("B16: a body that nobody asked for stays in its window, and no more may be sent") {
  TestH2Server server;
  server.on_new = keep;
  server.send(post(1));
  const std::string piece(16'000, 'x');
  for (int i = 0; i < 4; ++i) server.send(data(1, piece));
  server.send(data(1, std::string(1535, 'x')));
  CHECK(server.last().body.empty());
  CHECK(window_given(server.frames(), 1) == 0);
  server.send(data(1, "x"));  // one byte over the window of 65,535
  CHECK((server.frame(kReset, 1).has_value() || server.ended_with(h2::kFlowControlError)));
  CHECK_FALSE(server.last().aborted.empty());
}

TEST_CASE("WINDOW_UPDATE is sent for what a handler took, and not before") {
  TestH2Server server;
  server.on_new = keep;
  server.send(post(1));
  const std::string piece(16'000, 'x');
  for (int i = 0; i < 4; ++i) server.send(data(1, piece));
  Seen& seen = server.last();
  CHECK(server.frames().empty());
  seen.stream->receive_body(true);
  server.turn();
  CHECK(seen.body.size() == 64'000);
  CHECK(window_given(server.frames(), 1) >= 64'000);
  seen.stream->receive_body(false);
  for (int i = 0; i < 4; ++i) server.send(data(1, piece));
  CHECK(window_given(server.frames(), 1) == 0);
  CHECK(seen.body.size() == 64'000);
  seen.stream->receive_body(true);
  server.send(data(1, "", kEndStream));
  CHECK(seen.body.size() == 128'000);
  CHECK(seen.ended);
}

TEST_CASE("a handler that pauses inside a piece gets the next one only when it goes on") {
  TestH2Server server;
  server.on_new = [](Seen& seen) {
    seen.stream->receive_body(true);
    seen.on_body = [&seen] { seen.stream->receive_body(false); };
  };
  server.send(post(1) + data(1, "a") + data(1, "b") + data(1, "c", kEndStream));
  CHECK(server.last().body == "a");
  server.last().stream->receive_body(true);
  server.turn();
  CHECK(server.last().body == "abc");
  CHECK_FALSE(server.last().ended);  // paused before the end
  server.last().stream->receive_body(true);
  server.turn();
  CHECK(server.last().ended);
}

TEST_CASE("the bodies of all streams together fill one window at most") {
  TestH2Server server;
  server.on_new = keep;
  const std::string piece(16'000, 'x');
  std::size_t sent = 0;
  for (std::uint32_t id = 1; id < 80 && !server.over && server.wire.is_ended == false; id += 2) {
    server.send(post(id));
    for (int i = 0; i < 4; ++i, sent += piece.size()) server.send(data(id, piece));
  }
  CHECK(server.ended_with(h2::kFlowControlError));
  CHECK(sent <= 1024 * 1024 + 64'000);
}

TEST_CASE("a body that an answer made useless gives the connection's window back") {
  TestH2Server server;
  const std::string piece(16'000, 'x');
  std::size_t given = 0;
  for (std::uint32_t id = 1; id < 200; id += 2) {
    server.send(post(id) + data(id, piece) + data(id, piece) + data(id, piece));
    given += window_given(server.frames(), 0);
  }
  CHECK(server.seen.size() == 100);
  CHECK(given > 3'000'000);
}

TEST_CASE("an answer stops at the client's window, its handler is told to wait, and goes on byte by byte") {
  TestH2Server server({{kInitialWindow, 10}});
  server.on_new = [](Seen& seen) {
    seen.stream->send_head(200, Fields(), BodyLength::known(25));
    CHECK(seen.stream->send_body("0123456789012345678901234") == Pressure::full);
    seen.stream->send_end(Fields());
  };
  server.send(get(1));
  CHECK(body_bytes(server.frames(), 1) == 10);
  server.send(h2::window_update(1, 1));
  CHECK(body_bytes(server.frames(), 1) == 1);
  server.send(h2::window_update(1, 100));
  CHECK(server.frame(kData, 1)->ends_stream());
  CHECK(body_bytes(server.frames(), 1) == 14);
}

TEST_CASE("a handler that was told to wait is told once when all has left") {
  TestH2Server server({{kInitialWindow, 10}});
  server.on_new = keep;
  server.send(get(1));
  Seen& seen = server.last();
  seen.stream->send_head(200, Fields(), BodyLength::unknown());
  CHECK(seen.stream->send_body("01234") == Pressure::open);
  CHECK(seen.stream->send_body("0123456789") == Pressure::full);
  server.turn();
  CHECK(seen.writable == 0);
  server.send(h2::window_update(1, 4));
  CHECK(seen.writable == 0);
  server.send(h2::window_update(1, 4));
  CHECK(seen.writable == 1);
  server.send(h2::window_update(1, 100));
  CHECK(seen.writable == 1);
}

TEST_CASE("N12: the initial window may shrink and grow under a running answer") {
  TestH2Server server({{kInitialWindow, 10}});
  server.on_new = [](Seen& seen) { seen.answer(200, std::string(40, 'x')); };
  server.send(get(1));
  CHECK(body_bytes(server.frames(), 1) == 10);
  server.send(h2::settings({{kInitialWindow, 0}}));  // the window is -10 now
  server.send(h2::window_update(1, 10));
  CHECK(body_bytes(server.frames(), 1) == 0);
  server.send(h2::window_update(1, 1));
  CHECK(body_bytes(server.frames(), 1) == 1);
  server.send(h2::settings({{kInitialWindow, 100}}));
  CHECK(body_bytes(server.frames(), 1) == 29);
}

TEST_CASE("a stream that is held does not hold another") {
  TestH2Server server({{kInitialWindow, 0}});
  server.on_new = [](Seen& seen) { seen.answer(200, "body of this one"); };
  server.send(get(1) + get(3));
  CHECK(body_bytes(server.frames(), 1) == 0);
  server.send(h2::window_update(3, 100));
  CHECK(server.frame(kData, 3)->ends_stream());
}

TEST_CASE("a large answer goes to a slow socket piece by piece, and is not kept beyond one of them") {
  TestH2Server server({{kInitialWindow, 0x7fffffff}});
  server.send(h2::window_update(0, 0x7fffffff - 65'535));
  server.wire.room = 0;
  server.on_new = keep;
  server.send(get(1));
  Seen& seen = server.last();
  seen.stream->send_head(200, Fields(), BodyLength::unknown());
  const std::string piece(64 * 1024, 'x');
  int pieces = 0;
  while (pieces < 100 && seen.stream->send_body(piece) == Pressure::open) ++pieces;
  CHECK(pieces <= 2);
  std::size_t got = 0;
  for (int i = 0; i < 200 && seen.writable == 0; ++i) {
    server.reads(4000);
    got += body_bytes(server.frames(), 1);
  }
  CHECK(seen.writable == 1);
  server.wire.room = 1'000'000;
  server.reads(0);
  got += body_bytes(server.frames(), 1);
  CHECK(got == static_cast<std::size_t>(pieces + 1) * piece.size());
}

TEST_CASE("large pieces of one turn leave in few writes") {
  TestH2Server server({{kInitialWindow, 0x7fffffff}});
  server.send(h2::window_update(0, 0x7fffffff - 65'535));
  server.on_new = keep;
  server.send(get(1));
  Seen& seen = server.last();
  server.wire.writes = 0;
  seen.stream->send_head(200, Fields(), BodyLength::known(200'000));
  const std::string piece(50'000, 'x');
  for (int i = 0; i < 4; ++i) CHECK(seen.stream->send_body(piece) == Pressure::open);
  seen.stream->send_end(Fields());
  server.turn();
  CHECK(body_bytes(server.frames(), 1) == 200'000);
  CHECK(server.wire.writes <= 5);  // of at least 48 KiB, but the last
}

TEST_CASE("RFC 9218: the urgent answer goes first, and PRIORITY_UPDATE changes that") {
  TestH2Server server({{kInitialWindow, 0x7fffffff}});
  server.on_new = [](Seen& seen) { seen.answer(200, std::string(40'000, 'x')); };
  server.wire.room = 0;
  server.send(get(1, "/", {{"priority", "u=6"}}) + get(3, "/", {{"priority", "u=0"}}) + get(5));
  server.send(h2::frame(h2::kPriorityUpdate, 0, 0, h2::number(5) + "u=7"));
  server.wire.room = 1'000'000;
  server.reads(0);
  server.send(h2::window_update(0, 1'000'000));
  std::string order;
  for (const h2::Frame& frame : server.frames()) {
    if (frame.type == kData && frame.ends_stream()) order += std::to_string(frame.stream);
  }
  CHECK(order == "315");
}

TEST_CASE("N08: a client that never opens its window is let go, its handler too") {
  TestH2Server server({{kInitialWindow, 0}});
  server.on_new = keep;
  server.send(get(1) + get(3));
  server.seen[0]->answer(200, "never read");  // answered, and still held
  server.seen[1]->stream->send_head(200, Fields(), BodyLength::unknown());
  server.seen[1]->stream->send_body("never read");
  server.turn();
  pass_rates(server, 3);
  CHECK(server.frame(kReset, 1)->code() == h2::kCancel);
  CHECK(server.frame(kReset, 3)->code() == h2::kCancel);
  CHECK(server.seen[1]->aborted == "the response was not read");
}

TEST_CASE("N08: one byte at a time is too slow, a kibibyte a second is not") {
  for (const std::uint32_t bytes : {1U, 10'000U}) {
    CAPTURE(bytes);
    TestH2Server server({{kInitialWindow, 0}});
    server.on_new = [](Seen& seen) { seen.answer(200, std::string(1'000'000, 'x')); };
    server.send(get(1));
    for (int i = 0; i < 12; ++i) {
      server.send(h2::window_update(0, bytes) + h2::window_update(1, bytes));
      server.pass(server.limits.body_rate_window / 4);
    }
    CHECK(server.frame(kReset, 1).has_value() == (bytes == 1));
  }
}

TEST_CASE("a client that reads nothing from the socket is let go with all its streams") {
  TestH2Server server({{kInitialWindow, 0x7fffffff}});
  server.on_new = [](Seen& seen) { seen.answer(200, std::string(100'000, 'x')); };
  server.wire.room = 100;
  server.send(get(1));
  pass_rates(server, 3);
  CHECK(server.wire.is_aborted);
  CHECK(server.over);
}

TEST_CASE("a client that reads nothing cannot put that off with more requests") {
  TestH2Server server;
  server.wire.room = 0;
  server.send(get(1));  // its answer waits for the socket, its stream is closed
  std::uint32_t id = 3;
  for (int i = 0; i < 40 && !server.over; ++i, id += 2) {
    server.send(get(id) + h2::reset(id));
    server.pass(server.limits.body_rate_window / 8);
  }
  CHECK(server.over);
  CHECK(id < 40);
}

TEST_CASE("a body that comes too slowly is answered with 408") {
  TestH2Server server;
  server.on_new = [](Seen& seen) { seen.stream->receive_body(true); };
  server.send(post(1) + data(1, "x"));
  pass_rates(server, 1);
  server.send(data(1, "x"));
  pass_rates(server, 1);
  CHECK(server.frame(kHeaders, 1)->fields.starts_with(":status=408;"));
  CHECK(server.last().aborted == "the request body came too slowly");
}

TEST_CASE("a body that its handler made wait is not too slow") {
  TestH2Server server;
  server.on_new = [](Seen& seen) {
    seen.stream->receive_body(true);
    seen.stream->receive_body(false);
  };
  server.send(post(1));
  server.frames();
  pass_rates(server, 5);
  CHECK(server.last().aborted.empty());
  CHECK(server.frames().empty());
}

}  // namespace
}  // namespace core
