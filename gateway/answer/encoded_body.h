// EncodedBody: the body of one answer on its way through a ContentEncoder. What came in a turn of the loop is
// flushed at its end, so that the client has it at once: an event stream stays one. Holds no bytes itself.
#pragma once

#include <memory>
#include <string_view>

#include "core/http/content_encoders.h"
#include "core/loop/loop.h"

namespace gateway {

/// Whoever sends what was encoded.
class EncodedSink {
 public:
  /// Bytes for the client, for the call.
  virtual void on_encoded(std::string_view bytes) = 0;
  /// The encoder failed; the body cannot be completed.
  virtual void on_encoding_failed() = 0;

 protected:
  ~EncodedSink() = default;
};

class EncodedBody final : private core::TurnEnd {
 public:
  /// Null if no encoder can be had; then the answer is sent as it is. All borrowed.
  static std::unique_ptr<EncodedBody> make(core::Loop& loop, core::ContentEncoders& encoders,
                                           core::ContentCoding coding, EncodedSink& sink);
  ~EncodedBody();

  void take(std::string_view bytes);
  /// The body is complete. False: it could not be, and the sink knows.
  [[nodiscard]] bool end();
  /// Nothing comes out any more: what it would be sent on is gone.
  void stop() { has_unflushed_ = false; }

 private:
  EncodedBody(core::Loop& loop, core::ContentEncoders& encoders, core::ContentCoding coding,
              EncodedSink& sink);
  void at_turn_end() override;
  bool encode(std::string_view bytes, core::ContentEncoder::Upto upto);

  core::Loop& loop_;
  core::ContentEncoders& encoders_;
  core::ContentCoding coding_;
  EncodedSink& sink_;
  std::unique_ptr<core::ContentEncoder> encoder_;
  bool has_unflushed_ = false;
};

}  // namespace gateway
