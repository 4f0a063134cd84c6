// The client side: a core::Connector that puts verified TLS on the streams of another. The certificate must
// be valid, lead to a trusted root and name the host (wildcards one label, RFC 9525); there is no way to skip
// that.
#pragma once

#include <memory>

#include "core/base/result.h"
#include "core/loop/loop.h"
#include "core/net/connector.h"
#include "tls/profile.h"
#include "tls/record_scratch.h"

namespace tls {

/// `loop`, `scratch` and `inner` must outlive it, its flows and its streams. Reads the CA file once. Errors
/// of connect() say what is wrong with the certificate (expired and when, unknown issuer and which, for which
/// names it is) and have kind unverified; other failures of the handshake are `unreachable`. Nothing of the
/// request has been sent then.
core::Result<std::unique_ptr<core::Connector>> make_connector(core::Loop& loop, RecordScratch& scratch,
                                                              core::Connector& inner,
                                                              const ClientOptions& options);

}  // namespace tls
