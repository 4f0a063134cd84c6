// What listeners answer to a certificate authority that validates our names: a snapshot that control
// publishes and every worker reads. http-01 needs the account key's thumbprint alone, so any replica can
// answer for any order (RFC 8555 section 8.3); tls-alpn-01 needs a certificate made for the occasion (RFC
// 8737).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "tls/certificate.h"

namespace tls {

/// The protocol of tls-alpn-01 (RFC 8737 section 6.2), spoken to nobody else.
inline constexpr std::string_view kChallengeProtocol = "acme-tls/1";
inline constexpr std::string_view kChallengePath = "/.well-known/acme-challenge/";

struct ChallengeAnswers {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::string thumbprint;  ///< empty: there is no account yet, nothing is answered
  std::unordered_set<std::string, Hash, std::equal_to<>> hosts;  ///< given to ACME, normal form, no wildcards
  /// Of pending tls-alpn-01 challenges, by the server name that asks for them.
  std::unordered_map<std::string, CertificatePointer, Hash, std::equal_to<>> certificates;

  /// The key authorization for a GET or HEAD of `target` (as sent: not decoded, with its query) on `host`.
  /// Nothing for any other method, host or path, and for what is no well-formed token: those follow the
  /// normal rules.
  [[nodiscard]] std::optional<std::string> http01(std::string_view method, std::string_view host,
                                                  std::string_view target) const;
  /// Null: no challenge of that name is pending.
  [[nodiscard]] CertificatePointer tls_alpn01(std::string_view server_name) const;
};

/// Whether `text` is 22 to 128 characters of base64url (128 bits at least, RFC 8555 section 8.3): harmless
/// wherever it goes.
bool is_challenge_token(std::string_view text);

}  // namespace tls
