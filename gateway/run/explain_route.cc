#include "gateway/run/explain_route.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/model/router.h"
#include "gateway/run/route_placing.h"

namespace gateway {
namespace {

constexpr std::size_t kMostNamed = 20;

bool host_matches(const std::string& pattern, std::string_view host) {
  Router router;
  router.host(pattern);
  return router.find(host) != nullptr;
}

/// Whether the router takes `path` for the entry where nothing else is; with `is_any_header` whatever the
/// request's fields are.
bool matches_alone(const FileEntry& entry, std::string_view path, const core::Fields& fields,
                   bool is_any_header) {
  Route route;
  if (!is_any_header) route.conditions = route_conditions(entry.route);
  HostRoutes host;
  return place_route(host, entry.path, route) && host.find(path, fields) != nullptr;
}

std::string conditions_text(const config::Route& route) {
  std::string text;
  for (const config::HeaderMatch& match : route.headers) {
    text.append(fmt::format("{}{} must be {}", text.empty() ? "" : ", and ", match.name,
                            fmt::join(match.values, " or ")));
  }
  return text;
}

std::string_view why_behind(const FileEntry& entry, const FileEntry& winner) {
  if (winner.path.match == config::PathMatch::exact && entry.path.match != config::PathMatch::exact)
    return "it would take it, but the exact path goes before";
  if (entry.path.match == config::PathMatch::regex && winner.path.match == config::PathMatch::prefix)
    return "it would take it, but paths go before expressions";
  if (entry.path.match == config::PathMatch::prefix && winner.path.path.size() > entry.path.path.size())
    return "it would take it, but the longer path goes before";
  if (winner.route.headers.size() > entry.route.headers.size())
    return "it would take it, but more conditions on headers go before";
  return "it would take it, but what stands earlier in the file goes before";
}

std::string_view why_no_match(config::PathMatch match) {
  switch (match) {
    case config::PathMatch::exact:
      return "it takes another path, and only that";
    case config::PathMatch::regex:
      return "its expression does not match the path";
    case config::PathMatch::prefix:
      break;
  }
  return "the path is not below its own";
}

std::string why_not(const FileEntry& entry, std::string_view host, std::string_view path,
                    const core::Fields& fields, const FileEntry* winner) {
  const std::string* host_that_decides = winner == nullptr ? nullptr : &winner->route.host;
  if (host_that_decides != nullptr && *host_that_decides != entry.route.host)
    return fmt::format("the routes of {} alone decide about this host", *host_that_decides);
  if (!matches_alone(entry, path, fields, true)) return std::string(why_no_match(entry.path.match));
  if (!matches_alone(entry, path, fields, false))
    return "the path fits, but " + conditions_text(entry.route) + ", in one field";
  if (winner == nullptr) return fmt::format("the routes of another entry alone decide about {}", host);
  return std::string(why_behind(entry, *winner));
}

}  // namespace

std::vector<FileEntry> entries_of(const config::Config& config) {
  std::vector<FileEntry> entries;
  for (const config::Route& route : config.routes) {
    entries.push_back({route, route.path, route.access, route.methods, route.at.line, false});
    for (const config::Except& except : route.excepts)
      entries.push_back({route, except.path, except.access, except.methods, except.at.line, true});
  }
  return entries;
}

const FileEntry* entry_of(const std::vector<FileEntry>& entries, const Route& found) {
  const auto is_it = [&found](const FileEntry& entry) {
    return route_name(entry.route, entry.path) == found.name &&
           route_conditions(entry.route) == found.conditions;
  };
  const auto entry = std::ranges::find_if(entries, is_it);
  return entry == entries.end() ? nullptr : &*entry;
}

core::Json passed_over(const std::vector<FileEntry>& entries, std::string_view host, std::string_view path,
                       const core::Fields& fields, const FileEntry* winner) {
  core::Json list = core::Json::array();
  for (const FileEntry& entry : entries) {
    if (&entry == winner || !host_matches(entry.route.host, host)) continue;
    if (list.elements().size() == kMostNamed) break;
    core::Json passed = core::Json::object();
    passed.set("route", route_name(entry.route, entry.path));
    passed.set("line", entry.line);
    passed.set("why", why_not(entry, host, path, fields, winner));
    list.push(std::move(passed));
  }
  return list;
}

}  // namespace gateway
