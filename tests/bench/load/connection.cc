#include "tests/bench/load/connection.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {

namespace {

constexpr std::size_t kReadSize = 256UL * 1024;
constexpr std::size_t kBodyPart = 16UL * 1024;  // a TLS record

}  // namespace

void fail(std::string_view why) {
  std::fprintf(stderr, "load: %.*s\n", static_cast<int>(why.size()), why.data());
  std::_Exit(1);
}

Loop::Loop() : descriptor_(epoll_create1(EPOLL_CLOEXEC)) {
  if (descriptor_ < 0) fail("no epoll");
}

Loop::~Loop() {
  close(descriptor_);
}

void Loop::turn(std::chrono::nanoseconds limit) {
  std::array<epoll_event, 256> events;
  const auto waited = std::max(limit, std::chrono::nanoseconds(0));
  const timespec time{waited.count() / 1'000'000'000, waited.count() % 1'000'000'000};
  const int count = epoll_pwait2(descriptor_, events.data(), events.size(), &time, nullptr);
  for (int i = 0; i < count; ++i) static_cast<Connection*>(events[i].data.ptr)->ready(events[i].events);
}

Tls::Tls() : settings_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_min_proto_version(settings_, TLS1_3_VERSION);
  const bool isSet = SSL_CTX_set_ciphersuites(settings_, "TLS_AES_128_GCM_SHA256") == 1 &&
                     SSL_CTX_set1_groups_list(settings_, "X25519") == 1;
  if (!isSet) fail("no TLS settings");
  SSL_CTX_set_verify(settings_, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(settings_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(settings_, 1);
  SSL_CTX_set_default_read_buffer_len(settings_, 64UL * 1024);
  SSL_CTX_set_session_cache_mode(settings_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(settings_, [](SSL* tls, SSL_SESSION* session) {
    static_cast<Connection*>(SSL_get_app_data(tls))->ticket_ = Session(session, SSL_SESSION_free);
    return 1;  // the reference is ours now
  });
}

Tls::~Tls() {
  SSL_CTX_free(settings_);
}

Connection::Connection(const Place& place, Events& events, unsigned number, const Session& resume)
    : loop_(place.loop),
      events_(events),
      number_(number),
      socket_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      tls_(SSL_new(place.tls.get())) {
  if (socket_ < 0 || tls_ == nullptr) fail("no socket: raise the limit of open files");
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  SSL_set_app_data(tls_, this);
  SSL_set_tlsext_host_name(tls_, place.name.c_str());
  SSL_set_fd(tls_, socket_);
  SSL_set_connect_state(tls_);
  if (resume) SSL_set_session(tls_, resume.get());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(place.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    fail(std::string("connect: ") + std::strerror(errno));
  epoll_event event{EPOLLIN | EPOLLOUT, {this}};
  epoll_ctl(loop_.descriptor(), EPOLL_CTL_ADD, socket_, &event);
}

Connection::~Connection() {
  if (!isOver_ && isConnected_) SSL_shutdown(tls_);
  // Without this OpenSSL would call the session unusable for others.
  SSL_set_shutdown(tls_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(tls_);
  close(socket_);
}

bool Connection::wasResumed() const {
  return SSL_session_reused(tls_) == 1;
}

void Connection::send(std::string_view bytes) {
  sendWithBody(bytes, 0);
}

void Connection::sendWithBody(std::string_view head, std::uint64_t bytes) {
  output_ += head;
  body_ += bytes;
  if (isConnected_) writeAll();
}

void Connection::watch(bool writable) {
  if (writable == watchesWriting_) return;
  watchesWriting_ = writable;
  epoll_event event{EPOLLIN | (writable ? EPOLLOUT : 0U), {this}};
  epoll_ctl(loop_.descriptor(), EPOLL_CTL_MOD, socket_, &event);
}

void Connection::ready(std::uint32_t events) {
  if (isOver_) return;
  if (!isConnected_) handshake();
  if (!isConnected_) return;
  if ((events & EPOLLOUT) != 0) writeAll();
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) readAll();
}

void Connection::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_);
  if (result == 1) {
    isConnected_ = true;
    events_.connected(*this);
    writeAll();
    return;
  }
  const int error = SSL_get_error(tls_, result);
  if (error == SSL_ERROR_WANT_READ) return watch(false);
  if (error == SSL_ERROR_WANT_WRITE) return watch(true);
  fail("a handshake failed");
}

void Connection::readAll() {
  static std::array<char, kReadSize> buffer;
  while (!isOver_) {
    ERR_clear_error();
    std::size_t count = 0;
    // Several records come in one read of the socket, and each SSL_read gives one.
    if (SSL_read_ex(tls_, buffer.data(), buffer.size(), &count) == 1) {
      events_.received(*this, {buffer.data(), count});
      continue;
    }
    const int error = SSL_get_error(tls_, 0);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
    isOver_ = true;
    epoll_ctl(loop_.descriptor(), EPOLL_CTL_DEL, socket_, nullptr);
    events_.ended(*this);
  }
}

void Connection::writeAll() {
  static const std::string part(kBodyPart, 'x');
  while (!output_.empty() || body_ > 0) {
    const std::string_view next =
        !output_.empty() ? std::string_view(output_)
                         : std::string_view(part).substr(0, std::min<std::uint64_t>(body_, part.size()));
    ERR_clear_error();
    std::size_t count = 0;
    if (SSL_write_ex(tls_, next.data(), next.size(), &count) != 1) {
      // What a server that is gone said before is still read.
      return watch(SSL_get_error(tls_, 0) == SSL_ERROR_WANT_WRITE);
    }
    if (!output_.empty()) {
      output_.erase(0, count);
    } else {
      body_ -= count;
    }
  }
  watch(false);
}

}  // namespace bench
