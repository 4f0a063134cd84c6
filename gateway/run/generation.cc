#include "gateway/run/generation.h"

#include <utility>
#include <vector>

#include "gateway/session/session_keys.h"
#include "tls/issue/names.h"

namespace gateway {
namespace {

/// A reload and an upgrade wait so long for providers that nobody has asked yet.
constexpr core::Duration kPatienceWithProviders = std::chrono::seconds(2);
constexpr core::Duration kPatienceWithServices = std::chrono::seconds(2);

/// Whether what `b` says of certificates is what `a` said. The rest of what Issuance uses stays for the
/// process.
bool orders_alike(const config::Config& a, const config::Config& b) {
  const bool has_http = a.listen.http.empty() == b.listen.http.empty();
  return a.tls == b.tls && has_http && tls::names_to_order(a, {}) == tls::names_to_order(b, {});
}

}  // namespace

Generation::Generation(ProcessParts process, std::shared_ptr<const config::Config> config)
    : process_(process),
      network_(process.network),
      config_(std::move(config)),
      policies_(process.loop, process.log, config_->policies),
      demands_(process.loop, process.log, config_->login.certificate_clients),
      desk_(std::make_unique<core::AskDesk>(process.loop)) {}

Generation::~Generation() {
  // Questions of workers wait inside the directory and the sessions.
  desk_.reset();
  break_glass_.reset();
  approvals_.reset();
  kept_sessions_.reset();
  directory_.reset();
}

core::Flow<std::shared_ptr<Generation>> Generation::make(ProcessParts process,
                                                         std::shared_ptr<const config::Config> config,
                                                         std::shared_ptr<Generation> before) {
  std::shared_ptr<Generation> made(new Generation(process, std::move(config)));
  const config::SessionSettings& session = made->config_->login.session;
  core::KeyRing keys = co_await load_session_keys(session.keys, process.storage, process.loop);
  made->keys_ = std::make_unique<core::KeyRing>(std::move(keys));
  made->logouts_ = std::make_unique<LogoutRegister>(
      LogoutRegisterParts{process.revocations, process.storage, process.clock, session.lifetime});
  made->known_sessions_ = std::make_unique<SessionRegister>(
      SessionRegisterParts{process.storage, *made->keys_, process.revocations, process.loop, process.random,
                           process.clock, process.log, process.audit});
  if (made->config_->login.break_glass) {
    made->break_glass_ = std::make_unique<BreakGlassCheck>(
        BreakGlassParts{*made->config_->login.break_glass, session.lifetime, process.storage, process.loop,
                        process.random, process.clock, process.log, process.audit});
  }
  co_await made->load_tokens();
  co_await made->load_approvals();
  co_await made->open_certificates(before);
  core::Result<void> done = made->demands_.load();
  if (done) done = made->read_pages();
  if (done) done = made->make_directory(before.get());
  if (done) done = made->watch_upstreams(before.get());
  if (done) done = made->open_exporter();
  if (!done) co_return core::failure(std::move(done.error()));
  co_return made;
}

core::Result<void> Generation::read_pages() {
  core::Result<PageLook> look = read_page_look(config_->login);
  if (!look) return core::failure(std::move(look.error()));
  pages_ = std::make_shared<const Pages>(std::move(*look));
  return {};
}

core::Flow<> Generation::load_tokens() {
  if (!config_->login.tokens) co_return core::done();
  tokens_ = std::make_unique<TokenRegister>(
      TokenRegisterParts{process_.storage, *keys_, process_.random, process_.clock, process_.log});
  mint_ = std::make_unique<DeviceMint>(DeviceMintParts{config_->login, policies_.published(),
                                                       process_.revocations.published(), *tokens_,
                                                       process_.random, process_.clock});
  devices_ = std::make_unique<DeviceRegister>(DeviceRegisterParts{
      process_.storage, *keys_, process_.loop, process_.random, process_.clock, process_.log,
      [mint = mint_.get()](DeviceLogin login) { return mint->mint(std::move(login)); }});
  co_await tokens_->load();
  co_return core::done();
}

core::Flow<> Generation::load_approvals() {
  auto kept = KeptApprovals::make({*config_,
                                   {process_.loop, network_, process_.random, process_.clock, process_.log},
                                   process_.storage,
                                   policies_});
  if (!kept) co_return core::failure(std::move(kept.error()));
  approvals_ = std::move(*kept);
  if (approvals_ == nullptr) co_return core::done();
  co_await approvals_->list().load();
  co_return core::done();
}

core::Flow<> Generation::open_certificates(std::shared_ptr<Generation> before) {
  if (before && orders_alike(before->config(), *config_)) {
    issuance_ = before->issuance_;
    is_issuance_new_ = false;
    co_return core::done();
  }
  issuance_ =
      std::make_shared<Issuance>(IssuanceParts{process_.loop, process_.random, process_.log, process_.storage,
                                               process_.is_storage_kept, process_.network, config_});
  core::Result<void> loaded = issuance_->load();
  if (!loaded) co_return core::failure(std::move(loaded.error()));
  co_await issuance_->load_stored();
  co_return core::done();
}

core::Result<void> Generation::make_directory(const Generation* before) {
  std::vector<DirectoryEntry> entries;
  for (const config::Provider& provider : config_->login.providers) {
    if (provider.type == config::ProviderType::github) continue;  // has neither metadata nor keys
    core::Result<core::HttpClient*> client = network_.http_client(provider);
    if (!client) return core::failure(std::move(client.error()).during("provider " + provider.name));
    entries.push_back({&provider, *client});
  }
  for (const config::Client& machine : config_->login.clients) {
    core::Result<core::HttpClient*> client = network_.http_client(machine.issuer);
    if (!client) return core::failure(std::move(client.error()).during("client " + machine.name));
    entries.push_back({&machine.issuer, *client});
  }
  directory_ = std::make_unique<ProviderDirectory>(
      std::move(entries), ProviderDirectory::Services{process_.loop, process_.random, process_.log});
  if (before != nullptr) directory_->adopt(*before->directory_);
  auto kept = KeptSessions::make({*config_,
                                  {process_.loop, network_, process_.random, process_.clock, process_.log},
                                  process_.storage,
                                  *keys_,
                                  process_.revocations,
                                  *directory_,
                                  before == nullptr ? nullptr : before->kept_sessions_.get()});
  if (!kept) return core::failure(std::move(kept.error()));
  kept_sessions_ = std::move(*kept);
  return {};
}

core::Result<void> Generation::watch_upstreams(const Generation* before) {
  UpstreamWatchParts parts{
      process_.loop, process_.network.resolver(), process_.log, process_.random.number(), {}, nullptr};
  parts.client = [this](const config::Upstream& upstream) {
    const auto protocol = upstream.is_http2() ? core::FetchProtocol::http2 : core::FetchProtocol::http1;
    return network_.http_client(upstream.tls, protocol);
  };
  auto cluster = open_discovery(*config_, network_, process_.clock);
  if (!cluster) return core::failure(std::move(cluster.error()));
  cluster_ = std::move(*cluster);
  parts.cluster = cluster_.get();
  auto watch = UpstreamWatch::make(*config_, std::move(parts));
  if (!watch) return core::failure(std::move(watch.error()));
  upstreams_ = std::move(*watch);
  if (before != nullptr) upstreams_->adopt(*before->upstreams_);
  return {};
}

core::Result<void> Generation::open_exporter() {
  if (!config_->tracing) return {};
  auto client = network_.keeping_http_client(config_->tracing->ca);
  if (!client) return core::failure(std::move(client.error()).during("tracing"));
  spans_ = std::make_unique<SpanExporter>(
      *config_->tracing,
      SpanExporterParts{process_.loop, process_.random, process_.log, **client, process_.spans});
  return {};
}

LoginShared Generation::login() {
  return {*config_,
          *keys_,
          *directory_,
          process_.revocations,
          *known_sessions_,
          *logouts_,
          policies_.published(),
          process_.redeemed,
          *desk_,
          kept_sessions_ == nullptr ? nullptr : &kept_sessions_->sessions(),
          tokens_.get(),
          &demands_.published(),
          pages_,
          devices_.get(),
          approvals(),
          break_glass_.get()};
}

void Generation::succeed(const Generation& before) {
  if (tokens_ != nullptr && before.tokens_ != nullptr) tokens_->take_over(*before.tokens_);
  if (devices_ != nullptr && before.devices_ != nullptr) devices_->take_over(*before.devices_);
  if (approvals_ != nullptr && before.approvals_ != nullptr) approvals_->take_over(*before.approvals_);
  if (break_glass_ != nullptr && before.break_glass_ != nullptr)
    break_glass_->take_over(*before.break_glass_);
}

core::Flow<> Generation::reach_services() {
  return upstreams_->reach_services(kPatienceWithServices);
}

core::Flow<> Generation::reach_providers() {
  return directory_->reach(kPatienceWithProviders);
}

void Generation::start(std::function<void()> look) {
  if (tokens_ != nullptr) {
    tokens_->tell(look);
    tokens_->follow(process_.loop, kLookAgain);
  }
  if (approvals_ != nullptr) approvals_->list().follow(process_.loop, kLookAgain);
  policies_.tell(look);
  demands_.tell(std::move(look));
  directory_->start();
  policies_.start();
  demands_.start();
  upstreams_->start();
  if (spans_ != nullptr) spans_->start();
  if (is_issuance_new_) issuance_->start();
}

void Generation::step_back(const Generation& successor) {
  policies_.stop();
  demands_.stop();
  directory_->stop_following();
  upstreams_->stop();
  if (successor.issuance_ != issuance_) issuance_->wind_down(tls::WindDown::begin_nothing);
}

}  // namespace gateway
