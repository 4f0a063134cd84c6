// Keepers on one clock, one storage and authorities in memory: processes that start, die and come back.
// Include before doctest.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/tls/acme/support/acme_fixture.h"
#include "tests/tls/acme/support/zone.h"
#include "tls/acme/http01.h"
#include "tls/issue/keeper.h"

namespace test_support {

/// Storage that another storage keeps, and that refuses writes while it is told to.
class WatchedStorage final : public core::Storage {
 public:
  explicit WatchedStorage(core::Storage& inner) : inner_(inner) {}
  core::Flow<> put(std::string key, core::StorageEntry entry) override {
    if (is_read_only) {
      co_return core::failure(core::ErrorKind::unavailable, core::Side::storage, "read-only file system");
    }
    co_await inner_.put(std::move(key), std::move(entry));
    co_return core::done();
  }
  core::Flow<core::StorageEntry> get(std::string key) override {
    ++reads;
    if (unopened.contains(key)) {
      co_return core::failure(core::ErrorKind::unverified, core::Side::storage, "sealed under another key");
    }
    core::StorageEntry entry = co_await inner_.get(std::move(key));
    co_return std::move(entry);
  }
  core::Flow<std::vector<std::string>> list(std::string prefix) override {
    return inner_.list(std::move(prefix));
  }
  core::Flow<> remove(std::string key) override { return inner_.remove(std::move(key)); }
  core::Flow<> lock(std::string name, std::string holder, core::Duration lease) override {
    if (is_away) co_return core::failure(core::ErrorKind::unavailable, core::Side::storage, "away");
    if (name == held) co_return core::failure(core::ErrorKind::conflict, core::Side::storage, "held");
    co_await inner_.lock(std::move(name), std::move(holder), lease);
    co_return core::done();
  }
  core::Flow<> unlock(std::string name, std::string holder) override {
    return inner_.unlock(std::move(name), std::move(holder));
  }
  bool is_read_only = false;
  std::set<std::string> unopened;  ///< keys of entries that cannot be opened
  int reads = 0;
  bool is_away = false;  ///< locks cannot be taken or renewed
  std::string held;      ///< a lock that somebody else has all the while

 private:
  core::Storage& inner_;
};

/// Several authorities behind one client.
class Authorities final : public core::HttpClient {
 public:
  core::Flow<core::FetchResponse> fetch(core::FetchRequest request, core::FetchLimits limits) override {
    const auto found = all.find(request.url.authority.host);
    if (found == all.end()) {
      co_return core::failure(core::ErrorKind::unreachable, core::Side::origin, "nobody is there");
    }
    const bool is_slow = !slow.empty() && request.url.path.find(slow) != std::string::npos;
    const Counted counted(is_slow ? &under_way : nullptr);
    most_under_way = std::max(most_under_way, under_way);
    if (is_slow) co_await core::sleep_for(*loop, std::chrono::seconds(1));
    core::FetchResponse response = co_await found->second->fetch(std::move(request), limits);
    co_return std::move(response);
  }
  std::map<std::string, FakeAuthority*> all;
  std::string slow;  ///< requests whose path holds it take a second, on `loop`
  core::Loop* loop = nullptr;
  std::size_t most_under_way = 0;  ///< of these

 private:
  struct Counted {
    explicit Counted(std::size_t* count) : counter(count) {
      if (counter != nullptr) ++*counter;
    }
    ~Counted() {
      if (counter != nullptr) --*counter;
    }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    std::size_t* counter;
  };
  std::size_t under_way = 0;
};

/// Nobody: for the self-test.
class Nobody final : public core::HttpClient {
 public:
  core::Flow<core::FetchResponse> fetch(core::FetchRequest, core::FetchLimits) override {
    ++asked;
    co_return core::failure(core::ErrorKind::unreachable, core::Side::origin, "no such name");
  }
  int asked = 0;
};

struct House : AcmeFixture {
  House() {
    authorities.all["ca.test"] = &authority;
    authorities.loop = &loop;
    config.tls.acme.emplace();
    config.tls.acme->self_test = config::SelfTest::off;
    add_authority("https://ca.test/dir");
    add_host("app.test");
  }
  void add_authority(const std::string& url) {
    config.tls.acme->authorities.push_back({url, *core::parse_url(url), {}});
  }
  void add_host(const std::string& host) {
    config::Route route;
    route.host = host;
    config.routes.push_back(route);
  }

  /// A process: a keeper with its shelf. It ends as by kill -9: nothing is cleaned up but what destructors
  /// do.
  struct Process {
    Process(House& house, std::string holder)
        : keeper({house.loop, house.random, house.log, house.watched, house.config, shelf, house.authorities,
                  house.nobody, std::move(holder), challenges(house), house.dns}) {
      const auto loaded = house.run(keeper.load());
      if (!loaded) house.lines.text += loaded.error().text;
      keeper.start();
    }
    static std::vector<std::unique_ptr<tls::Challenge>> challenges(House& house) {
      std::vector<std::unique_ptr<tls::Challenge>> list;
      list.push_back(std::make_unique<tls::Http01>());
      if (house.zone) list.push_back(std::make_unique<ZoneChallenge>(house.loop, *house.zone));
      return list;
    }
    tls::CertificatePointer shown(const std::string& name) {
      return shelf.certificates().latest()->find(name);
    }
    tls::CertificateShelf shelf;
    tls::Keeper keeper;
  };
  std::unique_ptr<Process> start(const std::string& holder = "one") {
    return std::make_unique<Process>(*this, holder);
  }

  /// Lets time pass in steps.
  void pass(core::Duration time, core::Duration step = std::chrono::seconds(1)) {
    for (core::Duration passed{0}; passed < time; passed += step) {
      clock.advance(step);
      for (int i = 0; i < 3; ++i) loop.turn(false);
    }
  }

  config::Config config;
  Authorities authorities;
  Nobody nobody;
  WatchedStorage watched{*storage};
  std::optional<Zone> zone;       ///< none: there is no dns-01
  tls::DnsLookup* dns = nullptr;  ///< null: CAA records are not looked at
};

}  // namespace test_support
