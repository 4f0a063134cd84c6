// Which answers of an origin a route with `compress: on` sends in a content coding, and what its head then
// says (RFC 9110 sections 8.4, 8.8.3 and 12.5). Whatever an origin has coded itself passes as it is; nothing
// is ever decoded.
#pragma once

#include <cstdint>
#include <string>

#include "core/http/content_coding.h"
#include "core/http/message.h"

namespace gateway {

/// Bodies that are known to be shorter stay as they are: a packet is a packet.
inline constexpr std::uint64_t kLeastToCompress = 1024;

/// An answer on its way to a client.
struct AnswerHead {
  int status = 0;
  core::BodyLength body;
  core::Fields& fields;
};

/// Whether an answer like this one may be sent in a coding: a media type that shrinks, long enough or of
/// unknown length, not coded yet, whole (no 206, no 204, no 304), not protected from change (no-transform, a
/// digest).
bool is_compressible(const AnswerHead& answer);

/// The coding for this client: identity for one of HTTP/1.0, whose only sign of a whole body is its length,
/// and for one that says no-transform.
core::ContentCoding coding_for(const core::RequestHead& request);

/// Says Vary: Accept-Encoding, unless it is said.
void add_vary(core::Fields& fields);

/// Turns the head of a whole answer into that of a coded one: length unknown, Content-Encoding, a weak ETag,
/// no Accept-Ranges. `etag` keeps what `fields` then views.
void mark_coded(AnswerHead& answer, core::ContentCoding coding, std::string& etag);

/// A 304 to a client that holds a coded answer names it as that one did, by its weak ETag (RFC 9110 section
/// 15.4.5).
void weaken_not_modified(const core::RequestHead& request, core::Fields& fields, std::string& etag);

/// Whether a trailer speaks of the bytes before coding (RFC 9530).
bool is_digest(std::string_view name);

}  // namespace gateway
