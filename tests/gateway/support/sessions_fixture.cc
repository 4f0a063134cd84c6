#include "tests/gateway/support/sessions_fixture.h"

#include <stdexcept>

namespace test_support {

config::Provider provider_named(const std::string& name) {
  config::Provider provider;
  provider.name = name;
  provider.title = "The " + name;
  provider.issuer = "https://" + name + ".example.net";
  provider.issuer_url = core::parse_url(provider.issuer).value();
  provider.client_id = "gateway";
  provider.client_secret.value = core::Secret("s3cret/&");
  return provider;
}

core::KeyRing ring_of(const std::vector<char>& keys) {
  std::vector<core::Secret> secrets;
  for (const char key : keys) secrets.emplace_back(std::string(32, key));
  return core::KeyRing::make(std::move(secrets)).value();
}

void SessionsFixture::build() {
  sessions.reset();
  names = std::make_unique<gateway::CookieNames>(settings);
  sessions = std::make_unique<gateway::Sessions>(
      gateway::SessionParts{settings, providers, *names, keys, revocations, random});
}

gateway::Identity SessionsFixture::identity(const std::string& user) const {
  gateway::Identity identity;
  identity.session_id = "session-of-" + user;
  identity.provider = "corp";
  identity.issuer = "https://corp.example.net";
  identity.subject = user;
  identity.user = user;
  identity.email = user + "@example.com";
  identity.email_counts = true;
  identity.claims = core::Json::object();
  identity.signed_in_at = clock.wall();
  identity.expires_at = clock.wall() + settings.lifetime;
  return identity;
}

void SessionsFixture::sign_in(const std::string& url, const gateway::Identity& identity) {
  const auto request = browser.navigate(url);
  const auto cookies = sessions->issue(request->request(), identity);
  if (!cookies) throw std::runtime_error(cookies.error().text);
  browser.take(url, *cookies);
}

gateway::SessionAbsence SessionsFixture::absence(const std::string& url) {
  return sessions->find(browser.navigate(url)->request()).absence;
}

}  // namespace test_support
