// An HTML file with {placeholders}: parsed once, filled with values that are HTML already. A brace that does
// not enclose one lower-case word ({margin:0}, { }) is a brace, so styles need no escaping; an unknown word
// is an error.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace gateway {

/// What an operator's page may show; the order of kSlotNames.
enum class PageSlot {
  language,
  title,
  host,
  heading,
  message,
  details,
  actions,
  footer,
  request_id,
  status,
  user,
  provider,
  sign_in_url,
  sign_out_url,
  retry_url,
  logo,
  support,
  navigation
};
inline constexpr std::size_t kPageSlots = 18;

/// The placeholder's name of each slot.
std::string_view name_of(PageSlot slot);

/// HTML for each slot, escaped by who fills it; an empty one shows nothing.
struct PageValues {
  std::array<std::string, kPageSlots> html;
  std::string& operator[](PageSlot slot) { return html[static_cast<std::size_t>(slot)]; }
  const std::string& operator[](PageSlot slot) const { return html[static_cast<std::size_t>(slot)]; }
};

class PageTemplate {
 public:
  /// Refuses an unknown placeholder, naming it and its line (malformed, configuration), and text that is not
  /// UTF-8.
  static core::Result<PageTemplate> parse(std::string_view text);
  [[nodiscard]] std::string fill(const PageValues& values) const;
  /// The Content-Security-Policy under which the page works: nothing but its own <style> elements, by hash,
  /// pictures that it holds itself, and, for `images_and_files`, pictures, fonts and style sheets of the same
  /// host. Never a script.
  enum class Loads { nothing, held_pictures, images_and_files };
  [[nodiscard]] std::string policy(Loads loads, std::string_view form_targets) const;

 private:
  struct Piece {
    std::string literal;
    PageSlot slot = PageSlot::language;
    bool has_slot = false;  // after the literal
  };
  std::vector<Piece> pieces_;
  std::string style_hashes_;  // " 'sha256-…'" for each <style>
};

}  // namespace gateway
