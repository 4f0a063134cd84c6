// Attacks on an HTTP/2 connection: each ends with GOAWAY ENHANCE_YOUR_CALM (or the code that RFC 9113 asks
// for), in bounded memory, and never has more work running than the limit of streams allows.
#include "tests/core/http/support/test_h2_server.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "core/http/h2_flood_guard.h"

namespace core {
namespace {

using h2::data;
using h2::get;
using h2::kEndHeaders;
using h2::kEndStream;
using h2::kHeaders;
using h2::post;

void keep(Seen&) {}

std::string repeated(const std::string& bytes, std::size_t count) {
  std::string all;
  all.reserve(bytes.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += bytes;
  return all;
}

/// Sends `bytes` again and again, at most so often, until the connection ends. How often it was sent.
std::size_t sent_until_end(TestH2Server& server, const std::string& bytes, std::size_t most) {
  std::size_t count = 0;
  while (count < most && server.refused.empty() && !server.over) {
    server.send(bytes);
    ++count;
  }
  return count;
}

TEST_CASE("N01: rapid reset ends the connection, and no more requests run than streams are allowed") {
  TestH2Server server;
  server.on_new = keep;
  std::size_t most_running = 0;
  std::uint32_t id = 1;
  for (; id < 4000 && !server.wire.is_ended; id += 2) {
    server.send(get(id) + h2::reset(id));
    most_running = std::max(most_running, server.running());
  }
  CHECK(server.ended_with(h2::kEnhanceYourCalm, "too many resets"));
  CHECK(id / 2 <= 301);
  CHECK(most_running <= server.limits.streams);
  CHECK(server.running() == 0);
}

TEST_CASE("N01: rapid reset in one read as well") {
  TestH2Server server;
  server.on_new = keep;
  std::string bytes;
  for (std::uint32_t id = 1; id < 2000; id += 2) bytes += get(id) + h2::reset(id);
  server.send(bytes);
  CHECK(server.ended_with(h2::kEnhanceYourCalm, "too many resets"));
  CHECK(server.running() == 0);
}

TEST_CASE("N01: a browser that leaves a page with all its streams open is served on") {
  TestH2Server server;
  server.on_new = keep;
  std::uint32_t id = 1;
  for (int page = 0; page < 20; ++page) {
    std::string resets;
    for (int i = 0; i < 100; ++i, id += 2) {
      server.send(get(id));
      resets += h2::reset(id);
    }
    server.send(resets);
    server.pass(std::chrono::seconds(5));
  }
  CHECK(server.reason.empty());
  CHECK(server.seen.size() == 2000);
}

TEST_CASE("N02: whatever makes us reset streams is counted like the client's resets") {
  const std::vector<std::pair<std::function<std::string(std::uint32_t)>, const char*>> rows = {
      {[](std::uint32_t id) { return get(id) + h2::window_update(id, 0x7fffffff); }, "a window too large"},
      {[](std::uint32_t id) { return post(id, {{"content-length", "1"}}) + data(id, "ab"); }, "a long body"},
      {[](std::uint32_t id) { return h2::headers(id, {{":method", "GET"}}, kEndStream | kEndHeaders); },
       "a malformed request"},
      {[](std::uint32_t id) { return get(id, "/#"); }, "one that only we refuse"},
      {[](std::uint32_t id) { return post(id) + h2::headers(id, {{"X", "y"}}, kEndStream | kEndHeaders); },
       "malformed trailers"},
  };
  for (const auto& [attack, why] : rows) {
    CAPTURE(why);
    TestH2Server server;
    server.on_new = keep;
    std::uint32_t id = 1;
    for (; id < 4000 && !server.wire.is_ended; id += 2) {
      server.send(attack(id));
      CHECK(server.running() <= server.limits.streams);
    }
    CHECK(server.ended_with(h2::kEnhanceYourCalm, "had to be reset"));
    CHECK(id / 2 <= 101);
    CHECK(server.running() == 0);
  }
}

TEST_CASE("N11: requests over the limit of streams are refused, and too many of those end it") {
  TestH2Server server;
  server.on_new = keep;
  std::uint32_t id = 1;
  for (; id < 202; id += 2) server.send(get(id));
  CHECK(server.seen.size() == server.limits.streams);
  // RFC 9113 section 5.1.2: after our SETTINGS were acknowledged it is an error of the connection.
  CHECK((server.wire.is_ended || server.frame(h2::kReset, 201)->code() == h2::kRefusedStream));
}

TEST_CASE("N03: a field block of too many frames, of any size, ends the connection early") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16'384}}) {
    CAPTURE(size);
    TestH2Server server;
    server.on_new = keep;
    server.send(h2::frame(kHeaders, kEndStream, 1, h2::get_block()));
    const std::string fields = h2::block({{"x", std::string(16'000, 'v')}});
    const std::string piece = size < 2 ? std::string(size, '\x90') : fields;
    const std::size_t count = sent_until_end(server, h2::frame(h2::kContinuation, 0, 1, piece), 1'000'000);
    CHECK(count <= H2FloodGuard::kMaxContinuations + 1);
    CHECK(server.ended_with(h2::kEnhanceYourCalm));
    CHECK(server.seen.empty());
  }
}

TEST_CASE("N04: an indexed field that expands a thousandfold is cut off while it is decoded") {
  TestH2Server server;
  server.on_new = keep;
  // One entry of nearly 4 KiB into the dynamic table, then that entry by its index of one byte.
  std::string block = h2::get_block();
  block += '\x40' + h2::block({{"x", std::string(4000, 'v')}}).substr(1);
  server.send(h2::frame(kHeaders, kEndStream | kEndHeaders, 1, block));
  CHECK(server.seen.size() == 1);
  server.send(h2::frame(kHeaders, kEndStream | kEndHeaders, 3, h2::get_block() + repeated("\xbe", 16'000)));
  CHECK(server.ended_with(h2::kEnhanceYourCalm, "decodes to far too much"));
  CHECK(server.seen.size() == 1);
}

TEST_CASE("N04: crumbs of one byte are cut off as well") {
  TestH2Server server;
  std::string block = h2::get_block();
  block += '\x40' + h2::block({{"cookie", "a"}}).substr(1);
  server.send(h2::frame(kHeaders, kEndStream | kEndHeaders, 1, block + repeated("\xbe", 16'000)));
  CHECK(server.ended_with(h2::kEnhanceYourCalm, "decodes to far too much"));
  CHECK(server.seen.empty());
}

TEST_CASE("N19: requests over the limits of fields are answered without end, and none stays open") {
  TestH2Server server;
  server.send(h2::window_update(0, 0x7fffffff - 65'535));
  const h2::FieldList fields(200, {"x", "y"});
  for (std::uint32_t id = 1; id < 20'000 && !server.wire.is_ended; id += 2) {
    server.send(get(id, "/", fields));
    CHECK(server.frame(kHeaders, id)->fields.starts_with(":status=431;"));
    server.frames();
  }
  CHECK(server.reason == "too many fields, or too many bytes of fields");
  server.send(get(20'001));
  CHECK(server.seen.size() == 1);
}

TEST_CASE("N06 N07 N09 N16: floods of frames that ask for nothing end the connection, read or not") {
  const std::string stream_data = data(1, "");
  const std::vector<std::pair<std::string, std::string>> rows = {
      {h2::ping(), "PING"},
      {h2::ping(h2::kAck), "PING"},
      {h2::settings(), "SETTINGS"},
      {h2::settings({{4, 1}, {4, 2}, {4, 3}}), "SETTINGS"},
      {h2::frame(h2::kPriority, 0, 3, h2::number(0) + "x"), "priority"},
      {h2::frame(h2::kPriority, 0, 1, h2::number(7) + "x"), "priority"},
      {h2::frame(h2::kPriorityUpdate, 0, 0, h2::number(1) + "u=1"), "priority"},
      {h2::frame(h2::kPriorityUpdate, 0, 0, h2::number(0x7fffffff) + "u=9, \x01"), "priority"},
      {h2::window_update(0, 1), "WINDOW_UPDATE"},
      {h2::window_update(1, 1), "WINDOW_UPDATE"},
      {stream_data, "empty DATA"},
      {h2::frame(h2::kData, h2::kPadded, 1, std::string(1, '\0')), "tiny DATA"},
      {h2::frame(0x42, 0, 1, "x"), "unknown frames"},
  };
  for (const auto& [frame, reason] : rows) {
    for (const bool reads : {true, false}) {
      CAPTURE(reason);
      CAPTURE(reads);
      TestH2Server server;
      server.on_new = keep;
      server.send(post(1));
      if (!reads) server.wire.room = 0;
      const std::string bytes = repeated(frame, 500);
      CHECK(sent_until_end(server, bytes, 1000) < 1000);
      if (reads) {
        CHECK(server.ended_with(h2::kEnhanceYourCalm, reason));
      } else {
        CHECK(server.wire.written.empty());
        server.pass(server.limits.body_rate_window);
        CHECK(server.wire.is_aborted);
        CHECK(server.over);
      }
      CHECK(server.running() == 0);
    }
  }
}

TEST_CASE("N06: SETTINGS of thousands of entries are refused at once") {
  TestH2Server server;
  server.send(h2::settings(std::vector<std::pair<std::uint16_t, std::uint32_t>>(2400, {4, 100})));
  CHECK(server.ended_with(h2::kEnhanceYourCalm));
}

TEST_CASE("N18: a body in frames of one byte, padded or not, is bounded and kept byte by byte") {
  for (const std::string& payload : {std::string("x"), '\xff' + std::string(256, '\0')}) {
    TestH2Server server;
    server.on_new = [](Seen& seen) { seen.stream->receive_body(true); };
    server.send(post(1));
    const std::uint8_t flags = payload.size() > 1 ? h2::kPadded : 0;
    const std::string bytes = repeated(h2::frame(h2::kData, flags, 1, payload), 100);
    CHECK(sent_until_end(server, bytes, 10'000) < 1000);
    CHECK(server.ended_with(h2::kEnhanceYourCalm, "tiny DATA"));
    CHECK(server.last().body.size() < 100'000);
  }
}

TEST_CASE("N17: a connection whose streams are opened and reset by the hundred works on in linear time") {
  TestH2Server server;
  server.on_new = keep;
  std::uint32_t id = 1;
  for (int round = 0; round < 10; ++round) {
    std::string bytes;
    std::string resets;
    for (int i = 0; i < 100; ++i, id += 2) {
      bytes += get(id);
      resets += h2::reset(id);
    }
    server.send(bytes);
    server.send(resets);
    server.pass(std::chrono::seconds(10));
  }
  CHECK(server.seen.size() == 1000);
  CHECK(server.running() == 0);
}

TEST_CASE("N13: nothing is parsed or told after the connection was given up") {
  TestH2Server server;
  server.on_new = keep;
  server.send(get(1) + h2::window_update(0, 0x7fffffff) + get(3) + h2::ping() +
              h2::frame(h2::kPriorityUpdate, 0, 0, std::string(10'000, 'x')) + get(5));
  CHECK(server.frame(h2::kGoaway, 0)->code() == h2::kFlowControlError);
  CHECK(server.seen.size() <= 1);
  server.send(get(7) + h2::ping());
  CHECK(server.seen.size() <= 1);
  CHECK(server.running() == 0);
  server.client_ends();
  CHECK(server.over);
}

TEST_CASE("a client that keeps asking and never reads has its answers bounded by its streams") {
  TestH2Server server;
  server.on_new = [](Seen& seen) { seen.answer(200, std::string(1000, 'x')); };
  server.wire.room = 0;
  std::uint32_t id = 1;
  for (; id < 4001 && !server.over && !server.wire.is_ended; id += 2) server.send(get(id));
  CHECK(server.seen.size() <= server.limits.streams + 65);  // what the output holds, and the streams
}

}  // namespace
}  // namespace core
