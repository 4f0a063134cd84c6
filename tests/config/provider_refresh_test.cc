// What each type of provider is asked for by itself, and for refresh tokens.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;

namespace {

LoadOutcome load_whole_provider(const std::string& provider) {
  Sample sample;
  sample.login = "login:\n  providers:\n    corp: {" + provider + "}\n";
  return sample.load();
}

}  // namespace

TEST_CASE("dex is asked for groups; scopes that are written are asked for alone") {
  const std::string rest =
      "type: dex, issuer: 'https://dex.example.com', client_id: a, client_secret: {env: CLIENT_SECRET}";
  const LoadOutcome plain = load_whole_provider(rest);
  REQUIRE(plain.config);
  CHECK(plain.config->login.providers.front().scopes ==
        std::vector<std::string>{"openid", "email", "profile", "groups"});
  const LoadOutcome written = load_whole_provider(rest + ", scopes: [openid]");
  REQUIRE(written.config);
  CHECK(written.config->login.providers.front().scopes == std::vector<std::string>{"openid"});
}

TEST_CASE("with refresh, providers that need it are asked for a refresh token") {
  const auto asked = [](const std::string& provider, bool refreshes = true) {
    Sample sample;
    sample.login = "login:\n  providers:\n    corp: {" + provider +
                   ", client_id: a, client_secret: {env: CLIENT_SECRET}}\n";
    if (refreshes) sample.login += "  session: {store: memory, refresh: 5m}\n";
    const LoadOutcome outcome = sample.load();
    CAPTURE(all_of(outcome.errors));
    REQUIRE(outcome.config);
    return outcome.config->login.providers.front();
  };
  using Parameters = std::vector<std::pair<std::string, std::string>>;
  const Provider google = asked("type: google");
  CHECK(google.extra == Parameters{{"access_type", "offline"}});
  CHECK(google.prompt == "consent");
  const Provider chosen = asked("type: google, prompt: select_account, extra: {access_type: online}");
  CHECK(chosen.extra == Parameters{{"access_type", "online"}});
  CHECK(chosen.prompt == "select_account");
  CHECK(asked("type: google", false).extra.empty());
  CHECK(asked("type: google", false).prompt.empty());
  CHECK(asked("type: dex, issuer: 'https://x.com'").scopes.back() == "offline_access");
  CHECK(asked("type: dex, issuer: 'https://x.com'", false).scopes.back() == "groups");
  CHECK(asked("type: dex, issuer: 'https://x.com', scopes: [openid, offline_access]").scopes.size() == 2);
  CHECK(asked("type: oidc, issuer: 'https://x.com'").scopes.size() == 3);
}
