// One body on its way into a content coding, in pieces. Each piece can be flushed, so that what the other
// side has can be read up to there. Never decodes anything. Libraries: zlib, brotli, zstd, one file each.
//
// Levels and windows are modest, for a gateway compresses again and again what it sees once: gzip 5 (260 KiB
// of state), brotli 5 with a window of 64 KiB (at most 1 MiB), zstd 3 with one of 128 KiB (1.1 MiB). Larger
// ones save 1 to 3 per cent of bytes for twice the memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/http/content_coding.h"

namespace core {

class ContentEncoder {
 public:
  enum class Upto {
    here,   ///< keep what saves bytes later
    flush,  ///< all of it can be decoded by what came out so far
    end,    ///< the body is complete
  };

  virtual ~ContentEncoder() = default;
  /// Appends to `out` what comes out of `bytes`: not more than they are, what was kept, and some framing.
  /// False if the library fails (no memory): what follows would not be decodable.
  [[nodiscard]] virtual bool encode(std::string_view bytes, Upto upto, std::string& out) = 0;
  /// Forgets the body, for another one. False: throw it away.
  [[nodiscard]] virtual bool reset() = 0;
};

/// Null when there is no memory. Requires: not identity.
std::unique_ptr<ContentEncoder> make_content_encoder(ContentCoding coding);

// One a library.
std::unique_ptr<ContentEncoder> make_gzip_encoder();
std::unique_ptr<ContentEncoder> make_brotli_encoder();
std::unique_ptr<ContentEncoder> make_zstd_encoder();

}  // namespace core
