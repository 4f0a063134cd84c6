// Personal tokens as they are kept: what a record holds, where a token opens anything, and what control does
// with all of them.
#include "gateway/session/token_register.h"

#include "core/loop/wait.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using gateway::PersonalToken;

constexpr std::int64_t kNow = 1'900'000'000;

class Quiet final : public core::LogSink {
 public:
  void write(std::string_view lines) override { text += lines; }
  std::string text;
};

PersonalToken token_of(const std::string& subject, const std::string& id, std::int64_t ends = kNow + 3600) {
  gateway::Identity owner;
  owner.session_id = id;
  owner.token = id;
  owner.provider = "corp";
  owner.issuer = "https://corp";
  owner.subject = subject;
  owner.groups = {"staff"};
  owner.claims = core::Json::object({{"level", 3}});
  owner.signed_in_at = core::from_unix_seconds(kNow);
  owner.expires_at = core::from_unix_seconds(ends);
  PersonalToken token;
  token.hash = gateway::hash_of_token(id);
  token.name = "the build";
  token.places = {"app.example.com/"};
  token.owner = std::make_shared<const gateway::Identity>(owner);
  return token;
}

/// A storage that writes nothing for as long as it is told to wait.
class WaitingStorage final : public core::Storage {
 public:
  explicit WaitingStorage(core::Storage& inner) : inner_(inner) {}
  core::Flow<> put(std::string key, core::StorageEntry entry) override {
    core::OneShot<> never;
    if (is_waiting) co_await never;
    co_await inner_.put(key, entry);
    co_return core::done();
  }
  core::Flow<core::StorageEntry> get(std::string key) override { return inner_.get(key); }
  core::Flow<std::vector<std::string>> list(std::string prefix) override { return inner_.list(prefix); }
  core::Flow<> remove(std::string key) override { return inner_.remove(key); }
  core::Flow<> lock(std::string name, std::string holder, core::Duration lease) override {
    return inner_.lock(name, holder, lease);
  }
  core::Flow<> unlock(std::string name, std::string holder) override { return inner_.unlock(name, holder); }
  bool is_waiting = true;

 private:
  core::Storage& inner_;
};

struct RegisterFixture {
  core::ManualClock clock{core::from_unix_seconds(kNow)};
  core::Loop loop{clock};
  Quiet sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  test_support::FailingStorage storage{clock};
  core::KeyRing keys = test_support::ring_of({'k'});
  core::Random random;
  gateway::TokenRegister here{{storage, keys, random, clock, log}};
  gateway::TokenRegister there{{storage, keys, random, clock, log}};

  core::Result<core::Done> run(core::Flow<> flow) {
    flow.start();
    for (int turns = 0; turns < 20 && !flow.has_ended(); ++turns) loop.turn(false);
    REQUIRE(flow.has_ended());
    return flow.result();
  }
};

}  // namespace

TEST_CASE(
    "a token survives being written and read, and nothing else is read "
    "as one") {
  const PersonalToken token = token_of("alice", "id-1");
  const std::string bytes = gateway::encode_personal_token(token);
  const auto read = gateway::decode_personal_token(bytes);
  REQUIRE(read);
  CHECK(read->id() == "id-1");
  CHECK(read->hash == token.hash);
  CHECK(read->name == token.name);
  CHECK(read->places == token.places);
  CHECK(read->owner->subject == "alice");
  CHECK(read->owner->groups == token.owner->groups);
  CHECK(read->owner->claims == token.owner->claims);
  CHECK(read->owner->expires_at == token.owner->expires_at);
  CHECK(read->owner->is_by_token());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(gateway::decode_personal_token(std::string_view(bytes).substr(0, size)));
  CHECK_FALSE(gateway::decode_personal_token(bytes + "x"));
}

TEST_CASE("the text of a token is long, random and known by its beginning") {
  const core::Secret one = gateway::new_personal_token();
  CHECK(one.reveal().starts_with(gateway::kPersonalTokenMark));
  CHECK(one.reveal().size() == gateway::kPersonalTokenMark.size() + 43);
  CHECK(one.reveal() != gateway::new_personal_token().reveal());
}

TEST_CASE("M17: a token is for its places alone, by whole segments and whole hosts") {
  struct Row {
    const char* place;
    const char* host;
    const char* path;
    bool is_for;
  };
  const Row rows[] = {
      {"app.test/", "app.test", "/", true},
      {"app.test/", "app.test", "/x/y", true},
      {"app.test/", "wiki.test", "/", false},
      {"app.test/", "xapp.test", "/", false},
      {"app.test/api", "app.test", "/api", true},
      {"app.test/api", "app.test", "/api/v1", true},
      {"app.test/api", "app.test", "/apix", false},
      {"app.test/api", "app.test", "/", false},
      {"*.test/", "app.test", "/", true},
      {"*.test/", "a.app.test", "/", false},
      {"*.test/", "test", "/", false},
      {"*/x", "any.test", "/x", true},
      {"*/x", "any.test", "/y", false},
      {"app.test", "app.test", "/", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.place);
    CAPTURE(row.host);
    CAPTURE(row.path);
    PersonalToken token = token_of("alice", "id-1");
    token.places = {row.place};
    gateway::Request request;
    request.host = row.host;
    request.path = row.path;
    CHECK(token.is_for(request) == row.is_for);
  }
}

TEST_CASE(
    "what is made on one replica counts on another, and what is revoked "
    "there counts nowhere") {
  RegisterFixture f;
  REQUIRE(f.run(f.here.create(token_of("alice", "id-1"))));
  CHECK(f.here.published().latest()->find(gateway::hash_of_token("id-1")) != nullptr);
  CHECK(f.there.published().latest()->size() == 0);
  REQUIRE(f.run(f.there.load()));
  REQUIRE(f.there.published().latest()->find(gateway::hash_of_token("id-1")) != nullptr);
  CHECK_FALSE(f.run(f.there.revoke("id-1", *token_of("bob", "x").owner)));  // somebody else's
  REQUIRE(f.run(f.there.revoke("id-1", *token_of("alice", "x").owner)));
  CHECK(f.there.published().latest()->size() == 0);
  REQUIRE(f.run(f.here.load()));
  CHECK(f.here.published().latest()->find(gateway::hash_of_token("id-1")) == nullptr);
}

TEST_CASE("an operator ends the tokens of whom he means, here and on other replicas") {
  RegisterFixture f;
  REQUIRE(f.run(f.here.create(token_of("alice", "id-1"))));
  REQUIRE(f.run(f.here.create(token_of("bob", "id-2"))));
  core::Flow<std::size_t> ending =
      f.here.revoke_of([](const gateway::Identity& owner) { return owner.subject == "alice"; });
  ending.start();
  for (int turns = 0; turns < 20 && !ending.has_ended(); ++turns) f.loop.turn(false);
  REQUIRE(ending.has_ended());
  CHECK(ending.result().value() == 1);
  REQUIRE(f.run(f.there.load()));
  CHECK(f.there.published().latest()->find_id("id-1") == nullptr);
  CHECK(f.there.published().latest()->find_id("id-2") != nullptr);
}

TEST_CASE("M02: no text opens anything by itself") {
  RegisterFixture f;
  REQUIRE(f.run(f.here.create(token_of("alice", "id-1"))));
  for (const char* text : {"", "gwt_", "id-2"})
    CHECK(f.here.published().latest()->find(gateway::hash_of_token(text)) == nullptr);
}

TEST_CASE(
    "one person has so many tokens and no more, and those that ended "
    "make room") {
  RegisterFixture f;
  for (std::size_t i = 0; i < gateway::kMaxTokensEach; ++i) {
    REQUIRE(f.run(f.here.create(token_of("alice", "id-" + std::to_string(i)))));
  }
  const auto refused = f.run(f.here.create(token_of("alice", "id-more")));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == core::ErrorKind::refused);
  REQUIRE(f.run(f.here.create(token_of("bob", "id-bob", kNow + 7200))));
  f.clock.advance(std::chrono::seconds(3600));
  REQUIRE(f.run(f.here.create(token_of("carol", "id-carol", kNow + 7200))));
  CHECK(f.here.published().latest()->size() == 2);
}

TEST_CASE("a record that cannot be read opens nothing and hides no other") {
  RegisterFixture f;
  REQUIRE(f.run(f.here.create(token_of("alice", "id-2"))));
  REQUIRE(f.run(f.storage.put("personal-tokens/id-1", {"garbage", std::nullopt})));
  // In the clear, by somebody who has no key of ours; and one of ours under another's name.
  REQUIRE(f.run(f.storage.put("personal-tokens/id-3",
                              {gateway::encode_personal_token(token_of("mallory", "id-3")), std::nullopt})));
  core::Flow<core::StorageEntry> reading = f.storage.get("personal-tokens/id-2");
  reading.start();
  REQUIRE(reading.has_ended());
  const core::StorageEntry sealed = reading.result().value();
  CHECK(sealed.value.find("alice") == std::string::npos);
  CHECK(sealed.expires == core::from_unix_seconds(kNow + 3600));
  REQUIRE(f.run(f.storage.put("personal-tokens/id-4", sealed)));
  REQUIRE(f.run(f.there.load()));
  CHECK(f.there.published().latest()->size() == 1);
  CHECK(f.sink.text.find("cannot be read") != std::string::npos);
  f.sink.text.clear();
  REQUIRE(f.run(f.there.load()));
  CHECK(f.sink.text.empty());  // once
}

TEST_CASE("a token lives as long as a session key that opens it") {
  RegisterFixture f;
  REQUIRE(f.run(f.here.create(token_of("alice", "id-1"))));
  const core::KeyRing rotated = test_support::ring_of({'n', 'k'});
  gateway::TokenRegister after{{f.storage, rotated, f.random, f.clock, f.log}};
  REQUIRE(f.run(after.load()));
  CHECK(after.published().latest()->size() == 1);
  const core::KeyRing others = test_support::ring_of({'n'});
  gateway::TokenRegister later{{f.storage, others, f.random, f.clock, f.log}};
  REQUIRE(f.run(later.load()));
  CHECK(later.published().latest()->size() == 0);
}

TEST_CASE("a token whose maker went away is counted no more") {
  RegisterFixture f;
  WaitingStorage waiting(f.storage);
  gateway::TokenRegister tokens{{waiting, f.keys, f.random, f.clock, f.log}};
  for (std::size_t i = 0; i < gateway::kMaxTokensEach; ++i) {
    core::Flow<> making = tokens.create(token_of("alice", "gone-" + std::to_string(i)));
    making.start();
    CHECK_FALSE(making.has_ended());
  }
  waiting.is_waiting = false;
  CHECK(f.run(tokens.create(token_of("alice", "stays"))));
}

TEST_CASE("K26: a token that storage could not be told is over stays over, and storage is told later") {
  RegisterFixture f;
  f.here.follow(f.loop, std::chrono::seconds(2));
  REQUIRE(f.run(f.here.create(token_of("alice", "id-1"))));
  f.storage.removes = false;
  const auto revoked = f.run(f.here.revoke("id-1", *token_of("alice", "x").owner));
  REQUIRE_FALSE(revoked);
  CHECK(f.here.published().latest()->size() == 0);
  REQUIRE(f.run(f.here.load()));
  CHECK(f.here.published().latest()->size() == 0);
  f.storage.removes = true;
  f.clock.advance(std::chrono::seconds(2));
  for (int turns = 0; turns < 20; ++turns) f.loop.turn(false);
  REQUIRE(f.run(f.there.load()));
  CHECK(f.there.published().latest()->size() == 0);
}

TEST_CASE("what ended under one configuration has ended under the next, told to storage or not") {
  RegisterFixture f;
  REQUIRE(f.run(f.here.create(token_of("alice", "id-1"))));
  REQUIRE(f.run(f.here.create(token_of("alice", "id-2"))));
  REQUIRE(f.run(f.there.load()));
  REQUIRE(f.there.published().latest()->find_id("id-1") != nullptr);
  f.storage.removes = false;
  (void)f.run(f.here.revoke("id-1", *token_of("alice", "id-1").owner));
  f.there.take_over(f.here);
  CHECK(f.there.published().latest()->find_id("id-1") == nullptr);
  CHECK(f.there.published().latest()->find_id("id-2") != nullptr);
  REQUIRE(f.run(f.there.load()));
  CHECK(f.there.published().latest()->find_id("id-1") == nullptr);
}
