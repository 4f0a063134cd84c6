// What is asked of origins, as spans of the request's trace. A part of ProxyExchange.
#include "gateway/answer/proxy_exchange.h"

namespace gateway {

using core::FieldId;

void ProxyExchange::begin_question() {
  Tracer& tracer = *exchange_.site().services.tracer;
  question_ =
      Question{tracer.new_span(), route_.upstream->loop().now(), search_.origin()->name(), questions_};
  ++questions_;
}

void ProxyExchange::end_question(std::string_view error) {
  if (!question_) return;
  ClientSpan span;
  span.time = exchange_.time_of(question_->began);
  span.method = exchange_.head().method;
  span.origin = question_->origin;
  span.error = error;
  span.status = origin_status_;
  span.resent = question_->resent;
  exchange_.site().services.tracer->end(*exchange_.trace(), question_->id, span);
  question_.reset();
  origin_status_ = 0;
}

/// The parent of what the origin does is the question to it; where that is not sampled, the request.
void ProxyExchange::add_trace_fields(const Trace& trace) {
  core::Traceparent context = trace.own;
  if (question_) context.span = question_->id;
  core::write_traceparent(context, buffers_->traceparent);
  buffers_->fields.add(FieldId::traceparent, {buffers_->traceparent.data(), buffers_->traceparent.size()});
  if (!trace.state.empty()) buffers_->fields.add(FieldId::tracestate, trace.state);
}

}  // namespace gateway
