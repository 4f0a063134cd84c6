// The DNS of a test: records by name and type, answered by every name server of the world. Include before
// doctest.
#pragma once

#include <array>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/loop/loop.h"
#include "core/net/connector.h"
#include "core/net/dns_message.h"
#include "core/net/resolver.h"
#include "core/net/tcp.h"

namespace test_support {

using core::DnsType;

/// Records by name and type; every name server of the world answers from them.
class World final : public core::Connector, public core::Resolver {
 public:
  explicit World(core::Loop& loop) : loop_(loop) {}

  core::Flow<std::unique_ptr<core::ByteStream>> connect(core::HostPort, core::Deadline) override {
    auto [near, far] = core::make_stream_pair(loop_);
    servers_.emplace_back(std::make_unique<Server>(*this, std::move(far)));
    ++asked;
    co_return std::move(near);
  }
  core::Flow<core::Addresses> resolve(std::string) override {
    co_return core::Addresses{*core::IpAddress::parse("10.0.0.53")};
  }
  void add(const std::string& name, DnsType type, const std::string& data) { records_[{name, type}] = data; }
  void remove(const std::string& name, DnsType type) { records_.erase({name, type}); }
  /// The bytes of a CAA record.
  static std::string caa(const std::string& tag, const std::string& value) {
    return std::string(1, '\0') + static_cast<char>(tag.size()) + tag + value;
  }
  static std::string text(const std::string& value) { return static_cast<char>(value.size()) + value; }

  int asked = 0;            ///< connections
  bool is_failing = false;  ///< SERVFAIL to everything

 private:
  /// One connection.
  class Server final : private core::StreamEvents {
   public:
    Server(World& world, std::unique_ptr<core::ByteStream> stream)
        : world_(world), stream_(std::move(stream)) {
      stream_->attach(this);
      on_readable();
    }

   private:
    void on_readable() override {
      std::array<char, 512> bytes{};
      const core::ReadOutcome outcome = stream_->read(bytes);
      if (outcome.state != core::ReadOutcome::State::bytes) return;
      const std::string answer = world_.answer(std::string(bytes.data() + 2, outcome.count - 2));
      std::string framed;
      core::append_u16(framed, static_cast<std::uint16_t>(answer.size()));
      framed += answer;
      const std::string_view piece = framed;
      stream_->write({&piece, 1}).value();
    }
    void on_writable() override {}
    World& world_;
    std::unique_ptr<core::ByteStream> stream_;
  };

  std::string answer(const std::string& query) const {
    std::string name;
    std::size_t at = 12;
    for (; query[at] != 0; at += 1 + static_cast<std::size_t>(query[at])) {
      name += (name.empty() ? "" : ".") + query.substr(at + 1, static_cast<std::size_t>(query[at]));
    }
    const auto octet = [&](std::size_t where) { return static_cast<unsigned char>(query[where]); };
    auto type = static_cast<DnsType>(octet(at + 1) * 256 + octet(at + 2));
    auto found = records_.find({name, type});
    if (found == records_.end()) {
      // An alias is shown, and not followed.
      type = DnsType::cname;
      found = records_.find({name, type});
    }
    std::string out = query.substr(0, 2);
    core::append_u16(out, is_failing ? 0x8402 : 0x8400);
    core::append_u16(out, 1);
    core::append_u16(out, found == records_.end() ? 0 : 1);
    out.append(4, '\0');
    out += query.substr(12, at + 5 - 12);
    if (found == records_.end()) return out;
    out += core::dns_name(name).value();
    core::append_u16(out, static_cast<std::uint16_t>(type));
    core::append_u16(out, 1);
    core::append_u32(out, 60);
    core::append_u16(out, static_cast<std::uint16_t>(found->second.size()));
    return out + found->second;
  }

  core::Loop& loop_;
  std::map<std::pair<std::string, DnsType>, std::string> records_;
  std::list<std::unique_ptr<Server>> servers_;
};

}  // namespace test_support
