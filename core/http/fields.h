// An ordered list of header or trailer fields, as views into what the session keeps for the exchange. Nothing
// is copied, joined or sorted: order and repetition are the peer's own (RFC 9110 section 5.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace core {

/// Names that the gateway itself looks at, so that a look-up is an integer compare. `other`: any other name.
enum class FieldId : std::uint8_t {
  other,
  accept,
  accept_encoding,
  alt_svc,
  authorization,
  connection,
  content_encoding,
  content_length,
  content_type,
  cookie,
  date,
  expect,
  forwarded,
  host,
  http2_settings,
  keep_alive,
  location,
  max_forwards,
  origin,
  proxy,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  referer,
  refresh,
  retry_after,
  sec_fetch_dest,
  sec_fetch_mode,
  sec_fetch_site,
  sec_purpose,
  sec_websocket_accept,
  sec_websocket_extensions,
  sec_websocket_key,
  sec_websocket_protocol,
  sec_websocket_version,
  server,
  set_cookie,
  te,
  traceparent,
  tracestate,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  via,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_port,
  x_forwarded_proto,
  x_real_ip,
  x_request_id,
  x_requested_with,
};

/// The id of a field name, compared without case; `other` for names not listed.
FieldId field_id(std::string_view name);
/// The name as we write it ("Content-Length"). Requires: not `other`.
std::string_view field_name(FieldId id);
/// Whether `name` is a token (RFC 9110 section 5.6.2), not empty.
bool is_token(std::string_view name);
/// Whether `value` holds only field-vchar, SP, HTAB and obs-text, without white space at its ends
/// (section 5.5).
bool is_field_value(std::string_view value);

struct Field {
  FieldId id = FieldId::other;
  std::string_view name;
  std::string_view value;
};

class Fields {
 public:
  void add(FieldId id, std::string_view value) { list_.push_back({id, field_name(id), value}); }
  void add(std::string_view name, std::string_view value) { list_.push_back({field_id(name), name, value}); }
  void add(FieldId id, std::string_view name, std::string_view value) { list_.push_back({id, name, value}); }
  void add(const Field& field) { list_.push_back(field); }
  /// Forgets all fields, keeps the memory.
  void clear() { list_.clear(); }
  void reserve(std::size_t count) { list_.reserve(count); }

  /// The first value of that name.
  [[nodiscard]] std::optional<std::string_view> find(FieldId id) const;
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t count(FieldId id) const;
  [[nodiscard]] bool has(FieldId id) const { return count(id) != 0; }
  /// Whether a comma list of tokens in any field of that name holds `token`, compared without case.
  [[nodiscard]] bool list_has(FieldId id, std::string_view token) const;
  /// Removes every field for which `predicate(const Field&)` says true, keeping the order of the rest.
  template <typename Predicate>
  std::size_t remove_if(Predicate predicate) {
    return std::erase_if(list_, predicate);
  }

  [[nodiscard]] std::size_t size() const { return list_.size(); }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] auto begin() const { return list_.begin(); }
  [[nodiscard]] auto end() const { return list_.end(); }
  [[nodiscard]] auto begin() { return list_.begin(); }
  [[nodiscard]] auto end() { return list_.end(); }

 private:
  std::vector<Field> list_;
};

/// Removes Connection, every field it names (but never Host, Content-Length, Cookie, Authorization), and
/// Keep-Alive, Proxy-Connection, TE, Transfer-Encoding, Trailer, Upgrade, HTTP2-Settings, Proxy,
/// Proxy-Authenticate, Proxy-Authorization (RFC 9110 section 7.6.1). Called before the gateway adds its own
/// fields, so that Connection can only ever remove what the peer itself sent. The parser bounds the options
/// of Connection (kMaxConnectionOptions).
void remove_hop_by_hop(Fields& fields);

/// Compares two ASCII strings without case.
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace core
