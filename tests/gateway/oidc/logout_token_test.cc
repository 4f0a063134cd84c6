#include "gateway/oidc/logout_token.h"

#include "core/crypto/jws.h"
#include "core/storage/storage.h"
#include "gateway/oidc/logout_register.h"
#include "tests/support/doctest.h"

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kNow = 1'800'000'000;
constexpr const char* kIssuer = "https://corp.example.net";
constexpr const char* kEvents = R"({"http://schemas.openid.net/event/backchannel-logout":{}})";

/// Claims of a good token as JSON, one member replaced; "" takes it out.
std::string claims_with(const std::string& name, const std::string& value) {
  const std::pair<std::string, std::string> good[] = {{"iss", "\"https://corp.example.net\""},
                                                      {"aud", "\"gateway\""},
                                                      {"iat", std::to_string(kNow - 5)},
                                                      {"exp", std::to_string(kNow + 115)},
                                                      {"jti", "\"token-1\""},
                                                      {"sub", "\"alice\""},
                                                      {"sid", "\"s-1\""},
                                                      {"events", kEvents}};
  std::string text;
  const auto add = [&text](const std::string& member, const std::string& what) {
    text += (text.empty() ? "{\"" : ",\"") + member + "\":" + what;
  };
  bool is_new = !name.empty();
  for (const auto& [member, usual] : good) {
    if (member == name) is_new = false;
    const std::string& what = member == name ? value : usual;
    if (!what.empty()) add(member, what);
  }
  if (is_new) add(name, value);
  return text + "}";
}

core::Result<gateway::LogoutNotice> read(const std::string& claims, const std::string& type = "logout+jwt") {
  core::Jws jws;
  jws.header.type = type;
  jws.payload = claims;
  const core::WallTime now = core::from_unix_seconds(kNow);
  auto jwt = core::check_claims(std::move(jws), gateway::logout_token_rules(kIssuer, "gateway"), now);
  if (!jwt) return core::failure(jwt.error());
  return gateway::read_logout_token(*jwt, now);
}

class Quiet final : public core::LogSink {
 public:
  void write(std::string_view) override {}
};

/// Storage of which puts or gets fail on demand.
class Shaky final : public core::Storage {
 public:
  explicit Shaky(const core::Clock& clock) : inner_(core::make_memory_storage(clock)) {}
  core::Flow<> put(std::string key, core::StorageEntry entry) override {
    if (!refuses.empty() && key.starts_with(refuses)) co_await down();
    co_await inner_->put(key, entry);
    co_return core::done();
  }
  core::Flow<core::StorageEntry> get(std::string key) override {
    if (!hides.empty() && key.starts_with(hides)) co_await down();
    core::StorageEntry entry = co_await inner_->get(key);
    co_return entry;
  }
  core::Flow<std::vector<std::string>> list(std::string prefix) override { return inner_->list(prefix); }
  core::Flow<> remove(std::string key) override { return inner_->remove(key); }
  core::Flow<> lock(std::string name, std::string holder, core::Duration lease) override {
    return inner_->lock(name, holder, lease);
  }
  core::Flow<> unlock(std::string name, std::string holder) override {
    return inner_->unlock(std::move(name), std::move(holder));
  }
  std::string refuses;
  std::string hides;

 private:
  static core::Result<core::Done> down() {
    return core::failure(core::ErrorKind::unavailable, core::Side::storage, "down");
  }
  std::unique_ptr<core::Storage> inner_;
};

struct Fixture {
  core::ManualClock clock{core::from_unix_seconds(kNow)};
  Quiet sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  Shaky storage{clock};
  gateway::RevocationList list{storage, clock, log};
  gateway::LogoutRegister logouts{{list, storage, clock, 12h}};

  core::Result<core::Done> record(const gateway::LogoutNotice& notice) {
    core::Flow<> flow = logouts.record(notice);
    flow.start();
    REQUIRE(flow.has_ended());
    return flow.result();
  }
  bool is_ended(const std::string& subject, const std::string& session, std::int64_t proven) {
    gateway::Identity who;
    who.session_id = "x";
    who.issuer = kIssuer;
    who.subject = subject;
    who.provider_session = session;
    who.proven_at = core::from_unix_seconds(proven);
    who.signed_in_at = who.proven_at;
    return list.published().latest()->is_revoked(who);
  }
};

gateway::LogoutNotice notice_with(const std::string& name, const std::string& value) {
  return read(claims_with(name, value)).value();
}

}  // namespace

TEST_CASE("a logout token names whom it ends, when it was issued and how long it counts") {
  const auto notice = read(claims_with("", ""));
  REQUIRE(notice.has_value());
  CHECK(notice->issuer == kIssuer);
  CHECK(notice->subject == "alice");
  CHECK(notice->provider_session == "s-1");
  CHECK(notice->token_id == "token-1");
  CHECK(core::unix_seconds(notice->issued_at) == kNow - 5);
  CHECK(core::unix_seconds(notice->counts_until) == kNow + 115 + 60);
}

TEST_CASE("K26: every claim of a logout token is held against Back-Channel Logout 1.0") {
  struct Row {
    const char* name;
    std::string value;
    bool is_good;
  };
  const std::string old = std::to_string(kNow - 25 * 3600);
  const Row rows[] = {
      {"iss", "\"https://corp.example.net/\"", false},
      {"iss", "", false},
      {"aud", "\"other\"", false},
      {"aud", "[\"other\",\"gateway\"]", true},
      {"aud", "", false},
      {"iat", "", false},
      {"iat", std::to_string(kNow + 3600), false},
      {"iat", old, false},
      {"iat", "\"1800000000\"", false},
      {"exp", "", false},
      {"exp", std::to_string(kNow - 3600), false},
      {"exp", std::to_string(kNow + 10LL * 365 * 24 * 3600), true},
      {"jti", "", false},
      {"jti", "\"\"", false},
      {"jti", "7", false},
      {"jti", "\"" + std::string(256, 'j') + "\"", false},
      {"sub", "", true},
      {"sub", "7", false},
      {"sub", "\"\"", false},
      {"sid", "", true},
      {"sid", "\"\"", false},
      {"sid", "7", false},
      {"sid", "null", false},
      {"sid", "\"" + std::string(256, 's') + "\"", false},
      {"events", "", false},
      {"events", "{}", false},
      {"events", "[\"http://schemas.openid.net/event/backchannel-logout\"]", false},
      {"events", R"({"http://schemas.openid.net/event/backchannel-logout":true})", false},
      {"events", R"({"http://schemas.openid.net/event/backchannel-logout":{},"x":{}})", true},
      {"events", R"({"https://schemas.openid.net/event/backchannel-logout":{}})", false},
      {"nonce", "\"n\"", false},
      {"nonce", "null", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.value);
    CHECK(read(claims_with(row.name, row.value)).has_value() == row.is_good);
  }
  std::string nobody = claims_with("sub", "");
  nobody.replace(nobody.find(",\"sid\":\"s-1\""), 12, "");
  CHECK_FALSE(read(nobody).has_value());
}

TEST_CASE("a token of another type is no logout token") {
  for (const char* type : {"logout+jwt", "application/logout+jwt", "JWT", ""}) {
    CHECK(read(claims_with("", ""), type).has_value());
  }
  for (const char* type : {"at+jwt", "secevent+jwt", "dpop+jwt"}) {
    CHECK_FALSE(read(claims_with("", ""), type).has_value());
  }
}

TEST_CASE("a token with a session ends that session, and of sessions that name none those of its person") {
  Fixture f;
  REQUIRE(f.record(notice_with("", "")).has_value());
  CHECK(f.is_ended("alice", "s-1", kNow - 5));
  CHECK(f.is_ended("alice", "", kNow - 60));
  CHECK_FALSE(f.is_ended("alice", "s-2", kNow - 5));
  CHECK_FALSE(f.is_ended("bob", "", kNow - 5));
}

TEST_CASE("a token with a subject alone ends all of its person") {
  Fixture f;
  REQUIRE(f.record(notice_with("sid", "")).has_value());
  CHECK(f.is_ended("alice", "s-1", kNow - 5));
  CHECK(f.is_ended("alice", "", kNow - 5));
  CHECK_FALSE(f.is_ended("bob", "s-1", kNow - 5));
}

TEST_CASE("K26: a session that began after the logout was issued stays") {
  Fixture f;
  REQUIRE(f.record(notice_with("sid", "")).has_value());
  CHECK_FALSE(f.is_ended("alice", "s-1", kNow - 4));
}

TEST_CASE("K26: a logout token is taken once, by one of all replicas, also after a restart") {
  Fixture f;
  REQUIRE(f.record(notice_with("", "")).has_value());
  CHECK(f.record(notice_with("", "")).error().kind == core::ErrorKind::conflict);
  gateway::LogoutRegister replica({f.list, f.storage, f.clock, 12h});
  core::Flow<> again = replica.record(notice_with("sub", "\"bob\""));
  again.start();
  REQUIRE(again.has_ended());
  CHECK(again.result().error().kind == core::ErrorKind::conflict);
  CHECK(f.record(notice_with("jti", "\"token-2\"")).has_value());
}

TEST_CASE("K27: what cannot be recorded is an error, acts here all the same, and may be sent again") {
  Fixture f;
  SUBCASE("the list of ended sessions") {
    f.storage.refuses = "revocations/";
  }
  SUBCASE("the token's id") {
    f.storage.refuses = "logout-tokens/";
  }
  const auto outcome = f.record(notice_with("", ""));
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().side == core::Side::storage);
  CHECK(f.is_ended("alice", "", kNow - 5));
  f.storage.refuses.clear();
  CHECK(f.record(notice_with("", "")).has_value());
}

TEST_CASE("K27: whether a token was used before must be known") {
  Fixture f;
  f.storage.hides = "logout-tokens/";
  CHECK(f.record(notice_with("", "")).error().kind == core::ErrorKind::unavailable);
  CHECK(f.is_ended("alice", "s-1", kNow - 5));
}
