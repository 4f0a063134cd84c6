#include "gateway/model/cross_origin.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace gateway {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A request of `fields` and what the rule makes of it.
struct Asked {
  core::Fields fields;
  Request request;
  Asked(std::string_view method, const Pairs& pairs) {
    for (const auto& [name, value] : pairs) fields.add(name, value);
    request.method = method;
    request.fields = &fields;
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;
};

std::string all_of(const core::Fields& fields) {
  std::string all;
  for (const core::Field& field : fields)
    all.append(field.name).append(": ").append(field.value).append("\n");
  return all;
}

config::CrossOrigin settings(std::vector<std::string> origins) {
  config::CrossOrigin made;
  made.origins = std::move(origins);
  made.methods = {"GET", "PUT"};
  return made;
}

const Pairs kPreflight{{"Origin", "https://s.example.com"}, {"Access-Control-Request-Method", "PUT"}};

TEST_CASE("a preflight is OPTIONS with a method asked for, from one origin that may") {
  const CrossOriginRule rule(settings({"https://s.example.com"}));
  CHECK(rule.answers(Asked("OPTIONS", kPreflight).request));
  const std::pair<std::string_view, Pairs> others[] = {
      {"GET", kPreflight},
      {"options", kPreflight},
      {"OPTIONS", {kPreflight[0]}},
      {"OPTIONS", {kPreflight[1]}},
      {"OPTIONS", {kPreflight[0], kPreflight[0], kPreflight[1]}},
      {"OPTIONS", {{"Origin", "https://t.example.com"}, kPreflight[1]}},
      {"OPTIONS", {{"Origin", "http://s.example.com"}, kPreflight[1]}},
      {"OPTIONS", {{"Origin", "https://s.example.com:444"}, kPreflight[1]}},
      {"OPTIONS", {{"Origin", "https://s.example.com.evil.test"}, kPreflight[1]}},
      {"OPTIONS", {{"Origin", "https://S.example.com"}, kPreflight[1]}},
      {"OPTIONS", {{"Origin", "null"}, kPreflight[1]}}};
  for (const auto& [method, pairs] : others) {
    CAPTURE(method);
    CHECK_FALSE(rule.answers(Asked(method, pairs).request));
  }
}

TEST_CASE("a preflight's answer says what is allowed, and whose names were asked for") {
  config::CrossOrigin made = settings({"https://s.example.com"});
  const auto allowed_headers = [&made](const std::string& asked) {
    Pairs pairs = kPreflight;
    if (!asked.empty()) pairs.emplace_back("Access-Control-Request-Headers", asked);
    const Asked request("OPTIONS", pairs);
    for (const auto& [name, value] : CrossOriginRule(made).preflight_answer(request.request).fields) {
      if (name == "Access-Control-Allow-Headers") return value;
    }
    return std::string();
  };
  CHECK(allowed_headers("content-type, x-a") == "content-type, x-a");
  CHECK(allowed_headers("").empty());
  CHECK(allowed_headers("a b").empty());
  CHECK(allowed_headers("a,,b").empty());
  CHECK(allowed_headers(std::string(5000, 'a')).empty());
  made.headers = {"X-B", "X-C"};
  CHECK(allowed_headers("x-a") == "X-B, X-C");
  made.headers->clear();
  CHECK(allowed_headers("x-a").empty());
  const Reply reply = CrossOriginRule(made).preflight_answer(Asked("OPTIONS", kPreflight).request);
  CHECK(reply.status == 204);
  CHECK(reply.fields[0] == std::pair<std::string, std::string>("Access-Control-Allow-Methods", "GET, PUT"));
  CHECK(reply.fields[1] == std::pair<std::string, std::string>("Access-Control-Max-Age", "600"));
}

TEST_CASE("an answer is opened to the origin that asked and may, and varies by it in any case") {
  config::CrossOrigin made = settings({"https://s.example.com", "https://t.example.com"});
  made.takes_credentials = true;
  made.exposed = {"X-A", "X-B"};
  const CrossOriginRule rule(made);
  const auto added = [&rule](const Pairs& pairs, const Pairs& answer = {}) {
    const Asked asked("GET", pairs);
    core::Fields fields;
    for (const auto& [name, value] : answer) fields.add(name, value);
    rule.add_to(fields, asked.request);
    return all_of(fields);
  };
  CHECK(added({{"Origin", "https://t.example.com"}}) ==
        "Vary: Origin\nAccess-Control-Allow-Origin: https://t.example.com\nAccess-Control-Allow-Credentials: "
        "true\nAccess-Control-Expose-Headers: X-A, X-B\n");
  CHECK(added({}) == "Vary: Origin\n");
  CHECK(added({{"Origin", "null"}}) == "Vary: Origin\n");
  CHECK(added({{"Origin", "https://s.example.com"}, {"Origin", "https://s.example.com"}}) ==
        "Vary: Origin\n");
  CHECK(added({}, {{"vary", "accept, ORIGIN"}}) == "vary: accept, ORIGIN\n");
  CHECK(added({}, {{"Vary", "*"}}) == "Vary: *\n");
  CHECK(added({}, {{"Vary", "X-Origin"}}) == "Vary: X-Origin\nVary: Origin\n");
}

TEST_CASE("a rule for every origin is the same for all, without credentials") {
  const CrossOriginRule rule(settings({}));
  CHECK(rule.answers(Asked("OPTIONS", kPreflight).request));
  const Asked asked("GET", {{"Origin", "https://any.test"}});
  core::Fields fields;
  rule.add_to(fields, asked.request);
  CHECK(all_of(fields) == "Access-Control-Allow-Origin: *\n");
}

TEST_CASE("whatever an app says of CORS itself is the rule's to say") {
  const auto owns = [](std::string_view name) {
    core::Fields fields;
    fields.add(name, "*");
    return CrossOriginRule::owns(*fields.begin());
  };
  CHECK(owns("Access-Control-Allow-Origin"));
  CHECK(owns("access-control-allow-credentials"));
  CHECK_FALSE(owns("Access-Control-"));
  CHECK_FALSE(owns("X-Access-Control-Allow-Origin"));
  CHECK_FALSE(owns("Vary"));
}

}  // namespace
}  // namespace gateway
