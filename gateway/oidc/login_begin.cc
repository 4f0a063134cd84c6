// The first half of Login: from a request without a session to the provider.
#include <utility>

#include "core/crypto/pkce.h"
#include "core/text/utf8.h"
#include "gateway/oidc/fragment.h"
#include "gateway/oidc/login.h"
#include "gateway/oidc/round_marker.h"

namespace gateway {
namespace {

/// Of prompt, acr_values and login_hint: they come from the address bar, too, and go on to the provider.
constexpr std::size_t kMaxAskedBytes = 512;

std::string_view query_of(const Request& request) {
  return request.query.empty() ? request.query : request.query.substr(1);
}

core::Error bad(std::string text) {
  return {core::ErrorKind::malformed, core::Side::client, std::move(text)};
}

/// What start() reads again, but for the provider, which the person may have to choose.
std::string query_for(const SignInWish& wish) {
  core::FormWriter query;
  query.add("rd", wish.target);
  if (!wish.sign_in.prompt.empty()) query.add("prompt", wish.sign_in.prompt);
  if (!wish.sign_in.acr_values.empty()) query.add("acr_values", wish.sign_in.acr_values);
  if (!wish.login_hint.empty()) query.add("login_hint", wish.login_hint);
  return query.text();
}

/// What the query asks the provider for, over what is in `out`. Nothing of it is a protection: whoever starts
/// a sign-in may leave it out, and policies look at what came of it.
core::Result<void> read_asked(const core::Form& form, Destination& out) {
  const auto providers = form.once("provider");
  if (!providers) return core::failure(providers.error());
  if (*providers) out.sign_in.providers = providers_listed(**providers);
  for (const auto& [name, text] :
       {std::pair("prompt", &out.sign_in.prompt), std::pair("acr_values", &out.sign_in.acr_values),
        std::pair("login_hint", &out.login_hint)}) {
    const auto given = form.once(name);
    if (!given) return core::failure(given.error());
    if (!*given) continue;
    if ((*given)->size() > kMaxAskedBytes || !core::is_plain_text(**given)) {
      return core::failure(bad("what is asked of the provider is no short line of text"));
    }
    *text = **given;
  }
  return {};
}

/// What another proxy says in place of rd=, as oauth2-proxy reads it. An error if it stands twice: which of
/// the two is meant nobody can say.
core::Result<std::optional<std::string_view>> redirect_field(const Request& request) {
  constexpr std::string_view kName = "X-Auth-Request-Redirect";
  std::optional<std::string_view> value;
  for (const core::Field& field : *request.fields) {
    if (!core::equals_ignoring_case(field.name, kName)) continue;
    if (value) return core::failure(bad("X-Auth-Request-Redirect is given more than once"));
    value = field.value;
  }
  return value;
}

}  // namespace

Provider* Login::chosen(const config::SignIn& sign_in) const {
  if (parts_.providers.size() == 1) return parts_.providers.front().get();
  return sign_in.providers.size() == 1 ? provider_named(sign_in.providers.front()) : nullptr;
}

Reply Login::begin(const Request& request, const SignInWish& wish) {
  Provider* provider = chosen(wish.sign_in);
  const bool waits = provider != nullptr && provider->takes_pushed_requests();
  // Handing a request in waits, which start() may, and asks for the fragment.
  if (is_login_host(request) && (waits || parts_.settings.keeps_fragment))
    return begin_elsewhere(request, wish);
  return begin_now(request, wish).reply;
}

Login::Begun Login::begin_now(const Request& request, const SignInWish& wish) {
  // What a person asks for by a click is no loop.
  const int rounds = wish.is_anew ? 0 : failed_rounds(request, parts_.names, wish.absence);
  if (rounds >= kMaxFailedRounds) return {end_loop(request, wish), nullptr, {}};
  Begun begun;
  if (is_login_host(request)) {
    Start start;
    start.destination.target = wish.target;
    start.destination.sign_in = wish.sign_in;
    start.destination.login_hint = wish.login_hint;
    start.destination.fragment = wish.fragment;
    start.carried = query_for(wish);
    begun = begin_here(request, start);
  } else if (parts_.names.shares_domain(request.host) && parts_.names.shares_domain(parts_.settings.host)) {
    begun.reply = begin_elsewhere(request, wish);
  } else {
    begun.reply = hand_over(request, wish);
  }
  if (rounds > 0) begun.reply.with("Set-Cookie", round_marker(parts_.names, rounds));
  return begun;
}

Reply Login::end_loop(const Request& request, const SignInWish& wish) const {
  const core::Error error{core::ErrorKind::conflict, core::Side::client,
                          "signed in twice without a usable session: " + std::string(name_of(wish.absence))};
  const std::string again = sign_in_url(request, wish.target);
  Reply reply = parts_.answers.failed(request, loop_cause(wish.absence), error, again);
  reply.with("Set-Cookie", round_marker_removal(parts_.names));
  return reply;
}

Reply Login::begin_for(const Request& request, const config::SignIn& sign_in, SessionAbsence absence) {
  std::string target = request.url();
  if (target.size() > kMaxTargetBytes) target.resize(target.size() - request.query.size());
  if (target.size() > kMaxTargetBytes) target = request.origin() + "/";
  return begin(request, {std::move(target), sign_in, {}, absence});
}

Reply Login::begin_elsewhere(const Request& request, const SignInWish& wish) const {
  core::FormWriter query;
  if (!wish.sign_in.providers.empty()) query.add("provider", provider_list(wish.sign_in.providers));
  if (wish.is_anew) {
    query.add("again", "true");
  } else {
    query.add("absence", name_of(wish.absence));
  }
  Reply reply = redirect_to(302, login_url(request, "/start") + "?" + query_for(wish) + "&" + query.text());
  reply.reason = "sign-in begins";
  return reply;
}

/// There is a session, and yet the host that shares its cookie found none there: something stands before it,
/// such as cookies that a sibling host sets for some paths. To go back is a round like a sign-in.
Reply Login::send_back(const Request& request, const Start& start) const {
  const int rounds = failed_rounds(request, parts_.names, SessionAbsence::unreadable);
  if (rounds >= kMaxFailedRounds) {
    return end_loop(request, {start.destination.target, start.destination.sign_in, {}, *start.absence});
  }
  Reply reply = redirect_to(302, with_fragment(start.destination.target, start.destination.fragment));
  reply.with("Set-Cookie", round_marker(parts_.names, rounds));
  return reply;
}

Reply Login::hand_over(const Request& request, const SignInWish& wish) {
  const Handover::Begun begun = handover_.begin(request, wish);
  std::string there = login_url(request, "/start") + "?request=" + begun.sealed_request;
  if (wish.is_anew) there.append("&again=true");
  Reply reply = redirect_to(302, std::move(there));
  for (const std::string& cookie : begun.cookies) reply.with("Set-Cookie", cookie);
  reply.reason = "sign-in begins";
  return reply;
}

core::Result<Login::Start> Login::read_handover(const Request& request, std::string_view sealed) {
  if (!is_login_host(request))
    return core::failure(bad("a hand-over request to another host than login.host"));
  core::Result<Destination> asked = handover_.open_request(request, sealed);
  if (!asked) return core::failure(std::move(asked.error()));
  const core::Result<core::Authority> host = core::parse_authority(asked->host);
  if (!host || !parts_.targets.is_ours(host->host, host->host)) {
    return core::failure(bad("a hand-over request for a host without a route"));
  }
  return Start{std::move(*asked), "request=" + std::string(sealed), {}};
}

/// Another proxy sets it for every request, and nobody who comes means it: what leads nowhere is as if it
/// were not there, and so is a place of our own endpoints, which would ask for it again and again.
core::Result<core::Url> Login::target_of_field(const Request& request) const {
  const core::Result<std::optional<std::string_view>> field = redirect_field(request);
  if (!field) return core::failure(field.error());
  core::Result<core::Url> start_page = parts_.targets.check("/", request);
  if (!*field || (*field)->empty()) return start_page;
  core::Result<core::Url> target = parts_.targets.check(**field, request);
  const std::string& prefix = parts_.settings.prefix;
  if (!target || target->path == prefix || target->path.starts_with(prefix + "/")) return start_page;
  return target;
}

core::Result<Login::Start> Login::read_start(const Request& request) {
  const core::Result<core::Form> form = core::Form::parse(query_of(request));
  if (!form) return core::failure(form.error());
  const auto rd = form->once("rd");
  const auto sealed = form->once("request");
  const auto absence = form->once("absence");
  const auto again = form->once("again");
  if (!rd) return core::failure(rd.error());
  if (!sealed) return core::failure(sealed.error());
  if (!absence) return core::failure(absence.error());
  if (!again) return core::failure(again.error());
  Start start;
  if (*sealed) {
    core::Result<Start> handed = read_handover(request, **sealed);
    if (!handed) return handed;
    start = std::move(*handed);
  } else {
    const core::Result<core::Url> target =
        *rd ? parts_.targets.check(**rd, request) : target_of_field(request);
    if (!target) return core::failure(target.error());
    start.destination.target = fitting_target(*target);
  }
  const core::Result<void> asked = read_asked(*form, start.destination);
  if (!asked) return core::failure(asked.error());
  if (!*sealed) {
    start.carried =
        query_for({start.destination.target, start.destination.sign_in, start.destination.login_hint});
  }
  if (*again && **again != "true") return core::failure(bad("again is something else than true"));
  start.is_anew = again->has_value();
  if (*absence) {
    start.absence = absence_named(**absence);
    if (!start.absence) return core::failure(bad("an unknown absence is given"));
  }
  for (const std::string& provider : start.destination.sign_in.providers) {
    if (provider_named(provider) == nullptr) return core::failure(bad("an unknown provider is asked for"));
  }
  return start;
}

core::Flow<Reply> Login::start(const Request& request) {
  return start_with(request, std::nullopt);
}

core::Flow<Reply> Login::start_with(const Request& request, std::optional<std::string> fragment) {
  Begun begun = start_now(request, std::move(fragment));
  if (begun.pusher == nullptr) co_return std::move(begun.reply);
  core::Result<std::string> url = co_await core::attempt(begun.pusher->pushed_url(begun.wish));
  if (!url) {
    co_return parts_.answers.failed(request, failure_of(url.error()), url.error(), request.url(),
                                    begun.pusher->name());
  }
  begun.reply.with("Location", *url);
  co_return std::move(begun.reply);
}

Login::Begun Login::start_now(const Request& request, std::optional<std::string> fragment) {
  const auto whole = [](Reply reply) { return Begun{std::move(reply), nullptr, {}}; };
  if (!may_start_sign_in(request)) {
    return whole(parts_.answers.sign_in_needed(request, sign_in_url(request, {})));
  }
  const bool asks = !fragment && asks_fragment(request);
  core::Result<Start> start = read_start(request);
  if (!start) return whole(parts_.answers.failed(request, SignInFailure::bad_target, start.error()));
  start->destination.fragment = std::move(fragment).value_or(std::string());
  const Destination& destination = start->destination;
  const SessionLookup found = parts_.sessions.find(request);
  if (found.session != nullptr && !start->is_anew) {
    const std::shared_ptr<const Identity> identity = found.session->identity;
    // The account for emergencies is of no provider, and what it may do is the policies' to say.
    const bool is_emergency = identity->provider == config::kBreakGlassProvider;
    if (is_emergency || destination.sign_in.takes(identity->provider)) {
      if (!destination.host.empty()) return whole(deliver(request, destination, *identity));
      if (start->absence) return whole(send_back(request, *start));
      return whole(redirect_to(302, with_fragment(destination.target, destination.fragment)));
    }
  }
  if (asks) return whole(ask_fragment(request));
  if (destination.host.empty()) {
    return begin_now(request, {destination.target, destination.sign_in, destination.login_hint, found.absence,
                               destination.fragment, start->is_anew});
  }
  // Another host asks, and it counts its own rounds.
  return begin_here(request, *start);
}

Login::Begun Login::begin_here(const Request& request, const Start& start) {
  Provider* provider = chosen(start.destination.sign_in);
  if (provider == nullptr) return {choose(request, start), nullptr, {}};
  return to_provider(request, *provider, start.destination);
}

Reply Login::choose(const Request& request, const Start& start) const {
  std::vector<ProviderLink> links;
  for (const std::unique_ptr<Provider>& provider : parts_.providers) {
    if (!start.destination.sign_in.takes(provider->name())) continue;
    core::FormWriter choice;
    choice.add("provider", provider->name());
    std::string href = login_url(request, "/start") + "?" + choice.text() + "&" + start.carried;
    links.push_back({provider->title(), with_fragment(std::move(href), start.destination.fragment)});
  }
  return parts_.answers.choose(request, links, start.destination.host);
}

Login::Begun Login::to_provider(const Request& request, Provider& provider, const Destination& destination) {
  LoginAttempt attempt;
  attempt.state = random_token(parts_.random);
  attempt.nonce = random_token(parts_.random);
  attempt.verifier = core::make_code_verifier(parts_.random);
  attempt.provider = provider.name();
  attempt.redirect_uri = login_url(request, "/callback");
  attempt.target = destination.target;
  if (attempt.target.size() + destination.fragment.size() <= kMaxTargetBytes)
    attempt.fragment = destination.fragment;
  attempt.handover_host = destination.host;
  attempt.handover_hash = destination.secret_hash;
  attempt.began_at = request.now;
  AuthorizationWish wish;
  wish.redirect_uri = attempt.redirect_uri;
  wish.state = attempt.state;
  wish.nonce = attempt.nonce;
  wish.code_challenge = core::code_challenge(attempt.verifier.reveal());
  wish.prompt = destination.sign_in.prompt;
  wish.acr_values = destination.sign_in.acr_values;
  wish.login_hint = destination.login_hint;
  wish.now = request.now;
  Begun begun;
  if (provider.takes_pushed_requests()) {
    begun.pusher = &provider;
    begun.reply = redirect_to(302, {});
    begun.reply.fields.erase(begun.reply.fields.begin());  // the Location, which is not known yet
  } else {
    core::Result<std::string> url = provider.authorization_url(wish);
    if (!url) {
      return {parts_.answers.failed(request, SignInFailure::provider_down, url.error(), request.url(),
                                    attempt.provider),
              nullptr,
              {}};
    }
    begun.reply = redirect_to(302, std::move(*url));
  }
  begun.wish = std::move(wish);
  for (const std::string& cookie : attempts_.keep(request, attempt)) begun.reply.with("Set-Cookie", cookie);
  begun.reply.reason = "sign-in begins";
  return begun;
}

}  // namespace gateway
