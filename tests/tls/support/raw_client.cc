#include "tests/tls/support/raw_client.h"

#include <openssl/err.h>

#include <array>

#include "tls/x509_names.h"

namespace tests {

RawClient::RawClient(Thread& thread, StreamOwner wire, const RawOptions& options)
    : thread_(thread), wire_(std::move(wire)), write_size_(options.write_size) {
  settings_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* settings = settings_.get();
  SSL_CTX_set_min_proto_version(settings, options.version);
  SSL_CTX_set_max_proto_version(settings, options.version);
  SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(settings, &on_session);
  if (options.groups != nullptr) SSL_CTX_set1_groups_list(settings, options.groups);
  ssl_.reset(SSL_new(settings));
  SSL_set_app_data(ssl_.get(), this);
  if (!options.server_name.empty()) SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
  if (!options.protocols.empty()) {
    SSL_set_alpn_protos(ssl_.get(), core::octets(options.protocols),
                        static_cast<unsigned>(options.protocols.size()));
  }
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_.get());
}

RawClient::~RawClient() {
  // OpenSSL spoils the session of a connection that was not shut down.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

int RawClient::on_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<RawClient*>(SSL_get_app_data(ssl))->newest_.reset(session);
  return 1;
}

void RawClient::pump() {
  std::array<char, 16384> bytes;
  int count = 0;
  while ((count = BIO_read(SSL_get_wbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()))) > 0) {
    std::string_view rest(bytes.data(), static_cast<std::size_t>(count));
    while (!rest.empty()) {
      const std::string_view part = write_size_ == 0 ? rest : rest.substr(0, write_size_);
      const std::array<std::string_view, 1> pieces{part};
      const core::Result<std::size_t> taken = wire_->write(pieces);
      if (!taken) return;
      rest.remove_prefix(*taken);
      if (write_size_ != 0 || *taken == 0) thread_.loop.turn(false);
    }
  }
  const Heard heard = hear(*wire_);
  BIO_write(SSL_get_rbio(ssl_.get()), heard.bytes.data(), static_cast<int>(heard.bytes.size()));
}

void RawClient::shake(const std::function<bool()>& enough) {
  thread_.until([&] {
    if (!done_ && failure_.empty()) {
      ERR_clear_error();
      const int result = SSL_do_handshake(ssl_.get());
      done_ = result == 1;
      if (!done_ && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ)
        failure_ = core::openssl_errors();
    }
    pump();
    return (done_ || !failure_.empty()) && enough();
  });
}

std::string RawClient::certificate_name() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return "";
  const tls::SubjectNames names = tls::subject_names(certificate);
  return names.dns.empty() ? "" : names.dns.front();
}

void RawClient::write(std::string_view text) {
  SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
  pump();
}

std::string RawClient::read() {
  pump();
  std::string text;
  std::array<char, 16384> bytes;
  int count = 0;
  ERR_clear_error();
  while ((count = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))) > 0) {
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return text;
}

core::SslSessionOwner RawClient::session() {
  thread_.until([&] {
    read();
    return newest_ != nullptr;
  });
  if (newest_ == nullptr) newest_.reset(SSL_get1_session(ssl_.get()));
  return std::move(newest_);
}

}  // namespace tests
