// What the access token of a machine must say (RFC 9068, RFC 7519), and who it is then. Signature, issuer,
// audience and times are core/crypto/jwt's; of an opaque token its issuer says the same (introspection.h).
#pragma once

#include <string>

#include "config/types_access.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/crypto/jwt.h"
#include "core/text/json.h"
#include "gateway/model/identity.h"
#include "gateway/oidc/claims.h"

namespace gateway {

/// What core::verify_jwt judges. Types: at+jwt; also JWT and none, for many issuers say no more.
core::JwtRules access_token_rules(const config::Client& client);

/// The machine. `claims` are those of a token that holds; `scope` and `scp` become lists of words, so that
/// rules test for one of them. `unverified` for a token that is bound to a key (`cnf`: it is no bearer
/// token), one that says it is for something else (`nonce`, Keycloak's `typ`), and one without a scope that
/// the client needs.
core::Result<Identity> machine_of(const config::Client& client, core::Json claims, core::WallTime expires,
                                  const ClaimPaths& kept);

}  // namespace gateway
