// Succession: another process, of another version perhaps, takes this one's place on the very same listening
// sockets. None of them is ever closed with connections in its queue, and what this one has begun ends here.
//
//   predecessor                                   successor
//   starts it, hands over the sockets ──────────► reads the file, prepares everything, accepts
//   gives up control socket and service  ◄ready── goes on waiting
//   stops accepting, drains, ends        ──yours► takes control socket and service
//
// A successor that ends, or is not ready in time, changes nothing. One that ends after it has taken over,
// while the one before still finishes what it has begun, is replaced by that: it holds the sockets to its
// end. The words go over a pair of connected sockets: descriptor 3 of the successor, its listening sockets
// behind it, counted in GATEWAY_SUCCESSION.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/wait.h"
#include "gateway/run/inherited_sockets.h"

namespace gateway {

/// The program that this process runs, by the name that a package or an operator replaces, and its arguments.
/// Asked at the start: once the file is replaced the system calls it deleted.
struct OwnProgram {
  std::string path;
  std::vector<std::string> arguments;  ///< without its name
};
OwnProgram own_program();

/// The process that takes over, as its predecessor sees it. Destroying it before let_go() kills it, and waits
/// for its end: rather end() it first.
class Successor {
 public:
  /// Starts it with the environment of this process. `descriptors`: listening sockets, in any order; they
  /// stay open here. Fails when no process or descriptor can be had.
  static core::Result<std::unique_ptr<Successor>> start(core::Loop& loop, const OwnProgram& program,
                                                        const std::vector<int>& descriptors);
  virtual ~Successor() = default;

  [[nodiscard]] virtual int process() const = 0;
  /// Until it accepts connections. Fails if it ends or is not ready by then; the log has its own words.
  virtual core::Flow<> ready(core::Deadline deadline) = 0;
  /// `on_end` is called once, from the loop, when it fails from now on, with how ("ended with status 1"); not
  /// when it ends as it should, for it was told to, or another has taken its place. It must not destroy the
  /// successor.
  virtual void watch(std::function<void(const std::string& how)> on_end) = 0;
  /// Kills it. Destroying it does not block once has_ended().
  virtual void end() = 0;
  [[nodiscard]] virtual bool has_ended() const = 0;
  /// It is what serves from now on: it gets the control socket's name and the service manager's ear, and
  /// outlives this process.
  virtual void let_go() = 0;
};

/// The process whose place this one takes. Destroying it ends the conversation.
class Predecessor {
 public:
  /// Takes the sockets and the channel, and unsets the variable. Null: nobody has started this process so.
  /// Once, before there are threads.
  static core::Result<std::unique_ptr<Predecessor>> take();
  virtual ~Predecessor() = default;

  /// Once.
  virtual std::vector<InheritedSocket> take_sockets() = 0;
  /// Says that this process accepts connections. `on_yours` is called on `loop` when the predecessor has let
  /// go, or has ended.
  virtual void say_ready(core::Loop& loop, std::function<void()> on_yours) = 0;
};

}  // namespace gateway
