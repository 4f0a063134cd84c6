// Authelia's access rules (access_control of its configuration). Routes of other formats that ask an Authelia
// get them; hosts without such a route get one of their own. Authelia stays, as the OpenID provider.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "config/values.h"
#include "core/text/host_pattern.h"
#include "core/text/url.h"
#include "gateway/import/first_match.h"
#include "gateway/import/formats.h"
#include "gateway/import/path_expression.h"
#include "gateway/import/proxy_draft.h"

namespace gateway {
namespace {

using config::YamlNode;

enum class Outcome { bypass, one_factor, two_factor, deny };

struct Rule {
  ImportPlace at;
  std::vector<std::string> domains;
  bool has_resources = false;
  std::vector<DraftPath> paths;
  std::vector<DraftPath> but_not;
  std::vector<DraftRule> fits;  ///< empty: everybody
  bool is_unclear = false;      ///< fits fewer, or other paths, than these
  Outcome outcome = Outcome::deny;
};

bool is_below(const std::string& path, const std::string& prefix) {
  return prefix == "/" || path == prefix || path.starts_with(prefix + "/");
}

/// Whether all that is for `path` is for `rule` as well.
bool covers(const Rule& rule, const DraftPath& path) {
  if (!rule.has_resources) return true;
  if (std::ranges::find(rule.but_not, path) != rule.but_not.end()) return false;
  return std::ranges::any_of(rule.paths, [&path](const DraftPath& own) {
    return own == path || (own.match == DraftMatch::prefix && is_below(path.text, own.text));
  });
}

bool covers(const std::string& domain, const std::string& host) {
  if (domain == host) return true;
  return domain.starts_with("*.") && host.ends_with(domain.substr(1));
}

class AutheliaFormat final : public ImportFormat {
 public:
  [[nodiscard]] std::string_view name() const override { return "authelia"; }

  [[nodiscard]] bool takes(const ImportDocument& document) const override {
    return document.root.is_map() && document.root.find("access_control") != nullptr;
  }

  void read(const ImportDocument& document) override {
    const YamlNode& control = *document.root.find("access_control");
    is_there_ = true;
    default_ = outcome_of(text_in(control, {"default_policy"})).value_or(Outcome::deny);
    for (const YamlNode* group : items_of(control.find("networks")))
      networks_[text_in(*group, {"name"})] = texts_of(group->find("networks"));
    if (const YamlNode* named = find_in(document.root, {"definitions", "network"}); named != nullptr)
      for (const config::YamlEntry& entry : named->entries) networks_[entry.key] = texts_of(&entry.value);
    for (const YamlNode* rule : items_of(control.find("rules"))) read_rule(document, *rule);
    read_portal(document);
  }

  void draft(Draft& draft) override {
    if (!is_there_) return;
    draft_ = &draft;
    for (const auto& [at, text] : problems_) draft.note(at, text);
    write_provider();
    std::set<std::string> served;
    for (std::size_t i = 0; i < draft.routes.size(); ++i) {
      if (!asks_authelia(draft.routes[i])) continue;
      served.insert(draft.routes[i].host);
      put_rules(draft.routes[i]);
    }
    std::set<std::string> hosts;
    for (const Rule& rule : rules_) hosts.insert(rule.domains.begin(), rule.domains.end());
    for (const std::string& host : hosts)
      if (!served.contains(host)) add_host(host);
  }

 private:
  static std::optional<Outcome> outcome_of(const std::string& text) {
    constexpr auto kOutcomes =
        std::to_array<std::pair<std::string_view, Outcome>>({{"bypass", Outcome::bypass},
                                                             {"one_factor", Outcome::one_factor},
                                                             {"two_factor", Outcome::two_factor},
                                                             {"deny", Outcome::deny}});
    for (const auto& [name, outcome] : kOutcomes)
      if (name == text) return outcome;
    return std::nullopt;
  }

  void read_rule(const ImportDocument& document, const YamlNode& node) {
    Rule rule;
    rule.at = document.place(node);
    const std::optional<Outcome> outcome = outcome_of(text_in(node, {"policy"}));
    rule.outcome = outcome.value_or(Outcome::deny);
    if (!outcome) problems_.emplace_back(rule.at, "a policy that is not known, taken as deny");
    for (const std::string& domain : texts_of(node.find("domain")))
      rule.domains.push_back(config::lower_case(domain));
    std::erase_if(rule.domains, [](const std::string& domain) { return !core::HostPattern::parse(domain); });
    const bool has_odd_domain = rule.domains.size() != texts_of(node.find("domain")).size();
    if (node.find("domain_regex") != nullptr || has_odd_domain) {
      problems_.emplace_back(rule.at,
                             "domains by expression or by user: write routes for the hosts that are meant");
      // Which hosts it meant is not known: of all others it may have been the first.
      if (rule.outcome != Outcome::bypass) {
        rule.domains.emplace_back("*.");
        rule.is_unclear = true;
      }
    }
    read_resources(node, rule);
    read_subjects(node, rule);
    read_conditions(node, rule);
    rules_.push_back(std::move(rule));
  }

  void read_resources(const YamlNode& node, Rule& rule) {
    const std::vector<std::string> resources = texts_of(node.find("resources"));
    rule.has_resources = !resources.empty();
    for (const std::string& resource : resources) {
      const auto paths = paths_of(resource);
      if (paths) {
        rule.paths.insert(rule.paths.end(), paths->paths.begin(), paths->paths.end());
        rule.but_not.insert(rule.but_not.end(), paths->but_not.begin(), paths->but_not.end());
      }
      if (paths && (paths->is_all || rule.outcome == Outcome::bypass)) continue;
      problems_.emplace_back(rule.at, "the paths of " + resource +
                                          (rule.outcome == Outcome::bypass
                                               ? " stay behind the sign-in"
                                               : " cannot be told apart, so nobody passes on its hosts"));
      if (rule.outcome != Outcome::bypass) rule.is_unclear = true;
    }
  }

  /// A list of alternatives, each a list of which all must hold; a list of texts is of alternatives.
  void read_subjects(const YamlNode& node, Rule& rule) {
    for (const YamlNode* alternative : items_of(node.find("subject"))) {
      DraftRule tests;
      std::vector<std::string> groups;
      bool is_known = true;
      for (const std::string& subject : texts_of(alternative)) {
        const bool is_user = subject.starts_with("user:");
        const bool is_again =
            std::ranges::any_of(tests, [](const DraftTest& test) { return test.name == "user"; });
        if (subject.starts_with("group:"))
          groups.push_back(subject.substr(6));
        else if (is_user && !is_again)
          tests.push_back({"user", {subject.substr(5)}});
        else
          is_known = false;
      }
      if (groups.size() > 1) is_known = false;
      if (groups.size() == 1) tests.push_back({"group", groups});
      if (is_known && !tests.empty()) {
        rule.fits.push_back(std::move(tests));
      } else {
        problems_.emplace_back(
            rule.at,
            "a subject of several groups at once, or of another kind, so nobody passes on its hosts");
        rule.is_unclear = true;
      }
    }
  }

  void read_conditions(const YamlNode& node, Rule& rule) {
    std::vector<DraftTest> tests;
    std::vector<std::string> networks;
    for (const std::string& text : texts_of(node.find("networks"))) {
      const auto named = networks_.find(text);
      const std::vector<std::string> list =
          named == networks_.end() ? std::vector<std::string>{text} : named->second;
      networks.insert(networks.end(), list.begin(), list.end());
    }
    const bool is_good = std::ranges::all_of(
        networks, [](const std::string& network) { return config::parse_network(network).has_value(); });
    if (!networks.empty() && is_good) tests.push_back({"ip", networks});
    std::vector<std::string> methods = texts_of(node.find("methods"));
    if (!methods.empty()) tests.push_back({"method", methods});
    const bool is_narrow = !tests.empty() || node.find("query") != nullptr || !is_good;
    if (rule.outcome == Outcome::bypass && (is_narrow || !rule.fits.empty() || rule.is_unclear)) {
      problems_.emplace_back(
          rule.at, "a bypass for some networks, methods or queries alone: there is a sign-in for all");
      rule.domains.clear();
      return;
    }
    if (node.find("query") != nullptr || !is_good) {
      problems_.emplace_back(rule.at,
                             "a rule of the query or of an unknown network, so nobody passes on its hosts");
      rule.is_unclear = true;
    }
    if (tests.empty()) return;
    if (rule.fits.empty()) rule.fits.emplace_back();
    for (DraftRule& one : rule.fits) one.insert(one.end(), tests.begin(), tests.end());
  }

  void read_portal(const ImportDocument& document) {
    at_ = document.place(document.root);
    const YamlNode* session = document.root.find("session");
    if (session == nullptr) return;
    for (const YamlNode* cookie : items_of(session->find("cookies")))
      if (portal_.empty()) portal_ = text_in(*cookie, {"authelia_url"});
    expiration_ = text_in(*session, {"expiration"});
    inactivity_ = text_in(*session, {"inactivity"});
  }

  /// Seconds, or a duration of numbers and units.
  static std::string duration_of(const std::string& text, std::string_view usual) {
    if (text.empty()) return std::string(usual);
    const std::string duration = duration_of_go(config::parse_count(text) ? text + "s" : text);
    return duration.empty() ? std::string(usual) : duration;
  }

  void write_provider() {
    if (!draft_->providers.empty()) return;
    const auto url = core::parse_url(portal_);
    DraftProvider provider;
    provider.name = "authelia";
    provider.entries = {
        {"type", "oidc"},
        {"issuer", url ? url->origin() + (url->path == "/" ? "" : url->path) : "https://change-me.invalid"},
        {"client_id", "gateway"}};
    provider.client_secret = {DraftSecret::Kind::file, "/etc/gateway/secrets/oidc-client-secret"};
    provider.scopes = {"openid", "profile", "email", "groups"};
    provider.claims = {{"user", "preferred_username"}};
    draft_->providers.push_back(std::move(provider));
    draft_->note(at_, "the sign-in: Authelia stays, as the OpenID provider",
                 "register a client named gateway there (identity_providers.oidc.clients), and write its "
                 "secret into the "
                 "file that client_secret names");
    if (!url) draft_->note(at_, "where Authelia is (authelia_url)", "write the issuer into login.providers");
    draft_->session = {{"lifetime", duration_of(expiration_, "1h")},
                       {"idle", duration_of(inactivity_, "5m")}};
  }

  static bool asks_authelia(const DraftRoute& route) {
    const std::string& url = route.access.engine.url;
    return route.access.kind == DraftAccess::Kind::engine &&
           (url.find("/api/authz/") != std::string::npos || url.find("/api/verify") != std::string::npos);
  }

  void put_rules(DraftRoute& route) {
    route.identity = "remote-user";
    route.access = access_at(route.host, route.path);
    std::vector<DraftPath> inside;
    for (const Rule& rule : rules_) {
      const auto is_for = [&](const std::string& domain) { return covers(domain, route.host); };
      if (std::ranges::none_of(rule.domains, is_for)) continue;
      for (const auto* paths : {&rule.paths, &rule.but_not})
        inside.insert(inside.end(), paths->begin(), paths->end());
    }
    for (const DraftPath& path : inside) {
      const auto is_there = [&path](const DraftExcept& except) { return except.path == path; };
      const bool is_inside = route.path.match == DraftMatch::prefix && path != route.path &&
                             is_below(path.text, route.path.text) &&
                             std::ranges::none_of(route.excepts, is_there);
      if (is_inside) route.excepts.push_back({path, access_at(route.host, path), {}});
    }
  }

  void add_host(const std::string& host) {
    const auto rule = std::ranges::find_if(rules_, [&host](const Rule& one) {
      return std::ranges::find(one.domains, host) != one.domains.end();
    });
    if (host == "*." || rule == rules_.end()) return;
    DraftRoute route;
    route.at = rule->at;
    route.host = host;
    route.to = {{"http://change-me.invalid", 1}};
    put_rules(route);
    draft_->note(rule->at, "where the app of " + host + " listens",
                 "write it into to, or give the files of the proxy as well");
    draft_->routes.push_back(std::move(route));
  }

  /// The rules that are for a path, in their order; the first that fits decides.
  DraftAccess access_at(const std::string& host, const DraftPath& path) {
    std::vector<OrderedRule> ordered;
    const auto is_open = [&](const ImportPlace& at) {
      if (ordered.empty())
        return DraftAccess{.kind = DraftAccess::Kind::open, .policy = {}, .engine = {}, .of = {}};
      draft_->note(at, "a bypass behind rules for some people, so nobody passes to " + host + path.text,
                   "write the route by hand");
      return DraftAccess();
    };
    for (const Rule& rule : rules_) {
      const auto is_for = [&](const std::string& domain) { return domain == "*." || covers(domain, host); };
      if (std::ranges::none_of(rule.domains, is_for)) continue;
      if (rule.is_unclear) {
        draft_->note(rule.at, "which requests this rule is for, so nobody passes to " + host + path.text,
                     "write the route by hand");
        return {};
      }
      if (!covers(rule, path)) continue;
      if (rule.outcome == Outcome::bypass) return is_open(rule.at);
      ordered.push_back(ordered_of(rule.outcome, rule.fits));
      if (rule.fits.empty()) return access_by(ordered, name_from(host), *draft_);
    }
    if (default_ == Outcome::bypass) return is_open(at_);
    ordered.push_back(ordered_of(default_, {}));
    return access_by(ordered, name_from(host), *draft_);
  }

  static OrderedRule ordered_of(Outcome outcome, const std::vector<DraftRule>& fits) {
    OrderedRule rule;
    rule.fits = fits;
    rule.admits = outcome != Outcome::deny;
    rule.level = outcome == Outcome::two_factor ? 1 : 0;
    // Authelia says in amr that several factors were used.
    if (outcome == Outcome::two_factor) rule.demand = {{"claim", {"amr", "mfa"}}};
    return rule;
  }

  bool is_there_ = false;
  Outcome default_ = Outcome::deny;
  std::vector<Rule> rules_;
  std::map<std::string, std::vector<std::string>> networks_;
  std::vector<std::pair<ImportPlace, std::string>> problems_;
  std::string portal_;
  std::string expiration_;
  std::string inactivity_;
  ImportPlace at_;
  Draft* draft_ = nullptr;
};

}  // namespace

std::unique_ptr<ImportFormat> make_authelia_format() {
  return std::make_unique<AutheliaFormat>();
}

}  // namespace gateway
