// EndpointSlices of the service web in the namespace shop, as the API writes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tests {

/// More of one endpoint than its address: R"("zone":"a")".
struct SliceMore {
  std::string conditions = R"("ready":true)";
  std::string endpoint;
};

/// IPv4 unless an address has a colon; the port http is 8080.
std::string slice(std::string_view name, const std::vector<std::string>& addresses,
                  const SliceMore& more = {});
std::string slice_list(const std::vector<std::string>& slices, std::string_view version,
                       std::string_view next = "");
/// Without the line's end.
std::string slice_event(std::string_view type, std::string_view object);

}  // namespace tests
