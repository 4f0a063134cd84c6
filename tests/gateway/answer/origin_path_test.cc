// strip_prefix and rewrite (attack rows G06, S06).
#include "gateway/answer/origin_path.h"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "core/text/request_path.h"

namespace gateway {
namespace {

struct Rule {
  std::string path = "/";
  config::PathMatch match = config::PathMatch::prefix;
  bool strips_prefix = false;
  std::string regex = {};
  std::string to = {};
};

std::unique_ptr<const OriginPath> make(const Rule& rule) {
  config::Route route;
  route.path = {rule.path, rule.match};
  route.path_change.strips_prefix = rule.strips_prefix;
  if (!rule.to.empty()) route.path_change.rewrite = config::PathRewrite{rule.regex, {rule.to, {}}};
  auto made = OriginPath::make(route);
  REQUIRE(made.has_value());
  return std::move(*made);
}

/// What is sent; "400" if nothing is.
std::string sent(const Rule& rule, std::string_view path) {
  std::string out;
  const auto written = make(rule)->write(path, out);
  return written ? out : "400";
}

TEST_CASE("a route that changes nothing has no rule") {
  CHECK(make({}) == nullptr);
}

TEST_CASE("a prefix goes by whole segments, and what is left is a path") {
  const Rule strip{.path = "/v1", .strips_prefix = true};
  CHECK(sent(strip, "/v1") == "/");
  CHECK(sent(strip, "/v1/") == "/");
  CHECK(sent(strip, "/v1/a/b/") == "/a/b/");
  CHECK(sent(strip, "/v1/v1/x") == "/v1/x");
  CHECK(sent(strip, "/v10/x") == "/v10/x");
  CHECK(make(strip)->prefix() == "/v1");
  CHECK(make(strip)->base() == "");
}

TEST_CASE("a rewrite puts the path, or groups of it, where it says") {
  CHECK(sent({.to = "/new{path}"}, "/a/b") == "/new/a/b");
  CHECK(sent({.to = "/new/{path}"}, "/a") == "/new/a");
  CHECK(sent({.to = "/new{path}"}, "/") == "/new/");
  CHECK(sent({.to = "/fixed"}, "/a/b") == "/fixed");
  CHECK(sent({.path = "/v1", .strips_prefix = true, .to = "/base{path}"}, "/v1/x") == "/base/x");
  CHECK(sent({.regex = "/(.*)/(.*)", .to = "/{2}/{1}"}, "/a/b/c") == "/c/a/b");
  CHECK(sent({.regex = "/old/(.*)", .to = "/new/{1}"}, "/other") == "/other");
  CHECK(sent({.path = "/v1", .strips_prefix = true, .regex = "/(a)", .to = "/x{1}"}, "/v1/a") == "/xa");
  const Rule own{.path = "/v([0-9]+)/(.*)", .match = config::PathMatch::regex, .to = "/{2}/version/{1}"};
  CHECK(sent(own, "/v12/a/b") == "/a/b/version/12");
  CHECK(make({.to = "/base{path}"})->base() == "/base");
  CHECK(make({.to = "/base/{path}"})->base() == "/base");
  CHECK_FALSE(make({.to = "/fixed"})->base());
  CHECK_FALSE(make(own)->base());
}

TEST_CASE("G06: no piece of the path climbs out of where it is put") {
  const Rule below{.regex = "/x(.*)", .to = "/public/{1}"};
  CHECK(sent(below, "/xa") == "/public/a");
  CHECK(sent(below, "/x..") == "400");
  CHECK(sent(below, "/x.") == "400");
  CHECK(sent(below, "/x../admin") == "400");
  CHECK(sent({.regex = "/(.)x(.)/(.*)", .to = "/a/{1}{2}/{3}"}, "/.x./admin") == "400");
  // Escapes that are made of pieces.
  CHECK(sent({.regex = "/(%2)5(.)", .to = "/a/{1}{2}"}, "/%25e") == "400");
  CHECK(sent({.regex = "/(%).*", .to = "/a/{1}41"}, "/%20") == "400");
  CHECK(sent({.regex = "/(.*);(.*)", .to = "/{1}{2}"}, "/.;.") == "400");
  CHECK(sent({.regex = "/a(.*)", .to = "/{1};x"}, "/a..") == "400");
}

TEST_CASE("S06: what is written is what the template says, for any template and any path, and is bounded") {
  std::mt19937 random(20261122);
  constexpr std::array<std::string_view, 12> kPieces{"/", "a",      ".",  "..", "%2F", "%20",
                                                     ";", "%C3%A4", "//", "x",  "~",   "%25"};
  constexpr std::array<std::string_view, 6> kTemplates{"/n{path}",        "/{1}",          "/{2}/{1}",
                                                       "/a{1}b{2}c{1}/d", "/{1}{1}{1}{2}", "{path}{path}"};
  int rewritten = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string target = "/";
    for (std::size_t left = random() % 12; left > 0; --left) target += kPieces[random() % kPieces.size()];
    std::string scratch;
    const auto normal = core::normalise_target(target, core::EncodedSlashes::keep, scratch);
    if (!normal) continue;
    const std::string path(normal->path);
    const std::string form(kTemplates[random() % kTemplates.size()]);
    CAPTURE(path);
    CAPTURE(form);
    // Not the product's: the groups of "/(.*?)/(.*)" and the text put together by hand.
    const std::size_t slash = path.find('/', 1);
    const bool matches = slash != std::string::npos;
    std::string expected;
    for (std::size_t at = 0; at < form.size(); ++at) {
      if (form[at] != '{') {
        expected.push_back(form[at]);
        continue;
      }
      const std::size_t end = form.find('}', at);
      const std::string name = form.substr(at + 1, end - at - 1);
      if (name == "path") expected += path;
      if (name == "1" && matches) expected += path.substr(1, slash - 1);
      if (name == "2" && matches) expected += path.substr(slash + 1);
      at = end;
    }
    std::string merged;
    for (const char c : expected) {
      if (c != '/' || !merged.ends_with('/')) merged.push_back(c);
    }
    if (!matches) merged = path;
    const std::string got = sent({.regex = "/(.*?)/(.*)", .to = form}, path);
    if (got == "400") continue;
    ++rewritten;
    CHECK(got.size() == merged.size());
    CHECK(got == merged);
    std::string again;
    const auto stable = core::normalise_target(got, core::EncodedSlashes::keep, again);
    REQUIRE(stable.has_value());
    CHECK(stable->path == got);
    CHECK(stable->query.empty());
  }
  CHECK(rewritten > 5'000);
  const std::string long_path = "/" + std::string(8000, 'a');
  CHECK(sent({.to = "/{path}{path}{path}{path}{path}{path}{path}{path}"}, long_path).size() > 64'000);
  CHECK(sent({.to = "/{path}{path}{path}{path}{path}{path}{path}{path}{path}"}, long_path) == "400");
}

}  // namespace
}  // namespace gateway
