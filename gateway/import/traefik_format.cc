// Traefik: labels of compose files, its dynamic configuration in YAML, and its objects in a cluster.
#include <algorithm>
#include <map>
#include <set>

#include "config/values.h"
#include "core/text/url.h"
#include "gateway/import/formats.h"
#include "gateway/import/kubernetes.h"
#include "gateway/import/loose_paths.h"
#include "gateway/import/path_expression.h"
#include "gateway/import/traefik_middleware.h"
#include "gateway/import/traefik_rule.h"

namespace gateway {
namespace {

using config::YamlNode;

struct Router {
  ImportPlace at;
  std::string rule;
  std::vector<std::string> middlewares;
  std::string service;
  std::string space;  ///< namespace of the cluster, before names without one
  bool has_priority = false;
  bool is_plain = false;  ///< only on the entry point of http
};

struct Backend {
  ImportPlace at;
  std::vector<std::pair<std::string, int>> urls;
};

bool is_plain_entry(const std::vector<std::string>& points) {
  return points.size() == 1 && (points.front() == "web" || points.front() == "http");
}

class TraefikFormat final : public ImportFormat {
 public:
  [[nodiscard]] std::string_view name() const override { return "traefik"; }

  [[nodiscard]] bool takes(const ImportDocument& document) const override {
    if (!document.root.is_map()) return false;
    if (is_object(document, "Service", "v1") || is_crd(document)) return true;
    if (find_in(document.root, {"http", "routers"}) != nullptr ||
        find_in(document.root, {"http", "middlewares"}) != nullptr)
      return true;
    const YamlNode* services = document.root.find("services");
    return document.root.find("kind") == nullptr && services != nullptr && services->is_map();
  }

  void read(const ImportDocument& document) override {
    if (is_object(document, "Service", "v1")) return services_.add(document);
    if (is_crd(document)) return read_object(document);
    if (const YamlNode* http = document.root.find("http")) read_dynamic(document, *http);
    const YamlNode* services = document.root.find("services");
    if (services == nullptr) return;
    for (const config::YamlEntry& service : services->entries) read_labels(document, service);
  }

  void draft(Draft& draft) override {
    draft_ = &draft;
    for (const auto& [at, what] : problems_) draft.note(at, what);
    for (const Router& router : routers_) draft_router(router);
    close_behind(loose_, draft);
  }

 private:
  static bool is_crd(const ImportDocument& document) {
    for (const std::string_view kind : {"IngressRoute", "Middleware", "IngressRouteTCP", "IngressRouteUDP"})
      if (is_object(document, kind, "traefik.")) return true;
    return false;
  }

  void read_dynamic(const ImportDocument& document, const YamlNode& http) {
    if (const YamlNode* routers = http.find("routers")) {
      for (const config::YamlEntry& entry : routers->entries) {
        Router router;
        router.at = document.place(entry.value);
        router.rule = text_in(entry.value, {"rule"});
        router.middlewares = texts_of(entry.value.find("middlewares"));
        router.service = text_in(entry.value, {"service"});
        router.has_priority = entry.value.find("priority") != nullptr;
        router.is_plain = is_plain_entry(texts_of(entry.value.find("entryPoints")));
        routers_.push_back(std::move(router));
      }
    }
    if (const YamlNode* middlewares = http.find("middlewares")) {
      for (const config::YamlEntry& entry : middlewares->entries)
        add_middleware(entry.key, entry.value, document.place(entry.value));
    }
    const YamlNode* services = http.find("services");
    if (services == nullptr) return;
    for (const config::YamlEntry& entry : services->entries) {
      Backend& backend = backends_[entry.key];
      backend.at = document.place(entry.value);
      for (const YamlNode* server : items_of(find_in(entry.value, {"loadBalancer", "servers"})))
        backend.urls.emplace_back(text_in(*server, {"url"}), 1);
    }
  }

  /// {TYPE: options}.
  void add_middleware(const std::string& name, const YamlNode& node, ImportPlace at) {
    TraefikMiddleware& middleware = middlewares_[name];
    middleware.at = std::move(at);
    if (!node.is_map() || node.entries.empty()) return;
    middleware.type = config::lower_case(node.entries.front().key);
    if (node.entries.size() > 1) middleware.type = "more than one middleware at once";
    flatten_options(node.entries.front().value, "", middleware.options);
    // The CRD names other middlewares by maps.
    for (const YamlNode* item : items_of(node.entries.front().value.find("middlewares"))) {
      if (item->is_map()) middleware.options["middlewares"].push_back(text_in(*item, {"name"}));
    }
  }

  void read_object(const ImportDocument& document) {
    const YamlNode* spec = document.root.find("spec");
    const std::string space = namespace_of(document.root);
    const std::string kind = text_in(document.root, {"kind"});
    if (spec == nullptr) return;
    if (kind == "Middleware") {
      add_middleware(space + "/" + text_in(document.root, {"metadata", "name"}), *spec,
                     document.place(document.root));
      return;
    }
    if (kind != "IngressRoute") {
      problems_.emplace_back(document.place(document.root), "routes of " + kind);
      return;
    }
    for (const YamlNode* route : items_of(spec->find("routes"))) {
      Router router;
      router.at = document.place(*route);
      router.rule = text_in(*route, {"match"});
      router.space = space;
      router.has_priority = route->find("priority") != nullptr;
      router.is_plain = is_plain_entry(texts_of(spec->find("entryPoints")));
      for (const YamlNode* item : items_of(route->find("middlewares"))) {
        const std::string own = text_in(*item, {"namespace"});
        router.middlewares.push_back((own.empty() ? space : own) + "/" + text_in(*item, {"name"}));
      }
      router.service = "route " + std::to_string(routers_.size());
      read_services(document, *route, space, backends_[router.service]);
      routers_.push_back(std::move(router));
    }
  }

  void read_services(const ImportDocument& document, const YamlNode& route, const std::string& space,
                     Backend& backend) {
    backend.at = document.place(route);
    for (const YamlNode* service : items_of(route.find("services"))) {
      const std::string own = text_in(*service, {"namespace"});
      const std::string scheme = text_in(*service, {"scheme"});
      const auto weight = config::parse_count(text_in(*service, {"weight"}));
      std::string url = services_.url(scheme.empty() ? "http" : scheme, own.empty() ? space : own,
                                      text_in(*service, {"name"}), text_in(*service, {"port"}));
      const bool is_other = !text_in(*service, {"kind"}).empty() && text_in(*service, {"kind"}) != "Service";
      if (is_other) url.clear();
      backend.urls.emplace_back(std::move(url),
                                weight && *weight >= 1 && *weight <= 100 ? static_cast<int>(*weight) : 1);
    }
  }

  /// traefik.http.routers.NAME.rule=… and the like, as a list or a map.
  void read_labels(const ImportDocument& document, const config::YamlEntry& service) {
    const YamlNode* labels = service.value.find("labels");
    if (labels == nullptr) labels = find_in(service.value, {"deploy", "labels"});
    if (labels == nullptr) return;
    std::vector<std::pair<std::string, std::pair<std::string, ImportPlace>>> found;
    for (const config::YamlEntry& entry : labels->entries)
      found.push_back({entry.key, {entry.value.text, document.place(entry.value)}});
    for (const YamlNode& item : labels->items) {
      const std::size_t equals = item.text.find('=');
      found.push_back(
          {item.text.substr(0, equals),
           {equals == std::string::npos ? "" : item.text.substr(equals + 1), document.place(item)}});
    }
    std::map<std::string, std::size_t> own;  // routers of this container
    std::string port;
    std::string scheme = "http";
    for (const auto& [label, value] : found) {
      const std::string name = config::lower_case(label);
      if (name == "traefik.enable" && value.first == "false") return;
      if (name.starts_with("traefik.http.routers."))
        read_router_label(label.substr(21), value.first, value.second, own);
      else if (name.starts_with("traefik.http.middlewares."))
        read_middleware_label(label.substr(25), value.first, value.second);
      else if (name.starts_with("traefik.http.services.") && name.ends_with(".loadbalancer.server.port"))
        port = value.first;
      else if (name.starts_with("traefik.http.services.") && name.ends_with(".loadbalancer.server.scheme"))
        scheme = value.first;
      else if (name.starts_with("traefik.tcp.") || name.starts_with("traefik.udp."))
        problems_.emplace_back(value.second, label);
    }
    if (own.empty()) return;
    const std::string backend = "container " + service.key;
    if (!config::parse_port(port)) {
      problems_.emplace_back(document.place(service.value), "the port of " + service.key + ", taken as 80");
      port = "80";
    }
    backends_[backend] = {document.place(service.value), {{scheme + "://" + service.key + ":" + port, 1}}};
    for (const auto& [name, index] : own) {
      // A name of a service stands for the container's own.
      if (routers_[index].service.find('@') == std::string::npos) routers_[index].service = backend;
    }
  }

  void read_router_label(const std::string& rest, const std::string& value, const ImportPlace& at,
                         std::map<std::string, std::size_t>& own) {
    const std::size_t dot = rest.find('.');
    if (dot == std::string::npos) return;
    const auto [found, is_new] = own.emplace(rest.substr(0, dot), routers_.size());
    if (is_new) routers_.emplace_back();
    Router& router = routers_[found->second];
    if (is_new) router.at = at;
    const std::string key = config::lower_case(rest.substr(dot + 1));
    if (key == "rule") router.rule = value;
    if (key == "service") router.service = value;
    if (key == "priority") router.has_priority = true;
    if (key == "middlewares") router.middlewares = split_list(value, ',');
    if (key == "entrypoints") router.is_plain = is_plain_entry(split_list(value, ','));
  }

  void read_middleware_label(const std::string& rest, const std::string& value, const ImportPlace& at) {
    const std::size_t dot = rest.find('.');
    if (dot == std::string::npos) return;
    TraefikMiddleware& middleware = middlewares_[rest.substr(0, dot)];
    middleware.at = at;
    std::string option = config::lower_case(rest.substr(dot + 1));
    const std::size_t end = std::min(option.find('.'), option.size());
    const std::string type = option.substr(0, end);
    if (!middleware.type.empty() && middleware.type != type)
      middleware.type = "more than one middleware at once";
    else
      middleware.type = type;
    option.erase(0, std::min(end + 1, option.size()));
    const bool is_text = option.starts_with("custom") || option == "address";
    middleware.options[option] = is_text ? std::vector{value} : split_list(value, ',');
  }

  /// The middlewares of a router with those of chains; false if one is not in the input.
  bool collect(const std::vector<std::string>& names, const std::string& space, int depth,
               std::vector<const TraefikMiddleware*>& out) const {
    if (depth > 8 || out.size() > 100) return false;
    for (std::string name : names) {
      name = name.substr(0, name.find('@'));
      auto found = middlewares_.find(name);
      if (found == middlewares_.end() && !space.empty())
        found = middlewares_.find(std::string(space).append("/").append(name));
      // An annotation of a cluster calls it NAMESPACE-NAME.
      if (found == middlewares_.end()) {
        found = std::ranges::find_if(middlewares_, [&name](const auto& known) {
          std::string flat = known.first;
          std::ranges::replace(flat, '/', '-');
          return flat == name;
        });
      }
      if (found == middlewares_.end()) return false;
      if (found->second.type != "chain") {
        out.push_back(&found->second);
        continue;
      }
      const auto inner = found->second.options.find("middlewares");
      if (inner == found->second.options.end() || !collect(inner->second, space, depth + 1, out))
        return false;
    }
    return true;
  }

  void draft_router(const Router& router) {
    std::vector<const TraefikMiddleware*> chain;
    const bool is_known = collect(router.middlewares, router.space, 0, chain);
    const auto redirects = [](const TraefikMiddleware* one) { return one->type == "redirectscheme"; };
    // The gateway itself sends http to https.
    if (router.is_plain && std::ranges::any_of(chain, redirects)) return;
    const auto ways = read_traefik_rule(router.rule);
    if (!ways) {
      draft_->note(router.at, "the router of the rule " + (router.rule.empty() ? "by default" : router.rule),
                   "write its route by hand");
      // What it was for is not known; nothing else may be opened by that.
      LoosePath loose{router.at, "", "/", {}};
      for (const std::string& host : hosts_in(router.rule)) {
        loose.host = host;
        loose_.push_back(loose);
      }
      return;
    }
    for (const TraefikMatch& way : *ways) draft_way(router, way, chain, is_known);
  }

  /// Names in quotes of a rule that cannot be read.
  static std::vector<std::string> hosts_in(const std::string& rule) {
    std::vector<std::string> hosts;
    for (const std::string& part : split_list(rule, '`'))
      if (part.find('.') != std::string::npos && config::parse_host(part))
        hosts.push_back(config::lower_case(part));
    return hosts;
  }

  void draft_way(const Router& router, const TraefikMatch& way, std::vector<const TraefikMiddleware*> chain,
                 bool is_known) {
    DraftRoute route;
    route.at = router.at;
    route.host = way.host.empty() ? "*" : way.host;
    const bool has_slash = way.prefix.size() > 1 && way.prefix.ends_with('/');
    route.path.text = !way.exact.empty() ? way.exact : way.prefix.empty() ? "/" : way.prefix;
    if (!way.exact.empty()) route.path.match = DraftMatch::exact;
    if (has_slash && way.exact.empty()) route.path.text.pop_back();
    route.access.kind = DraftAccess::Kind::open;
    // Who signs in goes before what narrows it.
    for (const bool is_first : {true, false}) {
      for (const TraefikMiddleware* one : chain)
        if ((one->type == "forwardauth") == is_first) apply_middleware(*one, route, *draft_);
    }
    if (!is_known) {
      draft_->note(
          router.at,
          "a middleware that is not in the input, so nobody passes to " + route.host + route.path.text,
          "give its file to this command as well");
      route.access = {};
    }
    if (way.is_unclear || !is_path(route.path)) {
      draft_->note(router.at, "the conditions of " + router.rule,
                   "see path, headers and methods of the routes");
      loose_.push_back({router.at, route.host, "/", route.access});
      return;
    }
    const bool is_loose = way.exact.empty() && route.path.text != "/" && !has_slash;
    if (is_loose || router.has_priority)
      loose_.push_back({router.at, route.host, route.path.text, route.access});
    if (router.has_priority) draft_->note(router.at, "a priority: the longest path goes first here");
    // "/x/" was not for "/x".
    if (has_slash && way.exact.empty() && route.access.kind != DraftAccess::Kind::nobody)
      route.excepts.push_back({{route.path.text, DraftMatch::exact}, {}, {}});
    add_backend(router, route);
    draft_->routes.push_back(std::move(route));
  }

  static bool is_path(const DraftPath& path) {
    if (is_plain_path(path.text)) return true;
    return path.match == DraftMatch::exact && path.text.ends_with('/') &&
           is_plain_path(path.text.substr(0, path.text.size() - 1));
  }

  void add_backend(const Router& router, DraftRoute& route) {
    const auto found = backends_.find(router.service.substr(0, router.service.find('@')));
    if (found != backends_.end()) {
      for (const auto& [text, weight] : found->second.urls) {
        if (const auto url = core::parse_url(text)) route.to.emplace_back(url->origin(), weight);
      }
    }
    const bool is_whole =
        found != backends_.end() && route.to.size() == found->second.urls.size() && !route.to.empty();
    if (is_whole) return;
    draft_->note(router.at, "where " + route.host + route.path.text + " leads", "write to of the route");
    route.to = {{"http://change-me.invalid", 1}};
  }

  std::vector<Router> routers_;
  std::map<std::string, TraefikMiddleware> middlewares_;
  std::map<std::string, Backend> backends_;
  KubernetesServices services_;
  std::vector<std::pair<ImportPlace, std::string>> problems_;
  std::vector<LoosePath> loose_;
  Draft* draft_ = nullptr;
};

}  // namespace

std::unique_ptr<ImportFormat> make_traefik_format() {
  return std::make_unique<TraefikFormat>();
}

}  // namespace gateway
