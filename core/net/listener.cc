// Accepting, and what happens when descriptors run out.
#include "core/net/listener.h"

#include <sys/socket.h>

#include <cerrno>

#include "core/net/socket_address.h"

namespace core {
namespace {

// Enough to empty the queue of a busy listener in few turns, few enough that connections already open get
// theirs.
constexpr int kMaxAcceptsAnEvent = 16;
constexpr Duration kPauseWithoutDescriptors{100};

enum class Accepted { one, none, failed_one, out_of_resources };

Accepted outcome_of(int error) {
  switch (error) {
    case EAGAIN:
#if EAGAIN != EWOULDBLOCK
    case EWOULDBLOCK:
#endif
      return Accepted::none;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Accepted::out_of_resources;
    default:
      // accept(2): errors of a connection that died in the queue (ECONNABORTED, EPROTO, network errors), and
      // EINTR.
      return Accepted::failed_one;
  }
}

}  // namespace

struct Listener::Native final : DescriptorEvents {
  Native(Loop& loop, int descriptor, OnAccept to_call)
      : listening(descriptor),
        on_accept(std::move(to_call)),
        watch(loop, descriptor, *this, DescriptorWatch::Mode::level_read),
        try_again(loop, [this] {
          is_out_of_resources = false;
          watch_if_wanted();
        }) {}
  Native(const Native&) = delete;
  Native& operator=(const Native&) = delete;
  ~Native() {
    if (destroyed != nullptr) *destroyed = true;
  }

  void on_edge(Edge) override {
    bool gone = false;
    destroyed = &gone;
    int accepted = 0;
    for (int i = 0; i < kMaxAcceptsAnEvent && !is_paused && !is_out_of_resources; ++i) {
      const Accepted outcome = accept_one();
      if (gone) return;
      if (outcome == Accepted::none) break;
      if (outcome == Accepted::out_of_resources) wait_for_resources();
      ++accepted;
    }
    destroyed = nullptr;
    if (accepted == 0 && !is_paused) ++empty_accepts;
  }

  Accepted accept_one() {
    SocketAddress address;
    address.length = sizeof address.storage;
    const int socket = ::accept4(listening, reinterpret_cast<sockaddr*>(&address.storage), &address.length,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return outcome_of(errno);
    on_accept(socket, Endpoint::from_sockaddr(address.get(), address.length).value_or(Endpoint{}));
    return Accepted::one;
  }

  // The queue keeps the listening socket readable; watching it on would only burn the processor that frees
  // descriptors.
  void wait_for_resources() {
    is_out_of_resources = true;
    watch.pause();
    try_again.arm(kPauseWithoutDescriptors);
  }

  void watch_if_wanted() {
    if (!is_paused && !is_out_of_resources) watch.resume();
  }

  int listening;
  OnAccept on_accept;
  bool* destroyed = nullptr;  // set while connections are accepted
  bool is_paused = false;
  bool is_out_of_resources = false;
  std::uint64_t empty_accepts = 0;
  DescriptorWatch watch;
  Timer try_again;
};

Listener::Listener(Loop& loop, int listening_descriptor, OnAccept on_accept)
    : native_(std::make_unique<Native>(loop, listening_descriptor, std::move(on_accept))) {}

Listener::~Listener() = default;

void Listener::pause() {
  native_->is_paused = true;
  native_->watch.pause();
}

void Listener::resume() {
  native_->is_paused = false;
  native_->watch_if_wanted();
}

std::uint64_t Listener::empty_accepts() const {
  return native_->empty_accepts;
}

}  // namespace core
