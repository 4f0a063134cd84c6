#include "gateway/import/ingress_known.h"

#include <algorithm>
#include <array>

#include "gateway/import/documents.h"

namespace gateway {
namespace {

/// Of what is not here it is not known whether it kept somebody out.
constexpr auto kKnown = std::to_array<KnownAnnotation>({
    {"auth-url"},
    {"auth-signin"},
    {"auth-signin-redirect-param", AnnotationFate::ours},
    {"auth-method", AnnotationFate::ours},
    {"auth-response-headers"},
    {"auth-request-redirect", AnnotationFate::ours},
    {"auth-cache-key", AnnotationFate::ours},
    {"auth-cache-duration", AnnotationFate::ours},
    {"auth-keepalive", AnnotationFate::ours},
    {"auth-keepalive-requests", AnnotationFate::ours},
    {"auth-keepalive-share-vars", AnnotationFate::ours},
    {"auth-keepalive-timeout", AnnotationFate::ours},
    {"auth-always-set-cookie", AnnotationFate::ours},
    {"auth-proxy-set-headers", AnnotationFate::closing, "see authorize.send"},
    {"auth-snippet", AnnotationFate::closing, "write its rule into a policy"},
    {"enable-global-auth"},
    {"satisfy", AnnotationFate::closing, "of several rules all must hold here"},
    {"auth-type", AnnotationFate::closing,
     "passwords are asked for by nobody here; people sign in, programs have tokens"},
    {"auth-secret", AnnotationFate::closing, "see auth-type"},
    {"auth-secret-type", AnnotationFate::ours},
    {"auth-realm", AnnotationFate::ours},
    {"auth-tls-secret", AnnotationFate::closing, "see login.client_certificates"},
    {"auth-tls-verify-client", AnnotationFate::closing, "see login.client_certificates"},
    {"auth-tls-verify-depth", AnnotationFate::ours},
    {"auth-tls-error-page", AnnotationFate::lost},
    {"auth-tls-pass-certificate-to-upstream", AnnotationFate::lost},
    {"auth-tls-match-cn", AnnotationFate::closing, "see login.client_certificates"},
    {"whitelist-source-range"},
    {"allowlist-source-range"},
    {"denylist-source-range"},
    {"rewrite-target"},
    {"use-regex"},
    {"app-root", AnnotationFate::lost, "see redirect of a route for {exact: /}"},
    {"ssl-redirect", AnnotationFate::ours},
    {"force-ssl-redirect", AnnotationFate::ours},
    {"preserve-trailing-slash", AnnotationFate::ours},
    {"permanent-redirect"},
    {"permanent-redirect-code"},
    {"temporal-redirect"},
    {"temporal-redirect-code"},
    {"from-to-www-redirect", AnnotationFate::lost, "write a route with redirect for the other host"},
    {"server-alias"},
    {"x-forwarded-prefix", AnnotationFate::ours},
    {"upstream-vhost"},
    {"default-backend", AnnotationFate::lost},
    {"custom-http-errors", AnnotationFate::lost},
    {"backend-protocol"},
    {"service-upstream", AnnotationFate::ours},
    {"proxy-ssl-secret", AnnotationFate::lost, "see tls of the routes"},
    {"proxy-ssl-verify"},
    {"proxy-ssl-name", AnnotationFate::lost, "see tls.server_name of the routes"},
    {"proxy-ssl-server-name", AnnotationFate::ours},
    {"proxy-ssl-verify-depth", AnnotationFate::ours},
    {"proxy-ssl-ciphers", AnnotationFate::ours},
    {"proxy-ssl-protocols", AnnotationFate::ours},
    {"proxy-body-size"},
    {"client-body-buffer-size", AnnotationFate::ours},
    {"proxy-connect-timeout"},
    {"proxy-send-timeout", AnnotationFate::ours},
    {"proxy-read-timeout"},
    {"proxy-next-upstream", AnnotationFate::ours},
    {"proxy-next-upstream-tries", AnnotationFate::ours},
    {"proxy-next-upstream-timeout", AnnotationFate::ours},
    {"proxy-buffering", AnnotationFate::ours},
    {"proxy-request-buffering", AnnotationFate::ours},
    {"proxy-buffer-size", AnnotationFate::ours},
    {"proxy-buffers-number", AnnotationFate::ours},
    {"proxy-busy-buffers-size", AnnotationFate::ours},
    {"proxy-max-temp-file-size", AnnotationFate::ours},
    {"proxy-http-version", AnnotationFate::ours},
    {"proxy-cookie-domain", AnnotationFate::lost},
    {"proxy-cookie-path", AnnotationFate::lost},
    {"proxy-redirect-from", AnnotationFate::lost},
    {"proxy-redirect-to", AnnotationFate::lost},
    {"connection-proxy-header", AnnotationFate::ours},
    {"custom-headers", AnnotationFate::lost, "see response_headers of the routes"},
    {"limit-rps"},
    {"limit-rpm"},
    {"limit-burst-multiplier"},
    {"limit-connections", AnnotationFate::lost, "see limits.rate"},
    {"limit-whitelist", AnnotationFate::ours},
    {"limit-rate", AnnotationFate::lost},
    {"limit-rate-after", AnnotationFate::lost},
    {"canary"},
    {"affinity", AnnotationFate::lost, "see balance: cookie"},
    {"affinity-mode", AnnotationFate::ours},
    {"affinity-canary-behavior", AnnotationFate::ours},
    {"load-balance", AnnotationFate::ours},
    {"upstream-hash-by", AnnotationFate::lost, "see balance: client_ip"},
    {"mirror-target", AnnotationFate::lost},
    {"mirror-request-body", AnnotationFate::ours},
    {"mirror-host", AnnotationFate::ours},
    {"enable-cors"},
    {"cors-allow-origin"},
    {"cors-allow-methods"},
    {"cors-allow-headers"},
    {"cors-allow-credentials"},
    {"cors-expose-headers"},
    {"cors-max-age"},
    {"configuration-snippet"},
    {"server-snippet"},
    {"stream-snippet", AnnotationFate::lost},
    {"ssl-passthrough", AnnotationFate::closing, "TLS ends at the gateway"},
    {"enable-modsecurity", AnnotationFate::closing, "put what inspects requests in front or behind"},
    {"modsecurity-snippet", AnnotationFate::closing, "put what inspects requests in front or behind"},
    {"enable-owasp-core-rules", AnnotationFate::closing, "put what inspects requests in front or behind"},
    {"enable-access-log", AnnotationFate::ours},
    {"enable-rewrite-log", AnnotationFate::ours},
    {"enable-opentelemetry", AnnotationFate::ours},
    {"ssl-ciphers", AnnotationFate::ours},
    {"ssl-prefer-server-ciphers", AnnotationFate::ours},
    {"http2-push-preload", AnnotationFate::ours},
    {"websocket-services", AnnotationFate::ours},
});

/// Directives of a snippet that let nobody in and keep nobody out.
constexpr auto kHarmless = std::to_array<std::string_view>({"more_set_headers",
                                                            "add_header",
                                                            "more_clear_headers",
                                                            "proxy_set_header",
                                                            "proxy_hide_header",
                                                            "proxy_buffering",
                                                            "proxy_buffers",
                                                            "proxy_buffer_size",
                                                            "proxy_busy_buffers_size",
                                                            "proxy_read_timeout",
                                                            "proxy_send_timeout",
                                                            "proxy_connect_timeout",
                                                            "client_max_body_size",
                                                            "gzip",
                                                            "gzip_types",
                                                            "expires",
                                                            "sub_filter",
                                                            "proxy_http_version",
                                                            "proxy_request_buffering",
                                                            "send_timeout",
                                                            "keepalive_timeout",
                                                            "large_client_header_buffers",
                                                            "access_log"});

}  // namespace

const KnownAnnotation* known_annotation(std::string_view name) {
  const auto found = std::ranges::find(kKnown, name, &KnownAnnotation::name);
  return found == kKnown.end() ? nullptr : &*found;
}

bool is_harmless_snippet(const std::string& snippet) {
  for (const std::string& line : split_list(snippet, '\n')) {
    if (line.starts_with('#')) continue;
    for (const std::string& directive : split_list(line, ';')) {
      const std::string name = directive.substr(0, directive.find_first_of(" \t"));
      const bool has_block = directive.find_first_of("{}") != std::string::npos;
      if (has_block || std::ranges::find(kHarmless, name) == kHarmless.end()) return false;
    }
  }
  return true;
}

}  // namespace gateway
