#include "gateway/session/session_cookies.h"

#include <algorithm>
#include <utility>

namespace gateway {
namespace {

core::Error unverified() {
  return {core::ErrorKind::unverified, core::Side::client, "no session cookie opens for this host"};
}

/// "3." in front of the first chunk: how many there are. Nothing for any other beginning.
std::optional<std::size_t> chunk_count(std::string_view first) {
  if (first.size() < 3 || first[1] != '.') return std::nullopt;
  if (first[0] < '1' || first[0] > static_cast<char>('0' + kMaxSessionChunks)) return std::nullopt;
  return static_cast<std::size_t>(first[0] - '0');
}

void append_piece(std::string& out, std::size_t chunk, std::string_view value) {
  out.push_back(static_cast<char>('0' + chunk));
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((value.size() >> shift) & 0xff));
  out.append(value);
}

}  // namespace

SessionCookies::SessionCookies(const CookieNames& names, core::Sealer& sealer, config::SameSite same_site)
    : names_(names),
      sealer_(sealer),
      same_site_(same_site == config::SameSite::none ? core::SameSite::none : core::SameSite::lax) {}

PresentedCookies SessionCookies::find(const core::Fields& fields, std::string_view host) const {
  const SessionScope scope = names_.session_at(host);
  PresentedCookies presented;
  for (const core::Field& field : fields) {
    if (field.id != core::FieldId::cookie) continue;
    core::CookieReader reader(field.value);
    while (const auto pair = reader.next()) {
      const auto chunk = scope.cookies.chunk_of(pair->name);
      if (!chunk) continue;
      if (*chunk == 0) {
        if (presented.first_count < kMaxSessionCopies) presented.first[presented.first_count] = pair->value;
        ++presented.first_count;
      } else {
        core::CookieLookup& rest = presented.rest[*chunk];
        if (rest.count++ == 0) rest.first = pair->value;
      }
    }
  }
  return presented;
}

core::Sha256Digest SessionCookies::digest(const PresentedCookies& presented, std::string_view host) {
  const SessionScope scope = names_.session_at(host);
  scratch_.clear();
  append_piece(scratch_, 0, scope.cookies.names[0]);
  append_piece(scratch_, 0, scope.scope);
  for (std::size_t copy = 0; copy < std::min(presented.first_count, kMaxSessionCopies); ++copy) {
    append_piece(scratch_, 0, presented.first[copy]);
  }
  // One too many is another request than the copies that count, and open() refuses it.
  if (presented.first_count > kMaxSessionCopies) append_piece(scratch_, kMaxSessionChunks, {});
  for (std::size_t chunk = 1; chunk < kMaxSessionChunks; ++chunk) {
    // Several of one number are never used, so how many there are is all that counts.
    const core::CookieLookup& rest = presented.rest[chunk];
    if (rest.count == 1) append_piece(scratch_, chunk, rest.first);
    if (rest.count > 1) append_piece(scratch_, chunk + kMaxSessionChunks, {});
  }
  hash_.update(scratch_);
  return hash_.finish();
}

core::Result<OpenedSession> SessionCookies::open_copy(std::string_view first,
                                                      const PresentedCookies& presented, SessionScope scope) {
  const auto count = chunk_count(first);
  if (!count) return core::failure(unverified());
  first.remove_prefix(2);
  std::string joined;
  std::string_view sealed = first;
  if (*count > 1) {
    joined = first;
    for (std::size_t chunk = 1; chunk < *count; ++chunk) {
      if (presented.rest[chunk].count != 1) return core::failure(unverified());
      joined.append(presented.rest[chunk].first);
    }
    sealed = joined;
  }
  const core::AssociatedNames names{scope.cookies.names[0], scope.scope};
  core::Result<core::Opened> opened = sealer_.open(sealed, names);
  if (!opened) return core::failure(unverified());
  core::Result<Session> session = decode_session(opened->plaintext.reveal());
  if (!session) return core::failure(std::move(session.error()));
  return OpenedSession{std::move(*session), opened->by_old_key};
}

core::Result<OpenedSession> SessionCookies::open(const PresentedCookies& presented, std::string_view host) {
  if (presented.is_empty()) {
    return core::failure(core::ErrorKind::not_found, core::Side::client, "no session cookie");
  }
  if (presented.first_count > kMaxSessionCopies) return core::failure(unverified());
  const SessionScope scope = names_.session_at(host);
  core::Result<OpenedSession> found = core::failure(unverified());
  for (std::size_t copy = 0; copy < presented.first_count; ++copy) {
    core::Result<OpenedSession> opened = open_copy(presented.first[copy], presented, scope);
    if (!opened) continue;
    // Two people's sessions in one request: somebody planted one of them, and nobody can tell which.
    if (found && found->session.identity.session_id != opened->session.identity.session_id) {
      return core::failure(unverified());
    }
    if (!found || found->session.last_seen < opened->session.last_seen) found = std::move(opened);
  }
  return found;
}

core::SetCookie SessionCookies::cookie(SessionScope scope, std::size_t chunk) const {
  core::SetCookie cookie;
  cookie.name = scope.cookies.names[chunk];
  cookie.domain = scope.domain;
  cookie.same_site = same_site_;
  return cookie;
}

core::Result<std::vector<std::string>> SessionCookies::issue(const Session& session, std::string_view host,
                                                             const PresentedCookies& presented) {
  const SessionScope scope = names_.session_at(host);
  const std::string sealed = sealer_.seal(encode_session(session), {scope.cookies.names[0], scope.scope});
  const std::size_t room = kMaxChunkBytes - 2;  // the first chunk also says how many there are
  const std::size_t chunks = (sealed.size() + room - 1) / room;
  if (chunks > kMaxSessionChunks) {
    return core::failure(core::ErrorKind::too_large, core::Side::provider,
                         "the session needs " + std::to_string(sealed.size()) +
                             " bytes of cookies, at most " + std::to_string(kMaxSessionChunks * room) +
                             " fit: send fewer groups or claims");
  }
  const auto left =
      std::chrono::duration_cast<std::chrono::seconds>(session.identity.expires_at - session.last_seen);
  std::vector<std::string> result;
  for (std::size_t chunk = 0; chunk < kMaxSessionChunks; ++chunk) {
    core::SetCookie set = cookie(scope, chunk);
    if (chunk < chunks) {
      if (chunk == 0) set.value = std::to_string(chunks) + ".";
      set.value += sealed.substr(chunk * room, room);
      set.max_age = std::max(left, std::chrono::seconds(1));
      result.push_back(set.text());
    } else if (presented.has_chunk(chunk)) {
      result.push_back(core::SetCookie::removal(set).text());
    }
  }
  return result;
}

std::vector<std::string> SessionCookies::clear(std::string_view host) const {
  const SessionScope scope = names_.session_at(host);
  std::vector<std::string> result;
  for (std::size_t chunk = 0; chunk < kMaxSessionChunks; ++chunk) {
    result.push_back(core::SetCookie::removal(cookie(scope, chunk)).text());
  }
  return result;
}

}  // namespace gateway
