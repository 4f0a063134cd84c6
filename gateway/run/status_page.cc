#include "gateway/run/status_page.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "core/crypto/digest.h"
#include "core/text/base64.h"
#include "gateway/pages/html.h"
#include "gateway/pages/layout.h"

namespace gateway {
namespace {

constexpr std::string_view kSeconds = "10";  // between two looks

// The colours of pages/layout.cc, with two more that mean well and bad; contrast with the sheet at least 4.5.
constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--ground:#f5f4f0;--sheet:#fff;--ink:#1e1f1c;--quiet:#5d5e58;--line:#dddbd3;--key:#17505e;--good:#1d6b3a;--bad:#a3261b}
@media(prefers-color-scheme:dark){:root{--ground:#121311;--sheet:#1a1c19;--ink:#ebebe5;--quiet:#a6a69d;--line:#31332f;--key:#93cbd7;--good:#8fd6a6;--bad:#ff9d92}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:.9375rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;padding:1rem}
main{max-width:76rem;margin:0 auto}
header{display:flex;flex-wrap:wrap;align-items:center;gap:.375rem 1rem;margin:.5rem 0 1.25rem}
header svg{flex:none;color:var(--key)}
h1{margin:0;font-size:1.5rem;line-height:1.25;font-weight:640;letter-spacing:-.014em}
header p{margin:0;color:var(--quiet)}
header a{margin-left:auto;color:var(--key);text-underline-offset:.2em;padding:.25rem 0}
section{background:var(--sheet);border:1px solid var(--line);border-radius:14px;padding:1.125rem 1.25rem;margin:0 0 1rem}
h2{margin:0 0 .625rem;font-size:1.0625rem;line-height:1.3}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.875rem 1.25rem;margin:0}
dt{color:var(--quiet);font-size:.8125rem}
dd{margin:0;font-size:1.125rem;font-weight:560;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
dd.text{font-size:.9375rem;font-weight:400}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse}
th,td{text-align:left;padding:.4375rem .75rem .4375rem 0;border-top:1px solid var(--line);vertical-align:top}
thead th{border-top:0;color:var(--quiet);font-size:.8125rem;font-weight:400;white-space:nowrap}
tbody th{font-weight:560;overflow-wrap:anywhere;min-width:9rem}
td{overflow-wrap:break-word}
th.n,td.n{text-align:right;padding-right:1.25rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.t{white-space:nowrap}
.good{color:var(--good)}
.bad{color:var(--bad);font-weight:640}
.none{margin:0;color:var(--quiet)}
:focus-visible{outline:3px solid var(--key);outline-offset:3px}
@media(max-width:40rem){body{padding:.625rem}section{padding:1rem}}
)css";

std::string text(std::string_view value) {
  return escape_html(value);
}

std::string cell(std::string_view value) {
  return fmt::format("<td>{}</td>", text(value));
}

std::string number(std::uint64_t value) {
  return fmt::format("<td class=\"n\">{}</td>", value);
}

std::string fact(std::string_view term, std::string_view value, std::string_view kind = "") {
  return fmt::format("<div><dt>{}</dt><dd{}>{}</dd></div>", term, kind, text(value));
}

/// `heads` is HTML of ours; a table that is wider than the page can be scrolled by keyboard.
std::string table(std::string_view title, std::string_view heads, const std::string& rows) {
  std::string out = fmt::format("<section><h2>{}</h2>", title);
  if (rows.empty()) return out.append("<p class=\"none\">None.</p></section>");
  return out.append(
      fmt::format("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">"
                  "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></section>",
                  title, heads, rows));
}

std::string origins_of(const StatusReport::Route& route) {
  std::string out;
  for (const StatusReport::Origin& origin : route.origins) {
    out.append(out.empty() ? "" : "<br>")
        .append(fmt::format("<span class=\"{}\">{}</span> {}", origin.is_up ? "good" : "bad",
                            origin.is_up ? "up" : "down", text(origin.name)));
  }
  return out.empty() ? text(route.target) : out;
}

std::string overview(const StatusReport& report) {
  std::string out = "<section><h2>Now</h2><dl>";
  out.append(fact("Up for", span(report.now - report.started)));
  out.append(fact("Requests in flight", std::to_string(report.connections.in_flight)));
  out.append(fact("Connections of clients",
                  fmt::format("{} of {}", report.connections.open, report.most_connections)));
  out.append(fact("Connections to origins",
                  fmt::format("{} in use, {} idle", report.pools.in_use, report.pools.idle)));
  out.append(fact("Workers", std::to_string(report.workers)));
  out.append(fact("Storage",
                  fmt::format("{}: {} of {} operations failed", report.storage, report.storage_failures,
                              report.storage_operations),
                  " class=\"text\""));
  out.append(
      fact("File", fmt::format("{}, read {}", report.file, moment(report.read_at)), " class=\"text\""));
  for (const StatusReport::Listener& listener : report.listeners)
    out.append(fact(listener.what, listener.address, " class=\"text\""));
  return out.append("</dl></section>");
}

std::string alarms(const StatusReport& report) {
  std::string out;
  for (const std::string& reason : report.not_ready)
    out.append(fmt::format("<p class=\"bad\">Not ready: {}</p>", text(reason)));
  if (!report.refusal.empty())
    out.append(
        fmt::format("<p class=\"bad\">The file as it is now was refused: {}</p>", text(report.refusal)));
  return out.empty() ? out : "<section><h2>Look here</h2>" + out + "</section>";
}

std::string routes(const StatusReport& report) {
  std::string rows;
  for (const StatusReport::Route& route : report.routes) {
    rows.append(fmt::format("<tr><th scope=\"row\">{}</th>", text(route.name)));
    for (std::size_t i = 1; i < kStatusClasses.size(); ++i) rows.append(number(route.answers[i]));
    rows.append(fmt::format("<td class=\"n\">{:.1f} ms</td>", route.mean_seconds * 1e3));
    rows.append(number(route.refused)).append(number(route.upstream_failures));
    rows.append(fmt::format("<td>{}</td></tr>", origins_of(route)));
  }
  if (report.further_routes > 0)
    rows.append(fmt::format("<tr><th scope=\"row\">and {} more</th></tr>", report.further_routes));
  return table("Routes",
               "<th scope=\"col\">Route</th><th scope=\"col\" class=\"n\">2xx</th><th scope=\"col\" "
               "class=\"n\">3xx</th><th scope=\"col\" class=\"n\">4xx</th><th scope=\"col\" "
               "class=\"n\">5xx</th><th scope=\"col\" class=\"n\">Mean</th><th scope=\"col\" "
               "class=\"n\">Refused</th><th scope=\"col\" class=\"n\">Origin failed</th><th "
               "scope=\"col\">Leads to</th>",
               rows);
}

std::string certificates(const StatusReport& report) {
  std::string rows;
  for (const StatusReport::Certificate& certificate : report.certificates) {
    const bool is_over = certificate.not_after <= report.now;
    rows.append(fmt::format("<tr><th scope=\"row\">{}</th>", text(certificate.names)));
    rows.append(is_over ? fmt::format("<td class=\"bad\">expired {}</td>", moment(certificate.not_after))
                        : fmt::format("<td>{} (in {})</td>", moment(certificate.not_after),
                                      span(certificate.not_after - report.now)));
    rows.append(cell(certificate.renewal ? moment(*certificate.renewal) : "given: by the operator"));
    rows.append("</tr>");
  }
  return table("Certificates",
               "<th scope=\"col\">Names</th><th scope=\"col\">Ends</th><th scope=\"col\">Renewed</th>", rows);
}

std::string providers(const StatusReport& report) {
  std::string rows;
  for (const StatusReport::Provider& provider : report.providers) {
    std::uint64_t good = 0;
    std::uint64_t failed = 0;
    for (const auto& [key, count] : report.acts.sign_ins) {
      if (key.first == provider.name) (key.second == "ok" ? good : failed) += count;
    }
    rows.append(fmt::format("<tr><th scope=\"row\">{}</th><td class=\"{}\">{}</td>", text(provider.name),
                            provider.is_ready ? "good" : "bad", provider.is_ready ? "ready" : "not ready"));
    rows.append(number(good)).append(number(failed)).append(cell(provider.problem)).append("</tr>");
  }
  return table("Providers",
               "<th scope=\"col\">Provider</th><th scope=\"col\">State</th><th scope=\"col\" "
               "class=\"n\">Sign-ins</th><th scope=\"col\" class=\"n\">Failed</th><th "
               "scope=\"col\">Last problem</th>",
               rows);
}

std::string acts(std::string_view title, const std::vector<RememberedAct>& list) {
  std::string rows;
  for (const RememberedAct& act : list) {
    rows.append(fmt::format("<tr><td class=\"t\">{}</td><td class=\"t\">{}</td>", moment(act.when),
                            name_of(act.act)));
    for (const std::string* value : {&act.who, &act.provider, &act.host, &act.client, &act.reason})
      rows.append(cell(*value));
    rows.append("</tr>");
  }
  return table(title,
               "<th scope=\"col\">Time</th><th scope=\"col\">What</th><th scope=\"col\">Who</th><th "
               "scope=\"col\">With</th><th scope=\"col\">Host</th><th scope=\"col\">Client</th><th "
               "scope=\"col\">Reason</th>",
               rows);
}

}  // namespace

Reply status_page(const StatusReport& report, bool refreshes) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">"
      "<title>Gateway status</title><style>";
  html.append(kStyle).append("</style></head><body><main><header>").append(built_in_mark());
  html.append(fmt::format("<h1>Gateway</h1><p>{} · <span class=\"{}\">{}</span> · {}</p>", GATEWAY_VERSION,
                          report.not_ready.empty() ? "good" : "bad",
                          report.not_ready.empty() ? "ready" : "not ready", moment(report.now)));
  html.append(refreshes ? fmt::format("<a href=\"/?pause\">Stop refreshing every {} s</a>", kSeconds)
                        : fmt::format("<a href=\"/\">Refresh every {} s</a>", kSeconds));
  html.append("</header>").append(alarms(report)).append(overview(report)).append(routes(report));
  html.append(certificates(report)).append(providers(report));
  html.append(acts("Recent sign-ins", report.sign_ins)).append(acts("Recent refusals", report.refusals));
  html.append("</main></body></html>\n");
  Reply reply;
  reply.status = 200;
  reply.with("Content-Type", "text/html; charset=utf-8").with("Cache-Control", "no-store");
  reply.with("Content-Security-Policy",
             fmt::format("default-src 'none'; style-src 'sha256-{}'; form-action 'none'; frame-ancestors "
                         "'none'; base-uri 'none'",
                         core::base64_encode(core::view_of(core::sha256(kStyle)), core::Base64::standard)));
  reply.with("X-Content-Type-Options", "nosniff").with("Referrer-Policy", "no-referrer");
  // A field and no <meta>: assistive technology cannot stop that one, and here a link does.
  if (refreshes) reply.with("Refresh", kSeconds);
  reply.body = std::move(html);
  return reply;
}

}  // namespace gateway
