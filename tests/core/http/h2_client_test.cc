// Exchanges with an HTTP/2 origin that behaves: many at once, bodies at the pace of the slower side,
// trailers, interim heads, ends in order.
#include "tests/core/http/support/test_h2_client.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace core {
namespace {

std::string ok(std::uint32_t stream, std::string_view body = "ok") {
  return response(stream) + h2::data(stream, body, h2::kEndStream);
}

TEST_CASE("a session is open once the origin's SETTINGS have come, and refuses pushes from the first") {
  TestH2Client client(std::string_view{});
  CHECK_FALSE(client.is_open());
  const std::optional<h2::Frame> ours = client.frame(h2::kSettings, 0);
  REQUIRE(ours.has_value());
  CHECK(ours->payload.find(h2::number(2, 2) + h2::number(0)) == 0);  // ENABLE_PUSH
  client.reply(h2::settings());
  CHECK(client.is_open());
  CHECK(client.idles == 1);
}

TEST_CASE(
    "a request has its pseudo-header fields first, its own fields in lower case, and no hop-by-hop ones") {
  TestH2Client client;
  client.fields.add("X-One", "1");
  client.fields.add(FieldId::connection, "close");
  client.fields.add(FieldId::transfer_encoding, "chunked");
  client.fields.add(FieldId::host, "other.test");
  client.fields.add(FieldId::te, "trailers");
  client.fields.add(FieldId::te, "gzip");
  client.fields.add("X-Bent", "a\r\nb: c");
  client.ask();
  const std::optional<h2::Frame> head = client.frame(h2::kHeaders, 1);
  REQUIRE(head.has_value());
  CHECK(head->fields == ":method=GET;:scheme=https;:authority=a.test;:path=/t?q;x-one=1;te=trailers;");
  CHECK(head->ends_stream());
}

TEST_CASE("head, body and trailers of a response are told in order, and the session is idle again") {
  TestH2Client client;
  Asked& asked = client.ask();
  client.reply(response(1, {{"x-a", "b"}, {"content-length", "5"}}));
  CHECK(asked.statuses == std::vector<int>{200});
  CHECK(asked.fields == "x-a=b;content-length=5;");
  CHECK(asked.length.bytes == 5);
  client.reply(h2::data(1, "he") + h2::data(1, "llo"));
  CHECK(asked.body == "hello");
  CHECK_FALSE(asked.complete);
  client.reply(h2::headers(1, {{"x-sum", "9"}, {"content-type", "a/b"}}, h2::kEndHeaders | h2::kEndStream));
  CHECK(asked.complete);
  CHECK(asked.trailers == "x-sum=9;");
  CHECK(client.idles == 2);
  CHECK(asked.failures.empty());
}

TEST_CASE("interim heads that come in one read with the final one are each told once") {
  TestH2Client client;
  Asked& asked = client.ask();
  client.reply(response(1, {{"link", "</a>"}}, "103") + response(1, {}, "100") + response(1) +
               h2::data(1, "x", h2::kEndStream));
  CHECK(asked.statuses == std::vector<int>{103, 100, 200});
  CHECK(asked.complete);
}

TEST_CASE("a response without a body ends with its head") {
  TestH2Client client;
  for (const auto& [method, status, fields, kind] :
       std::vector<std::tuple<std::string, std::string, h2::FieldList, BodyLength::Kind>>{
           {"GET", "200", {}, BodyLength::Kind::none},
           {"GET", "200", {{"content-length", "0"}}, BodyLength::Kind::known},
           {"GET", "204", {}, BodyLength::Kind::none},
           {"GET", "304", {{"content-length", "9"}}, BodyLength::Kind::known},
           {"HEAD", "200", {{"content-length", "9"}}, BodyLength::Kind::known}}) {
    CAPTURE(status);
    Asked& asked = client.ask(method);
    const auto stream = static_cast<std::uint32_t>(2 * client.asked.size() - 1);
    client.reply(response(stream, fields, status, h2::kEndHeaders | h2::kEndStream));
    CHECK(asked.complete);
    CHECK(asked.length.kind == kind);
  }
}

TEST_CASE("many exchanges share a connection, up to what the origin allows") {
  TestH2Client client({{3, 2}});  // MAX_CONCURRENT_STREAMS
  Asked& first = client.ask();
  CHECK(client.is_open());
  CHECK(client.rooms == 1);
  Asked& second = client.ask();
  CHECK_FALSE(client.is_open());
  client.reply(ok(3));
  CHECK(second.complete);
  CHECK_FALSE(first.complete);
  CHECK(client.is_open());
  CHECK(client.rooms == 2);
  CHECK(client.idles == 1);
  client.reply(ok(1));
  CHECK(first.complete);
  CHECK(client.idles == 2);
}

TEST_CASE("an origin that allows more streams than we do gets no more than ours") {
  TestH2Client client({{3, 1'000'000}});
  int count = 0;
  while (client.is_open()) {
    client.ask();
    ++count;
  }
  CHECK(count == 100);
}

TEST_CASE("a request body leaves as the origin's window allows, with its length and trailers") {
  TestH2Client client({{4, 10}});  // INITIAL_WINDOW_SIZE
  Asked& asked = client.ask("POST", BodyLength::known(15));
  CHECK(client.frame(h2::kHeaders, 1)->fields.ends_with("content-length=15;"));
  CHECK(asked.stream->send_body("0123456789abcde") == Pressure::full);
  client.turn();
  CHECK(client.data(1) == "0123456789");
  CHECK(asked.writable == 0);
  client.reply(h2::window_update(1, 100));
  CHECK(client.data(1) == "0123456789abcde");
  CHECK(asked.writable == 1);
  Fields trailers;
  trailers.add("x-sum", "1");
  asked.stream->send_end(trailers);
  client.turn();
  const std::optional<h2::Frame> last = client.frame(h2::kHeaders, 1);
  CHECK(last->fields == "x-sum=1;");
  CHECK(last->ends_stream());
  client.reply(ok(1));
  CHECK(asked.complete);
}

TEST_CASE("an origin that stops reading stops the sender of a body") {
  TestH2Client client({{4, 1'000'000}});
  client.reply(h2::window_update(0, 1'000'000));
  client.frames();
  client.wire.room = 100;
  Asked& asked = client.ask("POST", BodyLength::unknown());
  asked.stream->send_body(std::string(50'000, 'x'));
  client.turn();
  CHECK(asked.stream->send_body("y") == Pressure::full);
  client.turn();
  CHECK(asked.writable == 0);
  client.origin_reads(100'000);
  CHECK(asked.writable == 1);
}

TEST_CASE("WINDOW_UPDATE of a stream goes out for what its handler took, and for no more") {
  TestH2Client client;
  Asked& slow = client.ask();
  Asked& quick = client.ask();
  client.frames();
  slow.stream->receive_body(false);
  client.reply(response(1) + response(3));
  std::string body;
  for (int i = 0; i < 3; ++i) body += h2::data(1, std::string(16'000, 'x'));
  client.reply(body);
  CHECK(slow.body.empty());
  CHECK_FALSE(client.frame(h2::kWindowUpdate, 1).has_value());
  SUBCASE("one that does not read does not stop another") {
    for (int i = 0; i < 1200; ++i) client.reply(h2::data(3, std::string(16'000, 'y')));
    CHECK(quick.body.size() == 1200 * 16'000);
    CHECK(client.frame(h2::kWindowUpdate, 0).has_value());
    CHECK(client.frame(h2::kWindowUpdate, 3).has_value());
    CHECK_FALSE(client.frame(h2::kWindowUpdate, 1).has_value());
  }
  slow.stream->receive_body(true);
  client.turn();
  CHECK(slow.body.size() == 48'000);
  CHECK(client.frame(h2::kWindowUpdate, 1).has_value());
}

TEST_CASE("a stream that sends beyond its window loses its connection") {
  TestH2Client client;
  Asked& asked = client.ask();
  asked.stream->receive_body(false);
  client.reply(response(1));
  for (int i = 0; i < 5 && !client.over; ++i) client.reply(h2::data(1, std::string(16'000, 'x')));
  REQUIRE(asked.failures.size() == 1);
  CHECK(asked.body.empty());
}

TEST_CASE("a complete response is delivered at its handler's pace, though the connection has gone") {
  TestH2Client client;
  Asked& asked = client.ask();
  asked.stream->receive_body(false);
  client.reply(ok(1, "late"));
  client.origin_ends();
  CHECK(asked.failures.empty());
  CHECK_FALSE(client.over);
  asked.stream->receive_body(true);
  client.turn();
  CHECK(asked.body == "late");
  CHECK(asked.complete);
  client.turn();
  CHECK(client.over);
}

TEST_CASE("what a handler gives up is reset, and nothing of it is told any more") {
  TestH2Client client;
  Asked& asked = client.ask();
  Asked& other = client.ask();
  client.reply(response(1));
  asked.stream->cancel();
  client.turn();
  CHECK(client.frame(h2::kReset, 1)->code() == h2::kCancel);
  client.reply(h2::data(1, "x", h2::kEndStream) + ok(3));
  CHECK(asked.body.empty());
  CHECK_FALSE(asked.complete);
  CHECK(asked.failures.empty());
  CHECK(other.complete);
}

TEST_CASE("a response that is complete before its request ends the request") {
  TestH2Client client;
  Asked& asked = client.ask("POST", BodyLength::unknown());
  asked.stream->send_body("begun");
  client.turn();
  client.reply(ok(1));
  CHECK(asked.complete);
  CHECK(client.frame(h2::kReset, 1)->code() == h2::kCancel);
  CHECK(client.is_open());
  CHECK(client.idles == 2);
}

TEST_CASE("a request that ends short of its length is reset and fails") {
  TestH2Client client;
  Asked& asked = client.ask("POST", BodyLength::known(10));
  asked.stream->send_body("12345");
  asked.stream->send_end(Fields());
  CHECK(asked.failures.empty());  // not inside the call
  client.turn();
  REQUIRE(asked.failures.size() == 1);
  CHECK(client.frame(h2::kReset, 1).has_value());
}

TEST_CASE("after GOAWAY nothing new is sent; what it covers goes on, what it does not may be sent again") {
  TestH2Client client;
  Asked& first = client.ask();
  Asked& second = client.ask("POST", BodyLength::known(0));
  client.reply(h2::frame(h2::kGoaway, 0, 0, h2::number(1) + h2::number(h2::kNoError)));
  CHECK_FALSE(client.is_open());
  REQUIRE(second.failures.size() == 1);
  CHECK(second.failures[0].kind == ErrorKind::refused);
  CHECK(second.failures[0].retry == Retry::safe);
  client.reply(ok(1));
  CHECK(first.complete);
  client.turn();
  CHECK(client.over);
  CHECK(client.wire.is_ended);
  CHECK_FALSE(client.wire.is_aborted);
}

TEST_CASE("a refused stream may be sent again, and the connection takes no more than it had") {
  TestH2Client client;
  client.ask();
  Asked& second = client.ask();
  client.reply(h2::reset(3, h2::kRefusedStream));
  REQUIRE(second.failures.size() == 1);
  CHECK(second.failures[0].kind == ErrorKind::refused);
  CHECK(second.failures[0].retry == Retry::safe);
  CHECK_FALSE(client.is_open());
  client.reply(ok(1));
  CHECK(client.is_open());
}

TEST_CASE(
    "a stream that the origin resets fails with its code; a refusal behind a head does not count as one") {
  TestH2Client client;
  Asked& first = client.ask();
  client.reply(h2::reset(1, 2));
  REQUIRE(first.failures.size() == 1);
  CHECK(first.failures[0].kind == ErrorKind::closed);
  CHECK(first.failures[0].retry == Retry::never);
  CHECK(first.failures[0].text.find("INTERNAL_ERROR") != std::string::npos);
  Asked& second = client.ask();
  client.reply(response(3) + h2::reset(3, h2::kRefusedStream));
  REQUIRE(second.failures.size() == 1);
  CHECK(second.failures[0].retry == Retry::never);
}

TEST_CASE("a connection that closes unheard fails its exchanges; safely if it had served before") {
  for (const bool served : {false, true}) {
    CAPTURE(served);
    TestH2Client client;
    if (served) {
      client.ask();
      client.reply(ok(1));
    }
    Asked& asked = client.ask();
    client.origin_ends();
    REQUIRE(asked.failures.size() == 1);
    CHECK(asked.failures[0].kind == ErrorKind::closed);
    CHECK((asked.failures[0].retry == Retry::safe) == served);
    CHECK(client.over);
  }
}

TEST_CASE("an idle session that is ended says GOAWAY") {
  TestH2Client client;
  client.session.reset();
  CHECK(client.frame(h2::kGoaway, 0)->code() == h2::kNoError);
}

TEST_CASE("open_h2_client gives an open session, or says why there is none") {
  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop(clock);
  const ClientLimits limits;
  Wire wire;
  RunningFlow<std::unique_ptr<ClientSession>> running;
  std::optional<Result<std::unique_ptr<ClientSession>>> outcome;
  running.start(open_h2_client(loop, std::make_unique<FakeStream>(wire), {limits, H2Carrier::plain},
                               Deadline::after(loop, Duration(1'000))),
                [&outcome](auto result) { outcome = std::move(result); });
  const auto reply = [&](std::string_view bytes) {
    wire.arriving += bytes;
    wire.may_have_bytes = true;
    if (wire.events != nullptr) wire.events->on_readable();
    loop.turn(false);
  };
  loop.turn(false);
  CHECK_FALSE(outcome.has_value());
  const auto fails_with = [&outcome](ErrorKind kind) {
    return outcome.has_value() && !*outcome && outcome->error().kind == kind &&
           outcome->error().retry == Retry::safe && outcome->error().side == Side::origin;
  };
  SUBCASE("it greets") {
    reply(h2::settings());
    REQUIRE(outcome.has_value());
    REQUIRE(outcome->has_value());
    CHECK((**outcome)->is_open());
  }
  SUBCASE("it speaks HTTP/1.1") {
    reply("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    CHECK(fails_with(ErrorKind::unsupported));
    CHECK(outcome->error().text.find("does not speak HTTP/2") != std::string::npos);
  }
  SUBCASE("it closes") {
    wire.arrival = Wire::Arrival::ended;
    reply("");
    CHECK(fails_with(ErrorKind::closed));
  }
  SUBCASE("it says nothing") {
    clock.advance(Duration(1'000));
    loop.turn(false);
    CHECK(fails_with(ErrorKind::timed_out));
  }
  SUBCASE("it allows no streams") {
    reply(h2::settings({{3, 0}}));
    CHECK(fails_with(ErrorKind::unavailable));
  }
  loop.turn(false);
}

}  // namespace
}  // namespace core
