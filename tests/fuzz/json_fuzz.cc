// JSON: what is read can be written and read again as the same value, within the limits; base64 and dates
// ride along.
#include "core/text/json.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "core/text/base64.h"
#include "core/text/http_date.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto value = core::Json::parse(text, core::Side::provider)) {
    const auto again = core::Json::parse(value->text(), core::Side::provider);
    CHECK(again.has_value());
    CHECK(*again == *value);
    CHECK(again->text() == value->text());
    (void)value->at("a.b.c");
  }
  for (const auto alphabet : {core::Base64::standard, core::Base64::url}) {
    if (const auto decoded = core::base64_decode(text, alphabet))
      CHECK(core::base64_encode(*decoded, alphabet) == text);
  }
  const core::WallTime now = core::from_unix_seconds(1795307286);
  if (const auto date = core::parse_http_date(text, now)) {
    CHECK(core::parse_http_date(core::http_date(*date), now).has_value());
  }
  return 0;
}
