// Heads of requests and responses as values over views. The session that read a head keeps the bytes until
// the exchange ends; who makes a head keeps what it views until the call that sends it returns.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/http/fields.h"

namespace core {

enum class HttpVersion : std::uint8_t { http10, http11, http2 };

/// How long a body is, as told by its framing (RFC 9112 section 6).
struct BodyLength {
  enum class Kind : std::uint8_t {
    none,     ///< no body at all
    known,    ///< `bytes` of it (may be 0: a body of no bytes)
    unknown,  ///< until its end: chunked, or HTTP/2 without content-length
  };
  Kind kind = Kind::none;
  std::uint64_t bytes = 0;

  static BodyLength none() { return {}; }
  static BodyLength known(std::uint64_t bytes) { return {Kind::known, bytes}; }
  static BodyLength unknown() { return {Kind::unknown, 0}; }
};

/// A request as it came, checked by the parser: method is a token, exactly one valid Host, framing
/// unambiguous.
struct RequestHead {
  std::string_view method;  ///< case-sensitive
  std::string_view
      target;  ///< origin-form (or "*" of OPTIONS), as sent; absolute-form is reduced to origin-form
  std::string_view host;  ///< Host or :authority as sent: host[:port]
  HttpVersion version = HttpVersion::http11;
  BodyLength body;
  bool expects_continue = false;  ///< Expect: 100-continue from an HTTP/1.1 client
  /// Connection: upgrade with an Upgrade field and no body; over HTTP/2 CONNECT with :protocol, told as a
  /// GET.
  bool wants_upgrade = false;
  Fields fields;  ///< all of them, Host and framing fields included
};

/// A response as it came from an origin.
struct ResponseHead {
  int status = 0;
  HttpVersion version = HttpVersion::http11;
  BodyLength body;  ///< as declared; after HEAD and with 304 no body follows, though its length may be known
  Fields fields;    ///< all of them, framing fields included
};

/// The reason phrase we write for a status; "" for one without a registered phrase.
std::string_view reason_phrase(int status);

}  // namespace core
