// The control socket: a Unix socket that only the gateway's own user (and root) can reach, served on
// control's loop, never by a worker. The kernel says who calls (SO_PEERCRED), so that a socket whose rights
// somebody loosened still serves nobody else. One request a connection (control_protocol.h).
//
//   reading the line ──► running ──► telling the end ──► gone
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/loop/loop.h"
#include "core/net/listener.h"
#include "gateway/run/control_command.h"
#include "gateway/run/own_socket.h"

namespace gateway {

/// More are told to come again.
inline constexpr std::size_t kMaxControlConnections = 16;
/// From the connection to the end of its line, and to the last byte's leaving where that was refused.
inline constexpr core::Duration kControlRequestTime = std::chrono::seconds(5);
/// A command that takes longer is left to itself, and the operator is told so.
inline constexpr core::Duration kControlCommandTime = std::chrono::minutes(30);
/// From the end of a command to its last byte's leaving: a pager may be at the other end.
inline constexpr core::Duration kControlTellTime = std::chrono::minutes(10);
/// Of an answer that the operator has yet to read; a command that says more waits.
inline constexpr std::size_t kMaxControlBacklog = 64UL * 1024;

class ControlSocket {
 public:
  /// Borrowed: loop, log. As OwnSocket::open.
  static core::Result<std::unique_ptr<ControlSocket>> open(core::Loop& loop, const core::Log& log,
                                                           const std::string& path);
  /// Ends what is under way, and takes the socket's name away.
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  /// These commands and no others from now on. What runs of others goes on and keeps hold of them.
  void offer(std::vector<std::shared_ptr<ControlCommand>> commands) { commands_ = std::move(commands); }
  void start();

 private:
  class Conversation;

  ControlSocket(core::Loop& loop, const core::Log& log, OwnSocket socket);
  void accept(int socket);
  [[nodiscard]] std::shared_ptr<ControlCommand> command(std::string_view word) const;
  [[nodiscard]] std::string usage() const;
  void remove(Conversation* ended);

  core::Loop& loop_;
  const core::Log& log_;
  OwnSocket socket_;
  std::vector<std::shared_ptr<ControlCommand>> commands_;
  std::list<std::unique_ptr<Conversation>> conversations_;
  std::unique_ptr<core::Listener> listener_;
};

}  // namespace gateway
