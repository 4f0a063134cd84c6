// Lines reach the descriptor whole and in order; a slow or dead reader never holds up who logs.
#include "core/loop/log_writer.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace core {
namespace {

struct Pipe {
  Pipe() {
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    std::signal(SIGPIPE, SIG_IGN);
  }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  void close_reader() {
    if (ends[0] >= 0) ::close(std::exchange(ends[0], -1));
  }
  void close_writer() {
    if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
  }
  /// Everything until all writers are gone.
  std::string read_all() {
    std::string text;
    std::array<char, 4096> scratch{};
    for (;;) {
      const ssize_t count = ::read(ends[0], scratch.data(), scratch.size());
      if (count <= 0) return text;
      text.append(scratch.data(), static_cast<std::size_t>(count));
    }
  }
  std::string read_until(std::string_view end) {
    std::string text;
    char byte = 0;
    while (!text.ends_with(end) && ::read(ends[0], &byte, 1) == 1) text += byte;
    return text;
  }
  std::array<int, 2> ends{};
};

struct Sink final : LogSink {
  void write(std::string_view lines) override {
    ++calls;
    text.append(lines);
  }
  int calls = 0;
  std::string text;
};

const ManualClock kClock(from_unix_seconds(1'800'000'000));

TEST_CASE("lines of many threads arrive whole, those of one thread in order, all before the end") {
  constexpr int kThreads = 4;
  constexpr int kLines = 2000;
  Pipe pipe;
  std::string text;
  std::thread reader([&] { text = pipe.read_all(); });
  {
    LogWriter writer({.descriptor = pipe.ends[1]}, kClock);
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&writer, thread] {
        for (int i = 0; i < kLines; ++i) {
          writer.write(std::to_string(thread) + " " + std::to_string(i) + " some text to make it longer\n");
        }
      });
    }
  }
  pipe.close_writer();
  reader.join();
  std::array<int, kThreads> next{};
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    const auto thread = static_cast<std::size_t>(text[at] - '0');
    REQUIRE(thread < kThreads);
    CHECK(text.substr(at, end - at) ==
          std::to_string(thread) + " " + std::to_string(next[thread]++) + " some text to make it longer");
    at = end + 1;
  }
  for (const int lines : next) CHECK(lines == kLines);
}

TEST_CASE("lines are written without waiting for the end") {
  Pipe pipe;
  LogWriter writer({.descriptor = pipe.ends[1]}, kClock);
  writer.write("first\n");
  CHECK(pipe.read_until("\n") == "first\n");
  writer.write("second\n");
  CHECK(pipe.read_until("\n") == "second\n");
}

TEST_CASE("with a reader that does not read, lines are dropped, counted, and told when it reads again") {
  Pipe pipe;
  std::string text;
  std::thread reader;
  std::uint64_t dropped = 0;
  {
    LogWriter writer({.descriptor = pipe.ends[1], .format = LogFormat::json, .capacity_bytes = 10'000},
                     kClock);
    const std::string line = std::string(999, 'x') + "\n";
    for (int i = 0; i < 1000; ++i) writer.write(line);
    dropped = writer.dropped_lines();
    reader = std::thread([&] { text = pipe.read_all(); });
  }
  pipe.close_writer();
  reader.join();
  std::size_t arrived = 0;
  for (std::size_t at = text.find("xxx\n"); at != std::string::npos; at = text.find("xxx\n", at + 1))
    ++arrived;
  CHECK(dropped > 800);
  CHECK(arrived + dropped == 1000);
  CHECK(text.find("log lines were dropped") != std::string::npos);
}

TEST_CASE("a line of the writer's own has the priority that the others have") {
  Pipe pipe;
  {
    LogWriter writer({.descriptor = pipe.ends[1], .prefix = LogPrefix::priority, .capacity_bytes = 10},
                     kClock);
    writer.write("far more than ten bytes\n");
    writer.write("<6>short\n");
  }
  pipe.close_writer();
  const std::string text = pipe.read_all();
  CHECK(text.starts_with("<6>short\n<4>"));
  CHECK(text.find("log lines were dropped") != std::string::npos);
}

TEST_CASE("the end does not wait for ever for a reader that does not read") {
  Pipe pipe;
  const auto start = std::chrono::steady_clock::now();
  {
    LogWriter writer({.descriptor = pipe.ends[1], .flush_limit = Duration(100)}, kClock);
    for (int i = 0; i < 1000; ++i) writer.write(std::string(999, 'x') + "\n");
  }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("a reader that is gone drops lines and stops nothing") {
  Pipe pipe;
  pipe.close_reader();
  LogWriter writer({.descriptor = pipe.ends[1]}, kClock);
  writer.write("lost\n");
  while (writer.dropped_lines() == 0) std::this_thread::yield();
  writer.write("lost as well\n");
}

TEST_CASE("another log hears of lines that a full disk takes no more, at once and then not of each") {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  Sink heard;
  const Log log(heard, LogFormat::json, LogLevel::info, kClock);
  {
    LogWriter writer({.descriptor = full, .tell = &log, .name = "access"}, kClock);
    for (std::uint64_t i = 1; i <= 5; ++i) {
      writer.write("lost\n");
      while (writer.dropped_lines() < i) std::this_thread::yield();
    }
  }
  CHECK(heard.calls == 2);
  CHECK(heard.text.find(R"("log":"access","lines":1})") != std::string::npos);
  CHECK(heard.text.find(R"("log":"access","lines":4})") != std::string::npos);
  ::close(full);
}

TEST_CASE("a socket is written without blocking") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  {
    LogWriter writer({.descriptor = ends[1], .flush_limit = Duration(100)}, kClock);
    for (int i = 0; i < 2000; ++i) writer.write(std::string(999, 'x') + "\n");
  }
  char byte = 0;
  CHECK(::read(ends[0], &byte, 1) == 1);
  for (const int end : ends) ::close(end);
}

TEST_CASE("a buffer hands over after a while, when it is full, and at its end") {
  ManualClock clock(from_unix_seconds(1'800'000'000));
  Loop loop(clock);
  Sink sink;
  {
    LogBuffer buffer(loop, sink);
    buffer.write("one\n");
    buffer.write("two\n");
    clock.advance(Duration(99));
    loop.turn(false);
    CHECK(sink.calls == 0);
    clock.advance(Duration(1));
    loop.turn(false);
    CHECK(sink.text == "one\ntwo\n");
    CHECK(sink.calls == 1);
    const std::string line = std::string(1023, 'x') + "\n";
    for (int i = 0; i < 32; ++i) buffer.write(line);
    CHECK(sink.calls == 2);
    buffer.write("last\n");
    CHECK(sink.calls == 2);
  }
  CHECK(sink.text.ends_with("last\n"));
}

}  // namespace
}  // namespace core
