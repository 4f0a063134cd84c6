// One connection to a Redis server, opened when it is needed and again after it broke: commands leave in
// order, replies are given out in order. What breaks, or does not answer in time, fails every command under
// way; nothing is sent twice. Not for Cluster or Sentinel.
//
//   closed ──command──► opening (connect, AUTH, SELECT) ──► open ──broken, too slow, malformed──► closed (a
//   pause)
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/base/secret.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/wait.h"
#include "core/net/connector.h"
#include "core/net/stream.h"
#include "core/storage/resp.h"

namespace core {

/// Where a server is and who we are there.
struct RedisServer {
  HostPort address;
  std::string user;  ///< empty: the default user
  Secret password;   ///< empty: no AUTH
  unsigned database = 0;
};

struct RedisLimits {
  Duration connect{5'000};
  Duration answer{5'000};  ///< without a byte while commands wait
  Duration pause{1'000};   ///< after a failure: commands fail at once, so that a dead server is not hammered
  std::size_t commands = 4096;  ///< under way at once; more are refused
};

class RedisConnection final : private StreamEvents {
 public:
  /// `loop` and `connector` (TLS for rediss) must outlive it.
  RedisConnection(Loop& loop, Connector& connector, RedisServer server, RedisLimits limits = {});
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  /// The reply to one command; an error reply is an Error that says the server's text, and one that says that
  /// this server is not the one to ask (it became a replica, say) breaks the connection. Errors of the
  /// connection are `unavailable` with Retry::later. Cancelling waits no longer; the command may have been
  /// done.
  Flow<RespValue> call(std::vector<std::string> arguments);

 private:
  /// Who waits for one reply; null once nobody does any more.
  using Waiting = std::shared_ptr<OneShot<RespValue>*>;
  enum class State { closed, opening, open };

  void on_readable() override;
  void on_writable() override;
  Result<Done> enqueue(const std::vector<std::string>& arguments, const Waiting& waiting);
  void open();
  void opened(Result<std::unique_ptr<ByteStream>> stream);
  void introduce();
  void send();
  void read();
  void take_replies();
  void give(RespValue reply);
  void fail(const std::string& why);
  [[nodiscard]] Error unavailable(const std::string& why) const;

  Loop& loop_;
  Connector& connector_;
  RedisServer server_;
  RedisLimits limits_;
  State state_ = State::closed;
  std::string last_failure_;
  std::unique_ptr<ByteStream> stream_;
  RunningFlow<std::unique_ptr<ByteStream>> opening_;
  std::string output_;             // not sent yet
  std::string input_;              // the beginning of a reply
  std::size_t introductions_ = 0;  // replies to AUTH and SELECT that are still to come
  std::deque<Waiting> waiting_;
  Timer answer_timer_;
  Timer pause_timer_;
};

}  // namespace core
