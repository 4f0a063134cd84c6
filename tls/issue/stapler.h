// Keeps fresh what authorities say of given certificates (OCSP), for handshakes to staple: asked for in the
// background, kept in storage over restarts, asked for again at half its life. Whatever goes wrong is logged,
// an answer that is still good stays until its end, and then nothing is stapled; no handshake waits. What was
// said before an answer that is known already is a replay: questions go by plain http.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/tasks.h"
#include "core/storage/storage.h"
#include "tls/issue/shelf.h"
#include "tls/issue/staple_store.h"
#include "tls/ocsp.h"

namespace tls {

inline constexpr std::size_t kMaxOcspAnswer = 64UL * 1024;
inline constexpr core::Duration kOcspTime = std::chrono::seconds(10);
/// Questions under way at one time.
inline constexpr std::size_t kParallelOcsp = 16;
/// Between two questions, however short an answer's life is, and however long.
inline constexpr core::Duration kShortestOcspPause = std::chrono::seconds(10);
inline constexpr core::Duration kLongestOcspPause = std::chrono::hours(24);
/// After failures: twice as long each time, from the first to the second.
inline constexpr core::Duration kFirstOcspBackOff = std::chrono::minutes(1);
inline constexpr core::Duration kLastOcspBackOff = std::chrono::hours(1);
/// How long storage keeps that a certificate was said to be revoked: longer than authorities let a good
/// answer of before live.
inline constexpr auto kRevokedMemory = std::chrono::hours(24 * 30);

/// All borrowed; `http` speaks plain http.
struct StaplerParts {
  core::Loop& loop;
  const core::Log& log;
  core::HttpClient& http;
  core::Storage& storage;
  CertificateShelf& shelf;
};

class Stapler {
 public:
  explicit Stapler(StaplerParts parts);

  /// Puts what storage has of these on the shelf, as far as it still counts.
  core::Flow<> load(std::vector<CertificatePointer> certificates);
  /// From now on these, and no others.
  void follow(const std::vector<CertificatePointer>& certificates);

 private:
  struct Life {
    core::WallTime since;
    core::WallTime until;
  };
  /// What is known of a certificate.
  struct Known {
    std::optional<Life> stapled;
    core::WallTime newest;   ///< what was said before is a replay
    core::SteadyTime asked;  ///< the last time
    core::SteadyTime next;   ///< question
    unsigned failures = 0;
  };
  core::Flow<> restore(CertificatePointer certificate);
  core::Flow<> keep(CertificatePointer certificate);
  core::Flow<OcspAnswer> ask(CertificatePointer certificate, core::WallTime newest);
  core::Flow<> take(CertificatePointer certificate, OcspAnswer answer);
  core::Flow<> take_revocation(CertificatePointer certificate, OcspAnswer answer);
  void note_failure(const Certificate& certificate, const std::string& why);
  void drop_what_is_over(const Certificate& certificate);
  [[nodiscard]] core::Duration pause_after(const Life& life) const;
  [[nodiscard]] core::Duration nap_before(const Known& known) const;
  [[nodiscard]] core::WallTime now() const { return parts_.loop.clock().wall(); }

  StaplerParts parts_;
  StapleStore store_;
  std::map<std::string, Known> known_;  // by fingerprint
  std::set<std::string> wanted_;
  std::set<std::string> kept_;  // a flow is at it
  std::size_t asking_ = 0;
  core::Tasks tasks_;  // last: ends before what its flows use
};

}  // namespace tls
