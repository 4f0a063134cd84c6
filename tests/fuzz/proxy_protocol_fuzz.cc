// PROXY headers: a decision stays the same with more bytes behind it, comes in bounded time, and lies within
// the bytes.
#include "core/net/proxy_protocol.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/check.h"

namespace {

using core::ProxyReading;
using State = ProxyReading::State;

bool is_same(const ProxyReading& a, const ProxyReading& b) {
  return a.state == b.state && a.size == b.size && a.header.ends == b.header.ends;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const ProxyReading whole = core::read_proxy_header(text);
  CHECK(whole.size <= std::min(size, core::kMaxProxyV2Bytes));
  CHECK((whole.state == State::complete) == (whole.size > 0));
  if (size >= core::kMaxProxyV2Bytes) CHECK(whole.state != State::needs_more);
  CHECK(is_same(core::read_proxy_header(std::string(text) + '\n'), whole) ||
        whole.state == State::needs_more);
  // Byte by byte, as a slow sender would send it.
  for (std::size_t count = 0; count < std::min(size, core::kMaxProxyV1Bytes + 1); ++count) {
    const ProxyReading part = core::read_proxy_header(text.substr(0, count));
    if (part.state == State::needs_more) continue;
    CHECK(is_same(part, whole));
    break;
  }
  if (whole.state == State::complete) {
    CHECK(core::read_proxy_header(text.substr(0, whole.size - 1)).state == State::needs_more);
    CHECK(is_same(core::read_proxy_header(text.substr(0, whole.size)), whole));
  }
  return 0;
}
