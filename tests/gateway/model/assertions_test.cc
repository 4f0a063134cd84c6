// What applications are told about people under our signature: for whom it is, how long it counts, which keys
// verify it.
#include "gateway/model/assertions.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "core/crypto/jwt.h"
#include "gateway/model/identity_headers.h"

namespace gateway {
namespace {

constexpr std::int64_t kNoon = 1'800'000'000;
const core::WallTime kNow = core::from_unix_seconds(kNoon);
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""h;

core::KeyRing ring_of(const std::string& letters) {
  std::vector<core::Secret> keys;
  for (const char letter : letters) keys.emplace_back(std::string(core::kSealKeyBytes, letter));
  return core::KeyRing::make(std::move(keys)).value();
}

std::shared_ptr<Identity> alice() {
  auto identity = std::make_shared<Identity>();
  identity->session_id = "session-1";
  identity->provider = "corp";
  identity->subject = "sub-1";
  identity->user = "alice";
  identity->email = "alice@example.com";
  identity->email_counts = true;
  identity->name = "Alice \"Ä\"";
  identity->groups = {"admins", "a,b"};
  identity->expires_at = kNow + 12h;
  return identity;
}

core::KeySet keys_of(Assertions& assertions, core::WallTime now) {
  const core::KeySet keys = core::KeySet::parse(assertions.key_set(now)).value();
  CHECK(keys.skipped() == 0);
  return keys;
}

core::Result<core::Jwt> verified(std::string_view token, const core::KeySet& keys, const std::string& host,
                                 core::WallTime now) {
  core::JwtRules rules;
  rules.issuer = host;
  rules.audience = host;
  rules.algorithms = {core::SignatureAlgorithm::es256};
  rules.skew = 0s;
  return core::verify_jwt(token, keys, rules, now);
}

struct Fixture {
  core::Random random;
  Assertions assertions{ring_of("k"), random};
  std::shared_ptr<Identity> person = alice();

  std::string token(const std::string& host = "app.test", core::WallTime now = kNow) {
    return std::string(assertions.of(person, host, now).token);
  }
};

TEST_CASE_FIXTURE(Fixture,
                  "an assertion says who asks, for its host alone, and the published keys verify it") {
  const std::string made = token();
  const core::KeySet keys = keys_of(assertions, kNow);
  const auto jwt = verified(made, keys, "app.test", kNow);
  REQUIRE(jwt.has_value());
  CHECK(jwt->header.type == "JWT");
  CHECK(jwt->header.key_id.has_value());
  CHECK(jwt->subject == "sub-1");
  CHECK(jwt->claims.string_at("user") == "alice");
  CHECK(jwt->claims.string_at("email") == "alice@example.com");
  CHECK(jwt->claims.string_at("name") == "Alice \"Ä\"");
  CHECK(jwt->claims.string_at("provider") == "corp");
  CHECK(jwt->claims.string_at("sid") == "session-1");
  CHECK(jwt->claims.find("preferred_username") == nullptr);
  REQUIRE(jwt->claims.find("groups") != nullptr);
  CHECK(jwt->claims.find("groups")->text() == R"(["admins","a,b"])");
  CHECK(jwt->claims.integer_at("iat") == kNoon);
  CHECK(jwt->claims.integer_at("exp") == kNoon + kIdentityAssertionLifetime.count());
  CHECK_FALSE(verified(made, keys, "other.test", kNow));
  CHECK_FALSE(verified(made, keys, "app.test", kNow + kIdentityAssertionLifetime));
}

TEST_CASE_FIXTURE(Fixture, "an e-mail that does not count is not asserted") {
  person->email_counts = false;
  const auto jwt = verified(token(), keys_of(assertions, kNow), "app.test", kNow);
  REQUIRE(jwt.has_value());
  CHECK(jwt->claims.find("email") == nullptr);
}

TEST_CASE_FIXTURE(Fixture, "an assertion is made once for a session and host, and again at half its life") {
  const std::string first = token();
  CHECK(token("app.test", kNow + kIdentityAssertionUse - 1s) == first);
  const std::string other = token("other.test");
  CHECK(other != first);
  CHECK(token("app.test", kNow + 1s) == first);
  CHECK(token("app.test", kNow + kIdentityAssertionUse) != first);
  // A clock that was set back: an application would refuse what was issued later than now.
  const std::string later = token("app.test", kNow + 1h);
  CHECK(token("app.test", kNow) != later);
  person = alice();
  CHECK(token() != first);
}

TEST_CASE_FIXTURE(Fixture, "an assertion ends with its session") {
  person->expires_at = kNow + 20s;
  const Assertions::Current current = assertions.of(person, "app.test", kNow);
  CHECK(current.use_until == kNow + 20s);
  const auto jwt = verified(current.token, keys_of(assertions, kNow), "app.test", kNow);
  REQUIRE(jwt.has_value());
  CHECK(jwt->claims.integer_at("exp") == kNoon + 20);
}

TEST_CASE("a full cache forgets the oldest and still says the truth about everybody") {
  core::Random random;
  Assertions assertions(ring_of("k"), random, 4);
  std::vector<std::shared_ptr<Identity>> people;
  for (int i = 0; i < 10; ++i) {
    people.push_back(alice());
    people.back()->subject = "sub-" + std::to_string(i);
  }
  const core::KeySet keys = keys_of(assertions, kNow);
  for (int round = 0; round < 2; ++round) {
    for (const auto& person : people) {
      const auto jwt = verified(assertions.of(person, "app.test", kNow).token, keys, "app.test", kNow);
      REQUIRE(jwt.has_value());
      CHECK(jwt->subject == person->subject);
    }
  }
}

TEST_CASE("a key is published a period before it signs and a period after, on every replica") {
  AssertionKeys ours(ring_of("k"));
  AssertionKeys replica(ring_of("k"));
  std::set<std::string> ids;
  for (int period = 0; period < 4; ++period) {
    const core::WallTime now = kNow + period * kAssertionKeyPeriod;
    const std::string id = ours.signer(now).key_id;
    CHECK(ids.insert(id).second);
    CHECK(replica.signer(now).key_id == id);
    for (const core::WallTime when : {now - kAssertionKeyPeriod, now, now + kAssertionKeyPeriod})
      CHECK(replica.key_set(when).contains(id));
    CHECK_FALSE(replica.key_set(now - 2 * kAssertionKeyPeriod).contains(id));
    CHECK_FALSE(replica.key_set(now + 2 * kAssertionKeyPeriod).contains(id));
  }
}

TEST_CASE("the keys of every session key are published, and the first one signs") {
  AssertionKeys before(ring_of("k"));
  AssertionKeys added(ring_of("kn"));
  AssertionKeys moved(ring_of("nk"));
  CHECK(added.signer(kNow).key_id == before.signer(kNow).key_id);
  CHECK(added.key_set(kNow).contains(moved.signer(kNow).key_id));
  CHECK(moved.key_set(kNow).contains(before.signer(kNow).key_id));
  CHECK(moved.signer(kNow).key_id != before.signer(kNow).key_id);
  CHECK(core::KeySet::parse(moved.key_set(kNow)).value().keys().size() == 6);
  CHECK_FALSE(moved.key_set(kNow).contains("\"d\""));
}

/// What the fields of a route say to one host at one time.
std::string sent(IdentityHeaders& headers, const std::shared_ptr<Identity>& person, std::string_view host,
                 core::WallTime now) {
  Request request;
  request.host = host;
  request.now = now;
  core::Fields fields;
  headers.append_to(fields, person, request);
  return std::string(fields.find("X-JWT-Assertion").value_or(""));
}

TEST_CASE_FIXTURE(Fixture, "a route sends the assertion of the host that was asked, and none that is old") {
  IdentityHeaders headers =
      IdentityHeaders::make({config::IdentityPreset::signed_jwt, {}}, &assertions).value();
  const core::KeySet keys = keys_of(assertions, kNow);
  const std::string first = sent(headers, person, "a.example.com", kNow);
  CHECK(verified(first, keys, "a.example.com", kNow));
  CHECK(sent(headers, person, "a.example.com", kNow + 1s) == first);
  CHECK(verified(sent(headers, person, "b.example.com", kNow), keys, "b.example.com", kNow));
  const core::WallTime later = kNow + kIdentityAssertionUse;
  const std::string second = sent(headers, person, "a.example.com", later);
  CHECK(second != first);
  CHECK(verified(second, keys, "a.example.com", later));
  const core::WallTime much_later = later + kIdentityAssertionLifetime;
  CHECK(verified(sent(headers, person, "a.example.com", much_later), keys, "a.example.com", much_later));
}

TEST_CASE_FIXTURE(Fixture,
                  "a route that does not ask sends no assertion, and one that does nothing in its place") {
  IdentityHeaders plain =
      IdentityHeaders::make({config::IdentityPreset::remote_user, {}}, &assertions).value();
  CHECK(sent(plain, person, "a.example.com", kNow).empty());
  person->groups.assign(900, "a-group-with-a-name-of-some-length");  // does not fit a field
  IdentityHeaders headers =
      IdentityHeaders::make({config::IdentityPreset::signed_jwt, {}}, &assertions).value();
  CHECK(sent(headers, person, "a.example.com", kNow).empty());
}

}  // namespace
}  // namespace gateway
