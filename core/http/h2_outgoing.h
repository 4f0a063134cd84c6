// What leaves on one HTTP/2 stream, whichever end writes it, for the sources of this folder only: a head, a
// body as the windows allow, trailers. Bodies go to the wire without a copy where they can.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/fields.h"
#include "core/http/h2_connection.h"

namespace core {

/// A number as text, for as long as it lives.
class Digits {
 public:
  explicit Digits(std::uint64_t value) {
    end_ = std::to_chars(text_.data(), text_.data() + text_.size(), value).ptr;
  }
  [[nodiscard]] std::string_view text() const {
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }

 private:
  std::array<char, 20> text_{};
  char* end_;
};

/// Fields as the encoder takes them, which copies them and writes names in lower case. Views.
class H2FieldList {
 public:
  struct Part {
    std::string_view name;
    std::string_view value;
    bool is_unique;  ///< different each time: indexed, it would only push the rest out of the other's table
  };
  /// `most` fields at most.
  explicit H2FieldList(std::size_t most) : many_(most > few_.size() ? most : 0) {
    list_ = many_.empty() ? few_.data() : many_.data();
  }
  H2FieldList(const H2FieldList&) = delete;
  H2FieldList& operator=(const H2FieldList&) = delete;

  void add(std::string_view name, std::string_view value) { list_[size_++] = {name, value, false}; }
  /// Left out if it is not valid.
  void add_valid(const Field& field);
  /// The same, and left out if framing and connection are the session's to say, or if HTTP/2 has no such
  /// field.
  void add_passed(const Field& field);
  [[nodiscard]] std::span<const Part> parts() const { return {list_, size_}; }

 private:
  std::array<Part, 32> few_;  // the usual head allocates nothing here
  std::vector<Part> many_;
  Part* list_;
  std::size_t size_ = 0;
};

class H2Outgoing {
 public:
  /// Pieces from here on go to the wire without being kept first; as much may be kept before the handler is
  /// told to stop.
  static constexpr std::size_t kDirectBytes = 16 * 1024;

  /// Where it leaves. `kept`, its memory, must outlive it.
  explicit H2Outgoing(H2Connection& connection, std::string& kept) : connection_(connection), kept_(kept) {}

  /// Gives bytes of the body to the wire; what it does not take at once is kept.
  void add(std::int32_t stream, std::string_view bytes);
  /// No more body comes. `trailers` are copied, standard fields left out.
  void end(std::int32_t stream, const Fields& trailers);
  /// Whether what is kept cannot leave at the end of the turn, or is much.
  [[nodiscard]] bool is_stalled(std::int32_t stream) const;
  /// Nothing of it leaves any more: before a stream goes that the connection outlives.
  void forget();
  /// Bytes that wait.
  [[nodiscard]] std::size_t pending() const { return kept_.size() - sent_ + direct_.size(); }
  [[nodiscard]] bool is_complete() const { return is_complete_; }
  /// Bytes of body that left since the last call.
  [[nodiscard]] std::uint64_t take_moved() { return std::exchange(moved_, 0); }

  // For the wire.
  /// Takes the first `count` bytes that are pending and appends them to `out`.
  void move(std::size_t count, std::string& out);
  /// Queues the trailers behind the body. False if there are none.
  bool submit_trailers(std::int32_t stream);

 private:
  H2Connection& connection_;
  std::string& kept_;
  std::string_view direct_;                   // after kept_; only inside add()
  std::size_t sent_ = 0;                      // of kept_
  std::unique_ptr<H2FieldSection> trailers_;  // until the body has left
  std::uint64_t moved_ = 0;
  bool is_complete_ = false;
};

/// An interim response.
void submit_h2_interim(nghttp2_session* native, std::int32_t stream, const H2FieldList& fields);
/// `body` null: there is none, the stream ends with the head.
void submit_h2_response(nghttp2_session* native, std::int32_t stream, const H2FieldList& fields,
                        H2Outgoing* body);
/// The stream's number, below zero if there is none. `user`: what the library calls the stream by.
std::int32_t submit_h2_request(nghttp2_session* native, const H2FieldList& fields, H2Outgoing* body,
                               void* user);

}  // namespace core
