#include "core/kubernetes/endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

namespace core {
namespace {

constexpr std::size_t kMostPortsSaid = 10;

/// One that may be used, with what decides between it and others.
struct Choice {
  const SliceEndpoint* endpoint = nullptr;
  std::uint16_t port = 0;
};

bool is_before(const Choice& a, const Choice& b) {
  return std::tie(a.endpoint->address, a.port) < std::tie(b.endpoint->address, b.port);
}

/// Where the endpoints of a slice listen for `service`; 0: not at all.
std::uint16_t port_in(const EndpointSlice& slice, const KubernetesService& service) {
  // A headless service need not have ports: its pods are asked where the operator says.
  if (slice.ports.empty()) return service.port_name.empty() ? service.port : 0;
  for (const SlicePort& port : slice.ports) {
    if (!port.is_tcp) continue;
    const bool is_it = service.port_name.empty() ? port.port == service.port || port.port == 0
                                                 : port.name == service.port_name && port.port != 0;
    if (is_it) return service.port_name.empty() ? service.port : port.port;
  }
  return 0;
}

std::string ports_text(const Slices& slices) {
  std::set<std::string> known;
  for (const auto& [name, slice] : slices) {
    for (const SlicePort& port : slice.ports) {
      if (known.size() == kMostPortsSaid) break;
      known.insert(port.name.empty() ? std::to_string(port.port)
                                     : fmt::format("{} ({})", port.name, port.port));
    }
  }
  std::string text;
  for (const std::string& port : known) text.append(text.empty() ? "" : ", ").append(port);
  return text;
}

template <typename Test>
std::vector<Choice> those(const std::vector<Choice>& choices, Test test) {
  std::vector<Choice> some;
  std::ranges::copy_if(choices, std::back_inserter(some), test);
  return some;
}

template <typename Test>
void prefer(std::vector<Choice>& choices, Test test) {
  std::vector<Choice> some = those(choices, test);
  if (!some.empty()) choices = std::move(some);
}

void prefer_zone(std::vector<Choice>& choices, const std::string& zone) {
  if (zone.empty()) return;
  // Hints that some lack are about to change, and would leave those out.
  const bool have_hints = std::ranges::none_of(
      choices, [](const Choice& choice) { return choice.endpoint->hinted_zones.empty(); });
  const auto is_hinted = [&zone](const Choice& choice) {
    const std::vector<std::string>& zones = choice.endpoint->hinted_zones;
    return std::ranges::find(zones, zone) != zones.end();
  };
  if (have_hints && std::ranges::any_of(choices, is_hinted)) return prefer(choices, is_hinted);
  prefer(choices, [&zone](const Choice& choice) { return choice.endpoint->zone == zone; });
}

}  // namespace

ServiceEndpoints choose_endpoints(const Slices& slices, const KubernetesService& service,
                                  const std::string& zone) {
  std::vector<Choice> all;
  bool have_any = false;
  for (const auto& [name, slice] : slices) {
    have_any = have_any || !slice.endpoints.empty();
    const std::uint16_t port = port_in(slice, service);
    if (port == 0) continue;
    for (const SliceEndpoint& endpoint : slice.endpoints) all.push_back({&endpoint, port});
  }
  ServiceEndpoints chosen;
  if (all.empty()) {
    chosen.doubt = have_any ? "no port is the one that is meant, but there are " + ports_text(slices)
                            : "it has no endpoints";
    return chosen;
  }
  std::vector<Choice> use = those(all, [](const Choice& choice) { return choice.endpoint->is_ready; });
  if (use.empty()) {
    use = those(all, [](const Choice& choice) {
      return choice.endpoint->is_serving && choice.endpoint->is_terminating;
    });
  }
  if (use.empty()) chosen.doubt = "none of its endpoints is ready";
  prefer(use, [](const Choice& choice) { return choice.endpoint->address.is_v4(); });
  prefer_zone(use, zone);
  // For a moment an endpoint may be in two slices.
  std::ranges::sort(use, is_before);
  const auto same = [](const Choice& a, const Choice& b) { return !is_before(a, b) && !is_before(b, a); };
  use.erase(std::unique(use.begin(), use.end(), same), use.end());
  if (use.size() > kMaxServiceEndpoints) {
    chosen.doubt =
        fmt::format("only the first {} of {} endpoints are used", kMaxServiceEndpoints, use.size());
    use.resize(kMaxServiceEndpoints);
  }
  for (const Choice& choice : use) chosen.endpoints.push_back({choice.endpoint->address, choice.port, {}});
  return chosen;
}

}  // namespace core
