// TcpStream: what make_tcp_stream() makes, and what the connector makes before the connection stands. For
// core/net only.
//
// System calls: one epoll_ctl when made and one when destroyed, one recv a read, one send a write. After a
// short read it waits for an edge; an edge that tells of the peer's end is followed until read() has returned
// it. libevent hides EPOLLERR, so a reset that came with the last bytes shows no edge of its own: kSettleTime
// after the last short read the socket is asked once more.
#pragma once

#include <optional>

#include "core/loop/loop.h"
#include "core/net/stream.h"

namespace core {

class TcpStream final : public ByteStream, private DescriptorEvents {
 public:
  static constexpr Duration kSettleTime = std::chrono::seconds(1);

  /// connecting: connect() is under way; on_writable() comes when it has ended, either way.
  enum class Phase { connecting, connected };
  /// Owns `socket`.
  TcpStream(Loop& loop, int socket, Phase phase);
  ~TcpStream() override;
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  void attach(StreamEvents* events) override { events_ = events; }
  ReadOutcome read(std::span<char> into) override;
  Result<std::size_t> write(std::span<const std::string_view> pieces) override;
  Ending end() override;
  void abort() override;

  /// How connect() ended: 0 or the errno. Asked once.
  [[nodiscard]] int connect_error();

 private:
  void on_edge(Edge edge) override;
  void settle();
  void close_socket();
  Result<std::size_t> send(std::span<const std::string_view> pieces);
  std::unexpected<Error> break_off(int error);

  int socket_;
  StreamEvents* events_ = nullptr;
  bool* destroyed_ = nullptr;  // set while an edge is being told
  bool may_have_bytes_ = true;
  bool peer_closed_ = false;
  bool had_edge_since_ = false;  // of bytes, though there can be none: a reset
  bool waits_for_room_ = false;
  bool is_broken_ = false;     // reads fail
  bool write_failed_ = false;  // what the peer sent before may still be read
  std::optional<DescriptorWatch> watch_;
  Timer settle_timer_;
};

}  // namespace core
