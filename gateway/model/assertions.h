// What an application behind the gateway can verify about who asks, without trusting the network in between:
// a JWT (RFC 7519) for one person and one host, signed by the gateway. Made once for a session and host and
// sent for half its life, so that a request costs no signature. Not a token for others: its audience is the
// host that the request was made to, and it admits nobody here.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/crypto/random.h"
#include "gateway/model/assertion_keys.h"
#include "gateway/model/identity.h"

namespace gateway {

/// From being made to `exp`; the end of the session bounds it.
inline constexpr std::chrono::seconds kIdentityAssertionLifetime{300};
/// How long it is sent: what remains is for the application's clock and queues.
inline constexpr std::chrono::seconds kIdentityAssertionUse{150};

/// The claims: iss and aud (the host), sub, user, email (one that counts), name, preferred_username, groups,
/// provider, sid, jti, iat, exp; what is not known is left out.
std::string assertion_claims(const Identity& identity, std::string_view host, std::string_view id,
                             core::WallTime now);

/// One worker's, for all routes.
class Assertions {
 public:
  static constexpr std::size_t kEntries = 8192;
  static constexpr std::size_t kBytes = 16UL * 1024 * 1024;

  /// `random` is borrowed.
  Assertions(core::KeyRing ring, core::Random& random, std::size_t entries = kEntries);

  struct Current {
    std::string_view token;    ///< valid until the next call
    core::WallTime made_at;    ///< good from then
    core::WallTime use_until;  ///< until then
  };
  Current of(const std::shared_ptr<const Identity>& identity, std::string_view host, core::WallTime now);
  /// For the endpoint of public keys. Valid until the next call.
  const std::string& key_set(core::WallTime now) { return keys_.key_set(now); }

 private:
  /// Identities live in the worker's session cache: the same session is the same object.
  struct Key {
    const Identity* identity;
    std::string_view host;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return std::hash<const void*>()(key.identity) * 31 + std::hash<std::string_view>()(key.host);
    }
  };
  struct Entry {
    std::shared_ptr<const Identity> identity;  ///< kept, so that the address is nobody else's
    std::string host;
    std::string token;
    core::WallTime made_at;
    core::WallTime use_until;
    [[nodiscard]] std::size_t cost() const { return sizeof(Entry) + host.size() + token.size(); }
  };
  using Entries = std::list<Entry>;

  const Entry& make(const std::shared_ptr<const Identity>& identity, std::string_view host,
                    core::WallTime now);
  void erase(Entries::iterator entry);

  AssertionKeys keys_;
  core::Random& random_;
  std::size_t max_entries_;
  std::size_t bytes_ = 0;
  Entries entries_;  ///< oldest first, which is about the order in which they end
  std::unordered_map<Key, Entries::iterator, Hash> by_key_;
};

}  // namespace gateway
