// SpanExporter: posts spans to a collector (OTLP over HTTP, protobuf), in the background. Control's. It keeps
// what the collector does not take at once, up to a bound; what is more is dropped and counted. Nothing waits
// for it but the end of the process, for a moment.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "config/types_tracing.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "gateway/model/tracer.h"

namespace gateway {

/// What became of spans. Written on control's thread but for `dropped`, read on it.
struct SpanCounts {
  std::uint64_t exported = 0;
  std::uint64_t refused = 0;              ///< by the collector, or given up after kTries
  std::atomic<std::uint64_t> dropped{0};  ///< there was no room
};

/// All borrowed.
struct SpanExporterParts {
  core::Loop& loop;
  core::Random& random;
  const core::Log& log;
  core::HttpClient& client;
  SpanCounts& counts;  ///< of the process
};

class SpanExporter final : public SpanSink {
 public:
  static constexpr std::size_t kMostWaitingBytes = 8UL * 1024 * 1024;
  static constexpr std::size_t kMostSentBytes = 1024UL * 1024;  ///< in one request, unless one batch is more
  static constexpr core::Duration kLookInterval{500};
  static constexpr core::Duration kRequestTime{10'000};
  static constexpr core::Duration kLongestPause{30'000};
  static constexpr int kTries = 5;  ///< of one request

  SpanExporter(const config::Tracing& settings, SpanExporterParts parts);

  // SpanSink, from any thread.
  void take(std::string spans, std::size_t count) override;

  /// On control's loop.
  void start();
  /// Sends what waits now, without pauses between tries; ends when nothing waits any more, or after
  /// `patience`.
  core::Flow<> finish(core::Duration patience);
  [[nodiscard]] bool is_idle();

 private:
  struct Batch {
    std::string spans;
    std::size_t count = 0;
  };
  /// What became of one request.
  struct Outcome {
    bool is_taken = false;
    bool may_try_again = false;
    std::optional<core::Duration> pause;  ///< that the collector asks for
    std::string reason;
  };
  void look();
  [[nodiscard]] bool take_next();
  core::Flow<> send_all();
  core::Flow<> send_the_rest();
  core::Flow<Outcome> post();
  void settle(const Outcome& outcome);
  core::Duration with_jitter(core::Duration pause);
  [[nodiscard]] std::string message_of(const std::string& spans) const;

  const config::Tracing& settings_;
  SpanExporterParts parts_;
  const std::string resource_;
  bool is_failing_ = false;  // and that was logged
  Batch current_;            // being sent
  std::mutex mutex_;
  std::deque<Batch> waiting_;      // guarded by mutex_
  std::size_t waiting_bytes_ = 0;  // the same
  core::Timer timer_;
  core::RunningFlow<> sending_;
};

}  // namespace gateway
