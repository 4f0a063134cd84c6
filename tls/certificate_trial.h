// What loading leaves to the first handshake, tried beforehand: OpenSSL's objects are built and shown under
// the settings of our listeners. Not how a certificate is loaded (certificate.h), nor what clients think of
// it.
#pragma once

#include "core/loop/flow.h"
#include "tls/certificate.h"

namespace tls {

/// A millisecond, and what OpenSSL keeps of it stays with `certificate`: try one that is thrown away where
/// that counts. The error names the source and what OpenSSL says.
core::Result<core::Done> try_out(const Certificate& certificate);

}  // namespace tls
