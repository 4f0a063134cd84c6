// RFC 9113 sections 8.2 and 8.3.2 for responses. Each refusal is a constant text for the log.
#include "core/http/h2_response_fields.h"

#include <algorithm>
#include <utility>

#include "core/http/h1_framing.h"

namespace core {
namespace {

constexpr std::string_view kStatus = ":status";

std::string_view keep(std::string& bytes, std::string_view text) {
  const std::size_t from = bytes.size();
  bytes.append(text);
  return std::string_view(bytes).substr(from);
}

/// Three digits, 100 to 599; 0: not that.
int read_status(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 3 || !std::ranges::all_of(text, is_digit)) return 0;
  const int status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  return status >= 100 && status <= 599 ? status : 0;
}

std::optional<Refusal> add_fields(const H2FieldSection& section, std::string& bytes, Fields& fields) {
  std::optional<Refusal> refusal;
  bool is_first = true;
  section.each([&](const H2FieldSection::Part& part) {
    if (std::exchange(is_first, false)) return true;  // :status
    if (part.name.starts_with(':')) {
      refusal = Refusal{400, "a pseudo-header field that a response does not have"};
      return false;
    }
    const std::string_view name = keep(bytes, part.name);
    const Field field{field_id(name), name, keep(bytes, part.value)};
    refusal = check_h2_field(field);
    fields.add(field);
    return !refusal.has_value();
  });
  return refusal;
}

/// What the head says about its body (RFC 9110 section 6.4), and what of it comes.
std::optional<Refusal> read_body(const H2ResponseSection& about, ResponseHead& response,
                                 BodyLength& follows) {
  Framing framing;
  const std::optional<Refusal> refusal = read_framing(response.fields, HttpVersion::http2, framing);
  if (refusal.has_value()) return refusal;
  const bool is_interim = response.status < 200;
  const bool has_ended = about.end == H2SectionEnd::stream_ended;
  if (is_interim && has_ended) return Refusal{400, "an interim response that ends the stream"};
  if (is_interim || response.status == 204) {
    // RFC 9110 section 8.6: neither has a length.
    if (framing.length.value_or(0) != 0) return Refusal{400, "a length where there is no body"};
    return std::nullopt;
  }
  const bool has_none = about.to == ResponseTo::head || response.status == 304;
  if (framing.length.has_value()) {
    response.body = BodyLength::known(*framing.length);
    if (has_ended && !has_none && *framing.length != 0) return Refusal{400, "Content-Length, and no body"};
  } else if (!has_ended && !has_none) {
    response.body = BodyLength::unknown();
  }
  if (!has_none) follows = response.body;
  return std::nullopt;
}

}  // namespace

int h2_status_of(const H2FieldSection& section) {
  int status = 0;
  section.each([&status](const H2FieldSection::Part& part) {
    if (part.name == kStatus) status = read_status(part.value);
    return false;  // it stands first
  });
  return status;
}

ReadH2Response read_h2_response(const H2FieldSection& section, const H2ResponseSection& about,
                                std::string& bytes, ResponseHead& response) {
  Fields fields = std::move(response.fields);
  fields.clear();
  response = ResponseHead();
  response.fields = std::move(fields);
  response.version = HttpVersion::http2;
  ReadH2Response read;
  if (!section.is_within_limits()) {
    read.refusal = Refusal{431, "too many fields, or too many bytes of fields"};
    return read;
  }
  response.status = h2_status_of(section);
  if (response.status == 0 || response.status == 101) {
    read.refusal = Refusal{400, "no status that a response can have"};
    return read;
  }
  bytes.clear();
  bytes.reserve(section.bytes());
  read.refusal = add_fields(section, bytes, response.fields);
  if (!read.refusal.has_value()) read.refusal = read_body(about, response, read.follows);
  return read;
}

}  // namespace core
