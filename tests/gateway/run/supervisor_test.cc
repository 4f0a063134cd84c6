// What a service manager hears, at the other end of its socket.
#include "gateway/run/supervisor.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>

#include "tests/support/doctest.h"

namespace {

namespace files = std::filesystem;

class Variables final : public config::Environment {
 public:
  [[nodiscard]] std::optional<std::string> variable(const std::string& name) const override {
    const auto found = all.find(name);
    return found == all.end() ? std::nullopt : std::optional(found->second);
  }
  std::map<std::string, std::string> all;
};

/// A manager's socket, and the environment it gives to what it starts.
struct Manager {
  files::path folder;
  int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  Variables environment;

  explicit Manager(bool is_abstract = false) {
    std::string name = files::temp_directory_path() / "gateway-notify-XXXXXX";
    folder = mkdtemp(name.data());
    std::string path = folder / "socket";
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.data(), path.size());
    if (is_abstract) at.sun_path[0] = '\0';
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&at), bytes) == 0);
    if (is_abstract) path[0] = '@';
    environment.all["NOTIFY_SOCKET"] = path;
  }
  ~Manager() {
    ::close(socket);
    files::remove_all(folder);
  }
  /// The next message; empty if there is none.
  [[nodiscard]] std::string heard() const {
    std::array<char, 512> buffer{};
    const ssize_t bytes = ::recv(socket, buffer.data(), buffer.size(), 0);
    return bytes <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(bytes));
  }
};

}  // namespace

TEST_CASE("a manager hears that the process is ready, reloads, stops and lives") {
  for (const bool is_abstract : {false, true}) {
    CAPTURE(is_abstract);
    const Manager manager(is_abstract);
    gateway::Supervisor supervisor(manager.environment);
    supervisor.ready("serving 3 routes");
    CHECK(manager.heard() == "READY=1\nSTATUS=serving 3 routes\n");
    supervisor.reloading();
    CHECK(manager.heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    supervisor.stopping("finishing\nREADY=1");
    CHECK(manager.heard() == "STOPPING=1\nSTATUS=finishing READY=1\n");
    supervisor.alive();
    CHECK(manager.heard() == "WATCHDOG=1\n");
  }
}

TEST_CASE("without a manager, or with one that is gone, nothing is said and nothing waits") {
  Variables none;
  gateway::Supervisor alone(none);
  alone.ready("x");
  for (const char* address : {"", "@", "relative", "/nowhere/at/all"}) {
    none.all["NOTIFY_SOCKET"] = address;
    gateway::Supervisor supervisor(none);
    supervisor.ready("x");
    CHECK_FALSE(supervisor.watchdog());
  }
  none.all["NOTIFY_SOCKET"] = std::string(200, '/');
  gateway::Supervisor supervisor(none);
  supervisor.ready("x");
}

TEST_CASE("the watchdog is the one of this process") {
  Manager manager;
  const auto watchdog = [&] { return gateway::Supervisor(manager.environment).watchdog(); };
  CHECK_FALSE(watchdog());
  manager.environment.all["WATCHDOG_USEC"] = "3000000";
  CHECK(watchdog() == core::Duration(3000));
  manager.environment.all["WATCHDOG_PID"] = std::to_string(::getpid());
  CHECK(watchdog());
  manager.environment.all["WATCHDOG_PID"] = "1";
  CHECK_FALSE(watchdog());
  manager.environment.all.erase("WATCHDOG_PID");
  for (const char* strange : {"", "0", "-1", "3s", "99999999999999999999999"}) {
    CAPTURE(strange);
    manager.environment.all["WATCHDOG_USEC"] = strange;
    CHECK_FALSE(watchdog());
  }
}

TEST_CASE("a manager hears a sign of life for as long as every loop answers") {
  Manager manager;
  manager.environment.all["WATCHDOG_USEC"] = "4000000";
  gateway::Supervisor supervisor(manager.environment);
  core::ManualClock clock{core::from_unix_seconds(2'000'000'000)};
  core::Loop loop(clock);
  std::function<void()> answer;
  gateway::Heartbeat heartbeat(loop, supervisor, [&](std::function<void()> all) { answer = std::move(all); });
  heartbeat.start();
  CHECK(manager.heard().empty());
  answer();
  CHECK(manager.heard() == "WATCHDOG=1\n");
  clock.advance(core::Duration(2000));
  loop.turn(false);
  // One of them is stuck: nothing is said, however often it is time.
  for (int i = 0; i < 5; ++i) {
    clock.advance(core::Duration(2000));
    loop.turn(false);
  }
  CHECK(manager.heard().empty());
  answer();
  CHECK(manager.heard() == "WATCHDOG=1\n");
  CHECK(manager.heard().empty());
}
