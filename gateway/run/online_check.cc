#include "gateway/run/online_check.h"

#include <fmt/format.h>

#include <cstdio>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "gateway/run/online_probes.h"
#include "gateway/run/open_storage.h"
#include "gateway/run/service_discovery.h"
#include "tls/issue/names.h"

namespace gateway {
namespace {

constexpr core::Duration kSoon = std::chrono::hours(24 * 14);

/// Whether it is an error or a warning when it is not there.
enum class Need { must, wished };

/// Somebody who is asked, and how it ended.
struct Asked {
  std::string subject;
  Need need = Need::must;
  core::RunningFlow<OnlineFinding> flow;
  std::optional<core::Result<OnlineFinding>> end;
};

/// What is not there is told once, by its end.
class Silence final : public core::LogSink {
 public:
  void write(std::string_view /*lines*/) override {}
};

class OnlineCheck {
 public:
  explicit OnlineCheck(const config::Config& config)
      : config_(config),
        loop_(clock_),
        log_(silence_, core::LogFormat::text, core::LogLevel::error, clock_),
        network_(loop_, config.resolver) {}

  void ask_everybody(const std::vector<tls::CertificatePointer>& given) {
    ask_origins();
    for (const config::Provider& provider : config_.login.providers)
      ask_provider_of("provider " + provider.name, provider);
    for (const config::Client& client : config_.login.clients)
      ask_provider_of("client " + client.name, client.issuer);
    ask_engines();
    ask_webhooks();
    ask_stores();
    if (config_.tls.acme) ask_authorities(given);
    while (waiting_ > 0) loop_.turn(true);
  }

  OnlineTally tell(const std::vector<tls::CertificatePointer>& given) {
    OnlineTally tally;
    const auto say = [&](std::string_view kind, std::string_view subject, std::string_view text) {
      if (kind == "error") ++tally.errors;
      if (kind == "warning") ++tally.warnings;
      fmt::print(stderr, "{}: {}: {}\n", kind, subject, text);
    };
    for (const Asked& asked : asked_) {
      const core::Result<OnlineFinding>& end = *asked.end;
      if (!end) {
        say(asked.need == Need::must ? "error" : "warning", asked.subject, end.error().text);
      } else if (!end->doubt.empty()) {
        say("error", asked.subject, end->doubt);
      } else {
        say("note", asked.subject, end->found);
      }
    }
    const core::WallTime now = clock_.wall();
    for (const tls::CertificatePointer& certificate : given) {
      const bool is_over = certificate->not_after() <= now;
      const bool is_early = certificate->not_before() > now;
      const bool ends_soon = certificate->not_after() <= now + kSoon;
      const auto days = std::chrono::duration_cast<std::chrono::days>(certificate->not_after() - now).count();
      say(is_over || is_early ? "error"
          : ends_soon         ? "warning"
                              : "note",
          certificate->source(),
          is_over    ? "this certificate has expired"
          : is_early ? "this certificate is not valid yet, or the clock is wrong"
                     : fmt::format("this certificate is valid for {} more days", days));
    }
    return tally;
  }

 private:
  OnlineTools tools() { return {loop_, lease_, clock_}; }

  void ask(std::string subject, core::Flow<OnlineFinding> flow, Need need = Need::must) {
    Asked& asked = asked_.emplace_back();
    asked.subject = std::move(subject);
    asked.need = need;
    ++waiting_;
    asked.flow.start(std::move(flow), [this, &asked](core::Result<OnlineFinding> end) {
      asked.end.emplace(std::move(end));
      --waiting_;
    });
  }

  void ask_origins() {
    std::set<std::pair<std::string, config::UpstreamTls>> known;
    for (const config::Route& route : config_.routes) {
      const auto* upstream = std::get_if<config::Upstream>(&route.action);
      if (upstream == nullptr) continue;
      for (const config::OriginUrl& origin : upstream->origins) {
        if (!known.emplace(origin.text(), upstream->tls).second) continue;
        if (origin.service) {
          ask_service("origin " + origin.text(), *origin.service);
          continue;
        }
        ask("origin " + origin.text(), reach_origin(tools(), *upstream, origin));
      }
    }
  }

  void ask_service(std::string subject, const core::KubernetesService& service) {
    if (cluster_ == nullptr) {
      auto opened = open_discovery(config_, lease_, clock_);
      if (!opened) return ask(std::move(subject), fail(std::move(opened.error())));
      cluster_ = std::move(*opened);
    }
    ask(std::move(subject), list_service(cluster_.get(), service, config_.kubernetes.zone));
  }

  void ask_provider_of(std::string subject, const config::Provider& provider) {
    if (provider.type == config::ProviderType::github)
      return ask(std::move(subject),
                 reach_url(tools(), provider.connect_to.value_or(provider.issuer_url), provider.ca_file));
    ask(std::move(subject), ask_provider(tools(), provider));
  }

  void ask_engines() {
    std::set<std::string> known;
    const auto one = [&](const config::Access& access) {
      if (!access.authorize || !known.insert(access.authorize->url.text()).second) return;
      ask("authorize " + access.authorize->url.text(),
          reach_url(tools(), access.authorize->url, access.authorize->ca_file));
    };
    for (const config::Route& route : config_.routes) {
      one(route.access);
      for (const config::Except& except : route.excepts) one(except.access);
    }
  }

  void ask_webhooks() {
    for (const config::Policy& policy : config_.policies) {
      if (!policy.approval || policy.approval->webhook.empty()) continue;
      const auto url = core::parse_url(policy.approval->webhook);
      if (url) ask("webhook of " + policy.name, reach_url(tools(), *url, policy.approval->webhook_ca));
    }
  }

  void ask_stores() {
    const StorageParts parts{loop_, lease_, random_, clock_, log_};
    const auto add = [&](std::string subject, core::Result<OpenedStorage> opened) {
      if (!opened) return ask(std::move(subject), fail(std::move(opened.error())));
      stores_.push_back(std::move(*opened));
      ask(std::move(subject), read_storage(*stores_.back().entries));
    };
    if (must_keep_entries(config_) && config_.storage.kind != config::StorageKind::directory)
      add("storage", open_storage(config_.storage, parts));
    if (config_.login.session.store != config::SessionStoreKind::redis) return;
    auto opened = open_redis(config_.login.session.store_redis, "login.session.store", parts);
    if (!opened) return add("login.session.store", core::failure(std::move(opened.error())));
    add("login.session.store", OpenedStorage{nullptr, std::move(*opened)});
  }

  void ask_authorities(const std::vector<tls::CertificatePointer>& given) {
    for (const config::AcmeAuthority& authority : config_.tls.acme->authorities)
      ask("tls.acme " + authority.name, ask_authority(tools(), authority.url, config_.tls.acme->trusted_ca));
    for (const std::string& name : tls::names_to_order(config_, given)) {
      if (name.starts_with("*.") || core::IpAddress::parse(name)) continue;
      ask("host " + name, look_up(tools(), name), Need::wished);
    }
  }

  static core::Flow<OnlineFinding> fail(core::Error error) {
    co_await core::failure(std::move(error));
    co_return OnlineFinding{};
  }

  const config::Config& config_;
  core::SystemClock clock_;
  core::Loop loop_;
  core::Random random_;
  Silence silence_;
  core::Log log_;
  Network network_;
  NetworkLease lease_{network_};
  std::list<OpenedStorage> stores_;
  std::unique_ptr<core::KubernetesApi> cluster_;
  std::size_t waiting_ = 0;
  std::list<Asked> asked_;  // last: its flows use all of the above
};

}  // namespace

OnlineTally check_online(const config::Config& config, const std::vector<tls::CertificatePointer>& given) {
  OnlineCheck check(config);
  check.ask_everybody(given);
  return check.tell(given);
}

}  // namespace gateway
