// Origin: one place behind an upstream as one worker sees it: how it is reached, its connections (kept-alive
// and in use), whether it works. Connections made for one origin are used for no other.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/http/limits.h"
#include "core/http/pool.h"
#include "core/http/session.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/net/connector.h"
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
};

class Origin final : public core::Retirable, private core::PoolOwner, private IdleHolder {
 public:
  Origin(const OriginParts& parts, Place place, std::string label);
  ~Origin() override;
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  /// A kept-alive session that is open now; null if there is none. It goes back to the pool by itself when
  /// its exchange ends.
  core::ClientSession* take_idle();
  /// Room for one more connection (an idle one of this origin or of another is closed for it where there is
  /// none): connect() must follow in the same turn. False: not now.
  [[nodiscard]] bool make_room();
  /// A fresh session, in the pool's keeping like the other. Ends with unreachable, timed_out or unverified.
  /// Requires: make_room() said yes.
  core::Flow<core::ClientSession*> connect(core::Duration timeout);

  /// A request is on its way here; balanced by release().
  void hold() { ++candidate_.requests; }
  void release() { --candidate_.requests; }
  /// It is no part of the upstream any more: connections are closed as they become idle.
  void leave();
  [[nodiscard]] bool is_leaving() const { return is_leaving_; }
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
  void on_session_idle() override;
  void on_session_gone() override;
  void close_idle_connection() override { pool_.close_oldest_idle(); }
  void note_idle();
  [[nodiscard]] std::size_t connections() const { return connecting_ + pool_.in_use() + pool_.idle(); }

  OriginParts parts_;
  Place place_;
  Candidate candidate_;
  Ejection ejection_;
  core::ClientLimits limits_;
  std::size_t connecting_ = 0;
  bool is_leaving_ = false;
  bool is_ending_ = false;
  bool is_known_idle_ = false;  // to the allowance
  ConnectionAllowance::Holders self_;
  ConnectionAllowance::Holders::iterator self_place_;
  core::Pool pool_;
};

}  // namespace gateway
