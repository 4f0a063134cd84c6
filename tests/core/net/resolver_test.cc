// Names to addresses: what is asked, what is kept for how long, and what a hostile server can do (nothing).
#include "core/net/resolver.h"

#include "tests/core/net/support/name_server.h"

namespace core {
namespace {

using net_test::NameServer;
using net_test::number;
using std::chrono::minutes;
using std::chrono::seconds;

struct Lookup {
  RunningFlow<Addresses> running;
  std::optional<Result<Addresses>> outcome;
  [[nodiscard]] std::string text() const {
    if (!outcome->has_value()) return "error";
    std::string all;
    for (const IpAddress& address : **outcome) all += address.text() + " ";
    return all;
  }
};

struct ResolveFixture : net_test::NetFixture {
  NameServer server{loop};
  std::unique_ptr<Resolver> resolver = make_resolver(loop, {server.local()});

  std::unique_ptr<Lookup> start(const std::string& name) {
    auto lookup = std::make_unique<Lookup>();
    lookup->running.start(resolver->resolve(name), [found = lookup.get()](Result<Addresses> result) {
      found->outcome = std::move(result);
    });
    return lookup;
  }
  std::string resolve(const std::string& name) {
    const auto lookup = start(name);
    until([&] { return lookup->outcome.has_value(); });
    return lookup->text();
  }
};

const std::string kOne = number(0x0a000001, 4);
const std::string kTwo = number(0x0a000002, 4);
const std::string kSix = number(0xfd000000, 4) + std::string(11, '\0') + "\1";

TEST_CASE_FIXTURE(ResolveFixture, "both families are asked for") {
  server.table["both.test"] = {{kOne, 60}, {kSix, 60}};
  const std::string text = resolve("both.test");
  CHECK(text.find("10.0.0.1 ") != std::string::npos);
  CHECK(text.find("fd00::1 ") != std::string::npos);
}

TEST_CASE_FIXTURE(ResolveFixture, "literals and localhost are answered at once and nobody is asked") {
  for (const char* name : {"10.1.1.1", "::1", "localhost", "app.localhost"}) {
    const auto lookup = start(name);
    REQUIRE(lookup->outcome.has_value());
    CHECK(lookup->outcome->has_value());
  }
  CHECK(server.asked.empty());
}

TEST_CASE_FIXTURE(ResolveFixture, "what is no host name is refused and nobody is asked") {
  for (const char* name : {"a\r\nb.test", "a b.test", "", "127.1", "a..test"}) {
    const auto lookup = start(name);
    REQUIRE(lookup->outcome.has_value());
    CHECK(lookup->outcome->error().kind == ErrorKind::malformed);
  }
  CHECK(server.asked.empty());
}

TEST_CASE_FIXTURE(ResolveFixture, "an answer serves for its time to live, without case") {
  server.table["kept.test"] = {{kOne, 60}};
  CHECK(resolve("kept.test") == "10.0.0.1 ");
  server.table["kept.test"] = {{kTwo, 60}};
  clock.advance(seconds(59));
  CHECK(resolve("KEPT.test") == "10.0.0.1 ");
  CHECK(server.asked["kept.test"] == 1);
}

TEST_CASE_FIXTURE(ResolveFixture, "an expired answer is served once more while a new one is fetched") {
  server.table["stale.test"] = {{kOne, 60}};
  resolve("stale.test");
  server.table["stale.test"] = {{kTwo, 60}};
  clock.advance(seconds(61));
  CHECK(resolve("stale.test") == "10.0.0.1 ");
  until([&] { return resolve("stale.test") == "10.0.0.2 "; });
  CHECK(server.asked["stale.test"] == 2);
}

TEST_CASE_FIXTURE(ResolveFixture, "times to live are at least a second and at most an hour") {
  server.table["zero.test"] = {{kOne, 0}};
  server.table["negative.test"] = {{kOne, 0x80000000U}};
  server.table["long.test"] = {{kOne, 0x7fffffffU}};
  for (const char* name : {"zero.test", "negative.test"}) {
    resolve(name);
    resolve(name);
    CHECK(server.asked[name] == 1);
  }
  resolve("long.test");
  clock.advance(minutes(61));
  resolve("long.test");
  until([&] { return server.asked["long.test"] == 2; });
}

TEST_CASE_FIXTURE(ResolveFixture, "an expired answer is kept when no new one can be had, but not for ever") {
  server.table["down.test"] = {{kOne, 60}};
  resolve("down.test");
  server.answer = [](const NameServer::Query& query) { return NameServer::reply(query, 2, {}); };
  clock.advance(minutes(30));
  CHECK(resolve("down.test") == "10.0.0.1 ");
  until([&] { return server.asked["down.test"] >= 2; });
  for (int i = 0; i < 20; ++i) loop.turn(false);
  CHECK(resolve("down.test") == "10.0.0.1 ");
  clock.advance(minutes(32));
  CHECK(resolve("down.test") == "error");
}

TEST_CASE_FIXTURE(ResolveFixture, "a name that has gone is not served from memory beyond the next question") {
  server.table["gone.test"] = {{kOne, 60}};
  resolve("gone.test");
  server.table.clear();
  clock.advance(minutes(2));
  CHECK(resolve("gone.test") == "10.0.0.1 ");
  until([&] { return resolve("gone.test") == "error"; });
}

TEST_CASE_FIXTURE(ResolveFixture, "a failure is remembered for a second") {
  CHECK(resolve("missing.test") == "error");
  const int asked = server.asked["missing.test"];
  CHECK(resolve("missing.test") == "error");
  CHECK(server.asked["missing.test"] == asked);
  server.table["missing.test"] = {{kOne, 60}};
  clock.advance(seconds(1));
  CHECK(resolve("missing.test") == "10.0.0.1 ");
}

TEST_CASE_FIXTURE(ResolveFixture, "many flows that want one name make one question") {
  server.table["popular.test"] = {{kOne, 60}};
  std::vector<std::unique_ptr<Lookup>> lookups;
  for (int i = 0; i < 50; ++i) lookups.push_back(start("popular.test"));
  lookups[10].reset();
  lookups[49].reset();
  lookups[0].reset();
  until([&] { return lookups[48]->outcome.has_value(); });
  for (const auto& lookup : lookups) {
    if (lookup != nullptr) CHECK(lookup->text() == "10.0.0.1 ");
  }
  CHECK(server.asked["popular.test"] == 1);
}

TEST_CASE_FIXTURE(ResolveFixture, "flows that wait may be cancelled by the first that goes on") {
  server.table["popular.test"] = {{kOne, 60}};
  std::vector<std::unique_ptr<Lookup>> lookups;
  int ended = 0;
  for (int i = 0; i < 5; ++i) {
    lookups.push_back(std::make_unique<Lookup>());
    lookups.back()->running.start(resolver->resolve("popular.test"), [&](Result<Addresses>) {
      ++ended;
      lookups.clear();
    });
  }
  until([&] { return ended > 0; });
  CHECK(ended == 1);
}

TEST_CASE_FIXTURE(ResolveFixture, "the resolver may go while questions are under way") {
  server.answer = [](const NameServer::Query&) { return std::string(); };
  const auto lookup = start("silent.test");
  loop.turn(true);
  SUBCASE("the flow first") {
    lookup->running.cancel();
    resolver.reset();
  }
  SUBCASE("the resolver first") {
    resolver.reset();
  }
  for (int i = 0; i < 5; ++i) pass(seconds(1));
  CHECK_FALSE(lookup->outcome.has_value());
}

TEST_CASE_FIXTURE(ResolveFixture, "hostile answers are no answers, and the resolver lives on") {
  struct Row {
    const char* why;
    std::function<std::string(const NameServer::Query&)> answer;
  };
  const Row rows[] = {
      {"truncated in the header", [](const NameServer::Query& query) { return query.id + "\x81"; }},
      {"no bytes but the header",
       [](const NameServer::Query& query) { return query.id + number(0x8180, 2) + std::string(8, '\0'); }},
      {"the question of another name",
       [](NameServer::Query query) {
         query.question[1] = 'x';
         return NameServer::reply(query, 0, {{kOne, 60}});
       }},
      {"more records promised than there are",
       [](const NameServer::Query& query) {
         std::string text = NameServer::reply(query, 0, {{kOne, 60}});
         text[7] = 9;
         return text;
       }},
      {"a name that points at itself",
       [](const NameServer::Query& query) {
         std::string text = NameServer::reply(query, 0, {});
         text[7] = 1;
         const auto here = static_cast<std::uint32_t>(0xc000 | text.size());
         return text + number(here, 2) + number(1, 2) + number(1, 2) + number(60, 4) + number(4, 2) + kOne;
       }},
      {"an address of three bytes",
       [](const NameServer::Query& query) {
         std::string text = NameServer::reply(query, 0, {});
         text[7] = 1;
         return text + number(0xc00c, 2) + number(query.type == 1 ? 1 : 28, 2) + number(1, 2) +
                number(60, 4) + number(3, 2) + "abc";
       }},
  };
  int index = 0;
  for (const Row& row : rows) {
    CAPTURE(row.why);
    server.answer = row.answer;
    const std::string name = "hostile" + std::to_string(++index) + ".test";
    const auto lookup = start(name);
    for (int turn = 0; turn < 200 && !lookup->outcome.has_value(); ++turn) loop.turn(false);
    if (lookup->outcome.has_value()) CHECK(lookup->text() == "error");
  }
  server.answer = nullptr;
  server.table["fine.test"] = {{kOne, 60}};
  CHECK(resolve("fine.test") == "10.0.0.1 ");
}

TEST_CASE_FIXTURE(ResolveFixture, "a wrong id is no answer; the right one that follows is") {
  server.table["raced.test"] = {{kOne, 60}};
  server.answer = [](NameServer::Query query) {
    query.id[0] = static_cast<char>(query.id[0] ^ 1);
    return NameServer::reply(query, 0, {{kTwo, 60}});
  };
  const auto lookup = start("raced.test");
  for (int turn = 0; turn < 50; ++turn) loop.turn(false);
  CHECK_FALSE(lookup->outcome.has_value());
}

TEST_CASE_FIXTURE(ResolveFixture, "of many addresses sixteen are kept") {
  for (std::uint32_t i = 1; i <= 25; ++i)
    server.table["many.test"].push_back({number(0x0a000000 + i, 4), 60});
  const auto lookup = start("many.test");
  until([&] { return lookup->outcome.has_value(); });
  REQUIRE(lookup->outcome->has_value());
  CHECK((*lookup->outcome)->size() == 16);
}

TEST_CASE_FIXTURE(ResolveFixture,
                  "more names than are kept push out what has expired, and all are answered") {
  for (int i = 0; i < 1100; ++i) server.table["n" + std::to_string(i) + ".test"] = {{kOne, 60}};
  for (int i = 0; i < 1100; ++i) CHECK(resolve("n" + std::to_string(i) + ".test") == "10.0.0.1 ");
}

}  // namespace
}  // namespace core
