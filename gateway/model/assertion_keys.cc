#include "gateway/model/assertion_keys.h"

#include <utility>
#include <vector>

namespace gateway {
namespace {

core::PrivateKey key_of(const core::Secret& master, std::int64_t period) {
  const std::string detail = "key of period " + std::to_string(period);
  return core::PrivateKey::from_seed(
      core::derive_key(master, core::Purpose::assertion, detail, core::kKeySeedBytes));
}

core::JwsSigner signer_of(core::PrivateKey key) {
  std::string id = core::thumbprint(key.public_key());
  return {std::move(key), core::SignatureAlgorithm::es256, std::move(id), "JWT"};
}

}  // namespace

const AssertionKeys::Period& AssertionKeys::period_of(core::WallTime now) {
  const std::int64_t number = core::unix_seconds(now) / std::chrono::seconds(kAssertionKeyPeriod).count();
  if (period_ != nullptr && period_->number == number) return *period_;
  std::vector<core::VerificationKey> published;
  for (const core::Secret& master : ring_.keys()) {
    for (const std::int64_t each : {number, number - 1, number + 1}) {
      core::PublicKey key = key_of(master, each).public_key();
      std::string id = core::thumbprint(key);
      published.push_back({std::move(key), std::move(id), core::SignatureAlgorithm::es256});
    }
  }
  period_ = std::make_unique<const Period>(
      Period{number, signer_of(key_of(ring_.keys().front(), number)), core::to_key_set(published)});
  return *period_;
}

const core::JwsSigner& AssertionKeys::signer(core::WallTime now) {
  return period_of(now).signer;
}

const std::string& AssertionKeys::key_set(core::WallTime now) {
  return period_of(now).key_set;
}

}  // namespace gateway
