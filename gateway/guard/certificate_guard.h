// Stands before a login_guard where the policy names a client that is known by a certificate, and admits
// whoever showed one by the same policy. Whom it does not admit, or who showed none, is the other guard's. A
// request that another site's page makes a browser send is never admitted by a certificate, as it would not
// bear our cookie (SameSite=Lax).
#pragma once

#include <memory>
#include <set>
#include <string>

#include "config/types_access.h"
#include "core/loop/published.h"
#include "gateway/guard/policies.h"
#include "gateway/guard/refusals.h"
#include "gateway/model/guard.h"
#include "gateway/oidc/certificate_identity.h"
#include "gateway/oidc/login_answers.h"
#include "tls/client_demand.h"

namespace gateway {

/// What the configuration says about one route (or except).
struct CertificateGuardRule {
  std::size_t policy = 0;
  std::set<std::string> clients;  ///< of login.client_certificates, that the policy names
  config::SameSite same_site = config::SameSite::lax;
};

/// All borrowed, one worker's.
struct CertificateGuardParts {
  CertificateIdentities& identities;
  core::Published<tls::ClientDemands>::Reader& demands;
  core::Published<Policies>::Reader& policies;
  const LoginAnswers& answers;
  const Refusals& refusals;
};

class CertificateGuard final : public Guard {
 public:
  CertificateGuard(CertificateGuardRule rule, CertificateGuardParts parts, std::unique_ptr<Guard> others);
  std::optional<Verdict> admit_now(const Request& request) override;
  core::Flow<Verdict> admit(const Request& request) override;
  bool still_admits(const Request& request, const std::shared_ptr<const Identity>& identity,
                    core::WallTime now) override;

 private:
  /// Null: the request shows nobody who counts here.
  CachedSession* shown_in(const Request& request);
  [[nodiscard]] bool admits(const Request& request, CachedSession& shown);
  Verdict admitted(const CachedSession& shown) const;
  Verdict without(const Request& request, CachedSession* shown, Verdict verdict) const;

  CertificateGuardRule rule_;
  CertificateGuardParts parts_;
  std::unique_ptr<Guard> others_;
};

}  // namespace gateway
