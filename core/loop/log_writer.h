// Log lines to a descriptor without ever blocking who logs: a thread of its own writes; what does not fit is
// dropped and counted. The count is a line of another log, or of this one once there is room.
//
//   thread's own LogBuffer --100 ms or 32 KiB--> LogWriter --its thread--> descriptor
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/loop/loop.h"
#include "core/loop/thread.h"

namespace core {

inline constexpr Duration kTellInterval = std::chrono::seconds(10);

struct LogWriterOptions {
  int descriptor = 1;  ///< not owned: a file, pipe, terminal or socket
  LogFormat format = LogFormat::text;
  LogPrefix prefix = LogPrefix::none;
  std::size_t capacity_bytes = std::size_t{8} << 20U;  ///< waiting to be written, at most
  Duration flush_limit{2000};  ///< how long the destructor waits for a slow reader, at most
  /// Hears of lines that were dropped, once in kTellInterval at most; borrowed. Null: this log itself.
  const Log* tell = nullptr;
  std::string name{};  ///< as `tell` calls this log
};

/// Takes lines from any thread under a short lock. A descriptor that fails (a closed pipe, a full disk) drops
/// lines, it stops nothing.
class LogWriter final : public LogSink {
 public:
  /// `clock` stamps the line that tells of dropped lines; it must outlive the writer.
  LogWriter(const LogWriterOptions& options, const Clock& clock);
  /// Writes what is waiting, for at most flush_limit.
  ~LogWriter() override;
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  void write(std::string_view lines) override;
  [[nodiscard]] std::uint64_t dropped_lines() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  enum class Kind { file, socket, other };
  void run();
  void write_out(std::string_view lines);
  [[nodiscard]] bool wait_for_room() const;
  void tell_dropped();
  void tell_another(std::uint64_t lines);

  const LogWriterOptions options_;
  const Clock& clock_;
  const Kind kind_;
  std::atomic<std::uint64_t> dropped_{0};
  std::uint64_t told_ = 0;  // of dropped_, by the thread
  std::int64_t may_tell_at_ = 0;
  std::atomic<bool> ending_{false};
  std::atomic<std::int64_t> give_up_at_{0};  // steady nanoseconds, set before ending_

  std::mutex mutex_;
  std::condition_variable wake_;
  std::string waiting_;  // guarded by mutex_
  Thread thread_;        // last: it uses all of the above
};

/// One loop's own buffer in front of a shared sink, so that a line costs a copy and no lock. Calls from the
/// loop's thread only. Hands over at 32 KiB, 100 ms after the first line, and when destroyed.
class LogBuffer final : public LogSink {
 public:
  LogBuffer(Loop& loop, LogSink& to);
  ~LogBuffer() override;
  LogBuffer(const LogBuffer&) = delete;
  LogBuffer& operator=(const LogBuffer&) = delete;

  void write(std::string_view lines) override;
  void hand_over();

 private:
  LogSink& to_;
  std::string lines_;
  Timer timer_;
};

}  // namespace core
