// Which issuers a provider of the configuration stands for: one, or with several tenants (type: entra) one
// for each, by the template that Microsoft publishes ("{tenantid}").
#pragma once

#include <string>
#include <string_view>

#include "config/types_access.h"

namespace config {

/// Whether tokens of this issuer are the provider's, and sessions of it go on. Allocates nothing.
bool is_issuer_of(const Provider& provider, std::string_view issuer);
/// The `issuer` that the provider's metadata must name, byte for byte.
std::string published_issuer(const Provider& provider);
/// The tenant that an issuer of the provider names; empty where there is only one, or
/// where it is no issuer of the provider. A view into `issuer`.
std::string_view tenant_of(const Provider& provider, std::string_view issuer);

}  // namespace config
