#include "core/text/protobuf.h"

namespace core {
namespace {

constexpr unsigned kVarint = 0;
constexpr unsigned kFixed64 = 1;
constexpr unsigned kLength = 2;
constexpr unsigned kFixed32 = 5;
constexpr std::uint64_t kMore = 0x80;

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= kMore; value >>= 7U) out.push_back(static_cast<char>(value | kMore));
  out.push_back(static_cast<char>(value));
}

template <typename Number>
void append_little_endian(std::string& out, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

void ProtobufWriter::tag(unsigned field, unsigned type) {
  varint(std::uint64_t{field} << 3U | type);
}

void ProtobufWriter::varint(std::uint64_t value) {
  append_varint(out_, value);
}

void ProtobufWriter::number(unsigned field, std::uint64_t value) {
  tag(field, kVarint);
  varint(value);
}

void ProtobufWriter::fixed32(unsigned field, std::uint32_t value) {
  tag(field, kFixed32);
  append_little_endian(out_, value);
}

void ProtobufWriter::fixed64(unsigned field, std::uint64_t value) {
  tag(field, kFixed64);
  append_little_endian(out_, value);
}

void ProtobufWriter::bytes(unsigned field, std::string_view value) {
  tag(field, kLength);
  varint(value.size());
  out_.append(value);
}

std::size_t ProtobufWriter::begin_message(unsigned field) {
  tag(field, kLength);
  return out_.size();
}

/// The length goes in front when it is known: messages are short, so what is moved is little.
void ProtobufWriter::end_message(std::size_t begun) {
  std::string length;  // a few bytes: within the string itself
  append_varint(length, out_.size() - begun);
  out_.insert(begun, length);
}

}  // namespace core
