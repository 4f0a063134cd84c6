// OpenSSL as an independent client, driven by hand over a ByteStream: any version, any SNI bytes, kept
// sessions, bytes one by one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/crypto/openssl.h"
#include "core/net/stream.h"
#include "tests/tls/support/parties.h"

namespace tests {

struct RawOptions {
  int version = TLS1_3_VERSION;
  std::string server_name;  ///< sent as it is; empty: no extension
  std::string protocols;    ///< ALPN on the wire; empty: no extension
  const char* groups = nullptr;
  std::size_t write_size = 0;  ///< bytes a write to the wire, each in a turn of its own; 0: all at once
};

class RawClient {
 public:
  RawClient(Thread& thread, StreamOwner wire, const RawOptions& options);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  void resume(SSL_SESSION* session) { SSL_set_session(ssl_.get(), session); }

  /// Turns loop and handshake until it is done, has failed, or `enough`.
  void shake(const std::function<bool()>& enough);
  [[nodiscard]] bool is_done() const { return done_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] bool is_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  [[nodiscard]] std::string certificate_name() const;  ///< the first DNS name of the server's certificate
  [[nodiscard]] SSL* native() const { return ssl_.get(); }

  /// Sends what OpenSSL wrote, takes what the wire brought.
  void pump();
  void write(std::string_view text);
  std::string read();
  /// The newest ticket, taking in what the server sent.
  core::SslSessionOwner session();
  core::ByteStream& wire() { return *wire_; }

 private:
  Thread& thread_;
  StreamOwner wire_;
  std::size_t write_size_;
  core::SslSettingsOwner settings_;
  core::SslOwner ssl_;
  core::SslSessionOwner newest_;
  bool done_ = false;
  std::string failure_;
  static int on_session(SSL* ssl, SSL_SESSION* session);
};

}  // namespace tests
