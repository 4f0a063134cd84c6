// What a client writes into Forwarded or X-Forwarded-For never hides what the next proxy adds to it.
#include "core/http/forwarded.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "gateway/model/client_address.h"

namespace {

/// What a proxy adds for its client 2001:db8::9, in both notations that a proxy may choose.
constexpr std::string_view kAdded = ", for=\"[2001:db8::9]:4711\";proto=https";
constexpr std::string_view kAddedShort = ", for=192.0.2.9";

core::Result<gateway::ProxyReport> read(const std::string& field, const std::string& value) {
  const gateway::ClientRule rule({*core::Network::parse("10.0.0.0/8")}, field);
  core::Fields fields;
  fields.add(field, value);
  return rule.read(core::IpAddress::v4({10, 0, 0, 1}), fields);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  if (const auto elements = core::parse_forwarded(text)) {
    CHECK(!elements->empty() && elements->size() <= core::kMaxForwardedElements);
    for (const core::ForwardedElement& element : *elements) {
      const auto address = core::parse_forwarded_node(element.node);
      if (!address) continue;
      std::string written;
      core::append_forwarded(written, *address, text.substr(0, 20));
      if (const auto again = core::parse_forwarded(written))
        CHECK(*core::parse_forwarded_node(again->front().node) == *address);
    }
  }
  for (const std::string_view added : {kAdded, kAddedShort}) {
    const auto report = read("Forwarded", text + std::string(added));
    if (report) CHECK(!report->client.text().starts_with("10."));
    if (report && added == kAdded) CHECK(report->client.text() == "2001:db8::9");
    if (report && added == kAddedShort) CHECK(report->client.text() == "192.0.2.9");
  }
  const auto listed = read("X-Forwarded-For", text + ", 192.0.2.9");
  CHECK(listed.has_value());
  CHECK(listed->client.text() == "192.0.2.9");
  (void)read("X-Forwarded-For", text);
  (void)read("CF-Connecting-IP", text);
  return 0;
}
