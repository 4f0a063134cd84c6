#include "gateway/model/tracer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/check.h"

namespace gateway {
namespace {

constexpr unsigned kDrawnBits = 63;

/// The field's value, if it is there once.
std::optional<std::string_view> only_value(const core::Fields& fields, core::FieldId id) {
  return fields.count(id) == 1 ? fields.find(id) : std::nullopt;
}

/// Lines of one list (RFC 9110 section 5.3); empty unless they are a tracestate together.
std::string state_of(const core::Fields& fields) {
  std::string state;
  for (const core::Field& field : fields) {
    if (field.id != core::FieldId::tracestate) continue;
    if (!state.empty()) state.append(",");
    state.append(field.value);
  }
  return core::is_tracestate(state) ? state : std::string();
}

}  // namespace

Tracer::Tracer(const config::Tracing& settings, bool has_trusted_proxies, core::Loop& loop,
               core::Random& random, SpanSink& to)
    : continues_(settings.inbound == config::InboundTrace::continue_it),
      has_trusted_proxies_(has_trusted_proxies),
      sampled_below_(static_cast<std::uint64_t>(std::ldexp(settings.sample, kDrawnBits))),
      random_(random),
      to_(to),
      timer_(loop, [this] { hand_over(); }) {}

Tracer::~Tracer() {
  hand_over();
}

bool Tracer::goes_on(bool is_from_proxy) const {
  return continues_ && (is_from_proxy || !has_trusted_proxies_);
}

/// The same for all who draw by the trace's own bits.
bool Tracer::draws(const core::TraceId& trace) const {
  std::uint64_t number = 0;
  for (std::size_t i = trace.size() - sizeof number; i < trace.size(); ++i) number = number << 8U | trace[i];
  return (number >> (64 - kDrawnBits)) < sampled_below_;
}

core::SpanId Tracer::new_span() {
  core::SpanId id;
  random_.fill({reinterpret_cast<char*>(id.data()), id.size()});
  id.back() |= 1U;  // none is all zeros
  return id;
}

Trace Tracer::begin(std::string_view id, const core::Fields& fields, bool is_from_proxy) {
  Trace trace;
  const auto value = only_value(fields, core::FieldId::traceparent);
  const auto given = value ? core::parse_traceparent(*value) : std::nullopt;
  if (given && goes_on(is_from_proxy)) {
    trace.own = *given;
    trace.parent = given->span;
    trace.state = state_of(fields);
  } else {
    CHECK(core::read_hex(id, trace.own.trace));
    trace.own.is_sampled = draws(trace.own.trace);
    trace.linked = given;
  }
  trace.own.span = new_span();
  core::write_hex(trace.own.trace, trace.trace_text);
  core::write_hex(trace.own.span, trace.span_text);
  return trace;
}

void Tracer::end(const Trace& trace, const ServerSpan& span) {
  if (!trace.own.is_sampled) return;
  append_span(spans_, trace, span);
  note();
}

void Tracer::end(const Trace& trace, const core::SpanId& id, const ClientSpan& span) {
  if (!trace.own.is_sampled) return;
  append_span(spans_, trace, id, span);
  note();
}

void Tracer::note() {
  if (++count_ == 1) {
    timer_.arm(kLongestWait);
    spans_.reserve(kMostWaitingBytes);
  }
  if (spans_.size() >= kMostWaitingBytes) hand_over();
}

void Tracer::hand_over() {
  timer_.disarm();
  if (count_ == 0) return;
  to_.take(std::exchange(spans_, std::string()), std::exchange(count_, 0));
}

}  // namespace gateway
