// ByteStream that first gives back bytes which somebody in front read too far, then goes on with the stream
// they came from.
#pragma once

#include <memory>
#include <string>

#include "core/net/stream.h"

namespace core {

class PrefixedStream final : public ByteStream {
 public:
  PrefixedStream(std::unique_ptr<ByteStream> inner, std::string prefix);

  void attach(StreamEvents* events) override { inner_->attach(events); }
  ReadOutcome read(std::span<char> into) override;
  Result<std::size_t> write(std::span<const std::string_view> pieces) override;
  Ending end() override { return inner_->end(); }
  void abort() override;

 private:
  std::unique_ptr<ByteStream> inner_;
  std::string prefix_;  // its memory goes with its last byte
  std::size_t given_ = 0;
};

}  // namespace core
