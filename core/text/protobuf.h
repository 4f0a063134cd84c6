// Writes messages of Protocol Buffers (https://protobuf.dev/programming-guides/encoding), as far as we send
// any. Reading is for those who receive some.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace core {

/// Appends fields to a message. Members that are empty or zero are the receiver's defaults, and need not be
/// written.
class ProtobufWriter {
 public:
  /// `out` is borrowed: what it holds already stays in front.
  explicit ProtobufWriter(std::string& out) : out_(out) {}

  void number(unsigned field, std::uint64_t value);
  void fixed32(unsigned field, std::uint32_t value);
  void fixed64(unsigned field, std::uint64_t value);
  /// A string, bytes, or a message that was written elsewhere.
  void bytes(unsigned field, std::string_view value);
  /// A message within this one: `write(*this)` writes its fields.
  template <typename Write>
  void message(unsigned field, Write write) {
    const std::size_t begun = begin_message(field);
    write(*this);
    end_message(begun);
  }

 private:
  void tag(unsigned field, unsigned type);
  void varint(std::uint64_t value);
  std::size_t begin_message(unsigned field);
  void end_message(std::size_t begun);

  std::string& out_;
};

}  // namespace core
