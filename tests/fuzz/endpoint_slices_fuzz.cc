// What a Kubernetes API says of endpoints: lines of a watch come to the same in whatever pieces, what is read
// is within its bounds, and no address is used that no pod can have.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "core/kubernetes/endpoints.h"
#include "core/kubernetes/line_reader.h"
#include "core/kubernetes/slice.h"

namespace {

const core::SliceScope kScope{"shop", "web", false};

std::vector<std::string> lines_of(std::string_view text, std::size_t piece) {
  std::vector<std::string> lines;
  core::LineReader reader(4096);
  while (!text.empty()) {
    const auto taken =
        reader.take(text.substr(0, piece), [&lines](std::string_view line) -> core::Result<void> {
          CHECK(!line.empty() && line.size() <= 4096 && line.find('\n') == std::string_view::npos);
          lines.emplace_back(line);
          return {};
        });
    if (!taken) break;
    text.remove_prefix(std::min(piece, text.size()));
  }
  return lines;
}

void check_endpoints(const core::Slices& slices) {
  for (const core::KubernetesService& service : {core::KubernetesService{"shop", "web", "http", 0},
                                                 core::KubernetesService{"shop", "web", "", 8080}}) {
    for (const std::string& zone : {std::string(), std::string("par-1")}) {
      const core::ServiceEndpoints chosen = core::choose_endpoints(slices, service, zone);
      CHECK(chosen.endpoints.size() <= core::kMaxServiceEndpoints);
      CHECK(!chosen.endpoints.empty() || !chosen.doubt.empty());
      for (const core::Endpoint& endpoint : chosen.endpoints) {
        CHECK(endpoint.port != 0);
        CHECK(!endpoint.ip.is_loopback() && !endpoint.ip.is_link_local());
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const std::vector<std::string> lines = lines_of(text, text.size() + 1);
  CHECK(lines == lines_of(text, 1));
  core::Slices slices;
  for (const std::string& line : lines) {
    auto event = core::parse_slice_event(line, kScope);
    if (!event) continue;
    CHECK(event->slice.endpoints.size() <= core::kMaxSliceEndpoints);
    std::string name = event->slice.name;
    if (event->kind == core::SliceEvent::Kind::removed) slices.erase(name);
    if (event->kind == core::SliceEvent::Kind::put)
      slices.insert_or_assign(std::move(name), std::move(event->slice));
  }
  check_endpoints(slices);
  if (const auto whole = core::Json::parse(text, core::Side::us)) {
    if (auto list = core::parse_slice_list(*whole, kScope)) {
      for (core::EndpointSlice& slice : list->slices) slices.insert_or_assign(slice.name, slice);
      check_endpoints(slices);
    }
  }
  return 0;
}
