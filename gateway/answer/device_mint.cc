#include "gateway/answer/device_mint.h"

#include <algorithm>
#include <utility>

#include "gateway/answer/token_offer.h"
#include "gateway/guard/policy.h"

namespace gateway {

/// As Sessions judges it, which tokens outlive.
bool DeviceMint::is_revoked(const Identity& owner) const {
  const std::shared_ptr<const Revocations> ended = parts_.revocations.latest();
  return ended->is_revoked(owner) ||
         std::ranges::any_of(parts_.login.providers, [&](const config::Provider& provider) {
           return provider.name == owner.provider && ended->is_revoked(owner, provider.issuer);
         });
}

/// From where he said yes: what the device asks from says nothing of him.
bool DeviceMint::is_admitted(const DeviceLogin& login) const {
  const core::Result<core::IpAddress> address = core::IpAddress::parse(login.owner_address);
  if (!address) return false;
  const Question question{*login.owner, *address, "GET"};
  return judge(*parts_.policies.latest(), parts_.login.tokens->policy, question) == Decision::admitted;
}

core::Flow<MadeToken> DeviceMint::mint(DeviceLogin login) {
  if (is_revoked(*login.owner) || !is_admitted(login))
    co_return core::failure(core::ErrorKind::refused, core::Side::client,
                            "its owner may have no token any more");
  TokenWish wish;
  wish.name = std::move(login.token_name);
  wish.places = std::move(login.places);
  wish.lasts = login.lasts;
  MadeToken made =
      TokenOffer::make(std::move(wish), *login.owner, parts_.random.hex_id(), parts_.clock.wall());
  co_await parts_.tokens.create(made.token);
  co_return std::move(made);
}

}  // namespace gateway
