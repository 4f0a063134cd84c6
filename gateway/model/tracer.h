// Tracer: one worker's under one configuration. Says which trace a request belongs to, and hands its spans
// over for the collector. What is not sampled costs its ids alone.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/types_tracing.h"
#include "core/crypto/random.h"
#include "core/http/fields.h"
#include "core/loop/loop.h"
#include "gateway/model/trace.h"

namespace gateway {

/// Where spans go. From any thread; never blocks.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  /// `spans` as append_span wrote them, `count` of them.
  virtual void take(std::string spans, std::size_t count) = 0;
};

class Tracer {
 public:
  static constexpr std::size_t kMostWaitingBytes = 64UL * 1024;
  static constexpr core::Duration kLongestWait = std::chrono::seconds(1);

  /// All borrowed. `has_trusted_proxies`: who goes on with a trace has to be one of them.
  Tracer(const config::Tracing& settings, bool has_trusted_proxies, core::Loop& loop, core::Random& random,
         SpanSink& to);
  /// Hands over what is left.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// Of a request that begins. `id` is its 32 hexadecimal digits, which become those of a trace that begins
  /// here; `is_from_proxy`: a trusted proxy sent it.
  Trace begin(std::string_view id, const core::Fields& fields, bool is_from_proxy);
  /// For a span within a trace.
  core::SpanId new_span();
  void end(const Trace& trace, const ServerSpan& span);
  void end(const Trace& trace, const core::SpanId& id, const ClientSpan& span);
  /// What waits goes now.
  void hand_over();

 private:
  [[nodiscard]] bool draws(const core::TraceId& trace) const;
  [[nodiscard]] bool goes_on(bool is_from_proxy) const;
  void note();

  const bool continues_;
  const bool has_trusted_proxies_;
  const std::uint64_t sampled_below_;  // of 2^63
  core::Random& random_;
  SpanSink& to_;
  std::string spans_;
  std::size_t count_ = 0;
  core::Timer timer_;
};

}  // namespace gateway
