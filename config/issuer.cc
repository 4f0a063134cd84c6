#include "config/issuer.h"

#include <algorithm>

namespace config {
namespace {

constexpr std::string_view kTenantPlace = "{tenantid}";
constexpr std::string_view kVersion = "/v2.0";
constexpr std::size_t kTenantBytes = 36;

/// Whether each tenant has an issuer of its own, so that none can be written down. `consumers` is one tenant,
/// and its metadata names it.
bool is_shared(const Provider& provider) {
  return provider.type == ProviderType::entra && provider.tenant.size() != kTenantBytes;
}

bool is_tenant(std::string_view text) {
  return text.size() == kTenantBytes && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
         });
}

constexpr std::string_view kConsumers = "9188040d-6c67-4c5b-b112-36a304b66dad";

bool lets_in(const Provider& provider, std::string_view tenant) {
  if (!provider.tenants.empty()) return std::ranges::find(provider.tenants, tenant) != provider.tenants.end();
  if (provider.tenant == "consumers") return tenant == kConsumers;
  return provider.tenant == "common" || tenant != kConsumers;
}

}  // namespace

std::string_view tenant_of(const Provider& provider, std::string_view issuer) {
  if (!is_shared(provider)) return {};
  const std::size_t before = provider.issuer.size() - provider.tenant.size() - kVersion.size();
  if (issuer.size() != before + kTenantBytes + kVersion.size() || !issuer.ends_with(kVersion)) return {};
  if (!issuer.starts_with(std::string_view(provider.issuer).substr(0, before))) return {};
  const std::string_view tenant = issuer.substr(before, kTenantBytes);
  return is_tenant(tenant) ? tenant : std::string_view();
}

bool is_issuer_of(const Provider& provider, std::string_view issuer) {
  if (!is_shared(provider)) return issuer == provider.issuer;
  const std::string_view tenant = tenant_of(provider, issuer);
  return !tenant.empty() && lets_in(provider, tenant);
}

std::string published_issuer(const Provider& provider) {
  if (!is_shared(provider)) return provider.issuer;
  const std::string_view tenant = provider.tenant == "consumers" ? kConsumers : kTenantPlace;
  return (provider.issuer_url.origin() + "/").append(tenant).append(kVersion);
}

}  // namespace config
