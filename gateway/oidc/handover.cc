#include "gateway/oidc/handover.h"

#include <algorithm>
#include <utility>

#include "core/crypto/digest.h"
#include "gateway/oidc/state_cookie.h"
#include "gateway/session/record.h"

namespace gateway {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::string_view kRequestName = "request";
constexpr std::string_view kTicketName = "ticket";
constexpr std::size_t kTailBytes = 11;
/// Clocks of two replicas may differ by so much.
constexpr std::chrono::seconds kClockSkew{30};

core::Error unverified(std::string text) {
  return {core::ErrorKind::unverified, core::Side::client, "hand-over: " + std::move(text)};
}

bool is_current(core::WallTime made_at, core::WallTime now, std::chrono::seconds lifetime) {
  return now < made_at + lifetime && made_at <= now + kClockSkew;
}

void write(RecordWriter& record, const Destination& destination) {
  const config::SignIn& sign_in = destination.sign_in;
  record.text(destination.target).text(provider_list(sign_in.providers));
  record.text(sign_in.prompt).text(sign_in.acr_values);
  record.text(destination.login_hint).text(destination.host).text(destination.secret_hash);
}

Destination read_destination(RecordReader& record) {
  Destination destination;
  destination.target = record.text();
  destination.sign_in.providers = providers_listed(record.text());
  destination.sign_in.prompt = record.text();
  destination.sign_in.acr_values = record.text();
  destination.login_hint = record.text();
  destination.host = record.text();
  destination.secret_hash = record.text();
  return destination;
}

}  // namespace

std::string provider_list(const std::vector<std::string>& providers) {
  std::string list;
  for (const std::string& provider : providers) {
    if (!list.empty()) list.push_back(' ');
    list.append(provider);
  }
  return list;
}

std::vector<std::string> providers_listed(std::string_view list) {
  std::vector<std::string> providers;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    providers.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return providers;
}

std::string own_authority(const Request& request) {
  return request.origin().substr(std::string_view("https://").size());
}

Handover::Handover(HandoverParts parts)
    : parts_(std::move(parts)), sealer_(parts_.keys, core::Purpose::handover, parts_.random) {}

Handover::Begun Handover::begin(const Request& request, const SignInWish& wish) {
  const std::string secret = random_token(parts_.random);
  const core::Sha256Digest hash = core::sha256(secret);
  RecordWriter record(RecordKind::handover_request, kVersion);
  write(record, {wish.target, wish.sign_in, wish.login_hint, own_authority(request),
                 std::string(core::view_of(hash))});
  record.time(request.now);
  const std::string tail = random_token(parts_.random).substr(0, kTailBytes);
  const std::string_view prefix = parts_.names.return_prefix();
  const std::string name = timed_cookie_name(prefix, request.now, tail);
  Begun begun;
  begun.sealed_request = sealer_.seal(record.bytes(), {kRequestName, parts_.login_host});
  begun.cookies = drop_oldest(timed_cookies(*request.fields, prefix), name.size() + secret.size());
  begun.cookies.push_back(host_cookie(name, secret, kHandoverLifetime));
  return begun;
}

core::Result<Destination> Handover::open_request(const Request& request, std::string_view sealed) {
  const core::Result<core::Opened> opened = sealer_.open(sealed, {kRequestName, request.host});
  if (!opened) return core::failure(unverified("the request does not open"));
  RecordReader record(opened->plaintext.reveal(), RecordKind::handover_request, kVersion);
  Destination destination = read_destination(record);
  const core::WallTime made_at = record.time();
  if (!record.is_complete() || destination.host.empty())
    return core::failure(unverified("the request is incomplete"));
  if (!is_current(made_at, request.now, kHandoverLifetime))
    return core::failure(unverified("the request is too old"));
  return destination;
}

core::Result<std::string> Handover::make_ticket(const Request& request, const Destination& asked,
                                                const Identity& identity) {
  RecordWriter record(RecordKind::ticket, kVersion);
  record.text(parts_.random.id());
  write(record, asked);
  record.text(encode_session({identity, request.now})).time(request.now);
  std::string sealed = sealer_.seal(record.bytes(), {kTicketName, asked.host});
  if (sealed.size() > kMaxTicketBytes) {
    return core::failure(core::ErrorKind::too_large, core::Side::provider,
                         "hand-over: the ticket needs " + std::to_string(sealed.size()) +
                             " bytes of a URL, at most " + std::to_string(kMaxTicketBytes) +
                             " fit: have the provider send fewer groups or claims, or set "
                             "login.session.cookie_domain where all hosts are yours");
  }
  return sealed;
}

core::Result<Handover::Accepted> Handover::accept(const Request& request, std::string_view sealed) {
  const core::Result<core::Opened> opened = sealer_.open(sealed, {kTicketName, own_authority(request)});
  if (!opened) return core::failure(unverified("the ticket does not open for this host"));
  RecordReader record(opened->plaintext.reveal(), RecordKind::ticket, kVersion);
  Accepted accepted;
  Ticket& ticket = accepted.ticket;
  ticket.id = record.text();
  ticket.destination = read_destination(record);
  core::Result<Session> session = decode_session(record.text());
  ticket.made_at = record.time();
  if (!record.is_complete() || !session) return core::failure(unverified("the ticket is incomplete"));
  ticket.session = std::move(*session);
  if (!is_current(ticket.made_at, request.now, kTicketLifetime))
    return core::failure(unverified("the ticket is too old"));
  for (const TimedCookie& cookie : timed_cookies(*request.fields, parts_.names.return_prefix())) {
    const core::Sha256Digest hash = core::sha256(cookie.value);
    if (!core::constant_time_equal(core::view_of(hash), ticket.destination.secret_hash)) continue;
    accepted.cookie = cookie.name;
    return accepted;
  }
  return core::failure(unverified("the browser does not have the secret of the ticket"));
}

}  // namespace gateway
