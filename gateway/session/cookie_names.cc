#include "gateway/session/cookie_names.h"

namespace gateway {
namespace {

constexpr std::string_view kHostPrefix = "__Host-";

SessionCookieNames chunk_names(const std::string& base) {
  SessionCookieNames result;
  result.names[0] = base;
  for (std::size_t chunk = 1; chunk < kMaxSessionChunks; ++chunk) {
    result.names[chunk] = base + "-" + std::to_string(chunk);
  }
  return result;
}

}  // namespace

std::optional<std::size_t> SessionCookieNames::chunk_of(std::string_view name) const {
  if (!name.starts_with(names[0])) return std::nullopt;
  for (std::size_t chunk = 0; chunk < names.size(); ++chunk) {
    if (name == names[chunk]) return chunk;
  }
  return std::nullopt;
}

CookieNames::CookieNames(const config::SessionSettings& settings)
    : base_(settings.cookie_name),
      domain_(settings.cookie_domain),
      host_cookies_(chunk_names(std::string(kHostPrefix) + base_)),
      domain_cookies_(chunk_names(base_)),
      state_prefix_(std::string(kHostPrefix) + base_ + "-state-"),
      return_prefix_(std::string(kHostPrefix) + base_ + "-return-"),
      round_(std::string(kHostPrefix) + base_ + "-round"),
      origin_prefix_(std::string(kHostPrefix) + base_ + "-origin-") {}

bool CookieNames::shares_domain(std::string_view host) const {
  if (domain_.empty() || !host.ends_with(domain_)) return false;
  return host.size() == domain_.size() || host[host.size() - domain_.size() - 1] == '.';
}

SessionScope CookieNames::session_at(std::string_view host) const {
  if (shares_domain(host)) return {domain_cookies_, domain_, domain_};
  return {host_cookies_, host, {}};
}

bool CookieNames::is_ours(std::string_view name) const {
  if (name.starts_with(kHostPrefix)) name.remove_prefix(kHostPrefix.size());
  if (!name.starts_with(base_)) return false;
  if (domain_cookies_.chunk_of(name)) return true;
  name.remove_prefix(base_.size());
  return name.starts_with("-state-") || name.starts_with("-return-") || name.starts_with("-origin-") ||
         name == "-round";
}

}  // namespace gateway
