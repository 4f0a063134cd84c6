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
  std::size_t room = SIZE_MAX;  ///< set: writes take this much in all; say on_writable() after changing it
  core::StreamEvents* events = nullptr;  ///< who is told
};

class CountingStream final : public core::ByteStream {
 public:
  CountingStream(std::unique_ptr<core::ByteStream> inner, WireCounts& counts)
      : inner_(std::move(inner)), counts_(counts) {}
  void attach(core::StreamEvents* events) override {
    counts_.events = events;
    inner_->attach(events);
  }
  core::ReadOutcome read(std::span<char> into) override {
    const core::ReadOutcome outcome = inner_->read(into.first(std::min(into.size(), counts_.largest_read)));
    if (outcome.state == core::ReadOutcome::State::bytes) ++counts_.reads_with_bytes;
    counts_.bytes_read += outcome.count;
    return outcome;
  }
  core::Result<std::size_t> write(std::span<const std::string_view> pieces) override {
    ++counts_.writes;
    const std::string_view only = pieces.front().substr(0, counts_.room);
    const core::Result<std::size_t> taken =
        counts_.room == SIZE_MAX ? inner_->write(pieces) : inner_->write({&only, 1});
    if (taken) counts_.bytes_written += *taken;
    if (taken && counts_.room != SIZE_MAX) counts_.room -= *taken;
    return taken;
  }
  core::Ending end() override {
    counts_.ended = true;
    return inner_->end();
  }
  void abort() override { inner_->abort(); }

 private:
  std::unique_ptr<core::ByteStream> inner_;
  WireCounts& counts_;
};

}  // namespace tests
