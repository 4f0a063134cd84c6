#include "gateway/demo/demo_page.h"

#include <fmt/format.h>

#include "core/crypto/digest.h"
#include "core/text/base64.h"
#include "gateway/pages/html.h"

namespace gateway {
namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1e1f1c;--soft:#5d5e58;--line:#dddbd3;--paper:#f5f4f0;--card:#fff;--accent:#17505e}
@media(prefers-color-scheme:dark){:root{--ink:#ebebe5;--soft:#a6a69d;--line:#31332f;--paper:#121311;--card:#1a1c19;--accent:#93cbd7}}
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
summary{margin-top:1.75rem;font-weight:600;cursor:pointer}
details table{margin-top:.5rem}
@media(max-width:40rem){main{margin:0;border-radius:0;border-width:0 0 1px}th{width:auto}}
)";

}  // namespace

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
      escape_html(title), kStyle, body);
  return page;
}

}  // namespace gateway
