// Byte classes of HTTP as tables, for the parsers of this folder only (RFC 9110 section 5.6.2, RFC 9112
// section 3).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace core::http_characters {

using Table = std::array<bool, 256>;

/// tchar: what methods and field names are made of.
inline constexpr Table kToken = [] {
  Table table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

/// Bytes of a request target that no parser takes for a delimiter: visible ASCII but '#'.
inline constexpr Table kTarget = [] {
  Table table{};
  for (std::size_t c = 0x21; c <= 0x7e; ++c) table[c] = c != '#';
  return table;
}();

/// ASCII letters in lower case, all other bytes as they are.
inline constexpr std::array<char, 256> kLower = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    table[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  return table;
}();

constexpr bool is_token_byte(char c) {
  return kToken[static_cast<unsigned char>(c)];
}
constexpr char lower(char c) {
  return kLower[static_cast<unsigned char>(c)];
}
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// Whether no byte is a control but HTAB.
inline bool has_no_controls(std::string_view text) {
  const auto is_bad = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  };
  // Eight bytes at a time: field values are most of a head, and g++ 12 makes no vector code of the plain loop
  // at -O2.
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = kOnes * 0x80;
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    const std::uint64_t deletes = word ^ (kOnes * 0x7f);
    const std::uint64_t marks = ((word - kOnes * 0x20) & ~word) | ((deletes - kOnes) & ~deletes);
    if ((marks & kHighs) != 0 && std::any_of(text.begin(), text.begin() + sizeof word, is_bad)) return false;
    text.remove_prefix(sizeof word);
  }
  return std::none_of(text.begin(), text.end(), is_bad);
}

/// Without SP and HTAB at both ends (OWS).
constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the next element off a comma list, trimmed; it may be empty.
constexpr std::string_view next_element(std::string_view& list) {
  const std::size_t comma = list.find(',');
  const std::string_view element = list.substr(0, comma);
  list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  return trimmed(element);
}

}  // namespace core::http_characters
