#include "gateway/import/settle.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/text/host_pattern.h"
#include "gateway/import/documents.h"

namespace gateway {
namespace {

using Kind = DraftAccess::Kind;

class Settling {
 public:
  explicit Settling(Draft& draft) : draft_(draft) {}

  void settle() {
    settle_hosts();
    for (DraftRoute& route : draft_.routes) {
      settle_access(route.access, route.at);
      for (DraftExcept& except : route.excepts) settle_access(except.access, route.at);
    }
    move_excepts();
    settle_twins();
    settle_login();
    settle_providers();
    drop_own_paths();
    for (DraftRoute& route : draft_.routes) settle_identity(route);
  }

 private:
  void settle_hosts() {
    const auto is_bad = [this](DraftRoute& route) {
      const auto pattern = core::HostPattern::parse(route.host);
      if (pattern) route.host = pattern->text();
      if (!pattern)
        draft_.note(route.at, "a route for the host '" + route.host + "'",
                    "write it as *.example.com or a name");
      return !pattern;
    };
    std::erase_if(draft_.routes, is_bad);
  }

  void settle_access(DraftAccess& access, const ImportPlace& at) {
    if (access.kind != Kind::login) return;
    if (draft_.login_policy.empty()) {
      if (!draft_.login_is_closed)
        draft_.note(at, "its sign-in is not in the input, so nobody passes",
                    "give that file to this command as well");
      access = {};
      return;
    }
    access.kind = Kind::policy;
    access.policy = access.of.empty() ? draft_.login_policy : narrowed(access.of);
    access.of.clear();
  }

  /// The policy of those whom the sign-in lets in and who pass these tests.
  std::string narrowed(const std::vector<DraftTest>& tests) {
    DraftRule rule{{"policy", {draft_.login_policy}}};
    rule.insert(rule.end(), tests.begin(), tests.end());
    for (const DraftPolicy& policy : draft_.policies)
      if (policy.deny.empty() && policy.allow.size() == 1 && policy.allow.front() == rule) return policy.name;
    std::string name = draft_.login_policy + "-" + std::to_string(++narrowed_);
    draft_.policies.push_back({name, {}, {std::move(rule)}});
    return name;
  }

  /// What 403 answers has no paths of its own, and an except of 403 is a route.
  void move_excepts() {
    std::vector<DraftRoute> moved;
    for (DraftRoute& route : draft_.routes) {
      const auto moves = [&](DraftExcept& except) {
        const bool is_closed = except.access.kind == Kind::nobody;
        if (!is_closed && route.access.kind != Kind::nobody) return false;
        const bool has_own_meaning = !route.strips_prefix && route.rewrite.empty();
        if (is_closed || has_own_meaning) {
          DraftRoute own = route;
          own.excepts.clear();
          own.path = except.path;
          own.access = except.access;
          if (!except.methods.empty()) note_methods(own, except);
          moved.push_back(std::move(own));
        }
        return true;
      };
      std::erase_if(route.excepts, moves);
    }
    std::ranges::move(moved, std::back_inserter(draft_.routes));
  }

  static void note_methods(DraftRoute& route, const DraftExcept& except) {
    std::string list;
    for (const std::string& method : except.methods) list.append(list.empty() ? "" : " ").append(method);
    route.remarks.push_back("only for the methods " + list + " there");
    route.access = {};
  }

  static bool is_same(const DraftRoute& a, const DraftRoute& b) {
    return a.access == b.access && a.to == b.to && a.redirect == b.redirect && a.status == b.status &&
           a.excepts.empty() && b.excepts.empty();
  }

  void settle_twins() {
    std::map<std::string, std::size_t> first;
    std::vector<DraftRoute> kept;
    for (DraftRoute& route : draft_.routes) {
      std::string place =
          route.host + " " + std::to_string(static_cast<int>(route.path.match)) + route.path.text;
      for (const auto& [name, values] : route.headers) {
        place.append("\n").append(name);
        for (const std::string& value : values) place.append("\t").append(value);
      }
      const auto [found, is_new] = first.emplace(std::move(place), kept.size());
      if (is_new) {
        kept.push_back(std::move(route));
        continue;
      }
      DraftRoute& twin = kept[found->second];
      if (is_same(twin, route)) continue;
      draft_.note(route.at,
                  "a second route for " + route.host + route.path.text + ", which differs from that of " +
                      twin.at.text() + ", so nobody passes there",
                  "write the one that is meant");
      twin.access = {};
      twin.redirect.reset();
      twin.status.reset();
      twin.excepts.clear();
    }
    draft_.routes = std::move(kept);
  }

  static bool asks(const DraftRoute& route) {
    return route.access.kind == Kind::policy || std::ranges::any_of(route.excepts, [](const DraftExcept& e) {
             return e.access.kind == Kind::policy;
           });
  }

  void settle_login() {
    std::set<std::string> hosts;
    for (const DraftRoute& route : draft_.routes) hosts.insert(route.host);
    const auto protected_route = std::ranges::find_if(draft_.routes, asks);
    if (protected_route == draft_.routes.end() || !draft_.login_host.empty()) return;
    std::string host = protected_route->host;
    if (host.starts_with("*.")) host.replace(0, 1, "auth");
    draft_.login_host = host == "*" ? "change-me.invalid" : host;
    draft_.remark("sign-in happens at login.host, " + draft_.login_host +
                  ": the provider must know the redirect URI https://" + draft_.login_host +
                  "/oauth2/callback");
  }

  /// A policy wants somebody who could sign in, also where machines alone were let in.
  void settle_providers() {
    const auto asking = std::ranges::find_if(draft_.routes, asks);
    if (asking == draft_.routes.end() || !draft_.providers.empty()) return;
    DraftProvider provider;
    provider.name = "change-me";
    provider.entries = {
        {"type", "oidc"}, {"issuer", "https://change-me.invalid"}, {"client_id", "change-me"}};
    provider.client_secret = {DraftSecret::Kind::file, "/etc/gateway/secrets/oidc-client-secret"};
    draft_.providers.push_back(std::move(provider));
    draft_.note(asking->at, "a provider for people: there was none", "name yours under login.providers");
  }

  /// The sign-in of before answered below its prefix; here the gateway does.
  void drop_own_paths() {
    const std::string prefix = draft_.login_prefix.empty() ? "/oauth2" : draft_.login_prefix;
    std::set<std::string> reserved{draft_.login_host};
    for (const DraftRoute& route : draft_.routes)
      if (asks(route)) reserved.insert(route.host);
    const auto is_own = [&](const std::string& host, const DraftPath& path) {
      const bool is_below = path.text == prefix || path.text.starts_with(prefix + "/");
      return is_below && path.match != DraftMatch::regex && reserved.contains(host);
    };
    const auto drops = [&](const DraftRoute& route) {
      if (!is_own(route.host, route.path)) return false;
      draft_.remark("the gateway itself answers below " + prefix + " of " + route.host +
                    ", in place of the route of " + route.at.text());
      return true;
    };
    std::erase_if(draft_.routes, drops);
    for (DraftRoute& route : draft_.routes)
      std::erase_if(route.excepts,
                    [&](const DraftExcept& except) { return is_own(route.host, except.path); });
  }

  void settle_identity(DraftRoute& route) {
    if (!asks(route)) {
      route.identity.clear();
      route.identity_fields.clear();
      route.forwards_id_token = false;
    }
    if (!route.forwards_id_token || !draft_.redis_url.empty()) return;
    const auto is_store = [](const auto& entry) { return entry.first == "store"; };
    if (std::ranges::none_of(draft_.session, is_store)) draft_.session.emplace_back("store", "storage");
  }

  Draft& draft_;
  std::size_t narrowed_ = 0;
};

}  // namespace

void settle(Draft& draft) {
  Settling(draft).settle();
}

}  // namespace gateway
