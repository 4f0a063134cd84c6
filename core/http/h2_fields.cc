// RFC 9113 sections 8.2 and 8.3 for requests. Each refusal is a constant text for the access log.
#include "core/http/h2_fields.h"

#include <algorithm>

#include "core/http/characters.h"
#include "core/http/h1_framing.h"
#include "core/http/h1_parser.h"

namespace core {
namespace {

/// Beside name and value: ": " and CR LF of HTTP/1.
constexpr std::size_t kFieldRest = 4;

constexpr std::string_view kWebSocket = "websocket";

/// What the pseudo-header fields say; a null view: absent.
struct Pseudo {
  std::string_view method;
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  std::string_view protocol;

  std::string_view* named(std::string_view name) {
    if (name == ":method") return &method;
    if (name == ":scheme") return &scheme;
    if (name == ":authority") return &authority;
    if (name == ":path") return &path;
    if (name == ":protocol") return &protocol;
    return nullptr;
  }
  [[nodiscard]] bool is_connect() const { return method == "CONNECT"; }
};

bool is_connection_specific(FieldId id) {
  return id == FieldId::connection || id == FieldId::keep_alive || id == FieldId::proxy_connection ||
         id == FieldId::transfer_encoding || id == FieldId::upgrade || id == FieldId::http2_settings;
}

/// Copies to a string that has the room already, so that views into it stay.
std::string_view keep(std::string& bytes, std::string_view text) {
  const std::size_t from = bytes.size();
  bytes.append(text);
  return std::string_view(bytes).substr(from);
}

/// All crumbs as one (RFC 9113 section 8.2.3).
std::string_view join_crumbs(const H2FieldSection& section, std::string& bytes) {
  const std::size_t from = bytes.size();
  bool is_first = true;
  section.each([&](const H2FieldSection::Part& part) {
    if (part.name != "cookie") return true;
    if (!is_first) bytes.append("; ");
    is_first = false;
    bytes.append(part.value);
    return true;
  });
  return std::string_view(bytes).substr(from);
}

std::optional<Refusal> check_method(std::string_view method) {
  if (method.data() == nullptr || !is_token(method)) return Refusal{400, "the method is malformed"};
  if (method.size() > kMaxMethodBytes) return Refusal{501, "the method is too long"};
  return std::nullopt;
}

/// CONNECT opens WebSockets and nothing else (RFC 8441 section 4; without :protocol RFC 9113 section 8.5).
std::optional<Refusal> check_connect(const Pseudo& pseudo) {
  if (pseudo.authority.data() == nullptr) return Refusal{400, "CONNECT without an authority"};
  if (pseudo.protocol.data() == nullptr) {
    const bool names_resource = pseudo.scheme.data() != nullptr || pseudo.path.data() != nullptr;
    if (names_resource) return Refusal{400, "CONNECT with a scheme or a path"};
    return Refusal{501, "CONNECT is not offered"};
  }
  if (!is_token(pseudo.protocol)) return Refusal{400, "the protocol is malformed"};
  if (pseudo.protocol != kWebSocket) return Refusal{501, "a protocol that is not offered"};
  return std::nullopt;
}

std::optional<Refusal> check_path(const Pseudo& pseudo, const ServerLimits& limits) {
  const std::string_view path = pseudo.path;
  const auto is_target_byte = [](char c) { return http_characters::kTarget[static_cast<unsigned char>(c)]; };
  if (path.size() > limits.uri_bytes) return Refusal{414, "the request target is too long"};
  if (path == "*" && pseudo.method == "OPTIONS") return std::nullopt;
  if (!path.starts_with('/') || !std::ranges::all_of(path, is_target_byte)) {
    return Refusal{400, "the request target is malformed"};
  }
  return std::nullopt;
}

std::optional<Refusal> check_pseudo(const Pseudo& pseudo, const ServerLimits& limits) {
  std::optional<Refusal> refusal = check_method(pseudo.method);
  if (refusal.has_value()) return refusal;
  if (pseudo.is_connect()) {
    refusal = check_connect(pseudo);
    if (refusal.has_value()) return refusal;
  } else if (pseudo.protocol.data() != nullptr) {
    return Refusal{400, "a protocol without CONNECT"};
  }
  // The scheme is the connection's: whoever reads X-Forwarded-Proto reads that, and not what a client says.
  if (pseudo.scheme != "https") return Refusal{400, "the scheme is not https"};
  return check_path(pseudo, limits);
}

/// Takes the regular fields into the request, Host and crumbs in one place each.
class RegularFields {
 public:
  RegularFields(const H2FieldSection& section, std::string& bytes, RequestHead& request)
      : section_(section), bytes_(bytes), request_(request) {}

  std::optional<Refusal> add(const H2FieldSection::Part& part) {
    const Field seen{field_id(part.name), part.name, part.value};
    std::optional<Refusal> refusal = check_h2_field(seen);
    if (refusal.has_value()) return refusal;
    if (seen.id == FieldId::host) return take_host(seen.value);
    if (seen.id == FieldId::cookie) {
      if (!request_.fields.has(FieldId::cookie)) {
        const std::string_view name = keep(bytes_, seen.name);
        request_.fields.add(FieldId::cookie, name, join_crumbs(section_, bytes_));
      }
      return std::nullopt;
    }
    const std::string_view name = keep(bytes_, seen.name);
    request_.fields.add(seen.id, name, keep(bytes_, seen.value));
    return std::nullopt;
  }

 private:
  /// RFC 9113 section 8.3.1; two readings of a name that differ in any byte are refused.
  std::optional<Refusal> take_host(std::string_view value) {
    if (has_host_) return Refusal{400, "Host twice"};
    has_host_ = true;
    if (request_.host.data() != nullptr) {
      if (value == request_.host) return std::nullopt;
      return Refusal{400, "Host is not the authority"};
    }
    if (!is_valid_host(value)) return Refusal{400, "Host is malformed"};
    request_.host = keep(bytes_, value);
    request_.fields.add(FieldId::host, "host", request_.host);
    return std::nullopt;
  }

  const H2FieldSection& section_;
  std::string& bytes_;
  RequestHead& request_;
  bool has_host_ = false;
};

std::optional<Refusal> read_length(H2SectionEnd end, RequestHead& request) {
  Framing framing;
  const std::optional<Refusal> refusal = read_framing(request.fields, HttpVersion::http2, framing);
  if (refusal.has_value()) return refusal;
  if (framing.length.has_value()) {
    if (end == H2SectionEnd::stream_ended && *framing.length != 0) {
      return Refusal{400, "Content-Length, and no body"};
    }
    request.body = BodyLength::known(*framing.length);
  } else if (end == H2SectionEnd::body_follows) {
    request.body = BodyLength::unknown();
  }
  return std::nullopt;
}

/// What is between the two ends of a tunnel is no body (RFC 9110 section 9.3.6): it has no length, and nobody
/// waits for a 100 to send it.
std::optional<Refusal> read_socket(RequestHead& request) {
  if (request.fields.has(FieldId::content_length)) return Refusal{400, "a WebSocket handshake with a body"};
  if (request.fields.has(FieldId::expect)) return Refusal{417, "an expectation of a WebSocket handshake"};
  request.wants_upgrade = true;
  return std::nullopt;
}

std::optional<Refusal> read_expectation(H2SectionEnd end, RequestHead& request) {
  for (const Field& field : request.fields) {
    if (field.id != FieldId::expect) continue;
    if (!equals_ignoring_case(field.value, "100-continue")) return Refusal{417, "an unknown expectation"};
    request.expects_continue = end == H2SectionEnd::body_follows;
  }
  return std::nullopt;
}

/// The pseudo-header fields in front of a section, as views into it (RFC 9113 section 8.3).
std::optional<Refusal> read_pseudo(const H2FieldSection& section, Pseudo& pseudo) {
  std::optional<Refusal> refusal;
  bool is_in_front = true;
  section.each([&](const H2FieldSection::Part& part) {
    if (!part.name.starts_with(':')) {
      is_in_front = false;
      return true;
    }
    std::string_view* known = pseudo.named(part.name);
    if (known == nullptr) {
      refusal = Refusal{400, "an unknown pseudo-header field"};
    } else if (!is_in_front) {
      refusal = Refusal{400, "a pseudo-header field behind others"};
    } else if (known->data() != nullptr) {
      refusal = Refusal{400, "a pseudo-header field twice"};
    } else {
      *known = part.value;
    }
    return !refusal.has_value();
  });
  return refusal;
}

}  // namespace

std::optional<Refusal> check_h2_field(const Field& field) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (!is_token(field.name)) return Refusal{400, "a field name is malformed"};
  if (std::ranges::any_of(field.name, is_upper)) return Refusal{400, "a field name in upper case"};
  if (!is_field_value(field.value)) return Refusal{400, "a field value is malformed"};
  if (is_connection_specific(field.id)) return Refusal{400, "a connection-specific field in HTTP/2"};
  if (field.id == FieldId::te && field.value != "trailers") return Refusal{400, "TE is not trailers"};
  return std::nullopt;
}

void H2FieldSection::begin(const Limits& limits) {
  limits_ = limits;
  bytes_.clear();
  sizes_.clear();
  counted_bytes_ = fields_ = crumbs_ = 0;
  is_within_ = true;
}

void H2FieldSection::forget(std::size_t most_kept) {
  begin({});
  if (bytes_.capacity() > most_kept) bytes_ = std::string();
  if (sizes_.capacity() * sizeof(Sizes) > most_kept) sizes_ = std::vector<Sizes>();
}

bool H2FieldSection::add(std::string_view name, std::string_view value) {
  counted_bytes_ += name.size() + value.size() + kFieldRest;
  const bool is_crumb = name == "cookie";
  ++(is_crumb ? crumbs_ : fields_);
  is_within_ = is_within_ && counted_bytes_ <= limits_.bytes && fields_ <= limits_.fields + kPseudoFields &&
               crumbs_ <= kMaxCookieCrumbs;
  if (is_within_) {
    bytes_.append(name).append(value);
    sizes_.push_back({static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
    return true;
  }
  const std::size_t most_fields = limits_.fields + kPseudoFields + kMaxCookieCrumbs;
  return counted_bytes_ <= limits_.bytes * kMaxDecodedFactor &&
         fields_ + crumbs_ <= most_fields * kMaxDecodedFactor;
}

std::optional<Refusal> read_h2_request(const H2FieldSection& section, const ServerLimits& limits,
                                       H2SectionEnd end, std::string& bytes, RequestHead& request) {
  Fields fields = std::move(request.fields);
  fields.clear();
  request = RequestHead();
  request.fields = std::move(fields);
  request.version = HttpVersion::http2;
  if (!section.is_within_limits()) return Refusal{431, "too many fields, or too many bytes of fields"};
  bytes.clear();
  bytes.reserve(section.bytes() + 2 * section.size());  // joined crumbs are longer: "; " each

  Pseudo pseudo;
  std::optional<Refusal> refusal = read_pseudo(section, pseudo);
  if (refusal.has_value()) return refusal;
  refusal = check_pseudo(pseudo, limits);
  if (refusal.has_value()) return refusal;
  // A WebSocket looks as over HTTP/1.1, so that one rule judges both.
  request.method = pseudo.is_connect() ? std::string_view("GET") : keep(bytes, pseudo.method);
  request.target = keep(bytes, pseudo.path);
  if (pseudo.authority.data() != nullptr) {
    if (!is_valid_host(pseudo.authority)) return Refusal{400, "the authority is malformed"};
    request.host = keep(bytes, pseudo.authority);
    request.fields.add(FieldId::host, "host", request.host);
  }
  if (pseudo.is_connect()) request.fields.add(FieldId::upgrade, "upgrade", kWebSocket);
  RegularFields regular(section, bytes, request);
  section.each([&](const H2FieldSection::Part& part) {
    if (!part.name.starts_with(':')) refusal = regular.add(part);
    return !refusal.has_value();
  });
  if (refusal.has_value()) return refusal;
  if (request.host.data() == nullptr) return Refusal{400, "no authority and no Host"};
  if (pseudo.is_connect()) return read_socket(request);
  refusal = read_length(end, request);
  if (refusal.has_value()) return refusal;
  return read_expectation(end, request);
}

std::optional<Refusal> read_h2_trailers(const H2FieldSection& section, std::string& bytes, Fields& fields) {
  if (!section.is_within_limits()) return Refusal{400, "the trailer section is too large"};
  bytes.clear();
  bytes.reserve(section.bytes());
  fields.clear();
  std::optional<Refusal> refusal;
  section.each([&](const H2FieldSection::Part& part) {
    const std::string_view name = keep(bytes, part.name);
    const Field field{field_id(name), name, keep(bytes, part.value)};
    refusal = check_h2_field(field);  // a pseudo-header field is no token
    fields.add(field);
    return !refusal.has_value();
  });
  remove_forbidden_trailers(fields);
  return refusal;
}

}  // namespace core
