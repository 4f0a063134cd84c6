#include "gateway/run/supervisor.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <utility>

namespace gateway {
namespace {

constexpr std::string_view kReady = "READY=1\n";
/// As sd_watchdog_enabled(3) advises: twice as often as is asked for.
constexpr int kBeatsInTime = 2;

std::optional<std::uint64_t> number_of(const std::optional<std::string>& text) {
  std::uint64_t number = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

/// A line end would begin another field.
std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return line;
}

/// The same clock as the manager's; it tells a reload from the one before.
std::uint64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

Supervisor::Supervisor(const config::Environment& environment) {
  std::string address = environment.variable("NOTIFY_SOCKET").value_or("");
  const bool is_address = address.size() > 1 && address.size() < sizeof(sockaddr_un::sun_path) &&
                          (address[0] == '/' || address[0] == '@');
  if (!is_address) return;
  if (address[0] == '@') address[0] = '\0';
  address_ = std::move(address);
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto microseconds = number_of(environment.variable("WATCHDOG_USEC"));
  const auto process = number_of(environment.variable("WATCHDOG_PID"));
  const bool is_ours = !process || *process == static_cast<std::uint64_t>(::getpid());
  if (microseconds && *microseconds >= 1000 && is_ours)
    watchdog_ = core::Duration(static_cast<core::Duration::rep>(*microseconds / 1000));
}

Supervisor::~Supervisor() {
  if (socket_ >= 0) ::close(socket_);
}

void Supervisor::ready(std::string_view status) {
  say(fmt::format("{}STATUS={}\n", kReady, one_line(status)));
}

void Supervisor::reloading() {
  say(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\n", monotonic_microseconds()));
}

void Supervisor::stopping(std::string_view status) {
  say(fmt::format("STOPPING=1\nSTATUS={}\n", one_line(status)));
}

void Supervisor::give_way(int process) {
  say(fmt::format("MAINPID={}\n", process));
}

void Supervisor::alive() {
  say("WATCHDOG=1\n");
}

/// A manager that does not read loses what it is told; nobody waits for it.
void Supervisor::say(const std::string& message) const {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  ::sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&to), bytes);
}

Heartbeat::Heartbeat(core::Loop& loop, Supervisor& supervisor, AskAll ask_all)
    : supervisor_(supervisor), ask_all_(std::move(ask_all)), timer_(loop, [this] { beat(); }) {}

void Heartbeat::start() {
  if (supervisor_.watchdog()) beat();
}

/// A loop that does not answer is not asked again, and the manager hears nothing until it does.
void Heartbeat::beat() {
  timer_.arm(*supervisor_.watchdog() / kBeatsInTime);
  if (std::exchange(is_waiting_, true)) return;
  ask_all_([this] {
    is_waiting_ = false;
    supervisor_.alive();
  });
}

}  // namespace gateway
