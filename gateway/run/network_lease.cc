#include "gateway/run/network_lease.h"

#include <utility>

namespace gateway {
namespace {

config::UpstreamTls verified_against(const std::string& ca_file) {
  config::UpstreamTls settings;
  settings.ca_file = ca_file;
  return settings;
}

}  // namespace

template <typename T>
core::Result<T*> NetworkLease::keep(core::Result<std::shared_ptr<T>> asked) {
  if (!asked) return core::failure(std::move(asked.error()));
  T* borrowed = asked->get();
  kept_.insert(std::move(*asked));
  return borrowed;
}

core::Result<core::Connector*> NetworkLease::tls(const config::UpstreamTls& settings,
                                                 core::FetchProtocol protocol) {
  return keep(network_.tls(settings, protocol));
}

core::Result<core::HttpClient*> NetworkLease::http_client(const config::UpstreamTls& settings,
                                                          core::FetchProtocol protocol) {
  return keep(network_.http_client(settings, protocol));
}

core::Result<core::HttpClient*> NetworkLease::http_client(const config::Provider& provider) {
  config::UpstreamTls settings = verified_against(provider.ca_file);
  settings.certificate_file = provider.certificate_file;
  settings.key_file = provider.certificate_key_file;
  return http_client(settings);
}

core::Result<core::HttpClient*> NetworkLease::http_client(const std::string& ca_file) {
  return http_client(verified_against(ca_file));
}

core::Result<core::HttpClient*> NetworkLease::keeping_http_client(const std::string& ca_file) {
  return keep(network_.keeping_http_client(verified_against(ca_file)));
}

}  // namespace gateway
