// A standing record (dns-persist-01): what it must say, and that it is found behind an alias.
#include "tls/acme/dns_persist01.h"

#include <algorithm>
#include <list>
#include <map>

#include "core/net/tcp.h"
#include "tests/tls/acme/support/acme_fixture.h"

#include "tests/support/doctest.h"

namespace {

using core::DnsType;

/// Records by name and type; every name server of the world answers from them.
class World final : public core::Connector, public core::Resolver {
 public:
  explicit World(core::Loop& loop) : loop_(loop) {}

  core::Flow<std::unique_ptr<core::ByteStream>> connect(core::HostPort, core::Deadline) override {
    auto [near, far] = core::make_stream_pair(loop_);
    servers_.emplace_back(std::make_unique<Server>(*this, std::move(far)));
    co_return std::move(near);
  }
  core::Flow<core::Addresses> resolve(std::string) override {
    co_return core::Addresses{*core::IpAddress::parse("10.0.0.53")};
  }
  void add(const std::string& name, DnsType type, const std::string& data) { records_[{name, type}] = data; }
  static std::string text(const std::string& value) { return static_cast<char>(value.size()) + value; }

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
      REQUIRE(stream_->write({&piece, 1}).value() == framed.size());
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
    const auto type = static_cast<DnsType>(static_cast<unsigned char>(query[at + 2]));
    const auto found = records_.find({name, type});
    std::string out = query.substr(0, 2);
    core::append_u16(out, 0x8400);
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

struct Bed : test_support::AcmeFixture {
  Bed() {
    world.add("app.test", DnsType::soa,
              core::dns_name("ns.app.test").value() + core::dns_name("x").value() + std::string(20, '\0'));
    world.add("app.test", DnsType::ns, core::dns_name("ns.app.test").value());
    world.add(
        "records.test", DnsType::soa,
        core::dns_name("ns.records.test").value() + core::dns_name("x").value() + std::string(20, '\0'));
    world.add("records.test", DnsType::ns, core::dns_name("ns.records.test").value());
  }
  core::Result<core::Done> look() {
    tls::DnsPersist01 way({loop, world, world, random, {{*core::IpAddress::parse("10.0.0.1"), 53, {}}}, {}});
    tls::Proof proof;
    proof.identifier = "app.test";
    proof.account_url = "https://ca.test/account/1";
    proof.issuer_domains = {"ca.test"};
    return run(way.wait_until_visible(proof));
  }
  World world{loop};
};

constexpr const char* kRecord = "ca.test; accounturi=https://ca.test/account/1";

}  // namespace

TEST_CASE("a standing record proves where it stands, and behind an alias") {
  Bed plain;
  plain.world.add("_validation-persist.app.test", DnsType::txt, World::text(kRecord));
  CHECK(plain.look());
  Bed aliased;
  aliased.world.add("_validation-persist.app.test", DnsType::cname,
                    core::dns_name("app.records.test").value());
  aliased.world.add("app.records.test", DnsType::txt, World::text(kRecord));
  const auto looked = aliased.look();
  CHECK_MESSAGE(looked, looked.error().text);
}

TEST_CASE("without the record the error says what to create") {
  Bed bed;
  bed.world.add("_validation-persist.app.test", DnsType::txt,
                World::text("other.test; accounturi=https://ca.test/account/1"));
  const auto looked = bed.look();
  REQUIRE_FALSE(looked);
  CHECK(
      looked.error().text.contains("create the record _validation-persist.app.test. TXT \"ca.test; "
                                   "accounturi=https://ca.test/account/1\""));
}
