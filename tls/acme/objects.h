// The objects of ACME (RFC 8555 section 7.1) as values: directory, order, authorization, challenge. Unknown
// members are ignored; every URL must be https on a host that the directory may use, so that an authority, or
// whoever speaks for it, cannot send us elsewhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/text/json.h"
#include "core/text/url.h"
#include "tls/acme/problem.h"

namespace tls {

inline constexpr std::size_t kMaxOrderAuthorizations = 200;
inline constexpr std::size_t kMaxAuthorizationChallenges = 32;
inline constexpr std::size_t kMaxProfiles = 64;

/// Where the URLs of one directory may lead: https, and the directory's own host or one of `others`.
struct AcmeHosts {
  std::string own;
  std::vector<std::string> others;
  /// The URL, or an error that says which rule it breaks.
  [[nodiscard]] core::Result<core::Url> checked(std::string_view text) const;
};

struct AcmeDirectory {
  core::Url new_nonce;
  core::Url new_account;
  core::Url new_order;
  std::optional<core::Url> revoke_certificate;
  std::optional<core::Url> key_change;
  std::optional<core::Url> renewal_info;  ///< RFC 9773
  std::string terms;                      ///< their URL; empty: none
  bool needs_external_account = false;
  std::vector<std::pair<std::string, std::string>> profiles;  ///< name and description
  std::vector<std::string> caa_identities;  ///< its names in CAA records, and in standing records

  static core::Result<AcmeDirectory> parse(const core::Json& json, const AcmeHosts& hosts);
};

enum class OrderStatus { pending, ready, processing, valid, invalid };

struct AcmeOrder {
  OrderStatus status = OrderStatus::pending;
  std::vector<core::Url> authorizations;
  core::Url finalize;
  std::optional<core::Url> certificate;  ///< once it is valid
  std::optional<Problem> problem;        ///< why it is invalid

  static core::Result<AcmeOrder> parse(const core::Json& json, const AcmeHosts& hosts);
};

struct AcmeChallenge {
  std::string type;
  core::Url url;
  std::string token;  ///< empty where the type has none; else is_challenge_token()
  bool is_pending = false;
  std::optional<Problem> problem;
  std::vector<std::string> issuer_domains;  ///< of dns-persist-01
};

enum class AuthorizationStatus { pending, valid, lost };

struct AcmeAuthorization {
  AuthorizationStatus status = AuthorizationStatus::lost;  ///< lost: invalid, deactivated, expired, revoked
  std::string identifier;
  bool is_wildcard = false;
  std::vector<AcmeChallenge> challenges;

  /// Challenges with a bad token or URL are left out: nothing of them goes anywhere.
  static core::Result<AcmeAuthorization> parse(const core::Json& json, const AcmeHosts& hosts);
  /// Why it was lost: the problem of the challenge that failed.
  [[nodiscard]] Problem failure() const;
};

/// The JSON of an answer, within the limits of this protocol.
core::Result<core::Json> parse_acme_json(std::string_view text, std::string_view what);

}  // namespace tls
