#include "gateway/session/record.h"

namespace gateway {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kNumberBytes = 8;

void append_big_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t left = bytes; left > 0; --left) {
    out.push_back(static_cast<char>((value >> (8 * (left - 1))) & 0xff));
  }
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

RecordWriter::RecordWriter(RecordKind kind, std::uint8_t version) {
  bytes_.push_back(static_cast<char>(kind));
  bytes_.push_back(static_cast<char>(version));
}

RecordWriter& RecordWriter::text(std::string_view value) {
  append_big_endian(bytes_, value.size(), kLengthBytes);
  bytes_.append(value);
  return *this;
}

RecordWriter& RecordWriter::number(std::int64_t value) {
  append_big_endian(bytes_, static_cast<std::uint64_t>(value), kNumberBytes);
  return *this;
}

RecordReader::RecordReader(std::string_view bytes, RecordKind kind, std::uint8_t version) : rest_(bytes) {
  fits_ = rest_.size() >= 2 && rest_[0] == static_cast<char>(kind) && rest_[1] == static_cast<char>(version);
  rest_.remove_prefix(fits_ ? 2 : rest_.size());
}

std::string_view RecordReader::text() {
  if (!fits_ || rest_.size() < kLengthBytes) {
    fits_ = false;
    return {};
  }
  const std::uint64_t length = big_endian(rest_.substr(0, kLengthBytes));
  rest_.remove_prefix(kLengthBytes);
  if (length > rest_.size()) {
    fits_ = false;
    return {};
  }
  const std::string_view value = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return value;
}

std::int64_t RecordReader::number() {
  if (!fits_ || rest_.size() < kNumberBytes) {
    fits_ = false;
    return 0;
  }
  const auto value = static_cast<std::int64_t>(big_endian(rest_.substr(0, kNumberBytes)));
  rest_.remove_prefix(kNumberBytes);
  return value;
}

core::WallTime RecordReader::time() {
  // Later than any time a clock of ours can hold would overflow it.
  constexpr std::int64_t kLatest = 9'000'000'000;
  const std::int64_t seconds = number();
  if (seconds < 0 || seconds > kLatest) fits_ = false;
  return core::from_unix_seconds(fits_ ? seconds : 0);
}

std::size_t RecordReader::count(std::size_t limit) {
  const std::int64_t value = number();
  if (value < 0 || static_cast<std::uint64_t>(value) > limit) fits_ = false;
  return fits_ ? static_cast<std::size_t>(value) : 0;
}

}  // namespace gateway
