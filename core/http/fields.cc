// The known names, found by a perfect hash that the compiler makes; look-up; what a hop takes out (RFC 9110
// section 7.6.1). Names and values are views: nothing here owns or copies text.
#include "core/http/fields.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "core/http/characters.h"

namespace core {
namespace {

using http_characters::lower;

/// In the order of FieldId, `other` left out.
constexpr std::array<std::string_view, 51> kNames = {"Accept",
                                                     "Accept-Encoding",
                                                     "Alt-Svc",
                                                     "Authorization",
                                                     "Connection",
                                                     "Content-Encoding",
                                                     "Content-Length",
                                                     "Content-Type",
                                                     "Cookie",
                                                     "Date",
                                                     "Expect",
                                                     "Forwarded",
                                                     "Host",
                                                     "HTTP2-Settings",
                                                     "Keep-Alive",
                                                     "Location",
                                                     "Max-Forwards",
                                                     "Origin",
                                                     "Proxy",
                                                     "Proxy-Authenticate",
                                                     "Proxy-Authorization",
                                                     "Proxy-Connection",
                                                     "Referer",
                                                     "Refresh",
                                                     "Retry-After",
                                                     "Sec-Fetch-Dest",
                                                     "Sec-Fetch-Mode",
                                                     "Sec-Fetch-Site",
                                                     "Sec-Purpose",
                                                     "Sec-WebSocket-Accept",
                                                     "Sec-WebSocket-Extensions",
                                                     "Sec-WebSocket-Key",
                                                     "Sec-WebSocket-Protocol",
                                                     "Sec-WebSocket-Version",
                                                     "Server",
                                                     "Set-Cookie",
                                                     "TE",
                                                     "traceparent",
                                                     "tracestate",
                                                     "Trailer",
                                                     "Transfer-Encoding",
                                                     "Upgrade",
                                                     "User-Agent",
                                                     "Via",
                                                     "X-Forwarded-For",
                                                     "X-Forwarded-Host",
                                                     "X-Forwarded-Port",
                                                     "X-Forwarded-Proto",
                                                     "X-Real-IP",
                                                     "X-Request-Id",
                                                     "X-Requested-With"};
static_assert(kNames.size() == static_cast<std::size_t>(FieldId::x_requested_with));

/// Length and three letters tell all names apart: first, last, and fourth from the end.
constexpr std::uint32_t letters(std::string_view name) {
  const std::size_t size = name.size();
  const auto at = [name](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(lower(name[i])));
  };
  return static_cast<std::uint32_t>(size & 0xff) | at(0) << 8 | at(size - 1) << 16 |
         at(size < 4 ? 0 : size - 4) << 24;
}

constexpr std::size_t kSlotBits = 9;
constexpr std::size_t slot_of(std::string_view name, std::uint32_t factor) {
  return (letters(name) * factor) >> (32 - kSlotBits);
}

struct PerfectHash {
  std::uint32_t factor = 0;
  std::array<FieldId, 1U << kSlotBits> slots{};
};

/// Tries factors until no two names share a slot. Runs in the compiler.
consteval PerfectHash make_hash() {
  std::uint32_t factor = 0x9e3779b1;
  for (;; factor = factor * 1664525 + 1013904223) {
    PerfectHash hash{factor | 1, {}};
    bool collides = false;
    for (std::size_t i = 0; i < kNames.size() && !collides; ++i) {
      FieldId& slot = hash.slots[slot_of(kNames[i], hash.factor)];
      collides = slot != FieldId::other;
      slot = static_cast<FieldId>(i + 1);
    }
    if (!collides) return hash;
  }
}
constexpr PerfectHash kHash = make_hash();

/// Whether a Connection field may not take `id` out of the message, whoever names it.
bool is_end_to_end(FieldId id) {
  return id == FieldId::host || id == FieldId::content_length || id == FieldId::cookie ||
         id == FieldId::authorization;
}

bool is_hop_by_hop(FieldId id) {
  switch (id) {
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::transfer_encoding:
    case FieldId::trailer:
    case FieldId::upgrade:
    case FieldId::http2_settings:
    case FieldId::proxy:
    case FieldId::proxy_authenticate:
    case FieldId::proxy_authorization:
      return true;
    default:
      return false;
  }
}

}  // namespace

FieldId field_id(std::string_view name) {
  if (name.empty()) return FieldId::other;
  const FieldId id = kHash.slots[slot_of(name, kHash.factor)];
  if (id == FieldId::other || !equals_ignoring_case(name, field_name(id))) return FieldId::other;
  return id;
}

std::string_view field_name(FieldId id) {
  CHECK(id != FieldId::other);
  return kNames[static_cast<std::size_t>(id) - 1];
}

bool is_token(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, http_characters::is_token_byte);
}

bool is_field_value(std::string_view value) {
  if (value.empty()) return true;
  if (http_characters::is_blank(value.front()) || http_characters::is_blank(value.back())) return false;
  return http_characters::has_no_controls(value);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::optional<std::string_view> Fields::find(FieldId id) const {
  for (const Field& field : list_) {
    if (field.id == id) return field.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
  const FieldId id = field_id(name);
  if (id != FieldId::other) return find(id);
  for (const Field& field : list_) {
    if (field.id == FieldId::other && equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t Fields::count(FieldId id) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(list_, [id](const Field& field) { return field.id == id; }));
}

bool Fields::list_has(FieldId id, std::string_view token) const {
  for (const Field& field : list_) {
    if (field.id != id) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      if (equals_ignoring_case(http_characters::next_element(list), token)) return true;
    }
  }
  return false;
}

void remove_hop_by_hop(Fields& fields) {
  // The list is read while it is compacted: sound, as fields are copied forward and Connection itself stays
  // for now.
  if (fields.has(FieldId::connection)) {
    fields.remove_if([&fields](const Field& field) {
      return !is_hop_by_hop(field.id) && !is_end_to_end(field.id) &&
             fields.list_has(FieldId::connection, field.name);
    });
  }
  fields.remove_if([](const Field& field) { return is_hop_by_hop(field.id); });
}

}  // namespace core
