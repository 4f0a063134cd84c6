#include "gateway/oidc/return_targets.h"

#include <algorithm>
#include <utility>

namespace gateway {
namespace {

core::Error refused(std::string text) {
  return {core::ErrorKind::refused, core::Side::client, "return address: " + std::move(text)};
}

/// A path of our own: begins with one slash, for two (or a backslash, which browsers take for one) name a
/// host.
bool is_path(std::string_view text) {
  return text.starts_with('/') && !text.starts_with("//") && !text.starts_with("/\\");
}

}  // namespace

ReturnTargets::ReturnTargets(const config::Config& config) : origins_(config.login.return_to) {
  const auto add = [this](const std::string& host) {
    core::Result<core::HostPattern> pattern = core::HostPattern::parse(host);
    if (!pattern) return;  // config has refused it
    if (pattern->kind() == core::HostPattern::Kind::any) {
      any_host_ = true;
    } else if (std::find(hosts_.begin(), hosts_.end(), *pattern) == hosts_.end()) {
      hosts_.push_back(std::move(*pattern));
    }
  };
  if (!config.login.host.empty()) add(config.login.host);
  for (const config::Route& route : config.routes) add(route.host);
}

bool ReturnTargets::is_ours(std::string_view host, std::string_view own) const {
  if (any_host_ && host == own) return true;
  return std::any_of(hosts_.begin(), hosts_.end(),
                     [host](const core::HostPattern& pattern) { return pattern.matches(host); });
}

bool ReturnTargets::is_own_page(std::string_view text, const Request& request) const {
  const core::Result<core::Url> url = core::parse_url(text);
  return url && url->scheme == "https" && url->effective_port() == request.port &&
         is_ours(url->authority.host, request.host);
}

core::Result<core::Url> ReturnTargets::check(std::string_view text, const Request& request) const {
  std::string absolute;
  if (is_path(text)) {
    absolute = request.origin();
    absolute.append(text);
    text = absolute;
  }
  core::Result<core::Url> url = core::parse_url(text);
  if (!url) return core::failure(refused("no URL of ours: " + url.error().text));
  if (url->scheme != "https") return core::failure(refused("not https"));
  if (std::find(origins_.begin(), origins_.end(), url->origin()) != origins_.end()) return url;
  if (url->effective_port() != request.port) return core::failure(refused("another port"));
  if (!is_ours(url->authority.host, request.host)) return core::failure(refused("another host"));
  return url;
}

std::string fitting_target(const core::Url& url) {
  std::string text = url.text();
  if (text.size() <= kMaxTargetBytes) return text;
  core::Url shorter = url;
  shorter.query.clear();
  text = shorter.text();
  return text.size() <= kMaxTargetBytes ? text : url.origin() + "/";
}

}  // namespace gateway
