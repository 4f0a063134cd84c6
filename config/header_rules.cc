#include "config/header_rules.h"

#include <algorithm>
#include <array>

#include "config/identity.h"

namespace config {
namespace {

constexpr std::array<std::string_view, 15> kHopByHop{"connection",
                                                     "content-length",
                                                     "expect",
                                                     "http2-settings",
                                                     "keep-alive",
                                                     "proxy",
                                                     "proxy-authenticate",
                                                     "te",
                                                     "trailer",
                                                     "proxy-authorization",
                                                     "proxy-connection",
                                                     "transfer-encoding",
                                                     "upgrade",
                                                     "via",
                                                     "host"};
constexpr std::array<std::string_view, 7> kForwarding{"forwarded",       "x-real-ip",     "x-request-id",
                                                      "x-original-url",  "x-rewrite-url", "true-client-ip",
                                                      "cf-connecting-ip"};
constexpr std::string_view kFraming = "it frames the message or belongs to one connection";
constexpr std::string_view kForwardingReason = "the gateway itself says where a request comes from";
constexpr std::string_view kNoAddress = "it says something else than an address";

template <typename List>
bool contains(const List& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

bool is_framing(std::string_view folded) {
  return contains(kHopByHop, folded) || folded.starts_with("sec-websocket-");
}

bool is_preset_field(std::string_view folded) {
  return std::ranges::any_of(identity_field_names(),
                             [folded](std::string_view name) { return folded_name(name) == folded; });
}

bool is_forwarding(std::string_view folded) {
  if (contains(kForwarding, folded) || folded.starts_with("x-original-")) return true;
  return folded.starts_with("x-forwarded-") && !is_preset_field(folded);
}

}  // namespace

std::string folded_name(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_' || c == '.') c = '-';
  }
  return folded;
}

std::string_view reserved_in_requests(std::string_view name) {
  const std::string folded = folded_name(name);
  if (folded == "host") return "which Host the upstream sees is upstream_host's business";
  if (is_framing(folded)) return kFraming;
  if (folded == "cookie") return "the gateway removes its own cookies there and leaves the rest";
  if (is_forwarding(folded)) return kForwardingReason;
  if (is_preset_field(folded)) return "it carries the identity: use identity";
  return {};
}

std::string_view reserved_in_matches(std::string_view name) {
  const std::string folded = folded_name(name);
  if (folded == "host") return "use host";
  if (is_framing(folded)) return kFraming;
  if (folded == "cookie" || folded == "authorization") return "it holds secrets, which a route does not know";
  if (is_forwarding(folded) || is_preset_field(folded)) return "what a client says there is not believed";
  return {};
}

std::string_view reserved_in_responses(std::string_view name) {
  const std::string folded = folded_name(name);
  if (is_framing(folded)) return kFraming;
  if (folded == "set-cookie") return "cookies are the app's or the gateway's own";
  if (folded == "alt-svc") return "only the gateway can say where else it is reached";
  if (folded == "date") return "the gateway writes it";
  return {};
}

std::string_view reserved_as_identity(std::string_view name) {
  const std::string folded = folded_name(name);
  if (is_framing(folded)) return kFraming;
  if (folded == "cookie") return "cookies cannot carry the identity";
  if (folded == "authorization") return "it is the client's and the app's own";
  if (is_forwarding(folded)) return kForwardingReason;
  return {};
}

std::string_view reserved_as_client_address(std::string_view name) {
  const std::string folded = folded_name(name);
  if (folded == "host" || is_framing(folded)) return kFraming;
  if (folded == "cookie" || folded == "authorization" || is_preset_field(folded)) return kNoAddress;
  // Of this family one member alone is an address: -Host, -Proto, -Port and the rest say other things.
  if (folded.starts_with("x-forwarded-") && folded != "x-forwarded-for") return kNoAddress;
  return {};
}

}  // namespace config
