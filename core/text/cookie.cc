#include "core/text/cookie.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"

namespace core {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_token_byte(char c) {
  return c > ' ' && c <= '~' && !std::string_view("()<>@,;:\\\"/[]?={}").contains(c);
}

bool is_cookie_octet(char c) {
  return c > ' ' && c <= '~' && !std::string_view("\",;\\").contains(c);
}

bool is_attribute_byte(char c) {
  return c >= ' ' && c <= '~' && c != ';';
}

std::string_view name_of(SameSite same_site) {
  switch (same_site) {
    case SameSite::lax:
      return "Lax";
    case SameSite::strict:
      return "Strict";
    case SameSite::none:
      return "None";
  }
  return "Strict";
}

}  // namespace

std::string_view CookiePair::text_without_lead() const {
  return text.substr(std::min(text.size(), text.find_first_not_of(" \t")));
}

std::optional<CookiePair> CookieReader::next() {
  if (at_end_) return std::nullopt;
  const std::size_t end = rest_.find(';');
  CookiePair pair;
  pair.text = rest_.substr(0, end);
  at_end_ = end == std::string_view::npos;
  if (!at_end_) rest_.remove_prefix(end + 1);
  const std::size_t equals = pair.text.find('=');
  if (equals == std::string_view::npos) {
    pair.value = trimmed(pair.text);
  } else {
    pair.name = trimmed(pair.text.substr(0, equals));
    pair.value = trimmed(pair.text.substr(equals + 1));
  }
  return pair;
}

CookieLookup find_cookie(std::string_view field, std::string_view name) {
  CookieLookup found;
  CookieReader reader(field);
  while (const auto pair = reader.next()) {
    if (pair->name != name || pair->is_blank()) continue;
    if (found.count++ == 0) found.first = pair->value;
  }
  return found;
}

std::string_view set_cookie_name(std::string_view value) {
  value = value.substr(0, value.find(';'));
  const std::size_t equals = value.find('=');
  if (equals == std::string_view::npos) return {};
  return trimmed(value.substr(0, equals));
}

SetCookie SetCookie::removal(const SetCookie& of) {
  SetCookie gone = of;
  gone.value.clear();
  gone.max_age = std::chrono::seconds(0);
  return gone;
}

std::string SetCookie::text() const {
  CHECK(!name.empty() && std::ranges::all_of(name, is_token_byte));
  CHECK(std::ranges::all_of(value, is_cookie_octet));
  CHECK(path.starts_with('/') && std::ranges::all_of(path, is_attribute_byte));
  CHECK(std::ranges::all_of(domain, is_attribute_byte));
  CHECK(!name.starts_with("__Host-") || (path == "/" && domain.empty()));
  std::string out = fmt::format("{}={}; Path={}", name, value, path);
  if (!domain.empty()) out.append("; Domain=").append(domain);
  if (max_age) out.append(fmt::format("; Max-Age={}", std::max<std::int64_t>(0, max_age->count())));
  out.append("; Secure; HttpOnly; SameSite=").append(name_of(same_site));
  return out;
}

}  // namespace core
