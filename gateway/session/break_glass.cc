#include "gateway/session/break_glass.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/crypto/totp.h"
#include "core/loop/wait.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxWaiting = 4;
constexpr std::ptrdiff_t kSubscriberBytes = 8;
constexpr const char* kLastStep = "break-glass-step";
/// The lease is longer: nobody writes what another is about to.
constexpr core::Duration kUseUpAtMost = std::chrono::seconds(3);
constexpr core::Duration kLease = std::chrono::seconds(10);
/// No code of a step this old is taken any more.
constexpr std::chrono::minutes kStepLasts{10};

std::unexpected<core::Error> wrong(std::string text) {
  return core::failure(core::ErrorKind::unverified, core::Side::client, std::move(text));
}

}  // namespace

bool BreakGlassLimits::take(const core::IpAddress& from, core::SteadyTime now) {
  if (now >= window_ends_) {
    tries_.clear();
    all_tries_ = 0;
    window_ends_ = now + kBreakGlassWindow;
  }
  const std::ptrdiff_t bytes = from.is_v4() ? 4 : kSubscriberBytes;
  const std::string place(from.bytes().begin(), from.bytes().begin() + bytes);
  const auto known = tries_.find(place);
  if (all_tries_ >= kBreakGlassTries || (known != tries_.end() && known->second >= kBreakGlassTriesEach))
    return false;
  ++all_tries_;
  ++tries_[place];
  return true;
}

BreakGlassCheck::BreakGlassCheck(BreakGlassParts parts)
    : parts_(parts), thread_(parts.loop, "break-glass", kMaxWaiting) {}

core::Flow<Identity> BreakGlassCheck::check(std::shared_ptr<const BreakGlassTry> attempt) {
  const core::Result<core::Done> proven = co_await core::attempt(prove(attempt));
  const AuditedRequest& request = attempt->request;
  if (!proven) {
    parts_.audit.note(AuditAct::break_glass_refused, request, proven.error().text);
    parts_.log.warn("somebody tried to sign in with the account for emergencies",
                    {{"id", request.id}, {"client", request.client}, {"error", proven.error().text}});
    co_return core::failure(proven.error());
  }
  Identity identity = account_now();
  parts_.audit.note(AuditAct::break_glass, request, identity, "");
  parts_.log.warn("the account for emergencies signed in",
                  {{"id", request.id}, {"client", request.client}, {"user", identity.user}});
  co_return std::move(identity);
}

Identity BreakGlassCheck::account_now() const {
  const config::BreakGlass& account = parts_.account;
  Identity identity;
  identity.session_id = parts_.random.hex_id();
  identity.provider = config::kBreakGlassProvider;
  identity.issuer = config::kBreakGlassIssuer;
  identity.subject = account.user;
  identity.user = account.user;
  identity.preferred_username = account.user;
  identity.email = account.email;
  identity.email_counts = !account.email.empty();
  identity.groups = account.groups;
  identity.claims = core::Json::object();
  identity.proven_at = parts_.clock.wall();
  identity.signed_in_at = identity.proven_at;
  identity.expires_at = identity.proven_at + std::min(account.lifetime, parts_.longest);
  return identity;
}

/// Both are looked at whatever the other is: neither the answer nor its time tells which is wrong.
core::Flow<> BreakGlassCheck::prove(std::shared_ptr<const BreakGlassTry> attempt) {
  if (!limits_.take(attempt->from, parts_.clock.steady()))
    co_return core::failure(core::ErrorKind::refused, core::Side::client, "too many tries");
  // The thread may outlive this.
  const auto hash = std::make_shared<const core::PasswordHash>(parts_.account.password);
  std::function<bool()> question = [attempt, hash] { return core::is_password(*hash, attempt->password); };
  const core::Result<bool> is_password = co_await core::attempt(thread_.ask(std::move(question)));
  if (!is_password) {
    co_return core::failure(core::ErrorKind::unavailable, core::Side::us,
                            "too many tries are being looked at");
  }
  const auto step = core::totp_step_of(parts_.account.totp_key, attempt->code, parts_.clock.wall());
  if (!*is_password || !step) co_return wrong("a password or code that is not the account's");
  const core::Deadline deadline = core::Deadline::after(parts_.loop, kUseUpAtMost);
  core::Flow<> using_up = use_up(*step);
  co_await core::within(parts_.loop, deadline, std::move(using_up));
  co_return core::done();
}

core::Flow<> BreakGlassCheck::use_up(std::int64_t step) {
  const std::string holder = parts_.random.hex_id();
  const core::Result<core::Done> locked =
      co_await core::attempt(parts_.storage.lock(kLastStep, holder, kLease));
  if (!locked && locked.error().kind == core::ErrorKind::conflict)
    co_return wrong("a code that another is being let in with");
  if (!locked) co_return core::failure(locked.error());
  const core::Result<core::Done> used = co_await core::attempt(use_up_locked(step));
  co_await core::attempt(parts_.storage.unlock(kLastStep, holder));
  co_return used;
}

/// RFC 6238 section 5.2: once, and none that is older than the last.
core::Flow<> BreakGlassCheck::use_up_locked(std::int64_t step) {
  const core::Result<core::StorageEntry> last = co_await core::attempt(parts_.storage.get(kLastStep));
  if (!last && last.error().kind != core::ErrorKind::not_found) co_return core::failure(last.error());
  if (last) {
    std::int64_t used = 0;
    const std::string& text = last->value;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), used);
    if (error != std::errc() || end != text.data() + text.size() || step <= used)
      co_return wrong("a code that was used before");
  }
  core::StorageEntry entry;
  entry.value = fmt::format("{}", step);
  entry.expires = parts_.clock.wall() + kStepLasts;
  co_await parts_.storage.put(kLastStep, std::move(entry));
  co_return core::done();
}

}  // namespace gateway
