// Rules between routes that could be for one request: what can never be reached, and what a client could
// choose for itself. Must find routes in the order that gateway/model/router.h does.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "config/check.h"
#include "config/header_rules.h"
#include "core/text/regular_expression.h"
#include "core/text/request_path.h"

namespace config {
namespace {

/// Each request is compared with all of a place.
constexpr std::size_t kMostAtOnePlace = 100;
/// Each request that no path of the host is for is compared with all of its host.
constexpr std::size_t kMostExpressions = 100;

/// A route or one of its excepts.
struct Entry {
  const Route* route;
  const Access* access;
  const std::vector<std::string>* methods;
  Position at;

  [[nodiscard]] const std::vector<HeaderMatch>& headers() const { return route->headers; }
};

/// Host, kind of match, path.
using Place = std::pair<std::string, std::pair<PathMatch, std::string>>;
using Places = std::map<Place, std::vector<Entry>>;

std::string text_of(const Place& place) {
  const auto& [match, path] = place.second;
  const std::string text = match == PathMatch::exact   ? "{exact: " + path + "}"
                           : match == PathMatch::regex ? "{regex: " + path + "}"
                                                       : path;
  return place.first + " " + text;
}

/// Whether whatever `later` is for is taken by `earlier`: as many conditions, on the same fields, and none
/// that asks for more.
bool hides(const std::vector<HeaderMatch>& earlier, const std::vector<HeaderMatch>& later) {
  return std::ranges::equal(earlier, later, [](const HeaderMatch& a, const HeaderMatch& b) {
    return folded_name(a.name) == folded_name(b.name) && std::ranges::includes(a.values, b.values);
  });
}

void put(Places& places, const Place& place, const Entry& entry, Findings& findings) {
  std::vector<Entry>& there = places[place];
  if (there.size() >= kMostAtOnePlace) {
    if (there.size() == kMostAtOnePlace)
      findings.error(entry.at, "more than 100 routes for " + text_of(place), "use paths to tell them apart");
    there.push_back(entry);
    return;
  }
  const auto hidden_by = std::ranges::find_if(
      there, [&](const Entry& other) { return hides(other.headers(), entry.headers()); });
  if (hidden_by != there.end()) {
    findings.error(entry.at,
                   "this can never be reached: " + text_of(place) + " stands already in line " +
                       std::to_string(hidden_by->at.line),
                   "remove one of them, or change its host, path or headers");
    return;
  }
  there.push_back(entry);
}

Places places_of(const Config& config, Findings& findings) {
  Places places;
  for (const Route& route : config.routes) {
    if (route.host.empty()) continue;  // an error of its own
    const Place place{route.host, {route.path.match, route.path.path}};
    put(places, place, {&route, &route.access, &route.methods, route.at}, findings);
    for (const Except& except : route.excepts) {
      if (except.path == route.path) continue;  // likewise
      put(places, {route.host, {except.path.match, except.path.path}},
          {&route, &except.access, &except.methods, except.at}, findings);
    }
  }
  return places;
}

bool takes_all(const std::vector<Entry>& entries) {
  return std::ranges::any_of(entries, [](const Entry& entry) { return entry.headers().empty(); });
}

/// The next shorter path of whole segments; empty behind "/".
std::string shorter(const std::string& path) {
  if (path.size() <= 1) return {};
  const std::size_t slash = path.rfind('/');
  return path.substr(0, std::max<std::size_t>(slash, 1));
}

/// Calls `visit` with the entries of every prefix that holds `path`, longest first, until one takes every
/// request. True if one does.
template <typename Visit>
bool for_each_prefix(const Places& places, const std::string& host, std::string path, Visit visit) {
  for (; !path.empty(); path = shorter(path)) {
    const auto found = places.find({host, {PathMatch::prefix, path}});
    if (found == places.end()) continue;
    visit(found->second);
    if (takes_all(found->second)) return true;
  }
  return false;
}

void check_expressions(const Places& places, Findings& findings) {
  std::map<std::string, std::size_t> counts;
  for (const auto& [place, entries] : places) {
    if (place.second.first != PathMatch::regex) continue;
    const Position at = entries.front().at;
    if (++counts[place.first] == kMostExpressions + 1)
      findings.error(at, "more than 100 regular expressions on " + place.first, "use paths where they do");
    // A prefix that all of its paths are below: "/a" for "/a/[0-9]+", not for "/a[0-9]+".
    const std::string start(core::RegularExpression::literal_start(place.second.second));
    const std::string below = start.substr(0, std::max<std::size_t>(start.rfind('/') + 1, 1));
    if (start.empty()) {
      // Only "/" is above every path.
      const auto root = places.find({place.first, {PathMatch::prefix, "/"}});
      if (root == places.end() || !takes_all(root->second)) continue;
    } else if (!for_each_prefix(places, place.first, below.size() > 1 ? shorter(below) : below,
                                [](const std::vector<Entry>&) {})) {
      continue;
    }
    findings.error(at,
                   "this can never be reached: prefixes come before regular expressions, and one of " +
                       place.first + " is above " + place.second.second,
                   "give the other route a longer path, or a regular expression too");
  }
}

/// Where routes lead, as numbers: a file may have thousands, and each may have to be compared with each.
class Destinations {
 public:
  explicit Destinations(const Config& config) : first_(config.routes.data()) {
    std::map<std::string, int> known;
    numbers_.reserve(config.routes.size());
    for (const Route& route : config.routes) {
      std::vector<int>& numbers = numbers_.emplace_back();
      const auto* upstream = std::get_if<Upstream>(&route.action);
      if (upstream == nullptr) continue;
      // By what is reached, not by how: http and h2c to one place are one upstream.
      for (const OriginUrl& origin : upstream->origins) {
        const auto next = static_cast<int>(known.size());
        numbers.push_back(known.try_emplace(origin.url.origin() + origin.unix_path, next).first->second);
      }
      std::ranges::sort(numbers);
    }
  }

  [[nodiscard]] const std::vector<int>& of(const Route& route) const {
    return numbers_[static_cast<std::size_t>(&route - first_)];
  }
  [[nodiscard]] bool have_one_in_common(const Route& a, const Route& b) const {
    const std::vector<int>& one = of(a);
    const std::vector<int>& other = of(b);
    return std::ranges::any_of(one,
                               [&other](int number) { return std::ranges::binary_search(other, number); });
  }

 private:
  const Route* first_;
  std::vector<std::vector<int>> numbers_;
};

/// What answers where a condition of `place` does not hold.
std::vector<Entry> alternatives(const Places& places, const Place& place) {
  std::vector<Entry> others = places.at(place);
  if (takes_all(others)) return others;
  const auto add = [&others](const std::vector<Entry>& more) {
    others.insert(others.end(), more.begin(), more.end());
  };
  const auto& [match, path] = place.second;
  if (match == PathMatch::exact && for_each_prefix(places, place.first, path, add)) return others;
  if (match == PathMatch::prefix && for_each_prefix(places, place.first, shorter(path), add)) return others;
  const Place first_expression{place.first, {PathMatch::regex, {}}};
  for (auto at = places.lower_bound(first_expression);
       at != places.end() && at->first.first == place.first && at->first.second.first == PathMatch::regex;
       ++at) {
    if (at->first != place) add(at->second);
  }
  return others;
}

/// Whether a request that `entry` is not for, because of its header fields, is none for `other` either.
bool asks_for_as_much(const Entry& other, const Entry& entry) {
  return std::ranges::all_of(entry.headers(), [&other](const HeaderMatch& wanted) {
    return std::ranges::any_of(other.headers(), [&wanted](const HeaderMatch& match) {
      return folded_name(match.name) == folded_name(wanted.name) &&
             std::ranges::includes(wanted.values, match.values);
    });
  });
}

/// Whoever asks writes the header fields: no rule may depend on them.
void check_conditions(const Config& config, const Places& places, Findings& findings) {
  const Destinations destinations(config);
  std::set<std::pair<int, int>> reported;
  for (const auto& [place, entries] : places) {
    if (std::ranges::all_of(entries, [](const Entry& entry) { return entry.headers().empty(); })) continue;
    const std::vector<Entry> all = alternatives(places, place);
    for (const Entry& entry : entries) {
      if (entry.headers().empty()) continue;
      const auto is_another_rule = [&](const Entry& other) {
        return (*other.access != *entry.access || *other.methods != *entry.methods) &&
               destinations.have_one_in_common(*other.route, *entry.route) && !asks_for_as_much(other, entry);
      };
      const auto found = std::ranges::find_if(all, is_another_rule);
      if (found == all.end() || !reported.insert({entry.at.line, entry.at.column}).second) continue;
      findings.error(entry.at,
                     "routes.headers: whoever asks chooses the headers, and the route in line " +
                         std::to_string(found->at.line) + " has another access rule for the same upstream",
                     "give both the same access rule and methods, or send them to different upstreams");
    }
  }
}

}  // namespace

void warn_changed_paths(const Config& config, Findings& findings) {
  const Destinations destinations(config);
  // By host and destination, the first route of each access rule.
  std::map<std::pair<std::string_view, int>, std::vector<const Route*>> rules;
  const auto has_rule = [](const std::vector<const Route*>& routes, const Access& access) {
    return std::ranges::any_of(routes, [&access](const Route* route) { return route->access == access; });
  };
  for (const Route& route : config.routes) {
    for (const int number : destinations.of(route)) {
      std::vector<const Route*>& there = rules[{route.host, number}];
      if (!has_rule(there, route.access)) there.push_back(&route);
    }
  }
  for (const Route& route : config.routes) {
    if (!route.path_change.strips_prefix && !route.path_change.rewrite) continue;
    const Route* found = nullptr;
    for (const int number : destinations.of(route)) {
      for (const Route* other : rules[{route.host, number}]) {
        if (other->access != route.access && (found == nullptr || other < found)) found = other;
      }
    }
    if (found == nullptr) continue;
    findings.warn(route.at,
                  "routes: with strip_prefix or rewrite, paths of the upstream that the route in line " +
                      std::to_string(found->at.line) + " guards are reached under another access rule",
                  "give both the same rule, or let the upstream listen twice");
  }
}

void check_matches(const Config& config, Findings& findings) {
  const Places places = places_of(config, findings);
  check_expressions(places, findings);
  check_conditions(config, places, findings);
}

}  // namespace config
