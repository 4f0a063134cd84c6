// G15 as a property: for any target, the rule that judged is the rule of what the origin is sent, however the
// origin reads it, and it judged these very bytes.
#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "core/text/request_path.h"
#include "tests/gateway/run/support/house.h"
#include "tests/support/doctest.h"

namespace {

using test_support::get;
using test_support::House;
using test_support::SlowGuard;

constexpr int kTargets = 20'000;

/// What targets are made of: separators, dots, escapes once and twice over, parameters, malformed pieces.
constexpr std::array<std::string_view, 44> kPieces{
    "/",      "/",      "/",    "/",       "a",   "admin", "admin/",  "public", "keep/", ".",    "..",
    "...",    "%2e",    "%2E.", "%2e%2e/", "%2F", "%2f",   "%5c",     "\\",     ";",     ";x=y", "..;/",
    ".;/",    "%3b",    "%3B/", "%61",     "%41", "%64",   "//",      "%25",    "%252f", "%2",   "%",
    "%c3%a4", "%c0%af", "%00",  "~",       "*",   "?",     "?/admin", "%3f",    "%23",   "%20",  "A"};

std::string random_target(std::mt19937& random) {
  std::string target = "/";
  for (std::size_t left = 1 + random() % 9; left > 0; --left) target += kPieces[random() % kPieces.size()];
  return target;
}

/// Not the product's: everything decoded, everything dropped, in the simplest way there is.
std::string as_a_lenient_origin(std::string_view path) {
  std::string decoded;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_escape = path[i] == '%' && i + 2 < path.size();
    const char byte =
        is_escape ? static_cast<char>(std::stoi(std::string(path.substr(i + 1, 2)), nullptr, 16)) : path[i];
    decoded.push_back(byte);
    if (is_escape) i += 2;
  }
  std::vector<std::string> segments;
  std::string segment;
  for (const char c : decoded + "/") {
    if (c != '/') {
      segment.push_back(c);
      continue;
    }
    segment.resize(std::min(segment.find(';'), segment.size()));
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
    segment.clear();
  }
  std::string result;
  for (const std::string& each : segments) result += "/" + each;
  return result.empty() ? "/" : result;
}

struct Town {
  House house;
  SlowGuard admin;
  SlowGuard inner;
  SlowGuard kept;
  std::array<std::pair<std::string_view, SlowGuard*>, 4> places{
      {{"/admin/a", &inner}, {"/admin", &admin}, {"/keep", &kept}, {"", &house.guard}}};

  Town() {
    house.place("/admin", admin);
    house.place("/admin/a", inner);
    house.place("/keep", kept, House::Slashes::kept);
  }
  /// The longest place that holds `path`, by whole segments.
  const SlowGuard* owner_of(std::string_view path) const {
    const auto holds = [path](const auto& place) {
      const std::string_view at = place.first;
      return path.starts_with(at) && (path.size() == at.size() || path[at.size()] == '/');
    };
    return std::ranges::find_if(places, holds)->second;
  }
  /// What the origin was asked for; empty if it was not asked.
  std::string ask(const std::string& target) {
    for (const auto& [path, judge] : places) judge->judged.clear();
    if (house.is_over()) house.connect();
    house.client_sends(get(target));
    std::string sent = house.town.wires.empty() ? std::string() : house.origin_got();
    if (!sent.empty()) house.origin_sends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    house.client_got();
    if (sent.empty()) return sent;
    REQUIRE(sent.starts_with("GET "));
    return sent.substr(4, sent.find(' ', 4) - 4);
  }
};

}  // namespace

TEST_CASE("G15: for random targets the rule that judged is the rule of what is sent, however it is read") {
  Town town;
  town.house.connect();
  std::mt19937 random(20261122);
  int passed = 0;
  int guarded = 0;
  for (int i = 0; i < kTargets; ++i) {
    const std::string target = random_target(random);
    CAPTURE(target);
    const std::string sent = town.ask(target);
    if (sent.empty()) continue;
    ++passed;
    CAPTURE(sent);
    const std::string path = sent.substr(0, sent.find('?'));
    const SlowGuard* owner = town.owner_of(path);
    guarded += owner == &town.house.guard ? 0 : 1;
    // One judge, asked about what the origin gets.
    for (const auto& [at, judge] : town.places)
      CHECK(judge->judged == (judge == owner ? sent : std::string()));
    CHECK(town.owner_of(as_a_lenient_origin(path)) == owner);
    // The query as it came, and the path in a form that stays as it is.
    const std::size_t query = target.find('?');
    CHECK(sent.substr(path.size()) == (query == std::string::npos ? std::string() : target.substr(query)));
    std::string scratch;
    const auto again = core::normalise_target(sent, core::EncodedSlashes::keep, scratch);
    REQUIRE(again.has_value());
    CHECK(again->path == path);
    if (owner != &town.kept) CHECK(path.find("%2F") == std::string::npos);
  }
  // The property is about something.
  CHECK(passed > kTargets / 20);
  CHECK(guarded > kTargets / 200);
}
