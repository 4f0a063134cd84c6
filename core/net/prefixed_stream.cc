#include "core/net/prefixed_stream.h"

#include <utility>

#include "core/base/check.h"

namespace core {

PrefixedStream::PrefixedStream(std::unique_ptr<ByteStream> inner, std::string prefix)
    : inner_(std::move(inner)), prefix_(std::move(prefix)) {}

ReadOutcome PrefixedStream::read(std::span<char> into) {
  CHECK(!into.empty());
  if (prefix_.empty()) return inner_->read(into);
  const std::size_t count = prefix_.copy(into.data(), into.size(), given_);
  given_ += count;
  if (given_ == prefix_.size()) prefix_ = std::string();
  return {ReadOutcome::State::bytes, count};
}

Result<std::size_t> PrefixedStream::write(std::span<const std::string_view> pieces) {
  return inner_->write(pieces);
}

void PrefixedStream::abort() {
  prefix_ = std::string();
  inner_->abort();
}

}  // namespace core
