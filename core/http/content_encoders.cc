#include "core/http/content_encoders.h"

#include <utility>

#include "core/base/check.h"

namespace core {

std::unique_ptr<ContentEncoder> make_content_encoder(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::zstd:
      return make_zstd_encoder();
    case ContentCoding::brotli:
      return make_brotli_encoder();
    case ContentCoding::gzip:
      return make_gzip_encoder();
    case ContentCoding::identity:
      break;
  }
  CHECK(false);
  return nullptr;
}

std::unique_ptr<ContentEncoder> ContentEncoders::take(ContentCoding coding) {
  if (in_use_ == kMost) return nullptr;
  auto& spares = spares_.at(static_cast<std::size_t>(coding));
  std::unique_ptr<ContentEncoder> encoder;
  if (spares.empty()) {
    encoder = make_content_encoder(coding);
  } else {
    encoder = std::move(spares.back());
    spares.pop_back();
  }
  if (encoder != nullptr) ++in_use_;
  return encoder;
}

void ContentEncoders::give(ContentCoding coding, std::unique_ptr<ContentEncoder> encoder) {
  CHECK(in_use_ > 0);
  --in_use_;
  auto& spares = spares_.at(static_cast<std::size_t>(coding));
  if (spares.size() < kSpare && encoder->reset()) spares.push_back(std::move(encoder));
}

std::string& ContentEncoders::scratch() {
  scratch_.clear();
  return scratch_;
}

}  // namespace core
