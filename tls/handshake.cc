#include "tls/handshake.h"

#include <utility>

namespace tls {
namespace {

using core::Done;
using core::ErrorKind;
using core::Flow;

class Handshake final : public core::Retirable, private core::StreamEvents {
 public:
  explicit Handshake(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) { stream_->attach(this); }

  void step() {
    switch (stream_->handshake()) {
      case Stream::Progress::wants_more:
        return;
      case Stream::Progress::done:
        ended_.deliver(core::done());
        return;
      case Stream::Progress::failed:
        stream_->end();
        // Which kind of error it is the caller knows better.
        ended_.deliver(core::failure(ErrorKind::unverified, core::Side::us, stream_->failure_text()));
        return;
    }
  }
  core::OneShot<>& ended() { return ended_; }
  std::unique_ptr<Stream> take() {
    stream_->attach(nullptr);
    return std::move(stream_);
  }
  void detach() {
    if (stream_ != nullptr) stream_->attach(nullptr);
  }

 private:
  void on_readable() override {
    if (!ended_.has_result()) step();
  }
  void on_writable() override {}

  std::unique_ptr<Stream> stream_;
  core::OneShot<> ended_;
};

/// Owns the handshake for the flow. The flow may end on the stack of the stream's own callback: then nothing
/// may be destroyed yet, but nothing of the flow may be called any more either.
class Holder {
 public:
  Holder(core::Loop& loop, std::unique_ptr<Stream> stream)
      : loop_(loop), handshake_(std::make_unique<Handshake>(std::move(stream))) {}
  ~Holder() {
    handshake_->detach();
    loop_.retire(std::move(handshake_));
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  Handshake& handshake() { return *handshake_; }

 private:
  core::Loop& loop_;
  std::unique_ptr<Handshake> handshake_;
};

Flow<> wait_for(core::OneShot<>& ended) {
  co_await ended;
  co_return core::done();
}

}  // namespace

Flow<std::unique_ptr<Stream>> complete_handshake(core::Loop& loop, std::unique_ptr<Stream> stream,
                                                 core::Deadline deadline) {
  Holder holder(loop, std::move(stream));
  holder.handshake().step();
  if (!holder.handshake().ended().has_result()) {
    Flow<> waiting = wait_for(holder.handshake().ended());
    co_await core::within(loop, deadline, std::move(waiting));
  } else {
    co_await holder.handshake().ended();
  }
  co_return holder.handshake().take();
}

}  // namespace tls
