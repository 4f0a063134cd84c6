// Storage in Redis, shared by replicas: a value is a string under PREFIX + key, its expiry is Redis's own, so
// that one clock counts for all. Not sealed here (storage_key does that for every storage).
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/storage/redis_connection.h"
#include "core/storage/rules.h"
#include "core/storage/storage.h"

namespace core {
namespace {

using Kind = RespValue::Kind;

// Keys in one step of a listing.
constexpr std::string_view kScanCount = "500";
constexpr std::size_t kMaxListedKeys = 1'000'000;

// Takes the lock if it is free or ours; else says who has it. One step for all replicas. A lease that ends
// never, or far too late (the server's clock was put back), ended.
constexpr std::string_view kLockScript =
    "local holder = redis.call('GET', KEYS[1]) "
    "if holder and holder ~= ARGV[1] then "
    "local left = redis.call('PTTL', KEYS[1]) "
    "if left >= 0 and left <= 2 * tonumber(ARGV[2]) then return holder end "
    "end "
    "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) "
    "return false";

// Gives the lock back if it is ours still.
constexpr std::string_view kUnlockScript =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end "
    "return false";

// It says nothing of what is stored: not `malformed`, which would be made anew.
Error odd_answer(std::string_view command) {
  return {ErrorKind::unavailable, Side::storage,
          fmt::format("redis: an answer to {} that means nothing", command), Retry::later};
}

class RedisStorage final : public Storage {
 public:
  RedisStorage(Loop& loop, Connector& connector, RedisServer server, std::string prefix, const Clock& clock)
      : connection_(loop, connector, std::move(server)), prefix_(std::move(prefix)), clock_(clock) {}

  Flow<> put(std::string key, StorageEntry entry) override {
    co_await check_storage_key(key);
    co_await check_storage_value(entry.value);
    const Duration left = entry.expires ? duration_left(*entry.expires) : Duration(1);
    if (left <= Duration::zero()) {
      Flow<> removing = remove(key);
      co_await std::move(removing);
      co_return done();
    }
    std::vector<std::string> command{"SET", prefix_ + key, std::move(entry.value)};
    if (entry.expires) {
      command.emplace_back("PX");
      command.push_back(std::to_string(left.count()));
    }
    const RespValue reply = co_await connection_.call(std::move(command));
    if (reply.kind != Kind::status) co_return failure(odd_answer("SET"));
    co_return done();
  }

  Flow<StorageEntry> get(std::string key) override {
    co_await check_storage_key(key);
    std::vector<std::string> ask_value{"GET", prefix_ + key};
    RespValue value = co_await connection_.call(std::move(ask_value));
    std::vector<std::string> ask_time{"PTTL", prefix_ + key};
    const RespValue time = co_await connection_.call(std::move(ask_time));
    // -2: it expired in between.
    if (value.kind == Kind::nil || (time.kind == Kind::integer && time.integer == -2))
      co_return failure(ErrorKind::not_found, Side::storage, key + " is not stored");
    if (value.kind != Kind::bulk || time.kind != Kind::integer) co_return failure(odd_answer("GET"));
    co_await check_storage_value(value.text);
    StorageEntry entry;
    entry.value = std::move(value.text);
    if (time.integer >= 0) entry.expires = clock_.wall() + Duration(time.integer);
    co_return entry;
  }

  Flow<std::vector<std::string>> list(std::string prefix) override {
    const std::string beginning = co_await storage_prefix(prefix);
    std::set<std::string> keys;  // a scan may say a key twice
    std::string cursor = "0";
    do {
      std::vector<std::string> command{
          "SCAN", cursor, "MATCH", pattern_below(beginning), "COUNT", std::string(kScanCount)};
      const RespValue reply = co_await connection_.call(std::move(command));
      cursor = co_await take_scanned(reply, beginning, keys);
    } while (cursor != "0");
    co_return std::vector<std::string>(keys.begin(), keys.end());
  }

  Flow<> remove(std::string key) override {
    co_await check_storage_key(key);
    std::vector<std::string> command{"DEL", prefix_ + key};
    const RespValue reply = co_await connection_.call(std::move(command));
    if (reply.kind != Kind::integer) co_return failure(odd_answer("DEL"));
    co_return done();
  }

  Flow<> lock(std::string name, std::string holder, Duration lease) override {
    const std::string key = co_await storage_lock_key(name, holder, lease);
    std::vector<std::string> command{"EVAL", std::string(kLockScript),     "1", prefix_ + key,
                                     holder, std::to_string(lease.count())};
    const RespValue reply = co_await connection_.call(std::move(command));
    if (reply.kind == Kind::bulk) co_return failure(lock_is_held(name, reply.text));
    if (reply.kind != Kind::nil) co_return failure(odd_answer("EVAL"));
    co_return done();
  }

  Flow<> unlock(std::string name, std::string holder) override {
    const std::string key = co_await storage_lock_key(name, holder);
    std::vector<std::string> command{"EVAL", std::string(kUnlockScript), "1", prefix_ + key, holder};
    const RespValue reply = co_await connection_.call(std::move(command));
    if (reply.kind != Kind::nil) co_return failure(odd_answer("EVAL"));
    co_return done();
  }

 private:
  [[nodiscard]] Duration duration_left(WallTime expires) const {
    return std::chrono::duration_cast<Duration>(expires - clock_.wall());
  }

  /// Keys hold nothing that a pattern means; the prefix is escaped.
  [[nodiscard]] std::string pattern_below(std::string_view beginning) const {
    std::string pattern;
    for (const char c : prefix_) {
      if (std::string_view("*?[]\\^").find(c) != std::string_view::npos) pattern += '\\';
      pattern += c;
    }
    return pattern.append(beginning).append("*");
  }

  /// Adds what a step of a scan found; gives the cursor of the next one.
  Result<std::string> take_scanned(const RespValue& reply, std::string_view beginning,
                                   std::set<std::string>& keys) const {
    const bool is_scan = reply.kind == Kind::array && reply.items.size() == 2 &&
                         reply.items[0].kind == Kind::bulk && reply.items[1].kind == Kind::array;
    if (!is_scan) return failure(odd_answer("SCAN"));
    for (const RespValue& item : reply.items[1].items) {
      if (item.kind != Kind::bulk || !item.text.starts_with(prefix_)) return failure(odd_answer("SCAN"));
      std::string key = item.text.substr(prefix_.size());
      // What somebody else wrote under our prefix is none of our entries.
      if (key.starts_with(beginning) && check_storage_key(key)) keys.insert(std::move(key));
    }
    if (keys.size() > kMaxListedKeys) {
      return failure(ErrorKind::too_large, Side::storage,
                     fmt::format("redis: more than {} keys below {}{}", kMaxListedKeys, prefix_, beginning));
    }
    return reply.items[0].text;
  }

  RedisConnection connection_;
  std::string prefix_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<Storage> make_redis_storage(Loop& loop, Connector& connector, RedisServer server,
                                            std::string prefix, const Clock& clock) {
  return std::make_unique<RedisStorage>(loop, connector, std::move(server), std::move(prefix), clock);
}

}  // namespace core
