#include "config/suggest.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace config {
namespace {

constexpr std::size_t kMaxLength = 64;
using Row = std::array<std::size_t, kMaxLength + 1>;

/// Optimal string alignment distance.
std::size_t distance(std::string_view a, std::string_view b) {
  Row before{};
  Row last{};
  Row row{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({change, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view wrong, const std::vector<std::string>& names) {
  std::string best;
  std::size_t best_distance = kMaxLength;
  if (wrong.size() > kMaxLength) return best;
  for (const std::string& name : names) {
    if (name.size() > kMaxLength) continue;
    const std::size_t far = distance(wrong, name);
    const std::size_t allowed = std::max<std::size_t>(1, std::max(wrong.size(), name.size()) / 3);
    if (far <= allowed && far < best_distance) {
      best = name;
      best_distance = far;
    }
  }
  return best;
}

}  // namespace config
