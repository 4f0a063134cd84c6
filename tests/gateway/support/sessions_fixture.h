// Everything Sessions needs, with one provider "corp" and a clock that stands still. Include before doctest.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/crypto/seal.h"
#include "gateway/session/sessions.h"
#include "tests/gateway/support/browser.h"

namespace test_support {

inline constexpr std::int64_t kNoon = 1'800'000'000;

config::Provider provider_named(const std::string& name);
core::KeyRing ring_of(const std::vector<char>& keys);

struct SessionsFixture {
  core::ManualClock clock{core::from_unix_seconds(kNoon)};
  config::SessionSettings settings;
  std::vector<config::Provider> providers{provider_named("corp")};
  core::KeyRing keys = ring_of({'k'});
  core::Published<gateway::Revocations> revocations{std::make_shared<const gateway::Revocations>()};
  core::Random random;
  std::unique_ptr<gateway::CookieNames> names;
  std::unique_ptr<gateway::Sessions> sessions;
  Browser browser{clock};

  SessionsFixture() { build(); }
  /// After a change of settings, providers or keys.
  void build();
  /// Somebody signed in at this moment.
  [[nodiscard]] gateway::Identity identity(const std::string& user = "alice") const;
  /// Gives the browser a session for the host of `url`.
  void sign_in(const std::string& url, const gateway::Identity& identity);
  /// What a navigation to `url` finds.
  gateway::SessionAbsence absence(const std::string& url);
};

}  // namespace test_support
