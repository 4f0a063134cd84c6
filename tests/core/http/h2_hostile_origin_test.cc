// HTTP/2 origins that answer badly: ambiguous heads, bodies that are not what was said, frames without end,
// settings at their extremes. A bad response fails its stream alone; what breaks the connection fails all of
// its exchanges; nothing reaches a handler that could be taken for an answer.
#include "tests/core/http/support/test_h2_client.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace core {
namespace {

constexpr std::uint8_t kWhole = h2::kEndHeaders | h2::kEndStream;

std::string ok(std::uint32_t stream) {
  return response(stream) + h2::data(stream, "ok", h2::kEndStream);
}

/// The failure of an exchange that has one, and no answer.
void check_failed(const Asked& asked) {
  REQUIRE(asked.failures.size() == 1);
  CHECK(asked.failures[0].side == Side::origin);
  CHECK(asked.failures[0].retry == Retry::never);
  CHECK_FALSE(asked.complete);
}

TEST_CASE(
    "B03 B04 B06 B08 B09 B10: a head that HTTP/1 could not say fails its stream, and its stream alone") {
  using namespace std::string_literals;
  const std::vector<std::pair<std::string, h2::FieldList>> heads{
      {"upper case", {{":status", "200"}, {"X-A", "b"}}},
      {"connection", {{":status", "200"}, {"connection", "close"}}},
      {"keep-alive", {{":status", "200"}, {"keep-alive", "timeout=5"}}},
      {"proxy-connection", {{":status", "200"}, {"proxy-connection", "close"}}},
      {"transfer-encoding", {{":status", "200"}, {"transfer-encoding", "chunked"}}},
      {"upgrade", {{":status", "200"}, {"upgrade", "websocket"}}},
      {"CR in a value", {{":status", "200"}, {"x", "a\rb"}}},
      {"LF in a value", {{":status", "200"}, {"x", "a\nset-cookie: b"}}},
      {"NUL in a value", {{":status", "200"}, {"x", "a\0b"s}}},
      {"space before a value", {{":status", "200"}, {"x", " a"}}},
      {"tab behind a value", {{":status", "200"}, {"x", "a\t"}}},
      {"space in a name", {{":status", "200"}, {"x y", "a"}}},
      {"colon in a name", {{":status", "200"}, {"x:y", "a"}}},
      {"no name", {{":status", "200"}, {"", "a"}}},
      {"no status", {{"x", "a"}}},
      {"an empty status", {{":status", ""}}},
      {"two statuses", {{":status", "200"}, {":status", "200"}}},
      {"a status behind a field", {{"x", "a"}, {":status", "200"}}},
      {"a status of two digits", {{":status", "20"}}},
      {"a status of four digits", {{":status", "2000"}}},
      {"a status below 100", {{":status", "099"}}},
      {"a status above 599", {{":status", "600"}}},
      {"a status that is no number", {{":status", "2x0"}}},
      {"a status with a sign", {{":status", "+20"}}},
      {"101", {{":status", "101"}}},
      {"a request's field", {{":status", "200"}, {":path", "/"}}},
      {"an unknown pseudo-header field", {{":status", "200"}, {":x", "a"}}},
      {"two lengths", {{":status", "200"}, {"content-length", "2"}, {"content-length", "2"}}},
      {"a length that is no number", {{":status", "200"}, {"content-length", "2,2"}}},
      {"a length with a sign", {{":status", "200"}, {"content-length", "+2"}}},
      {"a length beyond all", {{":status", "200"}, {"content-length", "99999999999999999999"}}},
      {"te", {{":status", "200"}, {"te", "gzip"}}},
  };
  for (const auto& [what, head] : heads) {
    CAPTURE(what);
    TestH2Client client;
    Asked& bad = client.ask();
    Asked& good = client.ask();
    client.reply(h2::headers(1, head, h2::kEndHeaders) + h2::data(1, "ok", h2::kEndStream) + ok(3));
    check_failed(bad);
    CHECK(bad.statuses.empty());
    CHECK(bad.body.empty());
    CHECK(client.frame(h2::kReset, 1)->code() == h2::kProtocolError);
    CHECK(good.complete);
    CHECK(client.is_open());
  }
}

TEST_CASE("B01 B02: a body that is not as long as was said fails its stream") {
  struct Case {
    std::string what;
    std::string method;
    std::string bytes;
  };
  const h2::FieldList five{{"content-length", "5"}};
  for (const Case& c : std::vector<Case>{
           {"less", "GET", response(1, five) + h2::data(1, "1234", h2::kEndStream)},
           {"more", "GET", response(1, five) + h2::data(1, "123456", h2::kEndStream)},
           {"more, later", "GET",
            response(1, five) + h2::data(1, "12345") + h2::data(1, "6", h2::kEndStream)},
           {"none", "GET", response(1, five, "200", kWhole)},
           {"none, then trailers", "GET", response(1, five) + h2::headers(1, {{"x", "y"}}, kWhole)},
           {"a body to HEAD", "HEAD", response(1, five) + h2::data(1, "12345", h2::kEndStream)},
           {"a body of 204", "GET", response(1, {}, "204") + h2::data(1, "1", h2::kEndStream)},
           {"a body of 304", "GET", response(1, five, "304") + h2::data(1, "12345", h2::kEndStream)},
           {"a length of 204", "GET", response(1, five, "204", kWhole)},
       }) {
    CAPTURE(c.what);
    TestH2Client client;
    Asked& bad = client.ask(c.method);
    Asked& good = client.ask();
    client.reply(c.bytes + ok(3));
    check_failed(bad);
    CHECK(bad.body.size() <= 5);
    CHECK(client.frame(h2::kReset, 1)->code() == h2::kProtocolError);
    CHECK(good.complete);
  }
}

TEST_CASE("B13 B14: trailers that are no trailers fail their stream") {
  for (const auto& [what, bytes] : std::vector<std::pair<std::string, std::string>>{
           {"without the end", h2::headers(1, {{"x", "y"}}, h2::kEndHeaders)},
           {"a second head", response(1, {}, "200", kWhole)},
           {"an interim head", response(1, {}, "103", kWhole)},
           {"upper case", h2::headers(1, {{"X", "y"}}, kWhole)},
           {"transfer-encoding", h2::headers(1, {{"transfer-encoding", "chunked"}}, kWhole)},
           {"far too much", h2::headers(1, {{"x", std::string(9'000, 'y')}}, kWhole)}}) {
    CAPTURE(what);
    TestH2Client client;
    Asked& bad = client.ask();
    client.reply(response(1) + h2::data(1, "body") + bytes);
    check_failed(bad);
    CHECK(bad.trailers.empty());
  }
}

TEST_CASE("interim heads: not without end, not with a body, and not as the end") {
  std::string many;
  for (int i = 0; i < 17; ++i) many += response(1, {}, "102");
  for (const std::string& bytes :
       {many, response(1, {}, "103", kWhole), response(1, {}, "103") + h2::data(1, "x", h2::kEndStream)}) {
    TestH2Client client;
    Asked& bad = client.ask();
    client.reply(bytes);
    check_failed(bad);
  }
}

TEST_CASE("DATA before any head fails its stream") {
  TestH2Client client;
  Asked& bad = client.ask();
  client.reply(h2::data(1, "x"));
  check_failed(bad);
  CHECK(bad.body.empty());
}

TEST_CASE(
    "N03 N04: a head over the limits fails its stream; one that decodes to far too much, its connection") {
  SUBCASE("too many bytes") {
    TestH2Client client;
    Asked& bad = client.ask();
    std::string block = h2::block({{":status", "200"}});
    for (int i = 0; i < 5; ++i) block += h2::block({{"x", std::string(15'000, 'y')}});
    client.reply(h2::frame(h2::kHeaders, h2::kEndStream, 1, block.substr(0, 16'000)) +
                 h2::frame(h2::kContinuation, 0, 1, block.substr(16'000, 16'000)) +
                 h2::frame(h2::kContinuation, 0, 1, block.substr(32'000, 16'000)) +
                 h2::frame(h2::kContinuation, 0, 1, block.substr(48'000, 16'000)) +
                 h2::frame(h2::kContinuation, h2::kEndHeaders, 1, block.substr(64'000)));
    check_failed(bad);
    CHECK(bad.failures[0].kind == ErrorKind::too_large);
    CHECK(client.is_open());
  }
  SUBCASE("too many fields") {
    TestH2Client client;
    Asked& bad = client.ask();
    std::string block = h2::block({{":status", "200"}});
    for (int i = 0; i < 300; ++i) block += h2::block({{"x", "y"}});
    client.reply(h2::frame(h2::kHeaders, kWhole, 1, block));
    check_failed(bad);
    CHECK(bad.failures[0].kind == ErrorKind::too_large);
  }
  SUBCASE("an HPACK bomb") {
    TestH2Client client;
    Asked& bad = client.ask();
    // One entry of 4,000 bytes, then a byte for each time it is meant.
    std::string block = h2::block({{":status", "200"}}) + std::string("\x40\x01x\x7f\xa1\x1e", 6) +
                        std::string(4'000, 'y') + std::string(10'000, '\xbe');
    client.reply(h2::frame(h2::kHeaders, kWhole, 1, block));
    check_failed(bad);
    CHECK(client.over);
    CHECK(client.frame(h2::kGoaway, 0)->code() == h2::kEnhanceYourCalm);
  }
  SUBCASE("CONTINUATION without end") {
    TestH2Client client;
    Asked& bad = client.ask();
    std::string bytes = h2::frame(h2::kHeaders, 0, 1, h2::block({{":status", "200"}}));
    for (int i = 0; i < 100; ++i) bytes += h2::frame(h2::kContinuation, 0, 1, h2::block({{"x", "y"}}));
    client.reply(bytes);
    check_failed(bad);
    CHECK(client.over);
    CHECK(client.frame(h2::kGoaway, 0)->code() == h2::kEnhanceYourCalm);
  }
}

TEST_CASE("N05: a field block that cannot be decoded ends the connection") {
  for (const std::string& block :
       {std::string("\xff\xff\xff\xff\xff\x7f", 6), std::string("\x80", 1), std::string("\x3f\xe2\x1f", 3),
        std::string("\x00\x85\xff\xff\xff\xff\xff", 7)}) {
    TestH2Client client;
    Asked& bad = client.ask();
    Asked& other = client.ask();
    client.reply(h2::frame(h2::kHeaders, kWhole, 1, block));
    check_failed(bad);
    check_failed(other);
    CHECK(client.over);
    CHECK(client.frame(h2::kGoaway, 0)->code() == h2::kCompressionError);
  }
}

TEST_CASE("N06 N07 N09 N10 N16 N18: frames that move nothing on are counted, and end the connection") {
  struct Flood {
    std::string what;
    std::string frame;
    std::string before = {};
  };
  for (const Flood& flood :
       std::vector<Flood>{{"PING", h2::ping()},
                          {"SETTINGS", h2::settings({{4, 65'535}})},
                          {"WINDOW_UPDATE", h2::window_update(1, 1)},
                          {"PRIORITY", h2::frame(h2::kPriority, 0, 3, std::string(5, '\0'))},
                          {"unknown", h2::frame(0x42, 0, 1, "x")},
                          {"resets of a stream that is gone", h2::reset(1)},
                          {"empty DATA", h2::data(1, ""), response(1)},
                          {"DATA of a byte", h2::data(1, "x"), response(1)},
                          {"heads of a stream that is gone", response(1), h2::reset(1)}}) {
    CAPTURE(flood.what);
    TestH2Client client;
    Asked& other = client.ask();
    client.ask();
    client.reply(flood.before);
    std::string many;
    for (int i = 0; i < 1000; ++i) many += flood.frame;
    for (int i = 0; i < 200 && !client.over; ++i) {
      client.wire.written.clear();
      client.reply(many);
    }
    CHECK(client.over);
    CHECK(other.failures.size() == 1);
  }
}

TEST_CASE("N15: SETTINGS that are illegal end the connection, extreme ones harm nobody") {
  constexpr std::uint32_t kMost = 0xffff'ffff;
  SUBCASE("illegal") {
    for (const auto& [id, value, code] : std::vector<std::tuple<std::uint16_t, std::uint32_t, std::uint32_t>>{
             {2, 1, h2::kProtocolError},  // ENABLE_PUSH by a server
             {2, 2, h2::kProtocolError},
             {4, kMost, h2::kFlowControlError},  // INITIAL_WINDOW_SIZE
             {4, 0x8000'0000, h2::kFlowControlError},
             {5, 0, h2::kProtocolError},  // MAX_FRAME_SIZE
             {5, 16'383, h2::kProtocolError},
             {5, 0x100'0000, h2::kProtocolError},
             {8, 2, h2::kProtocolError}}) {
      CAPTURE(id);
      CAPTURE(value);
      TestH2Client client;
      Asked& bad = client.ask();
      client.reply(h2::settings({{id, value}}) + ok(1));
      check_failed(bad);
      CHECK(client.over);
      CHECK(client.frame(h2::kGoaway, 0)->code() == code);
    }
  }
  SUBCASE("extreme") {
    for (const auto& [id, value] : std::vector<std::pair<std::uint16_t, std::uint32_t>>{{1, 0},
                                                                                        {1, kMost},
                                                                                        {3, kMost},
                                                                                        {4, 0},
                                                                                        {4, 0x7fff'ffff},
                                                                                        {5, 0xff'ffff},
                                                                                        {6, 0},
                                                                                        {6, kMost},
                                                                                        {0x99, kMost}}) {
      CAPTURE(id);
      CAPTURE(value);
      TestH2Client client({{id, value}});
      Asked& asked = client.ask("POST", BodyLength::known(100'000));
      asked.stream->send_body(std::string(100'000, 'x'));
      client.turn();
      for (const h2::Frame& frame : client.frames()) CHECK(frame.payload.size() <= 16'384);
      client.reply(ok(1));
      CHECK(asked.complete);
    }
  }
  SUBCASE("malformed") {
    for (const std::string& bytes :
         {h2::frame(h2::kSettings, 0, 0, "12345"), h2::frame(h2::kSettings, 0, 1, ""),
          h2::frame(h2::kSettings, h2::kAck, 0, "123456")}) {
      TestH2Client client;
      Asked& bad = client.ask();
      client.reply(bytes);
      check_failed(bad);
      CHECK(client.over);
    }
  }
}

TEST_CASE("N12: windows that overflow fail the stream, or the connection if they are its own") {
  TestH2Client client;
  Asked& bad = client.ask("POST", BodyLength::unknown());
  Asked& other = client.ask();
  client.reply(h2::window_update(1, 0x7fff'ffff));
  check_failed(bad);
  CHECK(client.frame(h2::kReset, 1)->code() == h2::kFlowControlError);
  client.reply(h2::window_update(0, 0x7fff'ffff));
  check_failed(other);
  CHECK(client.frame(h2::kGoaway, 0)->code() == h2::kFlowControlError);
}

TEST_CASE("a push ends the connection, whenever it comes") {
  for (const bool acknowledged : {false, true}) {
    TestH2Client client(std::string_view{});
    client.reply(h2::settings() + (acknowledged ? h2::frame(h2::kSettings, h2::kAck, 0, "") : ""));
    Asked& bad = client.ask();
    client.reply(h2::frame(h2::kPushPromise, h2::kEndHeaders, 1, h2::number(2) + h2::get_block("/pushed")));
    check_failed(bad);
    CHECK(client.over);
    CHECK(client.frame(h2::kGoaway, 0)->code() == h2::kProtocolError);
  }
}

TEST_CASE("frames that no origin may send end the connection") {
  for (const auto& [what, bytes] : std::vector<std::pair<std::string, std::string>>{
           {"a head on stream 0", response(0)},
           {"a head on a stream of its own", response(2)},
           {"a head on a stream that we never opened", response(99)},
           {"DATA on stream 0", h2::data(0, "x")},
           {"DATA on a stream that we never opened", h2::data(99, "x")},
           {"RST_STREAM on a stream that we never opened", h2::reset(99)},
           {"PING of seven bytes", h2::frame(h2::kPing, 0, 0, "1234567")},
           {"a frame over 16 KiB", h2::frame(h2::kData, 0, 1, std::string(16'385, 'x'))},
           {"CONTINUATION without HEADERS", h2::frame(h2::kContinuation, h2::kEndHeaders, 1, "")},
           {"another frame within a field block", h2::frame(h2::kHeaders, 0, 1, "") + h2::ping()},
           {"padding longer than its frame", h2::frame(h2::kData, h2::kPadded, 1, std::string("\x05xy"))},
           {"HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}}) {
    CAPTURE(what);
    TestH2Client client;
    Asked& bad = client.ask();
    client.reply(bytes);
    check_failed(bad);
    CHECK(client.over);
  }
}

TEST_CASE("bytes behind the end of an answer reach nobody") {
  TestH2Client client;
  Asked& asked = client.ask();
  client.reply(ok(1) + h2::data(1, "more", h2::kEndStream) + response(1, {{"x", "y"}}, "200", kWhole));
  CHECK(asked.complete);
  CHECK(asked.body == "ok");
  CHECK(asked.trailers.empty());
}

}  // namespace
}  // namespace core
