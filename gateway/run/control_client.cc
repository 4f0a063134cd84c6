#include "gateway/run/control_client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

#include "core/base/log.h"
#include "gateway/run/control_protocol.h"

namespace gateway {
namespace {

class Socket {
 public:
  Socket() : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool connect(const std::string& path) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return false;
    path.copy(address.sun_path, path.size());
    return ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  /// True also where the gateway has closed already: it says why before it does, and that is still to be
  /// read.
  bool send(std::string_view text) const {
    const ssize_t count = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
    return count == static_cast<ssize_t>(text.size()) || (count < 0 && errno == EPIPE);
  }
  /// False at the end.
  bool read_into(std::string& text) const {
    std::array<char, 4096> bytes;  // NOLINT: read into
    const ssize_t count = ::read(descriptor_, bytes.data(), bytes.size());
    if (count > 0) text.append(bytes.data(), static_cast<std::size_t>(count));
    return count > 0;
  }

 private:
  int descriptor_;
};

std::string advice_for(int error) {
  switch (error) {
    case ENOENT:
    case ECONNREFUSED:
      return "no gateway runs there; start it with listen.control, or name its socket by --control PATH";
    case EACCES:
      return "only the gateway's own user and root may; use sudo";
    default:
      return std::strerror(error);
  }
}

/// Escaped by the gateway already, but for what moves a terminal.
std::string json_text(std::string_view line) {
  std::string text(line);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

/// The exit status that a line means; none for what is on the way. Prints it.
std::optional<int> show(std::string_view line, Lines lines) {
  std::FILE* const on_the_way = lines == Lines::progress ? stderr : stdout;
  std::FILE* const at_the_end = lines == Lines::progress ? stdout : stderr;
  std::string text;
  const std::string_view told = line.substr(std::min<std::size_t>(2, line.size()));
  if (lines == Lines::json) {
    text = json_text(told);
  } else {
    core::append_terminal_safe(text, told, core::Quotes::kept);
  }
  if (line.starts_with(static_cast<char>(ControlMark::progress))) {
    fmt::print(on_the_way, "{}\n", text);
    return std::nullopt;
  }
  if (line.starts_with(static_cast<char>(ControlMark::done))) {
    fmt::print(at_the_end, "{}\n", text);
    return 0;
  }
  fmt::print(stderr, "gateway: {}\n", text);
  return 1;
}

}  // namespace

int ask_gateway(const std::string& path, const std::vector<std::string>& words, Lines lines) {
  const std::string request = fmt::format("{}\n", fmt::join(words, " "));
  if (!control_words(std::string_view(request).substr(0, request.size() - 1)) ||
      request.size() > kMaxControlRequest) {
    fmt::print(stderr, "gateway: a word of this command is empty, too long or not plain ASCII\n");
    return 2;
  }
  const Socket socket;
  if (!socket.connect(path) || !socket.send(request)) {
    fmt::print(stderr, "gateway: {}: {}\n", path, advice_for(errno));
    return 2;
  }
  std::string answer;
  for (bool goes_on = true; goes_on;) {
    goes_on = socket.read_into(answer);
    for (std::size_t end = answer.find('\n'); end != std::string::npos; end = answer.find('\n')) {
      const std::optional<int> status = show(std::string_view(answer).substr(0, end), lines);
      if (status) return *status;
      answer.erase(0, end + 1);
    }
    if (answer.size() > kMaxControlLine + 2) {
      fmt::print(stderr, "gateway: {}: what answers there is no gateway\n", path);
      return 2;
    }
  }
  fmt::print(stderr, "gateway: the gateway ended before it was done\n");
  return 2;
}

}  // namespace gateway
