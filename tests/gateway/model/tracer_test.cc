// Which trace a request belongs to, whose word on that counts, and what is sampled.
#include "gateway/model/tracer.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace gateway;

const std::string kGiven = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
const std::string kId = "0123456789abcdef0123456789abcdef";

class KeptSpans final : public SpanSink {
 public:
  void take(std::string spans, std::size_t count) override {
    batches.push_back(std::move(spans));
    counted += count;
  }
  std::vector<std::string> batches;
  std::size_t counted = 0;
};

struct Traced {
  core::ManualClock clock{core::WallTime{}};
  core::Loop loop{clock};
  core::Random random;
  KeptSpans spans;
  config::Tracing settings;
  bool has_trusted_proxies = false;

  Trace begin(const std::vector<std::pair<std::string, std::string>>& fields, bool is_from_proxy = false) {
    core::Fields head;
    for (const auto& [name, value] : fields) head.add(core::field_id(name), name, value);
    Tracer tracer(settings, has_trusted_proxies, loop, random, spans);
    return tracer.begin(kId, head, is_from_proxy);
  }
};

std::string text_of(const Trace& trace) {
  return {trace.trace_text.data(), trace.trace_text.size()};
}

}  // namespace

TEST_CASE("a trace that begins here has the request's id, and is linked to the stranger's") {
  Traced f;
  const Trace alone = f.begin({});
  CHECK(text_of(alone) == kId);
  CHECK(alone.own.is_sampled);
  CHECK_FALSE(alone.parent);
  CHECK_FALSE(alone.linked);
  const Trace linked = f.begin({{"traceparent", kGiven + "00"}, {"tracestate", "a=1"}}, true);
  CHECK(text_of(linked) == kId);
  CHECK(linked.own.is_sampled);
  REQUIRE(linked.linked);
  CHECK_FALSE(linked.linked->is_sampled);
  CHECK(linked.state.empty());
}

TEST_CASE("a trace is gone on with where the file says so, as it was sampled, and with its state") {
  Traced f;
  f.settings.inbound = config::InboundTrace::continue_it;
  f.settings.sample = 0;
  const Trace trace = f.begin({{"traceparent", kGiven + "01"}, {"tracestate", "a=1"}, {"Tracestate", "b=2"}});
  CHECK(text_of(trace) == kGiven.substr(3, 32));
  CHECK(trace.own.is_sampled);
  REQUIRE(trace.parent);
  CHECK(trace.parent->back() == 0xb7);
  CHECK(trace.own.span != *trace.parent);
  CHECK(trace.state == "a=1,b=2");
  CHECK_FALSE(f.begin({{"traceparent", kGiven + "00"}}).own.is_sampled);
  CHECK_FALSE(f.begin({}).own.is_sampled);
  CHECK(f.begin({{"traceparent", kGiven + "01"}, {"tracestate", "a=1,a=2"}}).state.empty());
  CHECK(text_of(f.begin({{"traceparent", kGiven + "01"}, {"traceparent", kGiven + "01"}})) == kId);
}

TEST_CASE("where there are trusted proxies nobody else goes on with a trace") {
  Traced f;
  f.settings.inbound = config::InboundTrace::continue_it;
  f.has_trusted_proxies = true;
  CHECK(text_of(f.begin({{"traceparent", kGiven + "01"}}, false)) == kId);
  CHECK(text_of(f.begin({{"traceparent", kGiven + "01"}}, true)) != kId);
}

TEST_CASE("a share is drawn by the trace's own bits: the same for everybody who draws") {
  Traced f;
  f.settings.sample = 0.25;
  Tracer tracer(f.settings, false, f.loop, f.random, f.spans);
  const auto is_sampled = [&tracer](const std::string& end) {
    return tracer.begin("0123456789abcdef" + end, core::Fields(), false).own.is_sampled;
  };
  CHECK(is_sampled("0000000000000000"));
  CHECK(is_sampled("3fffffffffffffff"));
  CHECK_FALSE(is_sampled("4000000000000000"));
  CHECK_FALSE(is_sampled("ffffffffffffffff"));
}

TEST_CASE("spans wait for others, for a second at most, and what is not sampled is none") {
  Traced f;
  Trace trace = f.begin({});
  {
    Tracer tracer(f.settings, false, f.loop, f.random, f.spans);
    ServerSpan span;
    span.method = "GET";
    tracer.end(trace, span);
    tracer.end(trace, tracer.new_span(), ClientSpan{});
    f.loop.turn(false);
    CHECK(f.spans.batches.empty());
    f.clock.advance(Tracer::kLongestWait);
    f.loop.turn(false);
    CHECK(f.spans.batches.size() == 1);
    CHECK(f.spans.counted == 2);
    const std::string path(2000, 'p');
    span.path = path;  // cut
    for (int i = 0; f.spans.batches.size() < 2; ++i) {
      REQUIRE(i < 100);
      tracer.end(trace, span);
    }
    CHECK(f.spans.batches.back().size() < Tracer::kMostWaitingBytes + 2000);
    trace.own.is_sampled = false;
    tracer.end(trace, span);
  }
  CHECK(f.spans.batches.size() == 2);
}
