// Numbers in sentences for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace core {

/// "1 route", "2 routes", "0 routes". Requires: the plural of `thing` is made with an s.
inline std::string count_of(std::size_t number, std::string_view thing) {
  std::string text = std::to_string(number);
  text.append(" ").append(thing);
  if (number != 1) text.push_back('s');
  return text;
}

}  // namespace core
