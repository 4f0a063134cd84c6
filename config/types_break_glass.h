// The account for emergencies, as configured: one person who gets in while no provider can be asked.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "config/types_secret.h"
#include "core/base/secret.h"
#include "core/crypto/password.h"
#include "core/net/address.h"

namespace config {

/// Of sessions that this account began: the name that policies and logs have for it, and its issuer. No
/// provider of login.providers may be called so then.
inline constexpr std::string_view kBreakGlassProvider = "break-glass";
inline constexpr std::string_view kBreakGlassIssuer = "urn:gateway:break-glass";

struct BreakGlass {
  ConfiguredSecret account;                               ///< as written; what follows was read of it
  std::chrono::seconds lifetime = std::chrono::hours(1);  ///< of its sessions
  std::vector<core::Network> from;                        ///< who may try; empty: everybody
  std::string user;
  std::string email;  ///< empty: none
  std::vector<std::string> groups;
  core::PasswordHash password;
  core::Secret totp_key;
  friend bool operator==(const BreakGlass& a, const BreakGlass& b) {
    return a.account == b.account && a.lifetime == b.lifetime && a.from == b.from;
  }
};

}  // namespace config
