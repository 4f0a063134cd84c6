#include "gateway/session/revocations.h"

#include "core/crypto/session_key.h"
#include "core/loop/loop.h"
#include "gateway/session/revocation_list.h"
#include "gateway/session/session_keys.h"
#include "tests/support/doctest.h"

namespace {

using gateway::Identity;
using gateway::Revocation;
using gateway::RevocationKind;
using gateway::Revocations;

core::WallTime at(std::int64_t seconds) {
  return core::from_unix_seconds(1'800'000'000 + seconds);
}

Revocation ended(const std::string& id, std::int64_t signed_in, const std::string& issuer = "https://a") {
  return {gateway::RevocationKind::session, id, issuer, at(signed_in), at(signed_in + 1000)};
}

Identity session(const std::string& id, const std::string& issuer, core::WallTime signed_in) {
  Identity identity;
  identity.session_id = id;
  identity.issuer = issuer;
  identity.subject = "u-" + id;
  identity.signed_in_at = signed_in;
  return identity;
}

class Silence final : public core::LogSink {
 public:
  void write(std::string_view lines) override { text += lines; }
  std::string text;
};

/// A storage whose operations fail on demand.
class BrokenStorage final : public core::Storage {
 public:
  explicit BrokenStorage(const core::Clock& clock) : inner_(core::make_memory_storage(clock)) {}
  core::Flow<> put(std::string key, core::StorageEntry entry) override {
    if (is_full) co_await core::failure(core::ErrorKind::unavailable, core::Side::storage, "disk full");
    if (forgets) co_return core::done();
    co_await inner_->put(key, entry);
    co_return core::done();
  }
  core::Flow<core::StorageEntry> get(std::string key) override {
    if (is_unreadable) co_await core::failure(core::ErrorKind::unavailable, core::Side::storage, "bad block");
    core::StorageEntry entry = co_await inner_->get(key);
    co_return entry;
  }
  core::Flow<std::vector<std::string>> list(std::string prefix) override {
    ++lists;
    return inner_->list(std::move(prefix));
  }
  core::Flow<> remove(std::string key) override { return inner_->remove(std::move(key)); }
  core::Flow<> lock(std::string name, std::string holder, core::Duration lease) override {
    return inner_->lock(std::move(name), std::move(holder), lease);
  }
  core::Flow<> unlock(std::string name, std::string holder) override {
    return inner_->unlock(std::move(name), std::move(holder));
  }
  bool is_full = false;
  bool forgets = false;
  bool is_unreadable = false;
  int lists = 0;

 private:
  std::unique_ptr<core::Storage> inner_;
};

template <typename T>
core::Result<T> run(core::Flow<T> flow) {
  flow.start();
  REQUIRE(flow.has_ended());
  return std::move(flow.result());
}

struct ListFixture {
  core::ManualClock clock{at(0)};
  Silence sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  core::Loop loop{clock};
  BrokenStorage storage{clock};
  gateway::RevocationList list{storage, clock, log};
};

}  // namespace

TEST_CASE("a revoked session is revoked, others are not") {
  const auto one = Revocations().with(ended("x", 0), at(1));
  CHECK(one->is_revoked(session("x", "https://a", at(0))));
  CHECK_FALSE(one->is_revoked(session("y", "https://a", at(0))));
  CHECK_FALSE(one->is_revoked(session("", "https://a", at(0))));
}

TEST_CASE("a full list collapses to a cut-off of the issuer with most entries and never forgets a session") {
  std::shared_ptr<const Revocations> list = std::make_shared<const Revocations>();
  list = list->with(ended("b", 5, "https://b"), at(6));
  for (int i = 0; i < 11; ++i) list = list->with(ended(std::to_string(i), i), at(20), 10);
  CHECK(list->size() <= 10);
  for (int i = 0; i < 11; ++i) CHECK(list->is_revoked(session(std::to_string(i), "https://a", at(i))));
  CHECK(list->is_revoked(session("b", "https://b", at(5))));
  CHECK(list->is_revoked(session("somebody who signed in before", "https://a", at(3))));
  CHECK_FALSE(list->is_revoked(session("somebody who signed in later", "https://a", at(11))));
  CHECK_FALSE(list->is_revoked(session("somebody of another issuer", "https://b", at(3))));
  REQUIRE(list->cut_offs().size() == 1);
  CHECK(list->cut_offs().begin()->second.expires >= at(20) + Revocations::kCutOffLifetime);
}

TEST_CASE("entries whose session has expired make room before anything collapses") {
  std::shared_ptr<const Revocations> list = std::make_shared<const Revocations>();
  for (int i = 0; i < 10; ++i) list = list->with(ended(std::to_string(i), 0), at(1), 10);
  list = list->with(ended("late", 5000), at(5000), 10);
  CHECK(list->size() == 1);
  CHECK(list->cut_offs().empty());
  CHECK(list->is_revoked(session("late", "https://a", at(5000))));
}

TEST_CASE("each kind of entry ends the sessions it is about, and those alone that began until then") {
  Identity who = session("x", "https://a", at(5));
  who.subject = "alice";
  who.user = "alice.a";
  who.email = "alice@example.com";
  who.provider_session = "sid-1";
  who.proven_at = at(3);
  Identity nameless = who;
  nameless.provider_session.clear();
  struct Row {
    RevocationKind kind;
    const char* name;
    std::int64_t until;
    bool ends;
    bool ends_nameless;
  };
  using enum RevocationKind;
  const Row rows[] = {
      {provider_session, "sid-1", 3, true, false},  // by the issuer's clock
      {provider_session, "sid-1", 2, false, false},
      {provider_session, "sid-2", 9, false, false},
      {subject_without_session, "alice", 3, false, true},
      {subject_without_session, "alice", 2, false, false},
      {subject, "alice", 3, true, true},
      {subject, "alice", 2, false, false},
      {subject, "sid-1", 9, false, false},
      {person, "alice", 5, true, true},  // by ours
      {person, "alice", 4, false, false},
      {gateway::RevocationKind::name, "alice.a", 5, true, true},
      {gateway::RevocationKind::name, "alice@example.com", 5, true, true},
      {gateway::RevocationKind::name, "Alice@EXAMPLE.com", 5, true, true},
      {gateway::RevocationKind::name, "ALICE.A", 5, true, true},
      {subject, "ALICE", 9, false, false},
      {person, "ALICE", 9, false, false},
      {gateway::RevocationKind::name, "alice.a", 4, false, false},
      {gateway::RevocationKind::name, "alice", 9, false, false},
      {gateway::RevocationKind::session, "alice", 9, false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.until);
    CAPTURE(static_cast<char>(row.kind));
    const Revocation entry{row.kind, row.name, "https://a", at(row.until), at(1000)};
    const auto list = Revocations().with(entry, at(6));
    CHECK(list->is_revoked(who) == row.ends);
    CHECK(list->is_revoked(nameless) == row.ends_nameless);
    Revocation elsewhere = entry;
    elsewhere.issuer = "https://b";
    CHECK_FALSE(Revocations().with(elsewhere, at(6))->is_revoked(who));
  }
}

TEST_CASE("a later entry of the same person reaches further, an earlier one takes nothing back") {
  const auto entry = [](std::int64_t until) {
    return Revocation{RevocationKind::subject, "u-x", "https://a", at(until), at(until + 1000)};
  };
  Identity who = session("x", "https://a", at(5));
  who.proven_at = at(5);
  std::shared_ptr<const Revocations> list = std::make_shared<const Revocations>();
  for (const std::int64_t until : {3, 6, 4}) list = list->with(entry(until), at(6));
  CHECK(list->is_revoked(who));
  for (int i = 0; i < 300; ++i) list = list->with(ended("other-" + std::to_string(i), 0), at(7));
  CHECK(list->is_revoked(who));  // merged
  list = list->with(entry(8), at(9));
  who.proven_at = at(8);
  CHECK(list->is_revoked(who));
  for (int i = 0; i < 300; ++i) list = list->with(ended("more-" + std::to_string(i), 0), at(9));
  CHECK(list->is_revoked(who));
}

TEST_CASE("a full list of what a provider ended collapses by our clock, whatever the provider's says") {
  std::shared_ptr<const Revocations> list = std::make_shared<const Revocations>();
  for (int i = 0; i < 11; ++i) {
    const Revocation entry{RevocationKind::subject, std::to_string(i), "https://a", at(-600), at(1000)};
    list = list->with(entry, at(20), 10);
  }
  Identity who = session("x", "https://a", at(19));
  who.subject = "3";
  who.proven_at = at(-600);
  CHECK(list->is_revoked(who));
  who.signed_in_at = at(21);
  CHECK_FALSE(list->is_revoked(who));
}

TEST_CASE("L06: what a provider or an operator ended outlives a restart, and replicas see each later entry") {
  for (const RevocationKind kind : {RevocationKind::provider_session, RevocationKind::subject,
                                    RevocationKind::person, RevocationKind::name}) {
    CAPTURE(static_cast<char>(kind));
    ListFixture f;
    gateway::RevocationList replica(f.storage, f.clock, f.log);
    Identity who = session("x", "https://a", at(0));
    who.subject = who.provider_session = who.user = "the name";
    for (const std::int64_t until : {10, 20}) {
      who.proven_at = who.signed_in_at = at(until);
      CHECK_FALSE(replica.published().latest()->is_revoked(who));
      REQUIRE(run(f.list.revoke({kind, "the name", "https://a", at(until), at(1000)})).has_value());
      REQUIRE(run(replica.load()).has_value());
      CHECK(replica.published().latest()->is_revoked(who));
    }
  }
}

TEST_CASE("everybody of an issuer is ended at once, on replicas too, and again later") {
  ListFixture f;
  gateway::RevocationList replica(f.storage, f.clock, f.log);
  for (const std::int64_t moment : {10, 20}) {
    const Identity who = session("x", "https://a", at(moment));
    CHECK_FALSE(replica.published().latest()->is_revoked(who));
    REQUIRE(run(f.list.cut_off("https://a", at(moment))).has_value());
    REQUIRE(run(replica.load()).has_value());
    CHECK(replica.published().latest()->is_revoked(who));
    CHECK_FALSE(replica.published().latest()->is_revoked(session("x", "https://b", at(moment))));
  }
}

TEST_CASE("many entries stay found through merges") {
  std::shared_ptr<const Revocations> list = std::make_shared<const Revocations>();
  for (int i = 0; i < 2000; ++i) list = list->with(ended(std::to_string(i), 0), at(1));
  CHECK(list->size() == 2000);
  for (int i = 0; i < 2000; ++i) CHECK(list->is_revoked(session(std::to_string(i), "https://a", at(0))));
}

TEST_CASE("a revocation outlives a restart") {
  ListFixture f;
  REQUIRE(run(f.list.revoke(ended("x", 0))).has_value());
  gateway::RevocationList next(f.storage, f.clock, f.log);
  REQUIRE(run(next.load()).has_value());
  CHECK(next.published().latest()->is_revoked(session("x", "https://a", at(0))));
  f.clock.advance(std::chrono::seconds(1001));
  gateway::RevocationList later(f.storage, f.clock, f.log);
  REQUIRE(run(later.load()).has_value());
  CHECK(later.published().latest()->size() == 0);
}

TEST_CASE("K27: a revocation that storage cannot keep acts in this process and is reported") {
  ListFixture f;
  f.storage.is_full = true;
  const auto result = run(f.list.revoke(ended("x", 0)));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().side == core::Side::storage);
  CHECK(f.list.published().latest()->is_revoked(session("x", "https://a", at(0))));
}

TEST_CASE("M01: a revocation that cannot be read stops the start") {
  ListFixture f;
  for (const char* bad : {"", "{}", "[]", R"({"session":"x"})", R"({"issuer":"a","signed_in_at":"1"})"}) {
    REQUIRE(run(f.storage.put("revocations/abc", {bad, at(1000)})).has_value());
    CHECK_FALSE(run(f.list.load()).has_value());
  }
}

TEST_CASE("M01: a revocation that storage cannot give stops the start") {
  ListFixture f;
  REQUIRE(run(f.list.revoke(ended("x", 0))).has_value());
  f.storage.is_unreadable = true;
  gateway::RevocationList next(f.storage, f.clock, f.log);
  CHECK_FALSE(run(next.load()).has_value());
}

TEST_CASE("M01: a revocation that cannot be read hides no other") {
  ListFixture f;
  gateway::RevocationList replica(f.storage, f.clock, f.log);
  REQUIRE(run(f.storage.put("revocation-cut-offs/0", {"{}", at(1000)})).has_value());
  REQUIRE(run(f.storage.put("revocations/0", {"{}", at(1000)})).has_value());
  REQUIRE(run(f.list.revoke(ended("x", 0))).has_value());
  CHECK_FALSE(run(replica.load()).has_value());
  CHECK(replica.published().latest()->is_revoked(session("x", "https://a", at(0))));
}

TEST_CASE(
    "storage is listed when a session was ended, and once a minute; what is ended is seen at each look") {
  ListFixture f;
  gateway::RevocationList replica(f.storage, f.clock, f.log);
  const auto pass = [&](int seconds) {
    for (int i = 0; i < seconds; ++i) {
      f.clock.advance(std::chrono::seconds(1));
      for (int turn = 0; turn < 3; ++turn) f.loop.turn(false);
    }
  };
  const auto is_revoked = [&](const std::string& id) {
    return replica.published().latest()->is_revoked(session(id, "https://a", at(0)));
  };
  replica.follow(f.loop, std::chrono::seconds(2));
  pass(50);
  CHECK(f.storage.lists <= 2);
  for (const std::string id : {"x", "y", "x", "z"}) {
    REQUIRE(run(f.list.revoke(ended(id, 0))).has_value());
    pass(2);
    CHECK(is_revoked(id));
  }
  // One whose mark could not be put.
  const std::string last = R"({"session":"w","issuer":"https://a","signed_in_at":1800000000})";
  REQUIRE(run(f.storage.put("revocations/w", {last, at(1000)})).has_value());
  pass(60);
  CHECK(is_revoked("w"));
  CHECK(f.storage.lists <= 14);
}

TEST_CASE("the generated session key is kept in storage and found again") {
  ListFixture f;
  const auto first = run(gateway::load_session_keys({}, f.storage, f.loop));
  REQUIRE(first.has_value());
  const auto second = run(gateway::load_session_keys({}, f.storage, f.loop));
  REQUIRE(second.has_value());
  CHECK(first->keys()[0].reveal() == second->keys()[0].reveal());
  CHECK(first->keys()[0].reveal().size() == 32);
}

TEST_CASE("a replica that starts while another makes the session key waits for it") {
  ListFixture f;
  REQUIRE(run(f.storage.lock("session-key", "another", std::chrono::seconds(10))).has_value());
  core::Flow<core::KeyRing> late = gateway::load_session_keys({}, f.storage, f.loop);
  late.start();
  CHECK_FALSE(late.has_ended());
  const std::string made(core::generate_session_key().reveal());
  REQUIRE(run(f.storage.put("session-key", {made, {}})).has_value());
  f.clock.advance(std::chrono::seconds(1));
  for (int turn = 0; turn < 3; ++turn) f.loop.turn(false);
  REQUIRE(late.has_ended());
  REQUIRE(late.result().has_value());
  CHECK(run(f.storage.get("session-key"))->value == made);
}

TEST_CASE("M01: without configured keys a storage that cannot keep one stops the start") {
  ListFixture f;
  SUBCASE("full") {
    f.storage.is_full = true;
  }
  SUBCASE("says yes and forgets") {
    f.storage.forgets = true;
  }
  SUBCASE("holds something else") {
    REQUIRE(run(f.storage.put("session-key", {"c2hvcnQ=", {}})).has_value());
  }
  const auto keys = run(gateway::load_session_keys({}, f.storage, f.loop));
  REQUIRE_FALSE(keys.has_value());
  CHECK(keys.error().text.starts_with("keeping the session key in storage: "));
}

TEST_CASE("configured keys win, in their order") {
  ListFixture f;
  std::vector<config::ConfiguredSecret> configured(2);
  configured[0].value = core::Secret(std::string(32, 'a'));
  configured[1].value = core::Secret(std::string(32, 'b'));
  const auto ring = run(gateway::load_session_keys(configured, f.storage, f.loop));
  REQUIRE(ring.has_value());
  CHECK(ring->keys().size() == 2);
  CHECK(ring->keys()[0].reveal() == std::string(32, 'a'));
  CHECK_FALSE(run(f.storage.get("session-key")).has_value());
}
