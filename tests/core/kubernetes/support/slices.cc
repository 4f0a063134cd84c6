#include "tests/core/kubernetes/support/slices.h"

#include <fmt/format.h>

namespace tests {

std::string slice(std::string_view name, const std::vector<std::string>& addresses, const SliceMore& more) {
  std::string endpoints;
  for (const std::string& address : addresses) {
    endpoints +=
        fmt::format(R"({}{{"addresses":["{}"],"conditions":{{{}}}{}{}}})", endpoints.empty() ? "" : ",",
                    address, more.conditions, more.endpoint.empty() ? "" : ",", more.endpoint);
  }
  const bool is_v6 = !addresses.empty() && addresses.front().find(':') != std::string::npos;
  return fmt::format(
      R"({{"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{{"name":"{}","namespace":"shop",)"
      R"("resourceVersion":"5","labels":{{"kubernetes.io/service-name":"web"}}}},"addressType":"{}",)"
      R"("endpoints":[{}],"ports":[{{"name":"http","port":8080,"protocol":"TCP"}}]}})",
      name, is_v6 ? "IPv6" : "IPv4", endpoints);
}

std::string slice_list(const std::vector<std::string>& slices, std::string_view version,
                       std::string_view next) {
  return fmt::format(
      R"({{"kind":"EndpointSliceList","apiVersion":"discovery.k8s.io/v1","metadata":{{"resourceVersion":"{}"{}}},"items":[{}]}})",
      version, next.empty() ? "" : fmt::format(R"(,"continue":"{}")", next), fmt::join(slices, ","));
}

std::string slice_event(std::string_view type, std::string_view object) {
  return fmt::format(R"({{"type":"{}","object":{}}})", type, object);
}

}  // namespace tests
