// tracing: what is read, what is refused, what is doubtful, and that none of it is lost in print.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

struct Traced : Sample {
  explicit Traced(const std::string& text) {
    environment.variables["TOKEN"] = "Bearer of-the-collector";
    environment.variables["LINES"] = "one\ntwo";
    top = "tracing: " + text + "\n";
  }
};

}  // namespace

TEST_CASE("a collector is all that tracing needs") {
  const LoadOutcome outcome = Traced("{otlp: http://127.0.0.1:4318}").load();
  REQUIRE(outcome.config);
  REQUIRE(outcome.config->tracing);
  CHECK(outcome.config->tracing->otlp.text() == "http://127.0.0.1:4318/v1/traces");
  CHECK(outcome.config->tracing->inbound == InboundTrace::restart);
  CHECK(outcome.config->tracing->sample == 1);
  CHECK(outcome.config->tracing->service_name == "gateway");
  CHECK_FALSE(Traced("off").load().config->tracing);
  CHECK_FALSE(Sample().load().config->tracing);
}

TEST_CASE("every key of tracing is read, and survives printing") {
  const Traced sample(
      "{otlp: 'https://otlp.example.com/of/us', headers: {Authorization: {env: TOKEN}, X-Team: edge}, "
      "inbound: continue, sample: 0.05, service_name: edge gateway}");
  const LoadOutcome outcome = sample.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  const Tracing& tracing = *outcome.config->tracing;
  CHECK(tracing.otlp.text() == "https://otlp.example.com/of/us");
  REQUIRE(tracing.headers.size() == 2);
  CHECK(tracing.headers[0].first == "Authorization");
  CHECK(tracing.headers[0].second.value.reveal() == "Bearer of-the-collector");
  CHECK(tracing.inbound == InboundTrace::continue_it);
  CHECK(tracing.sample == 0.05);
  CHECK(tracing.service_name == "edge gateway");
}

TEST_CASE("what is none of tracing is refused with what was expected") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"{}", "tracing.otlp: is missing"},
      {"{otlp: 127.0.0.1:4318}", "expected the URL of a collector"},
      {"{otlp: grpc://127.0.0.1:4317}", "expected the URL of a collector"},
      {"{otlp: http://c, sample: 1.5}", "expected a share"},
      {"{otlp: http://c, sample: -0.5}", "expected a share"},
      {"{otlp: http://c, sample: 1e-3}", "expected a share"},
      {"{otlp: http://c, sample: .5}", "expected a share"},
      {"{otlp: http://c, sample: 0.0.1}", "expected a share"},
      {"{otlp: http://c, sample: nan}", "expected a share"},
      {"{otlp: http://c, inbound: trust}", "expected one of restart, continue"},
      {"{otlp: http://c, service_name: ''}", "expected a name"},
      {"{otlp: http://c, headers: [a]}", "expected a map"},
      {"{otlp: http://c, headers: {'a b': c}}", "not a header field that may be set here"},
      {"{otlp: http://c, headers: {Host: c}}", "not a header field that may be set here"},
      {"{otlp: http://c, headers: {content-type: c}}", "not a header field that may be set here"},
      {"{otlp: http://c, headers: {a: {env: LINES}}}", "no header value of one line"},
      {"{otlp: http://c, sampel: 1}", "did you mean \"sample\""}};
  for (const auto& [text, why] : rows) {
    CAPTURE(text);
    const LoadOutcome outcome = Traced(text).load();
    CAPTURE(all_of(outcome.errors));
    CHECK(fails_with(outcome, why));
    CHECK_FALSE(all_of(outcome.errors).contains("two"));
  }
}

TEST_CASE("a collector across a public network, and clients whose word on traces counts, are doubtful") {
  const auto warnings = [](const std::string& text, const std::string& more = "") {
    Traced sample(text);
    sample.top += more;
    return all_of(sample.load().warnings);
  };
  CHECK(warnings("{otlp: 'http://otlp.example.com'}").contains("plain http may cross a public network"));
  CHECK(warnings("{otlp: 'https://otlp.example.com'}").empty());
  CHECK(warnings("{otlp: 'http://127.0.0.1:4318'}").empty());
  const std::string going_on = "{otlp: 'http://127.0.0.1:4318', inbound: continue}";
  CHECK(warnings(going_on).contains("lets every client say"));
  CHECK(warnings(going_on, "listen: {trusted_proxies: [10.0.0.1]}\n").empty());
}
