#include "gateway/oidc/certificate_identity.h"

#include <algorithm>
#include <utility>

namespace gateway {
namespace {

core::Json list_of(const std::vector<std::string>& texts) {
  core::Json list = core::Json::array();
  for (const std::string& text : texts) list.push(text);
  return list;
}

const std::string& subject_of(const tls::ClientSubject& subject) {
  if (!subject.subject.empty()) return subject.subject;
  for (const auto* names : {&subject.uris, &subject.dns, &subject.emails}) {
    if (!names->empty()) return names->front();
  }
  return subject.fingerprint;
}

core::Json claims_of(const tls::ClientSubject& subject) {
  core::Json claims = core::Json::object();
  claims.set("sub", subject_of(subject));
  claims.set("issuer", subject.issuer);
  claims.set("serial", subject.serial);
  claims.set("fingerprint", subject.fingerprint);
  if (!subject.common_name.empty()) claims.set("cn", subject.common_name);
  if (!subject.organizational_units.empty()) claims.set("ou", list_of(subject.organizational_units));
  if (!subject.dns.empty()) claims.set("dns", list_of(subject.dns));
  if (!subject.uris.empty()) claims.set("uri", list_of(subject.uris));
  // One as text, which is what an e-mail is; several are somebody else's, too.
  if (subject.emails.size() == 1) claims.set("email", subject.emails.front());
  if (subject.emails.size() > 1) claims.set("email", list_of(subject.emails));
  return claims;
}

}  // namespace

core::Result<Identity> certificate_identity(const config::CertificateClient& client,
                                            const tls::ClientSubject& subject, const ClaimPaths& kept) {
  core::Result<Identity> identity = make_identity(client.issuer, claims_of(subject), kept);
  if (!identity) return identity;
  identity->client = client.name;
  identity->by_certificate = true;
  identity->provider.clear();
  identity->expires_at = subject.not_after;
  return identity;
}

CachedSession* CertificateIdentities::find(const Request& request) {
  const ShownCertificate& shown = *request.certificate;
  const tls::ClientSubject& subject = shown.certificate->subject();
  if (request.now >= subject.not_after) return nullptr;
  hash_.update(subject.fingerprint);
  hash_.update(shown.client);
  const core::Sha256Digest key = hash_.finish();
  if (CachedSession* known = known_.find(key)) return known->identity ? known : nullptr;
  CachedSession fresh;
  const auto client = std::ranges::find(parts_.clients, shown.client, &config::CertificateClient::name);
  if (client != parts_.clients.end()) {
    core::Result<Identity> identity = certificate_identity(*client, subject, parts_.kept_claims);
    if (identity) {
      identity->signed_in_at = request.now;
      fresh.identity = std::make_shared<const Identity>(std::move(*identity));
    } else {
      parts_.log.warn(
          "a client certificate names nobody",
          {{"client", shown.client}, {"subject", subject.subject}, {"error", identity.error().text}});
    }
  }
  CachedSession* kept = known_.insert(key, std::move(fresh), 4 * sizeof(Identity));
  return kept->identity ? kept : nullptr;
}

}  // namespace gateway
