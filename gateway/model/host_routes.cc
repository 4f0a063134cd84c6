#include "gateway/model/host_routes.h"

#include <algorithm>
#include <utility>

#include "core/text/request_path.h"

namespace gateway {

bool HostRoutes::Place::add(const Route& route) {
  if (route.conditions.empty()) {
    if (unconditional_ != nullptr) return false;
    unconditional_ = &route;
    return true;
  }
  const auto is_same = [&route](const Route* other) { return other->conditions == route.conditions; };
  if (std::ranges::any_of(conditional_, is_same)) return false;
  const auto after = std::ranges::find_if(conditional_, [&route](const Route* other) {
    return other->conditions.size() < route.conditions.size();
  });
  conditional_.insert(after, &route);
  return true;
}

const Route* HostRoutes::Place::choose(const core::Fields& fields) const {
  for (const Route* route : conditional_) {
    if (route->takes(fields)) return route;
  }
  return unconditional_;
}

bool HostRoutes::add(Paths& paths, std::string_view path, const Route& route) {
  return paths[std::string(path)].add(route);
}

bool HostRoutes::add_prefix(std::string_view path, const Route& route) {
  longest_prefix_ = std::max(longest_prefix_, path.size());
  return add(prefixes_, path, route);
}

bool HostRoutes::add_exact(std::string_view path, const Route& route) {
  return add(exact_, path, route);
}

core::Result<void> HostRoutes::add_expression(std::string_view pattern, const Route& route) {
  auto found = std::ranges::find(expressions_, pattern, &Expression::pattern);
  if (found == expressions_.end()) {
    core::Result<core::RegularExpression> compiled = core::RegularExpression::parse(pattern);
    if (!compiled) return core::failure(std::move(compiled.error()));
    expressions_.push_back({std::string(pattern), std::move(*compiled), {}});
    found = expressions_.end() - 1;
  }
  if (found->place.add(route)) return {};
  return core::failure(core::ErrorKind::conflict, core::Side::configuration, "the path is taken");
}

const Route* HostRoutes::find(std::string_view path, const core::Fields& fields) const {
  if (const auto exact = exact_.find(path); exact != exact_.end()) {
    if (const Route* route = exact->second.choose(fields)) return route;
  }
  if (const Route* route = find_prefix(path, fields)) return route;
  return expressions_.empty() ? nullptr : find_expression(path, fields);
}

const Route* HostRoutes::find_prefix(std::string_view path, const core::Fields& fields) const {
  // Candidates are the path's own beginnings in whole segments, longest first; none longer than the longest
  // prefix is looked up, so a path of thousands of segments costs no more than the configuration's deepest
  // route.
  std::string_view candidate = path;
  while (true) {
    if (candidate.size() <= longest_prefix_) {
      if (const auto prefix = prefixes_.find(candidate); prefix != prefixes_.end()) {
        if (const Route* route = prefix->second.choose(fields)) return route;
      }
    }
    if (candidate.size() <= 1) return nullptr;
    const std::size_t from = std::min(candidate.size() - 1, longest_prefix_);
    const std::size_t slash = candidate.substr(0, from + 1).rfind('/');
    if (slash == std::string_view::npos) return nullptr;
    candidate = slash == 0 ? candidate.substr(0, 1) : candidate.substr(0, slash);
  }
}

const Route* HostRoutes::find_expression(std::string_view path, const core::Fields& fields) const {
  for (const Expression& expression : expressions_) {
    if (!expression.compiled.matches(path)) continue;
    if (const Route* route = expression.place.choose(fields)) return route;
  }
  return nullptr;
}

bool HostRoutes::is_endpoint(std::string_view path, std::string_view prefix) const {
  return has_endpoints && core::path_has_prefix(path, prefix);
}

bool HostRoutes::reads_alike(const Route& route, const Request& request, std::string_view prefix) const {
  const bool has_encoded_slash = request.path.find("%2F") != std::string_view::npos;
  if (has_encoded_slash && !route.keeps_encoded_slashes) return false;
  // An origin that drops ;parameters or decodes more must not reach what another rule guards, or counts.
  std::string scratch;
  const std::string_view lenient = core::lenient_reading(request.path, scratch);
  if (lenient.data() == request.path.data()) return true;
  const Route* other = find(lenient, *request.fields);
  return other != nullptr && other->guard == route.guard && other->methods == route.methods &&
         other->rate == route.rate && !is_endpoint(lenient, prefix);
}

}  // namespace gateway
