// traceparent and tracestate: what is read is written the same, and read again.
#include "core/text/traceparent.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto context = core::parse_traceparent(text)) {
    std::array<char, core::kTraceparentBytes> out;
    core::write_traceparent(*context, out);
    const std::string_view written(out.data(), out.size());
    CHECK(core::parse_traceparent(written) == context);
    CHECK(text.substr(2, 51) == written.substr(2, 51));
  }
  if (core::is_tracestate(text)) {
    CHECK(text.size() <= core::kMaxTracestateBytes);
    for (const char c : text) CHECK((c >= ' ' && c <= '~') || c == '\t');
  }
  return 0;
}
