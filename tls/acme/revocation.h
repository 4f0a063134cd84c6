// Ending a certificate before its time (RFC 8555 section 7.6), signed by the account that ordered it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/loop/flow.h"
#include "tls/acme/account.h"
#include "tls/acme/client.h"

namespace tls {

/// Why (RFC 5280 section 5.3.1): those that an authority takes from a subscriber.
enum class RevocationReason {
  unspecified = 0,
  key_compromise = 1,
  affiliation_changed = 3,
  superseded = 4,
  cessation_of_operation = 5,
};

/// By its name in RFC 5280 ("keyCompromise"); none for any other.
std::optional<RevocationReason> revocation_reason(std::string_view name);
std::string_view name_of(RevocationReason reason);
/// All names, for messages.
std::string revocation_reasons();

/// What is revoked: the leaf, DER.
struct Revocation {
  std::string certificate;
  RevocationReason reason = RevocationReason::unspecified;
};

/// Ends well if the certificate is revoked, now or before. Borrows both until its end.
core::Flow<> revoke_certificate(AcmeClient* client, AccountBook* accounts, Revocation revocation);

}  // namespace tls
