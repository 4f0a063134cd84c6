// The effective configuration as YAML that loads to the same value, but for secrets that stood in the file.
#include "config/print.h"

#include <fmt/format.h>

#include <array>

#include "config/loader.h"

namespace config {
namespace {

constexpr std::array<std::string_view, 4> kStyles{"auto", "text", "json", "combined"};
constexpr std::array<std::string_view, 4> kLevels{"error", "warn", "info", "debug"};

std::string text_of(const ListenAddress& address) {
  if (!address.ip) return quoted(":" + std::to_string(address.port));
  return quoted(core::Endpoint{*address.ip, address.port, {}}.text());
}

std::string text_of(const std::vector<ListenAddress>& addresses) {
  if (addresses.empty()) return "\"off\"";
  std::string out = "[";
  for (const ListenAddress& address : addresses)
    out.append(out.size() > 1 ? ", " : "").append(text_of(address));
  return out + "]";
}

std::string text_of(const std::vector<core::Network>& networks) {
  std::vector<std::string> texts;
  texts.reserve(networks.size());
  for (const core::Network& network : networks) texts.push_back(network.text());
  return list_of(texts);
}

void print_proxies(const Listen& listen, Writer& out) {
  if (listen.proxy_protocol.from.empty()) {
    out.entry("proxy_protocol", "\"off\"");
  } else {
    out.open("proxy_protocol");
    out.entry("from", text_of(listen.proxy_protocol.from));
    const bool is_required = listen.proxy_protocol.mode == ProxyProtocolMode::required;
    out.entry("mode", is_required ? "required" : "optional");
    if (!listen.proxy_protocol.except.empty()) out.entry("except", text_of(listen.proxy_protocol.except));
    out.close();
  }
  out.entry("trusted_proxies", text_of(listen.trusted_proxies));
  if (!listen.trusted_proxies.empty()) out.entry("client_ip_header", quoted(listen.client_ip_header));
}

void print_strict_transport(const Tls& tls, Writer& out) {
  if (!tls.strict_transport) return out.entry("hsts", "\"off\"");
  const StrictTransport& hsts = *tls.strict_transport;
  out.entry("hsts", "{max_age: " + duration_text(hsts.max_age) +
                        ", subdomains: " + (hsts.includes_subdomains ? "true" : "false") +
                        ", preload: " + (hsts.preload ? "true" : "false") + "}");
}

void print_certificates(const Tls& tls, Writer& out) {
  if (tls.certificates.empty()) return;
  out.open("certificates");
  for (const CertificateFiles& files : tls.certificates) {
    out.item();
    out.entry("certificate", quoted(files.certificate));
    out.entry("key", quoted(files.key));
    if (files.ocsp) out.entry("ocsp", "true");
    out.close();
  }
  out.close();
}

std::string admin_text(const Listen& listen) {
  if (listen.admin_socket.empty()) return text_of(listen.admin);
  std::string out = "[" + quoted(listen.admin_socket);
  for (const ListenAddress& address : listen.admin) out.append(", ").append(text_of(address));
  return out + "]";
}

void print_listen(const Config& config, Writer& out) {
  out.open("listen");
  out.entry("https", text_of(config.listen.https));
  out.entry("http", text_of(config.listen.http));
  out.entry("plain", text_of(config.listen.plain));
  print_proxies(config.listen, out);
  out.entry("public_port", config.listen.public_port ? std::to_string(*config.listen.public_port) : "auto");
  out.entry("health_path", config.listen.health_path.empty() ? "\"off\"" : quoted(config.listen.health_path));
  out.entry("admin", admin_text(config.listen));
  if (!config.listen.admin_token.origin.empty()) out.entry("admin_token", text_of(config.listen.admin_token));
  out.entry("control", config.listen.control.empty() ? "\"off\"" : quoted(config.listen.control));
  out.close();
  out.entry("workers", config.workers ? std::to_string(*config.workers) : "auto");
  std::vector<std::string> servers;
  servers.reserve(config.resolver.size());
  for (const core::Endpoint& server : config.resolver) servers.push_back(server.text());
  out.entry("resolver", servers.empty() ? "system" : list_of(servers));
  out.open("tls");
  out.entry("min_version", config.tls.min_version == TlsVersion::tls_1_3 ? "\"1.3\"" : "\"1.2\"");
  print_strict_transport(config.tls, out);
  if (config.tls.acme) print_acme(*config.tls.acme, out);
  print_certificates(config.tls, out);
  out.close();
  print_storage(config.storage, out);
  print_kubernetes(config, out);
}

void print_limits(const ListenerLimits& limits, Writer& out) {
  const auto bytes = [](std::uint64_t count) { return std::to_string(count) + "B"; };
  out.open("limits");
  out.entry("header_bytes", bytes(limits.http.header_bytes));
  out.entry("headers", std::to_string(limits.http.header_count));
  out.entry("uri", bytes(limits.http.uri_bytes));
  out.entry("header_time", duration_text(limits.http.header_time));
  out.entry("body_rate", bytes(limits.http.body_rate) + "/s");
  out.entry("keep_alive", duration_text(limits.http.keep_alive));
  out.entry("streams", std::to_string(limits.http.streams));
  out.entry("connections", limits.connections ? std::to_string(*limits.connections) : "auto");
  out.close();
}

std::string text_of(const LogSettings& log) {
  switch (log.access) {
    case AccessLogTarget::off:
      return "\"off\"";
    case AccessLogTarget::standard_output:
      return "stdout";
    case AccessLogTarget::standard_error:
      return "stderr";
    case AccessLogTarget::file:
      return quoted(log.access_file);
  }
  return "stdout";
}

void print_log(const LogSettings& log, Writer& out) {
  out.open("log");
  out.entry("format", kStyles[static_cast<std::size_t>(log.format)]);
  out.entry("access", text_of(log));
  out.entry("level", kLevels[static_cast<std::size_t>(log.level)]);
  if (!log.audit_file.empty()) out.entry("audit", quoted(log.audit_file));
  out.close();
}

void print_tracing(const std::optional<Tracing>& tracing, Writer& out) {
  if (!tracing) return;
  out.open("tracing");
  out.entry("otlp", quoted(tracing->otlp.text()));
  if (!tracing->headers.empty()) {
    out.open("headers");
    for (const auto& [name, value] : tracing->headers) out.entry(quoted(name), text_of(value));
    out.close();
  }
  if (!tracing->ca.empty()) out.entry("ca", quoted(tracing->ca));
  out.entry("inbound", tracing->inbound == InboundTrace::restart ? "restart" : "continue");
  out.entry("sample", fmt::format("{}", tracing->sample));
  out.entry("service_name", quoted(tracing->service_name));
  out.close();
}

}  // namespace

std::string print(const Config& config) {
  Writer out;
  print_listen(config, out);
  print_login(config.login, config.policies, out);
  print_policies(config.policies, out);
  print_limits(config.limits, out);
  out.entry("shutdown", "{delay: " + duration_text(config.shutdown.delay) +
                            ", timeout: " + duration_text(config.shutdown.timeout) + "}");
  print_log(config.log, out);
  print_tracing(config.tracing, out);
  print_routes(config, out);
  return out.take();
}

}  // namespace config
