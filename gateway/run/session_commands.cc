#include "gateway/run/session_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include "core/http/fields.h"
#include "core/text/count.h"
#include "core/text/http_date.h"
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

Result<Wish> read_wish(const std::vector<std::string>& words, std::string_view usage) {
  const auto unreadable = [usage] { return refused(fmt::format("expected {}", usage)); };
  std::vector<std::string> decoded;
  for (const std::string& word : words) {
    Result<std::string> text = core::percent_decode(word);
    if (!text || text->empty()) return unreadable();
    decoded.push_back(std::move(*text));
  }
  const std::string what = decoded.empty() ? "" : decoded.front();
  const std::size_t names = what == "all" ? 0 : 1;
  if ((what != "user" && what != "sub" && what != "all") || decoded.size() < 1 + names ||
      decoded.size() > 2 + names) {
    return unreadable();
  }
  Wish wish;
  if (what == "user") wish.kind = RevocationKind::name;
  if (what == "sub") wish.kind = RevocationKind::person;
  if (names == 1) wish.name = decoded[1];
  if (decoded.size() == 2 + names) wish.provider = decoded.back();
  return wish;
}

/// As Revocations reads the kinds; a name whatever its case, for a token too many does less harm.
std::function<bool(const Identity&)> meant_by(const Wish& wish) {
  return [wish](const Identity& owner) {
    if (!wish.provider.empty() && owner.provider != wish.provider) return false;
    if (wish.kind == RevocationKind::person) return owner.subject == wish.name;
    if (wish.kind != RevocationKind::name) return true;
    return core::equals_ignoring_case(owner.user, wish.name) ||
           core::equals_ignoring_case(owner.email, wish.name);
  };
}

std::string whose(const Identity& owner) {
  return fmt::format("{} at {}", owner.user.empty() ? owner.subject : owner.user, owner.provider);
}

std::string line_of(const KnownSession& known) {
  std::string line = fmt::format("{}  {}  since {}  until {}  from {}", known.who.session_id,
                                 whose(known.who), core::http_date(known.who.signed_in_at),
                                 core::http_date(known.who.expires_at), known.network);
  if (!known.program.empty()) line.append("  with ").append(known.program);
  return line;
}

class ListSessions final : public ControlCommand {
 public:
  explicit ListSessions(SessionCommandParts parts) : parts_(parts) {}
  [[nodiscard]] std::string_view usage() const override {
    return "sessions-list user NAME [PROVIDER] | sub SUBJECT [PROVIDER] | all [PROVIDER]; names "
           "percent-encoded";
  }

  Flow<std::string> run(std::vector<std::string> words, ControlProgress* progress) override {
    const Wish wish = co_await read_wish(words, usage());
    std::vector<KnownSession> all = co_await parts_.known.all();
    const auto is_meant = meant_by(wish);
    std::erase_if(all, [&is_meant](const KnownSession& known) { return !is_meant(known.who); });
    std::ranges::sort(all, [](const KnownSession& a, const KnownSession& b) {
      return std::tie(a.who.user, b.who.signed_in_at, a.who.session_id) <
             std::tie(b.who.user, a.who.signed_in_at, b.who.session_id);
    });
    for (const KnownSession& known : all) co_await progress->say(line_of(known));
    co_return core::count_of(all.size(), "session");
  }

 private:
  SessionCommandParts parts_;
};

class RevokeSessions final : public ControlCommand {
 public:
  explicit RevokeSessions(SessionCommandParts parts) : parts_(parts) {}
  [[nodiscard]] std::string_view usage() const override {
    return "sessions-revoke user NAME [PROVIDER] | sub SUBJECT [PROVIDER] | all [PROVIDER] | session ID; "
           "names percent-encoded";
  }

  Flow<std::string> run(std::vector<std::string> words, ControlProgress*) override {
    if (words.size() == 2 && words.front() == "session") {
      std::string ended = co_await end_one(words.back());
      co_return ended;
    }
    const Wish wish = co_await read_wish(words, usage());
    const std::set<std::string> issuers = co_await issuers_of(wish);
    std::string ended = fmt::format("ended: every session of {} at {} that began until now",
                                    wish.kind ? wish.name : "everybody",
                                    wish.provider.empty() ? "any provider" : wish.provider);
    // It ends before anything is waited for, and goes on when who asked has gone.
    parts_.audit.note(AuditAct::sessions_revoked, ended);
    // The one ends whether or not storage can keep the other; what failed is said at the end.
    const Result<core::Done> kept = co_await core::attempt(end_sessions(wish, issuers));
    Result<std::size_t> tokens = std::size_t{0};
    if (parts_.tokens != nullptr) tokens = co_await core::attempt(parts_.tokens->revoke_of(meant_by(wish)));
    if (!kept || !tokens) {
      parts_.audit.note(AuditAct::sessions_revoked, ended + ": not kept");
      co_return core::failure(kept ? tokens.error() : kept.error());
    }
    if (parts_.tokens != nullptr) ended += fmt::format(", and {} personal tokens", *tokens);
    co_return ended;
  }

 private:
  Flow<std::string> end_one(std::string id) {
    const std::vector<KnownSession> all = co_await parts_.known.all();
    const auto found =
        std::ranges::find_if(all, [&id](const KnownSession& known) { return known.who.session_id == id; });
    if (found == all.end()) co_return refused("there is no such session; `gateway sessions list` shows all");
    const Identity who = found->who;
    const std::string ended = fmt::format("ended: the session {} of {}", id, whose(who));
    parts_.audit.note(AuditAct::sessions_revoked, ended);
    const Result<core::Done> kept = co_await core::attempt(parts_.known.end(who, id));
    if (!kept) {
      parts_.audit.note(AuditAct::sessions_revoked, ended + ": not kept");
      co_return core::failure(kept.error());
    }
    co_return ended;
  }

  /// At each, though storage fails at another.
  Flow<> end_sessions(Wish wish, std::set<std::string> issuers) {
    const core::WallTime now = parts_.clock.wall();
    Result<core::Done> outcome = core::done();
    for (const std::string& issuer : issuers) {
      Flow<> ending = wish.kind ? parts_.revocations.revoke(revocation_for(wish, issuer, now))
                                : parts_.revocations.cut_off(issuer, now);
      const Result<core::Done> ended = co_await core::attempt(std::move(ending));
      if (!ended) outcome = core::failure(ended.error());
    }
    co_return outcome;
  }

  [[nodiscard]] Result<std::set<std::string>> issuers_of(const Wish& wish) const {
    std::set<std::string> issuers;
    for (const config::Provider& provider : parts_.login.providers) {
      if (wish.provider.empty() || wish.provider == provider.name) issuers.insert(provider.issuer);
    }
    const bool is_emergency = wish.provider.empty() ? wish.kind != RevocationKind::person
                                                    : wish.provider == config::kBreakGlassProvider;
    if (parts_.login.break_glass && is_emergency) issuers.emplace(config::kBreakGlassIssuer);
    if (issuers.empty()) {
      return refused(fmt::format("login.providers has no {}", wish.provider));
    }
    // The same subject at two issuers is two people.
    if (issuers.size() > 1 && wish.kind == RevocationKind::person) {
      return refused("a subject is somebody at one provider alone; name it with --provider");
    }
    return issuers;
  }

  [[nodiscard]] Revocation revocation_for(const Wish& wish, const std::string& issuer,
                                          core::WallTime now) const {
    // Tokens that other replicas are making meanwhile outlive the sessions that they are made in.
    std::chrono::seconds longest = parts_.login.session.lifetime;
    if (parts_.login.tokens) longest = std::max(longest, parts_.login.tokens->lifetime);
    return {*wish.kind, wish.name, issuer, now, now + longest + 2 * kSessionClockSkew};
  }

  SessionCommandParts parts_;
};

}  // namespace

std::unique_ptr<ControlCommand> make_list_sessions(SessionCommandParts parts) {
  return std::make_unique<ListSessions>(parts);
}

std::unique_ptr<ControlCommand> make_revoke_sessions(SessionCommandParts parts) {
  return std::make_unique<RevokeSessions>(parts);
}

}  // namespace gateway
