#include "gateway/demo/demo_page.h"

#include <fmt/format.h>

#include "core/crypto/digest.h"
#include "core/text/base64.h"

namespace gateway {
namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6570;--line:#d9dee3;--paper:#f6f7f9;--card:#fff;--accent:#1f5fbf}
@media(prefers-color-scheme:dark){:root{--ink:#e7eaee;--soft:#9aa5b1;--line:#323a43;--paper:#14181d;--card:#1c2229;--accent:#7fb0ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:44rem;margin:3rem auto;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:12px}
h1{font-size:1.4rem;margin:0 0 .25rem}
h2{font-size:1rem;margin:1.75rem 0 .5rem}
p{margin:.25rem 0 1rem;color:var(--soft)}
a{color:var(--accent)}
table{width:100%;border-collapse:collapse;font-size:.92rem}
td,th{text-align:left;padding:.4rem .5rem;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th{font-weight:500;color:var(--soft);width:19rem}
code{font-family:ui-monospace,monospace;font-size:.9em}
button{display:block;width:100%;margin:.5rem 0;padding:.75rem 1rem;text-align:left;font:inherit;color:inherit;
background:transparent;border:1px solid var(--line);border-radius:8px;cursor:pointer}
button:hover,button:focus-visible{border-color:var(--accent);outline:2px solid var(--accent);outline-offset:1px}
button small{display:block;color:var(--soft)}
nav a{margin-right:1rem}
@media(max-width:40rem){main{margin:0;border-radius:0;border-width:0 0 1px}th{width:auto}}
)";

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped.append("&amp;");
        break;
      case '<':
        escaped.append("&lt;");
        break;
      case '>':
        escaped.append("&gt;");
        break;
      case '"':
        escaped.append("&quot;");
        break;
      case '\'':
        escaped.append("&#39;");
        break;
      default:
        escaped.push_back(c);
    }
  }
  return escaped;
}

Reply demo_page(std::string_view title, std::string_view body, std::string_view form_targets) {
  Reply page;
  const std::string hash = core::base64_encode(core::view_of(core::sha256(kStyle)), core::Base64::standard);
  page.with("Content-Type", "text/html; charset=utf-8")
      .with("Content-Security-Policy",
            fmt::format(
                "default-src 'none'; style-src 'sha256-{}'; form-action 'self' {}; frame-ancestors 'none'; "
                "base-uri 'none'",
                hash, form_targets))
      .with("Cache-Control", "no-store")
      .with("X-Content-Type-Options", "nosniff")
      .with("Referrer-Policy", "no-referrer");
  page.body = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{1}</style></head>"
      "<body><main>\n{2}\n</main></body></html>\n",
      html_escaped(title), kStyle, body);
  return page;
}

}  // namespace gateway
