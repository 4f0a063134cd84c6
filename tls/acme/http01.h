// http-01 (RFC 8555 section 8.3): nothing to present, for the listeners answer from the account's key alone
// (tls/challenge_answers.h).
#pragma once

#include "tls/acme/challenge.h"

namespace tls {

class Http01 final : public Challenge {
 public:
  [[nodiscard]] std::string_view type() const override { return "http-01"; }
  [[nodiscard]] bool can_prove(std::string_view identifier, bool is_wildcard) const override;
  core::Flow<> present(Proof proof) override;
  core::Flow<> wait_until_visible(Proof proof) override;
  core::Flow<> withdraw(Proof proof) override;
};

}  // namespace tls
