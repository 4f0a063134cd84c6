#include "gateway/pages/html.h"

#include "core/text/url.h"
#include "core/text/utf8.h"

namespace gateway {

std::string escape_html(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (const char c : core::showable_text(text, max_bytes)) {
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
  return out;
}

bool is_page_link(std::string_view href) {
  if (!href.starts_with('/')) return core::parse_url(href).has_value();
  if (href.starts_with("//") || href.starts_with("/\\")) return false;
  // Browsers drop tabs and line ends from a URL before they read it.
  return href.find_first_of("\t\r\n") == std::string_view::npos;
}

}  // namespace gateway
