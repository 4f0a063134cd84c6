#include "gateway/answer/max_forwards.h"

#include <charconv>

#include "core/base/check.h"

namespace gateway {

std::optional<std::uint64_t> forwards_left(const core::RequestHead& head) {
  if (head.method != "OPTIONS" || head.fields.count(core::FieldId::max_forwards) != 1) return std::nullopt;
  const std::string_view text = *head.fields.find(core::FieldId::max_forwards);
  std::uint64_t left = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), left);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return left;
}

void count_forward(std::uint64_t left, core::Fields& fields, std::string& value) {
  CHECK(left > 0);
  value = std::to_string(left - 1);
  for (core::Field& field : fields) {
    if (field.id == core::FieldId::max_forwards) field.value = value;
  }
}

}  // namespace gateway
