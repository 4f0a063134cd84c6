// The header section of an HTTP/2 response to a ResponseHead that the rest of the program cannot tell from
// HTTP/1's (RFC 9113 section 8.3.2), as strict as for requests (h2_fields.h): exactly one :status in front
// and no other pseudo-header field, no upper case, no connection-specific fields, one length that is a
// number.
#pragma once

#include <optional>
#include <string>

#include "core/http/h1_parser.h"
#include "core/http/h2_fields.h"

namespace core {

/// The status of a section; 0 if that cannot be told. What read_h2_response() goes by.
int h2_status_of(const H2FieldSection& section);

/// What else decides how a section is read.
struct H2ResponseSection {
  ResponseTo to = ResponseTo::other;
  H2SectionEnd end = H2SectionEnd::body_follows;
};

struct ReadH2Response {
  std::optional<Refusal> refusal;  ///< 431: over the limits; else 400. Either fails the stream
  BodyLength follows;              ///< the body that comes, whatever the head declares
};

/// Reads a final or interim head. `response` gets views into `bytes`, both replaced.
ReadH2Response read_h2_response(const H2FieldSection& section, const H2ResponseSection& about,
                                std::string& bytes, ResponseHead& response);

}  // namespace core
