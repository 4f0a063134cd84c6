#include "core/kubernetes/slice.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace core {
namespace {

constexpr std::string_view kKind = "EndpointSlice";
constexpr std::string_view kVersion = "discovery.k8s.io/v1";
constexpr std::string_view kServiceLabel = "kubernetes.io/service-name";
constexpr std::size_t kMaxNameBytes = 253;
constexpr std::size_t kMaxZoneBytes = 253;
constexpr std::size_t kMaxHints = 64;
constexpr std::size_t kMaxVersionBytes = 128;
constexpr std::size_t kMaxContinueBytes = 8UL * 1024;
constexpr std::size_t kMaxAddresses = 100;
constexpr std::size_t kMaxMessageBytes = 300;
constexpr int kGone = 410;

std::unexpected<Error> malformed(std::string text) {
  return failure(ErrorKind::malformed, Side::us, "kubernetes: " + std::move(text));
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

/// A member that may be absent or null, which are the same to the API.
const Json* member(const Json& object, std::string_view name) {
  const Json* found = object.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

/// Text of visible ASCII; empty if it is not there.
Result<std::string> text_at(const Json& object, std::string_view name, std::size_t most) {
  const Json* found = member(object, name);
  if (found == nullptr) return std::string();
  const auto text = found->as_string();
  if (!text || text->size() > most || !is_visible(*text))
    return malformed(fmt::format("{} is no text of an API", name));
  return std::string(*text);
}

Result<bool> flag_at(const Json& object, std::string_view name, bool otherwise) {
  const Json* found = member(object, name);
  if (found == nullptr) return otherwise;
  const auto flag = found->as_boolean();
  if (!flag) return malformed(fmt::format("{} is neither true nor false", name));
  return *flag;
}

/// The elements of a list that may be absent; a failure for what is no list.
Result<std::span<const Json>> list_at(const Json& object, std::string_view name, std::size_t most) {
  const Json* found = member(object, name);
  if (found == nullptr) return std::span<const Json>();
  if (!found->is_array()) return malformed(fmt::format("{} is no list", name));
  if (found->elements().size() > most)
    return failure(ErrorKind::too_large, Side::us, fmt::format("kubernetes: over {} {}", most, name));
  return found->elements();
}

enum class Family { v4, v6, names };

Result<Family> family_of(const Json& object) {
  const auto type = object.string_at("addressType");
  if (type == "IPv4") return Family::v4;
  if (type == "IPv6") return Family::v6;
  if (type == "FQDN") return Family::names;
  return malformed("an EndpointSlice of no addressType that is known");
}

/// Whether nobody who is no part of this machine or its link could have it.
bool is_special(const IpAddress& address) {
  const auto& bytes = address.bytes();
  const bool is_unspecified = std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
  const bool is_multicast = address.is_v4() ? bytes[0] >= 224 : bytes[0] == 0xff;
  return is_unspecified || is_multicast || address.is_link_local() || (address.is_v4() && bytes[0] == 0);
}

/// The first of its addresses: all are the same to who asks.
Result<IpAddress> address_of(const Json& endpoint, Family family, const SliceScope& scope) {
  const auto addresses = list_at(endpoint, "addresses", kMaxAddresses);
  if (!addresses) return failure(addresses.error());
  const auto text = addresses->empty() ? std::nullopt : addresses->front().as_string();
  if (!text) return malformed("an endpoint without an address");
  const Result<IpAddress> address = IpAddress::parse(*text);
  if (!address || address->is_v4() != (family == Family::v4))
    return malformed("an endpoint whose address is none of its addressType");
  if (is_special(*address) || (address->is_loopback() && !scope.takes_loopback))
    return malformed(fmt::format("an endpoint at {}, where no pod can be", address->text()));
  return *address;
}

Result<void> read_conditions(const Json& endpoint, SliceEndpoint& out) {
  const Json* conditions = member(endpoint, "conditions");
  if (conditions == nullptr) return {};
  if (!conditions->is_object()) return malformed("conditions are no object");
  const auto is_ready = flag_at(*conditions, "ready", true);
  if (!is_ready) return failure(is_ready.error());
  const auto is_serving = flag_at(*conditions, "serving", *is_ready);
  if (!is_serving) return failure(is_serving.error());
  const auto is_terminating = flag_at(*conditions, "terminating", false);
  if (!is_terminating) return failure(is_terminating.error());
  out.is_ready = *is_ready;
  out.is_serving = *is_serving;
  out.is_terminating = *is_terminating;
  return {};
}

Result<void> read_hints(const Json& endpoint, SliceEndpoint& out) {
  const Json* hints = member(endpoint, "hints");
  if (hints == nullptr) return {};
  if (!hints->is_object()) return malformed("hints are no object");
  const auto zones = list_at(*hints, "forZones", kMaxHints);
  if (!zones) return failure(zones.error());
  for (const Json& zone : *zones) {
    auto name = text_at(zone, "name", kMaxZoneBytes);
    if (!name) return failure(std::move(name.error()));
    out.hinted_zones.push_back(std::move(*name));
  }
  return {};
}

Result<SliceEndpoint> read_endpoint(const Json& endpoint, Family family, const SliceScope& scope) {
  SliceEndpoint out;
  const auto address = address_of(endpoint, family, scope);
  if (!address) return failure(address.error());
  out.address = *address;
  Result<void> read = read_conditions(endpoint, out);
  if (read) read = read_hints(endpoint, out);
  if (!read) return failure(std::move(read.error()));
  auto zone = text_at(endpoint, "zone", kMaxZoneBytes);
  if (!zone) return failure(std::move(zone.error()));
  out.zone = std::move(*zone);
  return out;
}

Result<SlicePort> read_port(const Json& port) {
  SlicePort out;
  auto name = text_at(port, "name", kMaxNameBytes);
  if (!name) return failure(std::move(name.error()));
  out.name = std::move(*name);
  const auto protocol = text_at(port, "protocol", kMaxNameBytes);
  if (!protocol) return failure(protocol.error());
  out.is_tcp = protocol->empty() || *protocol == "TCP";
  if (const Json* number = member(port, "port")) {
    const auto value = number->as_integer();
    if (!value || *value < 1 || *value > 65'535) return malformed("a port that is none");
    out.port = static_cast<std::uint16_t>(*value);
  }
  return out;
}

/// Its name and version, if it is one of the scope's.
Result<void> read_metadata(const Json& object, const SliceScope& scope, EndpointSlice& out) {
  // Within a list, objects do not say what they are.
  const bool is_slice = object.is_object() && object.string_at("kind").value_or(kKind) == kKind &&
                        object.string_at("apiVersion").value_or(kVersion) == kVersion;
  const Json* metadata = is_slice ? member(object, "metadata") : nullptr;
  if (metadata == nullptr) return malformed("an object that is no EndpointSlice");
  auto name = text_at(*metadata, "name", kMaxNameBytes);
  if (!name) return failure(std::move(name.error()));
  auto version = text_at(*metadata, "resourceVersion", kMaxVersionBytes);
  if (!version) return failure(std::move(version.error()));
  const Json* labels = member(*metadata, "labels");
  const bool is_ours = metadata->string_at("namespace") == scope.space && labels != nullptr &&
                       labels->string_at(kServiceLabel) == scope.service;
  if (name->empty() || !is_ours) return malformed("an EndpointSlice of another service");
  out.name = std::move(*name);
  out.version = std::move(*version);
  return {};
}

std::string message_of(const Json& status) {
  std::string message(status.string_at("message").value_or("no message").substr(0, kMaxMessageBytes));
  std::ranges::replace_if(message, [](char c) { return c < ' ' || c > '~'; }, '?');
  return message;
}

std::unexpected<Error> error_of(const Json& status) {
  const auto code = status.integer_at("code").value_or(0);
  std::string text = fmt::format("kubernetes: the watch ends: {} {}", code, message_of(status));
  return failure(code == kGone ? ErrorKind::closed : ErrorKind::unavailable, Side::us, std::move(text),
                 Retry::later);
}

Result<SliceEvent> read_bookmark(const Json& object) {
  const Json* metadata = member(object, "metadata");
  if (metadata == nullptr) return malformed("a bookmark without metadata");
  auto version = text_at(*metadata, "resourceVersion", kMaxVersionBytes);
  if (!version) return failure(std::move(version.error()));
  SliceEvent event;
  event.slice.version = std::move(*version);
  return event;
}

Result<SliceEvent> read_removal(const Json& object, const SliceScope& scope) {
  SliceEvent event;
  event.kind = SliceEvent::Kind::removed;
  Result<void> read = read_metadata(object, scope, event.slice);
  if (!read) return failure(std::move(read.error()));
  return event;
}

}  // namespace

Result<EndpointSlice> parse_slice(const Json& object, const SliceScope& scope) {
  EndpointSlice slice;
  Result<void> read = read_metadata(object, scope, slice);
  if (!read) return failure(std::move(read.error()));
  const auto family = family_of(object);
  if (!family) return failure(family.error());
  if (*family == Family::names) return slice;
  const auto ports = list_at(object, "ports", kMaxSlicePorts);
  if (!ports) return failure(ports.error());
  for (const Json& port : *ports) {
    auto one = read_port(port);
    if (!one) return failure(std::move(one.error()));
    slice.ports.push_back(std::move(*one));
  }
  const auto endpoints = list_at(object, "endpoints", kMaxSliceEndpoints);
  if (!endpoints) return failure(endpoints.error());
  for (const Json& endpoint : *endpoints) {
    auto one = read_endpoint(endpoint, *family, scope);
    if (!one) return failure(std::move(one.error()));
    slice.endpoints.push_back(std::move(*one));
  }
  return slice;
}

Result<SliceList> parse_slice_list(const Json& answer, const SliceScope& scope) {
  const Json* metadata = member(answer, "metadata");
  const Json* items = answer.find("items");
  const bool is_list = answer.string_at("kind") == "EndpointSliceList" && metadata != nullptr &&
                       items != nullptr && (items->is_array() || items->is_null());
  if (!is_list) return malformed("an answer that is no list of EndpointSlices");
  SliceList list;
  auto version = text_at(*metadata, "resourceVersion", kMaxVersionBytes);
  if (!version) return failure(std::move(version.error()));
  auto next = text_at(*metadata, "continue", kMaxContinueBytes);
  if (!next) return failure(std::move(next.error()));
  list.version = std::move(*version);
  list.next = std::move(*next);
  for (const Json& item : items->elements()) {
    auto slice = parse_slice(item, scope);
    if (!slice) return failure(std::move(slice.error()));
    list.slices.push_back(std::move(*slice));
  }
  return list;
}

Result<SliceEvent> parse_slice_event(std::string_view line, const SliceScope& scope) {
  JsonLimits limits;
  limits.bytes = kMaxSliceBytes;
  limits.values = 100'000;
  const Result<Json> event = Json::parse(line, Side::us, limits);
  if (!event) return malformed("a line of a watch that is no JSON: " + event.error().text);
  const Json* object = member(*event, "object");
  const auto type = event->string_at("type");
  if (object == nullptr || !type) return malformed("a line of a watch that is no event");
  if (type == "ERROR") return error_of(*object);
  if (type == "BOOKMARK") return read_bookmark(*object);
  if (type == "DELETED") return read_removal(*object, scope);
  if (type != "ADDED" && type != "MODIFIED") return malformed("an event of a type that is not known");
  auto slice = parse_slice(*object, scope);
  if (!slice) return failure(std::move(slice.error()));
  return SliceEvent{SliceEvent::Kind::put, std::move(*slice)};
}

}  // namespace core
