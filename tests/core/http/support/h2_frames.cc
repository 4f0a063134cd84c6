// What is wrong on purpose is written by the tests; what is right by these.
#include "tests/core/http/support/h2_frames.h"

#include <nghttp2/nghttp2.h>

#include <stdexcept>

namespace core::h2 {
namespace {

std::uint32_t number_at(std::string_view bytes, std::size_t from, std::size_t count) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(from, count)) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

/// A length with a prefix of seven bits (RFC 7541 section 5.1).
std::string length_of(std::size_t size) {
  if (size < 127) return std::string(1, static_cast<char>(size));
  std::string bytes(1, '\x7f');
  size -= 127;
  while (size >= 128) {
    bytes += static_cast<char>(size % 128 + 128);
    size /= 128;
  }
  return bytes + static_cast<char>(size);
}

FieldList request_fields(std::string_view method, std::string_view path, const FieldList& more) {
  FieldList fields{{":method", std::string(method)},
                   {":scheme", "https"},
                   {":authority", "a.test"},
                   {":path", std::string(path)}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

}  // namespace

std::string number(std::uint32_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = bytes; i > 0; --i) text += static_cast<char>(value >> 8U * (i - 1) & 0xffU);
  return text;
}

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
  std::string bytes = number(static_cast<std::uint32_t>(payload.size()), 3);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  return bytes + number(stream) + std::string(payload);
}

std::string block(const FieldList& fields) {
  std::string bytes;
  for (const auto& [name, value] : fields) {
    bytes += '\0';
    bytes += length_of(name.size()) + name + length_of(value.size()) + value;
  }
  return bytes;
}

std::string get_block(std::string_view path, const FieldList& more) {
  return block(request_fields("GET", path, more));
}

std::string get(std::uint32_t stream, std::string_view path, const FieldList& more) {
  return frame(kHeaders, kEndStream | kEndHeaders, stream, get_block(path, more));
}

std::string post(std::uint32_t stream, const FieldList& more) {
  return frame(kHeaders, kEndHeaders, stream, block(request_fields("POST", "/", more)));
}

std::string headers(std::uint32_t stream, const FieldList& fields, std::uint8_t flags) {
  return frame(kHeaders, flags, stream, block(fields));
}

std::string data(std::uint32_t stream, std::string_view bytes, std::uint8_t flags) {
  return frame(kData, flags, stream, bytes);
}

std::string reset(std::uint32_t stream, std::uint32_t code) {
  return frame(kReset, 0, stream, number(code));
}

std::string settings(const std::vector<std::pair<std::uint16_t, std::uint32_t>>& entries) {
  std::string payload;
  for (const auto& [id, value] : entries) payload += number(id, 2) + number(value);
  return frame(kSettings, 0, 0, payload);
}

std::string window_update(std::uint32_t stream, std::uint32_t by) {
  return frame(kWindowUpdate, 0, stream, number(by));
}

std::string ping(std::uint8_t flags) {
  return frame(kPing, flags, 0, "12345678");
}

std::uint32_t Frame::code() const {
  return number_at(payload, type == kGoaway ? 4 : 0, 4);
}

std::size_t whole_frames(std::string_view bytes) {
  std::size_t whole = 0;
  while (bytes.size() >= 9) {
    const std::size_t size = 9 + number_at(bytes, 0, 3);
    if (size > bytes.size()) break;
    whole += size;
    bytes.remove_prefix(size);
  }
  return whole;
}

struct Reader::Inflater {
  Inflater() { nghttp2_hd_inflate_new(&native); }
  ~Inflater() { nghttp2_hd_inflate_del(native); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::string decode(const std::string& bytes) {
    std::string text;
    const auto* rest = reinterpret_cast<const std::uint8_t*>(bytes.data());
    std::size_t left = bytes.size();
    for (;;) {
      nghttp2_nv field;
      int flags = 0;
      const ssize_t used = nghttp2_hd_inflate_hd2(native, &field, &flags, rest, left, 1);
      if (used < 0) throw std::runtime_error("a field block that cannot be decoded");
      rest += used;
      left -= static_cast<std::size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        text.append(reinterpret_cast<char*>(field.name), field.namelen).append("=");
        text.append(reinterpret_cast<char*>(field.value), field.valuelen).append(";");
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    }
    nghttp2_hd_inflate_end_headers(native);
    return text;
  }
  nghttp2_hd_inflater* native = nullptr;
};

Reader::Reader() : inflater_(std::make_unique<Inflater>()) {}
Reader::~Reader() = default;

std::vector<Frame> Reader::read(std::string_view bytes) {
  std::vector<Frame> frames;
  while (!bytes.empty()) {
    if (bytes.size() < 9) throw std::runtime_error("half a frame header");
    const std::size_t length = number_at(bytes, 0, 3);
    if (bytes.size() < 9 + length) throw std::runtime_error("half a frame");
    Frame& frame = frames.emplace_back();
    frame.type = static_cast<std::uint8_t>(bytes[3]);
    frame.flags = static_cast<std::uint8_t>(bytes[4]);
    frame.stream = number_at(bytes, 5, 4);
    frame.payload = bytes.substr(9, length);
    const bool has_block = frame.type == kHeaders || frame.type == kContinuation;
    if (frame.type == kHeaders) {
      block_.clear();
      first_of_block_ = frames.size() - 1;
    }
    if (has_block) block_ += frame.payload;
    if (has_block && (frame.flags & kEndHeaders) != 0) {
      frames[first_of_block_].fields = inflater_->decode(block_);
    }
    bytes.remove_prefix(9 + length);
  }
  return frames;
}

}  // namespace core::h2
