#include "gateway/pages/page_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/base/utf8.h"
#include "core/crypto/digest.h"
#include "core/text/base64.h"

namespace gateway {
namespace {

constexpr std::array<std::string_view, kPageSlots> kSlotNames = {
    "language",    "title",        "host",       "heading", "message", "details",
    "actions",     "footer",       "request_id", "status",  "user",    "provider",
    "sign_in_url", "sign_out_url", "retry_url",  "logo",    "support", "navigation"};

// The word between the braces at the start of `text`, or empty if these are ordinary braces.
std::string_view word_in_braces(std::string_view text) {
  const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", 1);
  if (end == std::string_view::npos || end == 1 || text[end] != '}') return {};
  return text.substr(1, end - 1);
}

std::optional<PageSlot> slot_named(std::string_view name) {
  const auto found = std::ranges::find(kSlotNames, name);
  if (found == kSlotNames.end()) return std::nullopt;
  return static_cast<PageSlot>(found - kSlotNames.begin());
}

core::Error unknown_placeholder(std::string_view word, std::string_view before) {
  const auto line = std::ranges::count(before, '\n') + 1;
  return core::Error{core::ErrorKind::malformed, core::Side::configuration,
                     fmt::format("line {}: unknown placeholder {{{}}}; known are {}", line, word,
                                 fmt::join(kSlotNames, ", ")),
                     core::Retry::never};
}

// One source expression for each <style> element, over its exact text (CSP level 3 section 6.7.2.3).
std::string hashes_of_styles(std::string_view html) {
  std::string hashes;
  while (true) {
    const std::size_t element = html.find("<style");
    if (element == std::string_view::npos) return hashes;
    const std::size_t start = html.find('>', element);
    const std::size_t end = start == std::string_view::npos ? start : html.find("</style>", start);
    if (end == std::string_view::npos) return hashes;
    const auto digest = core::sha256(html.substr(start + 1, end - start - 1));
    hashes.append(" 'sha256-")
        .append(core::base64_encode(core::view_of(digest), core::Base64::standard))
        .append("'");
    html.remove_prefix(end);
  }
}

}  // namespace

std::string_view name_of(PageSlot slot) {
  return kSlotNames[static_cast<std::size_t>(slot)];
}

core::Result<PageTemplate> PageTemplate::parse(std::string_view text) {
  if (!core::is_valid_utf8(text)) {
    return core::failure(core::ErrorKind::malformed, core::Side::configuration, "a page must be UTF-8");
  }
  PageTemplate made;
  made.style_hashes_ = hashes_of_styles(text);
  Piece piece;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view word = text[i] == '{' ? word_in_braces(text.substr(i)) : std::string_view();
    if (word.empty()) {
      piece.literal.push_back(text[i++]);
      continue;
    }
    const auto slot = slot_named(word);
    if (!slot) return core::failure(unknown_placeholder(word, text.substr(0, i)));
    piece.slot = *slot;
    piece.has_slot = true;
    made.pieces_.push_back(std::exchange(piece, {}));
    i += word.size() + 2;
  }
  made.pieces_.push_back(std::move(piece));
  return made;
}

std::string PageTemplate::fill(const PageValues& values) const {
  std::size_t size = 0;
  for (const Piece& piece : pieces_)
    size += piece.literal.size() + (piece.has_slot ? values[piece.slot].size() : 0);
  std::string out;
  out.reserve(size);
  for (const Piece& piece : pieces_) {
    out.append(piece.literal);
    if (piece.has_slot) out.append(values[piece.slot]);
  }
  return out;
}

std::string PageTemplate::policy(Loads loads, std::string_view form_targets) const {
  const bool own_host = loads == Loads::images_and_files;
  std::string policy = "default-src 'none'; style-src";
  policy.append(own_host ? " 'self'" : "")
      .append(style_hashes_.empty() && !own_host ? " 'none'" : style_hashes_);
  if (own_host) policy.append("; img-src 'self' data:; font-src 'self'");
  if (loads == Loads::held_pictures) policy.append("; img-src data:");
  policy.append("; form-action 'self'");
  if (!form_targets.empty()) policy.append(" ").append(form_targets);
  policy.append("; frame-ancestors 'none'; base-uri 'none'");
  return policy;
}

}  // namespace gateway
