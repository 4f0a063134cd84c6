// A client session from its origin's side of the wire.
#include "tests/core/http/support/test_client.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace core {
namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_CASE("a request is written with Host first and the framing of its body") {
  TestClient client;
  client.fields.add("X-A", "1");
  client.fields.add(FieldId::host, "other");
  client.fields.add(FieldId::content_length, "77");
  client.fields.add(FieldId::transfer_encoding, "gzip");
  client.fields.add(FieldId::connection, "close");
  client.fields.add("Evil", "1\r\nX: 2");
  SUBCASE("none") {
    client.ask("GET");
    CHECK(client.sent() == "GET /t?q HTTP/1.1\r\nHost: origin:80\r\nX-A: 1\r\n\r\n");
  }
  SUBCASE("known") {
    client.ask("POST", BodyLength::known(3)).send_body("abc");
    client.stream->send_end(Fields());
    client.turn();
    CHECK(client.sent() == "POST /t?q HTTP/1.1\r\nHost: origin:80\r\nX-A: 1\r\nContent-Length: 3\r\n\r\nabc");
  }
  SUBCASE("of no bytes") {
    client.ask("POST", BodyLength::known(0)).send_end(Fields());
    CHECK(client.sent() == "POST /t?q HTTP/1.1\r\nHost: origin:80\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n");
  }
  SUBCASE("chunked") {
    client.ask("POST", BodyLength::unknown());
    client.sent();
    client.stream->send_body("hello hello hello");
    Fields trailers;
    trailers.add("X-T", "1");
    trailers.add(FieldId::host, "no");
    client.stream->send_end(trailers);
    client.turn();
    CHECK(client.sent() == "11\r\nhello hello hello\r\n0\r\nX-T: 1\r\n\r\n");
  }
  client.reply(kOk);
  CHECK(client.idles == 1);
}

TEST_CASE("an exchange on a kept connection costs one write and one read") {
  TestClient client;
  for (int i = 0; i < 3; ++i) {
    client.forget();
    client.wire.reads = 0;
    client.wire.writes = 0;
    client.ask("GET");
    client.reply(kOk);
    CHECK(client.statuses == std::vector<int>{200});
    CHECK(client.body == "ok");
    CHECK(client.complete);
    CHECK(client.wire.reads == 1);
    CHECK(client.wire.writes == 1);
    CHECK(client.session->is_open());
    CHECK(client.idles == i + 1);
  }
}

TEST_CASE("a response is the same however its bytes are cut") {
  const std::string response =
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5\r\nhello\r\n3\r\n!!!\r\n0\r\nX-T: 1\r\nSet-Cookie: no\r\n\r\n";
  for (std::size_t cut = 1; cut < response.size(); ++cut) {
    CAPTURE(cut);
    TestClient client;
    client.ask("GET");
    client.reply(response.substr(0, cut));
    client.reply(response.substr(cut));
    CHECK(client.statuses == std::vector<int>{103, 200});
    CHECK(client.body == "hello!!!");
    CHECK(client.trailers == "X-T=1;");
    CHECK(client.complete);
    CHECK(client.idles == 1);
  }
}

TEST_CASE("HEAD, 204 and 304 have no body whatever their fields say, and the connection goes on") {
  TestClient client;
  // The declared length is there to be passed on.
  client.on_head = [](ResponseHead& head) { CHECK(head.body.bytes == (head.status == 204 ? 0 : 1000)); };
  client.ask("HEAD");
  client.reply("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  client.ask("GET");
  client.reply("HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n");
  client.ask("GET");
  client.reply("HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(client.idles == 3);
}

TEST_CASE("a body without framing lasts until the origin ends in order") {
  TestClient client;
  client.ask("GET");
  client.reply("HTTP/1.1 200 OK\r\n\r\nsome ");
  client.reply("bytes");
  CHECK_FALSE(client.complete);
  SUBCASE("in order") {
    client.origin_ends();
    CHECK(client.complete);
    CHECK(client.idles == 0);
  }
  SUBCASE("broken") {
    client.connection_breaks();
    CHECK_FALSE(client.complete);
    CHECK(client.failures.size() == 1);
  }
  CHECK(client.body == "some bytes");
  CHECK(client.over);
}

TEST_CASE("a kept connection that the origin closes before its answer may be tried again") {
  TestClient client;
  SUBCASE("on its first request: no") {
    client.ask("GET");
    client.origin_ends();
    REQUIRE(client.failures.size() == 1);
    CHECK(client.failures[0].retry == Retry::never);
  }
  SUBCASE("on a later one: yes") {
    client.ask("GET");
    client.reply(kOk);
    client.ask("GET");
    client.connection_breaks();
    REQUIRE(client.failures.size() == 1);
    CHECK(client.failures[0].retry == Retry::safe);
  }
  SUBCASE("after a byte of the answer: no") {
    client.ask("GET");
    client.reply(kOk);
    client.ask("GET");
    client.reply("H");
    client.origin_ends();
    REQUIRE(client.failures.size() == 1);
    CHECK(client.failures[0].retry == Retry::never);
  }
  CHECK(client.over);
}

TEST_CASE("an answer that came before the origin stopped reading is delivered") {
  TestClient client;
  client.ask("POST", BodyLength::known(1'000'000));
  client.wire.fails_writes = true;
  client.wire.arriving = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno";
  client.wire.may_have_bytes = true;
  client.stream->send_body(std::string(20'000, 'x'));
  client.turn();
  CHECK(client.statuses == std::vector<int>{413});
  CHECK(client.complete);
  CHECK(client.failures.empty());
  CHECK(client.over);
}

TEST_CASE("a response has back-pressure, and so has a request") {
  TestClient client;
  client.on_body = [&] { client.stream->receive_body(false); };
  client.ask("POST", BodyLength::unknown());
  client.reply("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  client.reply("world");
  CHECK(client.body == "hello");
  CHECK(client.wire.arriving == "world");
  client.wire.room = 100;
  CHECK(client.stream->send_body(std::string(20'000, 'x')) == Pressure::full);
  client.origin_reads(100'000);
  CHECK(client.writable == 1);
  client.stream->send_end(Fields());
  client.turn();
  client.stream->receive_body(true);
  CHECK(client.body == "hello");  // never from inside the handler's own call
  client.turn();
  CHECK(client.body == "helloworld");
  CHECK(client.complete);
  CHECK(client.idles == 1);
}

TEST_CASE("cancelling closes the connection without another call") {
  TestClient client;
  client.ask("GET");
  SUBCASE("before the answer") {
    client.stream->cancel();
  }
  SUBCASE("from inside the head's callback") {
    client.on_head = [&](ResponseHead&) { client.stream->cancel(); };
    client.reply(kOk);
  }
  SUBCASE("from inside the body's callback") {
    client.on_body = [&] { client.stream->cancel(); };
    client.reply(kOk);
  }
  client.turn();
  CHECK(client.over);
  CHECK(client.wire.is_aborted);
  CHECK(client.wire.is_gone);
  CHECK_FALSE(client.complete);
  CHECK(client.failures.empty());
}

TEST_CASE("a request that ends before its length fails and is never sent as a whole one") {
  TestClient client;
  client.ask("POST", BodyLength::known(10)).send_body("hello");
  client.stream->send_end(Fields());
  CHECK(client.failures.empty());
  client.turn();
  CHECK(client.failures.size() == 1);
  CHECK(client.wire.is_aborted);
  CHECK(client.over);
}

}  // namespace
}  // namespace core
