#include "gateway/run/network.h"

#include <fmt/format.h>

#include "config/file_stamp.h"
#include "tls/connector.h"

namespace gateway {
namespace {

/// Another text for each state of the files that the settings name.
std::string state_of_files(const config::UpstreamTls& settings) {
  std::string state;
  for (const std::string* file : {&settings.ca_file, &settings.certificate_file, &settings.key_file}) {
    if (file->empty()) continue;
    const config::FileStamp stamp = config::stamp_of(*file).value_or(config::FileStamp());
    state.append(fmt::format("{}:{}:{}:{}:{};", stamp.device, stamp.inode, stamp.bytes, stamp.modified_ns,
                             stamp.changed_ns));
  }
  return state;
}

}  // namespace

Network::Network(core::Loop& loop, const std::vector<core::Endpoint>& servers)
    : loop_(loop),
      resolver_(core::make_resolver(loop, servers)),
      tcp_(core::make_tcp_connector(loop, *resolver_)) {}

Network::Network(core::Loop& loop, StandIns stand_ins)
    : loop_(loop),
      resolver_(std::move(stand_ins.resolver)),
      tcp_(std::move(stand_ins.origins)),
      others_(std::move(stand_ins.others)) {}

core::Result<core::Connector*> Network::tls(const config::UpstreamTls& settings,
                                            core::FetchProtocol protocol) {
  if (others_ != nullptr) return tcp_.get();
  std::unique_ptr<core::Connector>& connector = tls_[{settings, protocol, state_of_files(settings)}];
  if (!connector) {
    tls::ClientOptions options;
    options.ca_file = settings.ca_file;
    options.server_name = settings.server_name;
    options.certificate_file = settings.certificate_file;
    options.key_file = settings.key_file;
    if (protocol == core::FetchProtocol::http2) {
      options.protocols = {"h2"};
      options.protocol_need = tls::ProtocolNeed::required;
    }
    auto made = tls::make_connector(loop_, scratch_, *tcp_, options);
    if (!made) return core::failure(std::move(made.error()));
    connector = std::move(*made);
  }
  return connector.get();
}

core::Result<core::FetchConnectors> Network::ways(const config::UpstreamTls& settings,
                                                  core::FetchProtocol protocol) {
  if (others_ != nullptr) return core::FetchConnectors{others_.get(), others_.get()};
  core::Result<core::Connector*> secure = tls(settings, protocol);
  if (!secure) return core::failure(std::move(secure.error()));
  return core::FetchConnectors{tcp_.get(), *secure};
}

core::Result<core::HttpClient*> Network::http_client(const config::UpstreamTls& settings,
                                                     core::FetchProtocol protocol) {
  std::unique_ptr<core::HttpClient>& client = clients_[{settings, protocol, state_of_files(settings)}];
  if (!client) {
    core::Result<core::FetchConnectors> reached = ways(settings, protocol);
    if (!reached) return core::failure(std::move(reached.error()));
    client = core::make_http_client(loop_, *reached, protocol);
  }
  return client.get();
}

core::Result<core::HttpClient*> Network::http_client(const config::Provider& provider) {
  config::UpstreamTls settings;
  settings.ca_file = provider.ca_file;
  settings.certificate_file = provider.certificate_file;
  settings.key_file = provider.certificate_key_file;
  return http_client(settings);
}

core::Result<core::HttpClient*> Network::http_client(const std::string& ca_file) {
  config::UpstreamTls settings;
  settings.ca_file = ca_file;
  return http_client(settings);
}

core::Result<core::HttpClient*> Network::keeping_http_client(const std::string& ca_file) {
  config::UpstreamTls settings;
  settings.ca_file = ca_file;
  std::unique_ptr<core::HttpClient>& client =
      keeping_[{settings, core::FetchProtocol::http1, state_of_files(settings)}];
  if (!client) {
    core::Result<core::FetchConnectors> reached = ways(settings, core::FetchProtocol::http1);
    if (!reached) return core::failure(std::move(reached.error()));
    client = core::make_keeping_http_client(loop_, *reached);
  }
  return client.get();
}

}  // namespace gateway
