// Whole HTTP/1.1 heads to values (RFC 9112 sections 2 to 6). Strict and pure: no I/O, no repair, no
// allocation but the growth of the field list. Finding the end of a head is HeadScanner's, body bytes are
// BodyReader's.
#pragma once

#include <optional>
#include <string_view>

#include "core/http/limits.h"
#include "core/http/message.h"
#include "core/http/refusal.h"

namespace core {

/// Parses a request head that ends in its empty line; `request` gets views into `bytes`. Its list of fields
/// must be empty. Refused with: 400, 414 (target), 417 (an expectation but 100-continue), 431 (fields), 501
/// (method too long, CONNECT, unknown transfer coding), 505 (another version of HTTP).
std::optional<Refusal> parse_request_head(std::string_view bytes, const ServerLimits& limits,
                                          RequestHead& request);

/// What the request was decides how its response is read (RFC 9112 section 6.3).
enum class ResponseTo { head, other };

/// Whether the connection may be used again as far as the head tells.
enum class AfterResponse { keep, close };

struct ParsedResponse {
  std::optional<Refusal> refusal;
  AfterResponse after = AfterResponse::close;
  BodyLength follows;  ///< the body that comes: none to HEAD and of 1xx, 204, 304, whatever the head declares
  bool upgrades = false;  ///< Connection: upgrade
};

/// Parses a response head that ends in its empty line. BodyLength::unknown means chunked if `response` has
/// Transfer-Encoding, else all bytes until the origin closes. ResponseHead::body is what is declared.
ParsedResponse parse_response_head(std::string_view bytes, const ClientLimits& limits, ResponseTo to,
                                   ResponseHead& response);

/// Whether `host` is a plausible host[:port] of a Host field: a name of letters, digits, '-', '.', '_', or an
/// IPv6 address in brackets; port 1 to 65535. Stricter than RFC 3986: no percent-encoding, no userinfo, no
/// empty host or port.
bool is_valid_host(std::string_view host);

}  // namespace core
