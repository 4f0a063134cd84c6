// OriginSearch: one request's way to a connection. Asks the upstream for an origin, takes a kept-alive
// connection of it or makes one, goes on to another origin where that fails, and waits in line where there is
// no room.
//
//   choose ──► a session with room ─────► found
//     ▲ │ └──► connecting ──connected───► found (or full of others' requests before its turn: choose)
//     │ │           └─failed─► choose another, at most kMostConnects times ──► failed
//     └─┴────► waiting (no room) ──its turn──► choose;  too long, line full ──► failed (unavailable, later)
#pragma once

#include <optional>
#include <string_view>

#include "core/http/session.h"
#include "core/loop/deadline_list.h"
#include "core/loop/flow.h"
#include "gateway/upstream/upstream.h"

namespace gateway {

class OriginSearchOwner {
 public:
  /// The session is open and the caller's for one exchange, to be started before this returns.
  virtual void on_session(core::ClientSession& session) = 0;
  /// There is none. Nothing was sent anywhere.
  virtual void on_no_session(const core::Error& error) = 0;

 protected:
  ~OriginSearchOwner() = default;
};

class OriginSearch final : private Waiter, private core::DeadlineEntry {
 public:
  /// Connections tried for one request, each to another origin, before it is given up.
  static constexpr unsigned kMostConnects = 3;

  enum class Connection { any, fresh };
  struct Wish {
    core::IpAddress client;
    std::string_view label;                 ///< must live as long as the search; empty: none
    core::Duration connect_timeout{5'000};  ///< to one origin
    core::DeadlineList* waiting_deadline = nullptr;
    Connection connection = Connection::any;
    std::string_view greeting;  ///< of a fresh connection (Approach); must live as long as the search
  };

  /// Both outlive the search.
  OriginSearch(Upstream& upstream, OriginSearchOwner& owner) : upstream_(upstream), owner_(owner) {}
  ~OriginSearch() { end(); }
  OriginSearch(const OriginSearch&) = delete;
  OriginSearch& operator=(const OriginSearch&) = delete;

  /// The owner is called exactly once, maybe before this returns; likewise for the two below.
  void start(const Wish& wish);
  /// The session that was found was closed, or refused the request, before it was of use: another connection
  /// to the same origin.
  void again();
  /// The origin failed: another one, if there is one that this request has not been to.
  void next();
  /// Whether next() could find another origin.
  [[nodiscard]] bool has_next();
  /// The request is over, here or at its origin.
  void end();

  /// Where the session leads; null before there is one.
  [[nodiscard]] Origin* origin() const { return origin_; }
  [[nodiscard]] bool is_reused() const { return is_reused_; }

 private:
  bool on_turn() override;
  [[nodiscard]] bool is_choosy() const override { return !tried_.is_empty(); }
  void on_deadline() override;
  bool search();
  bool use(Origin& origin);
  void connect();
  void on_connected(core::Result<core::ClientSession*> session);
  void on_connect_failed(const core::Error& error);
  void wait();
  void fail(const core::Error& error);
  void let_go();
  [[nodiscard]] Call call() const;

  Upstream& upstream_;
  OriginSearchOwner& owner_;
  Wish wish_;
  Tried tried_;
  Origin* origin_ = nullptr;  // held
  bool is_reused_ = false;
  unsigned connects_ = 0;
  std::optional<core::Error> last_error_;
  core::RunningFlow<core::ClientSession*> connecting_;
};

}  // namespace gateway
