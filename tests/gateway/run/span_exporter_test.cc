// What becomes of spans where the collector has no room for them, does not answer, or is gone.
#include "gateway/run/span_exporter.h"

#include <list>
#include <string>
#include <string_view>

#include "core/loop/wait.h"
#include "tests/support/doctest.h"

namespace {

using namespace gateway;
using namespace std::chrono_literals;

/// Answers with `status`; 0: never.
class Collector final : public core::HttpClient {
 public:
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits /*limits*/) override {
    bodies.push_back(std::move(request.body));
    if (status == 0) co_await never.emplace_back();
    core::FetchResponse response;
    response.status = status;
    co_return response;
  }
  int status = 200;
  std::list<core::OneShot<>> never;
  std::list<std::string> bodies;
};

class Lines final : public core::LogSink {
 public:
  void write(std::string_view lines) override { text += lines; }
  std::string text;
};

struct Exporting {
  core::ManualClock clock{core::WallTime{}};
  core::Loop loop{clock};
  core::Random random;
  Lines lines;
  core::Log log{lines, core::LogFormat::json, core::LogLevel::info, clock};
  Collector collector;
  SpanCounts counts;
  config::Tracing settings;
  SpanExporter exporter{settings, {loop, random, log, collector, counts}};

  void pass(core::Duration time) {
    clock.advance(time);
    for (int i = 0; i < 4; ++i) loop.turn(false);
  }
};

}  // namespace

TEST_CASE("spans that find no room are dropped and counted, and those that wait are not") {
  Exporting f;
  const std::string batch(1024UL * 1024, 's');
  for (int i = 0; i < 10; ++i) f.exporter.take(batch, 7);
  CHECK(f.counts.dropped.load() == 14);
  f.exporter.start();
  f.pass(SpanExporter::kLookInterval);
  CHECK(f.counts.exported == 56);
  CHECK(f.collector.bodies.size() == 8);
  CHECK(f.exporter.is_idle());
}

TEST_CASE("a collector that is busy is tried five times, one that refuses once, and that is said once") {
  Exporting f;
  f.exporter.start();
  f.collector.status = 503;
  f.exporter.take("span", 1);
  for (int i = 0; i < 200; ++i) f.pass(1s);
  CHECK(f.collector.bodies.size() == SpanExporter::kTries);
  CHECK(f.counts.refused == 1);
  f.collector.status = 400;
  f.exporter.take("span", 1);
  for (int i = 0; i < 5; ++i) f.pass(1s);
  CHECK(f.collector.bodies.size() == SpanExporter::kTries + 1);
  CHECK(f.counts.refused == 2);
  const std::string_view said = "does not take spans";
  CHECK(f.lines.text.find(said) == f.lines.text.rfind(said));
  CHECK(f.lines.text.contains(said));
}

TEST_CASE("the end waits for a collector that hangs, for as long as it is told, and tries nobody again") {
  Exporting f;
  f.exporter.start();
  f.collector.status = 0;
  f.exporter.take("span", 1);
  f.pass(SpanExporter::kLookInterval);
  REQUIRE(f.collector.bodies.size() == 1);
  bool has_ended = false;
  core::RunningFlow<> finishing;
  finishing.start(f.exporter.finish(2s), [&](const core::Result<core::Done>&) { has_ended = true; });
  CHECK(f.collector.bodies.size() == 2);
  f.pass(1999ms);
  CHECK_FALSE(has_ended);
  f.pass(1ms);
  CHECK(has_ended);
  CHECK(f.collector.bodies.size() == 2);
}
