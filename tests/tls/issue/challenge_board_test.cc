// tls-alpn-01 challenges that every replica answers: told, seen, taken down, forgotten.
#include "tls/issue/challenge_board.h"

#include "tests/tls/issue/support/house.h"

#include "tests/support/doctest.h"

using namespace test_support;
using namespace std::chrono_literals;

namespace {

/// A replica: its shelf, and a board that follows.
struct Replica {
  explicit Replica(House& house)
      : board({house.loop, house.watched, house.random, shelf, tls::BoardReaders::replicas}),
        tasks(house.loop, [](std::string_view, const core::Error&) {}) {
    tasks.start("following", board.follow());
  }
  [[nodiscard]] tls::CertificatePointer answer(const std::string& name) {
    return shelf.challenges().latest()->tls_alpn01(name);
  }
  tls::CertificateShelf shelf;
  tls::ChallengeBoard board;
  core::Tasks tasks;
};

tls::AlpnChallenge challenge(const char* name, const char* authorization = "token.thumbprint") {
  return {name, core::sha256(authorization)};
}

}  // namespace

TEST_CASE("every replica answers a challenge before the authority is told, and none once it is over") {
  House house;
  Replica one(house);
  Replica two(house);
  REQUIRE(house.run(one.board.show(challenge("app.test"))));
  REQUIRE(one.answer("app.test") != nullptr);
  REQUIRE(house.run(one.board.await_everywhere(challenge("app.test"))));
  REQUIRE(two.answer("app.test") != nullptr);
  CHECK(two.answer("app.test")->fingerprint() != one.answer("app.test")->fingerprint());  // keys of their own
  CHECK(two.answer("other.test") == nullptr);
  REQUIRE(house.run(one.board.hide(challenge("app.test"))));
  CHECK(one.answer("app.test") == nullptr);
  house.pass(3s);
  CHECK(two.answer("app.test") == nullptr);
  CHECK(house.run(house.storage->list("acme.challenges"))->empty());
}

TEST_CASE("many challenges are waited for once") {
  House house;
  Replica one(house);
  for (const char* name : {"a.test", "b.test", "c.test"}) REQUIRE(house.run(one.board.show(challenge(name))));
  const core::SteadyTime begun = house.loop.now();
  for (const char* name : {"a.test", "b.test", "c.test"}) {
    REQUIRE(house.run(one.board.await_everywhere(challenge(name))));
  }
  CHECK(house.loop.now() - begun < tls::kBoardSpread + 3s);
}

TEST_CASE("what a replica that died was proving is answered for ten minutes, and a new one learns of it") {
  House house;
  auto one = std::make_unique<Replica>(house);
  REQUIRE(house.run(one->board.show(challenge("app.test"))));
  one.reset();
  Replica two(house);
  house.pass(3s);
  CHECK(two.answer("app.test") != nullptr);
  house.pass(10min, 5s);
  CHECK(two.answer("app.test") == nullptr);
}

TEST_CASE("another challenge for the same name takes the first one's place everywhere") {
  House house;
  Replica one(house);
  Replica two(house);
  REQUIRE(house.run(one.board.show(challenge("app.test"))));
  house.pass(3s);
  const tls::CertificatePointer first = two.answer("app.test");
  REQUIRE(house.run(one.board.show(challenge("app.test", "another.thumbprint"))));
  house.pass(3s);
  CHECK(two.answer("app.test")->fingerprint() != first->fingerprint());
  // The one that another replica goes on with is its own then.
  REQUIRE(house.run(two.board.show(challenge("app.test", "another.thumbprint"))));
  REQUIRE(house.run(one.board.hide(challenge("app.test", "another.thumbprint"))));
  house.pass(3s);
  CHECK(two.answer("app.test") != nullptr);
}

TEST_CASE("an address is answered under the name that authorities send for it") {
  House house;
  Replica one(house);
  Replica two(house);
  REQUIRE(house.run(one.board.show(challenge("10.0.0.1"))));
  house.pass(3s);
  CHECK(two.answer("1.0.0.10.in-addr.arpa") != nullptr);
}

TEST_CASE("what is no challenge in storage is not answered, and does not hide others") {
  House house;
  Replica one(house);
  for (const char* text :
       {"", "{}", "not json", R"({"identifier":"a.test","digest":"AAAA"})",
        R"({"identifier":"*.a.test","digest":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})",
        R"({"identifier":"a b","digest":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})"}) {
    core::StorageEntry entry;
    entry.value = text;
    entry.expires = house.clock.wall() + 1h;
    static int number = 0;
    REQUIRE(house.run(house.storage->put("acme.challenges/bad" + std::to_string(++number), entry)));
  }
  core::StorageEntry endless;
  endless.value = R"({"identifier":"b.test","digest":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})";
  REQUIRE(house.run(house.storage->put("acme.challenges/endless", endless)));
  Replica two(house);
  REQUIRE(house.run(one.board.show(challenge("app.test"))));
  house.pass(3s);
  CHECK(two.answer("app.test") != nullptr);
  CHECK(two.shelf.challenges().latest()->certificates.size() == 1);
}

TEST_CASE("a challenge that cannot be told to the others is not answered to the authority") {
  House house;
  Replica one(house);
  house.watched.is_read_only = true;
  CHECK_FALSE(house.run(one.board.show(challenge("app.test"))));
}

TEST_CASE("a process alone tells nobody and waits for nobody") {
  House house;
  tls::CertificateShelf shelf;
  tls::ChallengeBoard board({house.loop, house.watched, house.random, shelf});
  house.watched.is_read_only = true;
  REQUIRE(house.run(board.show(challenge("app.test"))));
  CHECK(shelf.challenges().latest()->tls_alpn01("app.test") != nullptr);
  const core::SteadyTime begun = house.loop.now();
  REQUIRE(house.run(board.await_everywhere(challenge("app.test"))));
  CHECK(house.loop.now() - begun < 1s);
  REQUIRE(house.run(board.hide(challenge("app.test"))));
  CHECK(shelf.challenges().latest()->tls_alpn01("app.test") == nullptr);
}

TEST_CASE("with storage for replicas an order by tls-alpn-01 is answered by all of them") {
  House house;
  house.config.storage.kind = config::StorageKind::redis;
  house.config.tls.acme->challenge = config::AcmeChallengeKind::tls_alpn_01;
  house.authority.challenges = {"tls-alpn-01"};
  auto one = house.start("one");
  auto two = house.start("two");
  std::size_t answered = 0;
  house.authority.instead = [&](const std::string& what, const core::Json&) {
    for (House::Process* process : {one.get(), two.get()}) {
      if (what == "challenge" && process->shelf.challenges().latest()->tls_alpn01("app.test")) ++answered;
    }
    return std::optional<core::FetchResponse>();
  };
  house.pass(40s);
  CHECK(answered == 2);
  CHECK(one->shown("app.test") != nullptr);
  CHECK(one->shelf.challenges().latest()->certificates.empty());
  CHECK(two->shelf.challenges().latest()->certificates.empty());
}
