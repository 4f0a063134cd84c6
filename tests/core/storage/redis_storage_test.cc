// Storage in a real redis-server, and what a hostile or dying one may do.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/net/resolver.h"
#include "core/net/tcp.h"
#include "core/storage/redis_connection.h"
#include "tests/core/storage/storage_conformance.h"
#include "tests/core/storage/support/redis_process.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::ErrorKind;
using core::RespValue;
using namespace std::chrono_literals;

/// Never asked: every connection is to a path.
struct NoResolver final : core::Resolver {
  core::Flow<core::Addresses> resolve(std::string name) override {
    co_return core::failure(ErrorKind::unreachable, core::Side::us, name);
  }
};

struct Thread {
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop{clock};
  NoResolver resolver;
  std::unique_ptr<core::Connector> connector = core::make_tcp_connector(loop, resolver);

  static core::RedisServer at(const std::string& socket, const std::string& password = "") {
    core::RedisServer server;
    server.address.unix_path = socket;
    server.password = core::Secret(password);
    return server;
  }
};

/// A connector to one end of a pair; the test holds the other.
struct PairConnector final : core::Connector {
  explicit PairConnector(core::Loop& on) : loop(on) {}
  core::Flow<std::unique_ptr<core::ByteStream>> connect(core::HostPort /*to*/,
                                                        core::Deadline /*by*/) override {
    auto pair = core::make_stream_pair(loop);
    far = std::move(pair.second);
    co_return std::move(pair.first);
  }
  core::Loop& loop;
  std::unique_ptr<core::ByteStream> far;
};

/// Takes `time` off what every entry has left.
void pass(Thread& thread, core::RedisConnection& redis, core::Duration time) {
  const auto call = [&](std::vector<std::string> command) {
    auto reply = run(redis.call(std::move(command)), &thread.loop);
    REQUIRE(reply);
    return *reply;
  };
  for (const RespValue& key : call({"KEYS", "*"}).items) {
    const auto left = call({"PTTL", key.text}).integer;
    if (left > 0) call({"PEXPIRE", key.text, std::to_string(left - time.count())});
  }
}

TEST_CASE("storage in Redis keeps every rule of the interface") {
  RedisProcess server;
  Thread thread;
  core::RedisConnection hand(thread.loop, *thread.connector, Thread::at(server.socket()));
  const auto storage = core::make_redis_storage(thread.loop, *thread.connector, Thread::at(server.socket()),
                                                "gw*:", thread.clock);
  check_storage_conformance({.storage = *storage,
                             .clock = thread.clock,
                             .advance = [&](core::Duration time) { pass(thread, hand, time); },
                             .loop = &thread.loop,
                             .second = 60s});
}

TEST_CASE("two storages of one server share entries and locks, and two prefixes do not") {
  RedisProcess server;
  Thread thread;
  const auto open = [&](const std::string& prefix) {
    return core::make_redis_storage(thread.loop, *thread.connector, Thread::at(server.socket()), prefix,
                                    thread.clock);
  };
  const auto one = open("a:");
  const auto two = open("a:");
  const auto other = open("b:");
  REQUIRE(run(one->put("x", entry("1")), &thread.loop));
  CHECK(run(two->get("x"), &thread.loop)->value == "1");
  CHECK(run(other->get("x"), &thread.loop).error().kind == ErrorKind::not_found);
  CHECK(run(other->list(""), &thread.loop)->empty());
  REQUIRE(run(one->lock("renew", "one", 60s), &thread.loop));
  CHECK(run(two->lock("renew", "two", 60s), &thread.loop).error().text == "lock renew is held by one");
  CHECK(run(other->lock("renew", "two", 60s), &thread.loop));
}

TEST_CASE("L17: what a command is about are arguments by their length, whatever bytes they have") {
  RedisProcess server;
  Thread thread;
  core::RedisConnection hand(thread.loop, *thread.connector, Thread::at(server.socket()));
  const auto storage = core::make_redis_storage(thread.loop, *thread.connector, Thread::at(server.socket()),
                                                "gw:", thread.clock);
  REQUIRE(run(storage->put("victim", entry("whole")), &thread.loop));
  const std::string zero("a\0b", 3);
  for (const std::string& odd :
       {std::string("%n%s%n"), std::string("x\r\nDEL gw:victim\r\n"),
        std::string("*2\r\n$3\r\nDEL\r\n$9\r\ngw:victim\r\n"), std::string("$-1"), zero}) {
    CAPTURE(odd);
    REQUIRE(run(hand.call({"SET", "raw:" + odd, odd}), &thread.loop));
    CHECK(run(hand.call({"GET", "raw:" + odd}), &thread.loop)->text == odd);
    REQUIRE(run(storage->put("value", entry(odd)), &thread.loop));
    CHECK(run(storage->get("value"), &thread.loop)->value == odd);
    // The storage takes no such names at all.
    CHECK_FALSE(run(storage->put(odd, entry(odd)), &thread.loop));
    CHECK_FALSE(run(storage->lock(odd, "one", 60s), &thread.loop));
  }
  CHECK(*run(storage->list(""), &thread.loop) == std::vector<std::string>{"value", "victim"});
  CHECK(run(storage->get("victim"), &thread.loop)->value == "whole");
}

TEST_CASE("a lock whose lease never ends, or far too late, holds nobody off") {
  RedisProcess server;
  Thread thread;
  core::RedisConnection hand(thread.loop, *thread.connector, Thread::at(server.socket()));
  const auto storage = core::make_redis_storage(thread.loop, *thread.connector, Thread::at(server.socket()),
                                                "gw:", thread.clock);
  for (const bool is_for_ever : {true, false}) {
    std::vector<std::string> left{"SET", "gw:locks/renew", "one"};
    if (!is_for_ever) left.insert(left.end(), {"PX", "130000"});
    REQUIRE(run(hand.call(left), &thread.loop));
    CHECK(run(storage->lock("renew", "two", 60s), &thread.loop));
  }
}

TEST_CASE("what means nothing says nothing of what is stored") {
  Thread thread;
  for (const char* answer : {"+OK\r\n+OK\r\n", "*0\r\n:5\r\n", ":1\r\n:1\r\n"}) {
    CAPTURE(answer);
    PairConnector connector(thread.loop);
    const auto storage =
        core::make_redis_storage(thread.loop, connector, Thread::at("/nowhere"), "gw:", thread.clock);
    core::Flow<core::StorageEntry> get = storage->get("x");
    get.start();
    std::string_view rest = answer;
    while (!rest.empty() && !get.has_ended()) {
      const std::string_view piece = rest.substr(0, rest.find('\n') + 1);
      REQUIRE(connector.far->write({&piece, 1}));
      for (int i = 0; i < 50; ++i) thread.loop.turn(false);
      rest.remove_prefix(piece.size());
    }
    REQUIRE(get.has_ended());
    CHECK(get.result().error().kind == ErrorKind::unavailable);
    CHECK(get.result().error().retry == core::Retry::later);
  }
}

TEST_CASE("a thousand keys are listed whole and in order") {
  RedisProcess server;
  Thread thread;
  const auto storage = core::make_redis_storage(thread.loop, *thread.connector, Thread::at(server.socket()),
                                                "gw:", thread.clock);
  for (int i = 1000; i < 2200; ++i)
    REQUIRE(run(storage->put("many/" + std::to_string(i), entry("v")), &thread.loop));
  const auto keys = run(storage->list("many"), &thread.loop);
  REQUIRE(keys);
  REQUIRE(keys->size() == 1200);
  CHECK(keys->front() == "many/1000");
  CHECK(std::is_sorted(keys->begin(), keys->end()));
}

TEST_CASE("a password opens, a wrong one is an error that says so and holds no secret") {
  RedisProcess server("--requirepass opensesame");
  Thread thread;
  const auto open = [&](const std::string& password) {
    return core::make_redis_storage(thread.loop, *thread.connector, Thread::at(server.socket(), password),
                                    "gw:", thread.clock);
  };
  CHECK(run(open("opensesame")->put("x", entry("1")), &thread.loop));
  for (const char* wrong : {"guess-of-mine", ""}) {
    const auto refused = run(open(wrong)->put("x", entry("1")), &thread.loop);
    REQUIRE(!refused);
    CHECK(refused.error().kind == ErrorKind::unavailable);
    CHECK(refused.error().side == core::Side::storage);
    CHECK(refused.error().text.find("guess-of-mine") == std::string::npos);
  }
}

TEST_CASE("a server that dies is unavailable for a pause, and used again when it is back") {
  RedisProcess server;
  Thread thread;
  const auto storage = core::make_redis_storage(thread.loop, *thread.connector, Thread::at(server.socket()),
                                                "gw:", thread.clock);
  REQUIRE(run(storage->put("x", entry("1")), &thread.loop));
  server.kill();
  auto refused = run(storage->get("x"), &thread.loop);
  CHECK(refused.error().kind == ErrorKind::unavailable);
  CHECK(refused.error().retry == core::Retry::later);
  server.again();
  CHECK(run(storage->get("x"), &thread.loop).error().kind == ErrorKind::unavailable);
  thread.clock.advance(2s);
  thread.loop.turn(false);
  CHECK(run(storage->get("x"), &thread.loop).error().kind == ErrorKind::not_found);
  REQUIRE(run(storage->put("x", entry("2")), &thread.loop));
}

TEST_CASE("a server that became a replica is left for the one that its address leads to now") {
  RedisProcess former;
  RedisProcess next;
  Thread thread;
  const std::string address = former.socket() + ".address";
  std::filesystem::create_symlink(former.socket(), address);
  const auto storage =
      core::make_redis_storage(thread.loop, *thread.connector, Thread::at(address), "gw:", thread.clock);
  REQUIRE(run(storage->put("x", entry("1")), &thread.loop));
  core::RedisConnection hand(thread.loop, *thread.connector, Thread::at(former.socket()));
  REQUIRE(run(hand.call({"REPLICAOF", "127.0.0.1", "1"}), &thread.loop));
  std::filesystem::remove(address);
  std::filesystem::create_symlink(next.socket(), address);
  const auto refused = run(storage->lock("renew", "one", 20s), &thread.loop);
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::unavailable);
  CHECK(refused.error().text.find("READONLY") != std::string::npos);
  thread.clock.advance(2s);
  thread.loop.turn(false);
  REQUIRE(run(storage->lock("renew", "one", 20s), &thread.loop));
  core::RedisConnection there(thread.loop, *thread.connector, Thread::at(next.socket()));
  CHECK(run(there.call({"GET", "gw:locks/renew"}), &thread.loop)->text == "one");
}

// ---- a server that lies

TEST_CASE("S05: what is no reply of Redis takes the connection down and nothing else") {
  struct Row {
    std::string reply;
    const char* why;
  };
  const std::vector<Row> rows = {
      {"*1073741824\r\n", "an array of a billion"},
      {"*-2\r\n", "a length below nothing"},
      {"$-2\r\n", "a string below nothing"},
      {"$99999999999999999999\r\n", "a length of too many digits"},
      {"$3000000\r\n", "a string over the limit"},
      {std::string("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"), "arrays in arrays"},
      {"$3\r\nabcd\r\n", "a string without its end"},
      {":1x\r\n", "a number that is none"},
      {":1\n", "a bare line feed"},
      {">2\r\n+a\r\n+b\r\n", "a push of another protocol"},
      {"|1\r\n+a\r\n+b\r\n", "an attribute of another protocol"},
      {"HTTP/1.1 400 Bad Request\r\n", "another server"},
      {std::string(10'000, '+'), "a line without end"},
      {"+OK\r\n+OK\r\n+OK\r\n+OK\r\n", "answers that nobody asked for"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    Thread thread;
    PairConnector connector(thread.loop);
    core::RedisConnection redis(thread.loop, connector, Thread::at("/nowhere"));
    core::Flow<RespValue> call = redis.call({"GET", "x"});
    call.start();
    core::Flow<RespValue> second = redis.call({"GET", "y"});
    second.start();
    const std::string_view piece = row.reply;
    REQUIRE(connector.far->write({&piece, 1}));
    for (int i = 0; i < 200 && !(call.has_ended() && second.has_ended()); ++i) thread.loop.turn(false);
    REQUIRE(call.has_ended());
    REQUIRE(second.has_ended());
    CHECK((!call.result() || !second.result() || call.result()->kind == RespValue::Kind::status));
    // Down for a pause, then again.
    CHECK(run(redis.call({"PING"}), &thread.loop).error().kind == ErrorKind::unavailable);
    thread.clock.advance(2s);
    thread.loop.turn(false);
    core::Flow<RespValue> again = redis.call({"PING"});
    again.start();
    const std::string_view pong = "+PONG\r\n";
    REQUIRE(connector.far->write({&pong, 1}));
    for (int i = 0; i < 200 && !again.has_ended(); ++i) thread.loop.turn(false);
    REQUIRE(again.has_ended());
    REQUIRE(again.result());
    CHECK(again.result()->text == "PONG");
  }
}

TEST_CASE("an error of the server breaks the connection, and one of the command does not") {
  struct Row {
    const char* reply;
    bool breaks;
    const char* why;
  };
  const std::vector<Row> rows = {
      {"-READONLY You can't write against a read only replica.\r\n", true, "it became a replica"},
      {"-ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write\r\n", true,
       "the same in a script of Redis 6"},
      {"-LOADING Redis is loading the dataset in memory\r\n", true, "it has just started"},
      {"-MASTERDOWN Link with MASTER is down\r\n", true, "a replica without its primary"},
      {"-NOAUTH Authentication required.\r\n", true, "a password that was set since"},
      {"-WRONGPASS invalid username-password pair\r\n", true, "a user that was taken away"},
      {"-OOM command not allowed when used memory > 'maxmemory'.\r\n", false, "full: reads still work"},
      {"-WRONGTYPE Operation against a key\r\n", false, "another's entry"},
      {"-ERR unknown command 'READONLY '\r\n", false, "the word elsewhere"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    Thread thread;
    PairConnector connector(thread.loop);
    core::RedisConnection redis(thread.loop, connector, Thread::at("/nowhere"));
    core::Flow<RespValue> call = redis.call({"SET", "x", "y"});
    call.start();
    const std::string_view piece = row.reply;
    REQUIRE(connector.far->write({&piece, 1}));
    for (int i = 0; i < 200 && !call.has_ended(); ++i) thread.loop.turn(false);
    REQUIRE(call.has_ended());
    REQUIRE(!call.result());
    CHECK(call.result().error().kind == ErrorKind::unavailable);
    CHECK(call.result().error().text.find(piece.substr(1, piece.size() - 3)) != std::string::npos);
    core::Flow<RespValue> next = redis.call({"PING"});
    next.start();
    CHECK(next.has_ended() == row.breaks);  // refused at once, for a pause
  }
}

TEST_CASE("a server that says nothing is given up, byte by byte replies are whole, a caller may go") {
  Thread thread;
  PairConnector connector(thread.loop);
  core::RedisConnection redis(thread.loop, connector, Thread::at("/nowhere"));
  core::Flow<RespValue> gone = redis.call({"GET", "gone"});
  gone.start();
  core::Flow<RespValue> call = redis.call({"GET", "x"});
  call.start();
  gone.cancel();
  for (const char byte : std::string_view("$1\r\ng\r\n$5\r\nhe\r\no\r\n")) {
    const std::string_view piece(&byte, 1);
    REQUIRE(connector.far->write({&piece, 1}));
    for (int i = 0; i < 5; ++i) thread.loop.turn(false);
  }
  REQUIRE(call.has_ended());
  REQUIRE(call.result());
  CHECK(call.result()->text == "he\r\no");
  core::Flow<RespValue> never = redis.call({"GET", "y"});
  never.start();
  thread.clock.advance(6s);
  for (int i = 0; i < 50 && !never.has_ended(); ++i) thread.loop.turn(false);
  REQUIRE(never.has_ended());
  CHECK(never.result().error().kind == ErrorKind::unavailable);
}

}  // namespace
}  // namespace tests
