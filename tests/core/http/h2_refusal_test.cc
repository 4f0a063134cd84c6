// What a client must not send (RFC 9113): a stream error or a connection error exactly as the RFC says, no
// request told, and everybody else served.
#include "tests/core/http/support/test_h2_server.h"

#include <doctest/doctest.h>

#include <string>

namespace core {
namespace {

using h2::data;
using h2::get;
using h2::kData;
using h2::kEndHeaders;
using h2::kEndStream;
using h2::kGoaway;
using h2::kHeaders;
using h2::kReset;
using h2::post;

void keep(Seen&) {}

const h2::FieldList kUsual = {
    {":method", "POST"}, {":scheme", "https"}, {":authority", "a.test"}, {":path", "/"}};

h2::FieldList usual(const h2::FieldList& more) {
  h2::FieldList fields = kUsual;
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

/// Sends `bytes` and expects stream 1 to be reset with PROTOCOL_ERROR, and stream 3 to be served.
void check_reset(std::string_view bytes, std::size_t piece, std::size_t requests) {
  TestH2Server server;
  server.on_new = [](Seen& seen) {
    if (seen.target == "/next") return seen.answer(200, "ok");
    seen.stream->receive_body(true);
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    server.send(bytes.substr(0, piece));
  REQUIRE(server.frame(kReset, 1).has_value());
  CHECK(server.frame(kReset, 1)->code() == h2::kProtocolError);
  // What is known to be malformed in the read that brings it is refused before a handler hears of it.
  CHECK(server.seen.size() <= requests);
  CHECK(server.refused.size() == 1 - server.seen.size());
  for (const auto& seen : server.seen) {
    CHECK_FALSE(seen->aborted.empty());
    CHECK_FALSE(seen->ended);
  }
  server.send(get(3, "/next"));
  CHECK(server.frame(kData, 3)->payload == "ok");
}

/// The same, in one piece and byte by byte.
void check_stream_error(const std::string& bytes, const char* why, std::size_t requests) {
  CAPTURE(why);
  check_reset(bytes, bytes.size(), requests);
  check_reset(bytes, 1, requests);
}

TEST_CASE("a malformed request is reset, told to the log, and never to a handler") {
  const std::vector<std::pair<h2::FieldList, const char*>> rows = {
      {{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}}, "no authority"},
      {{{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}}, "no path"},
      {{{":method", "GET"}, {":path", "/"}, {":authority", "a"}}, "no scheme"},
      {{{":scheme", "https"}, {":path", "/"}, {":authority", "a"}}, "no method"},
      {usual({{":path", "/x"}}), "a pseudo-header field twice"},
      {usual({{":status", "200"}}), "a pseudo-header field of responses"},
      {usual({{":unknown", "x"}}), "an unknown one"},
      {usual({{"x", "y"}, {":method", "GET"}}), "one behind a field"},
      {usual({{"X-Upper", "y"}}), "upper case"},
      {usual({{"connection", "close"}}), "connection"},
      {usual({{"transfer-encoding", "chunked"}}), "transfer-encoding"},
      {usual({{"upgrade", "h2c"}}), "upgrade"},
      {usual({{"te", "gzip"}}), "te"},
      {usual({{"x", "a\r\nb: c"}}), "CR LF in a value"},
      {usual({{"x", std::string("a\0b", 3)}}), "NUL in a value"},
      {usual({{"x y", "z"}}), "a blank in a name"},
      {usual({{"x:y", "z"}}), "a colon in a name"},
      {usual({{"", "z"}}), "an empty name"},
      {usual({{"x", " y"}}), "a blank in front of a value"},
      {usual({{"x", "y "}}), "a blank behind a value"},
      {usual({{"host", "b.test"}}), "another Host"},
      {usual({{"content-length", "5"}, {"content-length", "6"}}), "two lengths"},
      {usual({{"content-length", "x"}}), "no length"},
      {usual({{":protocol", "websocket"}}), "extended CONNECT that was not offered"},
      {{{":method", "POST"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}}, "http"},
      {{{":method", "POST"}, {":scheme", "https"}, {":authority", "a"}, {":path", "x"}}, "no slash"},
  };
  for (const auto& [fields, why] : rows) {
    check_stream_error(h2::headers(1, fields, kEndStream | kEndHeaders), why, 0);
    // Sound trailers in the same read must not make it look sound.
    check_stream_error(h2::headers(1, fields, kEndHeaders) + data(1, "x") +
                           h2::headers(1, {{"x", "y"}}, kEndStream | kEndHeaders),
                       why, 0);
  }
  check_stream_error(h2::headers(1, usual({{"content-length", "40"}}), kEndStream | kEndHeaders),
                     "B01: a length and no body", 0);
}

TEST_CASE("B02 N02: DATA that is not the content-length resets the stream, and the handler hears of it") {
  check_stream_error(post(1, {{"content-length", "5"}}) + data(1, "hell", kEndStream), "one less", 1);
  check_stream_error(post(1, {{"content-length", "5"}}) + data(1, "hello!", kEndStream), "one more", 1);
  check_stream_error(post(1, {{"content-length", "5"}}) + data(1, "hello!"), "one more, no end", 1);
  check_stream_error(post(1, {{"content-length", "5"}}) + data(1, "", kEndStream), "none", 1);
  check_stream_error(post(1, {{"content-length", "5"}}) + data(1, "abc") +
                         h2::headers(1, {{"x", "y"}}, kEndStream | kEndHeaders),
                     "trailers before the end", 1);
}

TEST_CASE("B02: bytes over the declared length never reach a handler") {
  TestH2Server server;
  server.on_new = [](Seen& seen) { seen.stream->receive_body(true); };
  server.send(post(1, {{"content-length", "5"}}) + data(1, "abc") + data(1, "defghi"));
  CHECK(server.last().body == "abc");
}

TEST_CASE("B06 B13 A19: trailers end the stream, are no pseudo-header fields, and are well-formed") {
  const auto trailers = [](const h2::FieldList& fields, std::uint8_t flags = kEndStream | kEndHeaders) {
    return post(1) + data(1, "x") + h2::headers(1, fields, flags);
  };
  check_stream_error(trailers({{"x", "y"}}, kEndHeaders), "no end", 1);
  check_stream_error(trailers({{":path", "/"}}), "a pseudo-header field", 1);
  check_stream_error(trailers({{"transfer-encoding", "chunked"}}), "B03: framing", 1);
  check_stream_error(trailers({{"x", "a\nb"}}), "a line feed", 1);
  check_stream_error(trailers({{"x", std::string(9000, 'v')}}), "too large", 1);
}

TEST_CASE("what is well-formed and refused is answered, as in HTTP/1.1") {
  struct Row {
    h2::FieldList fields;
    int status;
  };
  const std::vector<Row> rows = {
      {usual({{"x", std::string(33'000, 'v')}}), 431},
      {usual(h2::FieldList(200, {"x", "y"})), 431},
      {usual(h2::FieldList(300, {"cookie", "a"})), 431},
      {usual({{"expect", "the unexpected"}}), 417},
      {{{":method", "GET"},
        {":scheme", "https"},
        {":authority", "a"},
        {":path", "/" + std::string(9000, 'a')}},
       414},
      {{{":method", "CONNECT"}, {":authority", "a:443"}}, 501},
      {{{":method", std::string(40, 'A')}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}}, 501},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    TestH2Server server;
    const std::string block = h2::block(row.fields);
    std::string bytes = h2::frame(kHeaders, kEndStream, 1, block.substr(0, 16'000));
    for (std::size_t from = 16'000; from < block.size(); from += 16'000) {
      bytes += h2::frame(h2::kContinuation, 0, 1, block.substr(from, 16'000));
    }
    server.send(bytes + h2::frame(h2::kContinuation, kEndHeaders, 1, ""));
    REQUIRE(server.frame(kHeaders, 1).has_value());
    CHECK(server.frame(kHeaders, 1)->fields.starts_with(":status=" + std::to_string(row.status)));
    CHECK(server.refused == std::vector<int>{row.status});
    CHECK(server.seen.empty());
    server.send(get(3));
    CHECK(server.frame(kData, 3)->payload == "ok");
  }
}

TEST_CASE("connection errors end everything with the code of RFC 9113") {
  struct Row {
    std::string bytes;
    std::uint32_t code;
    const char* why;
  };
  const std::string block = h2::get_block();
  const std::vector<Row> rows = {
      {h2::frame(kData, 0, 0, "x"), h2::kProtocolError, "DATA on stream 0"},
      {data(5, "x"), h2::kProtocolError, "DATA on an idle stream"},
      {h2::frame(kHeaders, 5, 0, block), h2::kProtocolError, "HEADERS on stream 0"},
      {h2::frame(kHeaders, 5, 2, block), h2::kProtocolError, "an even stream"},
      {h2::frame(kHeaders, 0, 1, block) + h2::ping(), h2::kProtocolError, "a frame inside a field block"},
      {h2::frame(kHeaders, 0, 1, block) + h2::frame(h2::kContinuation, 4, 3, ""), h2::kProtocolError,
       "CONTINUATION of another stream"},
      {h2::frame(h2::kContinuation, 4, 1, block), h2::kProtocolError, "CONTINUATION alone"},
      {h2::frame(kHeaders, 5, 1, "\xff\xff\xff\xff\xff\xff\xff"), h2::kCompressionError, "no HPACK"},
      {h2::frame(kHeaders, 5, 1, "\xbe"), h2::kCompressionError, "an index that is not there"},
      {h2::frame(kHeaders, 5, 1, block + "\x20"), h2::kCompressionError, "a table size behind fields"},
      {h2::frame(kHeaders, 5, 1, "\x3f\xe2\x1f" + block), h2::kCompressionError, "a table over our limit"},
      {h2::frame(kHeaders, 0x0d, 1, "\x40x"), h2::kProtocolError, "padding longer than the frame"},
      {h2::frame(h2::kSettings, 0, 1, ""), h2::kProtocolError, "SETTINGS on a stream"},
      {h2::frame(h2::kSettings, 0, 0, "abc"), h2::kFrameSizeError, "SETTINGS of three bytes"},
      {h2::frame(h2::kSettings, 1, 0, "abcdef"), h2::kFrameSizeError, "an acknowledgement with a payload"},
      {h2::frame(h2::kSettings, 1, 0, ""), h2::kProtocolError, "an acknowledgement of nothing"},
      {h2::settings({{2, 2}}), h2::kProtocolError, "ENABLE_PUSH of 2"},
      {h2::settings({{4, 0x80000000}}), h2::kFlowControlError, "a window over 2^31-1"},
      {h2::settings({{5, 100}}), h2::kProtocolError, "MAX_FRAME_SIZE too small"},
      {h2::settings({{5, 0x1000000}}), h2::kProtocolError, "MAX_FRAME_SIZE too large"},
      {h2::frame(h2::kPing, 0, 0, "short"), h2::kFrameSizeError, "PING of five bytes"},
      {h2::frame(h2::kPing, 0, 1, "12345678"), h2::kProtocolError, "PING on a stream"},
      {h2::frame(h2::kGoaway, 0, 1, std::string(8, '\0')), h2::kProtocolError, "GOAWAY on a stream"},
      {h2::frame(kReset, 0, 0, h2::number(8)), h2::kProtocolError, "RST_STREAM on stream 0"},
      {h2::reset(7), h2::kProtocolError, "RST_STREAM on an idle stream"},
      {get(1) + h2::frame(kReset, 0, 1, "abc"), h2::kFrameSizeError, "RST_STREAM of three bytes"},
      {h2::frame(h2::kWindowUpdate, 0, 0, "abc"), h2::kFrameSizeError, "WINDOW_UPDATE of three bytes"},
      {h2::window_update(0, 0), h2::kProtocolError, "WINDOW_UPDATE by 0"},
      {h2::window_update(9, 1), h2::kProtocolError, "WINDOW_UPDATE on an idle stream"},
      {h2::window_update(0, 0x7fffffff), h2::kFlowControlError, "a window over 2^31-1 by WINDOW_UPDATE"},
      {h2::frame(h2::kPushPromise, 4, 1, h2::number(2) + block), h2::kProtocolError, "PUSH_PROMISE"},
      {h2::frame(h2::kPriorityUpdate, 0, 3, h2::number(1) + "u=1"), h2::kProtocolError,
       "PRIORITY_UPDATE on a stream"},
      {h2::frame(kHeaders, 5, 1, std::string(16'385, '\0')), h2::kFrameSizeError, "a frame over 16 KiB"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    TestH2Server server;
    server.on_new = keep;
    server.send(row.bytes + get(51) + h2::ping());
    REQUIRE(server.frame(kGoaway, 0).has_value());
    CHECK(server.frame(kGoaway, 0)->code() == row.code);
    CHECK(server.wire.is_ended);
    for (const auto& seen : server.seen) CHECK_FALSE(seen->aborted.empty());
    CHECK(server.refused == std::vector<int>{400});
    CHECK(server.reason.starts_with("HTTP/2: "));
    server.client_ends();
    CHECK(server.over);
  }
}

TEST_CASE("frames on streams that are closed are an error or dropped, and reach nobody") {
  TestH2Server half;
  half.on_new = keep;
  half.send(get(1));
  half.send(data(1, "x"));  // it has ended its side
  CHECK((half.ended_with(h2::kStreamClosed) || half.frame(kReset, 1).has_value()));
  CHECK_FALSE(half.last().aborted.empty());

  TestH2Server closed;
  closed.send(get(1));
  closed.frames();
  closed.send(get(1));  // RFC 9113 section 5.1: closed
  CHECK(closed.seen.size() == 1);
  for (int i = 0; i < 200; ++i) closed.send(get(1));
  CHECK(closed.ended_with(h2::kEnhanceYourCalm, "streams that are closed"));

  TestH2Server passed_over;
  passed_over.send(get(5) + get(9));
  passed_over.send(get(7));  // section 5.1.1
  CHECK(passed_over.seen.size() == 2);
  CHECK(passed_over.ended_with(h2::kProtocolError, "passed over"));

  TestH2Server many;
  for (std::uint32_t id = 1; id < 200; id += 4) many.send(get(id));
  many.send(get(195));
  CHECK(many.ended_with(h2::kProtocolError, "passed over"));

  TestH2Server late;
  late.send(get(1));
  late.send(h2::window_update(1, 10) + h2::reset(1) + h2::frame(h2::kPriority, 0, 1, std::string(5, '\0')));
  late.send(get(3));
  CHECK(late.frame(kData, 3)->payload == "ok");
}

TEST_CASE("N12: a window of one stream over 2^31-1 is that stream's error") {
  TestH2Server server;
  server.on_new = keep;
  server.send(get(1) + get(3));
  server.send(h2::window_update(1, 0x7fffffff));
  CHECK(server.frame(kReset, 1)->code() == h2::kFlowControlError);
  CHECK_FALSE(server.seen[0]->aborted.empty());
  CHECK(server.seen[1]->aborted.empty());
}

TEST_CASE("priority frames of no stream are a PROTOCOL_ERROR") {
  for (const std::string& frame : {h2::frame(h2::kPriority, 0, 0, std::string(5, '\0')),
                                   h2::frame(h2::kPriorityUpdate, 0, 0, h2::number(0) + "u=1")}) {
    TestH2Server server;
    server.send(frame);
    CHECK(server.ended_with(h2::kProtocolError, "of no stream"));
  }
}

TEST_CASE("N12: a SETTINGS that lifts a stream's window over 2^31-1 is a FLOW_CONTROL_ERROR") {
  TestH2Server server;
  server.on_new = keep;
  server.send(get(1) + h2::window_update(1, 0x7fffffff - 65'535));
  CHECK_FALSE(server.frame(kReset, 1).has_value());
  server.send(h2::settings({{4, 65'536}}));
  CHECK(server.ended_with(h2::kFlowControlError));
  CHECK_FALSE(server.last().aborted.empty());
}

TEST_CASE("N16: unknown frames, settings and flags are ignored") {
  TestH2Server server;
  server.send(h2::frame(0x0a, 0xff, 0, "origin") + h2::frame(0x21, 7, 99, std::string(3000, 'x')) +
              h2::settings({{0x1a1a, 7}, {8, 1}}) + h2::frame(kHeaders, 0x85, 1, h2::get_block()));
  CHECK(server.frame(kData, 1)->payload == "ok");
}

TEST_CASE("N21 O01: a preface that is wrong, late, or never comes ends the connection") {
  const std::vector<std::string> beginnings = {
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX",
      std::string(h2::kPreface) + h2::ping(), std::string(h2::kPreface) + get(1)};
  for (const std::string& beginning : beginnings) {
    CAPTURE(beginning);
    TestH2Server server{std::string_view(beginning)};
    CHECK(server.wire.is_ended);
    CHECK(server.seen.empty());
  }
  for (const std::string_view begun : {std::string_view(), h2::kPreface.substr(0, 10), h2::kPreface}) {
    TestH2Server server(begun);
    server.pass(server.limits.header_time - Duration(1));
    CHECK_FALSE(server.wire.is_ended);
    server.pass(Duration(1));
    CHECK(server.wire.is_ended);
    CHECK(server.reason == "HTTP/2: no preface in time");
  }
}

TEST_CASE("N11: a client that does not acknowledge SETTINGS is bound by them all the same, and let go") {
  TestH2Server server{std::string_view()};
  server.on_new = keep;
  std::string bytes = std::string(h2::kPreface) + h2::settings();
  for (std::uint32_t id = 1; id < 400; id += 2) bytes += get(id);
  server.send(bytes);
  CHECK(server.seen.size() == 100);
  server.turn();
  CHECK(server.wire.written.size() > 0);
  server.pass(std::chrono::seconds(10));
  CHECK(server.reason == "HTTP/2: SETTINGS not acknowledged in time");
  CHECK(server.running() == 0);
}

TEST_CASE("O01: a field block that is begun must end in time") {
  TestH2Server server;
  server.on_new = keep;
  server.send(get(1));
  server.send(h2::frame(kHeaders, kEndStream, 3, h2::get_block()));
  server.pass(server.limits.header_time / 2);
  server.send(h2::frame(h2::kContinuation, 0, 3, h2::block({{"x", "y"}})));
  CHECK_FALSE(server.wire.is_ended);
  server.pass(server.limits.header_time / 2);
  CHECK(server.ended_with(h2::kEnhanceYourCalm, "too slowly"));
  CHECK_FALSE(server.seen[0]->aborted.empty());
}

}  // namespace
}  // namespace core
