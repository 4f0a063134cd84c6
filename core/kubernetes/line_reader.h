// Bytes that come in pieces to whole lines, each of bounded length: the framing of a watch.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace core {

class LineReader {
 public:
  /// The line without its end; the view lives for the call. An error ends the reading.
  using OnLine = std::function<Result<void>(std::string_view line)>;

  explicit LineReader(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// too_large for a line that is too long; the first error of `on_line`. Nothing may follow an error. Empty
  /// lines are passed over.
  Result<void> take(std::string_view bytes, const OnLine& on_line);

 private:
  std::size_t most_bytes_;
  std::string begun_;  // of a line that is not complete
};

}  // namespace core
