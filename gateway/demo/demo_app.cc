#include "gateway/demo/demo_app.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "core/text/json.h"
#include "gateway/demo/demo_page.h"
#include "gateway/model/exchange.h"

namespace gateway {
namespace {

constexpr std::array<std::string_view, 9> kNotable = {
    "X-Auth-Request-User",   "X-Auth-Request-Email", "X-Auth-Request-Preferred-Username",
    "X-Auth-Request-Groups", "X-Forwarded-User",     "X-WEBAUTH-USER",
    "Remote-User",           "Authorization",        "Cookie",
};

Reply as_json(const Request& request) {
  core::Json fields = core::Json::array();
  for (const core::Field& field : *request.fields) {
    core::Json pair = core::Json::array();
    pair.push(field.name);
    pair.push(field.value);
    fields.push(std::move(pair));
  }
  core::Json answer = core::Json::object();
  answer.set("method", request.method);
  answer.set("path", request.path);
  answer.set("fields", std::move(fields));
  Reply reply;
  reply.with("Content-Type", "application/json").with("Cache-Control", "no-store");
  reply.body = answer.text();
  return reply;
}

std::string rows(const core::Fields& fields) {
  std::string html;
  for (const core::Field& field : fields) {
    if (field.id == core::FieldId::host) continue;
    html.append(fmt::format("<tr><th><code>{}</code></th><td>{}</td></tr>\n", html_escaped(field.name),
                            html_escaped(field.value)));
  }
  return html;
}

std::string missing(const core::Fields& fields) {
  std::string html;
  for (const std::string_view name : kNotable) {
    if (!fields.find(name)) html.append(fmt::format("<code>{}</code> ", name));
  }
  return html;
}

}  // namespace

void DemoApp::serve(Exchange& exchange, Admitted) {
  const Request& request = exchange.request();
  if (request.field(core::FieldId::accept).find("application/json") != std::string_view::npos) {
    return exchange.reply(as_json(request));
  }
  const core::Fields& fields = *request.fields;
  const auto user = fields.find("X-Auth-Request-Preferred-Username");
  const auto email = fields.find("X-Auth-Request-Email");
  const std::string_view name = user.value_or(fields.find("X-Auth-Request-User").value_or("nobody"));
  const std::string body = fmt::format(
      "<h1>Hello, {0}</h1>\n<p>{1} was asked for; this app has no login of its own. It was told who you "
      "are{2}.</p>\n"
      "<nav><a href=\"https://app.localhost{3}/\">app</a><a href=\"https://notes.localhost{3}/\">notes</a>"
      "<a href=\"https://admin.localhost{3}/\">admin</a><a href=\"/oauth2/sign_out\">sign out</a></nav>\n"
      "<h2>Header fields it received</h2>\n<table>{4}</table>\n<h2>Not received</h2>\n<p>{5}</p>",
      html_escaped(name), html_escaped(std::string(request.host).append(request.path)),
      email ? html_escaped(fmt::format(": {}", *email)) : std::string(), html_escaped(links_.origin_port),
      rows(fields), missing(fields));
  exchange.reply(demo_page("Sample app", body));
}

}  // namespace gateway
