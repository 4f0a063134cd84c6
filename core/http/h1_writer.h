// Heads as HTTP/1.1 text (RFC 9112). Framing, Connection and Host come from the session and never from a
// field list, so that no list can contradict the framing that is used.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/http/message.h"
#include "core/http/session.h"
#include "core/text/http_date.h"

namespace core {

void append_status_line(std::string& out, int status);
/// Appends the fields, leaving out Content-Length, Transfer-Encoding, Connection and Keep-Alive, and any
/// field whose name or value is not valid: the last line against header injection.
void append_fields(std::string& out, const Fields& fields);
/// "Name: value" with its line end. Requires: both are valid.
void append_field(std::string& out, FieldId id, std::string_view value);
void append_content_length(std::string& out, std::uint64_t bytes);
/// The value of a Date field, without an allocation. An IMF-fixdate.
class DateText {
 public:
  explicit DateText(const std::string& date);
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::array<char, kHttpDateBytes> bytes_;
};
/// Worked out once a second and thread.
DateText date_text(WallTime now);
/// The same as a field.
void append_date(std::string& out, WallTime now);
/// The request line, Host, the fields (but Host) and what `request` says about body and upgrade, with the
/// empty line.
void append_request_head(std::string& out, const OutgoingRequest& request);
/// The size line of a chunk.
void append_chunk_size(std::string& out, std::size_t bytes);
/// The last chunk with its trailers, forbidden ones left out.
void append_last_chunk(std::string& out, const Fields& trailers);

}  // namespace core
