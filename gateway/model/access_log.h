// One line an exchange: text on a terminal, JSON, or the combined format. No query, cookie, token or body is
// ever in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/net/address.h"
#include "gateway/model/identity.h"

namespace gateway {

enum class AccessFormat { text, json, combined };

/// What is known of an exchange at its end. Views must live until write() returns.
struct AccessRecord {
  core::WallTime started;
  core::Duration duration{0};
  std::string_view client;
  std::string_view peer;  ///< who holds the other end of the connection
  std::string_view method;
  std::string_view protocol = "HTTP/1.1";
  std::string_view scheme;
  std::string_view host;
  std::string_view path;
  std::string_view user_agent;
  std::string_view referer;   ///< without its query
  std::string_view route;     ///< empty: none matched
  std::string_view upstream;  ///< address asked; empty: none
  std::string_view user;      ///< e-mail or subject of the session; empty: none
  std::string_view request_id;
  std::string_view trace_id;         ///< empty: not traced
  std::string_view span_id;          ///< the same
  std::string_view reason;           ///< why the gateway itself answered
  int status = 0;                    ///< 0: ended without an answer
  std::uint64_t bytes_sent = 0;      ///< of the response body
  std::uint64_t bytes_received = 0;  ///< of the request body
  std::string owned_reason;          ///< keeps `reason` when it is not a literal
  std::string owned_upstream;
  std::shared_ptr<const Identity> identity;  ///< keeps `user`
  /// "1.0", "1.1" or "2", as OpenTelemetry has it.
  [[nodiscard]] std::string_view protocol_version() const;
};

/// One a worker. Null sink: off.
class AccessLog {
 public:
  AccessLog(core::LogSink* sink, AccessFormat format) : sink_(sink), format_(format) {}
  [[nodiscard]] bool is_on() const { return sink_ != nullptr; }
  void write(const AccessRecord& record);

 private:
  core::LogSink* sink_;
  AccessFormat format_;
  std::string line_;
};

}  // namespace gateway
