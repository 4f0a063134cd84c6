// The process that takes over, as its predecessor sees it: what comes of one that does not come up.
#include "gateway/run/succession.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "gateway/run/run_to_end.h"
#include "tests/support/doctest.h"

namespace {

struct Fixture {
  core::SystemClock clock;
  core::Loop loop{clock};

  core::Result<core::Done> ready(gateway::Successor& successor, core::Duration patience) {
    return gateway::run_to_end(loop, successor.ready(core::Deadline::after(loop, patience)));
  }
  std::unique_ptr<gateway::Successor> start(const std::string& script, const std::vector<int>& sockets = {}) {
    auto started = gateway::Successor::start(loop, {"/bin/sh", {"-c", script}}, sockets);
    REQUIRE(started.has_value());
    return std::move(*started);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a successor is ready when it says so, and is left alone once it is let go") {
  auto successor = start("printf r >&3; read -r yours <&3; exit 7");
  REQUIRE(ready(*successor, std::chrono::seconds(30)).has_value());
  const int process = successor->process();
  successor->let_go();
  successor.reset();
  int status = 0;
  REQUIRE(::waitpid(process, &status, 0) == process);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);  // not killed
}

TEST_CASE_FIXTURE(Fixture, "one that ends before is an error that says how") {
  const auto exits = ready(*start("exit 3"), std::chrono::seconds(30));
  REQUIRE_FALSE(exits.has_value());
  CHECK(exits.error().text.find("ended with status 3") != std::string::npos);
  const auto dies = ready(*start("kill -9 $$"), std::chrono::seconds(30));
  REQUIRE_FALSE(dies.has_value());
  CHECK(dies.error().text.find("ended by signal 9") != std::string::npos);
  const auto closes_first = ready(*start("exec 3>&-; exit 4"), std::chrono::seconds(30));
  REQUIRE_FALSE(closes_first.has_value());
  CHECK(closes_first.error().text.find("ended with status 4") != std::string::npos);
  const auto says_else = ready(*start("printf x >&3; exit 5"), std::chrono::seconds(30));
  REQUIRE_FALSE(says_else.has_value());
}

TEST_CASE_FIXTURE(Fixture, "one that is not ready in time is killed with its owner") {
  auto successor = start("exec sleep 1000");
  const auto outcome = ready(*successor, std::chrono::milliseconds(20));
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().kind == core::ErrorKind::timed_out);
  const int process = successor->process();
  CHECK(::kill(process, 0) == 0);
  successor.reset();
  CHECK(::kill(process, 0) != 0);
}

TEST_CASE_FIXTURE(Fixture,
                  "it finds its sockets in order, and nothing that was meant for this process alone") {
  core::Endpoint loopback;
  loopback.ip = core::IpAddress::v4({127, 0, 0, 1});
  auto first = core::ListeningSocket::open(loopback, core::ListeningSocket::Sharing::alone);
  auto second = core::ListeningSocket::open(loopback, core::ListeningSocket::Sharing::alone);
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  ::setenv("WATCHDOG_PID", "1", 1);
  ::setenv("LISTEN_PID", "1", 1);
  auto successor = start(
      "test \"$GATEWAY_SUCCESSION\" = 2 && test -S /proc/self/fd/4 && test -S /proc/self/fd/5 && "
      "test -z \"$WATCHDOG_PID$LISTEN_PID\" && printf r >&3",
      {second->descriptor(), first->descriptor()});
  ::unsetenv("WATCHDOG_PID");
  ::unsetenv("LISTEN_PID");
  CHECK(ready(*successor, std::chrono::seconds(30)).has_value());
}

TEST_CASE_FIXTURE(Fixture, "a program that is not there is an error with its name") {
  const auto started = gateway::Successor::start(loop, {"/nonexistent/gateway", {}}, {});
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().text.find("/nonexistent/gateway") != std::string::npos);
}
