#include "gateway/run/admin_listener.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/http/h1_server.h"
#include "core/net/tcp.h"
#include "core/text/url.h"
#include "gateway/run/status_page.h"

namespace gateway {
namespace {

constexpr core::Duration kPatience{5'000};
/// Whoever guesses guesses often.
constexpr core::Duration kToldEvery = std::chrono::seconds(10);
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kExposition = "text/plain; version=0.0.4; charset=utf-8";

Reply answer_with(int status, std::string_view type, std::string body) {
  Reply reply;
  reply.status = status;
  reply.with("Content-Type", type).with("Cache-Control", "no-store");
  reply.with("X-Content-Type-Options", "nosniff");
  reply.body = std::move(body);
  return reply;
}

Reply readiness(const std::vector<std::string>& reasons) {
  if (reasons.empty()) return answer_with(200, kPlainText, "ok\n");
  std::string text = "not ready\n";
  for (const std::string& reason : reasons) text.append(reason).append("\n");
  return answer_with(503, kPlainText, std::move(text));
}

Reply refuse(AdminAccess access) {
  if (access == AdminAccess::closed) {
    return answer_with(403, kPlainText,
                       "who signs in where is told to the operator alone: give listen.admin a socket, or "
                       "listen.admin_token\n");
  }
  Reply refusal = answer_with(401, kPlainText, "give listen.admin_token: as Bearer, or as a password\n");
  refusal.with("WWW-Authenticate", "Bearer realm=\"gateway\"");
  return std::move(refusal.with("WWW-Authenticate", "Basic realm=\"gateway\", charset=\"UTF-8\""));
}

Reply command_reload(const core::RequestHead& head, AdminSource& source) {
  if (!is_own_post(head)) {
    return answer_with(403, kPlainText,
                       "a POST needs Content-Type: application/json, and no Origin but this one\n");
  }
  if (!source.ask_reload()) return answer_with(503, kPlainText, "not now: there is no file, or it ends\n");
  return answer_with(202, kPlainText, "the file is read; /status says how that ended\n");
}

/// Without an address: IPv6 and IPv4 on one socket, or IPv4 where the machine has no IPv6.
core::Result<core::ListeningSocket> open_socket(const config::ListenAddress& address) {
  constexpr auto kAlone = core::ListeningSocket::Sharing::alone;
  if (address.ip) return core::ListeningSocket::open({*address.ip, address.port, {}}, kAlone);
  const core::IpAddress any = core::IpAddress::v6(std::array<std::uint8_t, 16>{});
  auto both = core::ListeningSocket::open({any, address.port, {}}, kAlone);
  if (both || both.error().kind != core::ErrorKind::unsupported) return both;
  return core::ListeningSocket::open({core::IpAddress::v4({0, 0, 0, 0}), address.port, {}}, kAlone);
}

}  // namespace

bool is_admin_host(std::string_view host) {
  const auto authority = core::parse_authority(host);
  if (!authority) return false;
  std::string_view name = authority->host;
  if (name == "localhost") return true;
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return core::IpAddress::parse(name).has_value();
}

Reply answer_admin(const core::RequestHead& head, AdminSource& source, AdminDoor door) {
  if (!is_admin_host(head.host))
    return answer_with(421, kPlainText, "the Host must be an IP address or localhost\n");
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  const bool is_open = path == "/livez" || path == "/readyz" || path == "/metrics";
  const bool is_operators = path == "/" || path == "/status" || path == "/reload";
  if (!is_open && !is_operators) return answer_with(404, kPlainText, "not found\n");
  const bool is_command = path == "/reload";
  const bool is_read = head.method == "GET" || head.method == "HEAD";
  if (is_command ? head.method != "POST" : !is_read) {
    Reply refusal = answer_with(405, kPlainText, is_command ? "POST\n" : "GET or HEAD\n");
    return std::move(refusal.with("Allow", is_command ? "POST" : "GET, HEAD"));
  }
  if (path == "/livez") return answer_with(200, kPlainText, "ok\n");
  if (path == "/readyz") return readiness(source.reasons_not_ready());
  if (path == "/metrics") return answer_with(200, kExposition, source.metrics());
  const AdminAccess access = admin_access(head, door, source.admin_token());
  if (access != AdminAccess::granted) return refuse(access);
  if (is_command) return command_reload(head, source);
  if (path == "/status") return answer_with(200, kJson, status_json(source.status_report()).text() + "\n");
  return status_page(source.status_report(), head.target != "/?pause");
}

/// One connection; every request is answered at once.
class AdminListener::Conversation final : public core::Retirable, private core::ServerSessionOwner {
 public:
  Conversation(AdminListener& owner, std::unique_ptr<core::ByteStream> stream, const core::Endpoint& peer,
               AdminDoor door)
      : owner_(owner),
        peer_(peer.text()),
        door_(door),
        session_(core::make_h1_server(owner.loop_, std::move(stream), owner.limits_, *this)) {}
  void start() { session_->start(); }

 private:
  core::RequestHandler* on_request(core::ServerStream& stream, core::RequestHead& head) override {
    const Reply reply = answer_admin(head, owner_.source_, door_);
    const bool shows_something = head.fields.count(core::FieldId::authorization) != 0;
    if (reply.status == 401 && shows_something) owner_.on_wrong_token(peer_);
    core::Fields fields;
    for (const auto& [name, value] : reply.fields) fields.add(name, value);
    stream.send_head(reply.status, fields, core::BodyLength::known(reply.body.size()));
    if (head.method != "HEAD") stream.send_body(reply.body);
    stream.send_end(core::Fields());
    return nullptr;
  }
  void on_refused(int, const core::Error&) override {}
  void on_session_end() override { owner_.remove(this); }

  AdminListener& owner_;
  std::string peer_;
  AdminDoor door_;
  std::unique_ptr<core::ServerSession> session_;
};

AdminListener::AdminListener(core::Loop& loop, const core::Log& log, AdminSource& source)
    : loop_(loop), log_(log), source_(source) {
  // Idle connections must not keep a probe from being answered.
  limits_.keep_alive = kPatience;
  limits_.header_time = kPatience;
}

AdminListener::~AdminListener() = default;

core::Result<std::unique_ptr<AdminListener>> AdminListener::open(core::Loop& loop, const core::Log& log,
                                                                 AdminSource& source,
                                                                 const config::Listen& listen) {
  std::unique_ptr<AdminListener> listener(new AdminListener(loop, log, source));
  for (const config::ListenAddress& address : listen.admin) {
    core::Result<void> opened = listener->open_door(address);
    if (!opened) return core::failure(std::move(opened.error()).during("listen.admin"));
  }
  if (listen.admin_socket.empty()) return listener;
  core::Result<void> opened = listener->open_socket_door(listen.admin_socket);
  if (!opened) return core::failure(std::move(opened.error()));
  return listener;
}

core::Result<void> AdminListener::open_door(const config::ListenAddress& address) {
  core::Result<core::ListeningSocket> socket = open_socket(address);
  if (!socket) return core::failure(std::move(socket.error()));
  core::Result<core::Endpoint> local = socket->local();
  if (!local) return core::failure(std::move(local.error()));
  addresses_.push_back(std::move(*local));
  Door& door = doors_.emplace_back(Door{std::move(*socket), nullptr});
  door.listener = std::make_unique<core::Listener>(
      loop_, door.socket.descriptor(),
      [this](int accepted, const core::Endpoint& peer) { accept(accepted, peer, AdminDoor::address); });
  return {};
}

core::Result<void> AdminListener::open_socket_door(const std::string& path) {
  core::Result<OwnSocket> socket = OwnSocket::open("listen.admin", path);
  if (!socket) return core::failure(std::move(socket.error()));
  own_socket_.emplace(std::move(*socket));
  own_listener_ = std::make_unique<core::Listener>(
      loop_, own_socket_->descriptor(), [this](int accepted, const core::Endpoint& peer) {
        const std::optional<uid_t> caller = caller_of(accepted);
        const bool is_operator = caller && may_command(*caller, ::geteuid());
        accept(accepted, peer, is_operator ? AdminDoor::socket : AdminDoor::address);
      });
  return {};
}

void AdminListener::accept(int socket, const core::Endpoint& peer, AdminDoor door) {
  conversations_.push_back(
      std::make_unique<Conversation>(*this, core::make_tcp_stream(loop_, socket), peer, door));
  if (conversations_.size() == kMostConnections) pause();
  conversations_.back()->start();
}

void AdminListener::on_wrong_token(const std::string& peer) {
  ++wrong_untold_;
  if (wrong_told_ && loop_.now() - *wrong_told_ < kToldEvery) return;
  log_.warn("listen.admin was shown what is not its token",
            {{"peer", peer}, {"count", std::exchange(wrong_untold_, 0)}});
  wrong_told_ = loop_.now();
}

void AdminListener::pause() {
  for (const Door& door : doors_) door.listener->pause();
  if (own_listener_ != nullptr) own_listener_->pause();
}

void AdminListener::resume() {
  for (const Door& door : doors_) door.listener->resume();
  if (own_listener_ != nullptr) own_listener_->resume();
}

void AdminListener::remove(Conversation* ended) {
  const auto found = std::ranges::find(conversations_, ended, &std::unique_ptr<Conversation>::get);
  if (found == conversations_.end()) return;
  std::unique_ptr<Conversation> gone = std::move(*found);
  conversations_.erase(found);
  loop_.retire(std::move(gone));
  if (conversations_.size() + 1 == kMostConnections) resume();
}

}  // namespace gateway
