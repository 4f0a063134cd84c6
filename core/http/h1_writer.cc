// Values to text (RFC 9112 sections 3 to 7). Nothing is written that a parser could read as two lines.
#include "core/http/h1_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/check.h"

namespace core {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

template <typename Integer>
void append_number(std::string& out, Integer value, int base) {
  std::array<char, 24> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value, base);
  out.append(digits.data(), end);
}

bool belongs_to_session(FieldId id) {
  return id == FieldId::content_length || id == FieldId::transfer_encoding || id == FieldId::connection ||
         id == FieldId::keep_alive;
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name);
  out.append(": ");
  out.append(value);
  out.append(kLineEnd);
}

void append_if_valid(std::string& out, const Field& field) {
  const bool is_named = field.id != FieldId::other || is_token(field.name);
  if (is_named && is_field_value(field.value)) append_line(out, field.name, field.value);
}

}  // namespace

void append_status_line(std::string& out, int status) {
  out.append("HTTP/1.1 ");
  append_number(out, status, 10);
  out.push_back(' ');
  out.append(reason_phrase(status));
  out.append(kLineEnd);
}

void append_fields(std::string& out, const Fields& fields) {
  for (const Field& field : fields) {
    if (!belongs_to_session(field.id)) append_if_valid(out, field);
  }
}

void append_field(std::string& out, FieldId id, std::string_view value) {
  append_line(out, field_name(id), value);
}

void append_content_length(std::string& out, std::uint64_t bytes) {
  out.append("Content-Length: ");
  append_number(out, bytes, 10);
  out.append(kLineEnd);
}

DateText::DateText(const std::string& date) {
  CHECK(date.size() == bytes_.size());
  std::ranges::copy(date, bytes_.begin());
}

DateText date_text(WallTime now) {
  struct Cached {
    std::int64_t second;
    DateText date;
  };
  // Only a cache of a pure function: a thread's own, so that it costs no lock.
  static thread_local Cached cached{unix_seconds(now), DateText(http_date(now))};
  const std::int64_t second = unix_seconds(now);
  if (cached.second != second) cached = {second, DateText(http_date(now))};
  return cached.date;
}

void append_date(std::string& out, WallTime now) {
  append_field(out, FieldId::date, date_text(now).text());
}

void append_request_head(std::string& out, const OutgoingRequest& request) {
  out.append(request.method);
  out.push_back(' ');
  out.append(request.target);
  out.append(" HTTP/1.1\r\n");
  append_field(out, FieldId::host, request.host);
  for (const Field& field : *request.fields) {
    if (!belongs_to_session(field.id) && field.id != FieldId::host) append_if_valid(out, field);
  }
  if (request.upgrade) append_field(out, FieldId::connection, "Upgrade");
  if (request.body.kind == BodyLength::Kind::known) append_content_length(out, request.body.bytes);
  if (request.body.kind == BodyLength::Kind::unknown)
    append_field(out, FieldId::transfer_encoding, "chunked");
  out.append(kLineEnd);
}

void append_chunk_size(std::string& out, std::size_t bytes) {
  append_number(out, bytes, 16);
  out.append(kLineEnd);
}

void append_last_chunk(std::string& out, const Fields& trailers) {
  out.append("0\r\n");
  for (const Field& field : trailers) {
    if (field.id == FieldId::other) append_if_valid(out, field);
  }
  out.append(kLineEnd);
}

}  // namespace core
