// A private certificate authority in memory, for `gateway demo` and for tests: P-256 keys, random serials,
// certificates that browsers accept once they trust the root (RFC 5280). Its name constraints make a stolen
// root worthless elsewhere.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "tls/certificate.h"

namespace tls {

struct Validity {
  core::WallTime not_before;
  core::WallTime not_after;
};

/// What a leaf is for: DNS names ("*.localhost" allowed) and IP literals.
struct LeafRequest {
  std::vector<std::string> names;
  Validity validity;
};

struct AuthorityRequest {
  std::string common_name;
  Validity validity;
  /// DNS names (with all below them) and IP literals the root is good for; empty: no constraint (tests).
  std::vector<std::string> permitted;
};

class PrivateAuthority {
 public:
  static core::Result<std::unique_ptr<PrivateAuthority>> make(const AuthorityRequest& request);
  /// The demo's: localhost and everything below it, 127.0.0.1 and ::1.
  static core::Result<std::unique_ptr<PrivateAuthority>> for_localhost(const Validity& validity);
  ~PrivateAuthority();
  PrivateAuthority(const PrivateAuthority&) = delete;
  PrivateAuthority& operator=(const PrivateAuthority&) = delete;

  /// The root certificate as PEM, for trust stores.
  [[nodiscard]] const std::string& certificate() const;
  /// A new key and certificate signed by this root. The chain is the leaf alone.
  [[nodiscard]] core::Result<CertificateText> issue(const LeafRequest& request) const;

 private:
  struct Native;
  explicit PrivateAuthority(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;
};

}  // namespace tls
