#include "tls/issue/keeper.h"

#include <algorithm>

#include "tests/tls/issue/support/house.h"

#include "tests/support/doctest.h"

using namespace test_support;
using core::Json;
using namespace std::chrono_literals;

TEST_CASE("a missing certificate is ordered and served, and another start finds it in storage") {
  House house;
  auto process = house.start();
  house.pass(20s);
  REQUIRE(process->shown("app.test") != nullptr);
  process.reset();
  process = house.start();
  CHECK(process->shown("app.test") != nullptr);
  house.pass(1min);
  CHECK(house.authority.issued == 1);
  CHECK(process->shelf.challenges().latest()->thumbprint.size() == 43);
  CHECK(process->shelf.challenges().latest()->hosts.contains("app.test"));
}

TEST_CASE("an address is ordered as one, answered for as clients write it, and served to who names nobody") {
  House house;
  house.config.routes.clear();
  house.add_host("[::1]");
  house.add_host("10.0.0.1");
  auto process = house.start();
  const auto answers = process->shelf.challenges().latest();
  CHECK(answers->hosts.contains("[::1]"));
  CHECK(answers->hosts.contains("10.0.0.1"));
  house.pass(30s);
  for (const char* address : {"::1", "10.0.0.1"}) {
    CAPTURE(address);
    const auto shown = process->shelf.certificates().latest()->find(*core::IpAddress::parse(address));
    REQUIRE(shown != nullptr);
    CHECK(shown->dns_names().empty());
  }
  CHECK(house.authority.orders.size() == 2);
  for (const auto& [id, order] : house.authority.orders) {
    CHECK(order.asked.find("identifiers")->elements()[0].string_at("type") == "ip");
  }
}

TEST_CASE("a certificate is renewed in time, again and again, with a key of its own") {
  for (const core::Duration life : {core::Duration(2160h), core::Duration(160h)}) {
    House house;
    house.authority.lifetime = life;
    auto process = house.start();
    house.pass(20s);
    REQUIRE(process->shown("app.test") != nullptr);
    for (core::Duration passed{0}; passed < life * 3; passed += life / 100) {
      house.pass(life / 100, life / 100);
      house.pass(15s);
      REQUIRE(process->shown("app.test")->not_after() > house.clock.wall() + life / 4);
    }
    CHECK(house.authority.issued >= 4);
    CHECK(house.authority.issued <= 8);
  }
}

TEST_CASE("a hundred restarts in a minute make one order at most") {
  House house;
  house.authority.processing_polls = 1'000'000;
  for (int i = 0; i < 100; ++i) {
    auto process = house.start();
    house.pass(600ms, 100ms);
  }
  CHECK(house.authority.count("POST new-order") <= 1);
  CHECK(house.authority.issued <= 1);
}

TEST_CASE("a process that dies at each request is followed by one that ends with one certificate") {
  for (int step = 0; step < 14; ++step) {
    CAPTURE(step);
    House house;
    house.authority.processing_polls = 1;
    {
      auto process = house.start();
      for (int i = 0; i < 600 && static_cast<int>(house.authority.requests.size()) <= step; ++i)
        house.pass(100ms, 100ms);
    }
    auto process = house.start();
    house.pass(3min);
    CHECK(process->shown("app.test") != nullptr);
    CHECK(house.authority.issued == 1);
    CHECK(house.authority.accounts.size() == 1);
  }
}

TEST_CASE("of several replicas one orders, and all serve within seconds") {
  House house;
  house.authority.processing_polls = 20;
  auto one = house.start("one");
  auto two = house.start("two");
  auto three = house.start("three");
  house.pass(15s);
  REQUIRE(house.authority.count("POST finalize") == 1);
  const auto locks = house.run(house.storage->list("locks"));
  REQUIRE(locks);
  CHECK(locks->size() == 1);  // while one is at work the others wait
  house.pass(3min);
  for (House::Process* process : {one.get(), two.get(), three.get()}) {
    CHECK(process->shown("app.test") != nullptr);
    CHECK(process->shelf.challenges().latest()->thumbprint == one->shelf.challenges().latest()->thumbprint);
  }
  CHECK(house.authority.issued == 1);
  CHECK(house.authority.count("POST new-order") == 1);
}

TEST_CASE("a new account key is used only when all replicas have had the time to see it") {
  House house;
  house.config.storage.kind = config::StorageKind::redis;
  auto process = house.start();
  house.pass(2s);
  CHECK(process->shelf.challenges().latest()->thumbprint.size() == 43);
  CHECK(house.authority.requests.empty());
  house.pass(tls::kKeySpread);
  CHECK(house.authority.count("POST new-order") == 1);
  process.reset();
  house.add_host("other.test");
  process = house.start();
  house.pass(2s);
  CHECK(house.authority.count("POST new-order") == 2);
}

TEST_CASE("a replica that dies over an order is taken over within a minute, with the same order") {
  House house;
  house.authority.processing_polls = 60;
  auto one = house.start("one");
  house.pass(15s);
  REQUIRE(house.authority.count("POST finalize") == 1);
  auto two = house.start("two");
  house.pass(10s);
  one.reset();
  house.authority.orders.begin()->second.polls_left = 1;
  house.pass(60s);
  CHECK(two->shown("app.test") != nullptr);
  CHECK(house.authority.count("POST new-order") == 1);
  CHECK(house.authority.issued == 1);
}

TEST_CASE("a replica that started before the other's order had a URL takes it over all the same") {
  House house;
  const std::string folder = "certificates/" + tls::set_id({"app.test"}) + "/";
  core::StorageEntry failures;
  failures.value = R"({"failures":5,"begun":0,"next":0,"why":"five days of them"})";
  REQUIRE(house.run(house.storage->put(folder + "attempts", failures)));
  house.authority.processing_polls = 60;
  auto one = house.start("one");
  house.pass(15s);
  REQUIRE(house.authority.count("POST finalize") == 1);
  const auto orders = house.run(house.storage->list(folder));
  REQUIRE(orders);
  const auto order = std::ranges::find_if(*orders, [](const auto& key) { return key.contains("/order."); });
  REQUIRE(order != orders->end());
  const auto entry = house.run(house.storage->get(*order));
  REQUIRE(entry);
  REQUIRE(house.run(house.storage->remove(*order)));
  auto two = house.start("two");
  REQUIRE(house.run(house.storage->put(*order, *entry)));
  one.reset();
  house.authority.orders.begin()->second.polls_left = 1;
  house.pass(60s);
  CHECK(two->shown("app.test") != nullptr);
  CHECK(house.authority.count("POST new-order") == 1);
}

TEST_CASE("another way to prove is tried, then another authority, then the first again") {
  House house;
  FakeAuthority second(house.clock, "second.test");
  house.authorities.all["second.test"] = &second;
  house.add_authority("https://second.test/dir");
  std::vector<std::string> tried;
  house.authority.validates = second.validates = false;
  const auto note = [&](const std::string& name) {
    return [&tried, name](const std::string& what, const Json&) -> std::optional<core::FetchResponse> {
      if (what == "new-order") tried.push_back(name);
      return std::nullopt;
    };
  };
  house.authority.instead = note("first");
  second.instead = note("second");
  auto process = house.start();
  house.pass(60h, 1min);
  REQUIRE(tried.size() >= 5);
  CHECK(std::vector<std::string>(tried.begin(), tried.begin() + 5) ==
        std::vector<std::string>{"first", "first", "second", "second", "first"});
}

TEST_CASE("storage that cannot be written stops orders before they begin, and what is stored is served") {
  House house;
  auto process = house.start();
  house.pass(20s);
  REQUIRE(process->shown("app.test") != nullptr);
  house.add_host("other.test");
  house.watched.is_read_only = true;
  process.reset();
  process = house.start();
  house.pass(10min, 5s);
  CHECK(process->shown("app.test") != nullptr);
  CHECK(house.authority.count("POST new-order") == 1);
  CHECK(house.lines.mention("storage fails"));
  house.watched.is_read_only = false;
  house.pass(2min);
  CHECK(process->shown("other.test") != nullptr);
}

TEST_CASE("a certificate that cannot be stored is served, and stored later without another order") {
  House house;
  house.authority.edit_chain = [&](std::string&) { house.watched.is_read_only = true; };
  auto process = house.start();
  house.pass(60s);
  CHECK(process->shown("app.test") != nullptr);
  CHECK(house.lines.mention("cannot be stored"));
  house.watched.is_read_only = false;
  house.pass(60s);
  process.reset();
  process = house.start();
  CHECK(process->shown("app.test") != nullptr);
  CHECK(house.authority.issued == 1);
}

TEST_CASE("a damaged certificate is set aside, reported and ordered again") {
  House house;
  auto process = house.start();
  house.pass(20s);
  process.reset();
  const std::string key = "certificates/" + tls::set_id({"app.test"}) + "/certificate";
  for (const char* text : {"{}", "not json", R"({"names":["app.test"],"chain":"x","key":"y"})"}) {
    core::StorageEntry broken;
    broken.value = text;
    REQUIRE(house.run(house.storage->put(key, broken)));
    process = house.start();
    CHECK(house.run(house.storage->get("damaged/" + key)).value().value == text);
    house.pass(20s);
    CHECK(process->shown("app.test") != nullptr);
    process.reset();
  }
  CHECK(house.authority.issued == 4);
}

TEST_CASE("a certificate of a former set is served until the new set has its own, and never after") {
  House house;
  house.authority.lifetime = 2160h;
  house.config.routes.clear();
  house.add_host("wiki.test");
  auto process = house.start();
  house.pass(20s);
  const tls::CertificatePointer former = process->shown("wiki.test");
  REQUIRE(former != nullptr);
  process.reset();
  house.add_host("www.test");
  house.config.tls.acme->names_per_certificate = 2;
  process = house.start();
  CHECK(process->shown("wiki.test") != nullptr);
  house.pass(20s);
  REQUIRE(process->shown("www.test") != nullptr);
  CHECK(process->shown("wiki.test") == process->shown("www.test"));
  house.clock.advance(2150h);
  house.pass(1min);
  CHECK(process->shown("wiki.test")->not_after() > former->not_after());
}

TEST_CASE("a clock that moves neither orders for nothing nor stops renewals") {
  for (const auto shift :
       {core::Duration(1h), core::Duration(-1h), core::Duration(24h * 365), core::Duration(-24h * 365)}) {
    CAPTURE(shift.count());
    House house;
    house.authority.lifetime = 2160h;
    auto process = house.start();
    house.pass(20s);
    process.reset();
    house.clock.advance(shift);
    process = house.start();
    house.pass(10min, 5s);
    const bool has_expired = shift > 1440h;
    CHECK(house.authority.issued == (has_expired ? 2 : 1));
    CHECK(process->shown("app.test") != nullptr);
  }
}

TEST_CASE("a failure that was noted under a clock from the future does not stop orders") {
  House house;
  house.clock.advance(24h * 365);
  house.authority.validates = false;
  auto process = house.start();
  house.pass(20s);
  process.reset();
  house.clock.advance(-24h * 365);
  house.authority.validates = true;
  process = house.start();
  house.pass(1min);
  CHECK(process->shown("app.test") != nullptr);
}

TEST_CASE("one refused name does not hold up the others") {
  House house;
  for (int i = 0; i < 20; ++i) house.add_host("host" + std::to_string(i) + ".test");
  house.authority.instead = [](const std::string& what,
                               const Json& payload) -> std::optional<core::FetchResponse> {
    if (what != "new-order") return std::nullopt;
    if (payload.find("identifiers")->elements()[0].string_at("value") != "app.test") return std::nullopt;
    return problem(403, "rejectedIdentifier");
  };
  auto process = house.start();
  house.pass(3min);
  for (int i = 0; i < 20; ++i) CHECK(process->shown("host" + std::to_string(i) + ".test") != nullptr);
  CHECK(process->shown("app.test") == nullptr);
}

TEST_CASE("a name that does not point here is waited for a minute, then ordered all the same") {
  House house;
  house.config.tls.acme->self_test = config::SelfTest::warn;
  auto process = house.start();
  house.pass(45s);
  CHECK(house.authority.count("POST new-order") == 0);
  house.pass(30s);
  CHECK(house.authority.count("POST new-order") == 1);
  CHECK(house.lines.mention("does not point here"));
  House strict;
  strict.config.tls.acme->self_test = config::SelfTest::require;
  const auto required = strict.start();
  strict.pass(30min, 5s);
  CHECK(strict.authority.count("POST new-order") == 0);
}
