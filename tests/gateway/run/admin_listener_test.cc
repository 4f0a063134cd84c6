#include "gateway/run/admin_listener.h"

#include <doctest/doctest.h>

#include "core/text/base64.h"

namespace {

class Source final : public gateway::AdminSource {
 public:
  [[nodiscard]] std::vector<std::string> reasons_not_ready() const override { return reasons; }
  [[nodiscard]] std::string metrics() const override { return "x 1\n"; }
  [[nodiscard]] gateway::StatusReport status_report() const override { return report; }
  [[nodiscard]] const core::Secret& admin_token() const override { return token; }
  bool ask_reload() override { return ++reloads > 0; }

  std::vector<std::string> reasons;
  gateway::StatusReport report;
  core::Secret token;
  int reloads = 0;
};

using gateway::AdminDoor;
using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

gateway::Reply ask_with(Source& source, std::string_view method, std::string_view target,
                        const Fields& fields, AdminDoor door = AdminDoor::address) {
  core::RequestHead head;
  head.method = method;
  head.target = target;
  head.host = "127.0.0.1:9901";
  for (const auto& [name, value] : fields) head.fields.add(name, value);
  return gateway::answer_admin(head, source, door);
}

gateway::Reply ask(Source source, std::string_view target, std::string_view host = "127.0.0.1",
                   std::string_view method = "GET") {
  core::RequestHead head;
  head.method = method;
  head.target = target;
  head.host = host;
  return gateway::answer_admin(head, source, AdminDoor::address);
}

}  // namespace

TEST_CASE("P04: only an IP address or localhost names the admin listener") {
  for (const char* host :
       {"localhost", "LOCALHOST:1", "127.0.0.1:9901", "[::1]", "[fd00::1]:80", "10.0.0.1"}) {
    CAPTURE(host);
    CHECK(gateway::is_admin_host(host));
    CHECK(ask(Source(), "/metrics", host).status == 200);
  }
  for (const char* host : {"", "evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "a@127.0.0.1",
                           "127.1", "localhost:0", "[::1%25lo]", "127.0.0.1:99999"}) {
    CAPTURE(host);
    CHECK_FALSE(gateway::is_admin_host(host));
    CHECK(ask(Source(), "/metrics", host).status == 421);
  }
}

TEST_CASE("readiness says every reason, and nothing else is answered") {
  Source source;
  CHECK(ask(source, "/readyz?verbose").status == 200);
  source.reasons = {"one", "two"};
  const gateway::Reply refused = ask(source, "/readyz");
  CHECK(refused.status == 503);
  CHECK(refused.body == "not ready\none\ntwo\n");
  CHECK(ask(source, "/livez").status == 200);
  CHECK(ask(source, "/metrics").body == "x 1\n");
  CHECK(ask(source, "/metrics/").status == 404);
  CHECK(ask(source, "/status/").status == 404);
  CHECK(ask(source, "/livez", "localhost", "POST").status == 405);
}

TEST_CASE("P04 L18: the status is the operator's: by the socket, or by the token") {
  Source source;
  for (const char* target : {"/", "/status", "/?pause"}) {
    CAPTURE(target);
    source.token = core::Secret();
    CHECK(ask_with(source, "GET", target, {}).status == 403);
    CHECK(ask_with(source, "GET", target, {{"Authorization", "Bearer "}}).status == 403);
    CHECK(ask_with(source, "GET", target, {}, AdminDoor::socket).status == 200);
    source.token = core::Secret("0123456789abcdef");
    const auto basic = [](std::string_view text) {
      return "Basic " + core::base64_encode(text, core::Base64::standard);
    };
    for (const std::string& good :
         {std::string("Bearer 0123456789abcdef"), std::string("bearer  0123456789abcdef"),
          basic("anybody:0123456789abcdef"), basic(":0123456789abcdef")})
      CHECK(ask_with(source, "GET", target, {{"Authorization", good}}).status == 200);
    for (const std::string& bad :
         {std::string("Bearer 0123456789abcde"), std::string("Bearer 0123456789abcdefg"),
          std::string("Bearer"), std::string("Bearer "), std::string("0123456789abcdef"),
          basic("0123456789abcdef"), basic("0123456789abcdef:"), basic("a:x"),
          std::string("Basic 0123456789abcdef"), std::string("Digest 0123456789abcdef")}) {
      CAPTURE(bad);
      CHECK(ask_with(source, "GET", target, {{"Authorization", bad}}).status == 401);
    }
    const Fields twice{{"Authorization", "Bearer x"}, {"Authorization", "Bearer 0123456789abcdef"}};
    CHECK(ask_with(source, "GET", target, twice).status == 401);
  }
}

TEST_CASE("P04: a command is no page's of a stranger: JSON, and no Origin but this one") {
  Source source;
  const auto post = [&source](const Fields& fields) {
    return ask_with(source, "POST", "/reload", fields, AdminDoor::socket).status;
  };
  CHECK(post({{"Content-Type", "application/json"}}) == 202);
  CHECK(post({{"Content-Type", "application/json; charset=utf-8"}, {"Origin", "http://127.0.0.1:9901"}}) ==
        202);
  CHECK(source.reloads == 2);
  CHECK(post({}) == 403);
  CHECK(post({{"Content-Type", "text/plain"}}) == 403);
  CHECK(post({{"Content-Type", "application/x-www-form-urlencoded"}}) == 403);
  for (const char* origin : {"null", "http://evil.test", "https://127.0.0.1:9901", "http://127.0.0.1:99"})
    CHECK(post({{"Content-Type", "application/json"}, {"Origin", origin}}) == 403);
  CHECK(post({{"Content-Type", "application/json"}, {"Sec-Fetch-Site", "cross-site"}}) == 403);
  CHECK(ask_with(source, "GET", "/reload", {}, AdminDoor::socket).status == 405);
  CHECK(ask_with(source, "POST", "/reload", {{"Content-Type", "application/json"}}).status == 403);
  CHECK(source.reloads == 2);
}

TEST_CASE("P06: what comes from outside is text on the status page, and JSON stays JSON") {
  Source source;
  const std::string markup = "<script>\"x'&\n";
  source.report.routes.push_back({.name = markup, .target = markup, .origins = {{markup, false}}});
  source.report.certificates.push_back({.names = markup, .not_after = {}, .renewal = {}});
  source.report.providers.push_back({.name = markup, .is_ready = false, .problem = markup});
  gateway::RememberedAct act;
  for (std::string* value : {&act.who, &act.provider, &act.host, &act.client, &act.reason}) *value = markup;
  source.report.sign_ins.push_back(act);
  source.report.refusals.push_back(act);
  source.report.refusal = markup;
  source.report.not_ready = {markup};
  source.report.file = markup;
  const gateway::Reply page = ask_with(source, "GET", "/", {}, AdminDoor::socket);
  CHECK(page.body.find("<script") == std::string::npos);
  CHECK(page.body.find("&lt;script&gt;") != std::string::npos);
  std::string joined;
  for (const std::string& line : gateway::json_lines(gateway::status_json(source.report))) {
    CHECK(line.find('\n') == std::string::npos);
    joined.append(line).append("\n");
  }
  const auto parsed = core::Json::parse(joined, core::Side::us);
  REQUIRE(parsed.has_value());
  CHECK(*parsed == gateway::status_json(source.report));
  CHECK(parsed->find("file")->string_at("path") == markup);
}
