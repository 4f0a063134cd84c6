#include "gateway/session/seen_from.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace gateway {
namespace {

struct Sign {
  std::string_view token;
  std::string_view name;
};

// The first that is found counts: most browsers name others as well.
constexpr std::array kBrowsers{Sign{"Edg", "Edge"},         Sign{"OPR/", "Opera"},
                               Sign{"Vivaldi/", "Vivaldi"}, Sign{"Firefox/", "Firefox"},
                               Sign{"FxiOS/", "Firefox"},   Sign{"Chrome/", "Chrome"},
                               Sign{"CriOS/", "Chrome"},    Sign{"Safari/", "Safari"}};
constexpr std::array kSystems{Sign{"Android", "Android"}, Sign{"iPhone", "iOS"},
                              Sign{"iPad", "iPadOS"},     Sign{"Windows", "Windows"},
                              Sign{"CrOS", "ChromeOS"},   Sign{"Macintosh", "macOS"},
                              Sign{"Linux", "Linux"}};

std::string_view named_in(std::string_view text, const auto& signs) {
  for (const Sign& sign : signs) {
    if (text.find(sign.token) != std::string_view::npos) return sign.name;
  }
  return {};
}

}  // namespace

std::string network_of(const core::IpAddress& address) {
  constexpr std::size_t kBytesV4 = 3;
  constexpr std::size_t kBytesV6 = 6;
  std::array<std::uint8_t, 16> bytes = address.bytes();
  std::fill(bytes.begin() + (address.is_v4() ? kBytesV4 : kBytesV6), bytes.end(), 0);
  if (address.is_v4()) return core::IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}).text() + "/24";
  return core::IpAddress::v6(bytes).text() + "/48";
}

std::string program_of(std::string_view user_agent) {
  const std::string_view browser = named_in(user_agent, kBrowsers);
  const std::string_view system = named_in(user_agent, kSystems);
  std::string name(browser);
  if (!browser.empty() && !system.empty()) name.append(", ");
  return name.append(system);
}

}  // namespace gateway
