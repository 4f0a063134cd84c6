// tls-alpn-01 challenges under way, on this process's shelf and told to the other replicas through storage,
// so that an authority may reach any of them. What is told is no secret and proves nothing by itself: the
// name and a digest; each replica makes a certificate of its own from it. No handshake waits: a replica looks
// every two seconds, and whoever orders waits until all have had the time to.
//
//   acme.challenges/NAME      one under way; goes by itself after ten minutes
//   acme.challenges.changed   another text whenever one came or went
#pragma once

#include <map>
#include <string>

#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/storage/storage.h"
#include "tls/acme/tls_alpn01.h"
#include "tls/issue/shelf.h"

namespace tls {

inline constexpr core::Duration kBoardLook = std::chrono::seconds(2);
/// Longer than a look of the others takes, with what storage adds to it.
inline constexpr core::Duration kBoardSpread = std::chrono::seconds(5);
/// Longer than an authorization is waited for: nothing is left of a process that died.
inline constexpr core::Duration kBoardLifetime = std::chrono::minutes(10);
/// More than replicas prove at one time; what is beyond is not answered.
inline constexpr std::size_t kMaxPostedChallenges = 1000;

enum class BoardReaders { this_process, replicas };

/// All borrowed.
struct ChallengeBoardParts {
  core::Loop& loop;
  core::Storage& storage;
  core::Random& random;
  CertificateShelf& shelf;
  BoardReaders readers = BoardReaders::this_process;
};

class ChallengeBoard final : public AlpnStage {
 public:
  explicit ChallengeBoard(ChallengeBoardParts parts) : parts_(parts) {}

  core::Flow<> show(AlpnChallenge challenge) override;
  core::Flow<> await_everywhere(AlpnChallenge challenge) override;
  core::Flow<> hide(AlpnChallenge challenge) override;
  /// Shows what other replicas prove, for as long as they do. Never ends, unless this process is alone.
  core::Flow<> follow();

 private:
  struct Posted {
    AlpnChallenge challenge;
    core::WallTime expires;
  };
  using PostedByName = std::map<std::string, Posted>;  // by server name
  core::Flow<> look();
  core::Flow<PostedByName> read_all();
  core::Flow<> mark_changed();
  void take(PostedByName posted);
  void forget_expired();
  void put_on_shelf(const AlpnChallenge& challenge);

  ChallengeBoardParts parts_;
  std::map<std::string, core::SteadyTime> own_;  // when it was posted
  PostedByName theirs_;
  std::string seen_change_;
};

}  // namespace tls
