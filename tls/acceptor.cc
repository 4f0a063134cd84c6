#include "tls/acceptor.h"

#include <utility>

#include "core/base/check.h"
#include "core/crypto/digest.h"
#include "core/crypto/openssl.h"
#include "tls/handshake.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::ErrorKind;
using core::failure;
using core::Flow;
using core::Result;
using core::Side;

constexpr std::size_t kMaxServerNameBytes = 255;

/// What the callbacks read from and record into during one handshake.
struct Greeting {
  const CertificateTable* certificates = nullptr;
  const ChallengeAnswers* challenges = nullptr;
  const ClientDemands* demands = nullptr;
  core::IpAddress local;
  std::string server_name;
  CertificatePointer certificate;
  ClientDemandPointer demand;
  std::string client_refusal;  // what is wrong with the client's certificate
  bool unknown_name = false;
  bool is_challenge = false;
};

std::string_view take_bytes(std::string_view& rest, std::size_t count) {
  const std::string_view taken = rest.substr(0, count);
  rest.remove_prefix(taken.size());
  return taken;
}

std::size_t take_length(std::string_view& rest) {
  const std::string_view two = take_bytes(rest, 2);
  if (two.size() < 2) return SIZE_MAX;
  return static_cast<std::size_t>(static_cast<unsigned char>(two[0])) << 8U |
         static_cast<unsigned char>(two[1]);
}

enum class NameField { absent, present, malformed };

// RFC 6066 section 3: a list with exactly one entry, of type host_name.
NameField read_server_name(SSL* ssl, std::string_view& name) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) != 1) return NameField::absent;
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  if (take_length(rest) != rest.size()) return NameField::malformed;
  const std::string_view type = take_bytes(rest, 1);
  if (type.empty() || type[0] != TLSEXT_NAMETYPE_host_name) return NameField::malformed;
  if (take_length(rest) != rest.size() || rest.empty()) return NameField::malformed;
  name = rest;
  return NameField::present;
}

// RFC 8737 section 3: the validation handshake offers acme-tls/1 and no other protocol.
bool offers_challenge_alone(SSL* ssl) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &bytes, &size) !=
      1) {
    return false;
  }
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  if (take_length(rest) != rest.size() || rest.size() != kChallengeProtocol.size() + 1) return false;
  return static_cast<unsigned char>(rest[0]) == kChallengeProtocol.size() &&
         rest.substr(1) == kChallengeProtocol;
}

/// What a client that sent `raw` as its server name is shown.
CertificatePointer choose(SSL* ssl, std::string_view raw, Greeting& greeting) {
  std::optional<std::string> name = normal_server_name(raw);
  if (!name) return nullptr;
  greeting.server_name = std::move(*name);
  if (greeting.challenges != nullptr && offers_challenge_alone(ssl)) {
    CertificatePointer challenge = greeting.challenges->tls_alpn01(greeting.server_name);
    greeting.is_challenge = challenge != nullptr;
    if (greeting.is_challenge) return challenge;
  }
  return greeting.certificates->find(greeting.server_name);
}

// A ticket resumes only what it was made for: the same name with the same certificate.
bool bind_tickets(SSL* ssl, const Greeting& greeting) {
  core::Sha256Stream digest;
  digest.update("gateway tls session\n");
  digest.update(greeting.certificate->fingerprint());
  if (greeting.demand != nullptr) digest.update(core::view_of(greeting.demand->fingerprint()));
  digest.update(greeting.server_name);
  const core::Sha256Digest bound = digest.finish();
  return SSL_set_session_id_context(ssl, core::octets(core::view_of(bound)), bound.size()) == 1;
}

/// Never accepts what OpenSSL did not.
int on_client_certificate(int accepted, X509_STORE_CTX* store) {
  if (accepted == 1) return 1;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* greeting = ssl == nullptr ? nullptr : static_cast<Greeting*>(SSL_get_app_data(ssl));
  if (greeting != nullptr && greeting->client_refusal.empty()) {
    greeting->client_refusal = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
    if (const X509* culprit = X509_STORE_CTX_get_current_cert(store); culprit != nullptr)
      greeting->client_refusal.append(" (").append(name_text(X509_get_subject_name(culprit))).append(")");
  }
  return 0;
}

/// Asks for a certificate where the host wants one. Undoes first what a ClientHello before this one asked
/// for.
bool ask_client(SSL* ssl, Greeting& greeting) {
  if (greeting.demands == nullptr) return true;
  greeting.demand = nullptr;
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  SSL_clear_options(ssl, SSL_OP_NO_TICKET);
  if (SSL_set_num_tickets(ssl, 1) != 1) return false;
  if (greeting.is_challenge) return true;
  greeting.demand = greeting.demands->find(greeting.server_name);
  if (greeting.demand == nullptr) return true;
  const int none_is_failure = greeting.demand->is_required() ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_set_verify(ssl, SSL_VERIFY_PEER | none_is_failure, &on_client_certificate);
  return greeting.demand->install(ssl);
}

int on_client_hello(SSL* ssl, int* alert, void* /*unused*/) {
  auto* greeting = static_cast<Greeting*>(SSL_get_app_data(ssl));
  *alert = SSL_AD_INTERNAL_ERROR;
  if (greeting == nullptr) return SSL_CLIENT_HELLO_ERROR;
  // After HelloRetryRequest there is a second ClientHello: what the first said does not count.
  greeting->server_name.clear();
  greeting->certificate = nullptr;
  greeting->is_challenge = false;
  std::string_view raw;
  switch (read_server_name(ssl, raw)) {
    case NameField::malformed:
      *alert = SSL_AD_DECODE_ERROR;
      return SSL_CLIENT_HELLO_ERROR;
    case NameField::absent:
      greeting->certificate = greeting->certificates->find(greeting->local);
      break;
    case NameField::present:
      if (raw.size() > kMaxServerNameBytes) break;
      greeting->certificate = choose(ssl, raw, *greeting);
      break;
  }
  if (greeting->certificate == nullptr) {
    greeting->unknown_name = true;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
  }
  if (!greeting->certificate->install(ssl) || !ask_client(ssl, *greeting) || !bind_tickets(ssl, *greeting))
    return SSL_CLIENT_HELLO_ERROR;
  return SSL_CLIENT_HELLO_SUCCESS;
}

// Only tells the client that its name was used (RFC 6066 section 3: an empty extension in the answer).
int on_server_name(SSL* /*ssl*/, int* /*alert*/, void* /*unused*/) {
  return SSL_TLSEXT_ERR_OK;
}

// RFC 7301 section 3.2: the server's preference; nothing in common is an alert, so that nobody can be led to
// mistake this server for one of another protocol.
int on_protocols(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                 const unsigned char* offered, unsigned offered_size, void* ours) {
  const auto* greeting = static_cast<const Greeting*>(SSL_get_app_data(ssl));
  if (greeting != nullptr && greeting->is_challenge) {
    // What is offered is this one protocol, with its length in front.
    *chosen = offered + 1;
    *chosen_size = offered[0];
    return SSL_TLSEXT_ERR_OK;
  }
  const auto& protocols = *static_cast<const std::string*>(ours);
  unsigned char* found = nullptr;
  const int outcome = SSL_select_next_proto(&found, chosen_size, core::octets(protocols),
                                            static_cast<unsigned>(protocols.size()), offered, offered_size);
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

core::Error client_error(core::Error error, const Greeting& greeting) {
  error.side = Side::client;
  if (error.kind == ErrorKind::timed_out) {
    error.text = "TLS handshake: not finished in time";
  } else if (greeting.unknown_name) {
    error.kind = ErrorKind::refused;
    error.text = greeting.server_name.empty()
                     ? "TLS handshake: no usable server name, and no certificate for the address"
                     : "TLS handshake: no certificate for " + greeting.server_name;
  } else if (!greeting.client_refusal.empty()) {
    error.kind = ErrorKind::refused;
    error.text = "TLS handshake: the client's certificate is refused: " + greeting.client_refusal;
  } else {
    error.kind = ErrorKind::malformed;
    error.text = "TLS handshake: " + error.text;
  }
  return error;
}

}  // namespace

Acceptor::Acceptor(core::Loop& loop, RecordScratch& scratch, SettingsPointer native, std::string protocols)
    : loop_(loop), scratch_(scratch), native_(std::move(native)), protocols_(std::move(protocols)) {
  SSL_CTX_set_client_hello_cb(native_.get(), &on_client_hello, nullptr);
  SSL_CTX_set_tlsext_servername_callback(native_.get(), &on_server_name);
  if (!protocols_.empty()) SSL_CTX_set_alpn_select_cb(native_.get(), &on_protocols, &protocols_);
}

Acceptor::~Acceptor() = default;

Result<std::unique_ptr<Acceptor>> Acceptor::make(core::Loop& loop, RecordScratch& scratch,
                                                 TicketKeys& tickets, const ServerOptions& options) {
  Result<SettingsPointer> native = make_server_settings(options);
  if (!native) return failure(std::move(native.error()));
  Result<std::string> protocols = protocols_on_wire(options.protocols);
  if (!protocols) return failure(std::move(protocols.error()));
  tickets.install(native->get());
  return std::unique_ptr<Acceptor>(new Acceptor(loop, scratch, std::move(*native), std::move(*protocols)));
}

void Acceptor::count(const core::Error& error, bool unknown_name) {
  ++counts_.failed;
  if (error.kind == ErrorKind::timed_out) ++counts_.timed_out;
  if (unknown_name) ++counts_.unknown_name;
}

Flow<Accepted> Acceptor::accept(Arrival arrival) {
  Greeting greeting;
  greeting.certificates = arrival.certificates.get();
  greeting.challenges = arrival.challenges.get();
  greeting.demands = arrival.demands.get();
  greeting.local = arrival.local;
  SslPointer ssl(SSL_new(native_.get()));
  CHECK(ssl != nullptr);
  SSL_set_accept_state(ssl.get());
  SSL_set_app_data(ssl.get(), &greeting);
  auto fresh = std::make_unique<Stream>(std::move(arrival.stream), std::move(ssl), scratch_, Side::client);
  Flow<std::unique_ptr<Stream>> handshake = complete_handshake(loop_, std::move(fresh), arrival.deadline);
  Result<std::unique_ptr<Stream>> finished = co_await attempt(std::move(handshake));
  if (!finished) {
    core::Error error = client_error(std::move(finished.error()), greeting);
    count(error, greeting.unknown_name);
    co_return failure(std::move(error));
  }
  Accepted accepted;
  accepted.agreement = (*finished)->agreement();
  if (greeting.demand != nullptr) accepted.client_certificate = (*finished)->client_certificate();
  accepted.demand = std::move(greeting.demand);
  accepted.stream = std::move(*finished);
  accepted.server_name = std::move(greeting.server_name);
  accepted.certificate = std::move(greeting.certificate);
  ++counts_.accepted;
  if (accepted.agreement.resumed) ++counts_.resumed;
  if (greeting.is_challenge) ++counts_.challenges;
  co_return std::move(accepted);
}

}  // namespace tls
