#include "gateway/model/audit.h"

#include <utility>

namespace gateway {
namespace {

/// Enough to tell one person's sessions apart; the whole is a name in the store.
constexpr std::size_t kSessionDigits = 12;
constexpr std::string_view kMessage = "audit";

/// What an operator is to be woken for is a warning.
core::LogLevel level_of(AuditAct act) {
  const bool is_loud = act == AuditAct::break_glass || act == AuditAct::break_glass_refused;
  return is_loud ? core::LogLevel::warn : core::LogLevel::info;
}

ActPlace place_of(const AuditedRequest& request) {
  return {request.now, request.id, request.client, request.host, request.path};
}

}  // namespace

std::string_view name_of(AuditAct act) {
  switch (act) {
    case AuditAct::sign_in:
      return "sign_in";
    case AuditAct::sign_in_failed:
      return "sign_in_failed";
    case AuditAct::sign_out:
      return "sign_out";
    case AuditAct::provider_logout:
      return "provider_logout";
    case AuditAct::logout_refused:
      return "logout_refused";
    case AuditAct::denied:
      return "denied";
    case AuditAct::pending:
      return "pending";
    case AuditAct::token_refused:
      return "token_refused";
    case AuditAct::request_refused:
      return "request_refused";
    case AuditAct::token_created:
      return "token_created";
    case AuditAct::device_allowed:
      return "device_allowed";
    case AuditAct::device_denied:
      return "device_denied";
    case AuditAct::token_revoked:
      return "token_revoked";
    case AuditAct::sessions_revoked:
      return "sessions_revoked";
    case AuditAct::access_requested:
      return "access_requested";
    case AuditAct::access_approved:
      return "access_approved";
    case AuditAct::access_rejected:
      return "access_rejected";
    case AuditAct::access_withdrawn:
      return "access_withdrawn";
    case AuditAct::break_glass:
      return "break_glass";
    case AuditAct::break_glass_refused:
      return "break_glass_refused";
    case AuditAct::log_level_changed:
      return "log_level_changed";
  }
  return "unknown";
}

AuditedRequest::AuditedRequest(const Request& request)
    : id(request.id),
      client(request.client.text()),
      host(request.host),
      path(request.path),
      now(request.now) {}

void Audit::write(AuditAct act, const ActPlace& place, std::string_view reason) const {
  log_.event(level_of(act), kMessage,
             {{"act", name_of(act)},
              {"id", place.id},
              {"client", place.client},
              {"host", place.host},
              {"path", place.path},
              {"reason", reason}});
  if (ledger_ != nullptr) ledger_->note(act, place, nullptr, reason);
}

void Audit::write(AuditAct act, const ActPlace& place, const Identity& identity,
                  std::string_view reason) const {
  const std::string_view session = identity.session_id;
  log_.event(level_of(act), kMessage,
             {{"act", name_of(act)},
              {"id", place.id},
              {"client", place.client},
              {"host", place.host},
              {"path", place.path},
              {"user", identity.user},
              {"email", identity.email_counts ? std::string_view(identity.email) : ""},
              {"by", identity.client.empty() ? identity.provider : identity.client},
              {"issuer", identity.issuer},
              {"subject", identity.subject},
              {"session", session.substr(0, kSessionDigits)},
              {"reason", reason}});
  if (ledger_ != nullptr) ledger_->note(act, place, &identity, reason);
}

void Audit::note(AuditAct act, const Request& request, std::string_view reason) const {
  write(act, {request.now, request.id, request.client.text(), request.host, request.path}, reason);
}

void Audit::note(AuditAct act, const Request& request, const Identity& identity,
                 std::string_view reason) const {
  write(act, {request.now, request.id, request.client.text(), request.host, request.path}, identity, reason);
}

void Audit::note(AuditAct act, const AuditedRequest& request, std::string_view reason) const {
  write(act, place_of(request), reason);
}

void Audit::note(AuditAct act, const AuditedRequest& request, const Identity& identity,
                 std::string_view reason) const {
  write(act, place_of(request), identity, reason);
}

AuditNote Audit::for_later(const Request& request, const Identity& identity) const {
  return [this, asked = AuditedRequest(request), identity](AuditAct act, std::string_view reason) {
    note(act, asked, identity, reason);
  };
}

void Audit::note(AuditAct act, std::string_view what) const {
  log_.info(kMessage, {{"act", name_of(act)}, {"reason", what}});
  if (ledger_ != nullptr) ledger_->note(act);
}

void Audit::note_failed_sign_in(const Request& request, std::string_view provider,
                                std::string_view code) const {
  const std::string client = request.client.text();
  log_.info(kMessage, {{"act", name_of(AuditAct::sign_in_failed)},
                       {"id", request.id},
                       {"client", client},
                       {"host", request.host},
                       {"path", request.path},
                       {"by", provider},
                       {"reason", code}});
  if (ledger_ == nullptr) return;
  ledger_->note_failed_sign_in({request.now, request.id, client, request.host, request.path}, provider, code);
}

}  // namespace gateway
