#include "gateway/model/identity_names.h"

#include <doctest/doctest.h>

#include <cctype>
#include <string>

namespace gateway {
namespace {

/// Every spelling of a name with "-" as one of the bytes that CGI and friends fold into "_".
std::vector<std::string> spellings(const std::string& name) {
  std::vector<std::string> all = {name};
  for (const char other : {'_', '.', '~', '!', '+', '|', '*', '\'', '`', '^', '%', '&', '$', '#'}) {
    std::string every = name;
    for (char& c : every) c = c == '-' ? other : c;
    all.push_back(every);
    std::string first = name;
    if (const std::size_t dash = first.find('-'); dash != std::string::npos) first[dash] = other;
    all.push_back(first);
  }
  const std::size_t plain = all.size();
  for (std::size_t i = 0; i < plain; ++i) {
    std::string upper = all[i];
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    all.push_back(upper);
  }
  return all;
}

TEST_CASE("every widely used identity name is found in every spelling") {
  const IdentityNames names({});
  for (const char* name : {"X-Auth-Request-User",
                           "X-Auth-Request-Email",
                           "X-Auth-Request-Groups",
                           "X-Auth-Request-Preferred-Username",
                           "X-Forwarded-User",
                           "X-Forwarded-Email",
                           "X-Forwarded-Groups",
                           "X-Forwarded-Access-Token",
                           "X-WEBAUTH-USER",
                           "X-WEBAUTH-ROLE",
                           "Remote-User",
                           "Remote-Groups",
                           "X-Remote-User",
                           "X-Remote-Group",
                           "X-Pomerium-Jwt-Assertion",
                           "X-Goog-Authenticated-User-Email",
                           "x-amzn-oidc-identity",
                           "Cf-Access-Jwt-Assertion",
                           "X-authentik-username",
                           "OIDC_CLAIM_email",
                           "X-Token-User-Email",
                           "Ssl-Client-Cert",
                           "X-SSL-Client-S-DN",
                           "X-Client-Cert-Chain",
                           "X-Forwarded-Client-Cert",
                           "Client-Cert",
                           "Client-Cert-Chain",
                           "X-Amzn-Mtls-Clientcert-Subject",
                           "X-Client-Verify",
                           "X-Original-URL",
                           "X-Rewrite-URL",
                           "X-Original-URI",
                           "X-Envoy-Original-Path",
                           "X-Forwarded-Uri",
                           "X-Forwarded-Method",
                           "X-Forwarded-Prefix",
                           "Proxy",
                           "GAP-Auth",
                           "X-JWT-Assertion",
                           "HTTP_REMOTE_USER",
                           "HTTP_X_FORWARDED_USER",
                           "REMOTE_USER",
                           "X-Forwarded-For",
                           "X-Real-IP",
                           "Forwarded"}) {
    for (const std::string& spelling : spellings(name)) {
      CAPTURE(spelling);
      CHECK(names.contains(spelling));
    }
  }
}

TEST_CASE("names that a route uses are found in every spelling too, also below HTTP_") {
  const IdentityNames names({"X-Env-Person", "Y.Whoami"});
  for (const std::string& spelling : spellings("X-Env-Person")) CHECK(names.contains(spelling));
  CHECK(names.contains("y_whoami"));
  CHECK(names.contains("HTTP_Y_WHOAMI"));
}

TEST_CASE("a used name that begins with HTTP_ is found with and without it") {
  const std::string longest = "X-" + std::string(62, 'e');
  const IdentityNames names({"HTTP_WHO", "Http-Role", longest, "HTTP_"});
  for (const char* name : {"HTTP_WHO", "http-who", "Who", "HTTP_ROLE", "role", "HTTP_"}) {
    CAPTURE(name);
    CHECK(names.contains(name));
  }
  CHECK(names.contains("HTTP_" + longest));
  CHECK_FALSE(names.contains("http"));
  CHECK_FALSE(names.contains(""));
}

TEST_CASE("standard fields and an app's own are no identity") {
  const IdentityNames names({"X-Env-Person"});
  for (const char* name :
       {"Authorization", "Cookie",     "Host",     "Accept",         "X-Api-Key",    "X-Requested-With",
        "X-Csrf-Token",  "User-Agent", "Origin",   "Referer",        "Content-Type", "X-Token",
        "X-Env",         "Range",      "Priority", "Sec-Fetch-Site", "X-Custom",     "Profile",
        "Cf-Ray",        "Client",     ""}) {
    CAPTURE(name);
    CHECK_FALSE(names.contains(name));
  }
}

TEST_CASE("a name that is longer than any compared one is judged by its beginning") {
  const IdentityNames names({});
  CHECK(names.contains("X-Auth-Request-User" + std::string(65'536, 'a')));
}

TEST_CASE("stripping takes every copy and leaves the rest in order") {
  core::Fields fields;
  fields.add("Accept", "a");
  fields.add("X-Auth-Request-User", "evil");
  fields.add("x_auth_request_user", "evil");
  fields.add("X-Custom", "kept");
  fields.add("REMOTE.USER", "evil");
  CHECK(IdentityNames({}).strip(fields) == 3);
  REQUIRE(fields.size() == 2);
  CHECK(fields.begin()->value == "a");
  CHECK((fields.begin() + 1)->value == "kept");
}

TEST_CASE("only an origin strips nothing") {
  core::Fields fields;
  fields.add("Remote-User", "alice");
  CHECK(IdentityNames::of_an_origin().strip(fields) == 0);
  CHECK(fields.size() == 1);
}

}  // namespace
}  // namespace gateway
