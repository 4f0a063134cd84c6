// The provider's tokens of one session, as a route with forward_token sends them to its origin. They leave
// the store for nothing else, and only those that some route of the file forwards.
#pragma once

#include "core/base/secret.h"

namespace gateway {

/// Ready for Authorization ("Bearer …"); empty: the provider gave none, or no route forwards it.
struct ForwardedTokens {
  core::Secret access;
  core::Secret id;
};

}  // namespace gateway
