// ConnectionAllowance: how many connections one worker may have to all origins together. Clients that speak
// HTTP/2 have many requests on one connection, so a bound on clients alone would not protect the process's
// descriptors. When it is used up, connections that are idle give way to those that are needed.
#pragma once

#include <cstddef>
#include <limits>
#include <list>
#include <vector>

namespace gateway {

class WaitingLine;

/// Who holds connections that it could do without.
class IdleHolder {
 public:
  /// Closes one of them; it is given back before this returns.
  virtual void close_idle_connection() = 0;

 protected:
  ~IdleHolder() = default;
};

class ConnectionAllowance {
 public:
  static constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();
  explicit ConnectionAllowance(std::size_t most) : most_(most) {}
  ConnectionAllowance(const ConnectionAllowance&) = delete;
  ConnectionAllowance& operator=(const ConnectionAllowance&) = delete;

  /// A holder's place in the order in which they are asked; moves without allocation.
  using Holders = std::list<IdleHolder*>;

  /// Room for one more connection, made by closing an idle one where necessary. False: all are in use.
  [[nodiscard]] bool take();
  /// The connection is closed.
  void give_back();
  /// `line` waits for room: woken by the next give_back() or has_idle().
  void await_room(WaitingLine& line);
  /// The line ends.
  void forget(const WaitingLine& line);
  [[nodiscard]] std::size_t used() const { return used_; }

  // For holders: each owns a list of itself alone, spliced in while it holds what is idle.
  // What is idle is room for who waits: it may be closed for that.
  void has_idle(Holders& own);
  void has_no_idle(Holders& own, Holders::iterator place) { own.splice(own.end(), with_idle_, place); }

 private:
  void wake_all();

  std::size_t most_;
  std::size_t used_ = 0;
  Holders with_idle_;
  std::vector<WaitingLine*> waiting_;
};

}  // namespace gateway
