#include "gateway/run/break_glass_command.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "core/base/secret.h"
#include "core/crypto/password.h"
#include "core/crypto/random.h"
#include "core/text/base32.h"
#include "core/text/json.h"
#include "core/text/percent.h"

namespace gateway {
namespace {

/// RFC 4226 section 4 recommends 160 bits.
constexpr std::size_t kKeyBytes = 20;
constexpr std::size_t kLeastPassword = 12;

/// What is typed is not shown while it lives.
class NoEcho {
 public:
  NoEcho() : is_terminal_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_terminal_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~NoEcho() {
    if (is_terminal_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  [[nodiscard]] bool is_terminal() const { return is_terminal_; }

 private:
  termios before_{};
  bool is_terminal_;
};

core::Secret line_of_input() {
  std::string line;
  std::getline(std::cin, line);
  return core::Secret::take(line);
}

std::optional<core::Secret> asked_password() {
  const NoEcho quiet;
  if (quiet.is_terminal()) fmt::print(stderr, "Password: ");
  core::Secret password = line_of_input();
  if (quiet.is_terminal()) {
    fmt::print(stderr, "\nOnce more: ");
    const core::Secret again = line_of_input();
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
