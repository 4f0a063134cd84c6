// What a request is traced by, and what its spans say: OpenTelemetry's semantic conventions for HTTP. No
// query, cookie, token or name of a person is in any.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/text/traceparent.h"

namespace gateway {

/// Of one request; made by a Tracer.
struct Trace {
  core::Traceparent own;                    ///< span: the request's own
  std::optional<core::SpanId> parent;       ///< of a trace that is gone on with
  std::optional<core::Traceparent> linked;  ///< of a trace that is not
  std::string state;                        ///< tracestate to pass on; empty: none
  std::array<char, 32> trace_text{};        ///< own.trace, for logs
  std::array<char, 16> span_text{};         ///< own.span, for logs
};

/// When something began and ended.
struct SpanTime {
  core::WallTime began;
  std::chrono::nanoseconds took{0};
};

/// A request, when it is over. Views live until it is written.
struct ServerSpan {
  SpanTime time;
  std::string_view method;
  std::string_view scheme;
  std::string_view host;
  std::uint16_t port = 0;
  std::string_view path;
  std::string_view route;  ///< empty: none matched
  std::string_view client;
  std::string_view protocol;  ///< "1.1", "2"
  std::string_view user_agent;
  std::string_view error;  ///< why it could not be answered to the end; empty: it was
  int status = 0;          ///< 0: ended without an answer
};

/// What an origin was asked for the sake of a request.
struct ClientSpan {
  SpanTime time;
  std::string_view method;
  std::string_view origin;  ///< its URL, without a path
  std::string_view error;   ///< a short word of ours; empty: it answered to the end
  int status = 0;           ///< 0: no answer
  unsigned resent = 0;      ///< origins that were asked before
};

/// Append one to a sequence of `spans` of a ScopeSpans message
/// (https://github.com/open-telemetry/opentelemetry-proto, trace.proto).
void append_span(std::string& out, const Trace& trace, const ServerSpan& span);
/// The same; `id` is the span's own, its parent is the request's.
void append_span(std::string& out, const Trace& trace, const core::SpanId& id, const ClientSpan& span);

}  // namespace gateway
