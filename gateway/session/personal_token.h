// A token that a person had made for a program of theirs: what stands for the
// person where nobody can sign in. The token itself is shown once and kept
// nowhere; its hash finds it. It holds the person's claims as they were when it
// was made, which policies judge as those of a session.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/crypto/digest.h"
#include "gateway/model/identity.h"
#include "gateway/model/request.h"

namespace gateway {

/// How each begins, so that people and scanners of secrets know one.
inline constexpr std::string_view kPersonalTokenMark = "gwt_";
inline constexpr std::size_t kMaxTokenName = 100;
inline constexpr std::size_t kMaxTokenPlaces = 100;

struct PersonalToken {
  core::Sha256Digest hash;          ///< of the whole text
  std::string name;                 ///< as its owner calls it
  std::vector<std::string> places;  ///< "host/path": where it opens anything, by whole segments
  /// Whose it is: `token` is its id, `signed_in_at` when it was made,
  /// `expires_at` its end.
  std::shared_ptr<const Identity> owner;
  /// When the session began that it was made in: what an operator ends of a
  /// person until some moment, all that came of those sessions too.
  core::WallTime session_began;

  [[nodiscard]] const std::string& id() const { return owner->token; }
  /// Whether it is for this host and path.
  [[nodiscard]] bool is_for(const Request& request) const;
};

/// One that was just made.
struct MadeToken {
  core::Secret text;  ///< to be shown once
  PersonalToken token;
};

/// 256 random bits behind the mark.
core::Secret new_personal_token();
core::Sha256Digest hash_of_token(std::string_view token);

/// Length-prefixed and versioned; see record.h.
std::string encode_personal_token(const PersonalToken& token);
/// Fails as `unverified` for another version, anything left over, anything
/// missing.
core::Result<PersonalToken> decode_personal_token(std::string_view bytes);

}  // namespace gateway
