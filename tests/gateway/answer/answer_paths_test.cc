// The way back: Location, Refresh and cookie paths in the client's terms (attack rows D04, D08).
#include "gateway/answer/answer_paths.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace gateway {
namespace {

struct Setting {
  std::string prefix = "/v1";  ///< stripped; empty: none
  std::string base = {};       ///< put in front
  config::UpstreamHostMode host = config::UpstreamHostMode::preserve;
  std::string asked = "/v1/a/b";
  std::uint16_t port = 443;
};

class Way {
 public:
  explicit Way(const Setting& setting) : asked_(setting.asked) {
    config::Route route;
    route.path.path = setting.prefix.empty() ? "/" : setting.prefix;
    route.path_change.strips_prefix = !setting.prefix.empty();
    if (!setting.base.empty())
      route.path_change.rewrite = config::PathRewrite{{}, {setting.base + "{path}", {}}};
    auto path = OriginPath::make(route);
    REQUIRE(path.has_value());
    path_ = std::move(*path);
    sent_ = setting.asked;
    if (path_) REQUIRE(path_->write(asked_, sent_).has_value());
    config::Upstream upstream;
    upstream.origins.emplace_back().url = *core::parse_url("http://app.internal:8080/");
    upstream.host = {setting.host, "name.internal:81"};
    paths_ = AnswerPaths::make(upstream, path_.get());
    request_.host = "app.example.com";
    request_.port = setting.port;
    request_.path = asked_;
  }
  [[nodiscard]] std::string reference(std::string_view value) const {
    return paths_->map_reference(value, {request_, sent_}).value_or(std::string(value));
  }
  [[nodiscard]] std::string refresh(std::string_view value) const {
    return paths_->map_refresh(value, {request_, sent_}).value_or(std::string(value));
  }
  [[nodiscard]] std::string cookie(std::string_view value) const {
    return paths_->map_cookie(value, {request_, sent_}).value_or(std::string(value));
  }
  [[nodiscard]] bool maps() const { return paths_ != nullptr; }

 private:
  std::string asked_;
  std::string sent_;
  std::unique_ptr<const OriginPath> path_;
  std::unique_ptr<const AnswerPaths> paths_;
  Request request_;
};

using Rows = std::vector<std::pair<std::string_view, std::string_view>>;

TEST_CASE("a route that changes neither path nor Host changes no answer") {
  CHECK_FALSE(Way({.prefix = ""}).maps());
}

TEST_CASE("a location behind a stripped prefix bears it") {
  const Way way({});
  for (const auto& [from, to] :
       Rows{{"/login", "/v1/login"},
            {"/", "/v1/"},
            {"/login?next=/x#y", "/v1/login?next=/x#y"},
            {"/v1/login", "/v1/login"},  // an app that reads X-Forwarded-Prefix
            {"/v1", "/v1"},
            {"/v1?x", "/v1?x"},
            {"/v10", "/v1/v10"},
            {"https://app.example.com/login", "https://app.example.com/v1/login"},
            {"https://APP.example.com./login", "https://app.example.com/v1/login"},
            {"https://app.example.com:443/login", "https://app.example.com/v1/login"},
            {"https://app.example.com/v1/login", "https://app.example.com/v1/login"},
            {"http://app.example.com/login", "https://app.example.com/v1/login"},
            {"http://app.example.com/v1/login", "https://app.example.com/v1/login"},
            {"https://app.example.com", "https://app.example.com/v1/"},
            {"https://app.example.com?x", "https://app.example.com/v1/?x"},
            {"//app.example.com/login", "https://app.example.com/v1/login"},
            {"http://app.internal:8080/login", "https://app.example.com/v1/login"},
            {"HTTP://app.internal:8080", "https://app.example.com/v1/"},
            {"c", "/v1/a/c"},
            {"./c?x", "/v1/a/c?x"},
            {"../c", "/v1/c"},
            {"../../../c", "/v1/c"},
            {"..", "/v1/"},
            {"?x=/y", "?x=/y"},
            {"#x", "#x"},
            {"", ""},
            {"/\\evil.test/", "/v1/\\evil.test/"},
            // Elsewhere, or nothing that we can read: the app's own.
            {"https://other.example.com/login", "https://other.example.com/login"},
            {"https://app.example.com:8443/login", "https://app.example.com:8443/login"},
            {"http://app.internal/login", "http://app.internal/login"},
            {"https://app.internal:8080/login", "https://app.internal:8080/login"},
            {"//evil.test/x", "//evil.test/x"},
            {"https://u@app.example.com/x", "https://u@app.example.com/x"},
            {"mailto:a@b.c", "mailto:a@b.c"},
            {"ftp://app.example.com/", "ftp://app.example.com/"},
            {"https:login", "https:login"}}) {
    CAPTURE(from);
    CHECK(way.reference(from) == to);
  }
}

TEST_CASE("the prefix itself has another directory for the client than for the origin") {
  const Way way({.asked = "/v1"});
  CHECK(way.reference("login") == "/v1/login");
  CHECK(way.reference("?x") == "?x");
  CHECK(way.cookie("a=b") == "a=b; Path=/v1");
  CHECK(way.cookie("a=b; Path=x; Secure") == "a=b; Secure; Path=/v1");
  CHECK(Way({}).cookie("a=b; Path=x; Secure") == "a=b; Path=x; Secure");
}

TEST_CASE("another port than 443 is ours where the client used it") {
  const Way way({.port = 8443});
  CHECK(way.reference("https://app.example.com:8443/x") == "https://app.example.com:8443/v1/x");
  CHECK(way.reference("http://app.example.com/x") == "https://app.example.com:8443/v1/x");
  CHECK(way.reference("https://app.example.com/x") == "https://app.example.com/x");
}

TEST_CASE("a base path in front goes away, and what is not below it stays") {
  const Way way({.base = "/base"});
  CHECK(way.reference("/base/login") == "/v1/login");
  CHECK(way.reference("/base") == "/v1");
  CHECK(way.reference("/basement") == "/basement");
  CHECK(way.reference("c") == "/v1/a/c");
  CHECK(way.reference("http://app.internal:8080/other") == "https://app.example.com/other");
  CHECK(way.cookie("a=b; Path=/base") == "a=b; Path=/v1");
  CHECK(way.cookie("a=b; Path=/base/") == "a=b; Path=/v1");
  CHECK(way.cookie("a=b; Path=/base/x") == "a=b; Path=/v1/x");
  CHECK(way.cookie("a=b; Path=/") == "a=b; Path=/v1");
  CHECK(way.cookie("a=b; Path=/other") == "a=b; Path=/other");
  const Way root({.prefix = "", .base = "/base", .asked = "/a"});
  CHECK(root.reference("/base/login") == "/login");
  CHECK(root.reference("/base") == "/");
  // J08: what is left must not be another host to a browser.
  CHECK(root.reference("/base//evil.test/x") == "/.//evil.test/x");
  CHECK(root.reference("/base/\\evil.test") == "/./\\evil.test");
  CHECK(root.reference("/base/\t/evil.test") == "/./\t/evil.test");
  CHECK(root.reference("https://app.example.com/base//evil.test") == "https://app.example.com/.//evil.test");
  CHECK(root.cookie("a=b; Path=/base") == "a=b; Path=/");
}

TEST_CASE("an origin that is asked under another Host is told apart from strangers") {
  const Way own({.prefix = "", .host = config::UpstreamHostMode::upstream, .asked = "/x"});
  CHECK(own.reference("http://app.internal:8080/login") == "https://app.example.com/login");
  CHECK(own.reference("http://name.internal:81/login") == "http://name.internal:81/login");
  CHECK(own.reference("/login") == "/login");
  CHECK(own.cookie("a=b; Path=/") == "a=b; Path=/");
  const Way named({.prefix = "", .host = config::UpstreamHostMode::name, .asked = "/x"});
  CHECK(named.reference("http://name.internal:81/login") == "https://app.example.com/login");
  CHECK(named.reference("https://name.internal:81/login") == "https://app.example.com/login");
}

TEST_CASE("the URL of a Refresh is mapped in any of its spellings") {
  const Way way({});
  for (const auto& [from, to] : Rows{{"5; url=/x", "5; url=/v1/x"},
                                     {"0;URL='/x' ", "0;URL='/v1/x' "},
                                     {"0, url = \"/x?a;b\"", "0, url = \"/v1/x?a;b\""},
                                     {"0;/x", "0;/v1/x"},
                                     {"5", "5"},
                                     {"5;", "5;"},
                                     {"5; url=", "5; url="},
                                     {"5; url=https://other.test/", "5; url=https://other.test/"},
                                     {"5; url='/x", "5; url='/v1/x"}}) {
    CAPTURE(from);
    CHECK(way.refresh(from) == to);
  }
}

TEST_CASE("a cookie of the whole app is a cookie of the prefix") {
  const Way way({});
  for (const auto& [from, to] : Rows{{"a=b; Path=/", "a=b; Path=/v1"},
                                     {"a=b; path=/x; HttpOnly", "a=b; HttpOnly; Path=/v1/x"},
                                     {"a=b;PATH = /x/ ;Secure", "a=b;Secure; Path=/v1/x/"},
                                     {"a=b; Path=/x; Path=/y", "a=b; Path=/v1/y"},
                                     {"a=b; Path=/v1", "a=b; Path=/v1"},
                                     {"a=b; Path=/v1/x", "a=b; Path=/v1/x"},
                                     {"a=b", "a=b"},
                                     {"a=b; Path", "a=b; Path"},
                                     {"Path=/x", "Path=/x"},
                                     {"__Host-a=b; Path=/; Secure", "__Host-a=b; Path=/; Secure"},
                                     {"__hOST-a=b; Path=/; Secure", "__hOST-a=b; Path=/; Secure"},
                                     {"__Secure-a=b; Path=/; Secure", "__Secure-a=b; Secure; Path=/v1"}}) {
    CAPTURE(from);
    CHECK(way.cookie(from) == to);
  }
  // D08: as long as it was, and the prefix once.
  std::string many = "a=" + std::string(60'000, 'x');
  for (int i = 0; i < 1000; ++i) many += "; Path=/";
  CHECK(way.cookie(many) == "a=" + std::string(60'000, 'x') + "; Path=/v1");
}

}  // namespace
}  // namespace gateway
