#include "gateway/run/explain.h"

#include "config/loader.h"
#include "tests/support/doctest.h"

namespace {

class NoVariables final : public config::Environment {
 public:
  [[nodiscard]] std::optional<std::string> variable(const std::string&) const override { return {}; }
};

constexpr std::string_view kFile = R"yaml(storage: /nowhere/at/all
tls: {certificates: [{certificate: /etc/passwd, key: /etc/passwd}]}
login:
  host: auth.example.com
  session: {store: memory}
  providers:
    p: {type: oidc, issuer: "https://id.example.com", client_id: x, client_secret: planted-secret}
    q: {type: oidc, issuer: "https://other.example.com", client_id: x, client_secret: y, email: ignored}
policies:
  staff:
    deny:
      - email: [left@example.com]
    allow:
      - group: [nobody]
      - email_domain: example.com
      - {claim: {level: [3]}, ip: [192.0.2.0/24]}
routes:
  - {host: a.example.com, to: "http://127.0.0.1:3000", policy: staff, identity: grafana, basic: {user: u, password: planted-secret}}
  - host: a.example.com
    path: /api
    strip_prefix: true
    to: h2c://b.internal:1
    policy: staff
    except:
      - {path: /api/public, public: true}
  - {host: a.example.com, path: /api, headers: {X-Version: ["2"]}, to: "http://127.0.0.1:3002", policy: staff}
  - {host: "*.example.com", to: "http://127.0.0.1:3004", public: true}
)yaml";

config::Config the_file() {
  const NoVariables none;
  config::LoadOutcome outcome = config::load_text(kFile, none);
  const std::string error = outcome.errors.empty() ? "" : outcome.errors.front().message;
  CAPTURE(error);
  REQUIRE(outcome.config);
  return std::move(*outcome.config);
}

core::Json explained(const gateway::ExplainQuestion& question, const config::Config& config = the_file()) {
  auto said = gateway::explain(config, question);
  const std::string error = said ? "" : said.error().text;
  CAPTURE(error);
  REQUIRE(said);
  return std::move(*said);
}

gateway::ExplainQuestion about(std::string url, std::string email = {}) {
  gateway::ExplainQuestion question;
  question.url = std::move(url);
  question.email = std::move(email);
  return question;
}

std::string text_at(const core::Json& said, std::string_view path) {
  const core::Json* found = said.at(path);
  return found == nullptr ? "" : std::string(found->as_string().value_or(found->text()));
}

std::string value_added(const core::Json& said, std::string_view name) {
  const core::Json* adds = said.at("origin.adds");
  if (adds == nullptr) return {};
  for (const core::Json& field : adds->elements())
    if (field.string_at("name") == name) return std::string(field.string_at("value").value_or(""));
  return {};
}

}  // namespace

TEST_CASE("explain names the route with its line, and for each other one why not") {
  const core::Json said = explained(about("https://a.example.com/api/x/../y%2e?q=1"));
  CHECK(text_at(said, "path") == "/api/y.");
  CHECK(text_at(said, "route.name") == "a.example.com/api");
  CHECK(text_at(said, "route.line") == "19");
  const core::Json& passed = *said.find("passed_over");
  REQUIRE(passed.elements().size() == 4);
  const auto why = [&passed](std::size_t i) { return text_at(passed.elements()[i], "why"); };
  CHECK(why(0) == "it would take it, but the longer path goes before");
  CHECK(why(1) == "the path is not below its own");
  CHECK(why(2) == "the path fits, but X-Version must be 2, in one field");
  CHECK(why(3) == "the routes of a.example.com alone decide about this host");
  CHECK(text_at(said, "answers.browser.status") == "302");
  CHECK(text_at(said, "answers.program.status") == "401");
}

TEST_CASE("explain takes conditions on headers and excepts as they are served") {
  gateway::ExplainQuestion question = about("a.example.com/api/v");
  question.headers = {"x-version: 2"};
  CHECK(text_at(explained(question), "route.name") == "a.example.com/api X-Version");
  const core::Json open = explained(about("a.example.com/api/public/p"));
  CHECK(text_at(open, "route.access") == "public");
  CHECK(text_at(open, "route.except_of") == "a.example.com/api");
  CHECK(text_at(open, "origin.target") == "/public/p");
  CHECK(text_at(open, "origin.to") == "h2c://b.internal:1");
}

TEST_CASE("explain names the rule that decides, and what becomes of who is denied") {
  const core::Json left = explained(about("a.example.com/", "left@example.com"));
  CHECK(text_at(left, "policy.decision") == "denied");
  CHECK(text_at(left, "policy.by") == "deny");
  CHECK(text_at(left, "policy.rule_line") == "12");
  CHECK(text_at(left, "policy.says") == "email: [\"left@example.com\"]");
  CHECK(text_at(left, "answers.browser.status") == "403");
  CHECK(left.find("origin") == nullptr);
  const core::Json in = explained(about("a.example.com/", "alice@example.com"));
  CHECK(text_at(in, "policy.decision") == "admitted");
  CHECK(text_at(in, "policy.rule") == "2");
  const core::Json other = explained(about("a.example.com/", "x@other.example"));
  CHECK(text_at(other, "policy.by") == "otherwise");
  gateway::ExplainQuestion untrusted = about("a.example.com/", "alice@example.com");
  untrusted.provider = "q";
  CHECK(text_at(explained(untrusted), "policy.decision") == "denied");
}

TEST_CASE("explain judges claims by their JSON type, and the client's address") {
  gateway::ExplainQuestion question = about("a.example.com/");
  question.claims = {"level=3"};
  CHECK(text_at(explained(question), "policy.rule") == "3");
  question.claims = {"level=\"3\""};
  CHECK(text_at(explained(question), "policy.decision") == "denied");
  question.claims = {"level=3"};
  question.from = "198.51.100.1";
  CHECK(text_at(explained(question), "policy.decision") == "denied");
}

TEST_CASE("explain shows what the origin is sent, and no secret") {
  gateway::ExplainQuestion question = about("a.example.com/x", "alice@example.com");
  question.groups = {"dev", "ops"};
  question.headers = {"X-WEBAUTH-USER: root", "Accept-Language: de", "Authorization: Basic eA=="};
  const core::Json said = explained(question);
  CHECK(text_at(said, "origin.target") == "/x");
  CHECK(text_at(said, "origin.host") == "a.example.com");
  CHECK(value_added(said, "X-WEBAUTH-USER") == "alice@example.com");
  CHECK(value_added(said, "X-WEBAUTH-GROUPS") == "dev,ops");
  CHECK(value_added(said, "Authorization") == "(credentials)");
  CHECK(text_at(said, "origin.strips") == R"(["X-WEBAUTH-USER","Authorization"])");
  CHECK(text_at(said, "origin.lacks") == R"(["X-WEBAUTH-NAME"])");
  for (const std::string& all : {said.text(), gateway::explanation_text(said)}) {
    CHECK(all.find("planted-secret") == std::string::npos);
    CHECK(all.find("cGxhbnRlZ") == std::string::npos);
    CHECK(all.find("__Host-") == std::string::npos);
  }
}

TEST_CASE("explain says why a path or a host is refused") {
  const core::Json above = explained(about("a.example.com/%2e%2e/x"));
  CHECK_FALSE(text_at(above, "refused").empty());
  CHECK(text_at(above, "answers.program.status") == "400");
  CHECK(text_at(explained(about("a.example.com/api/public;x/y")), "answers.program.status") == "400");
  const core::Json nowhere = explained(about("nowhere.example.org/"));
  CHECK(text_at(nowhere, "answers.browser.status") == "421");
  CHECK(nowhere.find("route") == nullptr);
}

TEST_CASE("explain says that a sign-in begins where the provider itself would be next") {
  config::Config config = the_file();
  config.login.host = "a.example.com";  // who is to sign in elsewhere is sent there first
  config.login.providers.resize(1);     // of two, one is to be chosen first
  const core::Json said = explained(about("a.example.com/"), config);
  CHECK(text_at(said, "answers.browser.status") == "302");
  CHECK(text_at(said, "answers.browser.reason").find("a sign-in begins") != std::string::npos);
}

TEST_CASE("explain takes a subject of digits for the text that it is") {
  gateway::ExplainQuestion question = about("a.example.com/");
  question.claims = {"sub=583231", "level=7"};
  const core::Json said = explained(question);
  CHECK(text_at(said, "identity.provider") == "p");
}

TEST_CASE("explain refuses a question that cannot be asked, in one sentence") {
  const config::Config config = the_file();
  std::vector<gateway::ExplainQuestion> questions(8, about("a.example.com/"));
  questions[0].url = "ftp://a.example.com/";
  questions[1].url = "https://a b/";
  questions[2].url = "a.example.com/a b";
  questions[3].from = "nobody";
  questions[4].headers = {"Host: other"};
  questions[5].headers = {"X: a\r\nY: b"};
  questions[6].claims = {"=x"};
  questions[7].provider = "nobody";
  for (const gateway::ExplainQuestion& question : questions) {
    const auto said = gateway::explain(config, question);
    REQUIRE_FALSE(said);
    CHECK(said.error().text.find('\n') == std::string::npos);
  }
}

TEST_CASE("what explain writes moves no terminal") {
  gateway::ExplainQuestion question = about("a.example.com/", "a\x1b[31m@example.com");
  const std::string text = gateway::explanation_text(explained(question));
  CHECK(text.find('\x1b') == std::string::npos);
}
