#include "core/net/proxied_stream.h"

#include <array>
#include <string>
#include <utility>

#include "core/net/prefixed_stream.h"

namespace core {
namespace {

Error client_error(ErrorKind kind, std::string_view text) {
  return {kind, Side::client, std::string(text)};
}

/// Collects bytes until the header is decided.
class Reception final : public Retirable, private StreamEvents {
 public:
  Reception(std::unique_ptr<ByteStream> stream, ProxyHeaderNeed need)
      : stream_(std::move(stream)), need_(need) {
    stream_->attach(this);
  }

  void step() {
    std::array<char, kMaxProxyV2Bytes> bytes;  // NOLINT: read into
    for (;;) {
      const ReadOutcome outcome = stream_->read(bytes);
      if (outcome.state == ReadOutcome::State::would_block) return;
      if (outcome.state != ReadOutcome::State::bytes) return decided_.deliver(failure(early_end()));
      begun_.append(bytes.data(), outcome.count);
      reading_ = read_proxy_header(begun_);
      if (reading_.state != ProxyReading::State::needs_more) return decide();
    }
  }
  OneShot<>& decided() { return decided_; }

  /// Requires: decided without an error.
  ProxiedStream take() {
    stream_->attach(nullptr);
    ProxiedStream taken;
    if (reading_.state == ProxyReading::State::complete) taken.header = std::move(reading_.header);
    begun_.erase(0, reading_.size);
    taken.stream = std::move(stream_);
    if (!begun_.empty())
      taken.stream = std::make_unique<PrefixedStream>(std::move(taken.stream), std::move(begun_));
    return taken;
  }
  void detach() {
    if (stream_ != nullptr) stream_->attach(nullptr);
  }

 private:
  void on_readable() override {
    if (!decided_.has_result()) step();
  }
  void on_writable() override {}

  [[nodiscard]] Error early_end() const {
    if (begun_.empty()) return client_error(ErrorKind::closed, "closed without a byte");
    return client_error(ErrorKind::malformed, "the connection ended within its PROXY header");
  }

  void decide() {
    if (reading_.state == ProxyReading::State::malformed)
      return decided_.deliver(failure(client_error(ErrorKind::malformed, reading_.why)));
    if (reading_.state == ProxyReading::State::absent && need_ == ProxyHeaderNeed::required)
      return decided_.deliver(failure(client_error(ErrorKind::malformed, "no PROXY header")));
    decided_.deliver(done());
  }

  std::unique_ptr<ByteStream> stream_;
  ProxyHeaderNeed need_;
  std::string begun_;
  ProxyReading reading_;
  OneShot<> decided_;
};

/// Owns the reception for the flow. The flow may end on the stack of the stream's own callback: then nothing
/// may be destroyed yet, but nothing of the flow may be called any more either.
class Holder {
 public:
  Holder(Loop& loop, std::unique_ptr<ByteStream> stream, ProxyHeaderNeed need)
      : loop_(loop), reception_(std::make_unique<Reception>(std::move(stream), need)) {}
  ~Holder() {
    reception_->detach();
    loop_.retire(std::move(reception_));
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  Reception& reception() { return *reception_; }

 private:
  Loop& loop_;
  std::unique_ptr<Reception> reception_;
};

Flow<> wait_for(OneShot<>& decided) {
  co_await decided;
  co_return done();
}

}  // namespace

Flow<ProxiedStream> take_proxy_header(Loop& loop, std::unique_ptr<ByteStream> stream, ProxyHeaderNeed need,
                                      Deadline deadline) {
  Holder holder(loop, std::move(stream), need);
  holder.reception().step();
  if (!holder.reception().decided().has_result()) {
    Flow<> waiting = wait_for(holder.reception().decided());
    co_await within(loop, deadline, std::move(waiting));
  } else {
    co_await holder.reception().decided();
  }
  co_return holder.reception().take();
}

}  // namespace core
