// oauth2-proxy's files as a gateway.yaml: whom it lets in, what is public, what the app is told.
#include "tests/gateway/import/support/imported.h"
#include "tests/support/doctest.h"

namespace {

using imported::errors_of;
using imported::Imported;

const std::string kStart = R"(provider = "oidc"
oidc_issuer_url = "https://id.example.com"
redirect_url = "https://app.example.com/oauth2/callback"
client_id = "proxy"
client_secret_file = "/etc/secret"
upstreams = ["http://127.0.0.1:8080/"]
)";
constexpr std::string_view kApp = "http://127.0.0.1:8080";

Imported with(const std::string& more) {
  return Imported(kStart + more);
}

}  // namespace

TEST_CASE("all of an oauth2-proxy that the gateway can do is carried over without a note") {
  const Imported all = with(R"(email_domains = ["example.com"]
cookie_secret = "0123456789abcdef"
cookie_expire = "24h0m0s"
cookie_refresh = "1h"
pass_authorization_header = true
skip_provider_button = true
scope = "openid email groups"
)");
  CHECK(all.note_count() == 0);
  CHECK(all.config().login.session.lifetime == std::chrono::hours(24));
  CHECK(all.config().login.session.refresh == std::chrono::hours(1));
  CHECK(all.config().login.host == "app.example.com");
  CHECK(all.stranger("https://app.example.com/x") == "401");
  CHECK(all.person({"ada@example.com"}, "https://app.example.com/x") == kApp);
  CHECK(all.person({"ada@example.org"}, "https://app.example.com/x") == "403");
  CHECK(all.field({"ada@example.com"}, "https://app.example.com/x", "X-Forwarded-Email") ==
        "ada@example.com");
}

TEST_CASE("who fits an e-mail must fit a group as well, and neither alone lets in") {
  const Imported both = with("email_domains = [\"example.com\"]\nallowed_groups = [\"staff\", \"ops\"]\n");
  const std::string_view url = "https://app.example.com/";
  CHECK(both.person({"a@example.com", {"ops"}}, url) == kApp);
  CHECK(both.person({"a@example.com", {"other"}}, url) == "403");
  CHECK(both.person({"a@example.org", {"staff"}}, url) == "403");
  const Imported either =
      with("email_domains = [\"example.com\"]\nauthenticated_emails_file = \"/etc/mails\"\n");
  CHECK(either.has("email: {file: \"/etc/mails\"}"));
  CHECK(either.person({"listed@example.org"}, url) == kApp);
  CHECK(either.person({"a@example.com"}, url) == kApp);
  CHECK(either.person({"a@example.org"}, url) == "403");
}

TEST_CASE("an oauth2-proxy that names no e-mail lets nobody in, and neither does the import") {
  const Imported none = with("");
  CHECK(none.notes("email_domains"));
  CHECK(none.stranger("https://app.example.com/") == "403");
  CHECK(with("email_domains = \"*\"\n").person({"a@any.org"}, "https://app.example.com/") == kApp);
}

TEST_CASE("what kept people out and cannot be said here keeps everybody out") {
  for (const char* line :
       {"google_group = [\"x@example.com\"]", "github_repo = \"a/b\"", "gitlab_project = [\"a/b\"]",
        "bitbucket_team = \"t\"", "allowed_planets = [\"earth\"]"}) {
    CAPTURE(line);
    const Imported closed = with(std::string("email_domains = [\"*\"]\n") + line + "\n");
    CHECK(closed.note_count() > 0);
    CHECK(closed.stranger("https://app.example.com/x") == "403");
    CHECK(closed.has("# to: http://127.0.0.1:8080"));
  }
  const Imported lost = with("email_domains = [\"*\"]\nbanner = \"hello\"\nsome_new_colour = \"red\"\n");
  CHECK(lost.note_count() == 2);
  CHECK(lost.stranger("https://app.example.com/x") == "401");
  const Imported other = Imported(
      "provider = \"linkedin\"\nclient_id = \"x\"\nemail_domains = [\"*\"]\n"
      "redirect_url = \"https://a.example.com/oauth2/callback\"\nupstreams = [\"http://b/\"]\n");
  CHECK(other.stranger("https://a.example.com/") == "403");
}

TEST_CASE("paths without a sign-in are those that the expression means, and not one more") {
  const Imported open = with(R"(email_domains = ["*"]
skip_auth_routes = ["^/pub/", "^/health$", "GET=^/api/status$", "^/(img|css)(/.*)?$", "/loose", "POST!=^/x", "^/y[0-9]+$", "^/z.*$"]
)");
  const std::string host = "https://app.example.com";
  for (const char* path :
       {"/pub/x", "/pub/", "/health", "/api/status", "/img", "/img/a", "/css/b/c", "/loose", "/z", "/z/a"})
    CHECK_MESSAGE(open.stranger(host + path) == kApp, path);
  for (const char* path :
       {"/", "/pub", "/public", "/healthy", "/health/x", "/api", "/imgs", "/x", "/y1", "/zz"})
    CHECK_MESSAGE(open.stranger(host + path) == "401", path);
  CHECK(open.stranger("POST " + host + "/api/status") == "405");
  CHECK(open.notes("POST!=^/x"));
  CHECK(open.notes("^/y[0-9]+$"));
}

TEST_CASE("a path of some methods alone never opens a whole route") {
  const Imported route = Imported(kStart + "email_domains = [\"*\"]\nskip_auth_routes = [\"GET=^/\"]\n");
  CHECK(route.stranger("https://app.example.com/x") == "401");
  CHECK(Imported(kStart + "email_domains = [\"*\"]\nskip_auth_regex = [\"^/\"]\n")
            .stranger("https://app.example.com/x") == kApp);
}

TEST_CASE("two oauth2-proxies among the files let nobody in, for each could have kept out others") {
  const std::string second = "email_domains = [\"*\"]\n";
  const Imported files({{"one.cfg", kStart + "email_domains = [\"example.com\"]\n"}, {"two.cfg", second}});
  CHECK(files.stranger("https://app.example.com/") == "403");
  CHECK(files.notes("another email_domains than at one.cfg:7"));
  const std::string flags = "oauth2-proxy --email-domain=";
  const Imported lines(
      {{"a.cfg", kStart}, {"a.sh", flags + "example.com\n"}, {"b.sh", flags + "example.org\n"}});
  CHECK(lines.stranger("https://app.example.com/") == "403");
  CHECK(Imported({{"a.cfg", kStart + second}, {"a.sh", flags + "example.com\n"}})
            .stranger("https://app.example.com/") == "401");
}

TEST_CASE("upstreams are told apart by path as there") {
  std::string text = kStart + "email_domains = [\"*\"]\n";
  text.replace(
      text.find("[\"http"), text.find("]\n") - text.find("[\"http"),
      "[\"http://127.0.0.1:8080/\", \"http://127.0.0.1:9090/metrics/\", \"http://127.0.0.1:7070/only\", "
      "\"unix:///run/app.sock\", \"file:///srv/www/#/static/\", \"static://202\"");
  const auto outcome = gateway::import_files({{"input", text}}, "auto");
  REQUIRE(outcome.errors.empty());
  // Two for the root: neither is guessed.
  CHECK(outcome.text.find("a second route for app.example.com/") != std::string::npos);
  text.replace(text.find(", \"unix"), std::string_view(", \"unix:///run/app.sock\"").size(), "");
  const Imported several(text);
  const imported::Person ada{"ada@example.com"};
  CHECK(several.person(ada, "https://app.example.com/metrics/x") == "http://127.0.0.1:9090");
  CHECK(several.person(ada, "https://app.example.com/only") == "http://127.0.0.1:7070");
  CHECK(several.person(ada, "https://app.example.com/only/x") == kApp);
  CHECK(several.notes("file:///srv/www/#/static/"));
}

TEST_CASE("no secret of the input is in what is written or said") {
  const auto outcome = gateway::import_files({{"input", R"(client_id = "x"
client_secret = "planted-client"
cookie_secret = "planted-cookie"
basic_auth_password = "planted-basic"
redis_connection_url = "redis://user:planted-redis@cache:6379/1"
redis_password = "planted-redis2"
session_store_type = "redis"
github_token = "planted-token"
provider = "github"
github_org = "acme"
email_domains = ["*"]
)"}},
                                             "auto");
  REQUIRE(outcome.errors.empty());
  std::string all = outcome.text;
  for (const gateway::ImportNote& note : outcome.notes) all += note.what + note.mend;
  CHECK(all.find("planted") == std::string::npos);
  CHECK(all.find("redis://cache:6379/1") != std::string::npos);
  const std::vector<std::string> errors = errors_of("client_secret = \"planted-client\nclient_id = 1\n");
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().find("input:1:") == 0);
  CHECK(errors.front().find("planted") == std::string::npos);
}

TEST_CASE("variables and files that hold secrets stay where they are named") {
  const Imported environment = Imported(R"(# settings
export OAUTH2_PROXY_PROVIDER=github
OAUTH2_PROXY_CLIENT_ID=abc
OAUTH2_PROXY_CLIENT_SECRET="planted"
OAUTH2_PROXY_EMAIL_DOMAINS=*
OAUTH2_PROXY_GITHUB_ORG=acme
OAUTH2_PROXY_GITHUB_TEAM=core,ops
OAUTH2_PROXY_GITHUB_USERS=bob,eve
OAUTH2_PROXY_REDIRECT_URL=https://git.example.com/oauth2/callback
OAUTH2_PROXY_UPSTREAMS=http://127.0.0.1:3000
)");
  CHECK(environment.has("client_secret: {env: \"OAUTH2_PROXY_CLIENT_SECRET\"}"));
  CHECK(environment.has("team: [\"acme/core\", \"acme/ops\"]"));
  CHECK(environment.has("user: [\"bob\", \"eve\"]"));
  CHECK_FALSE(environment.has("planted"));
  CHECK_FALSE(environment.has("org: "));
}

TEST_CASE("a command line, and what stands on it twice") {
  const Imported line = Imported(R"(oauth2-proxy \
  --provider=oidc --oidc-issuer-url https://id.example.com \
  --client-id='my client' --client-secret=$(SECRET) \
  --redirect-url=https://app.example.com/auth/callback --proxy-prefix=/auth \
  --email-domain=example.com --email-domain=example.org \
  --upstream=http://127.0.0.1:8080 --reverse-proxy --set-xauthrequest
)");
  CHECK(line.has("client_secret: {env: \"SECRET\"}"));
  CHECK(line.config().login.prefix == "/auth");
  CHECK(line.person({"a@example.org"}, "https://app.example.com/") == kApp);
  CHECK(line.person({"a@example.net"}, "https://app.example.com/") == "403");
}

TEST_CASE("the options of a container in a manifest") {
  const Imported pod = Imported(R"(apiVersion: v1
kind: Namespace
metadata: {name: auth}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: oauth2-proxy}
spec:
  template:
    spec:
      containers:
        - name: proxy
          image: quay.io/oauth2-proxy/oauth2-proxy:v7.6.0
          args: ["--provider=google", "--email-domain=example.com", "--upstream=http://web:80", "--redirect-url=https://web.example.com/oauth2/callback"]
          env:
            - {name: OAUTH2_PROXY_CLIENT_ID, value: abc.apps.example}
            - name: OAUTH2_PROXY_CLIENT_SECRET
              valueFrom: {secretKeyRef: {name: proxy, key: secret}}
)");
  CHECK(pod.note_count() == 0);
  CHECK(pod.has("client_secret: {env: \"OAUTH2_PROXY_CLIENT_SECRET\"}"));
  CHECK(pod.has("type: google"));
}

TEST_CASE("the YAML form of the options says the same") {
  const Imported alpha =
      Imported({gateway::ImportFile{"alpha.yaml", R"(upstreamConfig:
  upstreams:
    - {id: app, path: /, uri: "http://127.0.0.1:8080"}
    - {id: api, path: /api/, uri: "http://127.0.0.1:9090", passHostHeader: false}
injectRequestHeaders:
  - {name: X-Forwarded-Groups, values: [{claim: groups}]}
  - {name: X-Who, values: [{claimSource: {claim: email, prefix: "mail:"}}]}
  - {name: Authorization, values: [{claim: user, prefix: "Basic ", basicAuthPassword: {value: cGxhbnRlZA==}}]}
providers:
  - id: main
    provider: oidc
    clientID: proxy
    clientSecretFile: /etc/secret
    allowedGroups: [staff]
    oidcConfig: {issuerURL: "https://id.example.com", groupsClaim: roles, insecureAllowUnverifiedEmail: false}
server: {SecureBindAddress: "0.0.0.0:4443", TLS: {Key: {fromFile: /etc/key}, Cert: {fromFile: /etc/crt}}}
)"},
                {"proxy.cfg",
                 "email_domains = [\"*\"]\nredirect_url = "
                 "\"https://app.example.com/oauth2/callback\"\ncookie_expire = \"8h\"\n"}});
  CHECK(alpha.note_count() == 1);
  CHECK(alpha.notes("the header Authorization"));
  const imported::Person ada{"ada@example.com", {}, {"roles=[\"staff\"]"}};
  CHECK(alpha.person(ada, "https://app.example.com/api/x") == "http://127.0.0.1:9090");
  CHECK(alpha.person({"ada@example.com"}, "https://app.example.com/api/x") == "403");
  CHECK(alpha.field(ada, "https://app.example.com/", "X-Who") == "mail:ada@example.com");
  CHECK(alpha.config().listen.https.front().port == 4443);
}

TEST_CASE("text of the input is data in what is written, wherever it stands") {
  const Imported all = with(R"(email_domains = ["*"]
provider_display_name = "a\"} # evil: true, routes: []"
allowed_groups = ["${HOME}", "a - b: {", "{x}", "' #"]
banner = "line # routes: []"
)");
  CHECK(all.config().routes.size() == 1);
  CHECK(all.config().login.providers.front().title == "a\"} # evil: true, routes: []");
  CHECK(all.config().policies.front().allow.front().groups->front() == "${HOME}");
}

TEST_CASE("an input that is none is an error with its line") {
  for (const auto& [text, place] : std::vector<std::pair<std::string, std::string>>{
           {"client_id = \"a\"\nclient_secret \"b\"\n", "input:2:"},
           {"client_id = \"a\"\n[section]\n", "input:2:"},
           {"client_id = \"a\"\nclient_id = \"b\"\n", "input:2:"},
           {"client_id = [\"a\", \n\"b\"\n", "input:3:"},
           {"client_id = \"\\q\"\n", "input:1:"},
           {"client_id = \"a\\nroutes: []\"\n", "input:1:"},
           {"client_id = a b\n", "input:1:"},
           {"client_id = \"\xff\"\n", "input:1:"},
           {"providers:\n  - {id: a\n", "input:"},
           {"providers: &x []\n", "input:1:"},
           {"--client-id='x\n", "input:"},
           {"nothing that anybody knows\n", "input:1:"},
       }) {
    CAPTURE(text);
    const std::vector<std::string> errors = errors_of(text);
    REQUIRE_FALSE(errors.empty());
    CHECK(errors.front().starts_with(place));
  }
}
