// Framing of bodies that are sent.
#include "core/http/h1_body_writer.h"

#include "core/base/check.h"
#include "core/http/h1_writer.h"

namespace core {

void BodyWriter::begin(Framing framing, std::uint64_t length) {
  framing_ = framing;
  left_ = length;
}

void BodyWriter::add(MessageOutput& output, std::string_view bytes) {
  switch (framing_) {
    case Framing::none:
      return;
    case Framing::length:
      CHECK(bytes.size() <= left_);
      left_ -= bytes.size();
      return output.add(bytes, {});
    case Framing::chunked:
      append_chunk_size(output.gathered(), bytes.size());
      return output.add(bytes, "\r\n");
    case Framing::raw:
      return output.add(bytes, {});
  }
}

void BodyWriter::end(MessageOutput& output, const Fields& trailers) {
  if (framing_ == Framing::chunked) append_last_chunk(output.gathered(), trailers);
  framing_ = Framing::none;
}

}  // namespace core
