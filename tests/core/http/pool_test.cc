// The pool with sessions that do as they are told.
#include "core/http/pool.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

namespace core {
namespace {

struct FakeSession final : ClientSession {
  explicit FakeSession(int& alive_count) : alive(alive_count) { ++alive; }
  ~FakeSession() override { --alive; }
  ClientStream& start(const OutgoingRequest&, ResponseHandler&) override { std::abort(); }
  [[nodiscard]] bool is_open() const override { return open; }
  [[nodiscard]] bool is_worn() const override { return worn; }
  void set_owner(ClientSessionOwner* told) override { owner = told; }

  int& alive;
  bool open = true;
  bool worn = false;
  ClientSessionOwner* owner = nullptr;
};

struct Fixture {
  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop{clock};
  int alive = 0;
  Pool pool{loop, {.idle_sessions = 3, .idle_time = Duration(60'000)}};

  FakeSession& add() { return dynamic_cast<FakeSession&>(pool.add(std::make_unique<FakeSession>(alive))); }
  void pass(Duration time) {
    clock.advance(time);
    loop.turn(false);
  }
};

TEST_CASE_FIXTURE(Fixture, "the session used last is handed out first") {
  FakeSession& first = add();
  FakeSession& second = add();
  CHECK(pool.take() == nullptr);
  first.owner->on_idle();
  second.owner->on_idle();
  CHECK(pool.idle() == 2);
  CHECK(pool.take() == &second);
  CHECK(pool.take() == &first);
  CHECK(pool.take() == nullptr);
  CHECK(pool.in_use() == 2);
}

TEST_CASE_FIXTURE(Fixture, "a session that ended is destroyed, idle or in use, at the end of the turn") {
  FakeSession& used = add();
  FakeSession& idle = add();
  idle.owner->on_idle();
  used.owner->on_session_end();
  idle.owner->on_session_end();
  CHECK(alive == 2);
  loop.turn(false);
  CHECK(alive == 0);
  CHECK(pool.take() == nullptr);
}

TEST_CASE_FIXTURE(Fixture, "a session that is not open any more is not handed out") {
  FakeSession& first = add();
  FakeSession& second = add();
  first.owner->on_idle();
  second.owner->on_idle();
  second.open = false;
  CHECK(pool.take() == &first);
  loop.turn(false);
  CHECK(alive == 1);
}

TEST_CASE_FIXTURE(Fixture, "idle sessions are closed after their time, the others stay") {
  FakeSession& first = add();
  FakeSession& second = add();
  add();
  first.owner->on_idle();
  pass(Duration(40'000));
  second.owner->on_idle();
  pass(Duration(19'999));
  CHECK(alive == 3);
  pass(Duration(1));
  CHECK(alive == 2);
  pass(Duration(40'000));
  CHECK(alive == 1);
  CHECK(pool.in_use() == 1);
}

TEST_CASE_FIXTURE(Fixture, "more than the limit are not kept, and the oldest go") {
  std::vector<FakeSession*> sessions;
  for (int i = 0; i < 5; ++i) sessions.push_back(&add());
  for (FakeSession* session : sessions) session->owner->on_idle();
  loop.turn(false);
  CHECK(pool.idle() == 3);
  CHECK(alive == 3);
  CHECK(pool.take() == sessions[4]);
}

TEST_CASE_FIXTURE(Fixture, "close_idle leaves what is in use alone") {
  add();
  add().owner->on_idle();
  pool.close_idle();
  loop.turn(false);
  CHECK(alive == 1);
  CHECK(pool.idle() == 0);
}

/// Counts what it is told.
struct CountingOwner final : PoolOwner {
  void on_session_room() override { ++idle; }
  void on_session_gone() override { ++gone; }
  int idle = 0;
  int gone = 0;
};

TEST_CASE_FIXTURE(Fixture, "the owner hears once of each session that is idle or gone") {
  CountingOwner owner;
  {
    Pool watched(loop, {.idle_sessions = 1, .idle_time = Duration(60'000)}, &owner);
    const auto add_watched = [&]() -> FakeSession& {
      return dynamic_cast<FakeSession&>(watched.add(std::make_unique<FakeSession>(alive)));
    };
    FakeSession& first = add_watched();
    FakeSession& second = add_watched();
    first.owner->on_idle();
    CHECK((owner.idle == 1 && owner.gone == 0));
    second.owner->on_idle();  // and the first gives way
    CHECK((owner.idle == 2 && owner.gone == 1));
    second.owner->on_session_end();
    CHECK(owner.gone == 2);
    add_watched().owner->on_idle();
    CHECK(watched.close_oldest_idle());
    CHECK_FALSE(watched.close_oldest_idle());
    CHECK(owner.gone == 3);
  }
  CHECK(owner.gone == 3);
}

TEST_CASE_FIXTURE(Fixture,
                  "a pool that stops keeping closes what is idle, and what is in use when it comes back") {
  FakeSession& used = add();
  add().owner->on_idle();
  pool.stop_keeping();
  loop.turn(false);
  CHECK(alive == 1);
  used.owner->on_idle();
  loop.turn(false);
  CHECK(alive == 0);
  CHECK(pool.take() == nullptr);
}

TEST_CASE_FIXTURE(Fixture, "a busy session with room comes before an idle one, and a full one not at all") {
  FakeSession& shared = add();
  FakeSession& idle = add();
  idle.owner->on_idle();
  shared.owner->on_room();
  CHECK(pool.take() == &shared);
  CHECK(pool.take() == &shared);
  CHECK(pool.in_use() == 1);
  shared.open = false;  // full
  CHECK(pool.take() == &idle);
  shared.open = true;
  CHECK(pool.take() == nullptr);  // nobody asks it again until it says so
  shared.owner->on_room();
  CHECK(pool.take() == &shared);
  shared.owner->on_idle();
  CHECK(pool.idle() == 1);
  CHECK(pool.in_use() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a shared session that ends is gone, and one that is idle is closed in time") {
  FakeSession& first = add();
  FakeSession& second = add();
  first.owner->on_room();
  second.owner->on_room();
  second.owner->on_session_end();
  loop.turn(false);
  CHECK(alive == 1);
  CHECK(pool.take() == &first);
  first.owner->on_idle();
  pass(Duration(60'000));
  loop.turn(false);
  CHECK(alive == 0);
}

TEST_CASE_FIXTURE(Fixture,
                  "a session for one use is not kept, and one that is added idle waits to be taken") {
  auto& once = dynamic_cast<FakeSession&>(pool.add(std::make_unique<FakeSession>(alive), Pool::Use::once));
  once.owner->on_idle();
  loop.turn(false);
  CHECK(alive == 0);
  pool.add_idle(std::make_unique<FakeSession>(alive));
  CHECK(pool.idle() == 1);
  CHECK(pool.take() != nullptr);
}

TEST_CASE_FIXTURE(Fixture, "a worn session serves only who asks for it, and is closed when it is idle") {
  FakeSession& session = add();
  session.owner->on_room();
  CHECK(pool.take() == &session);
  session.worn = true;
  CHECK(pool.take() == nullptr);
  CHECK(pool.take_worn() == &session);
  CHECK(pool.in_use() == 1);
  session.open = false;
  CHECK(pool.take_worn() == nullptr);
  session.open = true;
  session.owner->on_room();
  CHECK(pool.take() == nullptr);
  CHECK(pool.take_worn() == &session);
  session.owner->on_idle();
  CHECK(pool.in_use() == 0);
  CHECK(pool.idle() == 0);
}

}  // namespace
}  // namespace core
