// The writing thread, and how it writes without getting stuck in write(2).
#include "core/loop/log_writer.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace core {
namespace {

// A pipe that polls writable takes PIPE_BUF bytes without blocking; more might wait for its reader.
constexpr std::size_t kSafeBytes = 4096;
constexpr int kPollMilliseconds = 50;
constexpr std::size_t kKeptCapacity = std::size_t{1} << 20U;

constexpr std::size_t kHandOverBytes = std::size_t{32} << 10U;
constexpr Duration kHandOverTime{100};

std::int64_t steady_nanoseconds() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

std::uint64_t count_lines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

/// Catches the one line that the writer logs itself.
class CollectingSink final : public LogSink {
 public:
  void write(std::string_view lines) override { text.append(lines); }
  std::string text;
};

}  // namespace

LogWriter::LogWriter(const LogWriterOptions& options, const Clock& clock)
    : options_(options),
      clock_(clock),
      kind_([&] {
        struct stat found{};
        if (::fstat(options.descriptor, &found) != 0) return Kind::other;
        if (S_ISREG(found.st_mode)) return Kind::file;
        return S_ISSOCK(found.st_mode) ? Kind::socket : Kind::other;
      }()),
      thread_("log", [this] { run(); }) {}

LogWriter::~LogWriter() {
  give_up_at_ = steady_nanoseconds() + std::chrono::nanoseconds(options_.flush_limit).count();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
}

void LogWriter::write(std::string_view lines) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + lines.size() > options_.capacity_bytes) {
      dropped_ += count_lines(lines);
      return;
    }
    was_empty = waiting_.empty();
    waiting_.append(lines);
  }
  if (was_empty) wake_.notify_one();
}

void LogWriter::run() {
  std::string batch;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !waiting_.empty() || ending_; });
      if (waiting_.empty()) break;
      batch.swap(waiting_);
    }
    write_out(batch);
    tell_dropped();
    batch.clear();
    if (batch.capacity() > kKeptCapacity) batch.shrink_to_fit();
  }
  if (options_.tell != nullptr) tell_dropped();
}

void LogWriter::write_out(std::string_view lines) {
  while (!lines.empty()) {
    if (!wait_for_room()) break;
    const std::size_t size = kind_ == Kind::file ? lines.size() : std::min(lines.size(), kSafeBytes);
    const ssize_t count = kind_ == Kind::socket
                              ? ::send(options_.descriptor, lines.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL)
                              : ::write(options_.descriptor, lines.data(), size);
    if (count >= 0) {
      lines.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
      break;
    }
  }
  dropped_ += count_lines(lines);
}

/// False when the writer is ending and the reader was too slow.
bool LogWriter::wait_for_room() const {
  for (;;) {
    pollfd room{.fd = options_.descriptor, .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&room, 1, kPollMilliseconds);
    if (ready > 0) return true;  // an error as well: the write says which
    if (ready < 0 && errno != EINTR) return true;
    if (ending_ && steady_nanoseconds() >= give_up_at_) return false;
  }
}

void LogWriter::tell_dropped() {
  const std::uint64_t dropped = dropped_;
  if (dropped == told_) return;
  if (options_.tell != nullptr) return tell_another(dropped);
  CollectingSink sink;
  const Log log(sink, options_.format, LogLevel::warn, clock_, options_.prefix);
  log.warn("log lines were dropped: the log's reader is too slow or gone", {{"lines", dropped - told_}});
  told_ = dropped;
  write_out(sink.text);
}

void LogWriter::tell_another(std::uint64_t dropped) {
  const std::int64_t now = steady_nanoseconds();
  if (now < may_tell_at_ && !ending_) return;
  may_tell_at_ = now + std::chrono::nanoseconds(kTellInterval).count();
  options_.tell->error("log lines were dropped: the log cannot be written, or its reader is too slow",
                       {{"log", options_.name}, {"lines", dropped - told_}});
  told_ = dropped;
}

LogBuffer::LogBuffer(Loop& loop, LogSink& to) : to_(to), timer_(loop, [this] { hand_over(); }) {}

LogBuffer::~LogBuffer() {
  hand_over();
}

void LogBuffer::write(std::string_view lines) {
  if (lines_.empty()) timer_.arm(kHandOverTime);
  lines_.append(lines);
  if (lines_.size() >= kHandOverBytes) hand_over();
}

void LogBuffer::hand_over() {
  timer_.disarm();
  if (lines_.empty()) return;
  to_.write(lines_);
  lines_.clear();
}

}  // namespace core
