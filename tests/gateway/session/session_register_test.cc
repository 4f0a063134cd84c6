// The list of a person's sessions: what is kept and shown, how it is bounded, and that none can be moved.
#include "gateway/session/session_register.h"

#include "gateway/session/seen_from.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace gateway;
using namespace std::chrono_literals;

constexpr std::int64_t kNow = 1'900'000'000;

struct Replica {
  Replica(core::Storage& storage, const core::KeyRing& keys, const core::Clock& clock, const core::Log& log)
      : loop(clock),
        audit(log),
        list(storage, clock, log),
        known({storage, keys, list, loop, random, clock, log, audit}) {}
  core::Loop loop;
  Audit audit;
  core::Random random;
  RevocationList list;
  SessionRegister known;
};

struct Fixture {
  core::ManualClock clock{core::from_unix_seconds(kNow)};
  test_support::KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  test_support::FailingStorage storage{clock};
  core::KeyRing keys = test_support::ring_of({'k'});
  Replica here{storage, keys, clock, log};
  Replica there{storage, keys, clock, log};

  [[nodiscard]] KnownSession session(const std::string& id, const std::string& subject = "alice") const {
    KnownSession made;
    made.who.session_id = id;
    made.who.provider = "corp";
    made.who.issuer = "https://corp";
    made.who.subject = subject;
    made.who.user = subject;
    made.who.signed_in_at = clock.wall();
    made.who.expires_at = clock.wall() + 1h;
    made.network = "192.0.2.0/24";
    made.program = "Firefox, Linux";
    return made;
  }
  template <typename T>
  static core::Result<T> run(core::Flow<T> flow) {
    flow.start();
    REQUIRE(flow.has_ended());
    return flow.result();
  }
  std::vector<std::string> ids(Replica& of, const std::string& subject = "alice") {
    std::vector<std::string> all;
    const std::vector<KnownSession> listed = run(of.known.of(session("", subject).who)).value();
    for (const KnownSession& known : listed) all.push_back(known.who.session_id);
    return all;
  }
  std::string only_key() {
    const auto keys = run(storage.list("known-sessions")).value();
    REQUIRE(keys.size() == 1);
    return keys.front();
  }
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a person's sessions are listed on every replica, newest first, and nobody else's") {
  Fixture f;
  CHECK(f.ids(f.here).empty());
  REQUIRE(f.run(f.here.known.note(f.session("one"))));
  REQUIRE(f.run(f.there.known.note(f.session("two"))));
  REQUIRE(f.run(f.here.known.note(f.session("bobs", "bob"))));
  CHECK(f.ids(f.here) == Ids{"two", "one"});
  CHECK(f.ids(f.there, "bob") == Ids{"bobs"});
  CHECK(f.run(f.here.known.all())->size() == 3);
  const KnownSession shown = f.run(f.here.known.of(f.session("").who))->front();
  CHECK(shown.network == "192.0.2.0/24");
  CHECK(shown.program == "Firefox, Linux");
}

TEST_CASE("one session ends and is gone from the list, those of others are not found") {
  Fixture f;
  for (const char* id : {"one", "two"}) REQUIRE(f.run(f.here.known.note(f.session(id))));
  REQUIRE(f.run(f.here.known.note(f.session("bobs", "bob"))));
  const auto not_hers = f.run(f.here.known.end(f.session("").who, "bobs"));
  REQUIRE_FALSE(not_hers);
  CHECK(not_hers.error().kind == core::ErrorKind::not_found);
  CHECK_FALSE(f.here.list.published().latest()->is_revoked(f.session("bobs", "bob").who));
  REQUIRE(f.run(f.here.known.end(f.session("").who, "one")));
  CHECK(f.here.list.published().latest()->is_revoked(f.session("one").who));
  CHECK_FALSE(f.here.list.published().latest()->is_revoked(f.session("two").who));
  CHECK(f.ids(f.here) == Ids{"two"});
  CHECK(f.ids(f.there) == Ids{"two"});
}

TEST_CASE("what has ended in any way is not listed, and leaves with the next change") {
  Fixture f;
  REQUIRE(f.run(f.here.known.note(f.session("one"))));
  f.clock.advance(1s);
  const Identity alice = f.session("").who;
  REQUIRE(f.run(f.here.list.revoke(
      {RevocationKind::person, "alice", "https://corp", f.clock.wall() - 1s, f.clock.wall() + 2h})));
  CHECK(f.ids(f.here).empty());
  REQUIRE(f.run(f.here.known.note(f.session("two"))));
  CHECK(f.ids(f.there) == Ids{"two"});
  f.clock.advance(1h);
  CHECK(f.ids(f.here).empty());
  CHECK(f.run(f.storage.list("known-sessions"))->empty());
  REQUIRE(f.run(f.here.known.note(f.session("three"))));
  REQUIRE(f.run(f.here.list.revoke(
      {RevocationKind::session, "three", "https://corp", f.clock.wall(), f.clock.wall() + 2h})));
  REQUIRE(f.run(f.here.known.tidy(alice)));
  CHECK(f.run(f.storage.list("known-sessions"))->empty());
}

TEST_CASE("of one person the newest are kept") {
  Fixture f;
  for (std::size_t i = 0; i < kMaxKnownSessions + 3; ++i)
    REQUIRE(f.run(f.here.known.note(f.session(std::to_string(i)))));
  const Ids ids = f.ids(f.here);
  CHECK(ids.size() == kMaxKnownSessions);
  CHECK(ids.front() == std::to_string(kMaxKnownSessions + 2));
  CHECK(ids.back() == "3");
}

TEST_CASE("who signs in often enough pushes no session off the list that goes on: the oldest end") {
  Fixture f;
  REQUIRE(f.run(f.here.known.note(f.session("the thief's"))));
  for (std::size_t i = 1; i < kMaxKnownSessions; ++i)
    REQUIRE(f.run(f.there.known.note(f.session(std::to_string(i)))));
  CHECK_FALSE(f.here.list.published().latest()->is_revoked(f.session("the thief's").who));
  REQUIRE(f.run(f.here.known.note(f.session("one more"))));
  CHECK(f.here.list.published().latest()->is_revoked(f.session("the thief's").who));
  CHECK_FALSE(f.here.list.published().latest()->is_revoked(f.session("1").who));
  CHECK_FALSE(f.here.list.published().latest()->is_revoked(f.session("one more").who));
  CHECK(f.sink.text.find(R"("act":"sessions_revoked")") != std::string::npos);
}

TEST_CASE("K29: a record that another key sealed, that was changed or that is another's shows nothing") {
  Fixture f;
  REQUIRE(f.run(f.here.known.note(f.session("one"))));
  const std::string key = f.only_key();
  const core::StorageEntry alices = f.run(f.storage.get(key)).value();
  CHECK(alices.value.find("alice") == std::string::npos);
  CHECK(key.find("alice") == std::string::npos);
  SUBCASE("another's") {
    REQUIRE(f.run(f.here.known.note(f.session("bobs", "bob"))));
    const std::vector<std::string> keys = f.run(f.storage.list("known-sessions")).value();
    for (const std::string& other : keys) REQUIRE(f.run(f.storage.put(other, alices)));
    CHECK(f.ids(f.here, "bob").empty());
  }
  SUBCASE("changed") {
    core::StorageEntry changed = alices;
    changed.value.back() = changed.value.back() == 'A' ? 'B' : 'A';
    REQUIRE(f.run(f.storage.put(key, changed)));
    CHECK(f.ids(f.here).empty());
  }
  SUBCASE("another key") {
    const core::KeyRing other = test_support::ring_of({'o'});
    Replica stranger(f.storage, other, f.clock, f.log);
    CHECK(f.ids(stranger).empty());
  }
}

TEST_CASE("a sign-in goes on where the list cannot be kept, and the log says so") {
  Fixture f;
  f.storage.is_full = true;
  CHECK(f.run(f.here.known.note(f.session("one"))).has_value());
  CHECK(f.sink.text.find("list of a person's sessions") != std::string::npos);
  f.storage.is_full = false;
  f.storage.is_down = true;
  CHECK_FALSE(f.run(f.here.known.of(f.session("").who)));
}

TEST_CASE("two who write at once lose nothing, and one who died holds nobody for long") {
  Fixture f;
  REQUIRE(f.run(f.here.known.note(f.session("one"))));
  const std::string name = "known-sessions-" + f.only_key().substr(std::string("known-sessions/").size());
  REQUIRE(f.run(f.storage.lock(name, "another", 5s)));
  core::Flow<> waiting = f.here.known.note(f.session("two"));
  waiting.start();
  CHECK_FALSE(waiting.has_ended());
  REQUIRE(f.run(f.storage.unlock(name, "another")));
  f.clock.advance(100ms);
  f.here.loop.turn(false);
  REQUIRE(waiting.has_ended());
  CHECK(f.ids(f.here) == Ids{"two", "one"});
  REQUIRE(f.run(f.storage.lock(name, "another", 5s)));
  core::Flow<> late = f.here.known.note(f.session("three"));
  late.start();
  f.clock.advance(kNoteAtMost);
  f.here.loop.turn(false);
  REQUIRE(late.has_ended());
  CHECK(late.result().has_value());
  CHECK(f.ids(f.here) == Ids{"two", "one"});
}

TEST_CASE("an address is shown as its network, a browser by its kind, and nothing a client wrote") {
  CHECK(network_of(core::IpAddress::parse("192.0.2.77").value()) == "192.0.2.0/24");
  CHECK(network_of(core::IpAddress::parse("2001:db8:1:2:3::4").value()) == "2001:db8:1::/48");
  const std::pair<const char*, const char*> rows[] = {
      {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"},
      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
       "Safari/537.36",
       "Chrome, Windows"},
      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
       "Safari/537.36 Edg/126.0.0.0",
       "Edge, Windows"},
      {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
       "Version/17.5 "
       "Safari/605.1.15",
       "Safari, macOS"},
      {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
       "CriOS/126.0 Mobile/15E148 Safari/604.1",
       "Chrome, iOS"},
      {"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile "
       "Safari/537.36",
       "Chrome, Android"},
      {"curl/8.0 <script>", ""},
      {"", ""}};
  for (const auto& [user_agent, name] : rows) {
    CAPTURE(user_agent);
    CHECK(program_of(user_agent) == name);
  }
}
