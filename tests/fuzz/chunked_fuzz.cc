// The chunk decoder on any bytes: whatever the cut, the same data, the same end. The first byte says into
// which pieces.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "core/http/h1_framing.h"

namespace {

struct Outcome {
  std::string data;
  std::size_t used = 0;
  core::ChunkDecoder::State state = core::ChunkDecoder::State::more;
  std::size_t trailers = 0;
};

Outcome run(std::string input, std::size_t piece) {
  core::ChunkDecoder decoder;
  Outcome outcome;
  while (outcome.used < input.size() && outcome.state == core::ChunkDecoder::State::more) {
    const std::size_t count = std::min(piece, input.size() - outcome.used);
    const auto decoded = decoder.decode({input.data() + outcome.used, count});
    CHECK(decoded.used <= count && decoded.data.size() <= count);
    CHECK(decoded.used == count || decoded.state != core::ChunkDecoder::State::more);
    outcome.state = decoded.state;
    outcome.used += decoded.used;
    outcome.data += decoded.data;
  }
  outcome.trailers = decoder.trailers().size();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) return 0;
  const std::string input(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const Outcome whole = run(input, input.size());
  const Outcome cut = run(input, bytes[0] % 7 + std::size_t{1});
  CHECK(whole.state == cut.state);
  if (whole.state == core::ChunkDecoder::State::refused) return 0;
  CHECK(whole.data == cut.data);
  CHECK(whole.used == cut.used);
  CHECK(whole.trailers == cut.trailers);
  return 0;
}
