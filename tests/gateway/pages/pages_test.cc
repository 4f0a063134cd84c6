#include "gateway/pages/pages.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/http/fields.h"
#include "core/text/json.h"
#include "gateway/pages/account_page.h"
#include "gateway/pages/json_error.h"
#include "gateway/pages/status_text.h"

using gateway::Pages;
using gateway::Reply;

namespace {

gateway::Request request() {
  gateway::Request made;
  made.host = "grafana.example.com";
  made.id = "7f3a91c2d04e8b56";
  return made;
}

std::string field(const Reply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.fields) {
    if (key == name) return value;
  }
  return {};
}

const gateway::SignedInAs kAlice{
    .user = "alice@example.com", .provider = "Keycloak", .sign_out_href = "/oauth2/sign_out"};

gateway::PageLook titled(const std::string& title) {
  return {title, {}, {}, {}, {}};
}

gateway::SessionPage session_page() {
  gateway::SessionPage page{kAlice, {}, {}, {}, {}, true, {}, "/oauth2/sessions"};
  page.others.push_back({{}, {}, "192.0.2.0/24", "Firefox, Linux", "token"});
  return page;
}

std::vector<Reply> every_page(const Pages& pages) {
  return {pages.sign_in(request(), {{"Google", "/a"}, {"GitHub", "/b"}}, "app.example.com"),
          pages.denied(request(), kAlice),
          pages.pending(request(), kAlice),
          pages.confirm_sign_out(
              request(), {.action = "/oauth2/sign_out", .hidden = {}, .back_href = "/", .form_targets = {}}),
          pages.signed_out(request(), "/"),
          pages.session_ended(request(), "/"),
          pages.apps(request(), {{"a.example", "/a"}}),
          pages.session(request(), session_page()),
          pages.error(request(), 502)};
}

config::Login settings_of(const std::string& directory) {
  config::Login login;
  login.pages.directory = directory;
  return login;
}

// A directory of its own for each test, removed at its end.
class Directory {
 public:
  Directory() {
    std::string name = "/tmp/gateway_pages_XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  void put(const std::string& name, std::string_view text) const {
    std::ofstream(path_ + "/" + name) << text;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("every page loads nothing, runs nothing and is not stored or framed") {
  const Pages pages(titled("Example Labs"));
  for (const Reply& reply : every_page(pages)) {
    CHECK(field(reply, "Content-Type") == "text/html; charset=utf-8");
    CHECK(field(reply, "Cache-Control") == "no-store");
    const std::string referrer = field(reply, "Referrer-Policy");
    CHECK((referrer == "no-referrer" || referrer == "same-origin"));
    CHECK(field(reply, "X-Content-Type-Options") == "nosniff");
    const std::string policy = field(reply, "Content-Security-Policy");
    CHECK(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    CHECK(policy.ends_with("form-action 'self'; frame-ancestors 'none'; base-uri 'none'"));
    for (const std::string_view never :
         {"<script", "http:", "https:", "url(", "@import", " style=", " onload", "<link", "<img"}) {
      CAPTURE(never);
      CHECK_FALSE(reply.body.contains(never));
    }
    CHECK(reply.body.size() < 8192);
    CHECK(reply.body.contains("<html lang=\"en\">"));
    CHECK(reply.body.contains("Example Labs"));
    CHECK_FALSE(reply.body.contains("{heading}"));
  }
}

TEST_CASE("statuses tell programs and browsers what happened") {
  const auto pages = every_page(Pages(titled("x")));
  const int expected[] = {200, 403, 403, 200, 200, 401, 200, 200, 502};
  for (std::size_t i = 0; i < pages.size(); ++i) CHECK(pages[i].status == expected[i]);
}

TEST_CASE("the sign-in page links each provider") {
  const Reply reply =
      Pages(titled("x"))
          .sign_in(request(), {{"Google", "/oauth2/start?p=g&rd=%2F"}, {"Own <ID>", "/b"}}, "a.example");
  CHECK(reply.body.contains("href=\"/oauth2/start?p=g&amp;rd=%2F\">Continue with Google</a>"));
  CHECK(reply.body.contains("Continue with Own &lt;ID&gt;"));
  CHECK(reply.body.contains("<strong>a.example</strong>"));
  CHECK_FALSE(reply.body.contains("Reference"));
}

TEST_CASE("a refused person sees who they are, how to change that, and the request's id") {
  const Reply reply = Pages(titled("x")).denied(request(), kAlice);
  for (const std::string_view shown : {"alice@example.com", "Keycloak", "grafana.example.com",
                                       "href=\"/oauth2/sign_out\"", "<code>7f3a91c2d04e8b56</code>"}) {
    CAPTURE(shown);
    CHECK(reply.body.contains(shown));
  }
  const Reply anonymous = Pages(titled("x")).denied(request(), {});
  CHECK_FALSE(anonymous.body.contains("<dl>"));
  CHECK_FALSE(anonymous.body.contains("Use another account"));
}

TEST_CASE("hostile values are shown as text") {
  gateway::SignedInAs who{
      .user = "<img src=x onerror=alert(1)>{title}", .provider = "\"'>", .sign_out_href = "javascript:x"};
  who.user.append(5000, 'W');
  const Reply reply = Pages(titled("<b>")).denied(request(), who);
  CHECK_FALSE(reply.body.contains("<img"));
  CHECK_FALSE(reply.body.contains("<b>"));
  CHECK_FALSE(reply.body.contains("javascript:"));
  CHECK(reply.body.contains("&lt;img src=x onerror=alert(1)&gt;{title}"));
  CHECK(reply.body.size() < 8192);
}

TEST_CASE("without a title the host stands in for it") {
  CHECK(Pages(titled("")).error(request(), 404).body.contains("<span>grafana.example.com</span>"));
}

TEST_CASE("signing out is a form post that may end at the provider") {
  const Reply reply =
      Pages(titled("x"))
          .confirm_sign_out(request(), {.action = "/oauth2/sign_out",
                                        .hidden = {{"rd", "/a\"b"}, {"token", "t"}},
                                        .back_href = "/",
                                        .form_targets = {"https://id.example.com/logout?x",
                                                         "https://evil.example; script-src *", "x"}});
  CHECK(reply.body.contains("<form method=\"post\" action=\"/oauth2/sign_out\">"));
  CHECK(reply.body.contains("<input type=\"hidden\" name=\"rd\" value=\"/a&quot;b\">"));
  CHECK(field(reply, "Content-Security-Policy")
            .contains("form-action 'self' https://id.example.com; frame-ancestors"));
}

TEST_CASE("an error offers to try again only where there is a link") {
  const gateway::Notice& notice = gateway::english().failures.provider_down;
  CHECK_FALSE(Pages(titled("x")).error(request(), {503, notice, {}}).body.contains("<a class="));
  const Reply reply = Pages(titled("x")).error(request(), {503, notice, "/oauth2/start"});
  CHECK(reply.body.contains("href=\"/oauth2/start\">Try again</a>"));
  CHECK(reply.body.contains("<h1>Sign-in is not available right now</h1>"));
}

TEST_CASE("each status has a code and sentences of its own or its class's") {
  CHECK(gateway::status_text(404).code == "not_found");
  CHECK(gateway::status_text(502).code == "bad_gateway");
  CHECK(gateway::status_text(418).code == gateway::status_text(400).code);
  CHECK(gateway::status_text(599).code == gateway::status_text(500).code);
}

TEST_CASE("a program gets one JSON object") {
  const Reply reply =
      gateway::json_error(request(), {.status = 401, .code = {}, .message = {}, .sign_in = "https://a/\"<"});
  CHECK(reply.status == 401);
  CHECK(field(reply, "Content-Type") == "application/json");
  CHECK(field(reply, "Cache-Control") == "no-store");
  const auto body = core::Json::parse(reply.body, core::Side::us);
  REQUIRE(body.has_value());
  CHECK(body->at("error.code")->as_string() == "sign_in_required");
  CHECK(body->at("error.request_id")->as_string() == "7f3a91c2d04e8b56");
  CHECK(body->at("error.sign_in")->as_string() == "https://a/\"<");
  const Reply other =
      gateway::json_error(request(), {.status = 403, .code = "denied", .message = "No.", .sign_in = {}});
  CHECK(other.body ==
        "{\"error\":{\"code\":\"denied\",\"message\":\"No.\",\"request_id\":\"7f3a91c2d04e8b56\"}}\n");
}

TEST_CASE("an operator's page replaces the built-in one, values still escaped") {
  const Directory directory;
  directory.put("denied.html", "<style>p{}</style><p>{user}|{provider}|{sign_out_url}|{status}|{host}</p>");
  auto look = gateway::read_page_look(settings_of(directory.path()));
  REQUIRE(look.has_value());
  const Pages pages(std::move(*look));
  const Reply reply = pages.denied(request(), {.user = "<a>", .provider = "P", .sign_out_href = "/out"});
  CHECK(reply.body == "<style>p{}</style><p>&lt;a&gt;|P|/out|403|grafana.example.com</p>");
  CHECK(field(reply, "Content-Security-Policy").contains("style-src 'self' 'sha256-"));
  CHECK(pages.error(request(), 404).body.contains("Nothing is here"));
}

TEST_CASE("M13: a value that looks like a placeholder is shown as it is on an operator's page") {
  const Directory directory;
  directory.put("denied.html", "{user}|{provider}|{title}|{details}");
  auto settings = settings_of(directory.path());
  settings.pages.title = "{user}{env.HOME}${HOME}";
  const Pages pages(*gateway::read_page_look(settings));
  const Reply reply = pages.denied(
      request(),
      {.user = "{provider}{file:/etc/passwd}", .provider = "{title}{{user}}", .sign_out_href = ""});
  CHECK(reply.body.starts_with("{provider}{file:/etc/passwd}|{title}{{user}}|{user}{env.HOME}${HOME}|<dl>"));
}

TEST_CASE("an operator's page of a language is for that language, and the one of none for all others") {
  const Directory directory;
  directory.put("error.html", "any {language}");
  directory.put("error.de.html", "deutsch");
  directory.put("signed_out.fr.html", "fini");
  directory.put(".error.html.swp", "{");
  directory.put("readme.txt", "{nothing}");
  const Pages pages(*gateway::read_page_look(settings_of(directory.path())));
  for (const auto& [asked, expected] :
       {std::pair("de-CH", "deutsch"), std::pair("fr", "any fr"), std::pair("ja", "any en")}) {
    core::Fields fields;
    fields.add("Accept-Language", asked);
    gateway::Request made = request();
    made.fields = &fields;
    CHECK(pages.error(made, 404).body == expected);
  }
  CHECK(pages.signed_out(request(), "/").body.contains("You are signed out"));
}

TEST_CASE("an operator's page that cannot be used says which file and why") {
  struct Row {
    std::string_view file;
    std::string_view text;
    std::string_view expected;
  };
  const Row rows[] = {
      {"error.html", "<p>\n{oops}", "error.html: line 2: unknown placeholder {oops}"},
      {"error.html", "\xFF", "error.html: a page must be UTF-8"},
      {"denid.html", "", "denid.html: there is no such page; known are sign_in, denied,"},
      {"denied.pt.html", "", "with en, de, fr, es"},
      {"denied.de.at.html", "", "there is no such page"},
  };
  for (const Row& row : rows) {
    const Directory directory;
    directory.put(std::string(row.file), row.text);
    const auto look = gateway::read_page_look(settings_of(directory.path()));
    CAPTURE(row.file);
    CHECK(look.has_value() == row.expected.empty());
    if (look) continue;
    CHECK(look.error().text.contains("login.pages.directory"));
    CHECK(look.error().text.contains(row.expected));
  }
  const auto missing = gateway::read_page_look(settings_of("/nonexistent/absent"));
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().text.contains("cannot read /nonexistent/absent"));
}

TEST_CASE("a logo is held by the page itself, and only a picture is one") {
  const Directory directory;
  directory.put("logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>");
  directory.put("logo.html", "<p><svg></svg>");
  directory.put("large.png", "\x89PNG\r\n\x1a\n" + std::string(gateway::kMaxLogoBytes, 'x'));
  config::Login settings;
  settings.pages.logo = directory.path() + "/logo.svg";
  const auto look = gateway::read_page_look(settings);
  REQUIRE(look.has_value());
  const Reply reply = Pages(*look).error(request(), 404);
  CHECK(reply.body.contains("<img src=\"data:image/svg+xml;base64,"));
  CHECK_FALSE(reply.body.contains("<script"));
  CHECK(field(reply, "Content-Security-Policy").contains("; img-src data:; form-action"));
  for (const std::string_view bad : {"/logo.html", "/large.png", "/absent.png"}) {
    settings.pages.logo = directory.path() + std::string(bad);
    CHECK_FALSE(gateway::read_page_look(settings).has_value());
  }
}

TEST_CASE("every page names who helps") {
  for (const auto& [support, link] :
       {std::pair("help@example.com", "Help <a href=\"mailto:help@example.com\">help@example.com</a>"),
        std::pair("https://help.example.com/?a=1&b", "<a href=\"https://help.example.com/?a=1&amp;b\">")}) {
    gateway::PageLook look = titled("x");
    look.support = support;
    for (const Reply& reply : every_page(Pages(look))) CHECK(reply.body.contains(link));
  }
}
