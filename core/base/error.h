// What went wrong, as a value: its kind, the side at fault, whether trying again may help, and a text for the
// log. The text is for operators; a client sees a fixed sentence and a request id, never this text.
#pragma once

#include <string>
#include <string_view>

namespace core {

/// What happened. Decides the status a client gets and the metric that counts it.
enum class ErrorKind {
  malformed,    ///< the peer broke a protocol or a format
  too_large,    ///< a limit on size or count was passed
  timed_out,    ///< a deadline passed
  unreachable,  ///< no connection could be made (refused, no route, name does not resolve)
  closed,       ///< the peer ended an exchange before it was complete
  refused,      ///< the peer or a policy said no
  unverified,   ///< a signature, certificate, seal or claim did not verify
  not_found,
  conflict,     ///< somebody else holds or changed it
  unsupported,  ///< understood, but not something this program does
  unavailable,  ///< not now: overload, draining, a dependency is down
  internal,     ///< our own fault
};

/// Whose fault it is.
enum class Side { client, origin, provider, authority, storage, configuration, us };

/// Whether the same attempt may be made again.
enum class Retry {
  never,
  safe,   ///< nothing reached the other side, or it said that it processed nothing
  later,  ///< after a pause
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  Side side = Side::us;
  std::string text;
  Retry retry = Retry::never;

  /// The same error with what was being done in front: "exchanging the code: status 503".
  [[nodiscard]] Error during(std::string_view activity) &&;
};

std::string_view name_of(ErrorKind kind);
std::string_view name_of(Side side);

}  // namespace core
