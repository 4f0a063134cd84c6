#include "gateway/oidc/sign_out.h"

#include <utility>

#include "core/text/form.h"
#include "core/text/percent.h"
#include "gateway/oidc/round_marker.h"
#include "gateway/session/record.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kSealName = "signed-out";
constexpr std::chrono::seconds kReturnLifetime{600};

constexpr std::string_view kAction = "sign out";

std::string_view query_of(const Request& request) {
  return request.query.empty() ? request.query : request.query.substr(1);
}

}  // namespace

SignOut::SignOut(SignOutParts parts)
    : parts_(std::move(parts)), sealer_(parts_.keys, core::Purpose::state, parts_.random) {}

std::string SignOut::login_url(const Request& request, std::string_view endpoint) const {
  Request there = request;
  there.host = parts_.settings.host;
  return there.origin().append(parts_.settings.prefix).append(endpoint);
}

core::Result<std::string> SignOut::target_of(const Request& request, const core::Form& form) const {
  const auto rd = form.once("rd");
  if (!rd) return core::failure(rd.error());
  if (!*rd || (*rd)->empty()) return std::string();
  const core::Result<core::Url> url = parts_.targets.check(**rd, request);
  if (!url) return core::failure(url.error());
  return fitting_target(*url);
}

/// All sessions end by a form alone, never by a link.
core::Result<SignOut::Wish> SignOut::wish_of(const Request& request, const std::string& body) const {
  const bool is_post = request.method == "POST";
  const core::Result<core::Form> form = core::Form::parse(is_post ? body : query_of(request));
  if (!form) return core::failure(form.error());
  core::Result<std::string> target = target_of(request, *form);
  if (!target) return core::failure(std::move(target.error()));
  const auto everywhere = form->once("everywhere");
  if (!everywhere) return core::failure(everywhere.error());
  const auto token = form->once(kSignOutTokenField);
  if (!token) return core::failure(token.error());
  return Wish{std::move(*target), is_post && *everywhere && **everywhere == "yes",
              is_post ? std::string(token->value_or("")) : std::string()};
}

/// See the head of sign_out.h.
SignOut::Permission SignOut::permission_of(const Request& request, const Wish& wish) const {
  if (request.method == "POST") {
    if (!is_from_own_page(request)) return Permission::never;
    if (wish.form.empty()) return Permission::at_once;
    // An old page, of a session that is not this one: nobody has asked whoever is signed in now.
    const std::shared_ptr<const Identity> identity = parts_.sessions.find_to_end(request);
    const bool is_meant = !identity || parts_.forms.take(request, *identity, kAction, wish.form);
    return is_meant ? Permission::at_once : Permission::ask;
  }
  if (!may_start_sign_in(request)) return Permission::never;
  const std::string_view site = request.field(core::FieldId::sec_fetch_site);
  if (site == "same-origin" || site == "same-site") return Permission::at_once;
  const bool is_linked = parts_.targets.is_own_page(request.field(core::FieldId::referer), request);
  return is_linked ? Permission::at_once : Permission::ask;
}

core::Flow<Reply> SignOut::sign_out(const Request& request, std::string body) {
  core::Result<Wish> wish = wish_of(request, body);
  if (!wish) {
    parts_.strangers.note(AuditAct::request_refused, request, "sign-out: " + wish.error().text);
    co_return parts_.answers.failed(request, SignInFailure::bad_sign_out_target, wish.error());
  }
  const Permission permission = permission_of(request, *wish);
  if (permission == Permission::never) {
    parts_.strangers.note(AuditAct::request_refused, request, "sign-out: not of a page of ours");
    co_return parts_.answers.refused(request, 403);
  }
  if (permission == Permission::ask) co_return ask(request, *wish);
  Reply reply = co_await end_session(request, std::move(*wish));
  co_return reply;
}

Reply SignOut::ask(const Request& request, const Wish& wish) {
  SignOutForm form;
  form.action = parts_.settings.prefix + "/sign_out";
  if (!wish.target.empty()) form.hidden.emplace_back("rd", wish.target);
  if (wish.is_everywhere) form.hidden.emplace_back("everywhere", "yes");
  const std::shared_ptr<const Identity> identity = parts_.sessions.find_to_end(request);
  if (identity) {
    form.hidden.emplace_back(kSignOutTokenField, parts_.forms.make(request, *identity, kAction, {}));
  }
  form.form_targets = stops(request, identity ? identity->provider : std::string(), wish.target);
  return parts_.answers.confirm_sign_out(request, form);
}

/// Browsers hold every redirect that follows the post against form-action: the provider, login.host, the
/// target.
std::vector<std::string> SignOut::stops(const Request& request, const std::string& provider,
                                        const std::string& target) {
  std::vector<std::string> stops;
  for (std::string stop :
       {next_stop(request, provider, target, core::Secret()), login_url(request, "/"), target}) {
    if (!stop.empty()) stops.push_back(std::move(stop));
  }
  return stops;
}

core::Flow<Reply> SignOut::end_session(const Request& request, Wish wish) {
  const std::shared_ptr<const Identity> identity = parts_.sessions.find_to_end(request);
  core::Result<core::Done> kept = core::done();
  core::Secret id_token;
  if (identity) {
    Revocation revocation = revocation_of(*identity);
    if (wish.is_everywhere)
      revocation = revocation_of_person(*identity, request.now, parts_.settings.session.lifetime);
    kept = co_await core::attempt(parts_.revoke(std::move(revocation)));
    id_token = co_await forget(identity->session_id);
    co_await core::attempt(parts_.tidy(identity));
    const std::string_view extent = wish.is_everywhere ? "everywhere" : "";
    parts_.audit.note(AuditAct::sign_out, request, *identity, kept ? extent : "storage could not keep it");
  }
  Reply reply;
  const std::string next =
      next_stop(request, identity ? identity->provider : std::string(), wish.target, id_token);
  if (!kept) {
    reply = parts_.answers.failed(request, SignInFailure::sign_out_not_kept, kept.error());
  } else if (next.empty()) {
    reply = parts_.answers.signed_out(request);
  } else {
    reply = redirect_to(303, next);
  }
  reply.reason = "signed out";
  for (const std::string& cookie : parts_.sessions.clear(request)) reply.with("Set-Cookie", cookie);
  reply.with("Set-Cookie", round_marker_removal(parts_.names));
  co_return reply;
}

/// A record that stays in the store is of no use to anybody: its session has ended.
core::Flow<core::Secret> SignOut::forget(std::string session_id) {
  if (parts_.settings.session.store == config::SessionStoreKind::cookie) co_return core::Secret();
  core::Result<core::Secret> id_token = co_await core::attempt(parts_.forget(std::move(session_id)));
  co_return id_token ? std::move(*id_token) : core::Secret();
}

std::string SignOut::next_stop(const Request& request, std::string_view provider, const std::string& target,
                               const core::Secret& id_token) {
  for (const std::unique_ptr<Provider>& candidate : parts_.providers) {
    if (candidate->name() != provider) continue;
    const auto url =
        candidate->end_session_url(login_url(request, "/signed_out"), sealed_target(request, target));
    if (!url) continue;
    const bool is_hinted = !id_token.empty() && id_token.reveal().size() <= kMaxIdTokenHint;
    return is_hinted ? *url + "&id_token_hint=" + core::percent_encode(id_token.reveal()) : *url;
  }
  return target;
}

std::string SignOut::sealed_target(const Request& request, const std::string& target) {
  RecordWriter record(RecordKind::signed_out, kVersion);
  record.text(target).time(request.now);
  return sealer_.seal(record.bytes(), {kSealName, parts_.settings.host});
}

Reply SignOut::signed_out(const Request& request) {
  const core::Result<core::Form> form = core::Form::parse(query_of(request));
  const core::Result<std::string_view> state = form ? form->required("state") : core::failure(form.error());
  const Reply page = parts_.answers.signed_out(request);
  if (!state) return page;
  const core::Result<core::Opened> opened = sealer_.open(*state, {kSealName, parts_.settings.host});
  if (!opened) return page;
  RecordReader record(opened->plaintext.reveal(), RecordKind::signed_out, kVersion);
  const std::string_view target = record.text();
  const core::WallTime sealed_at = record.time();
  if (!record.is_complete() || target.empty() || request.now >= sealed_at + kReturnLifetime) return page;
  const core::Result<core::Url> url = parts_.targets.check(target, request);
  return url ? redirect_to(303, url->text()) : page;
}

}  // namespace gateway
