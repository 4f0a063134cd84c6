// Traefik's labels, dynamic files and objects as a gateway.yaml.
#include "tests/gateway/import/support/imported.h"
#include "tests/support/doctest.h"

namespace {

using imported::Imported;

/// A compose file of one service "web" with these labels behind "traefik.http.".
std::string compose(const std::vector<std::string>& labels) {
  std::string text =
      "services:\n  web:\n    image: app\n    labels:\n      - traefik.enable=true\n      - "
      "traefik.http.services.web.loadbalancer.server.port=8080\n";
  for (const std::string& label : labels) text += "      - 'traefik.http." + label + "'\n";
  return text;
}

const std::string kRule = "routers.web.rule=Host(`app.example.com`)";
const std::string kHost = "https://app.example.com";
constexpr std::string_view kWeb = "http://web:8080";
constexpr std::string_view kProxy = R"(OAUTH2_PROXY_PROVIDER=oidc
OAUTH2_PROXY_OIDC_ISSUER_URL=https://id.example.com
OAUTH2_PROXY_CLIENT_ID=proxy
OAUTH2_PROXY_CLIENT_SECRET=planted
OAUTH2_PROXY_EMAIL_DOMAINS=example.com
OAUTH2_PROXY_REDIRECT_URL=https://auth.example.com/oauth2/callback
OAUTH2_PROXY_UPSTREAMS=static://202
)";

}  // namespace

TEST_CASE("labels of a container are a route to it, and plain http is redirected by the gateway itself") {
  const Imported open =
      Imported(compose({kRule, "routers.web.tls.certresolver=le",
                        "routers.plain.rule=Host(`app.example.com`)", "routers.plain.entrypoints=web",
                        "routers.plain.middlewares=up", "middlewares.up.redirectscheme.scheme=https"}));
  CHECK(open.note_count() == 0);
  CHECK(open.stranger(kHost + "/x") == kWeb);
  CHECK(open.config().routes.size() == 1);
  CHECK(Imported("services:\n  web: {labels: {traefik.http.routers.a.rule: 'Host(`app.example.com`)', "
                 "traefik.http.services.a.loadbalancer.server.port: '8080'}}\n")
            .stranger(kHost + "/") == kWeb);
}

TEST_CASE("forwardAuth stays with its engine, or becomes the policy of the oauth2-proxy among the files") {
  const std::string labels =
      compose({kRule, "routers.web.middlewares=auth@docker",
               "middlewares.auth.forwardauth.address=http://oauth2-proxy:4180/",
               "middlewares.auth.forwardauth.authResponseHeaders=X-Auth-Request-User,X-Auth-Request-Email"});
  CHECK(Imported(labels).has(
      "authorize: {url: \"http://oauth2-proxy:4180/\", convention: forward_auth, identity: "
      "[\"X-Auth-Request-User\", \"X-Auth-Request-Email\"]}"));
  const Imported both({{"compose.yaml", labels}, {"proxy.env", std::string(kProxy)}});
  CHECK(both.note_count() == 0);
  CHECK(both.stranger(kHost + "/") == "401");
  CHECK(both.person({"a@example.com"}, kHost + "/") == kWeb);
  CHECK(both.person({"a@example.org"}, kHost + "/") == "403");
  CHECK(both.field({"a@example.com"}, kHost + "/", "X-Auth-Request-Email") == "a@example.com");
}

TEST_CASE("a middleware that decides and is not understood, or not there, lets nobody pass") {
  for (const char* middleware :
       {"middlewares.m.basicauth.users=a:b", "middlewares.m.digestauth.users=a:b",
        "middlewares.m.ipallowlist.sourcerange=10.0.0.0/8", "middlewares.m.plugin.gate.x=y",
        "middlewares.other.compress=true", "middlewares.m.forwardauth.trustForwardHeader=true",
        "middlewares.m.chain.middlewares=nowhere"}) {
    CAPTURE(middleware);
    const Imported closed = Imported(compose({kRule, "routers.web.middlewares=m", middleware}));
    CHECK(closed.stranger(kHost + "/") == "403");
    CHECK(closed.note_count() > 0);
  }
  const Imported harmless =
      Imported(compose({kRule, "routers.web.middlewares=c", "middlewares.c.chain.middlewares=z,h",
                        "middlewares.z.compress=true", "middlewares.h.headers.customrequestheaders.X-Env=a{b",
                        "middlewares.h.headers.customrequestheaders.X-Forwarded-User=root"}));
  CHECK(harmless.stranger(kHost + "/") == kWeb);
  CHECK(harmless.notes("x-forwarded-user"));
}

TEST_CASE("rules take what they took, and what cannot be said closes what it could have come to") {
  const Imported ways =
      Imported(compose({"routers.web.rule=(Host(`a.example.com`) || Host(`b.example.com`)) && (Path(`/one`) "
                        "|| PathPrefix(`/two/`))"}));
  CHECK(ways.stranger("https://a.example.com/one") == kWeb);
  CHECK(ways.stranger("https://b.example.com/two/x") == kWeb);
  CHECK(ways.stranger("https://b.example.com/two") == "403");
  CHECK(ways.stranger("https://a.example.com/one/x") == "404");
  const std::vector<std::string> auth{"routers.web.rule=Host(`app.example.com`)",
                                      "middlewares.auth.forwardauth.address=http://engine/"};
  for (const char* rule :
       {"Host(`app.example.com`) && Method(`POST`)", "Host(`app.example.com`) && !PathPrefix(`/x`)",
        "Host(`app.example.com`) && PathPrefix(`/adm`)", "Host(`app.example.com`) && ("}) {
    CAPTURE(rule);
    std::vector<std::string> labels = auth;
    labels.push_back(std::string("routers.second.rule=") + rule);
    labels.emplace_back("routers.second.middlewares=auth");
    const Imported closed = Imported(compose(labels));
    CHECK(closed.stranger(kHost + "/admin") == "403");
  }
  const Imported first =
      Imported(compose({kRule, "routers.web.middlewares=auth", "routers.web.priority=1000",
                        "middlewares.auth.forwardauth.address=http://engine/",
                        "routers.open.rule=Host(`app.example.com`) && PathPrefix(`/open/`)"}));
  CHECK(first.stranger(kHost + "/open/x") == "403");
}

TEST_CASE("a dynamic file and objects of a cluster say the same") {
  const Imported file = Imported(R"yaml(http:
  routers:
    app: {rule: "Host(`app.example.com`) && PathPrefix(`/api`)", service: api, middlewares: [strip, limit]}
  middlewares:
    strip: {stripPrefix: {prefixes: [/api]}}
    limit: {rateLimit: {average: 10, burst: 20}}
  services:
    api: {loadBalancer: {servers: [{url: "http://10.0.0.1:80"}, {url: "http://10.0.0.2:80"}]}}
)yaml");
  CHECK(file.note_count() == 0);
  CHECK(file.config().routes.front().path_change.strips_prefix);
  CHECK(file.config().routes.front().limits.rate->burst == 20);
  CHECK(file.has("http://10.0.0.2"));
  const Imported cluster = Imported(R"yaml(apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: auth, namespace: apps}
spec: {forwardAuth: {address: "http://authelia.auth.svc/api/authz/forward-auth", authResponseHeaders: [Remote-User]}}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: app, namespace: apps}
spec:
  entryPoints: [websecure]
  routes:
    - {kind: Rule, match: "Host(`app.example.com`)", middlewares: [{name: auth}], services: [{name: web, port: 8080}]}
)yaml");
  CHECK(cluster.note_count() == 0);
  CHECK(cluster.has("to: \"http://web.apps.svc:8080\""));
  CHECK(cluster.has(
      "authorize: {url: \"http://authelia.auth.svc/api/authz/forward-auth\", convention: forward_auth"));
}
