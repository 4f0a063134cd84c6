#include "gateway/model/traffic.h"

#include <algorithm>

namespace gateway {
namespace {

std::size_t place_of(std::string_view method) {
  const auto known = std::ranges::find(kCountedMethods, method);
  const auto other = kCountedMethods.size() - 1;
  return std::min(static_cast<std::size_t>(known - kCountedMethods.begin()), other);
}

std::size_t class_of(int status) {
  return static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1);
}

}  // namespace

void RouteTraffic::note(const CountedRequest& request) {
  requests[place_of(request.method)][class_of(request.status)].add();
  durations.note(std::chrono::duration<double>(request.took).count());
  received.add(request.received);
  sent.add(request.sent);
}

RouteTraffic& Traffic::of(const std::string& route) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<RouteTraffic>& cells = routes_[route];
  if (cells == nullptr) cells = std::make_unique<RouteTraffic>();
  return *cells;
}

void Traffic::for_each(
    const std::function<void(const std::string& route, const RouteTraffic& cells)>& visit) const {
  visit("", unrouted_);
  const std::lock_guard lock(mutex_);
  for (const auto& [route, cells] : routes_) visit(route, *cells);
}

}  // namespace gateway
