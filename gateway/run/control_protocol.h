// What goes over the control socket, for both ends: one line of words, answered by lines until the end.
//
//   request   WORD SP WORD … LF         words of printable ASCII
//   answer    ("- " TEXT LF)*           on the way
//             ("+ " | "! ") TEXT LF     the end: done, or why not
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

inline constexpr std::size_t kMaxControlRequest = 1024;
inline constexpr std::size_t kMaxControlWords = 16;
/// Of one line of an answer; more is cut.
inline constexpr std::size_t kMaxControlLine = 16UL * 1024;

enum class ControlMark : char { progress = '-', done = '+', failed = '!' };

/// The words of a request without its line end; none if it is no request: empty, a word of anything but
/// printable ASCII, blanks that stand twice or at an end, too many words.
std::optional<std::vector<std::string>> control_words(std::string_view line);
/// A line of an answer, with its line end. Controls in `text` become blanks.
std::string control_line(ControlMark mark, std::string_view text);

}  // namespace gateway
