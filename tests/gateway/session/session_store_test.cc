// Sessions in a storage: what comes back, and what somebody who can write the storage cannot do.
#include "gateway/session/session_store.h"

#include "gateway/session/revocation_entry.h"
#include "tests/gateway/support/sessions_fixture.h"
#include "tests/support/doctest.h"

namespace {

using test_support::kNoon;

template <typename T>
core::Result<T> run(core::Flow<T> flow) {
  flow.start();
  REQUIRE(flow.has_ended());
  return std::move(flow.result());
}

struct Fixture : test_support::SessionsFixture {
  std::unique_ptr<core::Storage> storage = core::make_memory_storage(clock);
  gateway::SessionStore store{*storage, keys, random};

  gateway::StoredSession session(const std::string& user) const {
    gateway::StoredSession stored;
    stored.identity = identity(user);
    stored.identity.groups = {"staff", "admins"};
    stored.identity.provider_session = "sid";
    stored.tokens = {core::Secret("refresh-" + user), core::Secret("id-" + user),
                     core::Secret("access-" + user)};
    stored.refreshed_at = clock.wall();
    return stored;
  }
  std::string key(const std::string& user) const {
    return gateway::hashed_key("sessions/", "session-of-" + user);
  }
};

}  // namespace

TEST_CASE("a stored session comes back with its claims and tokens") {
  Fixture f;
  REQUIRE(run(f.store.save(f.session("alice"))).has_value());
  const auto found = run(f.store.load("session-of-alice"));
  REQUIRE(found.has_value());
  CHECK(found->identity.subject == "alice");
  CHECK(found->identity.groups == std::vector<std::string>{"staff", "admins"});
  CHECK(found->identity.provider_session == "sid");
  CHECK(found->tokens.refresh_token.reveal() == "refresh-alice");
  CHECK(found->tokens.id_token.reveal() == "id-alice");
  CHECK(found->tokens.access_token.reveal() == "access-alice");
  CHECK(found->refreshed_at == f.clock.wall());
  REQUIRE(run(f.store.remove("session-of-alice")).has_value());
  CHECK(run(f.store.load("session-of-alice")).error().kind == core::ErrorKind::not_found);
}

TEST_CASE("a stored session is gone when it has expired") {
  Fixture f;
  REQUIRE(run(f.store.save(f.session("alice"))).has_value());
  f.clock.advance(f.settings.lifetime + std::chrono::seconds(61));
  CHECK(run(f.store.load("session-of-alice")).error().kind == core::ErrorKind::not_found);
}

TEST_CASE(
    "K29: what is in the storage is neither readable, nor changed, nor moved, nor sealed for anything else") {
  Fixture f;
  REQUIRE(run(f.store.save(f.session("alice"))).has_value());
  REQUIRE(run(f.store.save(f.session("bob"))).has_value());
  core::StorageEntry entry = run(f.storage->get(f.key("alice"))).value();
  for (const char* secret : {"alice", "refresh", "staff"})
    CHECK(entry.value.find(secret) == std::string::npos);
  const auto is_found = [&](const core::StorageEntry& other) {
    REQUIRE(run(f.storage->put(f.key("alice"), other)).has_value());
    return run(f.store.load("session-of-alice")).has_value();
  };
  CHECK(is_found(entry));
  core::StorageEntry changed = entry;
  changed.value[changed.value.size() / 2] ^= 1;
  CHECK_FALSE(is_found(changed));
  CHECK_FALSE(is_found(run(f.storage->get(f.key("bob"))).value()));
  core::Sealer cookies(f.keys, core::Purpose::session, f.random);
  core::StorageEntry other = entry;
  other.value =
      cookies.seal(gateway::encode_stored_session(f.session("alice")).reveal(), {f.key("alice"), "session"});
  CHECK_FALSE(is_found(other));
  core::Sealer records(f.keys, core::Purpose::storage, f.random);
  // The very record of bob, sealed by us for alice's key: its id is another's.
  other.value =
      records.seal(gateway::encode_stored_session(f.session("bob")).reveal(), {f.key("alice"), "session"});
  CHECK_FALSE(is_found(other));
}

TEST_CASE("a session that an old key sealed opens, one of a key that is gone counts as none") {
  Fixture f;
  REQUIRE(run(f.store.save(f.session("alice"))).has_value());
  const core::KeyRing rotated = test_support::ring_of({'n', 'k'});
  gateway::SessionStore next(*f.storage, rotated, f.random);
  CHECK(run(next.load("session-of-alice")).has_value());
  const core::KeyRing others = test_support::ring_of({'n'});
  gateway::SessionStore later(*f.storage, others, f.random);
  CHECK(run(later.load("session-of-alice")).error().kind == core::ErrorKind::not_found);
}

TEST_CASE("one at a time may refresh a session") {
  Fixture f;
  CHECK(run(f.store.lock("a", "first")).has_value());
  CHECK(run(f.store.lock("b", "second")).has_value());
  CHECK(run(f.store.lock("a", "second")).error().kind == core::ErrorKind::conflict);
  CHECK(run(f.store.unlock("a", "second")).has_value());
  CHECK(run(f.store.lock("a", "second")).error().kind == core::ErrorKind::conflict);
  CHECK(run(f.store.unlock("a", "first")).has_value());
  CHECK(run(f.store.lock("a", "second")).has_value());
}
