#include "gateway/pages/html.h"

#include "core/text/url.h"
#include "core/text/utf8.h"

namespace gateway {

namespace {

/// One byte that cannot be shown becomes three.
constexpr std::size_t kEnough = 3;

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      case '\'':
        out.append("&#39;");
        break;
      default:
        out.push_back(c);
    }
  }
}

}  // namespace

std::string escape_html(std::string_view text, std::size_t max_bytes) {
  std::string out;
  append_escaped(out, core::showable_text(text, max_bytes));
  // Nobody takes a part for the whole.
  if (core::showable_text(text, kEnough * text.size()).size() > max_bytes) out.append("…");
  return out;
}

std::string exact_attribute(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    // As they stand, a browser would read them as one line feed (HTML section 13.2.3.5).
    const std::string_view plain = text.substr(0, text.find_first_of("\r\n"));
    append_escaped(out, plain);
    text.remove_prefix(plain.size());
    if (text.empty()) break;
    out.append(text.front() == '\r' ? "&#13;" : "&#10;");
    text.remove_prefix(1);
  }
  return out;
}

bool is_page_link(std::string_view href) {
  if (!href.starts_with('/')) return core::parse_url(href).has_value();
  if (href.starts_with("//") || href.starts_with("/\\")) return false;
  // Browsers drop tabs and line ends from a URL before they read it.
  return href.find_first_of("\t\r\n") == std::string_view::npos;
}

}  // namespace gateway
