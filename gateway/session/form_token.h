// Tokens in the forms of the gateway's own pages, so that nobody but a page that we gave to this very session
// can send them (CSRF): sealed, bound to the session, the host, the action and what it is about, good for
// twelve hours. A second line of defence besides what the browser says of where the form came from.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/crypto/random.h"
#include "core/crypto/seal.h"
#include "gateway/model/identity.h"
#include "gateway/model/request.h"
#include "gateway/model/stranger_audit.h"

namespace gateway {

inline constexpr std::chrono::hours kFormTokenLifetime{12};

/// Whether the browser says that a page of this very origin sent this form: Sec-Fetch-Site, else Origin; and
/// not a script of such a page (Sec-Fetch-Mode).
bool is_own_form(const Request& request);

/// One worker's.
class FormTokens {
 public:
  /// `strangers` (borrowed) hears of tokens that do not count.
  FormTokens(const core::KeyRing& keys, core::Random& random, const StrangerAudit& strangers);
  /// `action` is the form's, a constant; `about` whatever must be known when it comes back, which the person
  /// can read nothing of.
  [[nodiscard]] std::string make(const Request& request, const Identity& identity, std::string_view action,
                                 std::string_view about);
  /// What it is about; `unverified` for anything but a token of this session, host and action that is young
  /// enough, and for a form of another origin. `token` is the form's field as it was read: a form without one
  /// is a refusal like the others, and is heard of.
  [[nodiscard]] core::Result<std::string> take(const Request& request, const Identity& identity,
                                               std::string_view action, core::Result<std::string_view> token);

 private:
  core::Result<std::string> open(const Request& request, const Identity& identity, std::string_view action,
                                 const core::Result<std::string_view>& token);

  core::Sealer sealer_;
  const StrangerAudit& strangers_;
};

}  // namespace gateway
