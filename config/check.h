// Rules across sections, on a configuration whose sections are each in order: unknown names, routes nobody
// can reach, what the login needs, and what is allowed but doubtful (warnings).
#pragma once

#include "config/diagnostic.h"
#include "config/types.h"

namespace config {

/// Fills in login.host where it follows from the routes, then runs every check below.
void check(Config& config, Findings& findings);

// check_matches
void check_matches(const Config& config, Findings& findings);
void warn_changed_paths(const Config& config, Findings& findings);

// check_acme
void check_acme(const Config& config, Findings& findings);

// check_routes
void check_login_prefix(const Config& config, Findings& findings);
void check_encoded_slashes(const Config& config, Findings& findings);
void check_health_path(const Config& config, Findings& findings);
void warn_rates(const Config& config, Findings& findings);
/// response_headers of a route with cors must leave the Access-Control fields to it.
void check_cross_origin(const Config& config, Findings& findings);
void check_header_owners(const Config& config, Findings& findings);
void warn_plain_upstreams(const Config& config, Findings& findings);
void refuse_control_as_origin(const Config& config, Findings& findings);
void refuse_admin_as_origin(const Config& config, Findings& findings);
void warn_own_listeners(const Config& config, Findings& findings);

// check_credentials
void check_credentials(const Config& config, Findings& findings);

// services
/// No more services of a cluster than can be followed.
void check_services(const Config& config, Findings& findings);

// check_storage
void check_storage(const Config& config, Findings& findings);

// check_policies
/// Fills in where roles are and whose organisations are meant; reports circles of policies.
void settle_policies(Config& config, Findings& findings);

// check_clients
void check_clients(const Config& config, Findings& findings);

// check_client_certificates
void check_client_certificates(const Config& config, Findings& findings);

// own_issuers
/// Fills in connect_to of providers and clients whose issuer a route of this file serves over plain http.
void settle_own_issuers(Config& config);

// check_tracing
void warn_tracing(const Config& config, Findings& findings);

// check_login
void settle_login_host(Config& config, Findings& findings);
void check_providers(const Config& config, Findings& findings);
void warn_cookie_domain(const Config& config, Findings& findings);
/// A script of an app at login.host is of the same origin as the pages that make tokens.
void warn_apps_at_login_host(const Config& config, Findings& findings);
/// Proxies that ask but are not trusted_proxies leave rules about addresses without an answer.
void warn_clients_of_asking_proxies(const Config& config, Findings& findings);
void warn_open_policies(const Config& config, Findings& findings);
void warn_ambiguous_identity(const Config& config, Findings& findings);

/// Whether a host name or address plainly lies inside a private network.
bool looks_private(const std::string& host);
/// Whether the route or one of its excepts asks for a session.
bool is_protected(const Route& route);
/// Whether `host` is `domain` or below it; a wildcard by what stands behind its star.
bool is_within_domain(std::string_view host, std::string_view domain);
/// Whether `domain` is one under which strangers register names ("com", "co.uk", "github.io"). Knows the
/// common ones only; a single label always is.
bool is_public_suffix(std::string_view domain);

}  // namespace config
