// AdminListener: listen.admin, plain HTTP on control's loop, so that it answers while workers are busy. What
// it tells needs no credential and holds nothing about people. Only a Host that is an IP address or localhost
// is answered (421): a page of a stranger whose name leads here (DNS rebinding) reads nothing.
#pragma once

#include <list>
#include <memory>
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

namespace gateway {

/// What the process says of itself; on control's loop.
class AdminSource {
 public:
  /// Why nothing new should come here, one sentence each; empty: it may.
  [[nodiscard]] virtual std::vector<std::string> reasons_not_ready() const = 0;
  /// Prometheus' text exposition.
  [[nodiscard]] virtual std::string metrics() const = 0;

 protected:
  ~AdminSource() = default;
};

/// Whether a Host field names this listener by an IP address or as localhost.
bool is_admin_host(std::string_view host);
/// GET and HEAD of /livez, /readyz and /metrics; 404, 405 and 421 for all else.
Reply answer_admin(const core::RequestHead& head, const AdminSource& source);

class AdminListener {
 public:
  /// More wait in the kernel's queue.
  static constexpr std::size_t kMostConnections = 32;

  /// `addresses` are never shared with another process. Borrows loop and source. The error says which
  /// address, why not, and the mend.
  static core::Result<std::unique_ptr<AdminListener>> open(
      core::Loop& loop, const AdminSource& source, const std::vector<config::ListenAddress>& addresses);
  ~AdminListener();
  AdminListener(const AdminListener&) = delete;
  AdminListener& operator=(const AdminListener&) = delete;

  /// Where it listens.
  [[nodiscard]] const std::vector<core::Endpoint>& addresses() const { return addresses_; }

 private:
  class Conversation;
  struct Door {
    core::ListeningSocket socket;
    std::unique_ptr<core::Listener> listener;
  };

  AdminListener(core::Loop& loop, const AdminSource& source);
  core::Result<void> open_door(const config::ListenAddress& address);
  void accept(int socket);
  void remove(Conversation* ended);

  core::Loop& loop_;
  const AdminSource& source_;
  core::ServerLimits limits_;
  std::vector<core::Endpoint> addresses_;
  std::list<Door> doors_;
  std::vector<std::unique_ptr<Conversation>> conversations_;
};

}  // namespace gateway
