// What oauth2-proxy's options are as a gateway.yaml: its provider, whom it lets in, its upstreams and what it
// tells them.
#pragma once

#include "gateway/import/draft.h"
#include "gateway/import/proxy_options.h"

namespace gateway {

/// Adds all of it to the draft. `draft.login_policy` is whom it lets in.
void draft_proxy(const ProxyOptions& options, Draft& draft);

/// The part of it that says who signs in where: the provider, and the session.
void draft_proxy_login(const ProxyOptions& options, Draft& draft);

/// Whom it lets in, as `draft.login_policy`.
void draft_proxy_policy(const ProxyOptions& options, Draft& draft);

/// Whether the URL that another proxy asks about requests is an oauth2-proxy's.
bool is_of_oauth2_proxy(const std::string& url);

/// The fields of oauth2-proxy's answer that the app was sent, as the identity of the route.
void put_identity(const std::vector<std::string>& fields, const ImportPlace& at, DraftRoute& route,
                  Draft& draft);

/// A duration of Go ("168h0m0s", "1h30m") as gateway.yaml has it; empty if it is none, or none of whole
/// seconds.
std::string duration_of_go(std::string_view text);

}  // namespace gateway
