// Each policy's shares, counted over many picks with fixed seeds.
#include "gateway/upstream/balancer.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <memory>
#include <vector>

using namespace gateway;
using config::Balance;

namespace {

/// Candidates a, b, c … with these weights, and a balancer over all of them.
struct Field {
  Field(Balance balance, const std::vector<unsigned>& weights) : balancer(make_balancer(balance, 7)) {
    for (const unsigned weight : weights) {
      auto& candidate = candidates.emplace_back(std::make_unique<Candidate>());
      candidate->name = std::string(1, static_cast<char>('a' + candidates.size() - 1));
      candidate->label = "label-" + candidate->name;
      candidate->weight = weight;
      all.push_back(candidate.get());
    }
    balancer->set(all);
  }

  std::string pick(const Tried& tried = Tried()) {
    const Candidate* picked = balancer->pick(call, tried);
    return picked == nullptr ? "" : picked->name;
  }
  std::map<std::string, int> picks(int count) {
    std::map<std::string, int> counts;
    for (int i = 0; i < count; ++i) ++counts[pick()];
    return counts;
  }

  std::unique_ptr<Balancer> balancer;
  std::vector<std::unique_ptr<Candidate>> candidates;
  std::vector<Candidate*> all;
  Call call{core::SteadyTime(std::chrono::hours(1)), core::IpAddress::v4({192, 0, 2, 1}), {}};
};

core::IpAddress client(int number) {
  return core::IpAddress::v4(
      {10, 0, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

constexpr Balance kAll[] = {Balance::round_robin, Balance::least_requests, Balance::client_ip,
                            Balance::cookie};

}  // namespace

TEST_CASE("round_robin: equal weights take strict turns") {
  Field field(Balance::round_robin, {1, 1, 1});
  const std::string first = field.pick() + field.pick() + field.pick();
  CHECK(std::map<char, int>{{'a', 1}, {'b', 1}, {'c', 1}} ==
        std::map<char, int>{{first[0], 1}, {first[1], 1}, {first[2], 1}});
  for (int i = 0; i < 50; ++i) CHECK(field.pick() + field.pick() + field.pick() == first);
}

TEST_CASE("round_robin: weights are exact, and the turns of a heavy one are spread out") {
  Field field(Balance::round_robin, {5, 1, 2});
  std::string last;
  int most_in_a_row = 0;
  int in_a_row = 0;
  std::map<std::string, int> counts;
  for (int i = 0; i < 800; ++i) {
    const std::string picked = field.pick();
    in_a_row = picked == last ? in_a_row + 1 : 1;
    most_in_a_row = std::max(most_in_a_row, in_a_row);
    last = picked;
    ++counts[picked];
  }
  CHECK(counts == std::map<std::string, int>{{"a", 500}, {"b", 100}, {"c", 200}});
  CHECK(most_in_a_row <= 3);
}

TEST_CASE("workers with different seeds do not all begin with the same origin") {
  std::map<std::string, int> first;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Field field(Balance::round_robin, {1, 1, 1, 1});
    field.balancer = make_balancer(Balance::round_robin, seed);
    field.balancer->set(field.all);
    ++first[field.pick()];
  }
  CHECK(first.size() == 4);
  for (const auto& [name, count] : first) CHECK(count > 10);
}

TEST_CASE("least_requests: of two the less busy one; the busiest of all is never picked") {
  Field field(Balance::least_requests, {1, 1, 1, 1});
  field.candidates[2]->requests = 9;
  const std::map<std::string, int> counts = field.picks(3000);
  CHECK_FALSE(counts.contains("c"));
  for (const char* name : {"a", "b", "d"}) CHECK(counts.at(name) > 700);
}

TEST_CASE("least_requests: running requests even out, by weight") {
  Field field(Balance::least_requests, {1, 3});
  for (int i = 0; i < 400; ++i) ++field.balancer->pick(field.call, Tried())->requests;
  CHECK(field.candidates[0]->requests > 80);
  CHECK(field.candidates[0]->requests < 120);
  CHECK(field.candidates[0]->requests + field.candidates[1]->requests == 400);
}

TEST_CASE("client_ip: a client stays where it is, and clients are spread by weight") {
  Field field(Balance::client_ip, {1, 1, 2});
  std::map<std::string, int> counts;
  for (int i = 0; i < 8000; ++i) {
    field.call.client = client(i);
    const std::string picked = field.pick();
    CHECK(field.pick() == picked);
    ++counts[picked];
  }
  CHECK(counts.at("a") > 1400);
  CHECK(counts.at("b") > 1400);
  CHECK(counts.at("c") > 3000);
}

TEST_CASE("client_ip: when an origin goes, its clients alone move; when it is back, they are back") {
  Field field(Balance::client_ip, {1, 1, 1, 1, 1});
  std::vector<std::string> before;
  for (int i = 0; i < 2000; ++i) {
    field.call.client = client(i);
    before.push_back(field.pick());
  }
  const std::vector<Candidate*> fewer{field.all[0], field.all[1], field.all[3], field.all[4]};
  field.balancer->set(fewer);
  for (int i = 0; i < 2000; ++i) {
    field.call.client = client(i);
    const std::string now = field.pick();
    CHECK(now != "c");
    if (before[static_cast<std::size_t>(i)] != "c") CHECK(now == before[static_cast<std::size_t>(i)]);
  }
  field.balancer->set(field.all);
  for (int i = 0; i < 2000; ++i) {
    field.call.client = client(i);
    CHECK(field.pick() == before[static_cast<std::size_t>(i)]);
  }
}

TEST_CASE(
    "client_ip: the choice does not depend on the worker, and addresses of one IPv6 network are one client") {
  Field one(Balance::client_ip, {1, 1, 1});
  Field other(Balance::client_ip, {1, 1, 1});
  other.balancer = make_balancer(Balance::client_ip, 999);
  other.balancer->set(other.all);
  for (int i = 0; i < 200; ++i) {
    const auto network = fmt::format("2001:db8:0:{:x}::", i);
    one.call.client = *core::IpAddress::parse(network + "1");
    other.call.client = *core::IpAddress::parse(network + "ffff:1");
    CHECK(one.pick() == other.pick());
  }
}

TEST_CASE("cookie: a label leads back to its origin; unknown ones and none take turns") {
  Field field(Balance::cookie, {1, 1, 1});
  field.call.label = "label-b";
  CHECK(field.picks(20) == std::map<std::string, int>{{"b", 20}});
  for (const char* label : {"", "label-", "label-x", "label-bb", "a"}) {
    CAPTURE(label);
    field.call.label = label;
    CHECK(field.picks(30) == std::map<std::string, int>{{"a", 10}, {"b", 10}, {"c", 10}});
  }
}

TEST_CASE("whatever the policy, what was tried is not picked, and when all was tried nothing is") {
  for (const Balance balance : kAll) {
    CAPTURE(static_cast<int>(balance));
    Field field(balance, {1, 50, 1});
    field.call.label = "label-b";
    Tried tried;
    tried.add(*field.all[1]);
    const std::map<std::string, int> counts = field.picks(1);
    CHECK(counts.size() == 1);
    for (int i = 0; i < 100; ++i) CHECK(field.pick(tried) != "b");
    tried.add(*field.all[0]);
    for (int i = 0; i < 20; ++i) CHECK(field.pick(tried) == "c");
    tried.add(*field.all[2]);
    CHECK(field.pick(tried).empty());
    field.balancer->set({});
    CHECK(field.pick().empty());
  }
}

TEST_CASE("what was tried loses no turn of its own") {
  Field field(Balance::round_robin, {1, 1});
  Tried tried;
  tried.add(*field.all[0]);
  for (int i = 0; i < 10; ++i) CHECK(field.pick(tried) == "b");
  const std::map<std::string, int> counts = field.picks(20);
  CHECK(counts.at("a") >= 10);
}

TEST_CASE("slow start: a tenth at first, then more, then all of its share") {
  for (const Balance balance : {Balance::round_robin, Balance::least_requests}) {
    CAPTURE(static_cast<int>(balance));
    Field field(balance, {1, 1});
    field.candidates[1]->slow_start = {field.call.now, core::Duration(10'000)};
    // Both hold their requests: least_requests looks at what is running.
    const auto share = [&field] {
      for (const auto& candidate : field.candidates) candidate->requests = 0;
      for (int i = 0; i < 1100; ++i) ++field.balancer->pick(field.call, Tried())->requests;
      return static_cast<int>(field.candidates[1]->requests);
    };
    CHECK(share() == doctest::Approx(100).epsilon(0.1));
    field.call.now += core::Duration(5'000);
    CHECK(share() == doctest::Approx(366).epsilon(0.1));
    field.call.now += core::Duration(5'000);
    CHECK(share() == doctest::Approx(550).epsilon(0.1));
  }
}
