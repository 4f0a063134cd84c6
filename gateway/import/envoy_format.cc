// Envoy Gateway: HTTPRoutes of the Gateway API with its SecurityPolicies.
#include <algorithm>
#include <map>

#include "config/header_rules.h"
#include "config/values.h"
#include "core/http/fields.h"
#include "gateway/import/envoy_policy.h"
#include "gateway/import/formats.h"
#include "gateway/import/kubernetes.h"
#include "gateway/import/loose_paths.h"
#include "gateway/import/path_expression.h"
#include "gateway/import/proxy_draft.h"

namespace gateway {
namespace {

using config::YamlNode;
using Kind = DraftAccess::Kind;

class EnvoyFormat final : public ImportFormat {
 public:
  [[nodiscard]] std::string_view name() const override { return "envoy-gateway"; }

  [[nodiscard]] bool takes(const ImportDocument& document) const override {
    return is_object(document, "Service", "v1") ||
           is_object(document, "HTTPRoute", "gateway.networking.k8s.io/") ||
           is_object(document, "Gateway", "gateway.networking.k8s.io/") ||
           is_object(document, "SecurityPolicy", "gateway.envoyproxy.io/");
  }

  void read(const ImportDocument& document) override {
    const std::string kind = text_in(document.root, {"kind"});
    if (kind == "Service") services_.add(document);
    if (kind == "HTTPRoute") routes_.push_back(document);
    if (kind == "Gateway") gateways_.push_back(document);
    if (kind == "SecurityPolicy") policies_.push_back(document);
  }

  void draft(Draft& draft) override {
    draft_ = &draft;
    for (const ImportDocument& policy : policies_) read_policy(policy);
    for (const ImportDocument& route : routes_) draft_route(route);
    close_behind(loose_, draft);
  }

 private:
  /// KIND/NAMESPACE/NAME[/SECTION]: who the policy is for. Two for one target: nobody passes.
  void read_policy(const ImportDocument& policy) {
    const YamlNode* spec = policy.root.find("spec");
    if (spec == nullptr) return;
    EnvoyAccess access = draft_envoy_policy(policy, services_, *draft_);
    if (spec->find("targetSelectors") != nullptr) {
      draft_->note(policy.place(*spec), "a policy for whatever has some labels, so nobody passes anywhere",
                   "name the routes with targetRefs");
      is_closed_ = true;
    }
    std::vector<const YamlNode*> targets = items_of(spec->find("targetRefs"));
    if (const YamlNode* one = spec->find("targetRef")) targets.push_back(one);
    for (const YamlNode* target : targets) {
      const std::string section = text_in(*target, {"sectionName"});
      const std::string kind = text_in(*target, {"kind"});
      std::string key = kind + "/" + namespace_of(policy.root) + "/" + text_in(*target, {"name"});
      // Listeners are not told apart here: what is for one is for all.
      if (!section.empty() && kind != "Gateway") key += "/" + section;
      const auto [known, is_new] = access_.emplace(std::move(key), access);
      if (is_new) continue;
      draft_->note(policy.place(*target), "a second policy for one target, so nobody passes there");
      known->second = {};
    }
  }

  /// The policy that is nearest: of the rule, of the route, of one of its gateways.
  EnvoyAccess access_of(const ImportDocument& route, const YamlNode& rule) {
    const std::string space = namespace_of(route.root);
    const std::string own = "HTTPRoute/" + space + "/" + text_in(route.root, {"metadata", "name"});
    if (is_closed_) return {};
    for (const std::string& key : {own + "/" + text_in(rule, {"name"}), own}) {
      if (const auto found = access_.find(key); found != access_.end()) return found->second;
    }
    std::vector<EnvoyAccess> found;
    for (const YamlNode* parent : items_of(find_in(route.root, {"spec", "parentRefs"}))) {
      const std::string other = text_in(*parent, {"namespace"});
      const auto policy =
          access_.find("Gateway/" + (other.empty() ? space : other) + "/" + text_in(*parent, {"name"}));
      if (policy != access_.end()) found.push_back(policy->second);
    }
    if (found.empty()) {
      EnvoyAccess open;
      open.access.kind = Kind::open;
      return open;
    }
    const bool is_one = std::ranges::all_of(
        found, [&](const EnvoyAccess& one) { return one.access == found.front().access; });
    return is_one ? found.front() : EnvoyAccess();
  }

  std::vector<std::string> hosts_of(const ImportDocument& route) {
    std::vector<std::string> hosts = texts_of(find_in(route.root, {"spec", "hostnames"}));
    if (!hosts.empty()) return hosts;
    for (const YamlNode* parent : items_of(find_in(route.root, {"spec", "parentRefs"}))) {
      for (const ImportDocument& gateway : gateways_) {
        if (text_in(gateway.root, {"metadata", "name"}) != text_in(*parent, {"name"})) continue;
        for (const YamlNode* listener : items_of(find_in(gateway.root, {"spec", "listeners"})))
          if (const std::string host = text_in(*listener, {"hostname"}); !host.empty()) hosts.push_back(host);
      }
    }
    std::ranges::sort(hosts);
    hosts.erase(std::ranges::unique(hosts).begin(), hosts.end());
    if (hosts.empty()) hosts.emplace_back("*");
    return hosts;
  }

  void draft_route(const ImportDocument& document) {
    const std::vector<std::string> hosts = hosts_of(document);
    for (const YamlNode* rule : items_of(find_in(document.root, {"spec", "rules"}))) {
      DraftRoute route;
      route.at = document.place(*rule);
      EnvoyAccess access = access_of(document, *rule);
      route.access = std::move(access.access);
      route.identity_fields = std::move(access.identity_fields);
      route.cors = std::move(access.cors);
      if (!apply_filters(document, *rule, route)) continue;
      if (!route.redirect) add_backends(document, *rule, route);
      std::vector<const YamlNode*> matches = items_of(rule->find("matches"));
      static const YamlNode kAny;
      if (matches.empty()) matches.push_back(&kAny);
      for (const std::string& host : hosts)
        for (const YamlNode* match : matches) add_match(document, *match, host, route);
    }
  }

  void add_match(const ImportDocument& document, const YamlNode& match, const std::string& host,
                 DraftRoute route) {
    route.host = config::lower_case(host);
    std::string path = text_in(match, {"path", "value"});
    if (path.empty()) path = "/";
    const std::string type = text_in(match, {"path", "type"});
    bool is_clear = match.find("method") == nullptr && match.find("queryParams") == nullptr;
    if (path.size() > 1 && path.ends_with('/') && type != "Exact") path.pop_back();
    route.path = {path, type == "Exact" ? DraftMatch::exact : DraftMatch::prefix};
    if (type == "RegularExpression") is_clear = false;
    const std::string bare =
        type == "Exact" && path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
    is_clear = is_clear && is_plain_path(bare);
    for (const YamlNode* header : items_of(match.find("headers"))) {
      const std::string name = text_in(*header, {"name"});
      const std::string kind = text_in(*header, {"type"});
      const std::string value = text_in(*header, {"value"});
      const bool is_usable = (kind.empty() || kind == "Exact") && core::is_token(name) &&
                             core::is_field_value(value) && !value.empty() &&
                             config::reserved_in_matches(name).empty();
      // Whoever asks writes the header: it may choose among apps, never among rules.
      if (is_usable)
        route.headers.push_back({name, {value}});
      else
        is_clear = false;
    }
    const bool has_prefix = route.path.match == DraftMatch::prefix && route.path.text != "/";
    if (route.strips_prefix && !has_prefix) {
      route.strips_prefix = false;
      if (route.path.match == DraftMatch::exact)
        draft_->note(route.at, "the rewrite of one path", "see rewrite of the routes");
    }
    if (is_clear && route.headers.empty()) {
      draft_->routes.push_back(std::move(route));
      return;
    }
    const std::string start =
        type == "RegularExpression" ? path.substr(0, path.find_first_of("([{*+?.\\|$")) : path;
    loose_.push_back({route.at, route.host, start.empty() ? "/" : start, route.access});
    if (is_clear)
      draft_->routes.push_back(std::move(route));
    else
      draft_->note(document.place(match.is_null() ? document.root : match), "the match of " + host + path,
                   "see path, headers and methods of the routes");
  }

  /// False: the gateway does by itself what the rule does.
  bool apply_filters(const ImportDocument& document, const YamlNode& rule, DraftRoute& route) {
    for (const YamlNode* filter : items_of(rule.find("filters"))) {
      const std::string type = text_in(*filter, {"type"});
      if (type == "RequestRedirect") {
        if (!apply_redirect(document, *filter, route)) return false;
      } else if (type == "URLRewrite") {
        apply_rewrite(document, *filter, rule, route);
      } else if (type == "RequestHeaderModifier") {
        edit(document, filter->find("requestHeaderModifier"), true, route);
      } else if (type == "ResponseHeaderModifier") {
        edit(document, filter->find("responseHeaderModifier"), false, route);
      } else if (type == "RequestMirror" || type == "CORS") {
        draft_->note(document.place(*filter), "the filter " + type, "see cors of the routes");
      } else {
        draft_->note(document.place(*filter),
                     "the filter " + type + " may decide who passes, so nobody does");
        route.access = {};
      }
    }
    const std::string total = duration_of_go(text_in(rule, {"timeouts", "request"}));
    const std::string response = duration_of_go(text_in(rule, {"timeouts", "backendRequest"}));
    if (!total.empty() && total != "0ms" && total != "0s") route.timeouts.emplace_back("total", total);
    if (!response.empty() && response != "0ms" && response != "0s")
      route.timeouts.emplace_back("response", response);
    return true;
  }

  bool apply_redirect(const ImportDocument& document, const YamlNode& filter, DraftRoute& route) {
    const YamlNode* redirect = filter.find("requestRedirect");
    if (redirect == nullptr) return true;
    const std::string host = text_in(*redirect, {"hostname"});
    const YamlNode* path = redirect->find("path");
    const bool is_full = path != nullptr && text_in(*path, {"type"}) == "ReplaceFullPath";
    if (host.empty() && path == nullptr && text_in(*redirect, {"scheme"}) == "https") return false;
    const auto status = config::parse_count(text_in(*redirect, {"statusCode"}));
    const bool has_port = redirect->find("port") != nullptr;
    if ((path != nullptr && !is_full) || has_port || (!host.empty() && !config::parse_host(host))) {
      draft_->note(document.place(filter), "the redirect", "see redirect of the routes");
      route.access = {};
      return true;
    }
    const std::string target = is_full ? literal_template(text_in(*path, {"replaceFullPath"})) : "{uri}";
    route.redirect = DraftRedirect{"https://" + (host.empty() ? "{host}" : host) + target,
                                   status ? static_cast<int>(*status) : 302};
    return true;
  }

  void apply_rewrite(const ImportDocument& document, const YamlNode& filter, const YamlNode& rule,
                     DraftRoute& route) {
    const std::string host = text_in(filter, {"urlRewrite", "hostname"});
    if (!host.empty() && config::parse_host(host)) route.entries.emplace_back("upstream_host", host);
    const YamlNode* path = find_in(filter, {"urlRewrite", "path"});
    if (path == nullptr) return;
    const std::string full = text_in(*path, {"replaceFullPath"});
    const std::string prefix = text_in(*path, {"replacePrefixMatch"});
    const bool has_prefix = !text_in(rule, {"matches"}).empty() || rule.find("matches") != nullptr;
    if (is_plain_path(full)) {
      route.rewrite = literal_template(full);
    } else if (has_prefix && (prefix == "/" || is_plain_path(prefix))) {
      route.strips_prefix = true;
      if (prefix != "/") route.rewrite = literal_template(prefix) + "{path}";
    } else {
      draft_->note(document.place(filter), "the rewrite", "see strip_prefix and rewrite of the routes");
    }
  }

  void edit(const ImportDocument& document, const YamlNode* edits, bool is_request, DraftRoute& route) {
    if (edits == nullptr) return;
    const auto reserved = [is_request](const std::string& name) {
      return is_request ? config::reserved_in_requests(name) : config::reserved_in_responses(name);
    };
    DraftEntries& set = is_request ? route.set_request_headers : route.set_response_headers;
    std::vector<std::string>& remove =
        is_request ? route.remove_request_headers : route.remove_response_headers;
    for (const std::string_view key : {"set", "add"}) {
      for (const YamlNode* item : items_of(edits->find(key))) {
        const std::string name = text_in(*item, {"name"});
        const std::string value = text_in(*item, {"value"});
        const bool is_good =
            core::is_token(name) && core::is_field_value(value) && !value.empty() && reserved(name).empty();
        const auto is_it = [&name](const auto& entry) {
          return core::equals_ignoring_case(entry.first, name);
        };
        if (is_good && std::ranges::none_of(set, is_it))
          set.emplace_back(name, literal_template(value));
        else
          draft_->note(document.place(*item), "the header " + name, std::string(reserved(name)));
      }
    }
    for (const std::string& name : texts_of(edits->find("remove"))) {
      if (core::is_token(name) && reserved(name).empty())
        remove.push_back(name);
      else
        draft_->note(document.place(*edits), "the header " + name, std::string(reserved(name)));
    }
  }

  void add_backends(const ImportDocument& document, const YamlNode& rule, DraftRoute& route) {
    for (const YamlNode* backend : items_of(rule.find("backendRefs"))) {
      const std::string kind = text_in(*backend, {"kind"});
      const std::string space = text_in(*backend, {"namespace"});
      const std::string weight_text = text_in(*backend, {"weight"});
      const auto weight = config::parse_count(weight_text.empty() ? "1" : weight_text);
      if (weight && *weight == 0) continue;
      const bool is_service = kind.empty() || kind == "Service";
      const std::string url = services_.url("http", space.empty() ? namespace_of(document.root) : space,
                                            text_in(*backend, {"name"}), text_in(*backend, {"port"}));
      if (!is_service || url.empty() || !weight || *weight > 100 || backend->find("filters") != nullptr) {
        draft_->note(document.place(*backend), "the backend " + text_in(*backend, {"name"}),
                     "write it into to of the route");
        continue;
      }
      route.to.emplace_back(url, static_cast<int>(*weight));
    }
    if (!route.to.empty()) return;
    draft_->note(document.place(rule), "where the rule leads", "write to of the route");
    route.to = {{"http://change-me.invalid", 1}};
  }

  std::vector<ImportDocument> routes_;
  std::vector<ImportDocument> gateways_;
  std::vector<ImportDocument> policies_;
  KubernetesServices services_;
  std::map<std::string, EnvoyAccess> access_;
  std::vector<LoosePath> loose_;
  bool is_closed_ = false;
  Draft* draft_ = nullptr;
};

}  // namespace

std::unique_ptr<ImportFormat> make_envoy_format() {
  return std::make_unique<EnvoyFormat>();
}

}  // namespace gateway
