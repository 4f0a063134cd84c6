// Sessions that were ended before their time, as an immutable snapshot: every worker asks it on each request
// whose cookie would otherwise do. It never forgets a session that could still be used: when it is full,
// everything that an issuer's people did not sign in for after a moment is revoked instead (they sign in
// again, nobody slips through).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/loop/flow.h"
#include "gateway/model/identity.h"

namespace gateway {

/// Which sessions one entry ends. The letter is its name in storage.
enum class RevocationKind : char {
  session = 's',  ///< one of ours, by its id
  // What a provider ended. `until` is by its clock, and held against Identity::proven_at.
  provider_session = 'p',         ///< all that came of one session there (`sid`)
  subject = 'u',                  ///< all of one person
  subject_without_session = 'n',  ///< those of one person that name no session there
  // What an operator ended. `until` is by our clock, and held against Identity::signed_in_at.
  person = 'o',  ///< all of one subject
  name = 'a',    ///< all of who has this user name or e-mail, in whatever case
};

struct Revocation {
  RevocationKind kind = RevocationKind::session;
  std::string name;  ///< what `kind` says: an id, `sid`, `sub`, a user name
  std::string issuer;
  core::WallTime
      until;  ///< when the session began; for all other kinds: sessions that began later are not meant
  core::WallTime
      expires;  ///< when the last of what it ends would have ended by itself; the entry may be forgotten then
};

class Revocations {
 public:
  static constexpr std::size_t kMaxEntries = 100'000;
  /// How long a cut-off is kept at least: longer than any session may live (login.session.lifetime).
  static constexpr std::chrono::hours kCutOffLifetime{24 * 401};

  [[nodiscard]] bool is_revoked(const Identity& who) const { return is_revoked(who, who.issuer); }
  /// The same by what was ended at another issuer: for a provider of several, by whoever does not know them.
  [[nodiscard]] bool is_revoked(const Identity& who, std::string_view issuer) const;
  /// Whether an operator, or a cut-off, ended what came of this person's sessions that began at `began`. It
  /// allocates nothing.
  [[nodiscard]] bool is_ended_by_operator(const Identity& who, std::string_view issuer,
                                          core::WallTime began) const;

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
  /// Entries are one if these are the same. A session's id is enough by itself.
  struct Key {
    RevocationKind kind;
    std::string_view issuer;
    std::string_view name;
    bool operator==(const Key& other) const;
  };
  static Key key_of(const Revocation& revocation);
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const;
    std::size_t operator()(const Revocation& revocation) const { return (*this)(key_of(revocation)); }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const Revocation& a, const Revocation& b) const { return key_of(a) == key_of(b); }
    bool operator()(const Key& a, const Revocation& b) const { return a == key_of(b); }
    bool operator()(const Revocation& a, const Key& b) const { return key_of(a) == b; }
  };
  using Entries = std::unordered_set<Revocation, Hash, Same>;
  /// Entries gathered in the small set before it is merged, so that a sign-out does not copy all of them.
  static constexpr std::size_t kRecent = 256;

  [[nodiscard]] const Revocation* find(const Key& key) const;
  [[nodiscard]] bool ends(const Key& key, core::WallTime began) const;
  [[nodiscard]] bool is_cut_off(std::string_view issuer, core::WallTime signed_in_at) const;
  void merge(core::WallTime now);
  void collapse(core::WallTime now, std::size_t limit);

  std::shared_ptr<const Entries> settled_ = std::make_shared<const Entries>();
  Entries recent_;  // stands for what settled_ has under the same key
  std::map<std::string, CutOff, std::less<>> cut_offs_;
};

/// Puts a session on the list of ended ones; ends when every worker can see it. Fails if it could not be
/// kept.
using Revoke = std::function<core::Flow<>(Revocation revocation)>;

}  // namespace gateway
