#include "gateway/model/trace.h"

#include <algorithm>
#include <span>

#include "core/text/protobuf.h"
#include "core/text/utf8.h"

namespace gateway {
namespace {

using core::ProtobufWriter;

// Numbers of trace.proto and common.proto.
namespace scope_spans {
constexpr unsigned kSpans = 2;
}
namespace span_field {
constexpr unsigned kTrace = 1;
constexpr unsigned kSpan = 2;
constexpr unsigned kState = 3;
constexpr unsigned kParent = 4;
constexpr unsigned kName = 5;
constexpr unsigned kKind = 6;
constexpr unsigned kBegan = 7;
constexpr unsigned kEnded = 8;
constexpr unsigned kAttributes = 9;
constexpr unsigned kLinks = 13;
constexpr unsigned kStatus = 15;
constexpr unsigned kFlags = 16;
}  // namespace span_field
namespace link_field {
constexpr unsigned kTrace = 1;
constexpr unsigned kSpan = 2;
constexpr unsigned kFlags = 6;
}  // namespace link_field
constexpr unsigned kStatusCode = 3;
constexpr unsigned kKeyField = 1;
constexpr unsigned kValueField = 2;
constexpr unsigned kTextValue = 1;
constexpr unsigned kNumberValue = 3;

enum class Kind : std::uint8_t { server = 2, client = 3 };
constexpr std::uint64_t kStatusError = 2;
constexpr std::uint32_t kSampled = 0x01;
/// Whether the parent is of another process is known; and whether it is.
constexpr std::uint32_t kRemoteKnown = 0x100;
constexpr std::uint32_t kRemote = 0x200;
constexpr std::size_t kMostText = 1024;  // of one attribute; more is cut off

std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint64_t nanoseconds_of(core::WallTime time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(since, 0));
}

void add_text(ProtobufWriter& out, std::string_view name, std::string_view value) {
  out.message(span_field::kAttributes, [name, value](ProtobufWriter& pair) {
    pair.bytes(kKeyField, name);
    pair.message(kValueField, [value](ProtobufWriter& any) { any.bytes(kTextValue, value); });
  });
}

/// A string that is no UTF-8 makes a collector refuse the whole message, with the spans of everybody else.
void add(ProtobufWriter& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (value.size() <= kMostText && core::is_displayable_text(value)) return add_text(out, name, value);
  add_text(out, name, core::showable_text(value, kMostText));
}

void add(ProtobufWriter& out, std::string_view name, std::uint64_t value) {
  if (value == 0) return;
  out.message(span_field::kAttributes, [name, value](ProtobufWriter& pair) {
    pair.bytes(kKeyField, name);
    pair.message(kValueField, [value](ProtobufWriter& any) { any.number(kNumberValue, value); });
  });
}

/// A client may choose any method; names of spans and their attributes must not grow without end.
bool is_known(std::string_view method) {
  constexpr std::array<std::string_view, 9> kKnown{"GET",    "HEAD",    "POST",    "PUT",  "PATCH",
                                                   "DELETE", "OPTIONS", "CONNECT", "TRACE"};
  return std::ranges::find(kKnown, method) != kKnown.end();
}

void add_name(ProtobufWriter& out, std::string_view method, std::string_view what) {
  std::string name(is_known(method) ? method : "HTTP");
  if (!what.empty()) name.append(" ").append(what);
  out.bytes(span_field::kName, name);
}

void add_method(ProtobufWriter& out, std::string_view method) {
  add(out, "http.request.method", is_known(method) ? method : "_OTHER");
  if (!is_known(method)) add(out, "http.request.method_original", method);
}

void add_time(ProtobufWriter& out, const SpanTime& time) {
  const std::uint64_t began = nanoseconds_of(time.began);
  out.fixed64(span_field::kBegan, began);
  out.fixed64(span_field::kEnded,
              began + static_cast<std::uint64_t>(std::max<std::int64_t>(time.took.count(), 0)));
}

void add_head(ProtobufWriter& out, const Trace& trace, const core::SpanId& id, Kind kind) {
  out.bytes(span_field::kTrace, text_of(trace.own.trace));
  out.bytes(span_field::kSpan, text_of(id));
  if (!trace.state.empty()) out.bytes(span_field::kState, trace.state);
  out.number(span_field::kKind, static_cast<std::uint64_t>(kind));
}

void add_failure(ProtobufWriter& out, std::string_view error) {
  add(out, "error.type", error);
  out.message(span_field::kStatus, [](ProtobufWriter& status) { status.number(kStatusCode, kStatusError); });
}

/// `http://name:port` as name and port; anything else as it is.
void add_server(ProtobufWriter& out, std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  if (scheme != std::string_view::npos) origin.remove_prefix(scheme + 3);
  const std::size_t colon = origin.rfind(':');
  std::uint64_t port = 0;
  if (colon != std::string_view::npos && origin.find(']', colon) == std::string_view::npos) {
    for (const char c : origin.substr(colon + 1)) port = c >= '0' && c <= '9' ? port * 10 + (c - '0') : 0;
    if (port > 0 && port <= 0xffff) origin = origin.substr(0, colon);
  }
  add(out, "server.address", origin);
  add(out, "server.port", port <= 0xffff ? port : 0);
}

}  // namespace

void append_span(std::string& out, const Trace& trace, const ServerSpan& span) {
  ProtobufWriter(out).message(scope_spans::kSpans, [&](ProtobufWriter& fields) {
    add_head(fields, trace, trace.own.span, Kind::server);
    if (trace.parent) fields.bytes(span_field::kParent, text_of(*trace.parent));
    add_name(fields, span.method, span.route);
    add_time(fields, span.time);
    add_method(fields, span.method);
    add(fields, "url.scheme", span.scheme);
    add(fields, "url.path", span.path);
    add(fields, "server.address", span.host);
    add(fields, "server.port", span.port);
    add(fields, "http.route", span.route);
    add(fields, "http.response.status_code", static_cast<std::uint64_t>(span.status));
    add(fields, "client.address", span.client);
    add(fields, "network.protocol.version", span.protocol);
    add(fields, "user_agent.original", span.user_agent);
    if (trace.linked) {
      fields.message(span_field::kLinks, [&trace](ProtobufWriter& link) {
        link.bytes(link_field::kTrace, text_of(trace.linked->trace));
        link.bytes(link_field::kSpan, text_of(trace.linked->span));
        link.fixed32(link_field::kFlags, kRemoteKnown | kRemote | (trace.linked->is_sampled ? kSampled : 0));
      });
    }
    if (!span.error.empty()) {
      add_failure(fields, span.error);
    } else if (span.status >= 500) {
      add_failure(fields, std::to_string(span.status));
    }
    fields.fixed32(span_field::kFlags, kSampled | kRemoteKnown | (trace.parent ? kRemote : 0));
  });
}

void append_span(std::string& out, const Trace& trace, const core::SpanId& id, const ClientSpan& span) {
  ProtobufWriter(out).message(scope_spans::kSpans, [&](ProtobufWriter& fields) {
    add_head(fields, trace, id, Kind::client);
    fields.bytes(span_field::kParent, text_of(trace.own.span));
    add_name(fields, span.method, {});
    add_time(fields, span.time);
    add_method(fields, span.method);
    add_server(fields, span.origin);
    add(fields, "http.response.status_code", static_cast<std::uint64_t>(span.status));
    add(fields, "http.request.resend_count", span.resent);
    if (!span.error.empty()) {
      add_failure(fields, span.error);
    } else if (span.status >= 400) {
      // Of a client's span, unlike of a server's, 4xx is a failure, too.
      add_failure(fields, std::to_string(span.status));
    }
    fields.fixed32(span_field::kFlags, kSampled | kRemoteKnown);
  });
}

}  // namespace gateway
