// Cookie fields: removing ours leaves none of ours and keeps every other pair; forms ride along.
#include "core/text/cookie.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "core/text/form.h"

namespace {

bool is_ours(std::string_view name) {
  return name.starts_with("g");
}

std::vector<std::string> foreign_pairs(std::string_view field) {
  std::vector<std::string> pairs;
  core::CookieReader reader(field);
  while (const auto pair = reader.next()) {
    if (!pair->is_blank() && !is_ours(pair->name)) pairs.emplace_back(pair->text_without_lead());
  }
  return pairs;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  std::string scratch;
  const std::string_view rest = core::without_cookies(text, is_ours, scratch);
  CHECK(rest.size() <= text.size());
  CHECK(foreign_pairs(rest) == foreign_pairs(text));
  core::CookieReader reader(rest);
  while (const auto pair = reader.next()) CHECK(pair->is_blank() || !is_ours(pair->name));
  (void)core::set_cookie_name(text);
  if (const auto form = core::Form::parse(text)) {
    core::FormWriter writer;
    for (const auto& parameter : form->parameters()) writer.add(parameter.name, parameter.value);
    if (writer.text().size() <= core::kMaxFormBytes) CHECK(core::Form::parse(writer.text()).has_value());
  }
  return 0;
}
