// Lines of requests that wait, and the one allowance of connections they wait for.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/upstream/connection_allowance.h"
#include "gateway/upstream/waiting_line.h"

using gateway::ConnectionAllowance;
using gateway::Waiter;
using gateway::WaitingLine;

namespace {

struct Person final : Waiter {
  Person(std::string& order_text, char name_letter) : order(order_text), name(name_letter) {}
  bool on_turn() override {
    if (room == 0 || finds_nothing) return false;
    --room;
    order += name;
    return true;
  }
  [[nodiscard]] bool is_choosy() const override { return finds_nothing; }
  std::string& order;
  char name;
  bool finds_nothing = false;
  static inline int room = 0;
};

struct Fixture {
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop{clock};
  WaitingLine line{loop, 3};
  std::string order;
  Person a{order, 'a'};
  Person b{order, 'b'};
  Person c{order, 'c'};
  Person d{order, 'd'};
  Fixture() { Person::room = 0; }
  void wake(int room) {
    Person::room = room;
    line.wake();
    loop.turn(false);
  }
};

/// A holder of idle connections.
struct Holder final : gateway::IdleHolder {
  explicit Holder(ConnectionAllowance& all) : allowance(all) {}
  void close_idle_connection() override {
    if (--idle == 0) allowance.has_no_idle(self, place);
    allowance.give_back();
  }
  void rest(int count) {
    for (int i = 0; i < count; ++i) REQUIRE(allowance.take());
    idle = count;
    allowance.has_idle(self);
  }
  ConnectionAllowance& allowance;
  int idle = 0;
  ConnectionAllowance::Holders self{this};
  ConnectionAllowance::Holders::iterator place = self.begin();
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "who came first is served first, and who finds nothing stays first") {
  REQUIRE((line.join(a) && line.join(b) && line.join(c)));
  wake(0);
  CHECK(order.empty());
  wake(2);
  CHECK(order == "ab");
  REQUIRE(line.join(a));
  wake(5);
  CHECK(order == "abca");
  CHECK(line.empty());
}

TEST_CASE_FIXTURE(Fixture, "who lacks something that others do not keeps nobody waiting") {
  a.finds_nothing = true;
  REQUIRE((line.join(a) && line.join(b) && line.join(c)));
  wake(2);
  CHECK(order == "bc");
  wake(5);
  CHECK(order == "bc");
  a.finds_nothing = false;
  wake(1);
  CHECK(order == "bca");
}

TEST_CASE_FIXTURE(Fixture, "a full line takes nobody, until somebody leaves") {
  REQUIRE((line.join(a) && line.join(b) && line.join(c)));
  CHECK_FALSE(line.join(d));
  WaitingLine::leave(b);
  CHECK(line.join(d));
  wake(5);
  CHECK(order == "acd");
}

TEST_CASE_FIXTURE(Fixture, "nobody is served inside the call that makes room") {
  REQUIRE(line.join(a));
  Person::room = 1;
  line.wake();
  CHECK(order.empty());
  loop.turn(false);
  CHECK(order == "a");
}

TEST_CASE_FIXTURE(Fixture, "a waiter that ends leaves its line") {
  {
    Person gone(order, 'x');
    REQUIRE((line.join(a) && line.join(gone) && line.join(b)));
  }
  wake(5);
  CHECK(order == "ab");
}

TEST_CASE("the allowance is a bound, and idle connections give way, longest idle holder first") {
  ConnectionAllowance allowance(3);
  Holder first(allowance);
  Holder second(allowance);
  first.rest(1);
  second.rest(1);
  CHECK(allowance.take());
  CHECK(allowance.used() == 3);
  CHECK(allowance.take());
  CHECK(first.idle == 0);
  CHECK(second.idle == 1);
  CHECK(allowance.take());
  CHECK(second.idle == 0);
  CHECK_FALSE(allowance.take());
  allowance.give_back();
  CHECK(allowance.take());
  CHECK(allowance.used() == 3);
}

TEST_CASE_FIXTURE(Fixture, "who waits for the allowance is woken when a connection ends") {
  ConnectionAllowance allowance(1);
  REQUIRE(allowance.take());
  REQUIRE(line.join(a));
  allowance.await_room(line);
  Person::room = 1;
  loop.turn(false);
  CHECK(order.empty());
  allowance.give_back();
  loop.turn(false);
  CHECK(order == "a");
  REQUIRE(allowance.take());
  allowance.await_room(line);
  allowance.forget(line);
  allowance.give_back();
}

TEST_CASE_FIXTURE(Fixture, "who waits for the allowance is woken when somebody's connection is idle") {
  ConnectionAllowance allowance(1);
  Holder other(allowance);
  REQUIRE(allowance.take());
  REQUIRE(line.join(a));
  REQUIRE_FALSE(allowance.take());
  allowance.await_room(line);
  Person::room = 1;
  allowance.has_idle(other.self);
  other.idle = 1;
  loop.turn(false);
  CHECK(order == "a");
  CHECK(allowance.take());
  CHECK(other.idle == 0);
}
