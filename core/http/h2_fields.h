// The fields of one HTTP/2 header or trailer section, from the decoder to a RequestHead that the rest of the
// program cannot tell from HTTP/1's (RFC 9113 section 8). As strict: pseudo-header fields each once, known
// and in front; no upper case, no connection-specific fields, :authority and Host the same bytes; cookie
// crumbs joined (section 8.2.3). The library checks much of it as well; this does not rely on that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/limits.h"
#include "core/http/message.h"
#include "core/http/refusal.h"

namespace core {

/// Gathers the fields of one section as the decoder yields them. Sections of a connection follow each other,
/// so one gatherer serves all. What is over the limits is counted and not kept: the decoder must see a
/// section to its end, or it is out of step with the client.
class H2FieldSection {
 public:
  struct Limits {
    std::size_t bytes = 0;   ///< names, values and 4 for each field, as HTTP/1 would write them
    std::size_t fields = 0;  ///< cookie crumbs apart: those are kMaxCookieCrumbs
  };
  /// What of a section is kept, and when decoding it is given up for good: the decoder turns a byte into
  /// kilobytes (an HPACK bomb), so that the end of the section cannot be waited for.
  static constexpr std::size_t kMaxDecodedFactor = 4;

  /// For the next section. Keeps memory.
  void begin(const Limits& limits);
  /// Forgets the section, and its memory if that is more than `most_kept` bytes.
  void forget(std::size_t most_kept);
  /// False: give the connection up.
  bool add(std::string_view name, std::string_view value);
  /// Whether all of the section was kept.
  [[nodiscard]] bool is_within_limits() const { return is_within_; }

  struct Part {
    std::string_view name;
    std::string_view value;
  };
  [[nodiscard]] std::size_t size() const { return sizes_.size(); }
  /// Calls `take(Part)` for each field in order, until it says false; false then.
  template <typename Take>
  bool each(Take take) const {
    std::string_view rest = bytes_;
    for (const Sizes& sizes : sizes_) {
      const Part part{rest.substr(0, sizes.name), rest.substr(sizes.name, sizes.value)};
      rest.remove_prefix(std::size_t{sizes.name} + sizes.value);
      if (!take(part)) return false;
    }
    return true;
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }

 private:
  struct Sizes {
    std::uint32_t name;
    std::uint32_t value;
  };
  Limits limits_;
  std::string bytes_;
  std::vector<Sizes> sizes_;
  std::size_t counted_bytes_ = 0;
  std::size_t fields_ = 0;
  std::size_t crumbs_ = 0;
  bool is_within_ = true;
};

/// Whether the section ended its stream: then there is no body.
enum class H2SectionEnd : std::uint8_t { body_follows, stream_ended };

/// Reads a request. A WebSocket handshake (RFC 8441) becomes the GET with Upgrade that it would be over
/// HTTP/1.1, without a key, which HTTP/2 does not have. `request` gets views into `bytes`, both replaced. A
/// Host is first in its fields, whatever the client used. Refused with 400: a stream error; with 414, 417,
/// 431, 501: an answer.
std::optional<Refusal> read_h2_request(const H2FieldSection& section, const ServerLimits& limits,
                                       H2SectionEnd end, std::string& bytes, RequestHead& request);

/// What every field of a section must be: a token in lower case, a clean value, nothing of the connection's.
std::optional<Refusal> check_h2_field(const Field& field);

/// Reads trailers; `fields` get views into `bytes`, what must never be a trailer left out.
std::optional<Refusal> read_h2_trailers(const H2FieldSection& section, std::string& bytes, Fields& fields);

}  // namespace core
