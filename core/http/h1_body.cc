// The four codings of a body behind one call (RFC 9112 section 6.3).
#include "core/http/h1_body.h"

#include <algorithm>

namespace core {

void BodyReader::begin(const BodyLength& length, Coding when_unknown) {
  chunks_.reset();
  left_ = 0;
  switch (length.kind) {
    case BodyLength::Kind::none:
      coding_ = Coding::none;
      break;
    case BodyLength::Kind::known:
      coding_ = Coding::length;
      left_ = length.bytes;
      break;
    case BodyLength::Kind::unknown:
      coding_ = when_unknown;
      break;
  }
  is_complete_ = coding_ == Coding::none || (coding_ == Coding::length && left_ == 0);
}

ChunkDecoder::Decoded BodyReader::read(std::span<char> bytes) {
  if (is_complete_) return {ChunkDecoder::State::end, {}, 0, {}};
  if (coding_ == Coding::chunked) {
    const ChunkDecoder::Decoded decoded = chunks_.decode(bytes);
    is_complete_ = decoded.state == ChunkDecoder::State::end;
    return decoded;
  }
  if (coding_ == Coding::until_close) {
    return {ChunkDecoder::State::more, {bytes.data(), bytes.size()}, bytes.size(), {}};
  }
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= count;
  is_complete_ = left_ == 0;
  const auto state = is_complete_ ? ChunkDecoder::State::end : ChunkDecoder::State::more;
  return {state, {bytes.data(), count}, count, {}};
}

void BodyReader::end_of_connection() {
  if (coding_ == Coding::until_close) is_complete_ = true;
}

}  // namespace core
