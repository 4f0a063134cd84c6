#include "gateway/run/session_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "core/http/fields.h"
#include "core/text/percent.h"
#include "gateway/session/sessions.h"

namespace gateway {
namespace {

using core::Flow;
using core::Result;

/// Whose sessions end.
struct Wish {
  std::optional<RevocationKind> kind;  ///< nothing: everybody's
  std::string name;
  std::string provider;  ///< empty: any
};

std::unexpected<core::Error> refused(std::string text) {
  return core::failure(core::ErrorKind::refused, core::Side::us, std::move(text));
}

class RevokeSessions final : public ControlCommand {
 public:
  explicit RevokeSessions(SessionCommandParts parts) : parts_(parts) {}
  [[nodiscard]] std::string_view usage() const override {
    return "sessions-revoke user NAME [PROVIDER] | sub SUBJECT [PROVIDER] | all [PROVIDER]; names "
           "percent-encoded";
  }

  Flow<std::string> run(std::vector<std::string> words, ControlProgress*) override {
    const Wish wish = co_await read(words);
    const std::set<std::string> issuers = co_await issuers_of(wish);
    // The one ends whether or not storage can keep the other; what failed is said at the end.
    const Result<core::Done> kept = co_await core::attempt(end_sessions(wish, issuers));
    std::size_t tokens = 0;
    if (parts_.tokens != nullptr) tokens = co_await parts_.tokens->revoke_of(meant_by(wish));
    if (!kept) co_return core::failure(kept.error());
    std::string ended = fmt::format("ended: every session of {} at {} that began until now",
                                    wish.kind ? wish.name : "everybody",
                                    wish.provider.empty() ? "any provider" : wish.provider);
    if (parts_.tokens != nullptr) ended += fmt::format(", and {} personal tokens", tokens);
    parts_.audit.note(AuditAct::sessions_revoked, ended);
    co_return ended;
  }

 private:
  Flow<> end_sessions(Wish wish, std::set<std::string> issuers) {
    const core::WallTime now = parts_.clock.wall();
    for (const std::string& issuer : issuers) {
      if (wish.kind) {
        const Revocation revocation = revocation_for(wish, issuer, now);
        co_await parts_.revocations.revoke(revocation);
      } else {
        co_await parts_.revocations.cut_off(issuer, now);
      }
    }
    co_return core::done();
  }

  [[nodiscard]] Result<Wish> read(const std::vector<std::string>& words) const {
    std::vector<std::string> decoded;
    for (const std::string& word : words) {
      Result<std::string> text = core::percent_decode(word);
      if (!text || text->empty()) return refused(fmt::format("expected {}", usage()));
      decoded.push_back(std::move(*text));
    }
    const std::string what = decoded.empty() ? "" : decoded.front();
    const std::size_t names = what == "all" ? 0 : 1;
    if ((what != "user" && what != "sub" && what != "all") || decoded.size() < 1 + names ||
        decoded.size() > 2 + names) {
      return refused(fmt::format("expected {}", usage()));
    }
    Wish wish;
    if (what == "user") wish.kind = RevocationKind::name;
    if (what == "sub") wish.kind = RevocationKind::person;
    if (names == 1) wish.name = decoded[1];
    if (decoded.size() == 2 + names) wish.provider = decoded.back();
    return wish;
  }

  [[nodiscard]] Result<std::set<std::string>> issuers_of(const Wish& wish) const {
    std::set<std::string> issuers;
    for (const config::Provider& provider : parts_.login.providers) {
      if (wish.provider.empty() || wish.provider == provider.name) issuers.insert(provider.issuer);
    }
    if (issuers.empty()) {
      return refused(fmt::format("login.providers has no {}", wish.provider));
    }
    // The same subject at two issuers is two people.
    if (issuers.size() > 1 && wish.kind == RevocationKind::person) {
      return refused("a subject is somebody at one provider alone; name it with --provider");
    }
    return issuers;
  }

  /// As Revocations reads the kinds; a name whatever its case, for a token too many does less harm.
  [[nodiscard]] static std::function<bool(const Identity&)> meant_by(const Wish& wish) {
    return [wish](const Identity& owner) {
      if (!wish.provider.empty() && owner.provider != wish.provider) return false;
      if (wish.kind == RevocationKind::person) return owner.subject == wish.name;
      if (wish.kind != RevocationKind::name) return true;
      return core::equals_ignoring_case(owner.user, wish.name) ||
             core::equals_ignoring_case(owner.email, wish.name);
    };
  }

  [[nodiscard]] Revocation revocation_for(const Wish& wish, const std::string& issuer,
                                          core::WallTime now) const {
    return {*wish.kind, wish.name, issuer, now, now + parts_.login.session.lifetime + 2 * kSessionClockSkew};
  }

  SessionCommandParts parts_;
};

}  // namespace

std::unique_ptr<ControlCommand> make_revoke_sessions(SessionCommandParts parts) {
  return std::make_unique<RevokeSessions>(parts);
}

}  // namespace gateway
