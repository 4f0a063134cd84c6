// Sessions that were ended before their time, as an immutable snapshot: every worker asks it on each request
// whose cookie would otherwise do. It never forgets a session that could still be used: when it is full,
// everything that an issuer's people did not sign in for after a moment is revoked instead (they sign in
// again, nobody slips through).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace gateway {

/// One ended session.
struct Revocation {
  std::string session_id;
  std::string issuer;
  core::WallTime signed_in_at;
  core::WallTime expires;  ///< when the session would have ended by itself; the entry may be forgotten then
};

class Revocations {
 public:
  static constexpr std::size_t kMaxEntries = 100'000;
  /// How long a cut-off is kept at least: longer than any session may live.
  static constexpr std::chrono::hours kCutOffLifetime{24 * 90};

  [[nodiscard]] bool is_revoked(std::string_view session_id, std::string_view issuer,
                                core::WallTime signed_in_at) const;

  /// This snapshot and one more. Entries that have expired by `now` are left out on the way. `limit` is for
  /// tests.
  [[nodiscard]] std::shared_ptr<const Revocations> with(const Revocation& revocation, core::WallTime now,
                                                        std::size_t limit = kMaxEntries) const;
  /// The same for "everybody of this issuer who signed in at or before `moment`", kept until `expires`.
  [[nodiscard]] std::shared_ptr<const Revocations> with_cut_off(const std::string& issuer,
                                                                core::WallTime moment,
                                                                core::WallTime expires) const;

  struct CutOff {
    core::WallTime moment;
    core::WallTime expires;
  };
  [[nodiscard]] const std::map<std::string, CutOff, std::less<>>& cut_offs() const { return cut_offs_; }
  [[nodiscard]] std::size_t size() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Entries = std::unordered_map<std::string, Revocation, Hash, std::equal_to<>>;
  /// Entries gathered in the small set before it is merged, so that a sign-out does not copy all of them.
  static constexpr std::size_t kRecent = 256;

  void merge(core::WallTime now);
  void collapse(core::WallTime now, std::size_t limit);

  std::shared_ptr<const Entries> settled_ = std::make_shared<const Entries>();
  Entries recent_;
  std::map<std::string, CutOff, std::less<>> cut_offs_;
};

}  // namespace gateway
