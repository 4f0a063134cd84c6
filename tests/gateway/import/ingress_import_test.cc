// Ingress objects of ingress-nginx, with the oauth2-proxy that they ask, as a gateway.yaml.
#include "tests/gateway/import/support/imported.h"
#include "tests/support/doctest.h"

namespace {

using imported::Imported;

constexpr std::string_view kProxy = R"(OAUTH2_PROXY_PROVIDER=oidc
OAUTH2_PROXY_OIDC_ISSUER_URL=https://id.example.com
OAUTH2_PROXY_CLIENT_ID=proxy
OAUTH2_PROXY_CLIENT_SECRET=planted
OAUTH2_PROXY_EMAIL_DOMAINS=example.com
OAUTH2_PROXY_UPSTREAMS=static://202
)";

/// An Ingress of one host with these annotations (lines) and paths (lines of a list).
std::string ingress(const std::string& annotations, const std::string& paths,
                    const std::string& host = "app.example.com") {
  std::string text =
      "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: app\n  namespace: apps\n  "
      "annotations:\n    x: y\n";
  for (const std::string& line : gateway::split_list(annotations, '\n'))
    text += "    nginx.ingress.kubernetes.io/" + line + "\n";
  return text + "spec:\n  rules:\n    - host: " + host + "\n      http:\n        paths:\n" + paths;
}

std::string path(const std::string& text, const std::string& type = "Prefix",
                 const std::string& service = "web") {
  return "          - {path: '" + text + "', pathType: " + type + ", backend: {service: {name: " + service +
         ", port: {number: 8080}}}}\n";
}

const std::string kAuth = R"(auth-url: "http://oauth2-proxy.auth.svc.cluster.local:4180/oauth2/auth"
auth-signin: "https://auth.example.com/oauth2/start?rd=$escaped_request_uri"
)";

Imported both(const std::string& manifests) {
  return Imported({{"ingress.yaml", manifests}, {"proxy.env", std::string(kProxy)}});
}

constexpr std::string_view kWeb = "http://web.apps.svc:8080";
const imported::Person kAda{"ada@example.com", {"staff"}};

}  // namespace

TEST_CASE(
    "an Ingress that asks oauth2-proxy becomes a route with a policy, and the headers keep their names") {
  const Imported app =
      both(ingress(kAuth + "auth-response-headers: X-Auth-Request-User, "
                           "X-Auth-Request-Email\nproxy-body-size: 8m\nproxy-read-timeout: \"120\"",
                   path("/")) +
           ingress("", path("/oauth2", "Prefix", "oauth2-proxy")));
  CHECK(app.note_count() == 0);
  CHECK(app.config().login.host == "auth.example.com");
  CHECK(app.stranger("https://app.example.com/x") == "401");
  CHECK(app.person(kAda, "https://app.example.com/x") == kWeb);
  CHECK(app.person({"a@example.org"}, "https://app.example.com/x") == "403");
  CHECK(app.field(kAda, "https://app.example.com/x", "X-Auth-Request-Email") == "ada@example.com");
  CHECK(app.field(kAda, "https://app.example.com/x", "X-Auth-Request-Groups").empty());
  CHECK(app.config().routes.size() == 1);
  CHECK(app.config().routes.front().limits.body == 8UL * 1024 * 1024);
  CHECK_FALSE(app.has("planted"));
}

TEST_CASE("what auth-url asks for besides a session is asked for here as well") {
  const Imported app = both(ingress(
      "auth-url: https://$host/oauth2/auth?allowed_groups=staff,ops\nwhitelist-source-range: 192.0.2.0/24",
      path("/")));
  CHECK(app.person(kAda, "https://app.example.com/") == kWeb);
  CHECK(app.person({"ada@example.com", {"other"}}, "https://app.example.com/") == "403");
  CHECK(app.person({"a@example.org", {"staff"}}, "https://app.example.com/") == "403");
  CHECK(app.person(kAda, "https://app.example.com/", "198.51.100.1") == "403");
  CHECK(both(ingress("auth-url: https://$host/oauth2/auth?allowed_planets=mars", path("/")))
            .person(kAda, "https://app.example.com/") == "403");
}

TEST_CASE("an Ingress whose rule is not understood lets nobody pass") {
  for (const char* annotation :
       {"auth-type: basic", "auth-tls-secret: a/b", "whitelist-source-range: 10.0.0.0/8",
        "auth-snippet: 'return 200;'", "configuration-snippet: 'if ($x) { return 403; }'",
        "server-snippet: 'deny all;'", "ssl-passthrough: \"true\"", "enable-modsecurity: \"true\"",
        "some-new-gate: \"on\"", "denylist-source-range: 10.0.0.0/8", "enable-global-auth: \"true\"",
        "auth-url: \"https://$host/verify\"", "auth-url: nonsense", "satisfy: any"}) {
    CAPTURE(annotation);
    const Imported closed = Imported(ingress(annotation, path("/")));
    CHECK(closed.stranger("https://app.example.com/x") == "403");
    CHECK(closed.note_count() > 0);
  }
  CHECK(Imported(ingress("configuration-snippet: 'more_set_headers \"A: b\";'", path("/")))
            .stranger("https://app.example.com/") == kWeb);
  CHECK(Imported(ingress("", path("/"))).stranger("https://app.example.com/") == kWeb);
}

TEST_CASE("a server snippet of one Ingress closes the other Ingresses of its host") {
  const Imported two = Imported(ingress("server-snippet: 'deny all;'", path("/a")) + ingress("", path("/")) +
                                ingress("", path("/"), "other.example.com"));
  CHECK(two.stranger("https://app.example.com/") == "403");
  CHECK(two.stranger("https://other.example.com/") == kWeb);
}

TEST_CASE("a sign-in that is not among the files lets nobody pass, and says so") {
  const Imported alone = Imported(ingress(kAuth, path("/")));
  CHECK(alone.stranger("https://app.example.com/") == "403");
  CHECK(alone.notes("its sign-in is not in the input"));
}

TEST_CASE("paths are those of nginx, or what they guard is closed") {
  const Imported paths =
      both(ingress(kAuth, path("/") + path("/exact", "Exact", "one") + path("/api/", "Prefix", "api")));
  CHECK(paths.person(kAda, "https://app.example.com/exact") == "http://one.apps.svc:8080");
  CHECK(paths.person(kAda, "https://app.example.com/exact/x") == kWeb);
  CHECK(paths.person(kAda, "https://app.example.com/api/x") == "http://api.apps.svc:8080");
  // "/apix" was guarded there.
  const Imported wide =
      both(ingress(kAuth, path("/api", "ImplementationSpecific", "api")) + ingress("", path("/")));
  CHECK(wide.stranger("https://app.example.com/apix") == "403");
  CHECK(wide.stranger("https://app.example.com/api/x") == "401");
  // And here it is less that was open.
  const Imported open =
      both(ingress("", path("/api", "ImplementationSpecific", "api")) + ingress(kAuth, path("/")));
  CHECK(open.stranger("https://app.example.com/apix") == "401");
  CHECK(open.stranger("https://app.example.com/api/x") == "http://api.apps.svc:8080");
}

TEST_CASE("a prefix that is cut off is cut off here, and other expressions guard what they guarded") {
  const Imported cut = Imported(
      ingress("use-regex: \"true\"\nrewrite-target: /$2", path("/app(/|$)(.*)", "ImplementationSpecific")));
  CHECK(cut.note_count() == 0);
  CHECK(cut.stranger("https://app.example.com/app/x") == kWeb);
  CHECK(cut.config().routes.front().path_change.strips_prefix);
  const Imported other =
      both(ingress(kAuth + "use-regex: \"true\"", path("/v[0-9]+/.*", "ImplementationSpecific")) +
           ingress("", path("/")));
  CHECK(other.stranger("https://app.example.com/v1/x") == "403");
  CHECK(other.stranger("https://app.example.com/") == "403");
}

TEST_CASE("ports by name are those of the Services, and redirects stay redirects") {
  std::string manifests = ingress(
      "", "          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}\n");
  CHECK(Imported(manifests).notes("the port named http"));
  manifests +=
      "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: apps}\nspec: {ports: [{name: "
      "http, port: 8080}]}\n";
  CHECK(Imported(manifests).stranger("https://app.example.com/") == "http://web.apps.svc:8080");
  const Imported moved = Imported(ingress("permanent-redirect: https://new.example.com/x", path("/")));
  CHECK(moved.stranger("https://app.example.com/a") == "301");
  const Imported tls =
      Imported(ingress("backend-protocol: GRPCS\nlimit-rps: \"10\"\nenable-cors: "
                       "\"true\"\ncors-allow-origin: https://a.example.com",
                       path("/")));
  CHECK(tls.stranger("https://app.example.com/") == "h2://web.apps.svc:8080");
  CHECK(tls.config().routes.front().limits.rate->burst == 50);
}

TEST_CASE("another engine goes on deciding, and its sign-in is reached") {
  const Imported engine = Imported(
      ingress("auth-url: http://authelia.auth.svc/api/authz/auth-request\nauth-signin: "
              "https://auth.example.com?rm=$request_method\nauth-response-headers: Remote-User,Remote-Groups",
              path("/")));
  CHECK(engine.note_count() == 0);
  CHECK(
      engine.has("authorize: {url: \"http://authelia.auth.svc/api/authz/forward-auth\", convention: "
                 "forward_auth, identity: [\"Remote-User\", \"Remote-Groups\"]}"));
}

TEST_CASE("two Ingresses that differ about one path let nobody pass there") {
  const Imported twins = both(ingress(kAuth, path("/")) + ingress("", path("/")));
  CHECK(twins.person(kAda, "https://app.example.com/") == "403");
  CHECK(twins.notes("a second route"));
}
