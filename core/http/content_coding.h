// Content codings by name, and the choice among them that Accept-Encoding leaves (RFC 9110 sections 8.4.1 and
// 12.5.3). What encodes is in content_encoder.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/http/fields.h"

namespace core {

/// In the order of our preference where a client does not mind: the cheapest per byte saved first.
enum class ContentCoding : std::uint8_t {
  zstd,      ///< RFC 8878, windows as RFC 9659 bounds them
  brotli,    ///< RFC 7932
  gzip,      ///< RFC 1952
  identity,  ///< as it is
};

/// As Content-Encoding has it. Requires: not identity.
std::string_view name_of(ContentCoding coding);

/// The coding that the client likes best of those that we have, all Accept-Encoding fields together. Identity
/// where it accepts none of them, likes identity better, sends no such field, or one that is malformed, names
/// a coding twice or more than kMaxCodings: nobody is sent what he may not be able to read. Never fails: what
/// is not coded can always be sent.
ContentCoding choose_coding(const Fields& request);

/// Codings that a client may list.
inline constexpr unsigned kMaxCodings = 32;

}  // namespace core
