// The origin of the benchmarks, light enough never to be what is measured: one thread, HTTP/1.1 on a port
// that the system picks and that it prints. GET /bytes/N gives N bytes, GET /whoami the head as it came, any
// other GET 100 bytes; a POST is answered when its whole body (Content-Length) has been read; an upgrade
// makes it echo WebSocket frames. It trusts the proxies between: not a server for anybody else. RFC 9112, RFC
// 6455.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kReadSize = 256UL * 1024;
constexpr std::size_t kUsualBody = 100;
constexpr std::size_t kFrameHead = 2;
constexpr std::size_t kMask = 4;

std::string_view filling() {
  static const std::string text(kReadSize, 'x');
  return text;
}

/// The value of a field, or nothing. `name` in lower case with its colon.
std::string_view fieldOf(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    std::string_view line = head.substr(at + 1);
    const auto same = [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); };
    if (line.size() < name.size() || !std::equal(name.begin(), name.end(), line.begin(), same)) continue;
    line = line.substr(name.size(), line.find('\r') - name.size());
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    return line;
  }
  return {};
}

std::uint64_t numberIn(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// RFC 6455 section 4.2.2.
std::string acceptOf(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

class Client {
 public:
  Client(int loop, int socket) : loop_(loop), socket_(socket) {
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{EPOLLIN, {this}};
    epoll_ctl(loop_, EPOLL_CTL_ADD, socket_, &event);
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// False when it is over.
  bool ready(std::uint32_t events) {
    if ((events & EPOLLOUT) != 0 && !write()) return false;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return true;
    static std::array<char, kReadSize> buffer;
    const ssize_t count = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return false;
    if (count > 0) take({buffer.data(), static_cast<std::size_t>(count)});
    return write();
  }

 private:
  void take(std::string_view bytes) {
    const std::uint64_t part = std::min<std::uint64_t>(upload_, bytes.size());
    upload_ -= part;
    bytes.remove_prefix(part);
    if (part > 0 && upload_ == 0) respond(kUsualBody);
    if (bytes.empty()) return;
    input_ += bytes;
    if (isSocket_) return echo();
    const std::size_t end = input_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::string head = input_.substr(0, end + 4);
    const std::string rest = input_.substr(end + 4);
    input_.clear();
    answer(head);
    if (!rest.empty()) take(rest);
  }

  void answer(std::string_view head) {
    if (head.starts_with("POST ")) {
      upload_ = numberIn(fieldOf(head, "content-length:"));
      if (upload_ == 0) output_ += "HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\n\r\n";
      return;
    }
    const std::string_view path = head.substr(std::min(head.find(' '), head.size() - 1) + 1);
    if (path.starts_with("/bytes/")) return respond(numberIn(path.substr(7)));
    if (path.starts_with("/whoami")) {
      output_ +=
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(head.size()) +
          "\r\n\r\n";
      output_ += head;
      return;
    }
    if (path.starts_with("/socket")) {
      isSocket_ = true;
      output_ +=
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
          "Upgrade\r\nSec-WebSocket-Accept: " +
          acceptOf(fieldOf(head, "sec-websocket-key:")) + "\r\n\r\n";
      return;
    }
    respond(kUsualBody);
  }

  void respond(std::uint64_t bytes) {
    output_ += "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
               std::to_string(bytes) + "\r\n\r\n";
    // A small body goes out with its head.
    if (bytes <= kUsualBody) {
      output_ += filling().substr(0, bytes);
    } else {
      body_ += bytes;
    }
  }

  void echo() {
    while (input_.size() >= kFrameHead + kMask) {
      const std::size_t length = static_cast<unsigned char>(input_[1]) & 0x7F;
      if (input_.size() < kFrameHead + kMask + length) return;
      output_ += input_[0];
      output_ += static_cast<char>(length);
      for (std::size_t i = 0; i < length; ++i)
        output_ += static_cast<char>(input_[kFrameHead + kMask + i] ^ input_[kFrameHead + i % kMask]);
      input_.erase(0, kFrameHead + kMask + length);
    }
  }

  bool write() {
    while (!output_.empty() || body_ > 0) {
      const std::string_view next =
          !output_.empty() ? std::string_view(output_)
                           : filling().substr(0, std::min<std::uint64_t>(body_, filling().size()));
      const ssize_t count = ::send(socket_, next.data(), next.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN) return false;
      if (count < 0) break;
      if (!output_.empty()) {
        output_.erase(0, static_cast<std::size_t>(count));
      } else {
        body_ -= static_cast<std::uint64_t>(count);
      }
    }
    const bool waits = !output_.empty() || body_ > 0;
    if (waits == waits_) return true;
    waits_ = waits;
    epoll_event event{waits ? EPOLLIN | EPOLLOUT : EPOLLIN, {this}};
    epoll_ctl(loop_, EPOLL_CTL_MOD, socket_, &event);
    return true;
  }

  int loop_;
  int socket_;
  std::string input_;
  std::string output_;
  std::uint64_t body_ = 0;
  std::uint64_t upload_ = 0;
  bool isSocket_ = false;
  bool waits_ = false;
};

int listenAnywhere() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, plain, size) != 0 || listen(listener, 4096) != 0 ||
      getsockname(listener, plain, &size) != 0)
    std::exit(1);
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  const int loop = epoll_create1(EPOLL_CLOEXEC);
  const int listener = listenAnywhere();
  epoll_event event{EPOLLIN, {nullptr}};
  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = epoll_wait(loop, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      auto* client = static_cast<Client*>(events[i].data.ptr);
      if (client == nullptr) {
        for (int socket = 0;
             (socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;)
          std::make_unique<Client>(loop, socket).release();
      } else if (!client->ready(events[i].events)) {
        delete client;
      }
    }
  }
}
