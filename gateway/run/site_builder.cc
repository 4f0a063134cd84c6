#include "gateway/run/site_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "config/identity.h"
#include "core/crypto/digest.h"
#include "core/text/base64.h"
#include "core/text/request_path.h"
#include "gateway/answer/auth_check.h"
#include "gateway/answer/endpoints.h"
#include "gateway/answer/error_answers.h"
#include "gateway/answer/fixed.h"
#include "gateway/answer/key_set.h"
#include "gateway/answer/proxy.h"
#include "gateway/guard/authorize_guard.h"
#include "gateway/guard/open_guard.h"
#include "gateway/model/resource_metadata.h"
#include "gateway/run/route_placing.h"

namespace gateway {
namespace {

/// RFC 6797 section 6.1; empty for nothing.
std::string strict_transport_of(const config::Tls& tls) {
  if (!tls.strict_transport) return {};
  return fmt::format("max-age={}{}{}", tls.strict_transport->max_age.count(),
                     tls.strict_transport->includes_subdomains ? "; includeSubDomains" : "",
                     tls.strict_transport->preload ? "; preload" : "");
}

/// RFC 7617 section 2.
core::Secret basic_of(const config::BasicCredentials& basic) {
  std::string pair = basic.user + ":";
  pair.append(basic.password.value.reveal());
  core::Secret value("Basic " + core::base64_encode(pair, core::Base64::standard));
  core::wipe(pair);
  return value;
}

/// Builds one Site; what routes may share (guards of equal rules, upstreams, deadline lists) is made once.
class SiteBuilder {
 public:
  explicit SiteBuilder(const SiteParts& parts)
      : parts_(parts),
        site_(std::make_shared<Site>(parts.services, public_port(),
                                     IdentityNames(identity_names_of(parts.config)))) {}

  core::Result<std::shared_ptr<Site>> build() {
    site_->health_path = parts_.config.listen.health_path;
    const config::Listen& listen = parts_.config.listen;
    site_->clients = ClientRule(listen.trusted_proxies, listen.client_ip_header);
    site_->strict_transport = strict_transport_of(parts_.config.tls);
    site_->prefix = parts_.config.login.prefix;
    site_->errors = make_error_answers(parts_.login.pages());
    site_->guards.push_back(std::make_unique<OpenGuard>());
    site_->open = site_->guards.back().get();
    const RateRule* sign_in_rate = make_rate(parts_.config.login.rate, "sign-in");
    core::Result<std::unique_ptr<Handler>> auth_check = make_auth_check();
    if (!auth_check) return core::failure(std::move(auth_check.error()));
    site_->handlers.push_back(std::move(*auth_check));
    site_->handlers.push_back(
        std::make_unique<EndpointsHandler>(parts_.login.endpoints(), sign_in_rate, *site_->handlers.back()));
    site_->endpoints = site_->handlers.back().get();
    if (!parts_.config.login.host.empty()) site_->router.host(parts_.config.login.host).has_endpoints = true;
    for (const config::Route& route : parts_.config.routes) {
      core::Result<void> added = add(route);
      if (!added) return core::failure(std::move(added.error()).during(route_name(route, route.path)));
    }
    return std::move(site_);
  }

 private:
  [[nodiscard]] PublicPort public_port() const {
    if (parts_.config.listen.public_port) return PublicPort::fixed(*parts_.config.listen.public_port);
    return PublicPort::automatic(parts_.https_ports);
  }

  core::Result<void> add(const config::Route& route) {
    core::Result<Handler*> handler = handler_for(route, use_under(route.access));
    if (!handler) return core::failure(std::move(handler.error()));
    const CrossOriginRule* cross_origin = nullptr;
    if (route.cross_origin) {
      site_->cross_origin_rules.push_back(std::make_unique<CrossOriginRule>(*route.cross_origin));
      cross_origin = site_->cross_origin_rules.back().get();
    }
    Route whole;
    core::Result<Guard*> guard = guard_for(route.access, route.unauthenticated, route);
    if (!guard) return core::failure(std::move(guard.error()));
    whole.guard = *guard;
    whole.handler = *handler;
    whole.cross_origin = cross_origin;
    whole.methods = route.methods;
    core::Result<void> placed = place(route, route.path, std::move(whole));
    if (!placed) return placed;
    publish_keys(route);
    for (const config::Except& except : route.excepts) {
      const HandlerUse use = use_under(except.access);
      core::Result<Handler*> below = use == use_under(route.access) ? handler : handler_for(route, use);
      if (!below) return core::failure(std::move(below.error()));
      Route part;
      core::Result<Guard*> its_guard = guard_for(except.access, except.unauthenticated, route);
      if (!its_guard) return core::failure(std::move(its_guard.error()));
      part.guard = *its_guard;
      part.handler = *below;
      part.cross_origin = cross_origin;
      part.methods = except.methods;
      placed = place(route, except.path, std::move(part));
      if (!placed) return placed;
    }
    return {};
  }

  /// Where applications written for Pomerium look for the keys, unless the file has that path itself.
  void publish_keys(const config::Route& route) {
    if (route.identity.preset != config::IdentityPreset::pomerium_jwt) return;
    const auto is_there = [&route](const config::Route& other) {
      return other.host == route.host && other.path.match == config::PathMatch::exact &&
             other.path.path == kPomeriumKeySetPath;
    };
    if (!publishing_.insert(route.host).second || std::ranges::any_of(parts_.config.routes, is_there)) return;
    site_->handlers.push_back(std::make_unique<KeySetHandler>(parts_.login.assertions()));
    site_->routes.push_back(std::make_unique<Route>());
    Route& made = *site_->routes.back();
    made.name = fmt::format("{}={}", route.host, kPomeriumKeySetPath);
    made.guard = site_->open;
    made.handler = site_->handlers.back().get();
    made.methods = {"GET", "HEAD"};
    site_->router.host(route.host).add_exact(kPomeriumKeySetPath, made);
  }

  core::Result<void> place(const config::Route& route, const config::PathPattern& path, Route made) {
    site_->routes.push_back(std::make_unique<Route>(std::move(made)));
    Route& placed = *site_->routes.back();
    placed.name = route_name(route, path);
    placed.keeps_encoded_slashes = route.encoded_slashes == config::SlashMode::keep;
    placed.is_resource_metadata =
        path.match != config::PathMatch::regex && core::path_has_prefix(path.path, kResourceMetadataPath);
    placed.rate = rate_of(route);
    placed.conditions = route_conditions(route);
    HostRoutes& host = site_->router.host(route.host);
    if (placed.guard != site_->open && !engines_.contains(placed.guard)) host.has_endpoints = true;
    return place_route(host, path, placed);
  }

  core::Result<Guard*> guard_for(const config::Access& access, config::Unauthenticated unauthenticated,
                                 const config::Route& route) {
    if (access.authorize) return engine_guard(access, unauthenticated, route);
    const bool is_own_answer = !std::holds_alternative<config::Upstream>(route.action);
    if (access.kind == config::AccessKind::open ||
        (access.kind == config::AccessKind::deny && is_own_answer)) {
      return site_->open;
    }
    const auto key = std::make_tuple(access.kind, access.policy, unauthenticated, route.sign_in);
    Guard*& guard = guards_[key];
    if (guard == nullptr) {
      site_->guards.push_back(parts_.login.make_guard(access, unauthenticated, route.sign_in));
      guard = site_->guards.back().get();
    }
    return guard;
  }

  core::Result<Guard*> engine_guard(const config::Access& access, config::Unauthenticated unauthenticated,
                                    const config::Route& route) {
    const config::Authorize& settings = *access.authorize;
    core::Result<core::HttpClient*> client = parts_.network.keeping_http_client(settings.ca_file);
    if (!client) return core::failure(std::move(client.error()).during("authorize"));
    const bool asks_session = access.kind == config::AccessKind::policy;
    std::unique_ptr<Guard> first = std::make_unique<OpenGuard>();
    if (asks_session) {
      config::Access of_policy = access;
      of_policy.authorize.reset();
      first = parts_.login.make_guard(of_policy, unauthenticated, route.sign_in);
    }
    site_->guards.push_back(std::make_unique<AuthorizeGuard>(
        settings,
        AuthorizeGuardParts{parts_.services.loop, **client, *site_->errors, parts_.login.cookie_names(),
                            parts_.services.log, parts_.login.audit()},
        std::move(first)));
    if (!asks_session) engines_.insert(site_->guards.back().get());
    return site_->guards.back().get();
  }

  core::Result<std::unique_ptr<Handler>> make_auth_check() {
    AuthCheckRule rule;
    core::Result<IdentityHeaders> identity =
        IdentityHeaders::make({config::IdentityPreset::oauth2_proxy, {}});
    if (!identity) return core::failure(std::move(identity.error()));
    rule.identity = std::move(*identity);
    if (const std::optional<config::AuthCheck>& settings = parts_.config.login.auth_check) {
      rule.from = settings->from;
      if (settings->policy) {
        const config::Access access{config::AccessKind::policy, *settings->policy};
        site_->guards.push_back(parts_.login.make_guard(access, config::Unauthenticated::refuse, {}));
        rule.guard = site_->guards.back().get();
      }
    }
    return std::make_unique<AuthCheck>(std::move(rule), parts_.login.sessions(), parts_.login.strangers());
  }

  const RateRule* make_rate(const std::optional<config::RateLimit>& limit, const std::string& name) {
    if (!limit) return nullptr;
    site_->rates.push_back(std::make_unique<RateRule>(*limit, parts_.rates, name));
    return site_->rates.back().get();
  }

  /// One for a route and all that is excepted from it.
  const RateRule* rate_of(const config::Route& route) {
    const auto [made, is_new] = rates_.emplace(&route, nullptr);
    if (!is_new) return made->second;
    std::string name = "route " + route_name(route, route.path);
    for (const config::HeaderMatch& match : route.headers) {
      for (const std::string& value : match.values) name.append("\n").append(value);
    }
    made->second = make_rate(route.limits.rate, name);
    return made->second;
  }

  enum class HandlerUse { identified, by_engine, anonymous };

  static HandlerUse use_under(const config::Access& access) {
    if (access.kind == config::AccessKind::engine) return HandlerUse::by_engine;
    return access.kind == config::AccessKind::open ? HandlerUse::anonymous : HandlerUse::identified;
  }

  core::Result<Handler*> handler_for(const config::Route& route, HandlerUse use) {
    core::Result<std::unique_ptr<Handler>> made = std::unique_ptr<Handler>();
    core::Result<HeaderEdits> edits = HeaderEdits::make(route.response_headers);
    if (!edits) return core::failure(std::move(edits.error()));
    if (const auto* redirect = std::get_if<config::Redirect>(&route.action)) {
      made = RedirectHandler::make(*redirect, std::move(*edits));
    } else if (const auto* respond = std::get_if<config::Respond>(&route.action)) {
      made = std::make_unique<RespondHandler>(*respond, std::move(*edits));
    } else {
      made = make_proxy(route, std::get<config::Upstream>(route.action), use);
    }
    if (!made) return core::failure(std::move(made.error()));
    site_->handlers.push_back(std::move(*made));
    return site_->handlers.back().get();
  }

  core::Result<std::unique_ptr<Handler>> make_proxy(const config::Route& route,
                                                    const config::Upstream& upstream, HandlerUse use) {
    ProxyRoute proxy;
    core::Result<Upstream*> shared = upstream_for(route, upstream);
    if (!shared) return core::failure(std::move(shared.error()));
    proxy.upstream = *shared;
    proxy.proxy_header = upstream.proxy_header;
    core::Result<HeaderEdits> request_edits = HeaderEdits::make(route.request_headers);
    if (!request_edits) return core::failure(std::move(request_edits.error()));
    core::Result<HeaderEdits> response_edits = HeaderEdits::make(route.response_headers);
    if (!response_edits) return core::failure(std::move(response_edits.error()));
    proxy.request_headers = std::move(*request_edits);
    proxy.response_headers = std::move(*response_edits);
    if (use == HandlerUse::identified) {
      core::Result<IdentityHeaders> identity =
          IdentityHeaders::make(route.identity, &parts_.login.assertions());
      if (!identity) return core::failure(std::move(identity.error()));
      proxy.identity = std::move(*identity);
      if (route.basic) proxy.authorization = basic_of(*route.basic);
      proxy.forward_token = route.forward_token;
    }
    proxy.is_public = use == HandlerUse::anonymous;
    core::Result<std::unique_ptr<const OriginPath>> path = OriginPath::make(route);
    if (!path) return core::failure(std::move(path.error()));
    proxy.path = std::move(*path);
    proxy.answer_paths = AnswerPaths::make(upstream, proxy.path.get());
    proxy.host = upstream.host;
    proxy.retries = upstream.balancing.retry.attempts;
    if (upstream.balancing.balance == config::Balance::cookie) hold_to_origins(route, upstream, proxy);
    proxy.body_limit = route.limits.body;
    proxy.websocket_origins = route.websocket_origins;
    if (route.websocket_lifetime) proxy.socket_deadline = deadline_for(*route.websocket_lifetime);
    proxy.response_deadline = deadline_for(route.timeouts.response);
    proxy.idle_deadline = deadline_for(route.timeouts.idle);
    proxy.waiting_deadline = deadline_for(route.timeouts.connect);
    if (route.timeouts.total) proxy.total_deadline = deadline_for(*route.timeouts.total);
    proxy.connect_timeout = route.timeouts.connect;
    proxy.cookie_names = &parts_.login.cookie_names();
    proxy.strangers = &parts_.login.strangers();
    proxy.spares = spares_;
    if (route.compresses) proxy.encoders = encoders_;
    return std::make_unique<Proxy>(std::move(proxy));
  }

  core::DeadlineList* deadline_for(core::Duration duration) {
    std::unique_ptr<core::DeadlineList>& list = site_->deadlines[duration];
    if (!list) list = std::make_unique<core::DeadlineList>(parts_.services.loop, duration);
    return list.get();
  }

  /// One cookie an upstream: routes that share it share its origins' sessions too.
  void hold_to_origins(const config::Route& route, const config::Upstream& upstream, ProxyRoute& proxy) {
    const core::Sha256Digest digest = core::sha256(upstream_key(route, upstream));
    proxy.origin_cookie = parts_.login.cookie_names().origin_prefix() +
                          core::base64url_encode(core::view_of(digest).substr(0, kCookieIdBytes));
    const config::SameSite same_site = parts_.config.login.session.same_site;
    if (same_site == config::SameSite::none) proxy.origin_cookie_same_site = core::SameSite::none;
  }

  core::Result<Upstream*> upstream_for(const config::Route& route, const config::Upstream& settings) {
    Upstream*& upstream = upstreams_[upstream_key(route, settings)];
    if (upstream != nullptr) return upstream;
    core::Connector* connector = &parts_.network.tcp();
    if (settings.is_tls()) {
      const auto protocol = settings.is_http2() ? core::FetchProtocol::http2 : core::FetchProtocol::http1;
      core::Result<core::Connector*> secure = parts_.network.tls(settings.tls, protocol);
      if (!secure) return core::failure(std::move(secure.error()));
      connector = *secure;
    }
    UpstreamParts upstream_parts{parts_.services.loop, *connector, parts_.allowance, parts_.services.log};
    upstream_parts.state = &parts_.upstreams.state_of(route);
    upstream_parts.label_key = &parts_.label_key;
    upstream_parts.workers = parts_.workers;
    upstream_parts.seed = parts_.services.random.number();
    if (parts_.services.traffic != nullptr) upstream_parts.traffic = &parts_.services.traffic->pools;
    auto made = std::make_unique<Upstream>(upstream_parts, settings);
    upstream = made.get();
    site_->resources.push_back(std::move(made));
    return upstream;
  }

  using GuardKey = std::tuple<config::AccessKind, std::size_t, config::Unauthenticated, config::SignIn>;
  // A cookie's name tells upstreams apart, it does not prove anything.
  static constexpr std::size_t kCookieIdBytes = 6;

  std::shared_ptr<SpareProxyBuffers> spares_ = std::make_shared<SpareProxyBuffers>();
  std::shared_ptr<core::ContentEncoders> encoders_ = std::make_shared<core::ContentEncoders>();
  const SiteParts& parts_;
  std::shared_ptr<Site> site_;
  std::map<GuardKey, Guard*> guards_;
  std::map<const config::Route*, const RateRule*> rates_;
  std::set<const Guard*> engines_;              // that ask for no session of ours
  std::set<std::string> publishing_;            // hosts with publish_keys()
  std::map<std::string, Upstream*> upstreams_;  // by upstream_key()
};

void add_engine_names(const config::Access& access, std::set<std::string>& names) {
  if (!access.authorize) return;
  names.insert(access.authorize->identity.begin(), access.authorize->identity.end());
}

}  // namespace

std::vector<std::string> identity_names_of(const config::Config& config) {
  std::set<std::string> names;
  for (const std::string_view name : config::identity_field_names()) names.emplace(name);
  for (const config::Route& route : config.routes) {
    for (const config::IdentityLine& line : config::identity_lines(route.identity)) names.insert(line.name);
    add_engine_names(route.access, names);
    for (const config::Except& except : route.excepts) add_engine_names(except.access, names);
  }
  names.insert(config.listen.client_ip_header);
  return {names.begin(), names.end()};
}

core::Result<std::shared_ptr<Site>> build_site(const SiteParts& parts) {
  return SiteBuilder(parts).build();
}

}  // namespace gateway
