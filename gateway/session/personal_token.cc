#include "gateway/session/personal_token.h"

#include <algorithm>
#include <utility>

#include "core/crypto/random.h"
#include "core/text/base64.h"
#include "core/text/request_path.h"
#include "gateway/session/record.h"
#include "gateway/session/session.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kSecretBytes = 32;

std::unexpected<core::Error> unreadable() {
  return core::failure(core::ErrorKind::unverified, core::Side::storage, "a personal token cannot be read");
}

/// As the router reads hosts of routes: "*." is one label, "*" any host.
bool is_host_of(std::string_view pattern, std::string_view host) {
  if (pattern == "*") return true;
  if (!pattern.starts_with("*.")) return pattern == host;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 && host.substr(dot) == pattern.substr(1);
}

}  // namespace

bool PersonalToken::is_for(const Request& request) const {
  return std::ranges::any_of(places, [&request](const std::string& place) {
    const std::size_t slash = place.find('/');
    if (slash == std::string::npos) return false;
    const std::string_view whole(place);
    return is_host_of(whole.substr(0, slash), request.host) &&
           core::path_has_prefix(request.path, whole.substr(slash));
  });
}

core::Secret new_personal_token() {
  const core::Secret bytes(core::random_bytes(kSecretBytes));
  return core::Secret(std::string(kPersonalTokenMark).append(core::base64url_encode(bytes.reveal())));
}

core::Sha256Digest hash_of_token(std::string_view token) {
  return core::sha256(token);
}

std::string encode_personal_token(const PersonalToken& token) {
  RecordWriter record(RecordKind::personal_token, kVersion);
  record.text(core::view_of(token.hash)).text(token.id()).text(token.name);
  record.number(static_cast<std::int64_t>(token.places.size()));
  for (const std::string& place : token.places) record.text(place);
  record.text(encode_session({*token.owner, token.owner->signed_in_at})).time(token.session_began);
  return record.bytes();
}

core::Result<PersonalToken> decode_personal_token(std::string_view bytes) {
  RecordReader record(bytes, RecordKind::personal_token, kVersion);
  PersonalToken token;
  const std::string_view hash = record.text();
  std::string id(record.text());
  token.name = record.text();
  const std::size_t places = record.count(kMaxTokenPlaces);
  for (std::size_t i = 0; i < places; ++i) token.places.emplace_back(record.text());
  const std::string_view session = record.text();
  token.session_began = record.time();
  if (!record.is_complete() || hash.size() != token.hash.size() || id.empty()) return unreadable();
  core::Result<Session> owner = decode_session(session);
  if (!owner) return unreadable();
  std::ranges::copy(hash, token.hash.begin());
  owner->identity.token = std::move(id);
  token.owner = std::make_shared<const Identity>(std::move(owner->identity));
  return token;
}

}  // namespace gateway
