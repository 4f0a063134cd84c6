#include "gateway/run/break_glass_command.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>

#include "core/base/secret.h"
#include "core/crypto/password.h"
#include "core/crypto/random.h"
#include "core/storage/directory.h"
#include "core/text/base32.h"
#include "core/text/json.h"
#include "core/text/percent.h"

namespace gateway {
namespace {

/// RFC 4226 section 4 recommends 160 bits.
constexpr std::size_t kKeyBytes = 20;
constexpr std::size_t kLeastPassword = 12;
/// A terminal hands out no longer lines.
constexpr std::size_t kMostTyped = 4096;

/// What is typed is not shown while it lives, and a signal that ends the process shows it again first.
class QuietTerminal {
 public:
  QuietTerminal()
      : is_terminal_(tcgetattr(STDIN_FILENO, &before_) == 0),
        signals_(is_terminal_ ? hold_endings(mask_before_) : -1) {
    if (!is_terminal_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~QuietTerminal() { restore(); }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;
  [[nodiscard]] bool is_terminal() const { return is_terminal_; }

  /// The next line of standard input, without its end.
  core::Secret line() {
    std::string line;
    line.reserve(kMostTyped);  // so that growing leaves no copies behind
    char byte = 0;
    while (wait_for_input() && read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') line.push_back(byte);
    return core::Secret::take(line);
  }

 private:
  /// A descriptor that tells of signals that would end the process, which wait until then; they end it as
  /// ever if there is none to be had.
  static int hold_endings(sigset_t& before) {
    sigset_t endings;
    sigemptyset(&endings);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&endings, signal);
    sigprocmask(SIG_SETMASK, nullptr, &before);
    const int held = signalfd(-1, &endings, SFD_CLOEXEC);
    if (held >= 0) sigprocmask(SIG_BLOCK, &endings, nullptr);
    return held;
  }
  /// Does not return if a signal is to end the process.
  [[nodiscard]] bool wait_for_input() {
    std::array<pollfd, 2> sources{{{STDIN_FILENO, POLLIN, 0}, {signals_.number(), POLLIN, 0}}};
    while (poll(sources.data(), sources.size(), -1) < 0) {
      if (errno != EINTR) return false;
    }
    signalfd_siginfo info{};
    if (sources[1].revents != 0 && read(signals_.number(), &info, sizeof info) == sizeof info) {
      restore();
      std::raise(static_cast<int>(info.ssi_signo));
    }
    return true;
  }
  void restore() {
    if (!is_terminal_) return;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  }

  termios before_{};
  sigset_t mask_before_{};
  bool is_terminal_;
  core::Descriptor signals_;  // none, which poll passes over, where there is no terminal
};

std::optional<core::Secret> asked_password() {
  QuietTerminal terminal;
  if (terminal.is_terminal()) fmt::print(stderr, "Password: ");
  core::Secret password = terminal.line();
  if (terminal.is_terminal()) {
    fmt::print(stderr, "\nOnce more: ");
    const core::Secret again = terminal.line();
    fmt::print(stderr, "\n");
    if (again.reveal() != password.reveal()) {
      fmt::print(stderr, "gateway: the two are not the same\n");
      return std::nullopt;
    }
  }
  if (password.reveal().size() >= kLeastPassword) return password;
  fmt::print(stderr, "gateway: a password of {} bytes at least is needed\n", kLeastPassword);
  return std::nullopt;
}

}  // namespace

int break_glass_command(const Command& command) {
  const BreakGlassWish& wish = command.break_glass;
  const std::optional<core::Secret> password = asked_password();
  if (!password) return 1;
  const std::string key = core::base32_encode(core::random_bytes(kKeyBytes));
  core::Json account = core::Json::object();
  account.set("user", wish.user);
  if (!wish.email.empty()) account.set("email", wish.email);
  core::Json groups = core::Json::array();
  for (const std::string& group : wish.groups) groups.push(group);
  if (!wish.groups.empty()) account.set("groups", std::move(groups));
  account.set("password", core::hash_password(*password).text());
  account.set("totp", key);
  fmt::print("{}\n", account.text());
  fmt::print(stderr, "For the authenticator app: otpauth://totp/gateway:{}?secret={}&issuer=gateway\n",
             core::percent_encode(wish.user), key);
  return 0;
}

}  // namespace gateway
