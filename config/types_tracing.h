// tracing: spans of requests, sent to a collector.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/position.h"
#include "config/types_secret.h"
#include "core/text/url.h"

namespace config {

/// What is made of the trace that a client says its request belongs to.
enum class InboundTrace {
  restart,     ///< a new one, linked to the client's
  continue_it  ///< the same; only of proxies that are trusted, where there are such
};

struct Tracing {
  core::Url otlp;  ///< where spans are posted: path included
  /// Of each such request, in the order of the file.
  std::vector<std::pair<std::string, ConfiguredSecret>> headers;
  std::string ca;  ///< PEM file; empty: the system's roots
  InboundTrace inbound = InboundTrace::restart;
  double sample = 1;  ///< share of traces that begin here, 0 to 1
  std::string service_name = "gateway";
  Position at;
  friend bool operator==(const Tracing&, const Tracing&) = default;
};

}  // namespace config
