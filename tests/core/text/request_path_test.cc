#include "core/text/request_path.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using core::EncodedSlashes;

namespace {

constexpr const char* kRefused = nullptr;

std::string normal(std::string_view target, EncodedSlashes slashes = EncodedSlashes::refuse) {
  std::string scratch;
  const auto result = core::normalise_target(target, slashes, scratch);
  if (!result) return "refused";
  return std::string(result->path).append(result->query);
}

std::string lenient(std::string_view path) {
  std::string scratch;
  return std::string(core::lenient_reading(path, scratch));
}

// A small generator of its own, so that the same targets come up everywhere.
class Dice {
 public:
  std::uint32_t roll(std::uint32_t sides) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>(state_ >> 33U) % sides;
  }

 private:
  std::uint64_t state_ = 42;
};

std::string random_target(Dice& dice) {
  static constexpr std::string_view kParts[] = {
      "/",   "/", "/",   ".",      "..", "a",   "B",   ";", ";x=1", "%2e", "%2E", "%41", "%3b", "%40",
      "%5b", "[", "%25", "%c3%bc", "@",  "%2f", "%2F", "~", "%7e",  "*",   "%20", "|",   "?q",  ".a"};
  std::string target = "/";
  for (std::uint32_t i = dice.roll(12); i > 0; --i) target.append(kParts[dice.roll(std::size(kParts))]);
  return target;
}

}  // namespace

TEST_CASE("a request target has one normal form or is refused") {
  struct Row {
    std::string_view input;
    const char* expected;
    const char* why;
  };
  const Row rows[] = {
      {"/", "/", "root"},
      {"/a/b.c/-_~?x=1&y=/../%zz", "/a/b.c/-_~?x=1&y=/../%zz", "normal already; the query is not touched"},
      {"/a?", "/a?", "empty query"},
      {"/a??b", "/a??b", "the first question mark counts"},
      {"/.well-known/acme-challenge/x", "/.well-known/acme-challenge/x", "a dot is not a dot segment"},
      {"/...", "/...", "three dots are a name"},
      {"/..a/.b/c../d.", "/..a/.b/c../d.", "names with dots"},
      {"//admin", "/admin", "slashes merge"},
      {"/x//../admin", "/admin", "they merge before dot segments are removed"},
      {"/a////b//", "/a/b/", "many slashes"},
      {"//", "/", "only slashes"},
      {"/./admin", "/admin", "dot segment"},
      {"/admin/.", "/admin/", "dot segment at the end"},
      {"/a/..//admin", "/admin", "up and merged"},
      {"/a/b/..", "/a/", "up at the end"},
      {"/a/..", "/", "up to the root"},
      {"/a/b/../../c", "/c", "up twice"},
      {"/public/%2e%2e/admin", "/admin", "escaped dots"},
      {"/public/.%2E/admin", "/admin", "half escaped dots"},
      {"/%2e/a", "/a", "escaped dot"},
      {"/..", kRefused, "above the root"},
      {"/a/../..", kRefused, "above the root"},
      {"/%2e%2e/", kRefused, "above the root, escaped"},
      {"/%41dmin", "/Admin", "unreserved characters are decoded"},
      {"/ADMIN", "/ADMIN", "case is kept"},
      {"/%7euser%2d%5F", "/~user-_", "all unreserved ones"},
      {"/a%3ab%40c", "/a%3Ab%40c", "reserved ones keep their escape, in upper case"},
      {"/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,=", "reserved ones stay raw"},
      {"/adm%c4%b1n", "/adm%C4%B1n", "UTF-8 stays escaped"},
      {"/%F0%9F%98%80", "/%F0%9F%98%80", "four bytes"},
      {"/[id]|x", "/%5Bid%5D%7Cx", "what browsers send raw and the RFC does not allow"},
      {"/{a}^\"<>`", "/%7Ba%7D%5E%22%3C%3E%60", "the others of these"},
      {"/%5bid%5D", "/%5Bid%5D", "the same as raw ones"},
      {"/admin%3f/public", "/admin%3F/public", "an escaped question mark ends no path"},
      {"/admin%23.png", "/admin%23.png", "nor does a number sign"},
      {"/public/%252e%252e/admin", "/public/%252e%252e/admin", "escapes are decoded once only"},
      {"/a%20b", "/a%20b", "space"},
      {"/a;b=c/d", "/a;b=c/d", "parameters of a name are bytes of it"},
      {"/a%3Bb", "/a%3Bb", "an escaped semicolon"},
      {"/a/..;/b", kRefused, "dot segment with parameters"},
      {"/a/.;x/b", kRefused, "dot segment with parameters"},
      {"/a/..;a=b", kRefused, "dot segment with parameters"},
      {"/a/%2e%2E;/b", kRefused, "escaped dots with parameters"},
      {"/a/..%3b/b", kRefused, "escaped semicolon"},
      {"/a/..%3Bx/b", kRefused, "escaped semicolon"},
      {"/a/;/b", "/a/;/b", "a segment of parameters alone"},
      {"/a/...;x", "/a/...;x", "no dot segment"},
      {"/public%2f..%2fadmin", kRefused, "escaped slash"},
      {"/a%2Fb", kRefused, "escaped slash"},
      {"/a\\b", kRefused, "backslash"},
      {"/\\evil", kRefused, "backslash"},
      {"/public/..%5cadmin", kRefused, "escaped backslash"},
      {"/a%5Cb", kRefused, "escaped backslash"},
      {"/a%00", kRefused, "escaped NUL"},
      {"/a%0a", kRefused, "escaped line end"},
      {"/a%0D%0ab", kRefused, "escaped line end"},
      {"/a%09", kRefused, "escaped tab"},
      {"/a%1f", kRefused, "escaped control"},
      {"/a%7f", kRefused, "escaped DEL"},
      {"/a#b", kRefused, "fragment"},
      {"/a?b#c", kRefused, "fragment"},
      {"/a b", kRefused, "space"},
      {"/a?b c", kRefused, "space"},
      {"/a\tb", kRefused, "tab"},
      {"/a?b\x01", kRefused, "control"},
      {"/a\x7F", kRefused, "DEL"},
      {std::string_view("/a\0b", 4), kRefused, "NUL"},
      {"/\xC3\xBC", kRefused, "raw UTF-8"},
      {"/?\xC3\xBC", kRefused, "raw UTF-8"},
      {"/%", kRefused, "incomplete escape"},
      {"/a%2", kRefused, "incomplete escape"},
      {"/%g1", kRefused, "no digits"},
      {"/%u0041", kRefused, "no digits"},
      {"/%%41", kRefused, "no digits"},
      {"/%c0%af", kRefused, "overlong form"},
      {"/%e0%80%af", kRefused, "overlong form"},
      {"/%c3", kRefused, "cut short"},
      {"/%c3/%bc", kRefused, "split by a slash"},
      {"/%c3a", kRefused, "cut short"},
      {"/%ff", kRefused, "no UTF-8"},
      {"/%ed%a0%80", kRefused, "surrogate"},
      {"", kRefused, "empty"},
      {"*", kRefused, "asterisk form"},
      {"a", kRefused, "relative"},
      {"@internal:80/", kRefused, "what steered other proxies"},
      {"?x", kRefused, "no path"},
      {"http://h/", kRefused, "absolute form"},
      {"//evil.tld/..;/", kRefused, "dot segment with parameters"},
      {"//evil.tld/%2e%2e", "/", "what looks like an authority is a segment"},
      {"/%5c%5cevil.tld/%252e%252e%252f", kRefused, "escaped backslash"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.input);
    CAPTURE(row.why);
    CHECK(normal(row.input) == (row.expected == kRefused ? "refused" : row.expected));
  }
}

TEST_CASE("with kept slashes %2F is a byte of its segment, but hides no dot segment") {
  struct Row {
    std::string_view input;
    const char* expected;
  };
  const Row rows[] = {
      {"/projects/group%2fname/x", "/projects/group%2Fname/x"},
      {"/a%2F%2Fb", "/a%2F%2Fb"},
      {"/a/%2F/../b", "/a/b"},
      {"/public%2f..%2fadmin", kRefused},
      {"/public/..%2fadmin", kRefused},
      {"/public%2f..", kRefused},
      {"/public%2f.", kRefused},
      {"/public%2f%2e%2e;x%2fadmin", kRefused},
      {"/public%2f..%3Badmin", kRefused},
      {"/a%2f...", "/a%2F..."},
      {"/a%5cb", kRefused},
  };
  for (const Row& row : rows) {
    CAPTURE(row.input);
    CHECK(normal(row.input, EncodedSlashes::keep) == (row.expected == kRefused ? "refused" : row.expected));
  }
}

TEST_CASE("a normal target is not copied") {
  for (const std::string_view target : {"/a/b?c", "/", "/.well-known/x", "/f%C3%BCr;x=1/%40"}) {
    std::string scratch;
    const auto result = core::normalise_target(target, EncodedSlashes::refuse, scratch);
    REQUIRE(result.has_value());
    CHECK(result->path.data() == target.data());
    CHECK(scratch.capacity() == std::string().capacity());
  }
}

TEST_CASE("the normal form is a fixed point and holds no way around") {
  Dice dice;
  std::size_t accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string target = random_target(dice);
    for (const auto slashes : {EncodedSlashes::refuse, EncodedSlashes::keep}) {
      std::string scratch;
      const auto once = core::normalise_target(target, slashes, scratch);
      if (!once) continue;
      ++accepted;
      const std::string path(once->path);
      CAPTURE(target);
      REQUIRE(path.starts_with('/'));
      REQUIRE_FALSE(path.contains("//"));
      REQUIRE_FALSE((path + "/").contains("/../"));
      REQUIRE_FALSE((path + "/").contains("/./"));
      REQUIRE(normal(path, slashes) == path);
      const std::string other = lenient(path);
      REQUIRE_FALSE((other + "/").contains("/../"));
      REQUIRE_FALSE(other.contains("//"));
      REQUIRE(lenient(other) == other);
    }
  }
  CHECK(accepted > 50'000);
}

TEST_CASE("64 KiB of dots and slashes cost linear time and one byte more is refused") {
  for (const std::string_view part : {"/..", "//", "/.", "/%2e", "/a/..", "/%2e%2e;", "%2F", "/a"}) {
    std::string target = "/";
    while (target.size() + part.size() <= core::kMaxTargetBytes) target.append(part);
    std::string scratch;
    (void)core::normalise_target(target, EncodedSlashes::keep, scratch);
    CHECK(scratch.size() <= 3 * core::kMaxTargetBytes);
  }
  std::string deep = "/";
  for (int i = 0; i < 8000; ++i) deep.append("a/");
  for (int i = 0; i < 8000; ++i) deep.append("../");
  CHECK(normal(deep) == "/");
  CHECK(normal(deep + "..") == "refused");
  std::string scratch;
  const auto refused =
      core::normalise_target("/" + std::string(core::kMaxTargetBytes, 'a'), EncodedSlashes::refuse, scratch);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == core::ErrorKind::too_large);
}

TEST_CASE("a prefix covers whole segments") {
  struct Row {
    std::string_view path;
    std::string_view prefix;
    bool covered;
  };
  const Row rows[] = {
      {"/api", "/api", true}, {"/api/", "/api", true},  {"/api/x", "/api", true}, {"/apix", "/api", false},
      {"/ap", "/api", false}, {"/api", "/api/", false}, {"/api/", "/api/", true}, {"/api/x", "/api/", true},
      {"/x", "/", true},      {"/", "/", true},         {"/API", "/api", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CAPTURE(row.prefix);
    CHECK(core::path_has_prefix(row.path, row.prefix) == row.covered);
  }
}

TEST_CASE("the lenient reading shows what an origin might make of a path") {
  struct Row {
    std::string_view path;
    std::string_view expected;
  };
  const Row rows[] = {
      {"/admin/x", "/admin/x"},
      {"/admin;x/y", "/admin/y"},
      {"/admin%3Bx/y", "/admin/y"},
      {"/a;x", "/a"},
      {"/;x", "/"},
      {"/;x/admin", "/admin"},
      {"/a%40b%3A", "/a@b:"},
      {"/admin%2Fx", "/admin/x"},
      {"/%2Fadmin", "/admin"},
      {"/f%C3%BCr%5B", "/f%C3%BCr%5B"},
      {"/%252e", "/%252e"},
      {"/a/;x/b", "/a/b"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(lenient(row.path) == row.expected);
  }
}

TEST_CASE("a path of the configuration is brought into the same form") {
  CHECK(*core::normalise_path("/f%c3%bcr//x/", EncodedSlashes::refuse) == "/f%C3%BCr/x/");
  CHECK_FALSE(core::normalise_path("/a?b", EncodedSlashes::refuse).has_value());
  CHECK_FALSE(core::normalise_path("a", EncodedSlashes::refuse).has_value());
}
