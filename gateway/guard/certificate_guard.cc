#include "gateway/guard/certificate_guard.h"

#include <utility>

#include "gateway/guard/judgement.h"
#include "gateway/model/shown_certificate.h"

namespace gateway {
namespace {

/// What SameSite=Lax keeps a cookie from: all that another site's page has sent but a visit, which a frame is
/// not. A browser that does not say where a request comes from says so by Origin where it matters.
bool is_sent_by_other_site(const Request& request) {
  const std::string_view site = request.field(core::FieldId::sec_fetch_site);
  if (site.empty()) {
    const std::string_view origin = request.field(core::FieldId::origin);
    const bool is_safe = request.method == "GET" || request.method == "HEAD";
    return !is_safe && !origin.empty() && origin != request.origin();
  }
  if (site != "cross-site") return false;
  return request.method != "GET" || request.field(core::FieldId::sec_fetch_mode) != "navigate" ||
         request.field(core::FieldId::sec_fetch_dest) != "document";
}

}  // namespace

CertificateGuard::CertificateGuard(CertificateGuardRule rule, CertificateGuardParts parts,
                                   std::unique_ptr<Guard> others)
    : rule_(std::move(rule)), parts_(parts), others_(std::move(others)) {}

CachedSession* CertificateGuard::shown_in(const Request& request) {
  if (request.certificate == nullptr || !rule_.clients.contains(request.certificate->client)) return nullptr;
  if (rule_.same_site == config::SameSite::lax && is_sent_by_other_site(request)) return nullptr;
  return parts_.identities.find(request);
}

bool CertificateGuard::admits(const Request& request, CachedSession& shown) {
  return judge_known(parts_.policies, rule_.policy, request, shown) == Decision::admitted;
}

Verdict CertificateGuard::admitted(const CachedSession& shown) const {
  Verdict verdict;
  verdict.admitted = grant(shown.identity);
  return verdict;
}

/// Nobody signs a machine in: where its certificate is all there is, it reads that it may not enter.
Verdict CertificateGuard::without(const Request& request, CachedSession* shown, Verdict verdict) const {
  if (shown == nullptr || verdict.admitted || verdict.answer.status != 401) return verdict;
  verdict.answer = parts_.answers.denied(request, *shown->identity);
  verdict.answer_with_body = {};
  verdict.answer.reason = "policy " + parts_.policies.current().at(rule_.policy).name;
  parts_.refusals.take(AuditAct::denied, request, *shown->identity, verdict.answer);
  return verdict;
}

std::optional<Verdict> CertificateGuard::admit_now(const Request& request) {
  CachedSession* shown = shown_in(request);
  if (shown != nullptr && admits(request, *shown)) return admitted(*shown);
  std::optional<Verdict> verdict = others_->admit_now(request);
  if (!verdict) return std::nullopt;
  return without(request, shown, std::move(*verdict));
}

core::Flow<Verdict> CertificateGuard::admit(const Request& request) {
  CachedSession* shown = shown_in(request);
  if (shown != nullptr && admits(request, *shown)) co_return admitted(*shown);
  Verdict verdict = co_await others_->admit(request);
  // Again: it may have been put out of the cache meanwhile.
  co_return without(request, shown_in(request), std::move(verdict));
}

bool CertificateGuard::still_admits(const Request& request, const std::shared_ptr<const Identity>& identity,
                                    core::WallTime now) {
  if (identity == nullptr || !identity->by_certificate) return others_->still_admits(request, identity, now);
  if (request.certificate == nullptr || now >= identity->expires_at) return false;
  const tls::ClientDemandPointer& demand = parts_.demands.current().find(request.host);
  if (demand == nullptr || demand->name() != identity->client) return false;
  if (!demand->takes(*request.certificate->certificate)) return false;
  const Question question = question_of(*identity, request);
  return judge(parts_.policies.current(), rule_.policy, question) == Decision::admitted;
}

}  // namespace gateway
