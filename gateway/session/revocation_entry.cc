#include "gateway/session/revocation_entry.h"

#include <optional>
#include <utility>

#include "core/crypto/digest.h"
#include "core/text/json.h"

namespace gateway {
namespace {

struct KindName {
  RevocationKind kind;
  std::string_view name;
};
constexpr KindName kKinds[] = {{RevocationKind::session, "session"},
                               {RevocationKind::provider_session, "provider_session"},
                               {RevocationKind::subject, "subject"},
                               {RevocationKind::subject_without_session, "subject_without_session"},
                               {RevocationKind::person, "person"},
                               {RevocationKind::name, "name"}};

std::string_view name_of(RevocationKind kind) {
  for (const KindName& known : kKinds) {
    if (known.kind == kind) return known.name;
  }
  return {};
}

/// The kind of which the value has a member, and what that says.
std::optional<std::pair<RevocationKind, std::string>> named(const core::Json& value) {
  for (const KindName& known : kKinds) {
    const auto name = value.string_at(known.name);
    if (name && !name->empty()) return std::pair(known.kind, std::string(*name));
  }
  return std::nullopt;
}

}  // namespace

std::string hashed_key(std::string_view folder, std::string_view name) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string key(folder);
  for (const char byte : core::sha256(name)) {
    key.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    key.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return key;
}

std::string key_of(const Revocation& revocation) {
  if (revocation.kind == RevocationKind::session) return hashed_key(kRevocationFolder, revocation.name);
  // As JSON no two lists of texts are the same.
  const core::Json parts =
      core::Json::array({core::Json(name_of(revocation.kind)), core::Json(revocation.issuer),
                         core::Json(revocation.name), core::Json(core::unix_seconds(revocation.until))});
  return hashed_key(kRevocationFolder, parts.text());
}

std::string key_of(const IssuerCutOff& cut_off) {
  const core::Json parts =
      core::Json::array({core::Json(cut_off.issuer), core::Json(core::unix_seconds(cut_off.cut_off.moment))});
  return hashed_key(kCutOffFolder, parts.text());
}

core::StorageEntry entry_of(const Revocation& revocation) {
  core::Json value = core::Json::object();
  value.set(std::string(name_of(revocation.kind)), revocation.name);
  value.set("issuer", revocation.issuer);
  value.set("signed_in_at", core::unix_seconds(revocation.until));
  return {value.text(), revocation.expires};
}

core::StorageEntry entry_of(const IssuerCutOff& cut_off) {
  core::Json value = core::Json::object();
  value.set("issuer", cut_off.issuer);
  value.set("signed_in_at", core::unix_seconds(cut_off.cut_off.moment));
  return {value.text(), cut_off.cut_off.expires};
}

core::Result<std::variant<Revocation, IssuerCutOff>> read_revocation_entry(const std::string& key,
                                                                           const core::StorageEntry& entry) {
  core::Result<core::Json> value = core::Json::parse(entry.value, core::Side::storage);
  if (!value) return core::failure(std::move(value.error()));
  const auto issuer = value->string_at("issuer");
  const auto until = value->integer_at("signed_in_at");
  auto who = named(*value);
  const bool is_cut_off = key.starts_with(kCutOffFolder);
  if (!issuer || !until || !entry.expires || is_cut_off == who.has_value()) {
    return core::failure(core::ErrorKind::malformed, core::Side::storage,
                         "the entry " + key + " is no revocation; remove it to end nobody's session by it");
  }
  const core::WallTime moment = core::from_unix_seconds(*until);
  if (is_cut_off) return IssuerCutOff{std::string(*issuer), {moment, *entry.expires}};
  return Revocation{who->first, std::move(who->second), std::string(*issuer), moment, *entry.expires};
}

}  // namespace gateway
