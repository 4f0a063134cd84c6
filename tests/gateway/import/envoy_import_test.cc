// HTTPRoutes with SecurityPolicies of Envoy Gateway as a gateway.yaml.
#include "tests/gateway/import/support/imported.h"
#include "tests/support/doctest.h"

namespace {

using imported::Imported;
using imported::Person;

const std::string kRoute = R"yaml(apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: app, namespace: apps}
spec:
  parentRefs: [{name: edge}]
  hostnames: [app.example.com]
  rules:
    - {name: api, matches: [{path: {type: PathPrefix, value: /api}}], backendRefs: [{name: api, port: 8080}]}
    - {backendRefs: [{name: web, port: 8080}]}
)yaml";

/// A policy for the route (or what `target` says) with these keys.
std::string policy(const std::string& keys, const std::string& target = "{kind: HTTPRoute, name: app}",
                   const std::string& name = "guard") {
  return "---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: SecurityPolicy\nmetadata: {name: " + name +
         ", namespace: apps}\nspec:\n  targetRefs: [" + target + "]\n" + keys;
}

const std::string kOidc =
    "  oidc: {provider: {issuer: \"https://id.example.com\"}, clientID: app, clientSecret: {name: oidc}, "
    "redirectURL: "
    "\"https://app.example.com/oauth2/callback\"}\n";
const std::string kHost = "https://app.example.com";
constexpr std::string_view kWeb = "http://web.apps.svc:8080";
constexpr std::string_view kApi = "http://api.apps.svc:8080";
const Person kAda{"ada@example.com", {}, {"team=\"red\"", "roles=[\"dev\",\"ops\"]"}};

}  // namespace

TEST_CASE("routes without a policy are open, and lead where they led") {
  const Imported open = Imported(kRoute);
  CHECK(open.note_count() == 0);
  CHECK(open.stranger(kHost + "/") == kWeb);
  CHECK(open.stranger(kHost + "/api/x") == kApi);
}

TEST_CASE("a policy with oidc asks for a sign-in at its provider, and its rules decide in their order") {
  const Imported all = Imported(kRoute + policy(kOidc));
  CHECK(all.stranger(kHost + "/") == "401");
  CHECK(all.person(kAda, kHost + "/api/x") == kApi);
  CHECK(all.note_count() == 1);
  const Imported rules = Imported(kRoute + policy(kOidc + R"yaml(  authorization:
    defaultAction: Deny
    rules:
      - {action: Deny, principal: {clientCIDRs: [10.0.0.0/8]}}
      - {action: Allow, principal: {jwt: {provider: x, claims: [{name: team, values: [red]}, {name: roles, valueType: StringArray, values: [ops]}]}}}
      - {action: Deny, operation: {methods: [DELETE]}, principal: {clientCIDRs: [0.0.0.0/0]}}
      - {action: Allow, principal: {jwt: {provider: x, claims: [{name: team, values: [blue]}]}}}
)yaml"));
  CHECK(rules.person(kAda, kHost + "/") == kWeb);
  CHECK(rules.person(kAda, kHost + "/", "10.1.1.1") == "403");
  CHECK(rules.person(kAda, "DELETE " + kHost + "/") == kWeb);
  const Person blue{"b@example.com", {}, {"team=\"blue\""}};
  CHECK(rules.person(blue, kHost + "/") == kWeb);
  CHECK(rules.person(blue, "DELETE " + kHost + "/") == "403");
  CHECK(rules.person({"r@example.com", {}, {"team=\"red\""}}, kHost + "/") == "403");
}

TEST_CASE("the policy of a rule goes before that of its route, and that before the gateway's") {
  const Imported near = Imported(kRoute + policy(kOidc, "{kind: Gateway, name: edge}", "wide") +
                                 policy("  authorization: {defaultAction: Allow}\n" + kOidc,
                                        "{kind: HTTPRoute, name: app, sectionName: api}", "near") +
                                 policy("  cors: {allowOrigins: [\"https://a.example.com\"]}\n"));
  CHECK(near.stranger(kHost + "/") == kWeb);
  CHECK(near.stranger(kHost + "/api/x") == "401");
  CHECK(Imported(kRoute + policy(kOidc, "{kind: Gateway, name: edge}")).stranger(kHost + "/") == "401");
}

TEST_CASE("tokens of machines are judged by issuer, audience and claims") {
  const Imported machines = Imported(
      kRoute +
      policy(
          R"yaml(  jwt: {providers: [{name: ci, issuer: "https://ci.example.com", audiences: [api], claimToHeaders: [{header: X-Who, claim: sub}]}]}
  authorization: {rules: [{action: Allow, principal: {jwt: {provider: ci, scopes: [write]}}}]}
)yaml"));
  CHECK(machines.stranger(kHost + "/") == "401");
  CHECK(machines.has("ci: {issuer: \"https://ci.example.com\", audience: \"api\"}"));
  CHECK(machines.has("{client: [\"ci\"], claim: {scope: [\"write\"]}}"));
}

TEST_CASE("a policy that is not understood lets nobody pass") {
  for (const char* keys :
       {"  basicAuth: {users: {name: x}}\n", "  apiKeyAuth: {}\n", "  somethingNew: {}\n",
        "  authorization: {rules: [{action: Allow, principal: {clientCIDRs: [10.0.0.0/8]}}]}\n",
        "  jwt: {optional: true, providers: [{name: a, issuer: \"https://i.example.com\", audiences: "
        "[b]}]}\n",
        "  jwt: {providers: [{name: a, issuer: \"https://i.example.com\"}]}\n",
        "  extAuth: {grpc: {backendRefs: [{name: e, port: 9000}]}}\n",
        "  targetSelectors: [{kind: HTTPRoute}]\n"}) {
    CAPTURE(keys);
    const Imported closed = Imported(kRoute + policy(keys));
    CHECK(closed.stranger(kHost + "/") == "403");
    CHECK(closed.note_count() > 0);
  }
  for (const char* rule :
       {"{action: Allow, principal: {headers: [{name: x, values: [y]}]}}", "{action: Maybe}",
        "{action: Allow, cel: 'true'}", "{action: Deny, operation: {path: /x}}"}) {
    CAPTURE(rule);
    CHECK(Imported(kRoute + policy(kOidc + "  authorization: {rules: [" + rule + "]}\n"))
              .person(kAda, kHost + "/") == "403");
  }
  CHECK(Imported(kRoute + policy(kOidc) + policy("  cors: {}\n", "{kind: HTTPRoute, name: app}", "twice"))
            .stranger(kHost + "/") == "403");
}

TEST_CASE("an engine is asked by HTTP as Envoy asks it") {
  CHECK(Imported(kRoute + policy("  extAuth: {http: {path: /check, backendRefs: [{name: opa, port: 9000}], "
                                 "headersToBackend: [x-user]}}\n"))
            .has("authorize: {url: \"http://opa.apps.svc:9000/check/\", convention: ext_authz, identity: "
                 "[\"x-user\"]}"));
}

TEST_CASE("filters and matches are carried over, or what they guarded is closed") {
  const auto with = [](const std::string& rule) {
    return "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: app, namespace: "
           "apps}\nspec: {hostnames: "
           "[app.example.com], rules: [" +
           rule + "]}\n";
  };
  const Imported moved =
      Imported(with("{filters: [{type: RequestRedirect, requestRedirect: {hostname: new.example.com}}]}"));
  CHECK(moved.stranger(kHost + "/x") == "302");
  const Imported cut = Imported(
      with("{matches: [{path: {type: PathPrefix, value: /a}}], filters: [{type: URLRewrite, urlRewrite: "
           "{path: {type: "
           "ReplacePrefixMatch, replacePrefixMatch: /b}}}], backendRefs: [{name: web, port: 8080}]}"));
  CHECK(cut.note_count() == 0);
  CHECK(cut.stranger(kHost + "/a/x") == kWeb);
  CHECK(Imported(with("{filters: [{type: ExtensionRef}], backendRefs: [{name: web, port: 8080}]}"))
            .stranger(kHost + "/") == "403");
  const Imported odd = Imported(with("{name: r, matches: [{path: {type: RegularExpression, value: "
                                     "'/v[0-9]+'}}], backendRefs: [{name: api, port: 8080}]}, "
                                     "{backendRefs: [{name: web, port: 8080}]}") +
                                policy(kOidc, "{kind: HTTPRoute, name: app, sectionName: r}"));
  CHECK(odd.stranger(kHost + "/v1") == "403");
  CHECK(odd.stranger(kHost + "/") == "403");
}
