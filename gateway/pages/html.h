// Text from outside on its way into HTML. The only ways any value gets onto a page.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

/// Longest value shown on a page, in bytes; longer ones are cut at a whole character, with an ellipsis
/// behind.
inline constexpr std::size_t kMaxShownBytes = 512;

/// `text` as HTML text or as an attribute value in double quotes: & < > " ' escaped, characters that reorder
/// or hide text and invalid bytes shown as U+FFFD (core::showable_text), cut after at most `max_bytes` and
/// marked by "…" then.
std::string escape_html(std::string_view text, std::size_t max_bytes = kMaxShownBytes);

/// `text` as an attribute value in double quotes, to the byte: a browser reads from it what was given, and
/// shows it to nobody. Requires: UTF-8 without zero bytes.
std::string exact_attribute(std::string_view text);

/// Whether a link may lead there: a path on this host ("/" but not "//" or "/\"), or an absolute http or
/// https URL that core::parse_url takes.
bool is_page_link(std::string_view href);

}  // namespace gateway
