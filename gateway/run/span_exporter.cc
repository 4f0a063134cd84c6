#include "gateway/run/span_exporter.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/loop/wait.h"
#include "core/text/protobuf.h"
#include "tls/acme/problem.h"

namespace gateway {
namespace {

// Numbers of trace_service.proto, trace.proto, resource.proto and common.proto.
constexpr unsigned kResourceSpans = 1;
constexpr unsigned kResource = 1;
constexpr unsigned kScopeSpans = 2;
constexpr unsigned kScope = 1;
constexpr unsigned kSchema = 3;
constexpr unsigned kAttributes = 1;
constexpr unsigned kKey = 1;
constexpr unsigned kValue = 2;
constexpr unsigned kText = 1;
constexpr unsigned kName = 1;
constexpr unsigned kVersion = 2;
constexpr std::string_view kSchemaUrl = "https://opentelemetry.io/schemas/1.27.0";

constexpr std::size_t kMostAnswerBytes = 64UL * 1024;
constexpr core::Duration kFirstPause{1'000};

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

void add(core::ProtobufWriter& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out.message(kAttributes, [key, value](core::ProtobufWriter& pair) {
    pair.bytes(kKey, key);
    pair.message(kValue, [value](core::ProtobufWriter& any) { any.bytes(kText, value); });
  });
}

std::string resource_of(const config::Tracing& settings) {
  std::string resource;
  core::ProtobufWriter out(resource);
  add(out, "service.name", settings.service_name);
  add(out, "service.version", GATEWAY_VERSION);
  add(out, "host.name", host_name());
  return resource;
}

/// The specification's list (OTLP, "Retryable Response Codes").
bool is_passing(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

SpanExporter::SpanExporter(const config::Tracing& settings, SpanExporterParts parts)
    : settings_(settings),
      parts_(parts),
      resource_(resource_of(settings)),
      timer_(parts_.loop, [this] { look(); }) {}

void SpanExporter::take(std::string spans, std::size_t count) {
  const std::lock_guard lock(mutex_);
  if (waiting_bytes_ + spans.size() > kMostWaitingBytes) {
    parts_.counts.dropped.fetch_add(count, std::memory_order_relaxed);
    return;
  }
  waiting_bytes_ += spans.size();
  waiting_.push_back({std::move(spans), count});
}

void SpanExporter::start() {
  timer_.arm(kLookInterval);
}

bool SpanExporter::is_idle() {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() && current_.count == 0;
}

void SpanExporter::look() {
  if (!sending_.is_running() && !is_idle())
    sending_.start(send_all(), [](const core::Result<core::Done>&) {});
  timer_.arm(kLookInterval);
}

/// As many batches as make one request. False: nothing waits.
bool SpanExporter::take_next() {
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty() &&
         (current_.count == 0 || current_.spans.size() + waiting_.front().spans.size() <= kMostSentBytes)) {
    Batch& first = waiting_.front();
    waiting_bytes_ -= first.spans.size();
    current_.count += first.count;
    current_.spans.append(first.spans);
    waiting_.pop_front();
  }
  return current_.count > 0;
}

core::Flow<> SpanExporter::send_all() {
  while (current_.count > 0 || take_next()) {
    core::Duration pause = kFirstPause;
    for (int tries = 1;; ++tries) {
      Outcome outcome = co_await post();
      const bool is_over = !outcome.may_try_again || tries == kTries;
      if (is_over) settle(outcome);
      if (is_over) break;
      const core::Duration least = outcome.pause.value_or(core::Duration::zero());
      const core::Duration rest = std::min(std::max(with_jitter(pause), least), kLongestPause);
      co_await core::sleep_for(parts_.loop, rest);
      pause = std::min(2 * pause, kLongestPause);
    }
  }
  co_return core::done();
}

/// Replicas whose collector was away do not all come back at once.
core::Duration SpanExporter::with_jitter(core::Duration pause) {
  const auto half = static_cast<std::uint64_t>(pause.count() / 2);
  return core::Duration(static_cast<core::Duration::rep>(half + parts_.random.below(half + 1)));
}

core::Flow<> SpanExporter::send_the_rest() {
  while (current_.count > 0 || take_next()) {
    const Outcome outcome = co_await post();
    settle(outcome);
  }
  co_return core::done();
}

core::Flow<> SpanExporter::finish(core::Duration patience) {
  timer_.disarm();
  sending_.cancel();
  const auto deadline = core::Deadline::after(parts_.loop, patience);
  co_await core::attempt(core::within(parts_.loop, deadline, send_the_rest()));
  co_return core::done();
}

core::Flow<SpanExporter::Outcome> SpanExporter::post() {
  core::FetchRequest request;
  request.method = "POST";
  request.url = settings_.otlp;
  request.fields.emplace_back("Content-Type", "application/x-protobuf");
  for (const auto& [name, value] : settings_.headers) request.fields.emplace_back(name, value.value.reveal());
  request.body = message_of(current_.spans);
  const core::FetchLimits limits{kMostAnswerBytes, kRequestTime};
  core::Flow<core::FetchResponse> asked = parts_.client.fetch(std::move(request), limits);
  const core::Result<core::FetchResponse> answer = co_await core::attempt(std::move(asked));
  Outcome outcome;
  if (!answer) {
    outcome.may_try_again = true;
    outcome.reason = answer.error().text;
    co_return outcome;
  }
  outcome.is_taken = answer->status >= 200 && answer->status < 300;
  outcome.may_try_again = is_passing(answer->status);
  outcome.reason = "status " + std::to_string(answer->status);
  outcome.pause = tls::read_retry_after(answer->field("Retry-After"), parts_.loop.clock().wall());
  co_return outcome;
}

void SpanExporter::settle(const Outcome& outcome) {
  const std::size_t count = std::exchange(current_, Batch()).count;
  if (outcome.is_taken) {
    parts_.counts.exported += count;
    if (std::exchange(is_failing_, false)) parts_.log.info("the trace collector takes spans again");
    return;
  }
  parts_.counts.refused += count;
  if (!std::exchange(is_failing_, true)) {
    parts_.log.warn("the trace collector does not take spans; requests go on without",
                    {{"collector", settings_.otlp.text()}, {"spans", count}, {"error", outcome.reason}});
  }
}

std::string SpanExporter::message_of(const std::string& spans) const {
  std::string scope_spans;
  core::ProtobufWriter scope(scope_spans);
  scope.message(kScope, [](core::ProtobufWriter& out) {
    out.bytes(kName, "gateway");
    out.bytes(kVersion, GATEWAY_VERSION);
  });
  scope.bytes(kSchema, kSchemaUrl);
  scope_spans.append(spans);
  std::string message;
  core::ProtobufWriter(message).message(kResourceSpans, [&](core::ProtobufWriter& out) {
    out.bytes(kResource, resource_);
    out.bytes(kScopeSpans, scope_spans);
  });
  return message;
}

}  // namespace gateway
