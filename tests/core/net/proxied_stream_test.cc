// A balancer's connection: its header is taken off, and nothing behind it is lost.
#include "core/net/proxied_stream.h"

#include "tests/core/net/support/net_fixture.h"

#include <optional>

#include "core/net/prefixed_stream.h"

namespace core {
namespace {

using net_test::StreamOwner;
using State = ReadOutcome::State;

constexpr std::string_view kHeader = "PROXY TCP4 192.0.2.1 198.51.100.2 57090 443\r\n";
constexpr Duration kHeaderTime = std::chrono::seconds(10);

struct BalancerFixture : net_test::NetFixture {
  BalancerFixture() {
    auto [one, two] = make_stream_pair(loop);
    balancer = std::make_unique<StreamOwner>(std::move(one));
    arriving = std::move(two);
    loop.turn(true);  // the first edges: writable
  }
  void take(ProxyHeaderNeed need = ProxyHeaderNeed::required) {
    taking.start(take_proxy_header(loop, std::move(arriving), need, Deadline::after(loop, kHeaderTime)),
                 [this](Result<ProxiedStream> result) { taken = std::move(result); });
  }
  void send(std::string_view text) {
    balancer->write(text);
    loop.turn(true);
  }
  /// What the next owner reads.
  std::string rest() {
    REQUIRE(taken->has_value());
    StreamOwner owner(std::move((*taken)->stream));
    owner.drain();
    return owner.received;
  }
  std::string source() {
    REQUIRE(taken.has_value());
    REQUIRE(taken->has_value());
    return (*taken)->header && (*taken)->header->ends ? (*taken)->header->ends->source.text() : "";
  }

  std::unique_ptr<StreamOwner> balancer;
  std::unique_ptr<ByteStream> arriving;
  std::optional<Result<ProxiedStream>> taken;
  RunningFlow<ProxiedStream> taking;
};

TEST_CASE_FIXTURE(BalancerFixture, "a header and a greeting that come together are told apart") {
  const std::string greeting(20'000, 'h');  // more than one read
  balancer->write(std::string(kHeader) + greeting);
  loop.turn(true);
  take();
  CHECK(source() == "192.0.2.1:57090");
  CHECK(rest() == greeting);
}

TEST_CASE_FIXTURE(BalancerFixture, "a header that comes byte by byte is read, and what follows later too") {
  take();
  for (const char byte : kHeader) {
    CHECK_FALSE(taken.has_value());
    send({&byte, 1});
  }
  CHECK(source() == "192.0.2.1:57090");
  StreamOwner owner(std::move((*taken)->stream));
  owner.drain();
  CHECK(owner.received.empty());
  send("hello");
  CHECK(owner.received == "hello");
}

TEST_CASE_FIXTURE(BalancerFixture, "a connection that ends without a byte is no error of anybody") {
  take();
  balancer->stream->end();
  loop.turn(true);
  REQUIRE(taken.has_value());
  CHECK(taken->error().kind == ErrorKind::closed);
}

TEST_CASE_FIXTURE(BalancerFixture, "a connection that ends within its header is malformed") {
  take();
  send("PROXY TC");
  balancer->stream->end();
  loop.turn(true);
  REQUIRE(taken.has_value());
  CHECK(taken->error().kind == ErrorKind::malformed);
}

TEST_CASE_FIXTURE(BalancerFixture, "F13: bytes without the header that is required end the connection") {
  take();
  send("\x16");
  REQUIRE(taken.has_value());
  CHECK(taken->error().kind == ErrorKind::malformed);
  loop.turn(true);
  balancer->drain();
  CHECK(balancer->last != State::would_block);
}

TEST_CASE_FIXTURE(BalancerFixture, "bytes without a header are the connection's own where none is required") {
  take(ProxyHeaderNeed::optional);
  send("GET / HTTP/1.1\r\n");
  REQUIRE(taken.has_value());
  CHECK_FALSE((*taken)->header.has_value());
  CHECK(rest() == "GET / HTTP/1.1\r\n");
}

TEST_CASE_FIXTURE(BalancerFixture, "a malformed header ends the connection even where none is required") {
  take(ProxyHeaderNeed::optional);
  send("PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n");
  REQUIRE(taken.has_value());
  CHECK(taken->error().kind == ErrorKind::malformed);
}

TEST_CASE_FIXTURE(BalancerFixture, "F12: a header that does not come in time ends the connection") {
  for (const std::string_view begun : {"", "P", "PROXY TCP4 192."}) {
    BalancerFixture fresh;
    fresh.take();
    if (!begun.empty()) fresh.send(begun);
    fresh.pass(kHeaderTime - std::chrono::milliseconds(1));
    CHECK_FALSE(fresh.taken.has_value());
    fresh.pass(std::chrono::milliseconds(2));
    REQUIRE(fresh.taken.has_value());
    CHECK(fresh.taken->error().kind == ErrorKind::timed_out);
  }
}

TEST_CASE_FIXTURE(BalancerFixture, "one that is given up while it waits lets go of its stream") {
  take();
  send("PROXY");
  taking.cancel();
  loop.turn(false);
  loop.turn(false);
  balancer->drain();
  CHECK(balancer->last != State::would_block);
  CHECK_FALSE(taken.has_value());
}

TEST_CASE_FIXTURE(BalancerFixture, "bytes read too far come back in pieces of any size, then the rest") {
  balancer->write("world");
  loop.turn(true);
  PrefixedStream stream(std::move(arriving), "hello ");
  std::string all;
  std::array<char, 4> piece{};
  for (ReadOutcome outcome = stream.read(piece); outcome.state == State::bytes; outcome = stream.read(piece))
    all.append(piece.data(), outcome.count);
  CHECK(all == "hello world");
}

}  // namespace
}  // namespace core
