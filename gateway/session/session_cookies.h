// Sessions as sealed cookies: found among a request's cookies, opened, issued, cleared. Which cookie counts
// is decided here and nowhere else:
//  - names are exact bytes; the seal binds cookie name and host (or domain), so no other host's cookie opens;
//  - the first chunk says how many there are (1 to 4); a chunk that is missing, there twice or foreign:
//  refused whole;
//  - several cookies of the first name (a sibling host may plant one where cookie_domain is used): the one
//  that opens;
//    if two open and are different sessions, neither counts.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/crypto/digest.h"
#include "core/crypto/seal.h"
#include "core/http/fields.h"
#include "core/text/cookie.h"
#include "gateway/session/cookie_names.h"
#include "gateway/session/session.h"

namespace gateway {

inline constexpr std::size_t kMaxChunkBytes = 3800;
/// Copies of the first chunk that are tried.
inline constexpr std::size_t kMaxSessionCopies = 4;

/// The session cookies of a request: views into its fields.
struct PresentedCookies {
  std::array<std::string_view, kMaxSessionCopies> first;
  std::size_t first_count = 0;  ///< may pass kMaxSessionCopies: then nothing is opened
  std::array<core::CookieLookup, kMaxSessionChunks> rest;  ///< by chunk number; [0] is unused
  [[nodiscard]] bool is_empty() const { return first_count == 0; }
  [[nodiscard]] bool has_chunk(std::size_t chunk) const {
    return chunk == 0 ? first_count != 0 : rest[chunk].count != 0;
  }
};

struct OpenedSession {
  Session session;
  bool by_old_key = false;  ///< seal again
};

/// One worker's. Borrows all it is given.
class SessionCookies {
 public:
  SessionCookies(const CookieNames& names, core::Sealer& sealer, config::SameSite same_site);

  [[nodiscard]] PresentedCookies find(const core::Fields& fields, std::string_view host) const;
  /// What these cookies are under `host` in a cache: SHA-256 over scope, chunk numbers, lengths and values.
  /// No allocation once warm.
  [[nodiscard]] core::Sha256Digest digest(const PresentedCookies& presented, std::string_view host);
  /// `not_found` without cookies, `unverified` for all else: nobody is told which.
  [[nodiscard]] core::Result<OpenedSession> open(const PresentedCookies& presented, std::string_view host);

  /// Set-Cookie values that hold `session` for `host`; chunks that the browser presented and the new session
  /// does not need are cleared. `too_large` over four chunks.
  [[nodiscard]] core::Result<std::vector<std::string>> issue(const Session& session, std::string_view host,
                                                             const PresentedCookies& presented);
  /// Set-Cookie values that take away every session cookie of `host`.
  [[nodiscard]] std::vector<std::string> clear(std::string_view host) const;

 private:
  [[nodiscard]] core::Result<OpenedSession> open_copy(std::string_view first,
                                                      const PresentedCookies& presented, SessionScope scope);
  [[nodiscard]] core::SetCookie cookie(SessionScope scope, std::size_t chunk) const;

  const CookieNames& names_;
  core::Sealer& sealer_;
  core::SameSite same_site_;
  std::string scratch_;  // what digest() hashes; keeps its memory
  core::Sha256Stream hash_;
};

}  // namespace gateway
