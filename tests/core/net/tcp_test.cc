// What a socket stream tells, reads, writes and keeps from asking.
#include "core/net/tcp.h"

#include "tests/core/net/support/net_fixture.h"

#include <netinet/tcp.h>

namespace core {
namespace {

using net_test::StreamOwner;
using State = ReadOutcome::State;

struct PairFixture : net_test::NetFixture {
  PairFixture() {
    auto [one, two] = make_stream_pair(loop);
    left = std::make_unique<StreamOwner>(std::move(one));
    right = std::make_unique<StreamOwner>(std::move(two));
    loop.turn(true);  // the first edges: writable
  }
  std::unique_ptr<StreamOwner> left;
  std::unique_ptr<StreamOwner> right;
};

/// One end is a stream on a real TCP connection, the other a plain socket.
struct TcpFixture : net_test::NetFixture {
  TcpFixture() {
    const ListeningSocket listener = net_test::listening();
    raw = net_test::raw_connection(*listener.local());
    const int accepted = ::accept4(listener.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    REQUIRE(accepted >= 0);
    int on = 0;
    socklen_t length = sizeof on;
    REQUIRE(::getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, &length) == 0);
    CHECK(on == 1);  // inherited from the listening socket
    owner = std::make_unique<StreamOwner>(make_tcp_stream(loop, accepted));
    loop.turn(true);
  }
  ~TcpFixture() {
    if (raw >= 0) ::close(raw);
  }
  int raw = -1;
  std::unique_ptr<StreamOwner> owner;
};

TEST_CASE_FIXTURE(PairFixture, "bytes arrive in order, in pieces, with one edge") {
  const std::array<std::string_view, 4> pieces{"one ", "", "two ", "three"};
  CHECK(left->stream->write(pieces).value() == 13);
  loop.turn(true);
  CHECK(right->received == "one two three");
  CHECK(right->readable == 1);
  CHECK(right->last == State::would_block);
  CHECK(right->writable == 0);
}

TEST_CASE_FIXTURE(PairFixture, "more pieces than one system call takes are written all the same") {
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) texts.push_back(std::to_string(i) + ",");
  std::string all;
  std::vector<std::string_view> pieces;
  for (const std::string& text : texts) {
    all += text;
    pieces.push_back(text);
  }
  CHECK(left->stream->write(pieces).value() == all.size());
  loop.turn(true);
  CHECK(right->received == all);
}

TEST_CASE_FIXTURE(PairFixture, "after a short read the system is not asked until an edge comes") {
  left->write("abc");
  loop.turn(true);
  CHECK(right->received == "abc");
  left->write("def");
  CHECK(right->stream->read(right->scratch).state == State::would_block);
  loop.turn(true);
  CHECK(right->received == "abcdef");
}

TEST_CASE_FIXTURE(PairFixture, "an owner that stopped reading goes on by itself") {
  right->reads = false;
  left->write(std::string(10'000, 'x'));
  loop.turn(true);
  loop.turn(false);
  CHECK(right->readable == 1);
  CHECK(right->received.empty());
  right->drain();
  CHECK(right->received.size() == 10'000);
}

TEST_CASE_FIXTURE(PairFixture, "the end in order comes after all bytes, however many read calls they take") {
  left->write(std::string(10'000, 'x'));
  left->stream->end();
  until([&] { return right->last == State::end; });
  CHECK(right->received.size() == 10'000);
  CHECK(right->stream->read(right->scratch).state == State::end);
  CHECK(right->write("still open this way") > 0);
  until([&] { return !left->received.empty(); });
  CHECK(left->received == "still open this way");
}

TEST_CASE_FIXTURE(PairFixture, "an end that comes alone is told") {
  left->write("abc");
  loop.turn(true);
  left->stream->end();
  until([&] { return right->last == State::end; });
  CHECK(right->received == "abc");
}

TEST_CASE_FIXTURE(PairFixture, "a full stream takes a part, and tells once when there is room") {
  const std::string text(4'000'000, 'x');
  right->reads = false;
  std::size_t sent = left->write(text);
  CHECK(sent > 0);
  REQUIRE(sent < text.size());
  CHECK(left->write("more") == 0);
  loop.turn(false);
  CHECK(left->writable == 0);
  left->on_room = [&] { sent += left->write(std::string_view(text).substr(sent)); };
  right->reads = true;
  right->drain();
  until([&] { return right->received.size() == text.size(); });
  CHECK(sent == text.size());
  CHECK(left->writable > 0);
}

TEST_CASE_FIXTURE(PairFixture, "nobody is told while nobody is attached, and the next owner goes on") {
  right->stream->attach(nullptr);
  left->write("kept");
  loop.turn(true);
  CHECK(right->readable == 0);
  StreamOwner next(std::move(right->stream));
  next.drain();
  CHECK(next.received == "kept");
}

TEST_CASE_FIXTURE(TcpFixture, "a reset is a failure, not an end") {
  net_test::close_with_reset(std::exchange(raw, -1));
  until([&] { return owner->last == State::failed; });
  CHECK_FALSE(owner->stream->write(std::array<std::string_view, 1>{"x"}).has_value());
}

TEST_CASE_FIXTURE(TcpFixture, "a reset that comes after an end in order is a failure all the same") {
  REQUIRE(::shutdown(raw, SHUT_WR) == 0);
  until([&] { return owner->last == State::end; });
  CHECK(owner->stream->read(owner->scratch).state == State::end);
  net_test::close_with_reset(std::exchange(raw, -1));
  until([&] { return owner->last == State::failed; });
  CHECK_FALSE(owner->stream->write(std::array<std::string_view, 1>{"x"}).has_value());
}

TEST_CASE_FIXTURE(TcpFixture, "a reset that came with the last bytes is found a little later") {
  REQUIRE(::send(raw, "abc", 3, 0) == 3);
  net_test::close_with_reset(std::exchange(raw, -1));
  until([&] { return !owner->received.empty(); });
  CHECK(owner->received == "abc");
  pass(std::chrono::seconds(1));
  CHECK(owner->last == State::failed);
}

TEST_CASE_FIXTURE(TcpFixture, "the look after a short read finds nothing on a healthy connection") {
  REQUIRE(::send(raw, "abc", 3, 0) == 3);
  until([&] { return !owner->received.empty(); });
  pass(std::chrono::seconds(1));
  CHECK(owner->last == State::would_block);
  CHECK(owner->readable == 1);
}

TEST_CASE_FIXTURE(TcpFixture, "what the peer sent before it reset is read although writing fails") {
  owner->reads = false;
  REQUIRE(::send(raw, "answer", 6, 0) == 6);
  net_test::close_with_reset(std::exchange(raw, -1));
  until([&] { return owner->readable > 0; });
  CHECK_FALSE(owner->stream->write(std::array<std::string_view, 1>{"body"}).has_value());
  owner->drain();
  CHECK(owner->received == "answer");
  CHECK(owner->last == State::failed);
}

TEST_CASE_FIXTURE(TcpFixture, "aborting shows the peer a reset") {
  owner->stream->abort();
  char byte = 0;
  CHECK(::recv(raw, &byte, 1, 0) == -1);
  CHECK(errno == ECONNRESET);
  CHECK(owner->stream->read(owner->scratch).state == State::failed);
  CHECK_FALSE(owner->stream->write(std::array<std::string_view, 1>{"x"}).has_value());
  owner->stream->end();
  owner->stream->abort();
}

TEST_CASE_FIXTURE(TcpFixture, "destroying closes in order") {
  owner.reset();
  char byte = 0;
  CHECK(::recv(raw, &byte, 1, 0) == 0);
}

/// Sends back what it gets.
struct Echo final : StreamEvents {
  explicit Echo(std::unique_ptr<ByteStream> s) : stream(std::move(s)) { stream->attach(this); }
  void on_readable() override {
    for (;;) {
      const ReadOutcome outcome = stream->read(scratch);
      if (outcome.state != State::bytes) return;
      const std::array pieces{std::string_view(scratch.data(), outcome.count)};
      CHECK(stream->write(pieces).value() == outcome.count);
    }
  }
  void on_writable() override { FAIL("the pair is never full"); }
  std::unique_ptr<ByteStream> stream;
  std::array<char, 4096> scratch{};
};

// `strace -c -e trace='!mmap' core_net_test -tc='a thousand echoes*'` counts the system calls; README.md has
// the numbers.
TEST_CASE_FIXTURE(PairFixture, "a thousand echoes come back") {
  const Echo echo(std::move(right->stream));
  const std::string message(100, 'x');
  for (std::size_t i = 1; i <= 1000; ++i) {
    left->write(message);
    until([&] { return left->received.size() == i * message.size(); });
  }
  CHECK(left->readable == 1000);
}

struct Destroyer final : StreamEvents {
  std::unique_ptr<ByteStream> stream;
  int told = 0;
  void on_readable() override {
    ++told;
    stream.reset();
  }
  void on_writable() override { ++told; }
};

TEST_CASE_FIXTURE(PairFixture, "a callback may destroy the stream") {
  Destroyer destroyer;
  destroyer.stream = std::move(right->stream);
  destroyer.stream->attach(&destroyer);
  left->write("x");
  loop.turn(true);
  CHECK(destroyer.told == 1);
  until([&] { return left->last == State::end || left->last == State::failed; });
}

}  // namespace
}  // namespace core
