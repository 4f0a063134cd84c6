// The control socket: who may come, what is a request, how an answer ends.
#include "gateway/run/control_socket.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "core/loop/wait.h"
#include "gateway/run/command_line.h"
#include "gateway/run/control_protocol.h"

namespace {

using namespace gateway;
using Words = std::vector<std::string>;

class NoLines final : public core::LogSink {
 public:
  void write(std::string_view) override {}
};

/// Says its words back when it is told to.
class Echo final : public ControlCommand {
 public:
  explicit Echo(core::OneShot<>** waiting) : waiting_(waiting) {}
  [[nodiscard]] std::string_view usage() const override { return "echo WORDS"; }
  core::Flow<std::string> run(std::vector<std::string> words, ControlProgress* progress) override {
    co_await progress->say("on its way\nwith a second line");
    core::OneShot<> go;
    *waiting_ = &go;
    const Forget forget{waiting_};
    co_await go;
    if (words.empty()) co_return core::failure(core::ErrorKind::refused, core::Side::us, "nothing to say");
    co_return words.front();
  }

 private:
  struct Forget {
    core::OneShot<>** waiting;
    ~Forget() { *waiting = nullptr; }
  };
  core::OneShot<>** waiting_;
};

/// Says far more than a socket takes at one time.
class Chatter final : public ControlCommand {
 public:
  static constexpr std::size_t kLines = 20'000;
  explicit Chatter(std::size_t& said) : said_(said) {}
  [[nodiscard]] std::string_view usage() const override { return "chatter"; }
  core::Flow<std::string> run(std::vector<std::string>, ControlProgress* progress) override {
    for (said_ = 0; said_ < kLines; ++said_) {
      std::string line(200, 'x');
      line.append(std::to_string(said_));
      co_await progress->say(std::move(line));
    }
    co_return "all";
  }

 private:
  std::size_t& said_;
};

struct Desk {
  Desk() {
    std::string name = "/tmp/control-XXXXXX";
    folder = ::mkdtemp(name.data());
    path = folder + "/inner/control.sock";
  }
  ~Desk() {
    socket.reset();
    std::filesystem::remove_all(folder);
  }
  core::Result<std::unique_ptr<ControlSocket>> open() { return ControlSocket::open(loop, log, path); }
  void start() {
    socket = std::move(*open());
    socket->offer({std::make_shared<Echo>(&waiting), std::make_shared<Chatter>(said)});
    socket->start();
  }
  void turn() {
    for (int i = 0; i < 5; ++i) loop.turn(false);
  }

  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop{clock};
  NoLines lines;
  core::Log log{lines, core::LogFormat::text, core::LogLevel::debug, clock};
  core::OneShot<>* waiting = nullptr;
  std::size_t said = 0;
  std::string folder;
  std::string path;
  std::unique_ptr<ControlSocket> socket;
};

class Operator {
 public:
  explicit Operator(Desk& desk) : desk_(desk), socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    desk.path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~Operator() { leave(); }
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;
  void leave() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    desk_.turn();
  }
  /// What was answered by now; "(end)" behind it if that is all.
  std::string say(std::string_view text) {
    REQUIRE(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    return heard();
  }
  std::string heard() {
    desk_.turn();
    std::string answer;
    std::array<char, 4096> bytes{};
    for (;;) {
      const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
      if (count > 0) answer.append(bytes.data(), static_cast<std::size_t>(count));
      if (count < 0 && errno == EAGAIN) return answer;
      if (count <= 0) return answer + "(end)";
    }
  }

 private:
  Desk& desk_;
  int socket_;
};

}  // namespace

TEST_CASE("a request is words of plain ASCII, one blank between two") {
  struct Row {
    std::string line;
    std::optional<Words> words;
    const char* why;
  };
  const Row rows[] = {
      {"status", Words{"status"}, "one"},
      {"renew app.test", Words{"renew", "app.test"}, "two"},
      {"", std::nullopt, "none"},
      {" status", std::nullopt, "a blank in front"},
      {"status ", std::nullopt, "a blank behind"},
      {"renew  app.test", std::nullopt, "two blanks"},
      {"renew\tapp.test", std::nullopt, "a tab"},
      {std::string("renew a\0b", 9), std::nullopt, "a zero"},
      {"renew \x7f", std::nullopt, "a control"},
      {"renew \xc3\xa4", std::nullopt, "no ASCII"},
      {"a b c d e f g h i j k l m n o p",
       Words{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"},
       "as many as may be"},
      {"a b c d e f g h i j k l m n o p q", std::nullopt, "one more"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(control_words(row.line) == row.words);
  }
}

TEST_CASE("a line of an answer stays one line") {
  CHECK(control_line(ControlMark::failed, "a\nb\x1b[1m\x7f") == "! a b [1m \n");
  CHECK(control_line(ControlMark::done, std::string(100'000, 'x')).size() == kMaxControlLine + 3);
}

TEST_CASE("the socket is its owner's alone, in a folder that nobody else can write to") {
  Desk desk;
  desk.start();
  struct stat found{};
  REQUIRE(::lstat(desk.path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  REQUIRE(::stat((desk.folder + "/inner").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0700);
}

TEST_CASE("the gateway's own user and root may command it, and nobody else") {
  struct Row {
    uid_t caller;
    uid_t own;
    bool may;
  };
  const Row rows[] = {{1000, 1000, true}, {0, 1000, true},      {0, 0, true},      {1001, 1000, false},
                      {1000, 0, false},   {65534, 1000, false}, {65534, 0, false}, {uid_t(-1), 1000, false}};
  for (const Row& row : rows) {
    CAPTURE(row.caller);
    CAPTURE(row.own);
    CHECK(may_command(row.caller, row.own) == row.may);
  }
}

TEST_CASE("a caller of another user is refused, whatever the rights of the socket are") {
  if (::geteuid() != 0) {
    MESSAGE("only root can call as somebody else");
    return;
  }
  Desk desk;
  desk.start();
  REQUIRE(::chmod(desk.folder.c_str(), 0755) == 0);
  REQUIRE(::chmod((desk.folder + "/inner").c_str(), 0755) == 0);
  REQUIRE(::chmod(desk.path.c_str(), 0666) == 0);
  REQUIRE(::seteuid(65534) == 0);
  Operator stranger(desk);
  REQUIRE(::seteuid(0) == 0);
  CHECK(stranger.heard() == "! only the gateway's own user and root may\n(end)");
  CHECK(desk.waiting == nullptr);
  CHECK(Operator(desk).say("echo\n") == "- on its way with a second line\n");
}

TEST_CASE("a folder that others may write to is refused") {
  for (const mode_t mode : {0770, 0707, 01777}) {
    CAPTURE(mode);
    Desk desk;
    REQUIRE(::mkdir((desk.folder + "/inner").c_str(), 0700) == 0);
    REQUIRE(::chmod((desk.folder + "/inner").c_str(), mode) == 0);
    const auto opened = desk.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().text.contains("others may write"));
  }
}

TEST_CASE(
    "a socket that a process answers is left alone, one that none does is replaced, and it goes at the end") {
  Desk desk;
  desk.start();
  const auto second = desk.open();
  REQUIRE_FALSE(second);
  CHECK(second.error().text.contains("another process answers there"));
  // As a process that was killed leaves it.
  const std::string other = desk.folder + "/other";
  REQUIRE(::rename(desk.path.c_str(), other.c_str()) == 0);
  desk.socket.reset();
  REQUIRE(::rename(other.c_str(), desk.path.c_str()) == 0);
  desk.start();
  CHECK(Operator(desk).say("echo\n").starts_with("- on its way"));
  desk.socket.reset();
  CHECK_FALSE(std::filesystem::exists(desk.path));
}

TEST_CASE("a command is told on its way and at its end, then the connection ends") {
  Desk desk;
  desk.start();
  Operator one(desk);
  CHECK(one.say("echo hello\n") == "- on its way with a second line\n");
  REQUIRE(desk.waiting != nullptr);
  desk.waiting->deliver(core::done());
  CHECK(one.heard() == "+ hello\n(end)");
  Operator other(desk);
  CHECK(other.say("echo\n") == "- on its way with a second line\n");
  desk.waiting->deliver(core::done());
  CHECK(other.heard() == "! nothing to say\n(end)");
}

TEST_CASE("an operator who goes away ends the waiting, not the socket") {
  Desk desk;
  desk.start();
  Operator one(desk);
  CHECK(one.say("echo hello\n") == "- on its way with a second line\n");
  one.leave();
  CHECK(desk.waiting == nullptr);
  CHECK(Operator(desk).say("echo\n") == "- on its way with a second line\n");
}

TEST_CASE("an answer of any length reaches who reads it, and a command goes no faster than that") {
  Desk desk;
  desk.start();
  Operator one(desk);
  std::string answer = one.say("chatter\n");
  CHECK(desk.said < Chatter::kLines / 2);
  desk.turn();
  const std::size_t said = desk.said;
  desk.clock.advance(kControlRequestTime + core::Duration(1));
  desk.turn();
  CHECK(desk.said == said);  // nobody reads
  while (!answer.ends_with("(end)")) answer += one.heard();
  CHECK(std::ranges::count(answer, '\n') == Chatter::kLines + 1);
  CHECK(answer.ends_with("+ all\n(end)"));
  Operator leaving(desk);
  leaving.say("chatter\n");
  leaving.leave();
  CHECK(desk.said < Chatter::kLines);
  CHECK(Operator(desk).say("echo\n") == "- on its way with a second line\n");
}

TEST_CASE("what is no request is refused, and what is none in time is dropped") {
  const std::string rows[] = {"nothing\n",
                              "\n",
                              "echo  x\n",
                              "echo a\necho b\n",
                              std::string(2000, 'a'),
                              "echo " + std::string(1100, 'a') + "\n"};
  for (const std::string& row : rows) {
    CAPTURE(row);
    Desk desk;
    desk.start();
    const std::string answer = Operator(desk).say(row);
    CHECK(answer.starts_with("! expected"));
    CHECK(answer.ends_with("(end)"));
    CHECK(desk.waiting == nullptr);
  }
  Desk desk;
  desk.start();
  Operator slow(desk);
  CHECK(slow.say("ech").empty());
  desk.clock.advance(kControlRequestTime + core::Duration(1));
  CHECK(slow.heard() == "(end)");
}

TEST_CASE("commands at one time are bounded, and so is the time of each") {
  Desk desk;
  desk.start();
  std::list<Operator> many;
  for (std::size_t i = 0; i < kMaxControlConnections; ++i) {
    many.emplace_back(desk);
    CHECK(many.back().say("echo\n") == "- on its way with a second line\n");
  }
  {
    Operator surplus(desk);
    CHECK(surplus.heard() == "! too many commands at once; come again\n(end)");
  }
  desk.clock.advance(kControlCommandTime + core::Duration(1));
  CHECK(many.front().heard().starts_with("! it is not over yet and goes on"));
  many.clear();
  CHECK(Operator(desk).say("echo\n") == "- on its way with a second line\n");
}

TEST_CASE("certificates are renewed by name or all of them, and revoked for a reason that authorities take") {
  const auto parsed = [](std::vector<std::string_view> words) {
    words.insert(words.begin(), "certificates");
    return parse_command(words);
  };
  CHECK(parsed({})->certificate_action == CertificateAction::list);
  CHECK(parsed({"renew", "app.test"})->certificate_host == "app.test");
  CHECK(parsed({"renew", "--all"})->certificate_host == "--all");
  CHECK(parsed({"renew", "app.test", "--control", "/x"})->control_path == "/x");
  CHECK(parsed({"rollover", "--control", "/x"})->certificate_action == CertificateAction::rollover);
  CHECK(parsed({"rollover", "--control", "/x"})->control_path == "/x");
  const auto revoked = parsed({"revoke", "app.test", "--reason", "keyCompromise", "--no-order"});
  REQUIRE(revoked);
  CHECK(revoked->revocation_reason == "keyCompromise");
  CHECK_FALSE(revoked->order_anew);
  CHECK(parsed({"revoke", "app.test"})->revocation_reason == "unspecified");
  CHECK(parsed({"revoke", "app.test"})->order_anew);
  const std::vector<std::vector<std::string_view>> wrong{
      {"renew"},
      {"renew", "app.test", "--all"},
      {"renew", "app.test", "--key"},
      {"renew", "app.test", "other.test"},
      {"revoke"},
      {"revoke", "--all"},
      {"revoke", "app.test", "--reason", "certificateHold"},
      {"export"},
      {"export", "--key"},
      {"list", "--all"},
      {"rollover", "app.test"},
      {"rollover", "--all"},
      {"forget"}};
  for (const auto& words : wrong) {
    CAPTURE(words.size());
    CHECK_FALSE(parsed(words));
  }
}
