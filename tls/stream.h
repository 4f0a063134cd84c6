// ByteStream over TLS on another ByteStream (RFC 8446, RFC 5246). One read of the inner stream serves all
// records it brought; all records of one write() leave in one inner write. Nothing outside tls/ ever sees an
// SSL.
//
//   handshake() ──wants_more──▶ handshake() … ──done──▶ read/write ──end()──▶ close_notify sent, inner ended
//        └──failed──▶ (alert sent)                          └──broken record, truncation──▶ failed for good
//
// read() says `end` only after close_notify; an inner end without it is `failed`: somebody may have cut the
// stream. Control records (KeyUpdate, tickets, empty ones) cost the peer: more than kMaxControlRecords
// without a byte for the reader break the stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/error.h"
#include "core/net/stream.h"
#include "tls/client_certificate.h"
#include "tls/record_scratch.h"

struct ssl_st;

namespace tls {

struct FreeSsl {
  void operator()(ssl_st* native) const;
};
using SslPointer = std::unique_ptr<ssl_st, FreeSsl>;

/// What the handshake agreed on.
struct Agreement {
  std::string protocol;  ///< ALPN; empty: none was asked for
  std::string version;   ///< "TLSv1.3"
  std::string cipher;    ///< "TLS_AES_128_GCM_SHA256"
  bool resumed = false;
};

class Stream final : public core::ByteStream, private core::StreamEvents, private InputHolder {
 public:
  static constexpr int kMaxControlRecords = 32;

  /// `ssl` is fresh, with its role set; `other_side` names who is at fault when the stream breaks.
  Stream(std::unique_ptr<core::ByteStream> inner, SslPointer ssl, RecordScratch& scratch,
         core::Side other_side);
  ~Stream() override;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  enum class Progress { done, wants_more, failed };
  /// Goes on with the handshake; again after each event while it wants more. After `done` bytes may be
  /// waiting already.
  Progress handshake();
  /// Requires: the handshake is done.
  [[nodiscard]] Agreement agreement() const;
  /// What a client showed, on the server's side. Null: nothing. Requires: the handshake is done.
  [[nodiscard]] ClientCertificatePointer client_certificate() const {
    return ClientCertificate::of(ssl_.get());
  }
  /// Why the handshake failed or the stream broke, as OpenSSL or the inner stream says it.
  [[nodiscard]] std::string failure_text() const { return kept_ ? kept_->failure : std::string(); }

  void attach(core::StreamEvents* events) override;
  core::ReadOutcome read(std::span<char> into) override;
  core::Result<std::size_t> write(std::span<const std::string_view> pieces) override;
  core::Ending end() override;
  void abort() override;

 private:
  enum class State : std::uint8_t { open, ended_by_peer, broken };
  /// What few streams have.
  struct Kept {
    std::string input;   ///< ciphertext the reader stopped before
    std::string output;  ///< ciphertext the inner stream did not take
    std::string failure;
  };

  void on_readable() override;
  void on_writable() override;
  void keep_input(std::string_view rest) override;
  Kept& kept();
  [[nodiscard]] bool has_kept_output() const { return kept_ && !kept_->output.empty(); }
  void drop_kept_output();
  void drop_kept_if_empty();
  void take_scratch();

  enum class Refill { bytes, nothing, over };
  Refill refill();
  /// Why SSL_read gave nothing; none: there is more to try.
  enum class Pause { none, wait, end, broken };
  Pause pause(int error, bool has_bytes);
  [[nodiscard]] bool has_nothing_to_open() const;
  Pause more_input();
  core::ReadOutcome open_records(std::span<char> into);
  core::ReadOutcome read_after_end();
  std::size_t seal(std::span<const std::string_view> pieces, std::size_t from);
  void flush();
  void send_kept();
  void fail(std::string text);

  std::unique_ptr<core::ByteStream> inner_;
  SslPointer ssl_;
  RecordScratch& scratch_;
  core::StreamEvents* events_ = nullptr;
  core::Side other_side_;
  State state_ = State::open;
  bool inner_ended_ = false;
  bool ending_ = false;          // end() was called; the inner stream ends once the kept output is gone
  bool writer_waits_ = false;    // write() took less than it was given
  int control_pauses_ = 0;       // since the reader last got a byte
  bool is_unconfirmed_ = false;  // the next write begins with a byte that was sealed already
  std::unique_ptr<Kept> kept_;   // null as a rule: an idle stream owns as little as it can
};

}  // namespace tls
