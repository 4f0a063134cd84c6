// gzip (RFC 1952) by zlib.
#include <zlib.h>

#include <algorithm>
#include <limits>

#include "core/http/content_encoder.h"

namespace core {
namespace {

constexpr int kLevel = 5;
constexpr int kGzipFraming = 16;  // added to the window's bits
constexpr int kMemoryLevel = 8;
constexpr std::size_t kRoom = 16 * 1024;  // that the output grows by

class GzipEncoder final : public ContentEncoder {
 public:
  GzipEncoder() {
    is_ready_ = deflateInit2(&stream_, kLevel, Z_DEFLATED, MAX_WBITS + kGzipFraming, kMemoryLevel,
                             Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipEncoder() override {
    if (is_ready_) deflateEnd(&stream_);
  }
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  [[nodiscard]] bool is_ready() const { return is_ready_; }

  bool encode(std::string_view bytes, Upto upto, std::string& out) override {
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    do {
      const std::string_view part = bytes.substr(0, kMost);
      bytes.remove_prefix(part.size());
      if (!encode_part(part, bytes.empty() ? upto : Upto::here, out)) return false;
    } while (!bytes.empty());
    return true;
  }

  bool reset() override { return deflateReset(&stream_) == Z_OK; }

 private:
  bool encode_part(std::string_view bytes, Upto upto, std::string& out) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(bytes.size());
    const int mode = upto == Upto::end ? Z_FINISH : upto == Upto::flush ? Z_SYNC_FLUSH : Z_NO_FLUSH;
    do {
      const std::size_t before = out.size();
      out.resize(before + kRoom);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream_.avail_out = static_cast<uInt>(kRoom);
      const int result = deflate(&stream_, mode);
      out.resize(before + kRoom - stream_.avail_out);
      if (result == Z_STREAM_END || result == Z_BUF_ERROR)
        return true;  // the latter: there was nothing to do
      if (result != Z_OK) return false;
    } while (stream_.avail_out == 0 || stream_.avail_in > 0);
    return true;
  }

  z_stream stream_{};
  bool is_ready_ = false;
};

}  // namespace

std::unique_ptr<ContentEncoder> make_gzip_encoder() {
  auto made = std::make_unique<GzipEncoder>();
  if (!made->is_ready()) return nullptr;
  return made;
}

}  // namespace core
