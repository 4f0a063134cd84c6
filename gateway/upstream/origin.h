// Origin: one place behind an upstream as one worker sees it: how it is reached, its connections (kept-alive
// and in use), whether it works. Connections made for one origin are used for no other. One that speaks
// HTTP/2 gets few: requests that come while one is being made wait for it, and share it.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "core/http/limits.h"
#include "core/http/pool.h"
#include "core/http/session.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/wait.h"
#include "core/net/connector.h"
#include "gateway/model/traffic.h"
#include "gateway/upstream/balancer.h"
#include "gateway/upstream/connection_allowance.h"
#include "gateway/upstream/ejection.h"
#include "gateway/upstream/upstream_state.h"

namespace gateway {

class Origin;

/// Told by an origin, from inside calls of its sessions: note it, and use the origin later.
class OriginOwner {
 public:
  /// A connection is idle, or is gone and leaves room.
  virtual void on_room(Origin& origin) = 0;

 protected:
  ~OriginOwner() = default;
};

/// Borrowed, for the life of the origin.
struct OriginParts {
  core::Loop& loop;
  core::Connector& connector;
  ConnectionAllowance& allowance;
  OriginOwner& owner;
  std::size_t most_connections = ConnectionAllowance::kUnbounded;
  config::OriginProtocol protocol = config::OriginProtocol::http;
  PoolTraffic* traffic = nullptr;  ///< null: nobody counts
};

/// How one connection is to be made.
struct Approach {
  core::Duration timeout{5'000};
  std::string greeting = {};  ///< sent in front of all else; such a connection serves one exchange
};

class Origin final : public core::Retirable, private core::PoolOwner, private IdleHolder {
 public:
  Origin(const OriginParts& parts, Place place, std::string label);
  ~Origin() override;
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  /// A session that can take one more exchange now; null if there is none. It goes back to the pool by itself
  /// when its exchange ends.
  core::ClientSession* take();
  /// One that had better be left; for when make_room() says no.
  core::ClientSession* take_worn() { return pool_.take_worn(); }
  /// Room for one more connection (an idle one of this origin or of another is closed for it where there is
  /// none): connect() must follow in the same turn. False: not now.
  [[nodiscard]] bool make_room();
  /// A fresh session, in the pool's keeping like the other; null if it was full before this one's turn came.
  /// Ends with unreachable, timed_out, unverified or unsupported (no HTTP/2 there). Requires: make_room()
  /// said yes.
  core::Flow<core::ClientSession*> connect(Approach approach);

  /// A request is on its way here; balanced by release().
  void hold() { ++candidate_.requests; }
  void release() { --candidate_.requests; }
  /// It is no part of the upstream any more: connections are closed as they become idle.
  void leave();
  [[nodiscard]] bool is_leaving() const { return is_leaving_; }
  /// Whether a session may serve many exchanges at once (HTTP/2).
  [[nodiscard]] bool shares_sessions() const {
    return parts_.protocol == config::OriginProtocol::h2c || parts_.protocol == config::OriginProtocol::h2;
  }
  /// Whether nobody would miss it.
  [[nodiscard]] bool is_unused() const {
    return candidate_.requests == 0 && connecting_ == 0 && pool_.in_use() == 0 && pool_.idle() == 0;
  }

  [[nodiscard]] Candidate& candidate() { return candidate_; }
  [[nodiscard]] Ejection& ejection() { return ejection_; }
  [[nodiscard]] const Place& place() const { return place_; }
  /// host:port, for logs.
  [[nodiscard]] const std::string& name() const { return place_.name; }
  /// What is known of it has changed; its key has not.
  void update(const Place& place);
  void start_slowly(core::SteadyTime now, core::Duration over) { candidate_.slow_start = {now, over}; }

 private:
  class Slot;
  class Joined;
  core::Flow<core::ClientSession*> connect_alone(Approach approach);
  core::Flow<core::ClientSession*> join(core::Duration timeout);
  core::Flow<std::unique_ptr<core::ClientSession>> open_shared(core::Duration timeout);
  void on_shared_opened(core::Result<std::unique_ptr<core::ClientSession>> opened);
  void on_session_room() override;
  void on_session_gone() override;
  void close_idle_connection() override { pool_.close_oldest_idle(); }
  core::ClientSession* hand_out();
  void note_idle();
  void note_opened();
  void note_closed(std::size_t count);
  [[nodiscard]] std::size_t connections() const { return connecting_ + pool_.in_use() + pool_.idle(); }

  OriginParts parts_;
  Place place_;
  Candidate candidate_;
  Ejection ejection_;
  core::ClientLimits limits_;
  std::size_t connecting_ = 0;
  bool is_leaving_ = false;
  bool is_ending_ = false;
  bool is_known_idle_ = false;    // to the allowance
  std::size_t counted_idle_ = 0;  // by parts_.traffic
  ConnectionAllowance::Holders self_;
  ConnectionAllowance::Holders::iterator self_place_;
  core::Pool pool_;
  std::list<Joined*> joined_;  // wait for the session that is being opened
  std::list<Joined*> told_;    // are being told of it
  core::RunningFlow<std::unique_ptr<core::ClientSession>> opening_;
};

}  // namespace gateway
