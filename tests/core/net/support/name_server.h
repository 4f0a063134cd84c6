// A name server on the loop under test: answers datagrams from a table, wrongly where a test wants that.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/core/net/support/net_fixture.h"

namespace core::net_test {

inline std::string number(std::uint32_t value, int bytes) {
  std::string text;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xff);
  return text;
}

class NameServer final : private DescriptorEvents {
 public:
  struct Query {
    std::string name;
    int type = 0;          // 1: A, 28: AAAA
    std::string question;  // as it stood in the message
    std::string id;
  };
  struct Record {
    std::string address;  // 4 or 16 bytes
    std::uint32_t ttl = 60;
  };

  explicit NameServer(Loop& loop)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), local_(bound(socket_)) {
    DescriptorEvents& events = *this;
    watch_ = std::make_unique<DescriptorWatch>(loop, socket_, events, DescriptorWatch::Mode::level_read);
  }
  ~NameServer() {
    watch_.reset();
    ::close(socket_);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  [[nodiscard]] const Endpoint& local() const { return local_; }

  std::map<std::string, std::vector<Record>> table;  ///< A records; other names do not exist
  std::map<std::string, int> asked;                  ///< how often, for A
  std::function<std::string(const Query&)> answer;   ///< instead of the table; empty text: no answer

  static std::string reply(const Query& query, int code, const std::vector<Record>& records) {
    std::string text = query.id + number(0x8180U | static_cast<unsigned>(code), 2) + number(1, 2);
    text += number(static_cast<std::uint32_t>(records.size()), 2) + number(0, 4) + query.question;
    for (const Record& record : records) {
      const bool is_v4 = record.address.size() == 4;
      text += number(0xc00c, 2) + number(is_v4 ? 1 : 28, 2) + number(1, 2) + number(record.ttl, 4);
      text += number(static_cast<std::uint32_t>(record.address.size()), 2) + record.address;
    }
    return text;
  }

 private:
  static Endpoint bound(int socket) {
    const SocketAddress address = *SocketAddress::of(loopback());
    REQUIRE(::bind(socket, address.get(), address.length) == 0);
    SocketAddress local;
    local.length = sizeof local.storage;
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&local.storage), &local.length) == 0);
    return *Endpoint::from_sockaddr(local.get(), local.length);
  }

  void on_edge(Edge) override {
    char message[512];
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    auto* address = reinterpret_cast<sockaddr*>(&from);
    const ssize_t size = ::recvfrom(socket_, message, sizeof message, 0, address, &length);
    if (size < 17) return;
    const std::string text = answer_to(parsed(std::string(message, static_cast<std::size_t>(size))));
    if (!text.empty()) ::sendto(socket_, text.data(), text.size(), 0, address, length);
  }

  static Query parsed(const std::string& message) {
    Query query{{}, 0, {}, message.substr(0, 2)};
    std::size_t at = 12;
    while (message.at(at) != 0) {
      const auto label = static_cast<std::size_t>(message.at(at));
      query.name += (query.name.empty() ? "" : ".") + message.substr(at + 1, label);
      at += label + 1;
    }
    query.type = message.at(at + 2);
    query.question = message.substr(12, at + 5 - 12);
    return query;
  }

  std::string answer_to(const Query& query) {
    if (query.type == 1) ++asked[query.name];
    if (answer) return answer(query);
    const auto found = table.find(query.name);
    if (found == table.end()) return reply(query, 3, {});
    std::vector<Record> records;
    for (const Record& record : found->second) {
      if ((record.address.size() == 4) == (query.type == 1)) records.push_back(record);
    }
    return reply(query, 0, records);
  }

  int socket_;
  Endpoint local_;
  std::unique_ptr<DescriptorWatch> watch_;
};

}  // namespace core::net_test
