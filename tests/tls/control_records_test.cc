// What a client may send that is not for the reader: KeyUpdates, renegotiations (attack rows I06, I07).
#include <openssl/err.h>

#include <string>
#include <string_view>

#include "tests/tls/support/parties.h"
#include "tests/tls/support/raw_client.h"
#include "tests/tls/support/records12.h"
#include "tls/stream.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using State = core::ReadOutcome::State;

TEST_CASE("KeyUpdates in reasonable number are followed, a flood of them breaks the stream") {
  struct Row {
    int updates;
    State expected;
  };
  const Row rows[] = {{1, State::would_block}, {30, State::would_block}, {10'000, State::failed}};
  for (const Row& row : rows) {
    CAPTURE(row.updates);
    Thread thread;
    const auto authority = make_authority("root");
    Server server(thread, table_of({make_certificate(*authority, {"a.test"})}));
    auto wire = core::make_stream_pair(thread.loop);
    server.accept(std::move(wire.second));
    RawOptions options;
    options.server_name = "a.test";
    RawClient client(thread, std::move(wire.first), options);
    client.shake([&] { return server.has_ended(); });
    core::ByteStream& stream = *server.outcome()->stream;
    State last = State::would_block;
    for (int i = 0; i < row.updates && last == State::would_block; ++i) {
      SSL_key_update(client.native(), SSL_KEY_UPDATE_REQUESTED);
      SSL_do_handshake(client.native());
      client.pump();
      if (i % 50 == 49) {
        thread.settle();
        last = hear(stream).last;
      }
    }
    if (row.expected == State::would_block) {
      client.write("after");
      thread.settle();
      CHECK(hear(stream).bytes == "after");
      say(stream, "answer");
      thread.settle();
      CHECK(client.read() == "answer");
    } else {
      thread.settle();
      CHECK(hear(stream).last == State::failed);
    }
  }
}

TEST_CASE("a flood of KeyUpdates that come one by one breaks the stream as well") {
  Thread thread;
  const auto authority = make_authority("root");
  Server server(thread, table_of({make_certificate(*authority, {"a.test"})}));
  auto wire = core::make_stream_pair(thread.loop);
  server.accept(std::move(wire.second));
  RawOptions options;
  options.server_name = "a.test";
  RawClient client(thread, std::move(wire.first), options);
  client.shake([&] { return server.has_ended(); });
  core::ByteStream& stream = *server.outcome()->stream;
  State last = State::would_block;
  int updates = 0;
  for (; updates < 1'000 && last == State::would_block; ++updates) {
    SSL_key_update(client.native(), SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(client.native());
    client.pump();
    thread.loop.turn(false);
    last = hear(stream).last;
  }
  CHECK(last == State::failed);
  CHECK(updates > tls::Stream::kMaxControlRecords);
}

TEST_CASE("alerts that answer refused renegotiations do not pile up for a client that never reads") {
  for (const std::string_view between : {"", "x"}) {
    CAPTURE(between);
    Thread thread;
    const auto authority = make_authority("root");
    Server server(thread, table_of({make_certificate(*authority, {"a.test"})}));
    auto wire = core::make_stream_pair(thread.loop);
    server.accept(std::move(wire.second));
    RawOptions options;
    options.server_name = "a.test";
    options.version = TLS1_2_VERSION;
    RawClient client(thread, std::move(wire.first), options);
    client.shake([&] { return server.has_ended(); });
    Records12 records(client.native());
    // A ClientHello without a body: it is refused before that is looked at.
    const std::string_view hello("\x01\x00\x00\x00", 4);
    State last = State::would_block;
    int refused = 0;
    for (; refused < 20'000 && last == State::would_block; ++refused) {
      say(client.wire(), records.seal(Records12::kHandshake, hello));
      if (!between.empty()) say(client.wire(), records.seal(Records12::kBytes, between));
      thread.loop.turn(false);
      last = hear(*server.outcome()->stream).last;
    }
    CHECK(last == State::failed);
    CHECK(refused > 10);
  }
}

TEST_CASE("a client of TLS 1.2 cannot renegotiate") {
  Thread thread;
  const auto authority = make_authority("root");
  Server server(thread, table_of({make_certificate(*authority, {"a.test"})}));
  auto wire = core::make_stream_pair(thread.loop);
  server.accept(std::move(wire.second));
  RawOptions options;
  options.server_name = "a.test";
  options.version = TLS1_2_VERSION;
  RawClient client(thread, std::move(wire.first), options);
  client.shake([&] { return server.has_ended(); });
  REQUIRE(client.is_done());
  SSL_renegotiate(client.native());
  bool renegotiated = false;
  std::string answer;
  for (int round = 0; round < 20 && !renegotiated; ++round) {
    ERR_clear_error();
    const int result = SSL_do_handshake(client.native());
    renegotiated = result == 1;
    if (answer.empty() && SSL_get_error(client.native(), result) == SSL_ERROR_SSL)
      answer = core::openssl_errors();
    client.pump();
    thread.settle();
    CHECK(hear(*server.outcome()->stream).bytes.empty());
    thread.settle();
    client.pump();
  }
  CHECK_FALSE(renegotiated);
  CHECK(answer == "no renegotiation");
}

}  // namespace
}  // namespace tests
