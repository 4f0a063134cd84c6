// A connection from a balancer: takes the PROXY header off its front before anything else reads it. Used only
// for peers whose header is believed; any other connection goes by untouched.
#pragma once

#include <memory>
#include <optional>

#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/wait.h"
#include "core/net/proxy_protocol.h"
#include "core/net/stream.h"

namespace core {

enum class ProxyHeaderNeed {
  required,  ///< bytes without a header are an error
  optional,  ///< bytes without a header are the connection's own
};

struct ProxiedStream {
  std::unique_ptr<ByteStream> stream;  ///< from the first byte behind the header; read() once by yourself
  std::optional<ProxyHeader> header;   ///< none: there was none, and none was required
};

/// Reads `stream` until its header is complete or known to be absent. Errors of Side::client: malformed (bad,
/// cut off or missing though required), timed_out, and closed when the peer went without a byte, as health
/// checks do. The stream of a failed or cancelled flow is retired. `loop` outlives the flow.
Flow<ProxiedStream> take_proxy_header(Loop& loop, std::unique_ptr<ByteStream> stream, ProxyHeaderNeed need,
                                      Deadline deadline);

}  // namespace core
