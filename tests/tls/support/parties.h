// Two sides of TLS in one loop, for tests: certificates of a private authority, an acceptor, and a client
// that is either ours (tls::make_connector) or OpenSSL driven by hand, byte by byte if wanted.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/net/connector.h"
#include "core/net/tcp.h"
#include "tls/acceptor.h"
#include "tls/connector.h"
#include "tls/self_signed.h"

namespace tests {

using StreamOwner = std::unique_ptr<core::ByteStream>;

/// Valid from yesterday for 30 days, counted from the machine's clock, as OpenSSL does.
tls::Validity valid_now();
std::unique_ptr<tls::PrivateAuthority> make_authority(const std::string& name);
tls::CertificatePointer make_certificate(const tls::PrivateAuthority& authority,
                                         const std::vector<std::string>& names);
std::shared_ptr<const tls::CertificateTable> table_of(std::vector<tls::CertificatePointer> certificates);

/// What everybody on one thread has.
struct Thread {
  core::ManualClock clock{core::SystemClock().wall()};
  core::Loop loop{clock};
  tls::RecordScratch scratch;

  /// Turns the loop until `done` or 2,000 turns have passed.
  bool until(const std::function<bool()>& done);
  /// Turns until nothing happens any more, as far as a test can tell.
  void settle();
};

/// A server side with tickets of one session key.
class Server {
 public:
  Server(Thread& thread, std::shared_ptr<const tls::CertificateTable> certificates,
         const tls::ServerOptions& options = {}, const std::string& session_key = std::string(32, 'k'));

  /// Starts a handshake on `stream`; `local` is the address the client came to.
  void accept(StreamOwner stream, const std::string& local = "127.0.0.1");
  void use(std::shared_ptr<const tls::CertificateTable> certificates) {
    certificates_ = std::move(certificates);
  }
  void answer(std::shared_ptr<const tls::ChallengeAnswers> challenges) {
    challenges_ = std::move(challenges);
  }
  void cancel() { running_.cancel(); }
  [[nodiscard]] bool has_ended() const { return outcome_.has_value(); }
  core::Result<tls::Accepted>& outcome() { return *outcome_; }
  tls::Acceptor& acceptor() { return *acceptor_; }

 private:
  Thread& thread_;
  std::shared_ptr<const tls::CertificateTable> certificates_;
  std::shared_ptr<const tls::ChallengeAnswers> challenges_;
  tls::TicketKeys tickets_;
  std::unique_ptr<tls::Acceptor> acceptor_;
  core::RunningFlow<tls::Accepted> running_;
  std::optional<core::Result<tls::Accepted>> outcome_;
};

/// A connector that gives out one stream.
class GivenStream final : public core::Connector {
 public:
  explicit GivenStream(StreamOwner stream) : stream_(std::move(stream)) {}
  core::Flow<StreamOwner> connect(core::HostPort /*to*/, core::Deadline /*deadline*/) override {
    co_return std::move(stream_);
  }

 private:
  StreamOwner stream_;
};

/// Our own client on one stream.
class Client {
 public:
  Client(Thread& thread, StreamOwner stream, const tls::ClientOptions& options);
  void connect(const std::string& host, const std::string& certificate_name = {});
  void cancel() { running_.cancel(); }
  [[nodiscard]] bool has_ended() const { return outcome_.has_value(); }
  core::Result<StreamOwner>& outcome() { return *outcome_; }

 private:
  Thread& thread_;
  GivenStream inner_;
  std::unique_ptr<core::Connector> connector_;
  core::RunningFlow<StreamOwner> running_;
  std::optional<core::Result<StreamOwner>> outcome_;
};

tls::ClientOptions trusting(const tls::PrivateAuthority& authority);

/// A finished connection between our client and our server.
struct Connected {
  StreamOwner client;
  StreamOwner server;
};
Connected connect(Thread& thread, std::pair<StreamOwner, StreamOwner> wire);

/// Reads what is there: all bytes, and what came after them.
struct Heard {
  std::string bytes;
  core::ReadOutcome::State last = core::ReadOutcome::State::would_block;
};
Heard hear(core::ByteStream& stream, std::size_t piece = 64 * 1024);
/// Writes `text` as one piece and says how much was taken.
std::size_t say(core::ByteStream& stream, std::string_view text);

}  // namespace tests
