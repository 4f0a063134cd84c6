#include "tests/gateway/support/login_fixture.h"

#include <stdexcept>
#include <utility>

namespace test_support {
namespace {

config::Route route(const std::string& host) {
  config::Route route;
  route.host = host;
  route.access = {config::AccessKind::policy, 0};
  return route;
}

}  // namespace

core::Flow<> FailingStorage::put(std::string key, core::StorageEntry entry) {
  if (is_full || is_down)
    co_await core::failure(core::ErrorKind::unavailable, core::Side::storage, "disk full");
  co_await inner_->put(key, entry);
  co_return core::done();
}

core::Flow<core::StorageEntry> FailingStorage::get(std::string key) {
  if (is_down) co_await core::failure(core::ErrorKind::unavailable, core::Side::storage, "down");
  core::StorageEntry entry = co_await inner_->get(key);
  co_return entry;
}

core::Flow<> FailingStorage::remove(std::string key) {
  if (!removes) co_await core::failure(core::ErrorKind::unavailable, core::Side::storage, "down");
  co_await inner_->remove(std::move(key));
  co_return core::done();
}

LoginFixture::LoginFixture() {
  config.login.host = "auth.example.com";
  config.login.providers.push_back(provider_named("corp"));
  config::Policy policy;
  policy.name = "staff";
  policy.allow.emplace_back().emails = std::vector<std::string>{"alice@example.com"};
  config.policies.push_back(policy);
  for (const char* host : {"app.example.com", "wiki.example.org", "*.apps.example.com", "*"}) {
    config.routes.push_back(route(host));
  }
  build();
}

void LoginFixture::build() {
  guard.reset();
  system.reset();
  stored_sessions.reset();
  control_providers.clear();
  directory.reset();
  revocations = std::make_unique<gateway::RevocationList>(storage, clock, log);
  logouts = std::make_unique<gateway::LogoutRegister>(
      gateway::LogoutRegisterParts{*revocations, storage, clock, config.login.session.lifetime});
  known_sessions = std::make_unique<gateway::SessionRegister>(
      gateway::SessionRegisterParts{storage, keys, *revocations, loop, random, clock, log, audit});
  core::Flow<> loading = revocations->load();
  loading.start();
  tokens.reset();
  if (config.login.tokens) {
    tokens = std::make_unique<gateway::TokenRegister>(
        gateway::TokenRegisterParts{storage, keys, random, clock, log});
    core::Flow<> reading = tokens->load();
    reading.start();
  }
  std::vector<gateway::DirectoryEntry> entries;
  for (const config::Provider& settings : config.login.providers) {
    entries.push_back({&settings, settings.name == "corp" ? &provider : &second});
  }
  for (const config::Client& client : config.login.clients) entries.push_back({&client.issuer, &machines});
  directory = std::make_unique<gateway::ProviderDirectory>(
      entries, gateway::ProviderDirectory::Services{loop, random, log});
  directory->start();
  build_store();
  policies = std::make_unique<gateway::PolicyWatch>(loop, log, config.policies);
  policies->start();
  devices.reset();
  mint.reset();
  if (tokens != nullptr) {
    mint = std::make_unique<gateway::DeviceMint>(gateway::DeviceMintParts{
        config.login, policies->published(), revocations->published(), *tokens, random, clock});
    devices = std::make_unique<gateway::DeviceRegister>(gateway::DeviceRegisterParts{
        storage, keys, loop, random, clock, log,
        [this](gateway::DeviceLogin login) { return mint->mint(std::move(login)); }});
  }
  const gateway::ProviderClient client = [this](const config::Provider& settings) -> core::HttpClient& {
    if (settings.use == config::ProviderUse::tokens) return machines;
    return settings.name == "corp" ? provider : second;
  };
  system = std::make_unique<gateway::LoginSystem>(
      gateway::LoginShared{config, keys, *directory, *revocations, *known_sessions, *logouts,
                           policies->published(), redeemed, control, stored_sessions.get(), tokens.get(),
                           demands, nullptr, devices.get()},
      gateway::LoginWorker{loop, desk, client, random, log, audit, {rates, {1, 2}}});
  guard =
      system->make_guard(config.routes[0].access, config.routes[0].unauthenticated, config.routes[0].sign_in);
  turn();
}

void LoginFixture::add_client(const std::string& name, const std::string& audience) {
  config::Client client;
  client.name = name;
  client.audience = audience;
  client.issuer.name = "clients." + name;
  client.issuer.use = config::ProviderUse::tokens;
  client.issuer.email = config::EmailTrust::ignored;
  client.issuer.issuer = machines.issuer();
  client.issuer.issuer_url = core::parse_url(machines.issuer()).value();
  config.login.clients.push_back(client);
}

std::string LoginFixture::machine_token(const std::string& audience,
                                        const std::function<void(core::Json&)>& edit) {
  core::Json token = core::Json::object();
  token.set("iss", machines.issuer());
  token.set("aud", audience);
  token.set("sub", "robot");
  token.set("iat", core::unix_seconds(clock.wall()));
  token.set("exp", core::unix_seconds(clock.wall()) + 300);
  token.set("scope", "read write");
  edit(token);
  return machines.sign(token.text());
}

void LoginFixture::build_store() {
  stored_sessions.reset();
  if (config.login.session.store == config::SessionStoreKind::cookie) return;
  control_providers.clear();
  store = std::make_unique<gateway::SessionStore>(session_storage, keys, random);
  const static gateway::ClaimPaths no_claims;
  for (const config::Provider& settings : config.login.providers) {
    FakeProvider& fake = settings.name == "corp" ? provider : second;
    control_providers.push_back(std::make_unique<gateway::StandardProvider>(gateway::StandardProviderParts{
        settings, fake, directory->state(settings.name), no_claims,
        [this, name = settings.name] { return directory->refetch_keys(name); }, random}));
  }
  stored_sessions = std::make_unique<gateway::SessionRefresh>(gateway::SessionRefreshParts{
      *store,
      *revocations,
      control_providers,
      config.login.session,
      loop,
      random,
      clock,
      log,
      {config.forwards(config::ForwardToken::access), config.forwards(config::ForwardToken::id)}});
}

void LoginFixture::turn(int times) {
  for (; times > 0; --times) loop.turn(false);
}

gateway::Verdict LoginFixture::judge(const OwnedRequest& request) {
  std::optional<gateway::Verdict> now = guard->admit_now(request.request());
  if (now) return std::move(*now);
  core::Flow<gateway::Verdict> flow = guard->admit(request.request());
  flow.start();
  for (int turns = 0; turns < 50 && !flow.has_ended(); ++turns) loop.turn(false);
  if (!flow.has_ended()) throw std::runtime_error("the guard does not answer");
  return std::move(flow.result().value());
}

gateway::Verdict LoginFixture::visit(const std::string& url, const std::string& method) {
  const auto request = browser.navigate(url, method);
  gateway::Verdict verdict = judge(*request);
  browser.take(url, verdict.cookies);
  browser.take(url, verdict.answer);
  return verdict;
}

gateway::Reply LoginFixture::serve(const OwnedRequest& request, const std::string& body) {
  core::Flow<gateway::Reply> flow = system->endpoints().serve(request.request(), body);
  flow.start();
  for (int turns = 0; turns < 50 && !flow.has_ended(); ++turns) loop.turn(false);
  if (!flow.has_ended()) throw std::runtime_error("the endpoint does not answer");
  return std::move(flow.result().value());
}

std::string LoginFixture::form_of(const gateway::Reply& page, const std::string& before) {
  const std::string mark = "name=\"form\" value=\"";
  const std::size_t at = page.body.find(mark, page.body.find(before));
  if (at == std::string::npos) return "&form=none";
  const std::size_t begin = at + mark.size();
  return "&form=" + page.body.substr(begin, page.body.find('"', begin) - begin);
}

gateway::Reply LoginFixture::get(const std::string& url, const std::string& site) {
  const auto request = browser.navigate(url, "GET", site);
  gateway::Reply reply = serve(*request);
  browser.take(url, reply);
  return reply;
}

gateway::Reply LoginFixture::follow(gateway::Reply reply) {
  for (int hops = 0; hops < 8; ++hops) {
    const std::string next = field_of(reply, "Location");
    if (next.empty() || next.find("/oauth2/") == std::string::npos) return reply;
    reply = get(next);
  }
  throw std::runtime_error("redirects without end");
}

std::string LoginFixture::to_provider(const std::string& url) {
  return field_of(follow(visit(url).answer), "Location");
}

std::string LoginFixture::sign_in(const std::string& url) {
  return field_of(follow(get(provider.consent(to_provider(url)))), "Location");
}

}  // namespace test_support
