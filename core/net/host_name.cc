// Rules about names, before any of them reaches the network.
#include "core/net/host_name.h"

#include <algorithm>

namespace core {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_label(std::string_view label) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_allowed);
}

/// Programs disagree on "127.1" and "0x7f.1"; no top-level domain is a number.
bool is_number(std::string_view label) {
  if (label.starts_with("0x")) {
    label.remove_prefix(2);
    return std::all_of(label.begin(), label.end(),
                       [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  }
  return std::all_of(label.begin(), label.end(), is_digit);
}

std::string lowered(std::string_view name) {
  std::string result(name);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string_view without_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

}  // namespace

Result<std::string> checked_host_name(std::string_view name) {
  const auto refused = failure(ErrorKind::malformed, Side::configuration,
                               "\"" + std::string(name.substr(0, kLongestLabel)) + "\" is not a host name");
  if (without_dot(name).size() > kLongestName) return refused;
  std::string checked = lowered(name);
  std::string_view rest = without_dot(checked);
  for (;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (!is_label(label)) return refused;
    if (dot == std::string_view::npos) {
      if (is_number(label)) return refused;
      return checked;
    }
    rest.remove_prefix(dot + 1);
  }
}

std::optional<Addresses> fixed_addresses(std::string_view name) {
  const Result<IpAddress> literal = IpAddress::parse(name);
  if (literal.has_value()) return Addresses{*literal};
  if (name.size() > kLongestName) return std::nullopt;
  const std::string plain = lowered(without_dot(name));
  if (plain != "localhost" && !plain.ends_with(".localhost")) return std::nullopt;
  return Addresses{IpAddress::v4({127, 0, 0, 1}),
                   IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})};
}

}  // namespace core
