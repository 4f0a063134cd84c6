#include "config/hide.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "config/suggest.h"

namespace config {
namespace {

constexpr char kCover = '*';
constexpr std::size_t kShortestLikelyKey = 40;

using Place = std::pair<int, int>;

Place place_of(Position at) {
  return {at.line, at.column};
}

/// Where everything begins, and where what must be covered begins.
struct Places {
  std::vector<Place> all;
  std::vector<Place> secret;
};

enum class Holds { secret, other };

void collect(const YamlNode& node, Holds holds, Places& places) {
  places.all.push_back(place_of(node.at));
  if (node.is_scalar() && holds == Holds::secret) places.secret.push_back(place_of(node.at));
  for (const YamlNode& item : node.items) collect(item, holds, places);
  for (const YamlEntry& entry : node.entries) {
    places.all.push_back(place_of(entry.at));
    // {file: …}, {env: …} and {credential: …} say where a secret is, not what it is.
    collect(entry.value, is_secret_key(entry.key) ? Holds::secret : Holds::other, places);
  }
}

std::vector<std::size_t> line_starts(std::string_view text) {
  std::vector<std::size_t> starts{0, 0};  // lines count from 1
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts.push_back(i + 1);
  }
  return starts;
}

void cover(std::string& text, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < std::min(to, text.size()); ++i) {
    if (text[i] != '\n' && text[i] != '\r') text[i] = kCover;
  }
}

bool is_key_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_base64_letter(char c) {
  return is_key_letter(c) || c == '+' || c == '/' || c == '=';
}

void cover_likely(std::string& text, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    if (text[i] != ':') continue;
    std::size_t start = i;
    while (start > from && is_key_letter(text[start - 1])) --start;
    if (!is_secret_key(std::string_view(text).substr(start, i - start))) continue;
    std::size_t value = i + 1;
    while (value < to && text[value] == ' ') ++value;
    if (value < to && text[value] == '{') continue;
    cover(text, value, to);
    return;
  }
  std::size_t run = from;
  for (std::size_t i = from; i <= to; ++i) {
    if (i < to && is_base64_letter(text[i])) continue;
    if (i - run >= kShortestLikelyKey) cover(text, run, i);
    run = i + 1;
  }
}

}  // namespace

bool is_secret_key(std::string_view key) {
  static const std::vector<std::string> kNames{"client_secret", "keys",     "password",  "admin_token",
                                               "storage_key",   "hmac_key", "secret_key"};
  return key == "client_key" || (key != "key" && !nearest_name(key, kNames).empty());
}

std::string hide_secrets(std::string_view text, const YamlNode& root, const std::vector<Position>& known) {
  std::string hidden(text);
  Places places;
  collect(root, Holds::other, places);
  for (const Position& at : known) places.secret.push_back(place_of(at));
  if (places.secret.empty()) return hidden;
  std::ranges::sort(places.all);
  const std::vector<std::size_t> starts = line_starts(text);
  const auto offset = [&](Place place) {
    const auto line = static_cast<std::size_t>(std::max(place.first, 1));
    if (line >= starts.size()) return text.size();
    return starts[line] + static_cast<std::size_t>(std::max(place.second, 1)) - 1;
  };
  for (const Place& secret : places.secret) {
    const auto next = std::ranges::upper_bound(places.all, secret);
    cover(hidden, offset(secret), next == places.all.end() ? text.size() : offset(*next));
  }
  return hidden;
}

std::string hide_likely_secrets(std::string_view text) {
  std::string hidden(text);
  for (std::size_t from = 0; from < hidden.size();) {
    const std::size_t to = std::min(hidden.find('\n', from), hidden.size());
    cover_likely(hidden, from, to);
    from = to + 1;
  }
  return hidden;
}

}  // namespace config
