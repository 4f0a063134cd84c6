// Start lines, Host and the forms of a request target (RFC 9112 sections 3 and 4). Each refusal is a constant
// text that an operator finds in the access log.
#include "core/http/h1_parser.h"

#include <algorithm>

#include "core/http/characters.h"
#include "core/http/h1_fields.h"
#include "core/http/h1_framing.h"
#include "core/net/address.h"

namespace core {
namespace {

constexpr std::string_view kVersion11 = "HTTP/1.1";
constexpr std::string_view kVersion10 = "HTTP/1.0";

/// Takes the first line off `bytes`, without its CR LF. Requires: there is one (HeadScanner saw it).
std::string_view take_line(std::string_view& bytes) {
  const std::size_t line_feed = bytes.find('\n');
  const std::string_view line = bytes.substr(0, line_feed - 1);
  bytes.remove_prefix(line_feed + 1);
  return line;
}

/// The field lines after the start line, without the empty line at the end.
std::string_view field_section(std::string_view rest) {
  return rest.substr(0, rest.size() - 2);
}

std::optional<Refusal> read_version(std::string_view text, HttpVersion& version) {
  if (text == kVersion11) {
    version = HttpVersion::http11;
    return std::nullopt;
  }
  if (text == kVersion10) {
    version = HttpVersion::http10;
    return std::nullopt;
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_version = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
                          text[6] == '.' && is_digit(text[7]);
  if (is_version) return Refusal{505, "another version of HTTP"};
  return Refusal{400, "the protocol version is malformed"};
}

std::optional<Refusal> read_request_line(std::string_view line, const ServerLimits& limits,
                                         RequestHead& request) {
  std::size_t end = 0;
  while (end < line.size() && http_characters::is_token_byte(line[end])) ++end;
  if (end == 0 || end == line.size() || line[end] != ' ') return Refusal{400, "the method is malformed"};
  if (end > kMaxMethodBytes) return Refusal{501, "the method is too long"};
  request.method = line.substr(0, end);
  line.remove_prefix(end + 1);

  end = 0;
  while (end < line.size() && http_characters::kTarget[static_cast<unsigned char>(line[end])]) ++end;
  if (end > limits.uri_bytes) return Refusal{414, "the request target is too long"};
  if (end == 0 || end == line.size() || line[end] != ' ')
    return Refusal{400, "the request target is malformed"};
  request.target = line.substr(0, end);
  return read_version(line.substr(end + 1), request.version);
}

/// What comes after "http://" or "https://"; empty if `target` is not in absolute-form.
std::string_view after_scheme(std::string_view target) {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (equals_ignoring_case(target.substr(0, scheme.size()), scheme)) return target.substr(scheme.size());
  }
  return {};
}

/// Reduces the target to origin-form or "*" (RFC 9112 section 3.2).
std::optional<Refusal> read_target(RequestHead& request) {
  if (request.method == "CONNECT") return Refusal{501, "CONNECT is not offered"};
  if (request.target.front() == '/') return std::nullopt;
  if (request.target == "*") {
    if (request.method == "OPTIONS") return std::nullopt;
    return Refusal{400, "an asterisk target for another method than OPTIONS"};
  }
  const std::string_view rest = after_scheme(request.target);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  if (end == 0) return Refusal{400, "the request target has no known form"};
  if (!equals_ignoring_case(rest.substr(0, end), request.host)) {
    return Refusal{400, "the target's authority is not the Host"};
  }
  if (end == rest.size()) {
    request.target = request.method == "OPTIONS" ? "*" : "/";
    return std::nullopt;
  }
  if (rest[end] != '/') return Refusal{400, "an absolute target without a path"};
  request.target = rest.substr(end);
  return std::nullopt;
}

std::optional<Refusal> read_host(RequestHead& request) {
  bool found = false;
  for (const Field& field : request.fields) {
    if (field.id != FieldId::host) continue;
    if (found) return Refusal{400, "Host twice"};
    found = true;
    request.host = field.value;
  }
  if (!found) return Refusal{400, "no Host"};
  if (!is_valid_host(request.host)) return Refusal{400, "Host is malformed"};
  return std::nullopt;
}

std::optional<Refusal> read_expectation(RequestHead& request) {
  for (const Field& field : request.fields) {
    if (field.id != FieldId::expect || request.version == HttpVersion::http10) continue;
    if (!equals_ignoring_case(field.value, "100-continue")) return Refusal{417, "an unknown expectation"};
    request.expects_continue = true;
  }
  return std::nullopt;
}

std::optional<Refusal> read_upgrade(const Framing& framing, RequestHead& request) {
  if (!framing.upgrades || !request.fields.has(FieldId::upgrade) || request.version == HttpVersion::http10) {
    return std::nullopt;
  }
  const bool has_body = framing.is_chunked || framing.length.value_or(0) != 0;
  if (!has_body) {
    request.wants_upgrade = true;
    return std::nullopt;
  }
  // Other upgrades with a body are not taken, which RFC 9110 section 7.8 allows.
  if (request.fields.list_has(FieldId::upgrade, "websocket"))
    return Refusal{400, "a WebSocket handshake with a body"};
  return std::nullopt;
}

/// status-line of RFC 9112 section 4. The blank before an absent reason may be missing: many origins leave it
/// out.
std::optional<Refusal> read_status_line(std::string_view line, ResponseHead& response) {
  if (line.size() < kVersion11.size() + 4) return Refusal{502, "the status line is malformed"};
  const std::optional<Refusal> refusal = read_version(line.substr(0, kVersion11.size()), response.version);
  if (refusal.has_value()) return refusal;
  line.remove_prefix(kVersion11.size());
  int status = 0;
  for (std::size_t i = 1; i <= 3; ++i) {
    if (line[i] < '0' || line[i] > '9') return Refusal{502, "the status code is malformed"};
    status = status * 10 + (line[i] - '0');
  }
  if (line[0] != ' ' || status < 100 || status > 599) return Refusal{502, "the status code is malformed"};
  line.remove_prefix(4);
  if (!line.empty() && line.front() != ' ') return Refusal{502, "the status code is malformed"};
  if (!http_characters::has_no_controls(line)) return Refusal{502, "the reason phrase holds a control byte"};
  response.status = status;
  return std::nullopt;
}

/// Whether a body comes at all (RFC 9112 section 6.3, rules 1 and 2).
bool has_body(ResponseTo to, int status) {
  return to != ResponseTo::head && status >= 200 && status != 204 && status != 304;
}

/// What the head of a response says about its body. The length that the answer to HEAD and a 304 declare is
/// that of another answer, and passed on as such.
BodyLength declared_length(const Framing& framing, ResponseTo to, int status) {
  if (status < 200 || status == 204) return BodyLength::none();
  if (framing.length.has_value()) return BodyLength::known(*framing.length);
  return has_body(to, status) ? BodyLength::unknown() : BodyLength::none();
}

bool is_valid_port(std::string_view port) {
  if (port.empty() || port.size() > 5) return false;
  unsigned value = 0;
  for (const char c : port) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value >= 1 && value <= 65535;
}

bool is_host_byte(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

}  // namespace

bool is_valid_host(std::string_view host) {
  if (host.empty() || host.size() > kMaxHostBytes) return false;
  std::size_t end = 0;
  if (host.front() == '[') {
    end = host.find(']');
    if (end == std::string_view::npos) return false;
    const Result<IpAddress> address = IpAddress::parse(host.substr(1, end - 1));
    if (!address.has_value() || host.substr(1, end - 1).find(':') == std::string_view::npos) return false;
    ++end;
  } else {
    while (end < host.size() && is_host_byte(host[end])) ++end;
    if (end == 0 || host.front() == '.') return false;
  }
  if (end == host.size()) return true;
  return host[end] == ':' && is_valid_port(host.substr(end + 1));
}

std::optional<Refusal> parse_request_head(std::string_view bytes, const ServerLimits& limits,
                                          RequestHead& request) {
  std::optional<Refusal> refusal = read_request_line(take_line(bytes), limits, request);
  if (refusal.has_value()) return refusal;
  refusal = parse_fields(field_section(bytes), limits.header_count, request.fields);
  if (refusal.has_value()) return refusal;
  refusal = read_host(request);
  if (refusal.has_value()) return refusal;
  refusal = read_target(request);
  if (refusal.has_value()) return refusal;
  Framing framing;
  refusal = read_framing(request.fields, request.version, framing);
  if (refusal.has_value()) return refusal;
  if (framing.is_chunked) {
    request.body = BodyLength::unknown();
  } else if (framing.length.has_value()) {
    request.body = BodyLength::known(*framing.length);
  }
  refusal = read_expectation(request);
  if (refusal.has_value()) return refusal;
  return read_upgrade(framing, request);
}

ParsedResponse parse_response_head(std::string_view bytes, const ClientLimits& limits, ResponseTo to,
                                   ResponseHead& response) {
  ParsedResponse parsed;
  parsed.refusal = read_status_line(take_line(bytes), response);
  if (parsed.refusal.has_value()) return parsed;
  parsed.refusal = parse_fields(field_section(bytes), limits.header_count, response.fields);
  if (parsed.refusal.has_value()) return parsed;
  Framing framing;
  parsed.refusal = read_framing(response.fields, response.version, framing);
  if (parsed.refusal.has_value()) return parsed;
  response.body = declared_length(framing, to, response.status);
  if (has_body(to, response.status)) parsed.follows = response.body;
  const bool ends_by_close = parsed.follows.kind == BodyLength::Kind::unknown && !framing.is_chunked;
  const bool may_keep = response.version == HttpVersion::http11 && !framing.closes && !ends_by_close;
  parsed.after = may_keep ? AfterResponse::keep : AfterResponse::close;
  parsed.upgrades = framing.upgrades;
  return parsed;
}

}  // namespace core
