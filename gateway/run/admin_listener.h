// AdminListener: listen.admin, plain HTTP on control's loop, so that it answers while workers are busy.
// Health and metrics need no credential and hold nothing about people; the status does and does
// (admin_access.h). Only a Host that is an IP address or localhost is answered (421): a page of a stranger
// whose name leads here (DNS rebinding) reads nothing.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/types.h"
#include "core/base/result.h"
#include "core/http/limits.h"
#include "core/http/message.h"
#include "core/loop/loop.h"
#include "core/net/listener.h"
#include "gateway/model/reply.h"
#include "gateway/run/admin_access.h"
#include "gateway/run/own_socket.h"
#include "gateway/run/status_report.h"

namespace gateway {

/// What the process says of itself; on control's loop.
class AdminSource {
 public:
  /// Why nothing new should come here, one sentence each; empty: it may.
  [[nodiscard]] virtual std::vector<std::string> reasons_not_ready() const = 0;
  /// Prometheus' text exposition.
  [[nodiscard]] virtual std::string metrics() const = 0;
  [[nodiscard]] virtual StatusReport status_report() const = 0;
  /// Empty: none opens anything.
  [[nodiscard]] virtual const core::Secret& admin_token() const = 0;
  /// Has the file read again; how that ends is in the next report. False: not now.
  virtual bool ask_reload() = 0;

 protected:
  ~AdminSource() = default;
};

/// Whether a Host field names this listener by an IP address or as localhost.
bool is_admin_host(std::string_view host);
/// GET and HEAD of /livez, /readyz and /metrics; for the operator, of / and /status too, and POST of /reload.
Reply answer_admin(const core::RequestHead& head, AdminSource& source, AdminDoor door);

class AdminListener {
 public:
  /// More wait in the kernel's queue.
  static constexpr std::size_t kMostConnections = 32;

  /// `listen.admin` is never shared with another process. Borrows loop, log and source. The error says which
  /// address, why not, and the mend.
  static core::Result<std::unique_ptr<AdminListener>> open(core::Loop& loop, const core::Log& log,
                                                           AdminSource& source, const config::Listen& listen);
  ~AdminListener();
  AdminListener(const AdminListener&) = delete;
  AdminListener& operator=(const AdminListener&) = delete;

  /// Where it listens, its socket left out.
  [[nodiscard]] const std::vector<core::Endpoint>& addresses() const { return addresses_; }

 private:
  class Conversation;
  struct Door {
    core::ListeningSocket socket;
    std::unique_ptr<core::Listener> listener;
  };

  AdminListener(core::Loop& loop, const core::Log& log, AdminSource& source);
  core::Result<void> open_door(const config::ListenAddress& address);
  core::Result<void> open_socket_door(const std::string& path);
  void accept(int socket, const core::Endpoint& peer, AdminDoor door);
  void on_wrong_token(const std::string& peer);
  void pause();
  void resume();
  void remove(Conversation* ended);

  core::Loop& loop_;
  const core::Log& log_;
  AdminSource& source_;
  std::optional<core::SteadyTime> wrong_told_;
  std::uint64_t wrong_untold_ = 0;
  core::ServerLimits limits_;
  std::vector<core::Endpoint> addresses_;
  std::list<Door> doors_;
  std::optional<OwnSocket> own_socket_;  // none: there is no path in listen.admin
  std::unique_ptr<core::Listener> own_listener_;
  std::vector<std::unique_ptr<Conversation>> conversations_;
};

}  // namespace gateway
