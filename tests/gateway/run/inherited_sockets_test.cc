// What another process says it hands over, and what is taken of it.
#include "gateway/run/inherited_sockets.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

namespace {

using gateway::ActivationVariables;
using Names = std::vector<std::string>;

constexpr int kUs = 1234;

/// Takes what is handed to it in a process of its own, where descriptors 3 and up are free: `hand_over` puts
/// them there. True if `is_right` said so of the outcome.
bool in_a_process(const std::function<void()>& hand_over,
                  const std::function<bool(core::Result<std::vector<gateway::InheritedSocket>>)>& is_right) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    hand_over();
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "2", 1);
    ::setenv("LISTEN_FDNAMES", "one:two", 1);
    const bool right = is_right(gateway::take_inherited_sockets());
    const bool is_unset = std::getenv("LISTEN_PID") == nullptr && std::getenv("LISTEN_FDS") == nullptr &&
                          std::getenv("LISTEN_FDNAMES") == nullptr;
    ::_exit(right && is_unset ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status == 0;
}

core::ListeningSocket listening() {
  const core::Endpoint at{core::IpAddress::v4({127, 0, 0, 1}), 0, {}};
  return std::move(*core::ListeningSocket::open(at, core::ListeningSocket::Sharing::alone));
}

}  // namespace

TEST_CASE("descriptors are counted and named as the variables say, if they are meant for this process") {
  struct Row {
    ActivationVariables variables;
    Names names;
    const char* why;
  };
  const Row rows[] = {
      {{}, {}, "nothing is set"},
      {{"1234", "1", std::nullopt}, {"unknown"}, "names are optional"},
      {{"1234", "2", "web:redirect"}, {"web", "redirect"}, "in their order"},
      {{"1234", "2", ":"}, {"", ""}, "names may be empty"},
      {{"1234", "1", ""}, {""}, "one empty name"},
      {{"1234", "0", ""}, {}, "none"},
      {{"1235", "1", "web"}, {}, "another process's"},
      {{"1235", "x", "web"}, {}, "another process's, whatever it says"},
      {{"1234", std::nullopt, "web"}, {}, "no count"},
      {{std::nullopt, "1", "web"}, {}, "nobody's"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const core::Result<Names> names = gateway::inherited_names(row.variables, kUs);
    REQUIRE(names.has_value());
    CHECK(*names == row.names);
  }
}

TEST_CASE("variables that are not what the protocol says are refused by name") {
  struct Row {
    ActivationVariables variables;
    const char* named;
  };
  const Row rows[] = {
      {{"", "1", "web"}, "LISTEN_PID"},
      {{" 1234", "1", "web"}, "LISTEN_PID"},
      {{"1234x", "1", "web"}, "LISTEN_PID"},
      {{"-1", "1", "web"}, "LISTEN_PID"},
      {{"99999999999999999999999", "1", "web"}, "LISTEN_PID"},
      {{"1234", "", "web"}, "LISTEN_FDS"},
      {{"1234", "-1", "web"}, "LISTEN_FDS"},
      {{"1234", "1.0", "web"}, "LISTEN_FDS"},
      {{"1234", "257", std::nullopt}, "LISTEN_FDS"},
      {{"1234", "4294967297", std::nullopt}, "LISTEN_FDS"},
      {{"1234", "2", "web"}, "LISTEN_FDNAMES"},
      {{"1234", "1", "web:more"}, "LISTEN_FDNAMES"},
      {{"1234", "2", ""}, "LISTEN_FDNAMES"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.named);
    const core::Result<Names> names = gateway::inherited_names(row.variables, kUs);
    REQUIRE_FALSE(names.has_value());
    CHECK(names.error().text.find(row.named) == 0);
  }
}

TEST_CASE("what was handed over is taken in order, and the variables are unset") {
  const core::ListeningSocket first = listening();
  const core::ListeningSocket second = listening();
  const std::uint16_t ports[] = {first.local()->port, second.local()->port};
  CHECK(in_a_process(
      [&] {
        const int other = ::fcntl(second.descriptor(), F_DUPFD, 100);
        ::dup2(::fcntl(first.descriptor(), F_DUPFD, 100), 3);
        ::dup2(other, 4);
      },
      [&](const core::Result<std::vector<gateway::InheritedSocket>>& taken) {
        return taken && taken->size() == 2 && (*taken)[0].local.port == ports[0] &&
               (*taken)[0].name == "one" && (*taken)[1].local.port == ports[1] && (*taken)[1].name == "two" &&
               (*taken)[1].socket.descriptor() == 4;
      }));
}

TEST_CASE("what is no listening socket is refused with its name, and the variables are unset all the same") {
  const core::ListeningSocket first = listening();
  CHECK(in_a_process(
      [&] {
        ::dup2(::fcntl(first.descriptor(), F_DUPFD, 100), 3);
        ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), 4);
      },
      [](const core::Result<std::vector<gateway::InheritedSocket>>& taken) {
        return !taken && taken.error().text.find("two") != std::string::npos &&
               taken.error().text.find("Accept=no") != std::string::npos;
      }));
}
