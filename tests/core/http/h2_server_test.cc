// An HTTP/2 server session from its client's side of the wire: requests, answers, bodies, ends.
#include "tests/core/http/support/test_h2_server.h"

#include <doctest/doctest.h>

#include <string>

namespace core {
namespace {

using h2::data;
using h2::get;
using h2::kData;
using h2::kEndStream;
using h2::kGoaway;
using h2::kHeaders;
using h2::kReset;
using h2::kWindowUpdate;
using h2::post;

/// Keeps the request open until the test answers.
void keep(Seen&) {}

std::string all_fields(const Fields& fields) {
  std::string text;
  for (const Field& field : fields) text.append(field.name).append("=").append(field.value).append(";");
  return text;
}

TEST_CASE("the first frame is SETTINGS with our limits, and the client's are acknowledged") {
  TestH2Server server;
  server.send(h2::settings({{4, 100}}));
  const auto frames = server.frames();
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].type == h2::kSettings);
  CHECK(frames[0].flags == h2::kAck);
}

TEST_CASE("a request costs one read and one write, and is answered in HEADERS and one DATA") {
  TestH2Server server;
  for (std::uint32_t id = 1; id < 9; id += 2) {
    server.wire.reads = server.wire.writes = 0;
    server.send(get(id, "/a?b"));
    CHECK(server.wire.reads == 1);
    CHECK(server.wire.writes == 1);
    const auto frames = server.frames();
    REQUIRE(frames.size() == 2);
    CHECK(frames[0].fields == ":status=200;x-test=1;date=Fri, 15 Jan 2027 08:00:00 GMT;content-length=2;");
    CHECK(frames[1].payload == "ok");
    CHECK(frames[1].ends_stream());
    CHECK(server.last().target == "/a?b");
  }
}

TEST_CASE("a request looks as it would in HTTP/1.1, Host first and cookie crumbs joined") {
  TestH2Server server;
  std::string fields;
  server.on_new = [&](Seen& seen) {
    CHECK(seen.head->host == "a.test");
    CHECK(seen.head->version == HttpVersion::http2);
    CHECK(seen.head->body.kind == BodyLength::Kind::none);
    fields = all_fields(seen.head->fields);
    seen.answer(200, "ok");
  };
  server.send(get(1, "/", {{"user-agent", "x"}, {"cookie", "a=b"}, {"accept", ""}, {"cookie", "c=d"}}));
  CHECK(fields == "host=a.test;user-agent=x;cookie=a=b; c=d;accept=;");
}

TEST_CASE("requests run side by side and are answered in any order") {
  TestH2Server server;
  server.on_new = keep;
  server.send(get(1, "/1") + get(3, "/3") + get(5, "/5"));
  REQUIRE(server.seen.size() == 3);
  server.seen[2]->answer(200, "5");
  server.seen[0]->answer(200, "1");
  server.turn();
  CHECK(server.frame(kData, 5)->payload == "5");
  CHECK(server.frame(kData, 1)->payload == "1");
  CHECK_FALSE(server.frame(kHeaders, 3).has_value());
  server.seen[1]->answer(404, "");
  server.turn();
  CHECK(server.frame(kHeaders, 3)->fields.starts_with(":status=404;"));
}

TEST_CASE("a body is delivered when it is asked for, and its end after it") {
  TestH2Server server;
  server.on_new = keep;
  server.send(post(1, {{"content-length", "5"}}) + data(1, "hel"));
  Seen& seen = server.last();
  CHECK(seen.head->body.kind == BodyLength::Kind::known);
  CHECK(seen.head->body.bytes == 5);
  CHECK(seen.body.empty());
  seen.stream->receive_body(true);
  CHECK(seen.body.empty());  // never inside the call
  server.turn();
  CHECK(seen.body == "hel");
  CHECK_FALSE(seen.ended);
  server.send(data(1, "lo", kEndStream));
  CHECK(seen.body == "hello");
  CHECK(seen.ended);
}

TEST_CASE("a request without a body has an end too, once it is asked for") {
  TestH2Server server;
  server.on_new = [](Seen& seen) { seen.stream->receive_body(true); };
  server.send(get(1));
  CHECK(server.last().ended);
  CHECK(server.last().body.empty());
}

TEST_CASE("trailers pass both ways, apart from the fields, forbidden ones left out") {
  TestH2Server server;
  server.on_new = [](Seen& seen) { seen.stream->receive_body(true); };
  server.send(post(1) + data(1, "x") +
              h2::headers(1, {{"x-sum", "1"}, {"cookie", "a=b"}}, kEndStream | h2::kEndHeaders));
  Seen& seen = server.last();
  CHECK(seen.trailers == "x-sum=1;");
  seen.stream->send_head(200, Fields(), BodyLength::unknown());
  seen.stream->send_body("abc");
  Fields trailers;
  trailers.add("X-Sum", "2");
  trailers.add(FieldId::set_cookie, "a=b");
  seen.stream->send_end(trailers);
  server.turn();
  const auto frames = server.frames();
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].fields.find("content-length") == std::string::npos);
  CHECK(frames[1].payload == "abc");
  CHECK_FALSE(frames[1].ends_stream());
  CHECK(frames[2].fields == "x-sum=2;");
  CHECK(frames[2].ends_stream());
}

TEST_CASE("trailers of an answer without a byte of body end it alone") {
  TestH2Server server;
  server.on_new = [](Seen& seen) {
    seen.stream->send_head(200, Fields(), BodyLength::unknown());
    Fields trailers;
    trailers.add("grpc-status", "12");
    seen.stream->send_end(trailers);
  };
  server.send(get(1));
  const auto frames = server.frames();
  REQUIRE(frames.size() == 2);
  CHECK(frames[1].fields == "grpc-status=12;");
  CHECK(frames[1].ends_stream());
}

TEST_CASE("interim answers come before the final one") {
  TestH2Server server;
  server.on_new = [](Seen& seen) {
    Fields link;
    link.add("Link", "</a.css>; rel=preload");
    seen.stream->send_head(103, link, BodyLength::none());
    seen.answer(200, "ok");
  };
  server.send(get(1));
  const auto frames = server.frames();
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].fields == ":status=103;link=</a.css>; rel=preload;");
  CHECK_FALSE(frames[0].ends_stream());
  CHECK(frames[1].fields.starts_with(":status=200;"));
}

TEST_CASE("100 (Continue) is sent when the body is asked for and has not come by itself") {
  TestH2Server server;
  server.on_new = keep;
  server.send(post(1, {{"expect", "100-continue"}}));
  CHECK(server.frames().empty());
  server.last().stream->receive_body(true);
  server.turn();
  CHECK(server.frame(kHeaders, 1)->fields == ":status=100;");
  server.frames();
  server.send(post(3, {{"expect", "100-continue"}}) + data(3, "x"));
  server.last().stream->receive_body(true);
  server.turn();
  CHECK_FALSE(server.frame(kHeaders, 3).has_value());
}

TEST_CASE("what has no body ends with its HEADERS, and says its length as HTTP/1.1 would") {
  struct Row {
    const char* method;
    int status;
    BodyLength length;
    const char* expected;  // the length field
  };
  const std::vector<Row> rows = {
      {"HEAD", 200, BodyLength::known(7), "content-length=7;"},
      {"HEAD", 200, BodyLength::unknown(), ""},
      {"GET", 204, BodyLength::none(), ""},
      {"GET", 304, BodyLength::known(9), "content-length=9;"},
      {"GET", 304, BodyLength::none(), ""},
      {"GET", 200, BodyLength::none(), "content-length=0;"},
      {"GET", 200, BodyLength::known(0), "content-length=0;"},
      {"GET", 205, BodyLength::known(0), "content-length=0;"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.method);
    CAPTURE(row.status);
    TestH2Server server;
    server.on_new = [&row](Seen& seen) {
      seen.stream->send_head(row.status, Fields(), row.length);
      seen.stream->send_end(Fields());
    };
    server.send(h2::headers(
        1, {{":method", row.method}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}}, 5));
    const auto frames = server.frames();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].ends_stream());
    CHECK(frames[0].fields ==
          ":status=" + std::to_string(row.status) + ";date=Fri, 15 Jan 2027 08:00:00 GMT;" + row.expected);
  }
}

TEST_CASE("fields of one connection, malformed ones and lengths of a handler are not sent") {
  TestH2Server server;
  server.on_new = [](Seen& seen) {
    Fields fields;
    fields.add("Connection", "x");
    fields.add("Transfer-Encoding", "chunked");
    fields.add("Keep-Alive", "1");
    fields.add("Upgrade", "h2c");
    fields.add("Proxy-Connection", "x");
    fields.add("Content-Length", "99");
    fields.add("X-Split", "a\r\nb: c");
    fields.add("X Y", "z");
    fields.add("X-Good", "1");
    seen.stream->send_head(200, fields, BodyLength::known(0));
    seen.stream->send_end(Fields());
  };
  server.send(get(1));
  CHECK(server.frame(kHeaders, 1)->fields ==
        ":status=200;x-good=1;date=Fri, 15 Jan 2027 08:00:00 GMT;content-length=0;");
}

TEST_CASE("fields as large as an origin may send them pass, larger ones reset the stream") {
  const std::vector<std::pair<std::size_t, const char*>> rows = {
      {60'000, "/whole"}, {500'000, "/whole"}, {500'000, "/begun"}};
  for (const auto& [size, target] : rows) {
    CAPTURE(size);
    TestH2Server server;
    const std::string value(size, 'v');
    server.on_new = [&value](Seen& seen) {
      Fields fields;
      fields.add("X-Large", value);
      seen.stream->send_head(200, fields, BodyLength::unknown());
      seen.stream->send_body("ok");
      if (seen.target == "/whole") seen.stream->send_end(Fields());
    };
    server.send(get(1, target));
    const auto frames = server.frames();
    REQUIRE_FALSE(frames.empty());
    CHECK(frames[0].type == (size < 100'000 ? kHeaders : kReset));
    server.on_new = [](Seen& seen) { seen.answer(200, "ok"); };
    server.send(get(3));
    CHECK(server.frame(kData, 3)->payload == "ok");
  }
}

TEST_CASE("an answer before the end of the request is followed by RST_STREAM without error") {
  TestH2Server server;
  server.send(post(1) + data(1, "abc"));
  CHECK(server.frame(kData, 1)->payload == "ok");
  REQUIRE(server.frame(kReset, 1).has_value());
  CHECK(server.frame(kReset, 1)->code() == h2::kNoError);
  server.send(data(1, "more") + get(3));  // under way already
  CHECK(server.frame(kData, 3)->payload == "ok");
  CHECK(server.refused.empty());
}

TEST_CASE("a known length that is not sent in full resets the stream, and so does an abort") {
  TestH2Server server;
  server.on_new = [](Seen& seen) {
    seen.stream->send_head(200, Fields(), BodyLength::known(5));
    seen.stream->send_body("abc");
    seen.stream->send_end(Fields());
  };
  server.send(get(1));
  CHECK(server.frame(kReset, 1).has_value());
  server.on_new = keep;
  server.send(get(3));
  server.last().stream->abort();
  server.turn();
  CHECK(server.frame(kReset, 3).has_value());
  CHECK(server.last().aborted.empty());  // who gives up is not told of it
  server.on_new = [](Seen& seen) { seen.answer(200, "ok"); };
  server.send(get(5));
  CHECK(server.frame(kData, 5)->payload == "ok");
}

TEST_CASE("a client that resets a stream ends its handler and no other") {
  TestH2Server server;
  server.on_new = keep;
  server.send(get(1) + get(3));
  server.send(h2::reset(1));
  CHECK(server.seen[0]->aborted == "the client reset the stream");
  CHECK(server.seen[1]->aborted.empty());
  server.seen[1]->answer(200, "3");
  server.turn();
  CHECK_FALSE(server.frame(kHeaders, 1).has_value());
  CHECK(server.frame(kData, 3)->payload == "3");
}

TEST_CASE(
    "N01: a request that is reset in the read that brings it is told to nobody, and leaves nothing behind") {
  TestH2Server server;
  server.on_new = keep;
  server.send(get(1) + h2::reset(1) + post(3) + data(3, "body", kEndStream) + h2::reset(3) + get(5, "/last"));
  REQUIRE(server.seen.size() == 1);
  CHECK(server.last().target == "/last");
  CHECK(server.last().aborted.empty());
}

TEST_CASE("a client that goes away aborts every request and the session ends") {
  TestH2Server server;
  server.on_new = keep;
  server.send(get(1) + get(3));
  server.client_ends();
  CHECK(server.over);
  CHECK_FALSE(server.seen[0]->aborted.empty());
  CHECK_FALSE(server.seen[1]->aborted.empty());
}

TEST_CASE("requests are the same however their bytes are cut") {
  const std::string bytes = post(1, {{"content-length", "5"}, {"cookie", "a=b"}}) + data(1, "hel") +
                            h2::ping() + data(1, "lo", kEndStream) + get(3, "/x");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    CAPTURE(cut);
    TestH2Server server;
    server.on_new = [](Seen& seen) { seen.stream->receive_body(true); };
    server.send(std::string_view(bytes).substr(0, cut));
    server.send(std::string_view(bytes).substr(cut));
    REQUIRE(server.seen.size() == 2);
    CHECK(server.seen[0]->body == "hello");
    CHECK(server.seen[0]->ended);
    CHECK(server.seen[1]->target == "/x");
  }
}

TEST_CASE("a drain announces the end, serves what is under way and what was sent before, and ends") {
  TestH2Server server;
  server.on_new = keep;
  server.send(get(1));
  server.session->drain();
  server.turn();
  CHECK(server.frame(kGoaway, 0)->payload.substr(0, 4) == h2::number(0x7fffffff));
  REQUIRE(server.frame(h2::kPing, 0).has_value());
  server.frames();
  server.send(get(3));  // under way when the notice came
  CHECK(server.seen.size() == 2);
  server.send(h2::frame(h2::kPing, h2::kAck, 0, std::string(8, '\0')));
  CHECK(server.frame(kGoaway, 0)->payload.substr(0, 4) == h2::number(3));
  CHECK(server.frame(kGoaway, 0)->code() == h2::kNoError);
  server.send(get(5));
  CHECK(server.seen.size() == 2);
  server.seen[0]->answer(200, "1");
  server.turn();
  CHECK_FALSE(server.wire.is_ended);
  server.seen[1]->answer(200, "3");
  server.turn();
  CHECK(server.frame(kData, 3)->payload == "3");
  CHECK(server.wire.is_ended);
  server.client_ends();
  CHECK(server.over);
}

TEST_CASE("a drain of a client that answers no PING goes on after a second") {
  TestH2Server server;
  server.on_new = keep;
  server.send(get(1));
  server.session->drain();
  server.turn();
  server.pass(std::chrono::seconds(1));
  CHECK(server.frame(kGoaway, 0)->payload.substr(0, 4) == h2::number(1));
}

TEST_CASE("an idle connection is drained at once, and ends by itself after its keep-alive time") {
  TestH2Server drained;
  drained.session->drain();
  drained.turn();
  CHECK(drained.frame(kGoaway, 0)->code() == h2::kNoError);
  CHECK(drained.wire.is_ended);

  TestH2Server idle;
  idle.send(get(1));
  idle.pass(idle.limits.keep_alive - Duration(1));
  idle.send(h2::ping());  // keeps nobody here
  CHECK_FALSE(idle.wire.is_ended);
  idle.pass(Duration(1));
  CHECK(idle.wire.is_ended);
  CHECK(idle.refused.empty());
  idle.pass(idle.limits.linger);
  CHECK(idle.over);
}

}  // namespace
}  // namespace core
