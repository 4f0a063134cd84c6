// Certificates that somebody else renews: read at the start, and again whenever their files change, so that a
// renewal by hand or a mounted secret needs no restart.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "config/file_stamp.h"
#include "config/types.h"
#include "core/base/log.h"
#include "core/loop/flow.h"
#include "core/loop/loop.h"
#include "tls/issue/shelf.h"

namespace tls {

/// How often it is looked whether a file changed.
inline constexpr core::Duration kGivenFilesTick = std::chrono::seconds(5);
/// Between the trials of two pairs behind a start: thousands must not keep control's loop.
inline constexpr core::Duration kTrialPause = std::chrono::milliseconds(20);

class GivenFiles {
 public:
  /// All borrowed.
  GivenFiles(core::Loop& loop, const core::Log& log, const std::vector<config::CertificateFiles>& files,
             CertificateShelf& shelf);

  /// Reads all of them onto the shelf. Fails with the first that cannot be used.
  core::Result<void> load();
  /// From now on: a pair that changed and can be used takes the place of the one before; one that cannot is
  /// reported once and the one before stays. `on_change` is called after each change. What a start leaves to
  /// the first handshake is tried, one pair after the other, and reported.
  void follow(std::function<void()> on_change);
  /// Those that ask for an OCSP answer: by the file's word, or their own (must-staple).
  [[nodiscard]] std::vector<CertificatePointer> to_staple() const;

 private:
  struct Pair {
    const config::CertificateFiles* files = nullptr;
    std::optional<config::FileStamp> certificate_stamp;
    std::optional<config::FileStamp> key_stamp;
    CertificatePointer certificate;
    bool warned_of_end = false;
  };
  void look();
  bool reload(Pair& pair);
  void try_next();
  void report_end(Pair& pair);
  void put_on_shelf();

  core::Loop& loop_;
  const core::Log& log_;
  CertificateShelf& shelf_;
  std::vector<Pair> pairs_;
  std::function<void()> on_change_;
  core::Timer timer_;
  std::size_t tried_ = 0;  // of the pairs, since the start
  core::Timer trial_timer_;
};

}  // namespace tls
