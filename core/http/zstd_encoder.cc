// zstd (RFC 8878) by its own library; the window is far below the 8 MiB that RFC 9659 allows.
#include <zstd.h>

#include <array>
#include <utility>

#include "core/http/content_encoder.h"

namespace core {
namespace {

// Smaller tables than the level's own: a response is rarely long enough to fill them.
constexpr std::array<std::pair<ZSTD_cParameter, int>, 4> kParameters{
    {{ZSTD_c_compressionLevel, 3}, {ZSTD_c_windowLog, 17}, {ZSTD_c_hashLog, 15}, {ZSTD_c_chainLog, 15}}};
constexpr std::size_t kRoom = 16 * 1024;  // that the output grows by

class ZstdEncoder final : public ContentEncoder {
 public:
  ZstdEncoder() : state_(ZSTD_createCCtx()) {
    is_ready_ = state_ != nullptr;
    for (const auto& [name, value] : kParameters) {
      is_ready_ = is_ready_ && ZSTD_isError(ZSTD_CCtx_setParameter(state_, name, value)) == 0;
    }
  }
  ~ZstdEncoder() override { ZSTD_freeCCtx(state_); }
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;

  [[nodiscard]] bool is_ready() const { return is_ready_; }

  bool encode(std::string_view bytes, Upto upto, std::string& out) override {
    const ZSTD_EndDirective directive = upto == Upto::end     ? ZSTD_e_end
                                        : upto == Upto::flush ? ZSTD_e_flush
                                                              : ZSTD_e_continue;
    ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
    for (;;) {
      const std::size_t before = out.size();
      out.resize(before + kRoom);
      ZSTD_outBuffer output{out.data() + before, kRoom, 0};
      const std::size_t left = ZSTD_compressStream2(state_, &output, &input, directive);
      out.resize(before + output.pos);
      if (ZSTD_isError(left) != 0) return false;
      const bool is_all_out = upto == Upto::here ? output.pos < kRoom : left == 0;
      if (input.pos == input.size && is_all_out) return true;
    }
  }

  bool reset() override { return ZSTD_isError(ZSTD_CCtx_reset(state_, ZSTD_reset_session_only)) == 0; }

 private:
  ZSTD_CCtx* state_;
  bool is_ready_ = false;
};

}  // namespace

std::unique_ptr<ContentEncoder> make_zstd_encoder() {
  auto made = std::make_unique<ZstdEncoder>();
  if (!made->is_ready()) return nullptr;
  return made;
}

}  // namespace core
