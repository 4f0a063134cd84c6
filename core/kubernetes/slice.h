// EndpointSlices (discovery.k8s.io/v1) as values, from what the API answers: an object, a list, an event of a
// watch. Strict and bounded: what does not fit its type, is of another service, or is longer than any real
// object is refused, with a text for the log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/net/address.h"
#include "core/text/json.h"

namespace core {

inline constexpr std::size_t kMaxSliceBytes = 1024UL * 1024;  ///< of one event; the API's own bound is near
inline constexpr std::size_t kMaxSliceEndpoints = 1000;       ///< the API's own
inline constexpr std::size_t kMaxSlicePorts = 20'000;         ///< the API's own

struct SlicePort {
  std::string name;        ///< empty: the only one
  std::uint16_t port = 0;  ///< 0: all ports
  bool is_tcp = true;
};

struct SliceEndpoint {
  IpAddress address;
  bool is_ready = true;
  bool is_serving = true;  ///< answers, though it may be about to end
  bool is_terminating = false;
  std::string zone;                       ///< where it runs; empty: unknown
  std::vector<std::string> hinted_zones;  ///< whose clients it is meant for
};

struct EndpointSlice {
  std::string name;
  std::string version;
  std::vector<SlicePort> ports;
  std::vector<SliceEndpoint> endpoints;  ///< none of slices of names (addressType FQDN)
};

/// Whose slices are meant.
struct SliceScope {
  std::string space;  ///< the namespace
  std::string service;
  bool takes_loopback = false;  ///< addresses of this machine count: where the API itself has one
};

/// One page.
struct SliceList {
  std::vector<EndpointSlice> slices;
  std::string version;  ///< to watch from
  std::string next;     ///< what the next page begins with; empty: there is none
};

struct SliceEvent {
  enum class Kind { put, removed, bookmark };
  Kind kind = Kind::bookmark;
  EndpointSlice slice;  ///< of a bookmark nothing but the version; of what is removed its name besides
};

Result<EndpointSlice> parse_slice(const Json& object, const SliceScope& scope);
Result<SliceList> parse_slice_list(const Json& answer, const SliceScope& scope);
/// A line of a watch. `closed`: the version that was watched from is kept no more (410): list again.
Result<SliceEvent> parse_slice_event(std::string_view line, const SliceScope& scope);

}  // namespace core
