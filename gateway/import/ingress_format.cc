// Ingress objects of ingress-nginx with its annotations.
#include <algorithm>
#include <array>
#include <set>

#include "config/values.h"
#include "core/text/url.h"
#include "gateway/import/formats.h"
#include "gateway/import/ingress_rules.h"
#include "gateway/import/kubernetes.h"
#include "gateway/import/loose_paths.h"
#include "gateway/import/path_expression.h"

namespace gateway {
namespace {

using config::YamlNode;

/// The usual ways to cut a prefix off: what stands behind it in the path, and what it is replaced by.
constexpr auto kCuts = std::to_array<std::pair<std::string_view, std::string_view>>({{"(/|$)(.*)", "/$2"},
                                                                                     {"/?(.*)", "/$1"},
                                                                                     {"/(.*)", "/$1"},
                                                                                     {"(/?)(.*)", "/$2"},
                                                                                     {"(/(.*))?", "/$2"},
                                                                                     {"(/.*)?", "$1"}});

/// Annotations that hold for a whole host, also for other Ingresses of it.
constexpr auto kOfHost = std::to_array<std::string_view>(
    {"server-snippet", "auth-tls-secret", "auth-tls-verify-client", "auth-tls-match-cn"});

class IngressFormat final : public ImportFormat {
 public:
  [[nodiscard]] std::string_view name() const override { return "ingress-nginx"; }

  [[nodiscard]] bool takes(const ImportDocument& document) const override {
    return is_object(document, "Ingress", "networking.k8s.io/") ||
           is_object(document, "Ingress", "extensions/") || is_object(document, "Service", "v1");
  }

  void read(const ImportDocument& document) override {
    if (is_object(document, "Service", "v1"))
      services_.add(document);
    else
      ingresses_.push_back(document);
  }

  void draft(Draft& draft) override {
    draft_ = &draft;
    for (const ImportDocument& ingress : ingresses_) draft_one(ingress);
    close_behind(loose_, draft);
    for (DraftRoute& route : draft.routes) {
      if (closed_hosts_.contains(route.host)) route.access = {};
    }
  }

 private:
  void draft_one(const ImportDocument& ingress) {
    const IngressRules rules(ingress);
    if (rules.flag("canary")) {
      draft_->note(ingress.place(ingress.root), "a canary", "see weight of to, and headers of the routes");
      return;
    }
    rules.note_rest(*draft_);
    note_certificates(ingress);
    const YamlNode* spec = ingress.root.find("spec");
    if (spec == nullptr) return;
    if (spec->find("defaultBackend") != nullptr || spec->find("backend") != nullptr)
      draft_->note(ingress.place(*spec), "the default backend", "write a route for the host \"*\"");
    const std::vector<std::string> aliases = split_list(rules.text("server-alias"), ',');
    for (const YamlNode* rule : items_of(spec->find("rules"))) {
      std::vector<std::string> hosts{text_in(*rule, {"host"})};
      if (hosts.front().empty()) hosts.front() = "*";
      hosts.insert(hosts.end(), aliases.begin(), aliases.end());
      for (const std::string& host : hosts) draft_rule(ingress, rules, *rule, config::lower_case(host));
    }
  }

  void note_certificates(const ImportDocument& ingress) {
    const YamlNode* annotations = find_in(ingress.root, {"metadata", "annotations"});
    if (annotations == nullptr) return;
    for (const config::YamlEntry& entry : annotations->entries) {
      const bool is_issued =
          entry.key.starts_with("cert-manager.io/") || entry.key == "kubernetes.io/tls-acme";
      draft_->had_acme = draft_->had_acme || is_issued;
    }
  }

  void draft_rule(const ImportDocument& ingress, const IngressRules& rules, const YamlNode& rule,
                  const std::string& host) {
    for (const std::string_view name : kOfHost) {
      DraftRoute trial;
      trial.access.kind = DraftAccess::Kind::open;
      if (!rules.text(name).empty()) {
        rules.apply(trial, scratch_);
        if (trial.access.kind == DraftAccess::Kind::nobody) closed_hosts_.insert(host);
      }
    }
    for (const YamlNode* path : items_of(find_in(rule, {"http", "paths"}))) {
      DraftRoute route;
      route.at = ingress.place(*path);
      route.host = host;
      draft_path(ingress, rules, *path, std::move(route));
    }
  }

  void draft_path(const ImportDocument& ingress, const IngressRules& rules, const YamlNode& path,
                  DraftRoute route) {
    const std::string text = text_in(path, {"path"});
    const std::string type = text_in(path, {"pathType"});
    const std::string target = rules.text("rewrite-target");
    route.path.text = text.empty() ? "/" : text;
    rules.apply(route, *draft_);
    const bool is_expression = (rules.flag("use-regex") || !target.empty()) && type != "Exact";
    bool is_exact = true;
    const bool is_known =
        is_expression ? read_expression(target, route, is_exact) : read_path(type, route, is_exact);
    if (!is_known) {
      const std::string start = route.path.text.substr(0, route.path.text.find_first_of("([{*+?.\\|$"));
      draft_->note(route.at, "the path " + route.path.text + " of " + route.host,
                   "see path.regex and rewrite of the routes");
      loose_.push_back({route.at, route.host, start, route.access});
      return;
    }
    if (!is_exact) loose_.push_back({route.at, route.host, route.path.text, route.access});
    if (const std::string to = rules.text("permanent-redirect"); !to.empty()) add_redirect(to, 301, route);
    if (const std::string to = rules.text("temporal-redirect"); !to.empty()) add_redirect(to, 302, route);
    if (!route.redirect) add_backend(ingress, rules, path, route);
    draft_->routes.push_back(std::move(route));
  }

  void add_redirect(const std::string& to, int status, DraftRoute& route) {
    const auto url = core::parse_url(to);
    if (!url || to.find('$') != std::string::npos) {
      draft_->note(route.at, "the redirect to " + to, "see redirect of the routes");
      route.access = {};
      return;
    }
    route.redirect = DraftRedirect{literal_template(to), status};
    route.limits.clear();
    route.timeouts.clear();
  }

  void add_backend(const ImportDocument& ingress, const IngressRules& rules, const YamlNode& path,
                   DraftRoute& route) {
    std::string name = text_in(path, {"backend", "service", "name"});
    std::string port = text_in(path, {"backend", "service", "port", "number"});
    if (port.empty()) port = text_in(path, {"backend", "service", "port", "name"});
    if (name.empty()) {
      name = text_in(path, {"backend", "serviceName"});
      port = text_in(path, {"backend", "servicePort"});
    }
    const std::string scheme = rules.scheme();
    std::string url = services_.url(scheme, namespace_of(ingress.root), name, port);
    if (name.empty() || scheme.empty()) {
      draft_->note(route.at, "what answers for " + route.host + route.path.text, "write to of the route");
      url = "http://change-me.invalid";
      route.access = {};
    } else if (url.empty()) {
      draft_->note(route.at, "the port named " + port + " of the service " + name,
                   "give the Service to this command as well, or write the number into to");
      url = services_.url(scheme, namespace_of(ingress.root), name,
                          scheme == "https" || scheme == "h2" ? "443" : "80");
    }
    route.to.emplace_back(std::move(url), 1);
  }

  /// "Prefix" is of whole segments, as here; what an implementation makes of a path is nginx's: of
  /// characters.
  static bool read_path(const std::string& type, DraftRoute& route, bool& is_exact) {
    std::string& path = route.path.text;
    if (type == "Exact") {
      route.path.match = DraftMatch::exact;
      return is_plain_path(path) || (path.ends_with('/') && is_plain_path(path.substr(0, path.size() - 1)));
    }
    const bool has_slash = path.size() > 1 && path.ends_with('/');
    if (has_slash) path.pop_back();
    is_exact = type == "Prefix" || path == "/";
    return is_plain_path(path);
  }

  /// Expressions are compared there without case, so that none but "/" is exact.
  static bool read_expression(const std::string& target, DraftRoute& route, bool& is_exact) {
    std::string& path = route.path.text;
    if (path.starts_with('^')) path.erase(0, 1);
    for (const auto& [tail, replaced] : kCuts) {
      if (target != replaced || !path.ends_with(tail)) continue;
      std::string prefix = path.substr(0, path.size() - tail.size());
      if (prefix.empty()) prefix = "/";
      if (!is_plain_path(prefix)) return false;
      is_exact = prefix == "/";
      route.strips_prefix = prefix != "/";
      path = prefix;
      return true;
    }
    if (target.find('$') != std::string::npos) return false;
    if (!target.empty()) {
      if (!is_plain_path(path) || !is_plain_path(target)) return false;
      is_exact = path == "/";
      if (path != "/" || target != "/") route.rewrite = literal_template(target);
      if (path == "/" && target == "/") route.rewrite = "/";
      return true;
    }
    const auto paths = paths_of("^" + path);
    if (!paths || paths->paths.size() != 1) return false;
    route.path = paths->paths.front();
    is_exact = route.path.text == "/";
    return true;
  }

  std::vector<ImportDocument> ingresses_;
  KubernetesServices services_;
  std::vector<LoosePath> loose_;
  std::set<std::string> closed_hosts_;
  Draft scratch_;
  Draft* draft_ = nullptr;
};

}  // namespace

std::unique_ptr<ImportFormat> make_ingress_format() {
  return std::make_unique<IngressFormat>();
}

}  // namespace gateway
