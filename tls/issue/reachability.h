// Before a first order: does the name lead here at all? Asks ourselves over the Internet's own way (the
// name's addresses, port 80) for an http-01 answer that only we, or a replica with our account, can give.
// Warns in time, so that no failed validation is spent; proves nothing.
#pragma once

#include <string>

#include "core/crypto/random.h"
#include "core/http/client.h"
#include "core/loop/flow.h"

namespace tls {

struct SelfTestParts {
  core::HttpClient& http;
  core::Random& random;
  std::string thumbprint;
};

/// Ends well if http://name/.well-known/acme-challenge/TOKEN is answered by us. The error says what happens
/// instead and what to look at.
core::Flow<> points_here(SelfTestParts parts, std::string name);

}  // namespace tls
