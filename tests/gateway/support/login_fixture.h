// A whole LoginSystem with a browser in front and a FakeProvider behind, on one loop and a clock that stands
// still: routes on app.example.com, wiki.example.org and any.host.test ("*"), login.host auth.example.com.
// Include before doctest.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/loop/ask.h"
#include "core/loop/loop.h"
#include "gateway/answer/device_mint.h"
#include "gateway/answer/login_system.h"
#include "gateway/guard/policy_watch.h"
#include "gateway/model/rate_table.h"
#include "gateway/oidc/standard_provider.h"
#include "tests/gateway/support/fake_provider.h"
#include "tests/gateway/support/sessions_fixture.h"

namespace test_support {

class KeptLog final : public core::LogSink {
 public:
  void write(std::string_view lines) override { text += lines; }
  std::string text;
};

/// A storage that can be told to fail.
class FailingStorage final : public core::Storage {
 public:
  explicit FailingStorage(const core::Clock& clock) : inner_(core::make_memory_storage(clock)) {}
  core::Flow<> put(std::string key, core::StorageEntry entry) override;
  core::Flow<core::StorageEntry> get(std::string key) override;
  core::Flow<std::vector<std::string>> list(std::string prefix) override {
    return inner_->list(std::move(prefix));
  }
  core::Flow<> remove(std::string key) override;
  core::Flow<> lock(std::string name, std::string holder, core::Duration lease) override {
    return inner_->lock(std::move(name), std::move(holder), lease);
  }
  core::Flow<> unlock(std::string name, std::string holder) override {
    return inner_->unlock(std::move(name), std::move(holder));
  }
  bool is_full = false;
  bool is_down = false;  // nothing can be read either
  bool removes = true;

 private:
  std::unique_ptr<core::Storage> inner_;
};

inline const std::string kAppUrl = "https://app.example.com/deep/link?x=1&y=%2F";
inline const std::string kWikiUrl = "https://wiki.example.org/page";
inline const std::string kAuth = "https://auth.example.com/oauth2";

struct LoginFixture {
  core::ManualClock clock{core::from_unix_seconds(kNoon)};
  core::Loop loop{clock};
  KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  gateway::Audit audit{log};
  core::Random random;
  gateway::RateTable rates;
  config::Config config;
  core::KeyRing keys = ring_of({'k'});
  FakeProvider provider{clock};
  FakeProvider second{clock, "https://other.example.net"};
  FakeProvider machines{clock, "https://machines.example.net"};  ///< of all clients
  FailingStorage storage{clock};
  FailingStorage session_storage{clock};  ///< of a store other than cookie
  std::unique_ptr<gateway::RevocationList> revocations;
  std::unique_ptr<gateway::SessionRegister> known_sessions;
  std::unique_ptr<gateway::LogoutRegister> logouts;
  std::unique_ptr<gateway::TokenRegister> tokens;
  const core::Published<tls::ClientDemands>* demands = nullptr;
  std::unique_ptr<gateway::DeviceMint> mint;
  std::unique_ptr<gateway::DeviceRegister> devices;
  std::unique_ptr<gateway::SessionStore> store;
  std::vector<std::unique_ptr<gateway::Provider>> control_providers;
  std::unique_ptr<gateway::SessionRefresh> stored_sessions;
  std::unique_ptr<gateway::PolicyWatch> policies;
  std::unique_ptr<gateway::ProviderDirectory> directory;
  gateway::RedeemedIds redeemed;
  core::AskDesk control{loop};
  core::AskDesk desk{loop};
  std::unique_ptr<gateway::LoginSystem> system;
  std::unique_ptr<gateway::Guard> guard;
  Browser browser{clock};

  LoginFixture();
  /// After a change of `config`: everything anew but storage.
  void build();
  void turn(int times = 8);
  /// One more of login.clients, whose issuer is `machines`; before build().
  void add_client(const std::string& name, const std::string& audience);
  /// A token of `machines` for the subject robot, good for five minutes, as `edit` changes it.
  std::string machine_token(
      const std::string& audience, const std::function<void(core::Json&)>& edit = [](core::Json&) {});
  void build_store();

  /// The guard's answer to a request; it may wait.
  gateway::Verdict judge(const OwnedRequest& request);
  /// The guard's answer to a navigation.
  gateway::Verdict visit(const std::string& url, const std::string& method = "GET");
  /// The endpoints' answer to a navigation; the browser takes its cookies.
  gateway::Reply get(const std::string& url, const std::string& site = "none");
  gateway::Reply serve(const OwnedRequest& request, const std::string& body = "");
  /// "&form=" and the token of the form that the page shows behind `before`; a wrong one if there is none.
  static std::string form_of(const gateway::Reply& page, const std::string& before = "");
  /// From a protected page without a session to the provider's authorization URL.
  std::string to_provider(const std::string& url);
  /// All steps of signing in, ending with the last redirect's Location.
  std::string sign_in(const std::string& url);
  /// Follows redirects between our own hosts until one leads elsewhere or there is a page.
  gateway::Reply follow(gateway::Reply reply);
};

}  // namespace test_support
