// A ByteStream whose other end is the test: it says what arrives, how much may leave, and counts the calls
// that a socket would make system calls of.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/net/stream.h"

namespace core {

/// The other end of a FakeStream; outlives it.
struct Wire {
  std::string arriving;
  enum class Arrival { open, ended, broken } arrival = Arrival::open;
  std::string written;  ///< all that was taken
  std::size_t room = std::numeric_limits<std::size_t>::max();
  bool is_ended = false;    ///< end() was called
  bool is_aborted = false;  ///< abort() was called
  bool is_gone = false;     ///< the stream was destroyed
  bool fails_writes = false;
  int reads = 0;  ///< calls that would ask the system
  int writes = 0;
  bool may_have_bytes = true;
  StreamEvents* events = nullptr;
};

class FakeStream final : public ByteStream {
 public:
  explicit FakeStream(Wire& wire) : wire_(wire) {}
  ~FakeStream() override { wire_.is_gone = true; }

  void attach(StreamEvents* events) override { wire_.events = events; }
  ReadOutcome read(std::span<char> into) override {
    if (!wire_.may_have_bytes) return {ReadOutcome::State::would_block, 0};
    ++wire_.reads;
    const std::size_t count = wire_.arriving.copy(into.data(), into.size());
    wire_.arriving.erase(0, count);
    if (count > 0) {
      wire_.may_have_bytes = count == into.size() || wire_.arrival != Wire::Arrival::open;
      return {ReadOutcome::State::bytes, count};
    }
    wire_.may_have_bytes = false;
    if (wire_.arrival == Wire::Arrival::ended) return {ReadOutcome::State::end, 0};
    if (wire_.arrival == Wire::Arrival::broken) return {ReadOutcome::State::failed, 0};
    return {ReadOutcome::State::would_block, 0};
  }
  Result<std::size_t> write(std::span<const std::string_view> pieces) override {
    ++wire_.writes;
    if (wire_.fails_writes || wire_.is_ended || wire_.is_aborted) {
      return failure(ErrorKind::closed, Side::us, "broken pipe");
    }
    std::size_t taken = 0;
    for (const std::string_view piece : pieces) {
      const std::size_t count = std::min(piece.size(), wire_.room);
      wire_.written.append(piece.substr(0, count));
      wire_.room -= count;
      taken += count;
    }
    return taken;
  }
  Ending end() override {
    wire_.is_ended = true;
    return Ending::sent;
  }
  void abort() override { wire_.is_aborted = true; }

 private:
  Wire& wire_;
};

}  // namespace core
