#include "tests/tls/support/parties.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace tests {
namespace {

using namespace std::chrono_literals;

template <typename T>
T must(core::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "test set-up: %s\n", result.error().text.c_str());
    std::abort();
  }
  return std::move(*result);
}

}  // namespace

tls::Validity valid_now() {
  const core::WallTime now = core::SystemClock().wall();
  return {now - 24h, now + 30 * 24h};
}

std::unique_ptr<tls::PrivateAuthority> make_authority(const std::string& name) {
  return must(tls::PrivateAuthority::make({name, valid_now(), {}}));
}

tls::CertificatePointer make_certificate(const tls::PrivateAuthority& authority,
                                         const std::vector<std::string>& names) {
  return must(tls::Certificate::parse(must(authority.issue({names, valid_now()}))));
}

std::shared_ptr<const tls::CertificateTable> table_of(std::vector<tls::CertificatePointer> certificates) {
  return std::make_shared<const tls::CertificateTable>(certificates);
}

bool Thread::until(const std::function<bool()>& done) {
  for (int turn = 0; turn < 2000; ++turn) {
    if (done()) return true;
    loop.turn(false);
  }
  return done();
}

void Thread::settle() {
  for (int turn = 0; turn < 20; ++turn) loop.turn(false);
}

Server::Server(Thread& thread, std::shared_ptr<const tls::CertificateTable> certificates,
               const tls::ServerOptions& options, const std::string& session_key)
    : thread_(thread),
      certificates_(std::move(certificates)),
      tickets_({core::Secret(session_key)}, thread.clock),
      acceptor_(must(tls::Acceptor::make(thread.loop, thread.scratch, tickets_, options))) {}

void Server::accept(StreamOwner stream, const std::string& local) {
  outcome_.reset();
  tls::Arrival arrival;
  arrival.stream = std::move(stream);
  arrival.certificates = certificates_;
  arrival.challenges = challenges_;
  arrival.local = must(core::IpAddress::parse(local));
  arrival.deadline = core::Deadline::after(thread_.loop, 10s);
  running_.start(acceptor_->accept(std::move(arrival)),
                 [this](core::Result<tls::Accepted> result) { outcome_.emplace(std::move(result)); });
}

Client::Client(Thread& thread, StreamOwner stream, const tls::ClientOptions& options)
    : thread_(thread),
      inner_(std::move(stream)),
      connector_(must(tls::make_connector(thread.loop, thread.scratch, inner_, options))) {}

void Client::connect(const std::string& host, const std::string& certificate_name) {
  running_.start(
      connector_->connect({host, 443, "", certificate_name}, core::Deadline::after(thread_.loop, 10s)),
      [this](core::Result<StreamOwner> result) { outcome_.emplace(std::move(result)); });
}

tls::ClientOptions trusting(const tls::PrivateAuthority& authority) {
  tls::ClientOptions options;
  options.ca_text = authority.certificate();
  return options;
}

Connected connect(Thread& thread, std::pair<StreamOwner, StreamOwner> wire) {
  const auto authority = make_authority("test root");
  Server server(thread, table_of({make_certificate(*authority, {"a.test"})}));
  Client client(thread, std::move(wire.first), trusting(*authority));
  server.accept(std::move(wire.second));
  client.connect("a.test");
  thread.until([&] { return server.has_ended() && client.has_ended(); });
  thread.settle();
  return {must(std::move(client.outcome())), std::move(must(std::move(server.outcome())).stream)};
}

Heard hear(core::ByteStream& stream, std::size_t piece) {
  Heard heard;
  std::string into(piece, '\0');
  for (;;) {
    const core::ReadOutcome outcome = stream.read(into);
    heard.last = outcome.state;
    if (outcome.state != core::ReadOutcome::State::bytes) return heard;
    heard.bytes.append(into, 0, outcome.count);
  }
}

std::size_t say(core::ByteStream& stream, std::string_view text) {
  const std::array<std::string_view, 1> pieces{text};
  return must(stream.write(pieces));
}

}  // namespace tests
