#include "core/net/dns_exchange.h"

#include <array>
#include <memory>
#include <utility>

#include "core/net/dns_message.h"

namespace core {
namespace {

constexpr std::size_t kLengthBytes = 2;
constexpr std::size_t kReadBytes = 4096;

/// Writes one message and reads one. Destroying it cancels.
class Conversation final : public Retirable, private StreamEvents {
 public:
  Conversation(std::unique_ptr<ByteStream> stream, std::string message)
      : stream_(std::move(stream)), out_(std::move(message)) {
    stream_->attach(this);
  }
  void start() {
    write();
    read();
  }
  void detach() { stream_->attach(nullptr); }
  OneShot<std::string>& outcome() { return outcome_; }

 private:
  void on_readable() override { read(); }
  void on_writable() override { write(); }

  void write() {
    if (out_.empty() || outcome_.has_result()) return;
    const std::string_view piece = out_;
    const Result<std::size_t> taken = stream_->write({&piece, 1});
    if (!taken) return outcome_.deliver(failure(taken.error()));
    out_.erase(0, *taken);
  }
  void read() {
    while (!outcome_.has_result()) {
      std::array<char, kReadBytes> buffer;
      const ReadOutcome outcome = stream_->read(buffer);
      if (outcome.state == ReadOutcome::State::would_block) return;
      if (outcome.state != ReadOutcome::State::bytes) {
        return outcome_.deliver(failure(ErrorKind::closed, Side::origin, "closed without an answer"));
      }
      in_.append(buffer.data(), outcome.count);
      if (in_.size() < kLengthBytes) continue;
      const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(in_[0])) << 8U |
                                 static_cast<unsigned char>(in_[1]);
      if (in_.size() < kLengthBytes + length) continue;
      return outcome_.deliver(in_.substr(kLengthBytes, length));
    }
  }

  std::unique_ptr<ByteStream> stream_;
  std::string out_;
  std::string in_;
  OneShot<std::string> outcome_;
};

/// The flow may end on the stream's own stack: what it talked by is retired.
class Holder {
 public:
  Holder(Loop& loop, std::unique_ptr<Conversation> conversation)
      : loop_(loop), conversation_(std::move(conversation)) {}
  ~Holder() {
    conversation_->detach();
    loop_.retire(std::move(conversation_));
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  Conversation& get() { return *conversation_; }

 private:
  Loop& loop_;
  std::unique_ptr<Conversation> conversation_;
};

Flow<std::string> converse(Connector* connector, HostPort server, std::string message, Deadline deadline,
                           Loop* loop) {
  std::unique_ptr<ByteStream> stream = co_await connector->connect(std::move(server), deadline);
  std::string framed;
  append_u16(framed, static_cast<std::uint16_t>(message.size()));
  framed += message;
  Holder holder(*loop, std::make_unique<Conversation>(std::move(stream), std::move(framed)));
  holder.get().start();
  std::string answer = co_await holder.get().outcome();
  if (answer.size() < 2 || answer.compare(0, 2, message, 0, 2) != 0) {
    co_return failure(ErrorKind::malformed, Side::origin, "an answer to another question");
  }
  co_return std::move(answer);
}

}  // namespace

Flow<std::string> ask_name_server(Connector* connector, HostPort server, std::string message,
                                  Deadline deadline, Loop* loop) {
  const std::string name = server.host + ":" + std::to_string(server.port);
  if (message.size() < 2 || message.size() > kMaxDnsMessage) {
    co_return failure(ErrorKind::too_large, Side::us, "a DNS question that does not fit");
  }
  Flow<std::string> whole = converse(connector, std::move(server), std::move(message), deadline, loop);
  Flow<std::string> bounded = within(*loop, deadline, std::move(whole));
  Result<std::string> answer = co_await attempt(std::move(bounded));
  if (!answer) co_return failure(std::move(answer.error()).during("the name server " + name));
  co_return std::move(*answer);
}

}  // namespace core
