#include "tls/acme/revocation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text/base64.h"
#include "core/text/json.h"

namespace tls {
namespace {

constexpr std::array<std::pair<std::string_view, RevocationReason>, 5> kReasons = {{
    {"unspecified", RevocationReason::unspecified},
    {"keyCompromise", RevocationReason::key_compromise},
    {"affiliationChanged", RevocationReason::affiliation_changed},
    {"superseded", RevocationReason::superseded},
    {"cessationOfOperation", RevocationReason::cessation_of_operation},
}};

std::string payload_of(const Revocation& revocation) {
  core::Json payload = core::Json::object();
  payload.set("certificate", core::Json(core::base64url_encode(revocation.certificate)));
  payload.set("reason", core::Json(static_cast<int>(revocation.reason)));
  return payload.text();
}

}  // namespace

std::optional<RevocationReason> revocation_reason(std::string_view name) {
  const auto found = std::ranges::find(kReasons, name, [](const auto& reason) { return reason.first; });
  if (found == kReasons.end()) return std::nullopt;
  return found->second;
}

std::string_view name_of(RevocationReason reason) {
  return std::ranges::find(kReasons, reason, [](const auto& known) { return known.second; })->first;
}

std::string revocation_reasons() {
  std::string all;
  for (const auto& [name, reason] : kReasons) all.append(all.empty() ? "" : ", ").append(name);
  return all;
}

core::Flow<> revoke_certificate(AcmeClient* client, AccountBook* accounts, Revocation revocation) {
  AcmeDirectory directory = co_await client->directory();
  if (!directory.revoke_certificate) {
    co_return core::failure(core::ErrorKind::unsupported, core::Side::authority,
                            "the authority offers no revocation");
  }
  AcmeSigner signer = co_await accounts->ensure(client);
  std::string payload = payload_of(revocation);
  AcmeAnswer answer =
      co_await client->post(std::move(signer), *directory.revoke_certificate, std::move(payload));
  if (!answer.problem || answer.problem->is("alreadyRevoked")) co_return core::done();
  co_return core::failure(error_of(*answer.problem).during("revoking"));
}

}  // namespace tls
