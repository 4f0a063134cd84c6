// Supervisor: what the process tells whoever started it as a service (systemd's sd_notify(3) protocol, which
// others speak too): that it is ready, reloads, stops, and that all of its loops still turn. Datagrams to the
// socket that NOTIFY_SOCKET names; without it nothing is ever sent.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/loader.h"
#include "core/base/clock.h"
#include "core/loop/loop.h"

namespace gateway {

class Supervisor {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID (of another process: no watchdog).
  explicit Supervisor(const config::Environment& environment);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// `status` is for people: one line.
  void ready(std::string_view status);
  void reloading();
  void stopping(std::string_view status);
  /// Another process is the service from now on, and the one that is listened to.
  void give_way(int process);
  void alive();
  /// How often alive() is expected, at the latest; nothing: never.
  [[nodiscard]] std::optional<core::Duration> watchdog() const { return watchdog_; }

 private:
  void say(const std::string& message) const;

  std::string address_;  // as in sun_path; begins with a zero byte for an abstract one; empty: nobody
  int socket_ = -1;
  std::optional<core::Duration> watchdog_;
};

/// Feeds the watchdog for as long as every loop answers: the one it runs on, and those that `ask_all` asks.
class Heartbeat {
 public:
  /// Calls `answered` once when all have answered.
  using AskAll = std::function<void(std::function<void()> answered)>;
  /// Borrows loop and supervisor. Does nothing where no watchdog is set.
  Heartbeat(core::Loop& loop, Supervisor& supervisor, AskAll ask_all);

  void start();

 private:
  void beat();

  Supervisor& supervisor_;
  AskAll ask_all_;
  bool is_waiting_ = false;
  core::Timer timer_;
};

}  // namespace gateway
