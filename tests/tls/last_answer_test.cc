// The last answer of a connection, on its way to a client that reads slowly.
#include <string>

#include "core/http/h1_server.h"
#include "core/http/h2_server.h"
#include "tests/tls/support/counting_stream.h"
#include "tests/tls/support/parties.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using namespace std::chrono_literals;

/// Answers each request with `body`; `ended` once the connection is over.
struct Answering final : core::ServerSessionOwner {
  std::string body;
  bool ended = false;
  core::RequestHandler* on_request(core::ServerStream& stream, core::RequestHead& /*head*/) override {
    stream.send_head(200, core::Fields(), core::BodyLength::known(body.size()));
    stream.send_body(body);
    stream.send_end(core::Fields());
    return nullptr;
  }
  void on_refused(int /*status*/, const core::Error& /*error*/) override {}
  void on_session_end() override { ended = true; }
};

TEST_CASE("an answer that ends the connection reaches a client that pauses before it reads") {
  // Around what the wire takes at once: some of it waits in front of the wire, sealed or not.
  for (std::size_t size = 64UL * 1024; size <= 512UL * 1024; size += 32UL * 1024) {
    CAPTURE(size);
    Thread thread;
    Connected both = connect(thread, core::make_stream_pair(thread.loop));
    core::ServerLimits limits;
    Answering owner;
    owner.body = std::string(size, 'x');
    auto session = core::make_h1_server(thread.loop, std::move(both.server), limits, owner);
    session->start();
    say(*both.client, "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
    thread.settle();
    thread.clock.advance(limits.linger + 1s);
    thread.settle();
    Heard heard;
    std::size_t got = 0;
    thread.until([&] {
      if (owner.ended) session.reset();
      heard = hear(*both.client);
      got += heard.bytes.size();
      return heard.last != core::ReadOutcome::State::would_block;
    });
    CHECK(got > size);
  }
}

/// A protocol, and what a client says in it to get the last answer.
struct Protocol {
  std::unique_ptr<core::ServerSession> (*make)(core::Loop&, std::unique_ptr<core::ByteStream>,
                                               const core::ServerLimits&, core::ServerSessionOwner&);
  std::string_view said;
};

/// One small answer of a connection that ends after it; the wire takes `room` bytes of it before the client
/// reads on. How the client sees it end, and what it cost in sealed bytes.
struct LastAnswer {
  core::ReadOutcome::State seen;
  std::size_t sealed;
};
LastAnswer answer_through(const Protocol& protocol, std::size_t room) {
  Thread thread;
  WireCounts wire;
  auto pair = core::make_stream_pair(thread.loop);
  Connected both = connect(
      thread, {std::move(pair.first), std::make_unique<CountingStream>(std::move(pair.second), wire)});
  const core::ServerLimits limits;
  Answering owner;
  owner.body = "the end";
  auto session = protocol.make(thread.loop, std::move(both.server), limits, owner);
  session->start();
  wire.bytes_written = 0;
  wire.room = room;
  say(*both.client, protocol.said);
  thread.settle();
  thread.clock.advance(limits.linger + 1s);
  thread.settle();
  wire.room = SIZE_MAX;
  if (!owner.ended) wire.events->on_writable();
  Heard heard;
  thread.until([&] {
    if (owner.ended) session.reset();
    heard = hear(*both.client);
    return heard.last != core::ReadOutcome::State::would_block;
  });
  return {heard.last, wire.bytes_written};
}

TEST_CASE("close_notify follows the last answer wherever the wire was full") {
  // HTTP/2: the preface, an empty SETTINGS frame, and one that no client may send (PUSH_PROMISE).
  constexpr std::string_view kHttp1 = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
  constexpr std::string_view kHttp2(
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\4\5\4\0\0\0\1\0\0\0\2", 46);
  for (const Protocol& protocol :
       {Protocol{core::make_h1_server, kHttp1}, Protocol{core::make_h2_server, kHttp2}}) {
    const std::size_t sealed = answer_through(protocol, SIZE_MAX).sealed;
    REQUIRE(sealed > 50);
    for (std::size_t room = 0; room <= sealed; ++room) {
      CAPTURE(room);
      CAPTURE(protocol.said);
      CHECK(answer_through(protocol, room).seen == core::ReadOutcome::State::end);
    }
  }
}

}  // namespace
}  // namespace tests
