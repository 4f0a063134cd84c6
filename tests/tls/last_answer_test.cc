// The last answer of a connection, on its way to a client that reads slowly.
#include <string>

#include "core/http/h1_server.h"
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

}  // namespace
}  // namespace tests
