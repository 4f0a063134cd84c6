#include "tls/der.h"

namespace tls {
namespace {

constexpr unsigned kConstructed = 0x20;
constexpr unsigned kLongTag = 0x1f;
constexpr unsigned kLongLength = 0x80;
constexpr int kMaxDepth = 16;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

bool is_row_of_elements(std::string_view bytes, int depth) {
  DerReader reader(bytes);
  while (!reader.is_at_end()) {
    const auto tag = static_cast<std::uint8_t>(byte_at(bytes, 0));
    const std::string_view whole = reader.whole(tag);
    if (reader.has_failed()) return false;
    if ((tag & kConstructed) != 0) {
      if (depth == kMaxDepth) return false;
      DerReader inner(whole);
      if (!is_row_of_elements(inner.content(tag), depth + 1)) return false;
    }
    bytes.remove_prefix(whole.size());
  }
  return !reader.has_failed();
}

}  // namespace

bool DerReader::sees(std::uint8_t tag) const {
  return !rest_.empty() && byte_at(rest_, 0) == tag;
}

std::string_view DerReader::whole(std::uint8_t tag) {
  return next(tag).whole;
}

std::string_view DerReader::content(std::uint8_t tag) {
  return next(tag).content;
}

std::string_view DerReader::integer() {
  const std::string_view value = content(der::kInteger);
  // Nine equal bits at the beginning say no more than eight of them.
  const bool is_padded = value.size() > 1 && ((byte_at(value, 0) == 0x00 && byte_at(value, 1) < 0x80) ||
                                              (byte_at(value, 0) == 0xff && byte_at(value, 1) >= 0x80));
  if (!value.empty() && !is_padded) return value;
  fail();
  return {};
}

DerReader DerReader::enter(std::uint8_t tag) {
  DerReader inner(next(tag).content);
  inner.has_failed_ = has_failed_;
  return inner;
}

void DerReader::skip() {
  next();
}

DerReader::Element DerReader::next(std::uint8_t tag) {
  if (sees(tag)) return next();
  fail();
  return {};
}

void DerReader::fail() {
  has_failed_ = true;
  rest_ = {};
}

DerReader::Element DerReader::next() {
  std::size_t header = 2;
  std::size_t size = 0;
  bool is_good = rest_.size() >= header && (byte_at(rest_, 0) & kLongTag) != kLongTag;
  if (is_good) {
    size = byte_at(rest_, 1);
    if (size >= kLongLength) {
      // One to three bytes of length: nothing here is larger than 16 MiB.
      const std::size_t count = size - kLongLength;
      is_good = count >= 1 && count <= 3 && rest_.size() >= header + count;
      size = 0;
      for (std::size_t i = 0; is_good && i < count; ++i) size = size << 8U | byte_at(rest_, header + i);
      is_good = is_good && byte_at(rest_, header) != 0 && size >= kLongLength;
      header += count;
    }
  }
  if (!is_good || rest_.size() - header < size) {
    fail();
    return {};
  }
  const Element element{rest_.substr(0, header + size), rest_.substr(header, size)};
  rest_.remove_prefix(header + size);
  return element;
}

bool is_well_formed_der(std::string_view bytes) {
  DerReader reader(bytes);
  reader.skip();
  return reader.is_done() && is_row_of_elements(bytes, 0);
}

}  // namespace tls
