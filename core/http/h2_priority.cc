// A dictionary of RFC 8941 as far as it can be read without its strings: what holds one is left alone.
#include "core/http/h2_priority.h"

namespace core {
namespace {

constexpr std::string_view kName = "priority";
constexpr std::size_t kMostBytes = 256;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

void H2Priority::merge(std::string_view value) {
  if (value.size() > kMostBytes || value.contains('"')) return;
  for (;;) {
    const std::size_t end = value.find(',');
    std::string_view member = trimmed(value.substr(0, end));
    member = trimmed(member.substr(0, member.find(';')));
    if (member.size() == 3 && member.starts_with("u=") && member[2] >= '0' && member[2] <= '7')
      urgency = static_cast<unsigned>(member[2] - '0');
    if (member == "i" || member == "i=?1") incremental = true;
    if (member == "i=?0") incremental = false;
    if (end == std::string_view::npos) return;
    value.remove_prefix(end + 1);
  }
}

bool H2Priority::merge_fields(const Fields& fields) {
  bool has_any = false;
  for (const Field& field : fields) {
    if (field.name.size() != kName.size() || field.id != FieldId::other) continue;
    if (!equals_ignoring_case(field.name, kName)) continue;
    merge(field.value);
    has_any = true;
  }
  return has_any;
}

}  // namespace core
