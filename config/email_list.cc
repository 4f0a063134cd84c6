#include "config/email_list.h"

#include <algorithm>
#include <utility>

#include "config/read_file.h"
#include "config/values.h"
#include "core/text/utf8.h"

namespace config {
namespace {

constexpr std::size_t kMaxEmailBytes = 320;
constexpr std::size_t kMaxGroupBytes = 512;

std::string_view without_blanks(std::string_view line) {
  while (!line.empty() && std::string_view(" \t\r").contains(line.back())) line.remove_suffix(1);
  while (!line.empty() && std::string_view(" \t").contains(line.front())) line.remove_prefix(1);
  return line;
}

/// A group may hold a #, an address as people write it may not.
std::string_view without_comment(std::string_view line, ListKind kind) {
  std::size_t at = line.find('#');
  while (kind == ListKind::groups && at != std::string_view::npos && at > 0 &&
         !std::string_view(" \t").contains(line[at - 1])) {
    at = line.find('#', at + 1);
  }
  return line.substr(0, at);
}

core::Result<std::string> parse_listed_group(std::string_view text) {
  if (text.size() <= kMaxGroupBytes && core::is_plain_text(text)) return std::string(text);
  return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected a group");
}

}  // namespace

core::Result<std::string> parse_listed_email(std::string_view text) {
  const std::size_t at = text.find('@');
  const bool has_one_at = at != std::string_view::npos && text.find('@', at + 1) == std::string_view::npos;
  const bool has_blank = std::ranges::any_of(text, [](char c) { return c == ' ' || c == '\t' || c == ','; });
  if (!has_one_at || at == 0 || at + 1 == text.size() || has_blank || text.size() > kMaxEmailBytes ||
      !core::is_plain_text(text)) {
    return core::failure(core::ErrorKind::malformed, core::Side::configuration, "expected an e-mail address");
  }
  return lower_case(text);
}

void make_set(std::vector<std::string>& list) {
  std::ranges::sort(list);
  const auto twice = std::ranges::unique(list);
  list.erase(twice.begin(), twice.end());
}

core::Result<ListFile> read_list_file(const std::string& path, ListKind kind) {
  const auto bytes = read_file(path, kMaxEmailFileBytes);
  if (!bytes) return core::failure(bytes.error());
  std::string_view text = *bytes;
  ListFile list;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = without_blanks(without_comment(text.substr(0, end), kind));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    auto entry = kind == ListKind::emails ? parse_listed_email(line) : parse_listed_group(line);
    if (entry) {
      list.entries.push_back(std::move(*entry));
    } else {
      list.errors.push_back(path + ": line " + std::to_string(number) + ": " + entry.error().text);
    }
  }
  make_set(list.entries);
  return list;
}

}  // namespace config
