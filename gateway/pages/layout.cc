#include "gateway/pages/layout.h"

#include <fmt/format.h>

#include "gateway/pages/html.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxDetailBytes = 160;

// Contrast of every pair of text and ground is at least 4.5 (WCAG 2.2 section 1.4.3), of controls' edges at
// least 3. The mark is an arched gate with its keyhole. No id, no class that an operator's page could depend
// on.
constexpr std::string_view kPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{heading} · {title}</title>
<style>
:root{color-scheme:light dark;--ground:#f5f4f0;--sheet:#fff;--ink:#1e1f1c;--quiet:#5d5e58;--line:#dddbd3;--edge:#87877f;--key:#17505e;--key-over:#0f3d49;--on-key:#fff;--tint:#f5f4f0}
@media(prefers-color-scheme:dark){:root{--ground:#121311;--sheet:#1a1c19;--ink:#ebebe5;--quiet:#a6a69d;--line:#31332f;--edge:#767870;--key:#93cbd7;--key-over:#b3dde6;--on-key:#0c262d;--tint:#232522}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:grid;grid-template-rows:2fr auto 3fr;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;padding:1rem}
main{grid-row:2;width:100%;max-width:27rem;margin:0 auto;background:var(--sheet);border:1px solid var(--line);border-radius:14px;padding:2.25rem;overflow-wrap:anywhere}
.site{display:flex;align-items:center;gap:.625rem;margin:0 0 1.75rem;color:var(--quiet);font-size:.9375rem;line-height:1.3}
.site svg{flex:none;color:var(--key)}
h1{margin:0 0 .625rem;font-size:1.5rem;line-height:1.25;font-weight:640;letter-spacing:-.014em;text-wrap:balance}
p{margin:0 0 1rem;text-wrap:pretty}
dl{display:grid;grid-template-columns:auto 1fr;gap:.375rem 1.25rem;margin:1.5rem 0 0;padding:1.125rem 0 0;border-top:1px solid var(--line);font-size:.9375rem}
dt{color:var(--quiet)}
dd{margin:0}
.actions{display:grid;gap:.625rem;margin:1.5rem 0 0}
.actions:empty{display:none}
form{margin:0}
a.act,button{display:block;width:100%;padding:.6875rem 1rem;border:1px solid var(--edge);border-radius:9px;background:transparent;color:var(--ink);font:inherit;font-weight:560;line-height:1.4;text-align:center;text-decoration:none;cursor:pointer}
a.act:hover{background:var(--tint);border-color:var(--ink)}
a.main,button{background:var(--key);border-color:var(--key);color:var(--on-key)}
a.main:hover,button:hover{background:var(--key-over);border-color:var(--key-over);color:var(--on-key)}
:focus-visible{outline:3px solid var(--key);outline-offset:3px}
footer{margin:1.75rem 0 -.75rem;color:var(--quiet);font-size:.8125rem;line-height:1.5}
code{font:inherit;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.95em;user-select:all}
@media(max-width:30rem){body{padding:0;grid-template-rows:auto 1fr;background:var(--sheet)}main{grid-row:1;border:0;border-radius:0;padding:1.75rem 1.375rem 2.25rem}}
@media(forced-colors:active){a.main,button{border-width:2px}}
@media print{body{display:block;background:none}main{border:0}.actions{display:none}}
</style>
</head>
<body>
<main>
<p class="site"><svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" focusable="false"><path d="M6 28V15a10 10 0 0 1 20 0v13M2.5 28h27" fill="none" stroke="currentColor" stroke-width="2.25" stroke-linecap="round" stroke-linejoin="round"/><circle cx="16" cy="16" r="3" fill="currentColor"/><path d="M16 17v6" stroke="currentColor" stroke-width="2.25" stroke-linecap="round"/></svg><span>{title}</span></p>
<h1>{heading}</h1>
{message}
{details}
<div class="actions">{actions}</div>
{footer}
</main>
</body>
</html>
)html";

}  // namespace

std::string_view built_in_page() {
  return kPage;
}

std::string action_link(std::string_view text, std::string_view href, ActionWeight weight) {
  if (!is_page_link(href)) return {};
  return fmt::format("<a class=\"act{}\" href=\"{}\">{}</a>", weight == ActionWeight::main ? " main" : "",
                     escape_html(href, href.size()), escape_html(text));
}

std::string new_tab_link(std::string_view text, std::string_view href) {
  if (!is_page_link(href)) return {};
  return fmt::format("<a class=\"act\" href=\"{}\" target=\"_blank\" rel=\"noopener\">{}</a>",
                     escape_html(href, href.size()), escape_html(text));
}

std::string action_form(std::string_view text, std::string_view action,
                        const std::vector<std::pair<std::string, std::string>>& hidden) {
  if (!is_page_link(action)) return {};
  std::string out = fmt::format("<form method=\"post\" action=\"{}\">", escape_html(action, action.size()));
  for (const auto& [name, value] : hidden) {
    out.append(fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">", exact_attribute(name),
                           exact_attribute(value)));
  }
  return out.append("<button>").append(escape_html(text)).append("</button></form>");
}

std::string reference_footer(std::string_view request_id) {
  if (request_id.empty()) return {};
  return fmt::format("<footer>Reference <code>{}</code></footer>", escape_html(request_id));
}

std::string details_list(const std::vector<std::pair<std::string_view, std::string_view>>& details) {
  std::string rows;
  for (const auto& [term, value] : details) {
    if (value.empty()) continue;
    rows.append(
        fmt::format("<dt>{}</dt><dd>{}</dd>", escape_html(term), escape_html(value, kMaxDetailBytes)));
  }
  return rows.empty() ? rows : "<dl>" + rows + "</dl>";
}

}  // namespace gateway
