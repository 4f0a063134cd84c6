// ContentEncoders: the encoders of one worker. Few answers are compressed at a time, and an encoder is large,
// so they are lent, used again, and bounded: clients that read slowly hold at most kMost of them.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/http/content_encoder.h"

namespace core {

class ContentEncoders {
 public:
  /// In use at one time: 140 MiB at worst. Who gets none sends as it is.
  static constexpr std::size_t kMost = 128;
  /// Kept of a coding while nobody uses them.
  static constexpr std::size_t kSpare = 4;

  ContentEncoders() = default;
  ContentEncoders(const ContentEncoders&) = delete;
  ContentEncoders& operator=(const ContentEncoders&) = delete;

  /// Null if kMost are in use or there is no memory. Requires: not identity.
  [[nodiscard]] std::unique_ptr<ContentEncoder> take(ContentCoding coding);
  /// Gives back what take(coding) gave.
  void give(ContentCoding coding, std::unique_ptr<ContentEncoder> encoder);
  /// Empty, for what an encoder puts out: whoever uses it is done with it before he returns.
  [[nodiscard]] std::string& scratch();
  [[nodiscard]] std::size_t in_use() const { return in_use_; }

 private:
  std::array<std::vector<std::unique_ptr<ContentEncoder>>, 3> spares_;
  std::string scratch_;
  std::size_t in_use_ = 0;
};

}  // namespace core
