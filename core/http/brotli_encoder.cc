// brotli (RFC 7932) by its own library.
#include <brotli/encode.h>

#include "core/http/content_encoder.h"

namespace core {
namespace {

constexpr std::uint32_t kQuality = 5;
constexpr std::uint32_t kWindowBits = 16;
// The library's command buffers grow with the bytes between two flushes: 1.7 MiB for 64 KiB of them.
constexpr std::size_t kMostBetweenFlushes = 16 * 1024;

class BrotliEncoder final : public ContentEncoder {
 public:
  BrotliEncoder() { begin(); }
  ~BrotliEncoder() override { BrotliEncoderDestroyInstance(state_); }
  BrotliEncoder(const BrotliEncoder&) = delete;
  BrotliEncoder& operator=(const BrotliEncoder&) = delete;

  [[nodiscard]] bool is_ready() const { return state_ != nullptr; }

  bool encode(std::string_view bytes, Upto upto, std::string& out) override {
    while (unflushed_ + bytes.size() > kMostBetweenFlushes) {
      const std::size_t count = kMostBetweenFlushes - unflushed_;
      if (!step(bytes.substr(0, count), BROTLI_OPERATION_FLUSH, out)) return false;
      bytes.remove_prefix(count);
      unflushed_ = 0;
    }
    unflushed_ = upto == Upto::here ? unflushed_ + bytes.size() : 0;
    if (upto == Upto::here && bytes.empty()) return true;
    const BrotliEncoderOperation operation = upto == Upto::end     ? BROTLI_OPERATION_FINISH
                                             : upto == Upto::flush ? BROTLI_OPERATION_FLUSH
                                                                   : BROTLI_OPERATION_PROCESS;
    return step(bytes, operation, out);
  }

  /// The library has no way to use its state again; malloc has kept the blocks.
  bool reset() override {
    BrotliEncoderDestroyInstance(state_);
    begin();
    return is_ready();
  }

 private:
  void begin() {
    unflushed_ = 0;
    state_ = BrotliEncoderCreateInstance(nullptr, nullptr, nullptr);
    if (state_ == nullptr) return;
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kQuality);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kWindowBits);
  }

  bool step(std::string_view bytes, BrotliEncoderOperation operation, std::string& out) {
    std::size_t left = bytes.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(bytes.data());
    do {
      std::size_t room = 0;
      if (BrotliEncoderCompressStream(state_, operation, &left, &next, &room, nullptr, nullptr) ==
          BROTLI_FALSE) {
        return false;
      }
      take_output(out);
    } while (left > 0 || BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE);
    return true;
  }

  void take_output(std::string& out) {
    while (BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE) {
      std::size_t size = 0;  // as much as there is
      const std::uint8_t* bytes = BrotliEncoderTakeOutput(state_, &size);
      out.append(reinterpret_cast<const char*>(bytes), size);
    }
  }

  BrotliEncoderState* state_ = nullptr;
  std::size_t unflushed_ = 0;
};

}  // namespace

std::unique_ptr<ContentEncoder> make_brotli_encoder() {
  auto made = std::make_unique<BrotliEncoder>();
  if (!made->is_ready()) return nullptr;
  return made;
}

}  // namespace core
