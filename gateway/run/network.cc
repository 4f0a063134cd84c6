#include "gateway/run/network.h"

#include <fmt/format.h>

#include <utility>

#include "config/file_stamp.h"
#include "tls/connector.h"

namespace gateway {
namespace {

using core::Flow;
using StreamOwner = std::unique_ptr<core::ByteStream>;

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

/// Lives until the last connection that it began to open is open.
class LastingConnector final : public core::Connector, public std::enable_shared_from_this<LastingConnector> {
 public:
  explicit LastingConnector(std::unique_ptr<core::Connector> connector) : connector_(std::move(connector)) {}
  Flow<StreamOwner> connect(core::HostPort to, core::Deadline deadline) override {
    return finish(shared_from_this(), connector_->connect(std::move(to), deadline));
  }

 private:
  static Flow<StreamOwner> finish(std::shared_ptr<core::Connector> /*kept*/, Flow<StreamOwner> connecting) {
    StreamOwner stream = co_await std::move(connecting);
    co_return stream;
  }

  std::unique_ptr<core::Connector> connector_;
};

/// Lives until the last exchange that it began has ended.
class LastingClient final : public core::HttpClient, public std::enable_shared_from_this<LastingClient> {
 public:
  LastingClient(Network::SharedConnector secure, std::unique_ptr<core::HttpClient> client)
      : secure_(std::move(secure)), client_(std::move(client)) {}
  Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits limits) override {
    return finish(shared_from_this(), client_->fetch(std::move(request), limits));
  }

 private:
  static Flow<core::FetchResponse> finish(std::shared_ptr<core::HttpClient> /*kept*/,
                                          Flow<core::FetchResponse> fetching) {
    core::FetchResponse response = co_await std::move(fetching);
    co_return response;
  }

  Network::SharedConnector secure_;
  std::unique_ptr<core::HttpClient> client_;
};

/// Destroyed at the end of a turn: a connection of it may be what lets go of it last.
template <typename T>
std::shared_ptr<T> share(core::Loop& loop, std::unique_ptr<T> object) {
  struct Leaving final : core::Retirable {
    explicit Leaving(T* object) : owned(object) {}
    std::unique_ptr<T> owned;
  };
  return {object.release(), [&loop](T* left) { loop.retire(std::make_unique<Leaving>(left)); }};
}

/// What nobody has any more is forgotten where something new comes.
template <typename Kept>
void forget_unused(Kept& kept) {
  std::erase_if(kept, [](const auto& entry) { return entry.second.expired(); });
}

template <typename Kept>
std::size_t count_used(const Kept& kept) {
  std::size_t used = 0;
  for (const auto& [settings, entry] : kept) used += entry.expired() ? 0 : 1;
  return used;
}

/// Somebody else's, who outlives this.
Network::SharedConnector borrow(core::Connector& connector) {
  return {std::shared_ptr<void>(), &connector};
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

Network::~Network() {
  // Connections that are to go at the end of a turn use what goes here.
  loop_.discard();
}

std::size_t Network::shared() const {
  return count_used(tls_) + count_used(clients_) + count_used(keeping_);
}

core::Result<Network::SharedConnector> Network::tls(const config::UpstreamTls& settings,
                                                    core::FetchProtocol protocol) {
  if (others_ != nullptr) return borrow(*tcp_);
  Settings key{settings, protocol, state_of_files(settings)};
  const auto known = tls_.find(key);
  if (SharedConnector connector = known == tls_.end() ? nullptr : known->second.lock()) return connector;
  core::Result<SharedConnector> made = make_tls(settings, protocol);
  if (!made) return made;
  forget_unused(tls_);
  tls_[std::move(key)] = *made;
  return made;
}

core::Result<Network::SharedConnector> Network::make_tls(const config::UpstreamTls& settings,
                                                         core::FetchProtocol protocol) {
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
  return share<LastingConnector>(loop_, std::make_unique<LastingConnector>(std::move(*made)));
}

core::Result<Network::SharedConnector> Network::secure(const config::UpstreamTls& settings,
                                                       core::FetchProtocol protocol) {
  if (others_ != nullptr) return borrow(*others_);
  return tls(settings, protocol);
}

core::Result<Network::SharedClient> Network::http_client(const config::UpstreamTls& settings,
                                                         core::FetchProtocol protocol) {
  const auto make = [this, protocol](core::FetchConnectors connectors) {
    return core::make_http_client(loop_, connectors, protocol);
  };
  return client_of(clients_, settings, protocol, make);
}

core::Result<Network::SharedClient> Network::keeping_http_client(const config::UpstreamTls& settings) {
  const auto make = [this](core::FetchConnectors connectors) {
    return core::make_keeping_http_client(loop_, connectors);
  };
  return client_of(keeping_, settings, core::FetchProtocol::http1, make);
}

core::Result<Network::SharedClient> Network::client_of(Clients& clients, const config::UpstreamTls& settings,
                                                       core::FetchProtocol protocol, const MakeClient& make) {
  Settings key{settings, protocol, state_of_files(settings)};
  const auto known = clients.find(key);
  if (SharedClient client = known == clients.end() ? nullptr : known->second.lock()) return client;
  core::Result<SharedConnector> over = secure(settings, protocol);
  if (!over) return core::failure(std::move(over.error()));
  core::Connector& plain = others_ == nullptr ? *tcp_ : *others_;
  std::unique_ptr<core::HttpClient> made = make({&plain, over->get()});
  SharedClient client =
      share<LastingClient>(loop_, std::make_unique<LastingClient>(std::move(*over), std::move(made)));
  forget_unused(clients);
  clients[std::move(key)] = client;
  return client;
}

}  // namespace gateway
