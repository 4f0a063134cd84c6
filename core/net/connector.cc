// Connecting over TCP and Unix sockets: RFC 8305 without its DNS part, since the resolver answers for both
// families.
#include "core/net/connector.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "core/base/check.h"
#include "core/net/socket_address.h"
#include "core/net/tcp_stream.h"

namespace core {
namespace {

// RFC 8305 section 5: Connection Attempt Delay, the recommended value.
constexpr Duration kAttemptDelay{250};

using Stream = std::unique_ptr<ByteStream>;

/// RFC 8305 section 4: families interleaved, beginning with that of the first address.
std::vector<Endpoint> interleaved(const Addresses& addresses, std::uint16_t port) {
  std::vector<Endpoint> first;
  std::vector<Endpoint> second;
  for (const IpAddress& ip : addresses) {
    (ip.is_v4() == addresses.front().is_v4() ? first : second).push_back(Endpoint{ip, port, {}});
  }
  std::vector<Endpoint> mixed;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

Error connect_error(const Endpoint& to, int error) {
  const bool is_ours = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
  return Error{is_ours ? ErrorKind::unavailable : ErrorKind::unreachable, is_ours ? Side::us : Side::origin,
               to.text() + ": " + std::generic_category().message(error), Retry::safe};
}

/// One address being tried. Tells once; the teller may be gone afterwards.
class Attempt final : private StreamEvents {
 public:
  using OnEnd = std::function<void(Result<Stream>)>;
  /// Nothing is told before this returns: an address that fails at once is in error().
  Attempt(Loop& loop, Endpoint to, OnEnd on_end) : to_(std::move(to)), on_end_(std::move(on_end)) {
    const Result<SocketAddress> address = SocketAddress::of(to_);
    if (!address.has_value()) {
      failed_at_once_ = address.error();
      return;
    }
    const int socket = ::socket(address->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) {
      failed_at_once_ = connect_error(to_, errno);
      return;
    }
    if (address->family() != AF_UNIX) {
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (::connect(socket, address->get(), address->length) != 0 && errno != EINPROGRESS) {
      failed_at_once_ = connect_error(to_, errno);
      ::close(socket);
      return;
    }
    stream_ = std::make_unique<TcpStream>(loop, socket, TcpStream::Phase::connecting);
    stream_->attach(this);
  }
  [[nodiscard]] const std::optional<Error>& failed_at_once() const { return failed_at_once_; }

 private:
  void on_readable() override {}
  void on_writable() override {
    const OnEnd on_end = std::move(on_end_);
    stream_->attach(nullptr);
    const int error = stream_->connect_error();
    if (error != 0) {
      stream_.reset();
      on_end(failure(connect_error(to_, error)));
    } else {
      on_end(Stream(std::move(stream_)));
    }
  }

  Endpoint to_;
  OnEnd on_end_;
  std::optional<Error> failed_at_once_;
  std::unique_ptr<TcpStream> stream_;
};

/// All addresses of a name, each later than the one before by kAttemptDelay or as soon as that one failed.
/// Attempts under way end with the Dialing.
class Dialing {
 public:
  Dialing(Loop& loop, std::vector<Endpoint> endpoints)
      : loop_(loop), endpoints_(std::move(endpoints)), next_timer_(loop, [this] { try_next(); }) {
    try_next();
  }
  OneShot<Stream> outcome;

 private:
  void try_next() {
    while (next_ < endpoints_.size()) {
      auto attempt = std::make_unique<Attempt>(
          loop_, endpoints_[next_++], [this](Result<Stream> result) { attempt_ended(std::move(result)); });
      if (!attempt->failed_at_once().has_value()) {
        attempts_.push_back(std::move(attempt));
        if (next_ < endpoints_.size()) next_timer_.arm(kAttemptDelay);
        return;
      }
      note_failure(*attempt->failed_at_once());
    }
    give_up_if_all_failed();
  }
  void attempt_ended(Result<Stream> result) {
    if (result.has_value()) {
      outcome.deliver(std::move(result));
      return;
    }
    note_failure(result.error());
    try_next();
  }
  void note_failure(const Error& error) {
    ++failures_;
    if (!first_failure_.has_value()) first_failure_ = error;
  }
  void give_up_if_all_failed() {
    if (failures_ == endpoints_.size()) outcome.deliver(failure(*first_failure_));
  }

  Loop& loop_;
  std::vector<Endpoint> endpoints_;
  std::size_t next_ = 0;
  std::size_t failures_ = 0;
  std::optional<Error> first_failure_;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  Timer next_timer_;
};

class TcpConnector final : public Connector {
 public:
  TcpConnector(Loop& loop, Resolver& resolver) : loop_(loop), resolver_(resolver) {}

  Flow<Stream> connect(HostPort to, Deadline deadline) override {
    const std::string name = to.unix_path.empty() ? to.host + ":" + std::to_string(to.port) : to.unix_path;
    const std::string greeting = std::move(to.greeting);
    Result<Stream> stream = co_await attempt(within(loop_, deadline, connect_any(std::move(to))));
    if (stream.has_value() && !greeting.empty()) stream = greet(std::move(*stream), greeting);
    if (stream.has_value()) co_return stream;
    Error error = std::move(stream.error()).during("connecting to " + name);
    error.retry = Retry::safe;
    if (error.kind == ErrorKind::timed_out) error.side = Side::origin;
    co_return failure(std::move(error));
  }

 private:
  static Result<Stream> greet(Stream stream, std::string_view greeting) {
    CHECK(greeting.size() <= kMaxGreetingBytes);
    const Result<std::size_t> taken = stream->write(std::span(&greeting, 1));
    if (taken.has_value() && *taken == greeting.size()) return stream;
    return failure(ErrorKind::unreachable, Side::origin, "the connection broke before its first byte");
  }

  Flow<Stream> connect_any(HostPort to) {
    std::vector<Endpoint> endpoints;
    if (!to.unix_path.empty()) {
      endpoints.push_back(Endpoint{IpAddress(), 0, to.unix_path});
    } else {
      Addresses addresses = std::move(to.addresses);
      if (addresses.empty()) addresses = co_await resolver_.resolve(to.host);
      CHECK(!addresses.empty());
      endpoints = interleaved(addresses, to.port);
    }
    Dialing dialing(loop_, std::move(endpoints));
    Stream stream = co_await dialing.outcome;
    co_return stream;
  }

  Loop& loop_;
  Resolver& resolver_;
};

}  // namespace

std::unique_ptr<Connector> make_tcp_connector(Loop& loop, Resolver& resolver) {
  return std::make_unique<TcpConnector>(loop, resolver);
}

HostPort host_port_of(const Url& url) {
  HostPort to;
  to.host = url.authority.host;
  if (to.host.starts_with('[')) to.host = to.host.substr(1, to.host.size() - 2);
  to.port = url.effective_port();
  return to;
}

}  // namespace core
