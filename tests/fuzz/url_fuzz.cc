// URLs, authorities and host patterns: the normal form is a fixed point and holds nothing that a browser
// reads otherwise.
#include "core/text/url.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/check.h"
#include "core/text/host_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto url = core::parse_url(text)) {
    const std::string once = url->text();
    const auto again = core::parse_url(once);
    CHECK(again.has_value());
    CHECK(again->text() == once);
    CHECK(url->authority.host.find_first_of("@\\/?#% ") == std::string::npos);
    CHECK(url->path.starts_with('/'));
    CHECK(url->path.find('\\') == std::string::npos);
  }
  if (const auto authority = core::parse_authority(text)) {
    const auto again = core::parse_authority(authority->host);
    CHECK(again.has_value());
    CHECK(again->host == authority->host);
  }
  if (const auto pattern = core::HostPattern::parse(text))
    CHECK(*core::HostPattern::parse(pattern->text()) == *pattern);
  return 0;
}
