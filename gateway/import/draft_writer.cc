#include "gateway/import/draft_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/yaml_writer.h"
#include "core/base/log.h"

namespace gateway {
namespace {

using config::list_of;
using config::quoted;

constexpr std::size_t kMostCommentBytes = 600;

/// A key of a map: quoted as a value is, but nothing in it is ever replaced.
std::string key_text(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string out = "\"";
  core::append_json_escaped(out, text);
  return out + "\"";
}

/// Words that are safe as they are stay so; all else is quoted.
std::string scalar(std::string_view text) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  const bool is_word = !text.empty() && text.front() != '-' && std::ranges::all_of(text, is_plain);
  return is_word ? std::string(text) : quoted(text);
}

std::string map_of(const DraftEntries& entries) {
  std::string out = "{";
  for (const auto& [key, value] : entries)
    out.append(out.size() > 1 ? ", " : "").append(key_text(key)).append(": ").append(scalar(value));
  return out + "}";
}

std::string text_of(const DraftSecret& secret) {
  const bool is_env = secret.kind == DraftSecret::Kind::env;
  return (is_env ? "{env: " : "{file: ") + quoted(secret.name) + "}";
}

/// One claim of a map: its path, and any of the values.
std::string claim_text(const DraftTest& test) {
  const std::vector<std::string> values(test.values.begin() + 1, test.values.end());
  return key_text(test.values.front()) + ": " + list_of(values);
}

std::string text_of(const DraftTest& test) {
  if (test.name == "authenticated") return "authenticated: true";
  if (test.name == "email_file") return "email: {file: " + quoted(test.values.front()) + "}";
  return test.name + ": " + list_of(test.values);
}

std::string text_of(const DraftRule& rule) {
  if (rule.empty()) return "{authenticated: true}";
  std::string out = "{";
  std::string claims;
  for (const DraftTest& test : rule) {
    if (test.name == "claim")
      claims.append(claims.empty() ? "" : ", ").append(claim_text(test));
    else
      out.append(out.size() > 1 ? ", " : "").append(text_of(test));
  }
  if (!claims.empty()) out.append(out.size() > 1 ? ", " : "").append("claim: {").append(claims).append("}");
  return out + "}";
}

std::string text_of(const DraftPath& path) {
  if (path.match == DraftMatch::exact) return "{exact: " + quoted(path.text) + "}";
  if (path.match == DraftMatch::regex) return "{regex: " + quoted(path.text) + "}";
  return quoted(path.text);
}

std::string engine_text(const DraftEngine& engine) {
  std::string out = "{url: " + quoted(engine.url) + ", convention: " + engine.convention;
  if (!engine.identity.empty()) out += ", identity: " + list_of(engine.identity);
  return out + "}";
}

std::string access_text(const DraftAccess& access) {
  if (access.kind == DraftAccess::Kind::open) return "public: true";
  if (access.kind == DraftAccess::Kind::engine) return "authorize: " + engine_text(access.engine);
  return "policy: " + access.policy;
}

class DraftWriter {
 public:
  std::string write(const Draft& draft) {
    write_head(draft);
    write_listen(draft);
    write_tls(draft);
    write_login(draft);
    write_policies(draft);
    line(0, "routes:");
    for (const DraftRoute& route : draft.routes) write_route(route);
    if (draft.routes.empty()) {
      comment(1, "no route was found; nothing is served but this answer");
      line(1, "- {host: change-me.invalid, respond: {status: 404}}");
    }
    return std::move(out_);
  }

 private:
  void line(std::size_t depth, std::string_view text) {
    out_.append(2 * depth, ' ').append(text).push_back('\n');
  }
  void entry(std::size_t depth, std::string_view key, std::string_view value) {
    line(depth, fmt::format("{}: {}", key, value));
  }
  void comment(std::size_t depth, std::string_view text) { line(depth, "# " + one_line(text)); }

  void write_head(const Draft& draft) {
    comment(0, "Written by `gateway import`. Read it, then try it: gateway check FILE");
    for (const std::string& remark : draft.remarks) comment(0, remark);
    for (const ImportNote& note : draft.notes) {
      std::string text = fmt::format("not carried over: {} ({})", note.what, note.at.text());
      if (!note.mend.empty()) text += ": " + note.mend;
      comment(0, text);
    }
  }

  void write_listen(const Draft& draft) {
    if (draft.listen.empty() && draft.trusted_proxies.empty()) return;
    line(0, "listen:");
    for (const auto& [key, value] : draft.listen) entry(1, key, scalar(value));
    if (!draft.trusted_proxies.empty()) entry(1, "trusted_proxies", list_of(draft.trusted_proxies));
  }

  void write_tls(const Draft& draft) {
    line(0, "tls:");
    line(1, "certificates:");
    if (draft.certificates.empty()) {
      comment(2, draft.had_acme ? "ordered by ACME there; here, in place of files: acme: {email: YOU} (which "
                                  "accepts the authority's terms)"
                                : "not in the input: name the files, or write in place of them: acme: "
                                  "{email: YOU} (which accepts the authority's terms)");
      line(2, R"(- {certificate: "/etc/gateway/tls/tls.crt", key: "/etc/gateway/tls/tls.key"})");
    }
    for (const auto& [certificate, key] : draft.certificates)
      line(2, fmt::format("- {{certificate: {}, key: {}}}", quoted(certificate), quoted(key)));
  }

  void write_login(const Draft& draft) {
    if (draft.providers.empty() && draft.clients.empty()) return;
    line(0, "login:");
    if (!draft.login_host.empty()) entry(1, "host", quoted(draft.login_host));
    if (!draft.login_prefix.empty()) entry(1, "prefix", quoted(draft.login_prefix));
    if (!draft.return_to.empty()) entry(1, "return_to", list_of(draft.return_to));
    write_session(draft);
    if (!draft.providers.empty()) line(1, "providers:");
    for (const DraftProvider& provider : draft.providers) write_provider(provider);
    if (!draft.clients.empty()) line(1, "clients:");
    for (const DraftClient& client : draft.clients) {
      entry(2, client.name,
            fmt::format("{{issuer: {}, audience: {}}}", quoted(client.issuer), quoted(client.audience)));
    }
  }

  void write_session(const Draft& draft) {
    if (draft.session.empty() && draft.redis_url.empty()) return;
    line(1, "session:");
    for (const auto& [key, value] : draft.session) entry(2, key, scalar(value));
    if (draft.redis_url.empty()) return;
    line(2, "store:");
    entry(3, "redis", quoted(draft.redis_url));
    if (draft.redis_password.kind != DraftSecret::Kind::none)
      entry(3, "password", text_of(draft.redis_password));
  }

  void write_provider(const DraftProvider& provider) {
    line(2, provider.name + ":");
    for (const auto& [key, value] : provider.entries) entry(3, key, scalar(value));
    if (provider.client_secret.kind != DraftSecret::Kind::none)
      entry(3, "client_secret", text_of(provider.client_secret));
    if (!provider.tenants.empty())
      entry(3, "tenant",
            provider.tenants.size() == 1 ? quoted(provider.tenants.front()) : list_of(provider.tenants));
    if (!provider.scopes.empty()) entry(3, "scopes", list_of(provider.scopes));
    if (!provider.claims.empty()) entry(3, "claims", map_of(provider.claims));
  }

  void write_rules(std::string_view key, const std::vector<DraftRule>& rules) {
    if (rules.empty()) return;
    line(2, fmt::format("{}:", key));
    for (const DraftRule& rule : rules) line(3, "- " + text_of(rule));
  }

  void write_policies(const Draft& draft) {
    if (draft.policies.empty()) return;
    line(0, "policies:");
    for (const DraftPolicy& policy : draft.policies) {
      line(1, policy.name + ":");
      write_rules("deny", policy.deny);
      write_rules("allow", policy.allow);
    }
  }

  void write_origins(const DraftRoute& route) {
    if (route.to.size() == 1) return entry(2, "to", quoted(route.to.front().first));
    line(2, "to:");
    for (const auto& [url, weight] : route.to)
      line(3, fmt::format("- {{url: {}, weight: {}}}", quoted(url), weight));
  }

  void write_route(const DraftRoute& route) {
    comment(1, "from " + route.at.text());
    for (const std::string& remark : route.remarks) comment(1, remark);
    line(1, "- host: " + quoted(route.host));
    if (route.path.match != DraftMatch::prefix || route.path.text != "/")
      entry(2, "path", text_of(route.path));
    if (!route.headers.empty()) {
      line(2, "headers:");
      for (const auto& [name, values] : route.headers) entry(3, key_text(name), list_of(values));
    }
    const bool is_closed = route.access.kind == DraftAccess::Kind::nobody && !route.status;
    if (is_closed) {
      for (const auto& [url, weight] : route.to) comment(2, "to: " + url);
      entry(2, "respond", "{status: 403, body: \"Not carried over: see the comments of gateway.yaml.\\n\"}");
    } else if (route.redirect) {
      entry(2, "redirect",
            fmt::format("{{to: {}, status: {}}}", quoted(route.redirect->to), route.redirect->status));
      if (route.access.kind != DraftAccess::Kind::open) line(2, access_text(route.access));
    } else if (route.status) {
      entry(2, "respond", fmt::format("{{status: {}}}", *route.status));
    } else {
      write_served(route);
    }
    write_maps(route);
  }

  void write_served(const DraftRoute& route) {
    write_origins(route);
    line(2, access_text(route.access));
    if (!route.identity.empty()) entry(2, "identity", route.identity);
    if (!route.identity_fields.empty()) {
      line(2, "identity:");
      for (const auto& [name, value] : route.identity_fields) entry(3, key_text(name), quoted(value));
    }
    if (route.forwards_id_token) entry(2, "forward_token", "id");
    if (route.strips_prefix) entry(2, "strip_prefix", "true");
    if (!route.rewrite.empty() && route.rewrite_regex.empty()) entry(2, "rewrite", quoted(route.rewrite));
    if (!route.rewrite_regex.empty()) {
      entry(2, "rewrite",
            fmt::format("{{regex: {}, to: {}}}", quoted(route.rewrite_regex), quoted(route.rewrite)));
    }
    for (const auto& [key, value] : route.entries) entry(2, key, scalar(value));
    if (!route.timeouts.empty()) entry(2, "timeouts", map_of(route.timeouts));
    if (!route.limits.empty()) write_limits(route.limits);
    if (!route.excepts.empty()) line(2, "except:");
    for (const DraftExcept& except : route.excepts) {
      std::string text = "- {path: " + text_of(except.path) + ", " + access_text(except.access);
      if (!except.methods.empty()) text += ", methods: " + list_of(except.methods);
      line(3, text + "}");
    }
    write_edits("request_headers", route.set_request_headers, route.remove_request_headers);
  }

  /// A rate is a map: written as it is.
  void write_limits(const DraftEntries& limits) {
    std::string text = "{";
    for (const auto& [key, value] : limits)
      text.append(text.size() > 1 ? ", " : "").append(key).append(": ").append(value);
    entry(2, "limits", text + "}");
  }

  void write_edits(std::string_view key, const DraftEntries& set, const std::vector<std::string>& remove) {
    if (set.empty() && remove.empty()) return;
    line(2, fmt::format("{}:", key));
    if (!set.empty()) line(3, "set:");
    for (const auto& [name, value] : set) entry(4, key_text(name), quoted(value));
    if (!remove.empty()) entry(3, "remove", list_of(remove));
  }

  /// What an answer of the gateway itself has, too.
  void write_maps(const DraftRoute& route) {
    write_edits("response_headers", route.set_response_headers, route.remove_response_headers);
    if (route.cors.empty()) return;
    line(2, "cors:");
    for (const auto& [key, value] : route.cors) entry(3, key, value);
  }

  std::string out_;
};

}  // namespace

std::string write_draft(const Draft& draft) {
  return DraftWriter().write(draft);
}

std::string one_line(std::string_view text) {
  std::string out;
  core::append_terminal_safe(out, text.substr(0, kMostCommentBytes), core::Quotes::kept);
  return out;
}

}  // namespace gateway
