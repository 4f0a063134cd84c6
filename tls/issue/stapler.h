// Keeps fresh what authorities say of given certificates (OCSP), for handshakes to staple: asked for in the
// background, kept in memory, asked for again at half its life. Whatever goes wrong is logged, an answer that
// is still good stays until its end, and then nothing is stapled; no handshake waits.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/http/client.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "core/loop/tasks.h"
#include "tls/issue/shelf.h"
#include "tls/ocsp.h"

namespace tls {

inline constexpr std::size_t kMaxOcspAnswer = 64UL * 1024;
inline constexpr core::Duration kOcspTime = std::chrono::seconds(10);
/// Between two questions, however short an answer's life is.
inline constexpr core::Duration kShortestOcspPause = std::chrono::seconds(10);
/// After failures: twice as long each time, from the first to the second.
inline constexpr core::Duration kFirstOcspBackOff = std::chrono::minutes(1);
inline constexpr core::Duration kLastOcspBackOff = std::chrono::hours(1);

class Stapler {
 public:
  /// All borrowed; `http` speaks plain http.
  Stapler(core::Loop& loop, const core::Log& log, core::HttpClient& http, CertificateShelf& shelf);

  /// From now on these, and no others.
  void follow(const std::vector<CertificatePointer>& certificates);

 private:
  core::Flow<> keep(CertificatePointer certificate);
  core::Flow<OcspAnswer> ask(CertificatePointer certificate);

  core::Loop& loop_;
  const core::Log& log_;
  core::HttpClient& http_;
  CertificateShelf& shelf_;
  std::set<std::string> wanted_;  // by fingerprint
  std::set<std::string> kept_;    // a flow is at it
  core::Tasks tasks_;             // last: ends before what its flows use
};

}  // namespace tls
