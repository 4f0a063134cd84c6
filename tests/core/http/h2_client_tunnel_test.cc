// WebSockets to an HTTP/2 origin: extended CONNECT (RFC 8441), its answers, both ends of the tunnel.
#include "tests/core/http/support/test_h2_client.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace core {
namespace {

constexpr std::uint16_t kEnableConnectProtocol = 8;

/// What an exchange saw besides.
struct Opened {
  TestH2Client client{{{kEnableConnectProtocol, 1}}};
  Asked* asked = nullptr;

  Opened() {
    asked = &client.ask_for_socket();
    client.frames();
  }
  void open() {
    client.reply(response(1));
    client.frames();
    REQUIRE(asked->statuses == std::vector<int>{101});
  }
};

TEST_CASE("an upgrade to websocket is an extended CONNECT without a key, where the origin takes them") {
  TestH2Client client({{kEnableConnectProtocol, 1}});
  client.fields.add("X-One", "1");
  client.ask_for_socket();
  const std::optional<h2::Frame> head = client.frame(h2::kHeaders, 1);
  REQUIRE(head.has_value());
  CHECK(head->fields ==
        ":method=CONNECT;:protocol=websocket;:scheme=https;:authority=a.test;:path=/t?q;x-one=1;"
        "sec-websocket-version=13;");
  CHECK_FALSE(head->ends_stream());
}

TEST_CASE("an origin that did not say that it takes upgrades hears nothing of one") {
  TestH2Client client({{kEnableConnectProtocol, 0}});
  client.frames();
  Asked& asked = client.ask_for_socket();
  CHECK(client.frames().empty());
  REQUIRE(asked.failures.size() == 1);
  CHECK(asked.failures[0].kind == ErrorKind::unsupported);
  CHECK(asked.failures[0].retry == Retry::never);
  CHECK(client.idles == 2);
  Asked& other = client.ask();
  client.reply(response(1) + h2::data(1, "ok", h2::kEndStream));
  CHECK(other.complete);
  Asked& gone = client.ask_for_socket(TestH2Client::When::later);
  gone.stream->cancel();
  gone.stream = nullptr;
  client.turn();
  CHECK(gone.failures.empty());
  CHECK(client.idles == 4);
}

TEST_CASE("any success opens the tunnel, and is a 101 that proves what a handshake over HTTP/1.1 asks for") {
  for (const h2::FieldList& fields :
       std::vector<h2::FieldList>{{{"sec-websocket-protocol", "chat"}},
                                  {{"sec-websocket-protocol", "chat"}, {"sec-websocket-accept", "another"}},
                                  {{"sec-websocket-protocol", "chat"}, {"content-length", "3"}}}) {
    for (const std::string_view status : {"200", "299"}) {
      CAPTURE(status);
      Opened opened;
      opened.client.reply(response(1, fields, status));
      CHECK(opened.asked->statuses == std::vector<int>{101});
      CHECK(opened.asked->fields.starts_with("sec-websocket-protocol=chat;"));
      CHECK(opened.asked->fields.ends_with(
          "Upgrade=websocket;Sec-WebSocket-Accept=s3pPLMBiTxaQ9kYGzzhZRbK+xOo=;"));
      CHECK(opened.asked->fields.find("another") == std::string::npos);
      opened.client.reply(h2::data(1, "more than three bytes"));
      CHECK(opened.asked->body == "more than three bytes");
      opened.asked->stream->send_body("to the origin");
      opened.client.turn();
      CHECK(opened.client.data(1) == "to the origin");
    }
  }
}

TEST_CASE("an origin's refusal of an upgrade is an answer like others, and ends the stream") {
  Opened opened;
  opened.client.reply(response(1, {{"content-length", "2"}}, "403") + h2::data(1, "no", h2::kEndStream));
  CHECK(opened.asked->statuses == std::vector<int>{403});
  CHECK(opened.asked->body == "no");
  CHECK(opened.asked->complete);
  CHECK(opened.client.frame(h2::kReset, 1)->code() == h2::kCancel);
}

TEST_CASE("C11: the halves of a tunnel to an HTTP/2 origin end one by one, each behind its last byte") {
  Opened opened;
  opened.open();
  SUBCASE("the origin first") {
    opened.client.reply(h2::data(1, "last", h2::kEndStream));
    CHECK(opened.asked->body == "last");
    CHECK(opened.asked->half_ends == 1);
    CHECK_FALSE(opened.asked->complete);
    opened.asked->stream->send_body("still");
    opened.asked->stream->send_end(Fields());
    opened.client.turn();
    CHECK(opened.client.data(1) == "still");
  }
  SUBCASE("ours first") {
    opened.asked->stream->send_body("last");
    opened.asked->stream->send_end(Fields());
    opened.client.turn();
    CHECK(opened.client.data(1) == "last");
    CHECK_FALSE(opened.asked->complete);
    opened.client.reply(h2::data(1, "still"));
    CHECK(opened.asked->body == "still");
    opened.client.reply(h2::data(1, "", h2::kEndStream));
  }
  SUBCASE("a slow handler has all of it before the end") {
    opened.asked->stream->receive_body(false);
    opened.client.reply(h2::data(1, "last", h2::kEndStream));
    opened.asked->stream->send_end(Fields());
    opened.client.turn();
    CHECK_FALSE(opened.asked->complete);
    opened.asked->stream->receive_body(true);
    opened.client.turn();
    CHECK(opened.asked->body == "last");
  }
  CHECK(opened.asked->complete);
  CHECK(opened.asked->failures.empty());
  CHECK(opened.client.idles == 2);
}

TEST_CASE("a tunnel that ended in order is whole for a slow handler, though its connection breaks then") {
  Opened opened;
  opened.open();
  opened.asked->stream->receive_body(false);
  opened.client.reply(h2::data(1, "last", h2::kEndStream));
  opened.asked->stream->send_end(Fields());
  opened.client.turn();
  opened.client.origin_ends();
  CHECK(opened.asked->failures.empty());
  opened.asked->stream->receive_body(true);
  opened.client.turn();
  CHECK(opened.asked->body == "last");
  CHECK(opened.asked->complete);
  CHECK(opened.client.over);
}

TEST_CASE("a tunnel that is reset, broken or misused by its origin has failed") {
  const std::vector<std::pair<std::string, bool>> rows = {
      {h2::reset(1, h2::kCancel), false},
      {h2::reset(1, h2::kNoError), false},
      {h2::data(1, "x", h2::kEndStream) + h2::reset(1, h2::kCancel), false},
      {h2::headers(1, {{"x-a", "b"}}, h2::kEndHeaders | h2::kEndStream), false},
      {h2::data(1, "x", h2::kEndStream) + h2::reset(1, h2::kNoError), true},
  };
  for (const auto& [bytes, is_end] : rows) {
    CAPTURE(&bytes - &rows.front().first);
    Opened opened;
    opened.open();
    opened.client.reply(bytes);
    CHECK(opened.asked->complete == is_end);
    CHECK(opened.asked->failures.size() == (is_end ? 0 : 1));
  }
  for (const bool half_has_ended : {true, false}) {
    Opened opened;
    opened.open();
    if (half_has_ended) opened.client.reply(h2::data(1, "x", h2::kEndStream));
    opened.client.origin_ends();
    CHECK_FALSE(opened.asked->complete);
    CHECK(opened.asked->failures.size() == 1);
  }
}

TEST_CASE("messages in a tunnel may be short without end") {
  Opened opened;
  opened.open();
  std::string frames;
  for (int i = 0; i < 1000; ++i) frames += h2::data(1, "\x81");
  for (int i = 0; i < 70; ++i) opened.client.reply(frames);
  CHECK(opened.asked->body.size() == 70'000);
  CHECK(opened.asked->failures.empty());
}

}  // namespace
}  // namespace core
