// What the query of a question at PREFIX/auth narrows its answer to: allowed_groups, allowed_emails and
// allowed_email_domains, as a proxy that used to ask oauth2-proxy still sends them. They take away from what
// the policy admits and never add to it.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "gateway/model/identity.h"

namespace gateway {

class AuthNarrowing {
 public:
  /// `query` begins with "?" or is empty. Malformed: one of the parameters twice or without any value,
  /// another one called allowed_…, and what is no form at all: what was meant as a bound must not be lost.
  static core::Result<AuthNarrowing> read(std::string_view query);

  [[nodiscard]] bool asks() const { return !groups_.empty() || !emails_.empty() || !domains_.empty(); }
  /// Whether one of each kind that was sent is this person's. Groups are compared byte by byte, e-mail only
  /// where it counts. A domain that begins with "." or "*." stands for all below it.
  [[nodiscard]] bool admits(const Identity& identity) const;

 private:
  std::vector<std::string> groups_;
  std::vector<std::string> emails_;   ///< in lower case
  std::vector<std::string> domains_;  ///< in lower case
};

}  // namespace gateway
