// Sign-in: everything between "no session" and "a session on the host that was asked for". The flows are
// those of OpenID Connect Core section 3.1 with PKCE; see handover.h for hosts that share no cookie.
//
// A login never loops (round_marker.h). All failures end in a page with an id that finds the log line; a
// browser without its own attempt never learns which check failed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/types_access.h"
#include "core/crypto/random.h"
#include "core/loop/flow.h"
#include "core/text/form.h"
#include "gateway/model/audit.h"
#include "gateway/model/person_limits.h"
#include "gateway/model/reply.h"
#include "gateway/model/request.h"
#include "gateway/oidc/handover.h"
#include "gateway/oidc/login_answers.h"
#include "gateway/oidc/provider.h"
#include "gateway/oidc/redeemed_ids.h"
#include "gateway/oidc/return_targets.h"
#include "gateway/oidc/state_cookie.h"
#include "gateway/session/known_session.h"
#include "gateway/session/revocations.h"
#include "gateway/session/sessions.h"

namespace gateway {

/// Puts a session into its store before anybody is told of it; nothing to do with `store: cookie`.
using KeepSession = std::function<core::Flow<>(SignedIn session)>;

/// Lists a session that began, for its owner (SessionRegister::note). Does not fail.
using NoteSession = std::function<core::Flow<>(KnownSession session)>;

/// What Login is made of; all borrowed but the functions.
struct LoginParts {
  const config::Login& settings;
  const ReturnTargets& targets;
  const CookieNames& names;
  const core::KeyRing& keys;
  Sessions& sessions;
  const LoginAnswers& answers;
  RedeemedIds& redeemed;
  const std::vector<std::unique_ptr<Provider>>& providers;
  core::Random& random;
  KeepSession keep;
  const Audit& audit;
  NoteSession note;
  const PersonLimits& limits;
  Revoke revoke;
};

/// One worker's. Every `request` outlives the call, or the flow.
class Login {
 public:
  explicit Login(LoginParts parts);

  /// For a navigation that may start a sign-in. A redirect, or a page (chooser, loop, provider not reached).
  Reply begin(const Request& request, const SignInWish& wish);
  /// The same for coming back to the very URL of `request`, cut to what a cookie can keep.
  Reply begin_for(const Request& request, const config::SignIn& sign_in, SessionAbsence absence);
  /// PREFIX/start and PREFIX/sign_in: rd=, or request= from another host; provider=, prompt=, acr_values=,
  /// login_hint=, again=true. Waits where the provider wants the request handed in first.
  core::Flow<Reply> start(const Request& request);
  /// The same with what the page of login.host was told about the URL's fragment (keep_fragment). `request`
  /// is its POST.
  core::Flow<Reply> start_with_fragment(const Request& request, std::string body);
  /// PREFIX/callback on login.host.
  core::Flow<Reply> finish(const Request& request);
  /// The same for a provider that posts its answer (form_post.h): on to the callback with `body` as its
  /// query.
  Reply take_posted(const Request& request, std::string_view body) const;
  /// PREFIX/return on other hosts.
  Reply accept_ticket(const Request& request);
  /// The URL that begins a sign-in which comes back to `target` (empty: the host's start page).
  [[nodiscard]] std::string sign_in_url(const Request& request, std::string_view target) const;
  /// The same for a request that cannot be redirected: back to the page of this host that made it, as far as
  /// Referer tells; to its own URL if it is a GET of no script.
  [[nodiscard]] std::string sign_in_url_after(const Request& request) const;
  /// The URL that asks the provider of `identity` anew and comes back to this page, for claims that may have
  /// changed there; silent while the provider knows the person.
  [[nodiscard]] std::string check_again_url(const Request& request, const Identity& identity) const;

 private:
  struct Callback {
    StateCookies::Found found;
    std::string code;
    std::string error;
    std::optional<std::string> issuer;
  };
  struct Start {
    Destination destination;
    std::string carried;  ///< the query that names the destination again: rd=… or request=…
    /// Why a host that shares our cookie sent the browser here; nothing if none did.
    std::optional<SessionAbsence> absence;
    bool is_anew = false;  ///< a session that is there is not enough
  };
  /// An answer that is whole, or one that lacks its Location: the URL that `pusher` makes of `wish`.
  struct Begun {
    Reply reply;
    Provider* pusher = nullptr;
    AuthorizationWish wish;
  };
  [[nodiscard]] bool is_login_host(const Request& request) const {
    return request.host == parts_.settings.host;
  }
  [[nodiscard]] std::string login_url(const Request& request, std::string_view endpoint) const;
  [[nodiscard]] Provider* provider_named(std::string_view name) const;
  [[nodiscard]] Provider* chosen(const config::SignIn& sign_in) const;
  [[nodiscard]] core::Result<Start> read_start(const Request& request);
  [[nodiscard]] core::Result<Start> read_handover(const Request& request, std::string_view sealed);
  Reply end_loop(const Request& request, const SignInWish& wish) const;
  Reply send_back(const Request& request, const Start& start) const;
  Reply begin_elsewhere(const Request& request, const SignInWish& wish) const;
  Reply hand_over(const Request& request, const SignInWish& wish);
  Begun begin_now(const Request& request, const SignInWish& wish);
  Begun begin_here(const Request& request, const Start& start);
  /// `fragment`: nothing if the browser has not been asked.
  Begun start_now(const Request& request, std::optional<std::string> fragment);
  core::Flow<Reply> start_with(const Request& request, std::optional<std::string> fragment);
  [[nodiscard]] bool asks_fragment(const Request& request) const;
  [[nodiscard]] Reply ask_fragment(const Request& request) const;
  Begun to_provider(const Request& request, Provider& provider, const Destination& destination);
  Reply choose(const Request& request, const Start& start) const;
  [[nodiscard]] core::Result<Callback> read_callback(const Request& request);
  [[nodiscard]] core::Result<core::Done> check(const Callback& callback, Provider& provider,
                                               const Request& request) const;
  core::Flow<Reply> redeem(const Request& request, Callback callback);
  core::Flow<> end_replaced(const Request& request, const Identity& by);
  [[nodiscard]] core::Result<core::Url> target_of_field(const Request& request) const;
  [[nodiscard]] Reply too_often(const Request& request, const Identity& who, std::chrono::seconds wait) const;
  Reply deliver(const Request& request, const Destination& destination, const Identity& identity);

  LoginParts parts_;
  StateCookies attempts_;
  Handover handover_;
};

}  // namespace gateway
