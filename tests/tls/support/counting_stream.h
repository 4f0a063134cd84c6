// A ByteStream around another that counts the calls and may bring bytes in small pieces.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "core/net/stream.h"

namespace tests {

struct WireCounts {
  int reads_with_bytes = 0;
  int writes = 0;
  std::size_t bytes_read = 0;
  std::size_t bytes_written = 0;
  bool ended = false;                   ///< end() was called
  std::size_t largest_read = SIZE_MAX;  ///< set: no read brings more
};

class CountingStream final : public core::ByteStream {
 public:
  CountingStream(std::unique_ptr<core::ByteStream> inner, WireCounts& counts)
      : inner_(std::move(inner)), counts_(counts) {}
  void attach(core::StreamEvents* events) override { inner_->attach(events); }
  core::ReadOutcome read(std::span<char> into) override {
    const core::ReadOutcome outcome = inner_->read(into.first(std::min(into.size(), counts_.largest_read)));
    if (outcome.state == core::ReadOutcome::State::bytes) ++counts_.reads_with_bytes;
    counts_.bytes_read += outcome.count;
    return outcome;
  }
  core::Result<std::size_t> write(std::span<const std::string_view> pieces) override {
    ++counts_.writes;
    const core::Result<std::size_t> taken = inner_->write(pieces);
    if (taken) counts_.bytes_written += *taken;
    return taken;
  }
  void end() override {
    counts_.ended = true;
    inner_->end();
  }
  void abort() override { inner_->abort(); }

 private:
  std::unique_ptr<core::ByteStream> inner_;
  WireCounts& counts_;
};

}  // namespace tests
