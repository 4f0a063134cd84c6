// The wiring of c-ares: its sockets and its timer are the loop's, its callbacks only record.
#include "core/net/dns_channel.h"

#include <ares.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/net/socket_address.h"

namespace core {
namespace {

// A lost datagram is asked again after 2 s, 3 times a server: the default (5 s, 4 times) is longer than a
// client waits.
constexpr int kTimeoutMilliseconds = 2000;
constexpr int kTries = 3;

DnsOutcome failed(const std::string& name, int status) {
  const bool is_definite = status == ARES_ENOTFOUND || status == ARES_ENODATA;
  return DnsOutcome{failure(ErrorKind::unreachable, Side::configuration,
                            "resolving " + name + ": " + ares_strerror(status), Retry::safe),
                    Duration(0), is_definite};
}

DnsOutcome outcome_of(const std::string& name, const ares_addrinfo& found) {
  Addresses addresses;
  int seconds = 3600;
  for (const auto* alias = found.cnames; alias != nullptr; alias = alias->next)
    seconds = std::min(seconds, alias->ttl);
  for (const auto* node = found.nodes; node != nullptr; node = node->ai_next) {
    seconds = std::min(seconds, node->ai_ttl);
    const Result<Endpoint> endpoint =
        Endpoint::from_sockaddr(node->ai_addr, static_cast<unsigned>(node->ai_addrlen));
    if (!endpoint.has_value() || addresses.size() == DnsChannel::kMaxAddresses) continue;
    if (std::find(addresses.begin(), addresses.end(), endpoint->ip) == addresses.end())
      addresses.push_back(endpoint->ip);
  }
  if (addresses.empty()) return failed(name, ARES_ENODATA);
  return DnsOutcome{std::move(addresses), std::chrono::seconds(std::max(seconds, 0)), true};
}

std::string server_list(const std::vector<Endpoint>& servers) {
  std::string list;
  for (const Endpoint& server : servers) list += (list.empty() ? "" : ",") + server.text();
  return list;
}

}  // namespace

struct DnsChannel::Native final : TurnEnd {
  /// One socket of c-ares. c-ares may close it, and so destroy this, while it is being told of an edge.
  struct Socket final : DescriptorEvents {
    Socket(Native& n, ares_socket_t d, DescriptorWatch::Mode mode)
        : native(n), descriptor(d), watch(n.loop, d, *this, mode) {}
    void on_edge(Edge edge) override {
      native.process(edge.readable ? descriptor : ARES_SOCKET_BAD,
                     edge.writable ? descriptor : ARES_SOCKET_BAD);
    }
    Native& native;
    ares_socket_t descriptor;
    DescriptorWatch watch;
  };

  struct Query {
    Native& native;
    std::string name;
    std::optional<DnsOutcome> outcome;
  };

  Native(Loop& l, const std::vector<Endpoint>& servers, OnOutcome to_call)
      : loop(l),
        on_outcome(std::move(to_call)),
        timer(l, [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }) {
    ares_options options{};
    options.flags = ARES_FLAG_NOALIASES;
    options.timeout = kTimeoutMilliseconds;
    options.tries = kTries;
    options.sock_state_cb = &Native::on_socket_state;
    options.sock_state_cb_data = this;
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    init_status = ares_init_options(&channel, &options, mask);
    if (init_status != ARES_SUCCESS || servers.empty()) return;
    init_status = ares_set_servers_ports_csv(channel, server_list(servers).c_str());
  }
  Native(const Native&) = delete;
  Native& operator=(const Native&) = delete;
  ~Native() {
    if (destroyed != nullptr) *destroyed = true;
    // Calls back for each query and each socket.
    if (channel != nullptr) ares_destroy(channel);
  }

  static void on_socket_state(void* self, ares_socket_t descriptor, int readable, int writable) {
    auto& native = *static_cast<Native*>(self);
    if (readable == 0 && writable == 0) {
      native.sockets.erase(descriptor);
      return;
    }
    auto mode = DescriptorWatch::Mode::level_read;
    if (writable != 0)
      mode = readable != 0 ? DescriptorWatch::Mode::level_both : DescriptorWatch::Mode::level_write;
    std::unique_ptr<Socket>& socket = native.sockets[descriptor];
    socket.reset();  // the old watch of the descriptor ends before the new one begins
    socket = std::make_unique<Socket>(native, descriptor, mode);
  }

  static void on_answer(void* self, int status, int, ares_addrinfo* found) {
    auto& query = *static_cast<Query*>(self);
    if (status == ARES_SUCCESS && found != nullptr) {
      query.outcome = outcome_of(query.name, *found);
    } else {
      query.outcome = failed(query.name, status);
    }
    if (found != nullptr) ares_freeaddrinfo(found);
    query.native.loop.at_turn_end(query.native);
  }

  void ask(std::string name) {
    Query& query = queries.emplace_back(Query{*this, std::move(name), std::nullopt});
    if (init_status != ARES_SUCCESS) {
      on_answer(&query, init_status, 0, nullptr);
      return;
    }
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    ares_getaddrinfo(channel, query.name.c_str(), nullptr, &hints, &Native::on_answer, &query);
    arm_timer();
  }

  void process(ares_socket_t readable, ares_socket_t writable) {
    ares_process_fd(channel, readable, writable);
    arm_timer();
  }

  void arm_timer() {
    timeval left{};
    if (ares_timeout(channel, nullptr, &left) == nullptr) {
      timer.disarm();
      return;
    }
    const auto exact = std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
    timer.arm(std::chrono::ceil<Duration>(exact));
  }

  void at_turn_end() override {
    std::list<Query> answered;
    for (auto query = queries.begin(); query != queries.end();) {
      const auto next = std::next(query);
      if (query->outcome.has_value()) answered.splice(answered.end(), queries, query);
      query = next;
    }
    bool gone = false;
    destroyed = &gone;
    for (Query& query : answered) {
      on_outcome(query.name, std::move(*query.outcome));
      if (gone) return;
    }
    destroyed = nullptr;
  }

  Loop& loop;
  OnOutcome on_outcome;
  bool* destroyed = nullptr;  // set while outcomes are told
  ares_channel channel = nullptr;
  int init_status = ARES_SUCCESS;
  std::unordered_map<ares_socket_t, std::unique_ptr<Socket>> sockets;
  std::list<Query> queries;
  Timer timer;
};

DnsChannel::DnsChannel(Loop& loop, const std::vector<Endpoint>& servers, OnOutcome on_outcome)
    : native_(std::make_unique<Native>(loop, servers, std::move(on_outcome))) {}

DnsChannel::~DnsChannel() = default;

void DnsChannel::ask(std::string name) {
  native_->ask(std::move(name));
}

}  // namespace core
