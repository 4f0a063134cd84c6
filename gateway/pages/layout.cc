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
<html lang="{language}">
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
.site img{flex:none;height:2rem;max-width:9rem}
h1{margin:0 0 .625rem;font-size:1.5rem;line-height:1.25;font-weight:640;letter-spacing:-.014em;text-wrap:balance}
p{margin:0 0 1rem;text-wrap:pretty}
dl{display:grid;grid-template-columns:auto 1fr;gap:.375rem 1.25rem;margin:1.5rem 0 0;padding:1.125rem 0 0;border-top:1px solid var(--line);font-size:.9375rem}
dt{color:var(--quiet)}
dd{margin:0}
dd+dd{grid-column:2}
.actions{display:grid;gap:.625rem;margin:1.5rem 0 0}
.actions:empty{display:none}
form{margin:0}
label{display:block;margin:0 0 .625rem;color:var(--quiet);font-size:.9375rem}
input[type=text],input[type=password],input[type=number],input[type=date]{display:block;width:100%;padding:.5rem .75rem;border:1px solid var(--edge);border-radius:9px;background:transparent;color:var(--ink);font:inherit}
dl+form{margin:.625rem 0 0}
fieldset{margin:0 0 1rem;padding:0;border:0}
legend{padding:0;margin:0 0 .375rem;color:var(--quiet);font-size:.9375rem}
fieldset label{color:var(--ink)}
a.act,button{display:block;width:100%;padding:.6875rem 1rem;border:1px solid var(--edge);border-radius:9px;background:transparent;color:var(--ink);font:inherit;font-weight:560;line-height:1.4;text-align:center;text-decoration:none;cursor:pointer}
a.act:hover{background:var(--tint);border-color:var(--ink)}
a.main,button{background:var(--key);border-color:var(--key);color:var(--on-key)}
a.main:hover,button:hover{background:var(--key-over);border-color:var(--key-over);color:var(--on-key)}
button.other{background:transparent;border-color:var(--edge);color:var(--ink)}
button.other:hover{background:var(--tint);border-color:var(--ink);color:var(--ink)}
.actions p{margin:0;color:var(--quiet);font-size:.8125rem}
ul{display:grid;gap:.625rem;margin:0;padding:0;list-style:none}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:1.75rem 0 -.75rem;padding:1.125rem 0 0;border-top:1px solid var(--line);font-size:.875rem}
nav a{padding:.25rem 0;color:var(--key);text-underline-offset:.2em}
nav a[aria-current]{color:var(--ink);font-weight:600;text-decoration:none}
nav+footer{margin-top:1.5rem}
:focus-visible{outline:3px solid var(--key);outline-offset:3px}
h2{margin:1.75rem 0 .75rem;font-size:1.0625rem;line-height:1.3}
.card{margin:0 0 .875rem;padding:1rem 1.125rem;border:1px solid var(--line);border-radius:10px}
.card h3{margin:0;font-size:1rem;line-height:1.4}
.card dl{margin:.5rem 0 0;padding:0;border:0;gap:.125rem 1rem;font-size:.875rem}
.card form{margin:.875rem 0 0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.625rem}
code.secret{display:block;padding:.75rem 1rem;border:1px solid var(--edge);border-radius:9px;background:var(--tint);overflow-wrap:anywhere}
.note{margin:.75rem 0 0;color:var(--quiet);font-size:.875rem}
footer{margin:1.75rem 0 -.75rem;color:var(--quiet);font-size:.8125rem;line-height:1.5}
footer p{margin:0}
footer a{color:inherit}
code{font:inherit;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.95em;user-select:all}
@media(max-width:30rem){body{padding:0;grid-template-rows:auto 1fr;background:var(--sheet)}dl{grid-template-columns:1fr;gap:0}dd{margin:0 0 .625rem}dd+dd{grid-column:1}main{grid-row:1;border:0;border-radius:0;padding:1.75rem 1.375rem 2.25rem}}
@media(forced-colors:active){a.main,button{border-width:2px}}
@media print{body{display:block;background:none}main{border:0}.actions{display:none}}
</style>
</head>
<body>
<main>
<p class="site">{logo}<span>{title}</span></p>
<h1>{heading}</h1>
{message}
{details}
<div class="actions">{actions}</div>
{navigation}
{footer}
</main>
</body>
</html>
)html";

constexpr std::string_view kMark =
    R"html(<svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" focusable="false"><path d="M6 28V15a10 10 0 0 1 20 0v13M2.5 28h27" fill="none" stroke="currentColor" stroke-width="2.25" stroke-linecap="round" stroke-linejoin="round"/><circle cx="16" cy="16" r="3" fill="currentColor"/><path d="M16 17v6" stroke="currentColor" stroke-width="2.25" stroke-linecap="round"/></svg>)html";

}  // namespace

std::string_view built_in_page() {
  return kPage;
}

std::string paragraph(std::string_view html) {
  return fmt::format("<p>{}</p>", html);
}

std::string link_value(std::string_view href) {
  return is_page_link(href) ? escape_html(href, href.size()) : std::string();
}

Reply with_own_referrer(Reply reply) {
  for (auto& [name, value] : reply.fields) {
    if (name == "Referrer-Policy") value = "same-origin";
  }
  return reply;
}

std::string action_link(std::string_view text, std::string_view href, ActionWeight weight) {
  if (!is_page_link(href)) return {};
  return fmt::format("<a class=\"act{}\" href=\"{}\">{}</a>", weight == ActionWeight::main ? " main" : "",
                     escape_html(href, href.size()), escape_html(text));
}

std::string new_tab_link(std::string_view text, std::string_view href, ActionWeight weight) {
  if (!is_page_link(href)) return {};
  return fmt::format("<a class=\"act{}\" href=\"{}\" target=\"_blank\" rel=\"noopener\">{}</a>",
                     weight == ActionWeight::main ? " main" : "", escape_html(href, href.size()),
                     escape_html(text));
}

std::string action_form(std::string_view text, std::string_view action,
                        const std::vector<std::pair<std::string, std::string>>& hidden, ActionWeight weight) {
  if (!is_page_link(action)) return {};
  std::string out = fmt::format("<form method=\"post\" action=\"{}\">", escape_html(action, action.size()));
  for (const auto& [name, value] : hidden) {
    out.append(fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">", exact_attribute(name),
                           exact_attribute(value)));
  }
  return out.append(weight == ActionWeight::main ? "<button>" : "<button class=\"other\">")
      .append(escape_html(text))
      .append("</button></form>");
}

std::string_view built_in_mark() {
  return kMark;
}

std::string logo_picture(std::string_view source) {
  return fmt::format("<img src=\"{}\" alt=\"\">", escape_html(source, source.size()));
}

std::string support_link(std::string_view support) {
  if (support.empty()) return {};
  const std::string shown = escape_html(support);
  return fmt::format("<a href=\"{}{}\">{}</a>", is_page_link(support) ? "" : "mailto:", shown, shown);
}

std::string page_footer(const FooterParts& parts) {
  std::string lines;
  if (!parts.request_id.empty()) {
    lines.append(fmt::format("<p>{} <code>{}</code></p>", escape_html(parts.reference_label),
                             escape_html(parts.request_id)));
  }
  if (!parts.help.empty())
    lines.append(fmt::format("<p>{} {}</p>", escape_html(parts.help_label), parts.help));
  return lines.empty() ? lines : "<footer>" + lines + "</footer>";
}

std::string details_list(const std::vector<std::pair<std::string_view, std::string_view>>& details) {
  std::string rows;
  for (const auto& [term, value] : details) {
    if (value.empty()) continue;
    if (!term.empty()) rows.append(fmt::format("<dt>{}</dt>", escape_html(term)));
    rows.append(fmt::format("<dd>{}</dd>", escape_html(value, kMaxDetailBytes)));
  }
  return rows.empty() ? rows : "<dl>" + rows + "</dl>";
}

}  // namespace gateway
