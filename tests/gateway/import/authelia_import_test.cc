// Authelia's access rules as policies: of its rules the first that fits decides, here deny goes before allow.
#include "tests/gateway/import/support/imported.h"
#include "tests/support/doctest.h"

namespace {

using imported::Imported;
using imported::Person;

Imported rules(const std::string& lines, const std::string& fallback = "deny") {
  return Imported(R"(session:
  expiration: 12h
  cookies: [{domain: example.com, authelia_url: "https://auth.example.com"}]
access_control:
  default_policy: )" +
                  fallback + R"(
  networks: [{name: internal, networks: [10.0.0.0/8, 192.168.0.0/16]}]
  rules:
)" + lines);
}

constexpr std::string_view kApp = "http://change-me.invalid";
const std::string kHost = "https://app.example.com";
/// Signed in, and with a second factor.
const Person kAda{"ada@example.com", {"dev"}, {"preferred_username=ada"}};
const Person kSure{"ada@example.com", {"dev"}, {"preferred_username=ada", "amr=[\"pwd\",\"mfa\"]"}};
const Person kAdmin{"root@example.com", {"admins"}, {"preferred_username=root"}};
const Person kSureAdmin{"root@example.com", {"admins"}, {"preferred_username=root", "amr=[\"mfa\"]"}};

}  // namespace

TEST_CASE("the four policies of Authelia mean here what they mean there") {
  const Imported all =
      rules(R"(    - {domain: app.example.com, resources: ["^/public/.*$", "^/health$"], policy: bypass}
    - {domain: app.example.com, resources: ['^/admin([/?].*)?$'], policy: two_factor}
    - {domain: app.example.com, resources: ['^/secret(/.*)?$'], policy: deny}
    - {domain: app.example.com, policy: one_factor}
)");
  CHECK(all.stranger(kHost + "/public/x") == kApp);
  CHECK(all.stranger(kHost + "/health") == kApp);
  CHECK(all.stranger(kHost + "/public") == "401");
  CHECK(all.stranger(kHost + "/") == "401");
  CHECK(all.person(kAda, kHost + "/") == kApp);
  CHECK(all.person(kAda, kHost + "/admin/x") == "403");
  CHECK(all.person(kSure, kHost + "/admin/x") == kApp);
  CHECK(all.person(kSure, kHost + "/secret/x") == "403");
  CHECK(all.config().login.providers.front().issuer == "https://auth.example.com");
  CHECK(all.config().login.session.lifetime == std::chrono::hours(12));
  CHECK(all.config().login.session.idle == std::chrono::minutes(5));
  CHECK(all.field(kAda, kHost + "/", "Remote-User") == "ada");
}

TEST_CASE("of several rules the first that fits decides, also where a later one would ask for less") {
  const Imported first =
      rules(R"(    - {domain: app.example.com, subject: ["group:admins"], policy: two_factor}
    - {domain: app.example.com, subject: [["user:eve"], ["group:guests"]], policy: deny}
    - {domain: app.example.com, subject: "group:staff", methods: [DELETE], policy: deny}
    - {domain: app.example.com, policy: one_factor}
)");
  CHECK(first.person(kAda, kHost + "/") == kApp);
  CHECK(first.person(kAdmin, kHost + "/") == "403");
  CHECK(first.person(kSureAdmin, kHost + "/") == kApp);
  CHECK(first.person({"e@example.com", {"dev"}, {"preferred_username=eve"}}, kHost + "/") == "403");
  CHECK(first.person({"g@example.com", {"guests"}, {"preferred_username=g"}}, kHost + "/") == "403");
  const Person staff{"s@example.com", {"staff"}, {"preferred_username=s"}};
  CHECK(first.person(staff, kHost + "/") == kApp);
  CHECK(first.person(staff, "DELETE " + kHost + "/") == "403");
  // Who is both an admin and a guest fits the first.
  CHECK(first.person({"x@example.com", {"admins", "guests"}, {"preferred_username=x", "amr=mfa"}},
                     kHost + "/") == kApp);
}

TEST_CASE("a rule of networks is one here, and names stand for their networks") {
  const Imported inside =
      rules(R"(    - {domain: app.example.com, networks: [internal, 203.0.113.7], policy: one_factor}
    - {domain: app.example.com, policy: two_factor}
)");
  CHECK(inside.person(kAda, kHost + "/", "10.1.2.3") == kApp);
  CHECK(inside.person(kAda, kHost + "/", "203.0.113.7") == kApp);
  CHECK(inside.person(kAda, kHost + "/", "198.51.100.1") == "403");
  CHECK(inside.person(kSure, kHost + "/", "198.51.100.1") == kApp);
}

TEST_CASE("domains with a star are for hosts of one label, and their rules for every host that is named") {
  const Imported wide = rules(R"(    - {domain: "app.example.com", resources: ["^/open$"], policy: bypass}
    - {domain: "*.example.com", policy: one_factor}
)");
  CHECK(wide.stranger("https://other.example.com/") == "401");
  CHECK(wide.person(kAda, "https://other.example.com/") == kApp);
  CHECK(wide.stranger(kHost + "/open") == kApp);
  CHECK(wide.stranger("https://other.example.com/open") == "401");
  CHECK(wide.stranger(kHost + "/x") == "401");
}

TEST_CASE("what is not understood lets nobody pass, and a bypass that is not understood leaves the sign-in") {
  for (const char* rule : {"{domain: app.example.com, resources: ['^/x[0-9]+$'], policy: two_factor}",
                           "{domain: app.example.com, subject: [['group:a', 'group:b']], policy: two_factor}",
                           "{domain: app.example.com, subject: ['oauth2:client:x'], policy: deny}",
                           "{domain: app.example.com, query: [[{operator: present, key: x}]], policy: deny}",
                           "{domain_regex: '^app', policy: deny}",
                           "{domain: app.example.com, networks: [nowhere], policy: deny}",
                           "{domain: app.example.com, resources: ['^/adm'], policy: two_factor}"}) {
    CAPTURE(rule);
    const Imported closed =
        rules("    - " + std::string(rule) + "\n    - {domain: app.example.com, policy: one_factor}\n");
    CHECK(closed.person(kSureAdmin, kHost + "/") == "403");
    CHECK(closed.has("so nobody passes to app.example.com/"));
  }
  for (const char* rule :
       {"{domain: app.example.com, resources: ['^/x[0-9]+$'], policy: bypass}",
        "{domain: app.example.com, networks: [internal], policy: bypass}",
        "{domain: app.example.com, methods: [OPTIONS], policy: bypass}",
        "{domain: app.example.com, query: [[{operator: present, key: x}]], policy: bypass}",
        "{domain_regex: '^app', policy: bypass}"}) {
    CAPTURE(rule);
    const Imported kept =
        rules("    - " + std::string(rule) + "\n    - {domain: app.example.com, policy: one_factor}\n");
    CHECK(kept.stranger(kHost + "/x1", "10.0.0.1") == "401");
    CHECK(kept.person(kAda, kHost + "/") == kApp);
    CHECK(kept.note_count() > 2);
  }
  const Imported mixed = rules(R"(    - {domain: app.example.com, networks: [internal], policy: deny}
    - {domain: app.example.com, policy: bypass}
)");
  CHECK(mixed.stranger(kHost + "/") == "403");
}

TEST_CASE("without a rule the default decides, and nobody passes if there is none") {
  CHECK(rules("    - {domain: app.example.com, subject: 'group:x', policy: one_factor}\n")
            .person(kAda, kHost + "/") == "403");
  CHECK(rules("    - {domain: app.example.com, subject: 'group:x', policy: two_factor}\n", "one_factor")
            .person(kAda, kHost + "/") == kApp);
  CHECK(rules("    - {domain: app.example.com, subject: 'group:dev', policy: two_factor}\n", "one_factor")
            .person(kAda, kHost + "/") == "403");
}

TEST_CASE("Ingresses that ask an Authelia get its rules") {
  const Imported both(
      {gateway::ImportFile{
           "configuration.yml",
           R"(session: {cookies: [{domain: example.com, authelia_url: "https://auth.example.com"}]}
access_control:
  rules:
    - {domain: app.example.com, resources: ["^/open/.*$"], policy: bypass}
    - {domain: app.example.com, policy: one_factor}
)"},
       {"ingress.yaml", R"(apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: app, annotations: {nginx.ingress.kubernetes.io/auth-url: "http://authelia.auth.svc/api/authz/auth-request"}}
spec: {rules: [{host: app.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 8080}}}}]}}]}
)"}});
  CHECK(both.stranger(kHost + "/open/x") == "http://web.default.svc:8080");
  CHECK(both.stranger(kHost + "/x") == "401");
  CHECK_FALSE(both.has("authorize"));
}
