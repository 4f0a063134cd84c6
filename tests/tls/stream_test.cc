#include "tls/stream.h"

#include <openssl/err.h>

#include <array>
#include <string>
#include <vector>

#include "tests/tls/support/counting_stream.h"
#include "tests/tls/support/parties.h"
#include "tests/tls/support/raw_client.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using State = core::ReadOutcome::State;

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 12345;
  for (char& c : text) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return text;
}

/// Counts what a stream tells its owner.
struct Told final : core::StreamEvents {
  int readable = 0;
  int writable = 0;
  void on_readable() override { ++readable; }
  void on_writable() override { ++writable; }
};

std::pair<StreamOwner, StreamOwner> counted_pair(Thread& thread, WireCounts& client, WireCounts& server) {
  auto wire = core::make_stream_pair(thread.loop);
  return {std::make_unique<CountingStream>(std::move(wire.first), client),
          std::make_unique<CountingStream>(std::move(wire.second), server)};
}

TEST_CASE("bytes arrive as they were sent, in both directions") {
  Thread thread;
  Connected both = connect(thread, core::make_stream_pair(thread.loop));
  CHECK(say(*both.client, "GET / HTTP/1.1\r\n\r\n") == 18);
  thread.settle();
  CHECK(hear(*both.server).bytes == "GET / HTTP/1.1\r\n\r\n");
  CHECK(say(*both.server, std::string("answer\0with zero", 16)) == 16);
  thread.settle();
  CHECK(hear(*both.client).bytes == std::string("answer\0with zero", 16));
}

TEST_CASE("a request costs one read of the wire and its answer one write") {
  Thread thread;
  WireCounts client;
  WireCounts server;
  Connected both = connect(thread, counted_pair(thread, client, server));
  hear(*both.client);
  server = WireCounts();
  client = WireCounts();
  for (int request = 1; request <= 100; ++request) {
    say(*both.client, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    thread.settle();
    CHECK_FALSE(hear(*both.server).bytes.empty());
    const std::array<std::string_view, 3> pieces{"HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n\r\n", "hello"};
    CHECK(both.server->write(pieces) == 43);
    CHECK(server.reads_with_bytes == request);
    CHECK(server.writes == request);
    thread.settle();
    CHECK(hear(*both.client).bytes.ends_with("\r\n\r\nhello"));
    CHECK(client.reads_with_bytes == request);
  }
  // Small pieces share a record: 43 bytes of plaintext and 22 around them.
  CHECK(server.bytes_written == 100 * (43 + 22));
}

TEST_CASE("48 KiB and their framing leave in one write of the wire, in full records") {
  Thread thread;
  WireCounts client;
  WireCounts server;
  Connected both = connect(thread, counted_pair(thread, client, server));
  server = WireCounts();
  const std::string body = pattern(48 * 1024);
  const std::array<std::string_view, 3> pieces{"head\r\n", "", body};
  CHECK(both.server->write(pieces) == body.size() + 6);
  CHECK(server.writes == 1);
  CHECK(server.bytes_written == body.size() + 6 + 4 * 22);
  std::string got;
  thread.until([&] {
    got += hear(*both.client).bytes;
    return got.size() == body.size() + 6;
  });
  CHECK(got == "head\r\n" + body);
}

TEST_CASE("large transfers with a slow reader arrive whole and are not buffered without bound") {
  Thread thread;
  Connected both = connect(thread, core::make_stream_pair(thread.loop));
  Told told;
  both.server->attach(&told);
  const std::string body = pattern(8 * 1024 * 1024);
  std::size_t sent = 0;
  std::size_t largest_step = 0;
  const auto send = [&] {
    while (sent < body.size()) {
      const std::size_t taken = say(*both.server, std::string_view(body).substr(sent));
      sent += taken;
      largest_step = std::max(largest_step, taken);
      if (sent < body.size()) return;
    }
  };
  send();
  const std::size_t first = sent;
  CHECK(first < body.size());
  // Nothing is taken while the reader does not read.
  CHECK(say(*both.server, std::string_view(body).substr(sent)) == 0);
  thread.settle();
  CHECK(told.writable == 0);
  std::string got;
  int seen = 0;
  thread.until([&] {
    std::array<char, 7001> into;
    const core::ReadOutcome outcome = both.client->read(into);
    if (outcome.state == State::bytes) got.append(into.data(), outcome.count);
    if (told.writable > seen) {
      seen = told.writable;
      send();
    }
    return got.size() == body.size();
  });
  CHECK(got.size() == body.size());
  CHECK(got == body);
  CHECK(told.writable > 0);
}

TEST_CASE("a wire that brings one byte at a time changes nothing") {
  Thread thread;
  WireCounts client;
  WireCounts server;
  server.largest_read = 1;
  client.largest_read = 1;
  Connected both = connect(thread, counted_pair(thread, client, server));
  const std::string text = pattern(40'000);
  CHECK(say(*both.client, text) == text.size());
  std::string got;
  thread.until([&] {
    got += hear(*both.server).bytes;
    return got.size() == text.size();
  });
  CHECK(got == text);
}

TEST_CASE("streams that stop in the middle of one read keep their bytes apart") {
  Thread thread;
  std::vector<Connected> all;
  for (int i = 0; i < 3; ++i) all.push_back(connect(thread, core::make_stream_pair(thread.loop)));
  std::vector<std::string> texts;
  std::vector<std::string> got(3);
  for (std::size_t i = 0; i < 3; ++i) {
    texts.push_back(std::string(1, static_cast<char>('a' + i)) + pattern(50'000));
    CHECK(say(*all[i].client, texts[i]) == texts[i].size());
  }
  thread.settle();
  // Each in turn takes little: the ciphertext behind it stays its own.
  thread.until([&] {
    for (std::size_t i = 0; i < 3; ++i) {
      std::array<char, 777> into;
      const core::ReadOutcome outcome = all[i].server->read(into);
      if (outcome.state == State::bytes) got[i].append(into.data(), outcome.count);
    }
    return got[0].size() == texts[0].size() && got[1].size() == texts[1].size() &&
           got[2].size() == texts[2].size();
  });
  CHECK(got == texts);
}

TEST_CASE("a stream destroyed with unread bytes leaves the next one clean") {
  Thread thread;
  Connected first = connect(thread, core::make_stream_pair(thread.loop));
  Connected second = connect(thread, core::make_stream_pair(thread.loop));
  say(*first.client, pattern(30'000));
  say(*second.client, "mine");
  thread.settle();
  std::array<char, 10> into;
  CHECK(first.server->read(into).count == 10);
  first.server.reset();
  CHECK(hear(*second.server).bytes == "mine");
}

TEST_CASE("end says close_notify, and the other side sees an end in order") {
  Thread thread;
  Connected both = connect(thread, core::make_stream_pair(thread.loop));
  say(*both.server, "last words");
  both.server->end();
  thread.settle();
  const Heard heard = hear(*both.client);
  CHECK(heard.bytes == "last words");
  CHECK(heard.last == State::end);
  CHECK(hear(*both.client).last == State::end);
  // The other direction stays open.
  say(*both.client, "still here");
  thread.settle();
  CHECK(hear(*both.server).bytes == "still here");
  const std::array<std::string_view, 1> pieces{"more"};
  CHECK_FALSE(both.server->write(pieces));
}

TEST_CASE("a connection that breaks after close_notify is known to be broken") {
  Thread thread;
  Connected both = connect(thread, core::make_stream_pair(thread.loop));
  both.client->end();
  thread.settle();
  CHECK(hear(*both.server).last == State::end);
  CHECK(hear(*both.server).last == State::end);
  both.client->abort();
  thread.settle();
  CHECK(hear(*both.server).last == State::failed);
  const std::array<std::string_view, 1> pieces{"more"};
  CHECK_FALSE(both.server->write(pieces));
}

TEST_CASE("what is sealed and has not left is not said to be taken, and leaves once") {
  Thread thread;
  WireCounts client;
  WireCounts server;
  Connected both = connect(thread, counted_pair(thread, client, server));
  server.room = 100;
  const std::string body = pattern(5000);
  CHECK(say(*both.server, body) == 4999);
  CHECK(say(*both.server, body.substr(4999)) == 0);
  server.room = SIZE_MAX;
  server.events->on_writable();
  CHECK(say(*both.server, body.substr(4999)) == 1);
  std::string got;
  thread.until([&] {
    got += hear(*both.client).bytes;
    return got.size() >= body.size();
  });
  CHECK(got == body);
}

TEST_CASE("end waits for what the wire has not taken") {
  Thread thread;
  WireCounts client;
  WireCounts server;
  Connected both = connect(thread, counted_pair(thread, client, server));
  const std::string body = pattern(4 * 1024 * 1024);
  const std::size_t taken = say(*both.server, body);
  CHECK(taken < body.size());
  both.server->end();
  CHECK_FALSE(server.ended);
  Heard heard;
  std::string got;
  thread.until([&] {
    heard = hear(*both.client);
    got += heard.bytes;
    return heard.last == State::end;
  });
  CHECK(heard.last == State::end);
  CHECK(server.ended);
  CHECK(got == body.substr(0, taken));
}

TEST_CASE("an end of the wire without close_notify is a truncation, not an end") {
  Thread thread;
  const auto authority = make_authority("root");
  Server server(thread, table_of({make_certificate(*authority, {"a.test"})}));
  auto wire = core::make_stream_pair(thread.loop);
  server.accept(std::move(wire.second));
  RawOptions options;
  options.server_name = "a.test";
  RawClient client(thread, std::move(wire.first), options);
  client.shake([&] { return server.has_ended(); });
  client.write("half of a requ");
  client.wire().end();
  thread.settle();
  const Heard heard = hear(*server.outcome()->stream);
  CHECK(heard.bytes == "half of a requ");
  CHECK(heard.last == State::failed);
  CHECK(hear(*server.outcome()->stream).last == State::failed);
}

TEST_CASE("abort is seen as a failure, never as an end") {
  Thread thread;
  Connected both = connect(thread, core::make_stream_pair(thread.loop));
  say(*both.server, "x");
  both.server->abort();
  thread.settle();
  CHECK(hear(*both.client).last == State::failed);
  CHECK(hear(*both.server).last == State::failed);
}

TEST_CASE("a changed byte breaks the stream for good and the other side is told") {
  Thread thread;
  const auto authority = make_authority("root");
  Server server(thread, table_of({make_certificate(*authority, {"a.test"})}));
  auto wire = core::make_stream_pair(thread.loop);
  server.accept(std::move(wire.second));
  RawOptions options;
  options.server_name = "a.test";
  RawClient client(thread, std::move(wire.first), options);
  client.shake([&] { return server.has_ended(); });
  client.read();
  const std::string record = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  say(client.wire(), record);
  thread.settle();
  CHECK(hear(*server.outcome()->stream).last == State::failed);
  CHECK(hear(*server.outcome()->stream).last == State::failed);
  const std::array<std::string_view, 1> pieces{"more"};
  CHECK_FALSE(server.outcome()->stream->write(pieces));
  thread.settle();
  CHECK(client.read().empty());
  CHECK(SSL_get_shutdown(client.native()) == SSL_RECEIVED_SHUTDOWN);
}

}  // namespace
}  // namespace tests
