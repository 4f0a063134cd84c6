// When the authority wants a certificate renewed (ARI, RFC 9773). Advice alone: whatever is wrong with it, a
// certificate is renewed by its lifetime.
#pragma once

#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/loop/flow.h"
#include "tls/acme/client.h"

namespace tls {

/// Between two questions (section 4.3.2): a Retry-After outside is pulled to the nearer end.
inline constexpr PauseBounds kAdvicePause{std::chrono::minutes(1), std::chrono::hours(24),
                                          std::chrono::hours(6)};

struct RenewalInfo {
  core::WallTime window_start;
  core::WallTime window_end;
  std::string explanation;      ///< a page for a person, https; empty: none
  core::Duration ask_again{0};  ///< within kAdvicePause
};

/// A window whose end is not after its start is no advice: an error.
core::Result<RenewalInfo> parse_renewal_info(std::string_view text);
/// "2027-01-02T04:00:00Z", with a fraction or an offset (RFC 3339).
core::Result<core::WallTime> parse_timestamp(std::string_view text);

/// Asks for the certificate with that renewal id; `unsupported` if the authority gives no advice.
core::Flow<RenewalInfo> ask_renewal_info(AcmeClient* client, std::string renewal_id);

}  // namespace tls
