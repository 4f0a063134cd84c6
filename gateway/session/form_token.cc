#include "gateway/session/form_token.h"

#include <utility>

#include "gateway/session/record.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 1;

std::unexpected<core::Error> unverified(std::string why) {
  return core::failure(core::ErrorKind::unverified, core::Side::client, std::move(why));
}

}  // namespace

bool is_own_form(const Request& request) {
  const std::string_view mode = request.field(core::FieldId::sec_fetch_mode);
  if (request.method != "POST" || (!mode.empty() && mode != "navigate")) return false;
  if (request.fields->count(core::FieldId::sec_fetch_site) > 1) return false;
  return is_from_own_page(request);
}

FormTokens::FormTokens(const core::KeyRing& keys, core::Random& random, const StrangerAudit& strangers)
    : sealer_(keys, core::Purpose::csrf, random), strangers_(strangers) {}

std::string FormTokens::make(const Request& request, const Identity& identity, std::string_view action,
                             std::string_view about) {
  RecordWriter record(RecordKind::form, kVersion);
  record.text(identity.session_id).text(about).time(request.now);
  return sealer_.seal(record.bytes(), {action, request.host});
}

core::Result<std::string> FormTokens::take(const Request& request, const Identity& identity,
                                           std::string_view action, core::Result<std::string_view> token) {
  core::Result<std::string> about = open(request, identity, action, token);
  if (!about) strangers_.note(AuditAct::request_refused, request, identity, about.error().text);
  return about;
}

core::Result<std::string> FormTokens::open(const Request& request, const Identity& identity,
                                           std::string_view action,
                                           const core::Result<std::string_view>& token) {
  if (!is_own_form(request)) return unverified("a form of another origin");
  if (!token) return unverified("no token of a form: " + token.error().text);
  const core::Result<core::Opened> opened = sealer_.open(*token, {action, request.host});
  if (!opened) return unverified("no token of a form: " + opened.error().text);
  RecordReader record(opened->plaintext.reveal(), RecordKind::form, kVersion);
  const std::string_view session = record.text();
  std::string about(record.text());
  const core::WallTime made_at = record.time();
  if (!record.is_complete()) return unverified("no token of a form");
  if (session.empty() || session != identity.session_id) return unverified("a form of another session");
  if (request.now >= made_at + kFormTokenLifetime) return unverified("a form that is too old");
  return about;
}

}  // namespace gateway
