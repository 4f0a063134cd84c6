#include "gateway/demo/demo_app.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "core/text/json.h"
#include "gateway/demo/demo_page.h"
#include "gateway/model/exchange.h"
#include "gateway/pages/html.h"

namespace gateway {
namespace {

/// What apps take for the identity, and what would give away more than that.
constexpr std::array<std::string_view, 9> kNotable = {
    "X-Auth-Request-User",   "X-Auth-Request-Email", "X-Auth-Request-Preferred-Username",
    "X-Auth-Request-Groups", "X-Forwarded-User",     "X-WEBAUTH-USER",
    "Remote-User",           "Authorization",        "Cookie",
};

enum class Part { notable, other };

Part part_of(const core::Field& field) {
  for (const std::string_view name : kNotable) {
    if (core::equals_ignoring_case(field.name, name)) return Part::notable;
  }
  return Part::other;
}

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

std::string table_of(const core::Fields& fields, Part part) {
  std::string html = "<table>\n";
  for (const core::Field& field : fields) {
    if (part_of(field) != part) continue;
    html.append(fmt::format("<tr><th scope=\"row\"><code>{}</code></th><td>{}</td></tr>\n",
                            escape_html(field.name), escape_html(field.value)));
  }
  return html.append("</table>");
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
      "<h1>Hello, {0}</h1>\n<p>This is <b>{1}</b>. It has no login of its own: the gateway told it who you "
      "are{2}.</p>\n"
      "<nav><a href=\"https://app.localhost{3}/\">app</a><a href=\"https://notes.localhost{3}/\">notes</a>"
      "<a href=\"https://admin.localhost{3}/\">admin</a><a href=\"/oauth2/sign_out\">sign out</a></nav>\n"
      "<h2>What it was told</h2>\n{4}\n"
      "<h2>What it was not told</h2>\n<p>{5}</p>\n"
      "<details><summary>All other header fields it received</summary>\n{6}</details>",
      escape_html(name), escape_html(std::string(request.host).append(request.path)),
      email ? escape_html(fmt::format(": {}", *email)) : std::string(), escape_html(links_.origin_port),
      table_of(fields, Part::notable), missing(fields), table_of(fields, Part::other));
  exchange.reply(demo_page("Sample app", body));
}

}  // namespace gateway
