// Control's side of providers: discovery and keys are fetched in the background and again whenever they grow
// old or fail, with back-off and jitter, so that a provider which is down delays sign-ins and nothing else.
// Keys that once worked stay until others take their place, and kKeysLast at most.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/types_access.h"
#include "core/base/log.h"
#include "core/crypto/random.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/published.h"
#include "core/loop/tasks.h"
#include "core/loop/wait.h"
#include "gateway/oidc/provider_state.h"

namespace gateway {

inline constexpr core::Duration kFirstRetry = std::chrono::seconds(1);
inline constexpr core::Duration kLongestRetry = std::chrono::seconds(60);
inline constexpr core::Duration kRefreshAfter = std::chrono::hours(1);
/// How long keys count whose provider does not answer.
inline constexpr core::Duration kKeysLast = std::chrono::hours(24);
/// A token with an unknown key id fetches a provider's keys at most this often, whoever sends it.
inline constexpr core::Duration kKeyFetchInterval = std::chrono::seconds(30);

/// A provider and the client that trusts its roots. Borrowed.
struct DirectoryEntry {
  const config::Provider* provider = nullptr;
  core::HttpClient* client = nullptr;
};

/// On control's loop; state() may be called from any thread.
class ProviderDirectory {
 public:
  struct Services {
    core::Loop& loop;
    core::Random& random;
    const core::Log& log;
  };
  ProviderDirectory(std::vector<DirectoryEntry> entries, Services services);
  ~ProviderDirectory();

  /// Knows from now on what `before` knows of providers whose settings are the same. Requires: not started.
  void adopt(const ProviderDirectory& before);
  /// Begins discovery of every provider. Returns at once; again it does nothing.
  void start();
  /// Starts, and ends when each provider has answered or failed once: whoever serves before that turns
  /// sign-ins away. Waits for `patience` at most.
  core::Flow<> reach(core::Duration patience);
  /// Follows no provider any more; keys that are missing are still fetched.
  void stop_following() { following_.reset(); }
  /// The snapshots of a provider. Requires: the provider is one of the entries.
  [[nodiscard]] const core::Published<ProviderState>& state(const std::string& provider) const;
  /// Fetches the keys again because one is missing. Ends at once, well, if they are younger than
  /// kKeyFetchInterval (also counting attempts that failed), waits for a fetch that is under way, else
  /// fetches.
  core::Flow<> refetch_keys(std::string provider);

 private:
  struct Followed;
  void note_end(std::string_view name, const core::Error& error) const;
  core::Flow<> follow(Followed* followed);
  void forget_old_keys(std::string_view name, ProviderState& state) const;
  void note_attempt(Followed& followed);
  core::Flow<> all_attempted();
  core::Flow<> discover(Followed* followed);
  core::Flow<core::KeySet> fetch_keys(Followed* followed, core::Url url);
  core::Flow<> refetch(Followed* followed);
  [[nodiscard]] core::Duration pause_after_failure(unsigned failures);

  Services services_;
  std::map<std::string, std::unique_ptr<Followed>> followed_;
  bool is_started_ = false;
  std::list<core::OneShot<>*> waiting_;   // for the first attempt with each provider
  core::Tasks tasks_;                     // ends before what its flows use
  std::optional<core::Tasks> following_;  // the same
};

}  // namespace gateway
