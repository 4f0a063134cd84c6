#include "gateway/run/network.h"

#include "tls/connector.h"

namespace gateway {

Network::Network(core::Loop& loop, const std::vector<core::Endpoint>& servers)
    : loop_(loop),
      resolver_(core::make_resolver(loop, servers)),
      tcp_(core::make_tcp_connector(loop, *resolver_)) {}

core::Result<core::Connector*> Network::tls(const std::string& ca_file, const std::string& server_name) {
  std::unique_ptr<core::Connector>& connector = tls_[{ca_file, server_name}];
  if (!connector) {
    tls::ClientOptions options;
    options.ca_file = ca_file;
    options.server_name = server_name;
    auto made = tls::make_connector(loop_, scratch_, *tcp_, options);
    if (!made) return core::failure(std::move(made.error()));
    connector = std::move(*made);
  }
  return connector.get();
}

core::Result<core::HttpClient*> Network::http_client(const std::string& ca_file,
                                                     const std::string& server_name) {
  std::unique_ptr<core::HttpClient>& client = clients_[{ca_file, server_name}];
  if (!client) {
    core::Result<core::Connector*> secure = tls(ca_file, server_name);
    if (!secure) return core::failure(std::move(secure.error()));
    client = core::make_http_client(loop_, core::FetchConnectors{tcp_.get(), *secure});
  }
  return client.get();
}

}  // namespace gateway
