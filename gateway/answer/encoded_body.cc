#include "gateway/answer/encoded_body.h"

#include <utility>

namespace gateway {

using Upto = core::ContentEncoder::Upto;

std::unique_ptr<EncodedBody> EncodedBody::make(core::Loop& loop, core::ContentEncoders& encoders,
                                               core::ContentCoding coding, EncodedSink& sink) {
  std::unique_ptr<EncodedBody> made(new EncodedBody(loop, encoders, coding, sink));
  if (made->encoder_ == nullptr) return nullptr;
  return made;
}

EncodedBody::EncodedBody(core::Loop& loop, core::ContentEncoders& encoders, core::ContentCoding coding,
                         EncodedSink& sink)
    : loop_(loop), encoders_(encoders), coding_(coding), sink_(sink), encoder_(encoders.take(coding)) {}

EncodedBody::~EncodedBody() {
  if (encoder_ != nullptr) encoders_.give(coding_, std::move(encoder_));
}

void EncodedBody::take(std::string_view bytes) {
  if (!encode(bytes, Upto::here)) return;
  has_unflushed_ = true;
  loop_.at_turn_end(*this);
}

bool EncodedBody::end() {
  has_unflushed_ = false;
  return encode({}, Upto::end);
}

void EncodedBody::at_turn_end() {
  if (std::exchange(has_unflushed_, false)) encode({}, Upto::flush);
}

bool EncodedBody::encode(std::string_view bytes, Upto upto) {
  std::string& out = encoders_.scratch();
  if (!encoder_->encode(bytes, upto, out)) {
    has_unflushed_ = false;
    sink_.on_encoding_failed();
    return false;
  }
  if (!out.empty()) sink_.on_encoded(out);
  return true;
}

}  // namespace gateway
