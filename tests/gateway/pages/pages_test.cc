#include "gateway/pages/pages.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/text/json.h"
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

std::vector<Reply> every_page(const Pages& pages) {
  return {pages.sign_in(request(), {{"Google", "/a"}, {"GitHub", "/b"}}, "app.example.com"),
          pages.denied(request(), kAlice),
          pages.pending(request(), kAlice),
          pages.confirm_sign_out(
              request(), {.action = "/oauth2/sign_out", .hidden = {}, .back_href = "/", .form_targets = {}}),
          pages.signed_out(request(), "/"),
          pages.session_ended(request(), "/"),
          pages.error(request(), 502)};
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
  const Pages pages("Example Labs");
  for (const Reply& reply : every_page(pages)) {
    CHECK(field(reply, "Content-Type") == "text/html; charset=utf-8");
    CHECK(field(reply, "Cache-Control") == "no-store");
    CHECK(field(reply, "Referrer-Policy") == "no-referrer");
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
  const auto pages = every_page(Pages("x"));
  const int expected[] = {200, 403, 403, 200, 200, 401, 502};
  for (std::size_t i = 0; i < pages.size(); ++i) CHECK(pages[i].status == expected[i]);
}

TEST_CASE("the sign-in page links each provider") {
  const Reply reply = Pages("x").sign_in(
      request(), {{"Google", "/oauth2/start?p=g&rd=%2F"}, {"Own <ID>", "/b"}}, "a.example");
  CHECK(reply.body.contains("href=\"/oauth2/start?p=g&amp;rd=%2F\">Continue with Google</a>"));
  CHECK(reply.body.contains("Continue with Own &lt;ID&gt;"));
  CHECK(reply.body.contains("<strong>a.example</strong>"));
  CHECK_FALSE(reply.body.contains("Reference"));
}

TEST_CASE("a refused person sees who they are, how to change that, and the request's id") {
  const Reply reply = Pages("x").denied(request(), kAlice);
  for (const std::string_view shown : {"alice@example.com", "Keycloak", "grafana.example.com",
                                       "href=\"/oauth2/sign_out\"", "<code>7f3a91c2d04e8b56</code>"}) {
    CAPTURE(shown);
    CHECK(reply.body.contains(shown));
  }
  const Reply anonymous = Pages("x").denied(request(), {});
  CHECK_FALSE(anonymous.body.contains("<dl>"));
  CHECK_FALSE(anonymous.body.contains("Use another account"));
}

TEST_CASE("hostile values are shown as text") {
  gateway::SignedInAs who{
      .user = "<img src=x onerror=alert(1)>{title}", .provider = "\"'>", .sign_out_href = "javascript:x"};
  who.user.append(5000, 'W');
  const Reply reply = Pages("<b>").denied(request(), who);
  CHECK_FALSE(reply.body.contains("<img"));
  CHECK_FALSE(reply.body.contains("<b>"));
  CHECK_FALSE(reply.body.contains("javascript:"));
  CHECK(reply.body.contains("&lt;img src=x onerror=alert(1)&gt;{title}"));
  CHECK(reply.body.size() < 8192);
}

TEST_CASE("without a title the host stands in for it") {
  CHECK(Pages("").error(request(), 404).body.contains("<span>grafana.example.com</span>"));
}

TEST_CASE("signing out is a form post that may end at the provider") {
  const Reply reply = Pages("x").confirm_sign_out(
      request(),
      {.action = "/oauth2/sign_out",
       .hidden = {{"rd", "/a\"b"}, {"token", "t"}},
       .back_href = "/",
       .form_targets = {"https://id.example.com/logout?x", "https://evil.example; script-src *", "x"}});
  CHECK(reply.body.contains("<form method=\"post\" action=\"/oauth2/sign_out\">"));
  CHECK(reply.body.contains("<input type=\"hidden\" name=\"rd\" value=\"/a&quot;b\">"));
  CHECK(field(reply, "Content-Security-Policy")
            .contains("form-action 'self' https://id.example.com; frame-ancestors"));
}

TEST_CASE("an error offers to try again only where there is a link") {
  gateway::ErrorText text;
  text.heading = "Sign-in did not work";
  text.message = "Try <again>.";
  CHECK_FALSE(Pages("x").error(request(), text).body.contains("<a class="));
  text.retry_href = "/oauth2/start";
  const Reply reply = Pages("x").error(request(), text);
  CHECK(reply.body.contains("href=\"/oauth2/start\">Try again</a>"));
  CHECK(reply.body.contains("Try &lt;again&gt;."));
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
  auto files = gateway::read_page_files(directory.path());
  REQUIRE(files.has_value());
  const Pages pages("x", std::move(*files));
  const Reply reply = pages.denied(request(), {.user = "<a>", .provider = "P", .sign_out_href = "/out"});
  CHECK(reply.body == "<style>p{}</style><p>&lt;a&gt;|P|/out|403|grafana.example.com</p>");
  CHECK(field(reply, "Content-Security-Policy").contains("style-src 'self' 'sha256-"));
  CHECK(pages.error(request(), 404).body.contains("Nothing is here"));
}

TEST_CASE("an operator's page that cannot be used says which file and why") {
  const Directory directory;
  directory.put("error.html", "<p>\n{oops}");
  const auto files = gateway::read_page_files(directory.path());
  REQUIRE_FALSE(files.has_value());
  CHECK(files.error().text.contains("error.html: line 2"));
  const auto missing = gateway::read_page_files(directory.path() + "/absent");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().text.contains("absent"));
}
