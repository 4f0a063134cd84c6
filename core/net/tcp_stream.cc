// TcpStream: when to ask the system and when not to.
#include "core/net/tcp_stream.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/base/check.h"

namespace core {
namespace {

constexpr std::size_t kMaxPiecesACall = 64;

}  // namespace

TcpStream::TcpStream(Loop& loop, int socket, Phase phase)
    : socket_(socket),
      waits_for_room_(phase == Phase::connecting),
      settle_timer_(loop, [this] { settle(); }) {
  DescriptorEvents& events = *this;
  watch_.emplace(loop, socket, events, DescriptorWatch::Mode::edge_both);
  is_broken_ = !watch_->is_watching();
  write_failed_ = is_broken_;
}

TcpStream::~TcpStream() {
  if (destroyed_ != nullptr) *destroyed_ = true;
  close_socket();
}

void TcpStream::close_socket() {
  if (socket_ < 0) return;
  watch_.reset();
  ::close(std::exchange(socket_, -1));
}

ReadOutcome TcpStream::read(std::span<char> into) {
  CHECK(!into.empty());
  if (is_broken_) return {ReadOutcome::State::failed, 0};
  if (!may_have_bytes_) return {ReadOutcome::State::would_block, 0};
  for (;;) {
    const ssize_t count = ::recv(socket_, into.data(), into.size(), 0);
    if (count > 0) {
      const auto taken = static_cast<std::size_t>(count);
      if (taken < into.size() && !peer_closed_ && !write_failed_) {
        may_have_bytes_ = false;
        settle_timer_.arm(kSettleTime);
      }
      return {ReadOutcome::State::bytes, taken};
    }
    if (count == 0) {
      // The error of a reset is told once; when a write got it, the read sees an end in order.
      // Nor is the error of one that came behind an end ever told.
      const bool is_plain_end = peer_closed_ && !had_edge_since_;
      if (!write_failed_ && (is_plain_end || connect_error() == 0)) return {ReadOutcome::State::end, 0};
      is_broken_ = true;
      return {ReadOutcome::State::failed, 0};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      may_have_bytes_ = false;
      return {ReadOutcome::State::would_block, 0};
    }
    is_broken_ = true;
    return {ReadOutcome::State::failed, 0};
  }
}

Result<std::size_t> TcpStream::write(std::span<const std::string_view> pieces) {
  if (write_failed_) return break_off(EPIPE);
  std::size_t total = 0;
  while (!pieces.empty() && !waits_for_room_) {
    const auto now = pieces.first(std::min(pieces.size(), kMaxPiecesACall));
    pieces = pieces.subspan(now.size());
    const Result<std::size_t> taken = send(now);
    if (!taken.has_value()) return taken;
    total += *taken;
  }
  return total;
}

/// One sendmsg of at most kMaxPiecesACall pieces; sets waits_for_room_ when it was short.
Result<std::size_t> TcpStream::send(std::span<const std::string_view> pieces) {
  std::array<iovec, kMaxPiecesACall> vectors;  // NOLINT: filled below, as far as it is used
  std::size_t used = 0;
  std::size_t wanted = 0;
  for (const std::string_view piece : pieces) {
    if (piece.empty()) continue;
    vectors[used++] = iovec{const_cast<char*>(piece.data()), piece.size()};
    wanted += piece.size();
  }
  if (wanted == 0) return 0;
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = used;
  for (;;) {
    // The usual single piece spares the system a list to copy.
    const ssize_t count = used == 1 ? ::send(socket_, vectors[0].iov_base, wanted, MSG_NOSIGNAL)
                                    : ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (count >= 0) {
      waits_for_room_ = static_cast<std::size_t>(count) < wanted;
      return static_cast<std::size_t>(count);
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      waits_for_room_ = true;
      return 0;
    }
    return break_off(errno);
  }
}

std::unexpected<Error> TcpStream::break_off(int error) {
  write_failed_ = true;
  may_have_bytes_ = true;  // no further edge need come: the owner reads what is left and then the failure
  return failure(ErrorKind::closed, Side::us, "writing: " + std::generic_category().message(error));
}

Ending TcpStream::end() {
  if (socket_ >= 0) ::shutdown(socket_, SHUT_WR);
  return Ending::sent;
}

void TcpStream::abort() {
  if (socket_ < 0) return;
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close_socket();
  settle_timer_.disarm();
  is_broken_ = true;
  write_failed_ = true;
}

int TcpStream::connect_error() {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

void TcpStream::on_edge(Edge edge) {
  if (edge.readable) may_have_bytes_ = true;
  if (edge.readable && peer_closed_) had_edge_since_ = true;
  if (edge.peer_closed) peer_closed_ = true;
  const bool has_room = edge.writable && std::exchange(waits_for_room_, waits_for_room_ && !edge.writable);
  if (events_ == nullptr) return;
  bool destroyed = false;
  destroyed_ = &destroyed;
  if (edge.readable) events_->on_readable();
  if (destroyed) return;
  // The first callback may have aborted, or have handed the stream to somebody else.
  if (has_room && events_ != nullptr && socket_ >= 0) events_->on_writable();
  if (destroyed) return;
  destroyed_ = nullptr;
}

/// Asks once whether a reset came in with the last bytes.
void TcpStream::settle() {
  if (socket_ < 0 || may_have_bytes_) return;
  char byte = 0;
  const ssize_t count = ::recv(socket_, &byte, 1, MSG_PEEK);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  if (count < 0) is_broken_ = true;  // asking took the error away
  may_have_bytes_ = true;
  if (events_ != nullptr) events_->on_readable();
}

}  // namespace core
