#include "gateway/guard/email.h"

#include <algorithm>

namespace gateway {
namespace {

constexpr std::size_t kMaxLocalBytes = 64;
constexpr std::size_t kMaxLabelBytes = 63;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_local(std::string_view text) {
  constexpr std::string_view kAlso =
      "!#$&'*+-/=?^_`{|}~.";  // RFC 5322 atext without "%", which once routed mail
  if (text.empty() || text.size() > kMaxLocalBytes) return false;
  if (text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || kAlso.find(c) != std::string_view::npos;
  });
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > kMaxLabelBytes || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_domain(std::string_view text) {
  std::size_t labels = 0;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    ++labels;
    if (dot == std::string_view::npos) return labels >= 2;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

std::optional<PlainEmail> parse_email(std::string_view text) {
  if (text.size() > kMaxEmailBytes) return std::nullopt;
  PlainEmail email;
  for (const char c : text) {
    email.bytes_[email.size_++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  email.at_ = email.text().find('@');
  if (email.at_ == std::string_view::npos) return std::nullopt;
  if (!is_local(email.local()) || !is_domain(email.domain())) return std::nullopt;
  return email;
}

}  // namespace gateway
