#include "gateway/run/connection.h"

#include <algorithm>
#include <utility>

#include "core/http/h1_server.h"
#include "core/http/h2_server.h"
#include "gateway/run/balancers.h"

namespace gateway {
namespace {

Handshake handshake_end(const core::Result<tls::Accepted>& outcome) {
  if (!outcome) {
    const core::ErrorKind kind = outcome.error().kind;
    if (kind == core::ErrorKind::timed_out) return Handshake::timed_out;
    return kind == core::ErrorKind::refused ? Handshake::refused : Handshake::failed;
  }
  const tls::Agreement& agreed = outcome->agreement;
  if (agreed.version == "TLSv1.2") return agreed.resumed ? Handshake::tls12_resumed : Handshake::tls12;
  return agreed.resumed ? Handshake::tls13_resumed : Handshake::tls13;
}

}  // namespace

Connection::Connection(ConnectionHost& host, Arrived arrived)
    : host_(host),
      begins_(std::make_unique<Beginning>(std::move(arrived))),
      peer_(begins_->arrived.peer.ip),
      local_(begins_->arrived.local.ip),
      peer_port_(begins_->arrived.peer.port),
      local_port_(begins_->arrived.local.port),
      entry_(begins_->arrived.entry),
      peer_text_(peer_.text()) {}

Connection::~Connection() {
  // Exchanges speak to streams of the session: they go first.
  exchanges_.clear();
}

void Connection::start() {
  const bool may_be_balanced = entry_ == Entry::https || entry_ == Entry::redirect;
  if (may_be_balanced) begins_->balancers = host_.balancers();
  Balancers* balancers = begins_->balancers.get();
  if (balancers == nullptr || !balancers->include(peer_, begins_->arrived.local)) return begin();
  begins_->receiving.start(
      balancers->take_header(std::move(begins_->arrived.stream)),
      [this](core::Result<core::ProxiedStream> proxied) { take_proxied(std::move(proxied)); });
}

void Connection::take_proxied(core::Result<core::ProxiedStream> proxied) {
  Arrived& arrived = begins_->arrived;
  if (!proxied) {
    begins_->balancers->on_failure(arrived.peer, proxied.error());
    return end();
  }
  arrived.stream = std::move(proxied->stream);
  if (proxied->header && proxied->header->ends) {
    arrived.peer = std::move(proxied->header->ends->source);
    arrived.local = std::move(proxied->header->ends->destination);
    peer_ = arrived.peer.ip;
    local_ = arrived.local.ip;
    peer_port_ = arrived.peer.port;
    local_port_ = arrived.local.port;
    peer_text_ = peer_.text();
  }
  begin();
}

void Connection::begin() {
  Arrived& arrived = begins_->arrived;
  if (entry_ != Entry::https) {
    return serve(core::make_h1_server(host_.loop(), std::move(arrived.stream), host_.limits(), *this));
  }
  begins_->handshaking.start(host_.handshake(arrived), [this](core::Result<tls::Accepted> accepted) {
    if (Traffic* traffic = host_.traffic())
      traffic->handshakes[static_cast<std::size_t>(handshake_end(accepted))].add();
    if (!accepted) return end();
    if (accepted->agreement.protocol == tls::kChallengeProtocol) {
      // RFC 8737 section 3: the certificate was all there is to say. It dies with the connection, after this
      // turn.
      begins_->arrived.stream = std::move(accepted->stream);
      begins_->arrived.stream->end();
      return end();
    }
    certificate_ = std::move(accepted->certificate);
    if (accepted->demand)
      proof_ = std::make_unique<ClientProof>(accepted->demand, std::move(accepted->client_certificate));
    const bool is_h2 = accepted->agreement.protocol == kH2Protocol;
    const auto make = is_h2 ? &core::make_h2_server : &core::make_h1_server;
    serve(make(host_.loop(), std::move(accepted->stream), host_.limits(), *this));
  });
}

// What began is over when this is called, from its last callback.
void Connection::serve(std::unique_ptr<core::ServerSession> session) {
  begins_.reset();
  session_ = std::move(session);
  session_->start();
  // After the start: the request that came with the end of the handshake is answered, it cannot be retried.
  if (drains_) session_->drain(*drains_);
}

void Connection::drain(core::Duration patience) {
  if (drains_ || ended_) return;
  drains_ = patience;
  if (session_) return session_->drain(patience);
}

core::RequestHandler* Connection::on_request(core::ServerStream& stream, core::RequestHead& head) {
  auto exchange = std::make_unique<Exchange>(*this, host_.site(), stream, head);
  beginning_ = exchange.get();
  switch (entry_) {
    case Entry::https:
    case Entry::open:
      exchange->begin();
      break;
    case Entry::redirect:
      exchange->begin_redirect();
      break;
    case Entry::plain:
      exchange->begin_plain();
      break;
  }
  // One that was answered at once dies here and not at the end of the turn: a client may send thousands of
  // those in a turn.
  if (std::exchange(beginning_, nullptr) == nullptr) return nullptr;
  exchanges_.push_back(std::move(exchange));
  return exchanges_.back().get();
}

void Connection::on_refused(int status, const core::Error& error) {
  const std::shared_ptr<Site> site = host_.site();
  if (Traffic* traffic = host_.traffic()) traffic->unrouted().note({.method = {}, .status = status});
  if (!site->services.access_log.is_on()) return;
  AccessRecord record;
  record.started = host_.loop().clock().wall();
  record.client = peer_text_;
  record.status = status;
  record.reason = error.text;
  site->services.access_log.write(record);
}

void Connection::on_session_end() {
  end();
}

bool Connection::may_serve(std::string_view host) const {
  if (entry_ == Entry::https && (certificate_ == nullptr || !certificate_->covers(host))) return false;
  const tls::ClientDemands* demands = host_.client_demands();
  if (demands == nullptr) return true;
  const tls::ClientDemandPointer& wanted = demands->find(host);
  if (proof_ != nullptr) return proof_->may_ask(wanted, host_.loop().clock().wall());
  // Nobody was asked here; on `plain` nobody can be, and a host that demands no certificate may go without.
  if (wanted == nullptr) return true;
  return entry_ != Entry::https && !wanted->is_required();
}

void Connection::on_exchange_end(Exchange& exchange) {
  if (beginning_ == &exchange) {
    beginning_ = nullptr;
    return;
  }
  const auto found = std::ranges::find(exchanges_, &exchange, &std::unique_ptr<Exchange>::get);
  if (found == exchanges_.end()) return;
  host_.loop().retire(std::move(*found));
  exchanges_.erase(found);
}

void Connection::end() {
  if (std::exchange(ended_, true)) return;
  host_.on_connection_end(*this);
}

}  // namespace gateway
