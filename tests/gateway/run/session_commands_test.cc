// `gateway sessions revoke`: its words, whom it ends, and what it says when it cannot.
#include "gateway/run/session_commands.h"

#include <doctest/doctest.h>

#include "gateway/run/command_line.h"

namespace {

using namespace gateway;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

constexpr std::int64_t kNow = 1'800'000'000;

class NoLines final : public core::LogSink {
 public:
  void write(std::string_view) override {}
};

struct Fixture {
  core::ManualClock clock{core::from_unix_seconds(kNow)};
  NoLines sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  Audit audit{log};
  std::unique_ptr<core::Storage> storage = core::make_memory_storage(clock);
  RevocationList list{*storage, clock, log};
  config::Login login;
  std::unique_ptr<ControlCommand> command = make_revoke_sessions({list, login, clock, audit});

  Fixture() {
    for (const char* name : {"corp", "other"}) {
      login.providers.emplace_back().name = name;
      login.providers.back().issuer = std::string("https://") + name + ".example.net";
    }
  }
  core::Result<std::string> run(const Words& words) {
    core::Flow<std::string> flow = command->run(words, nullptr);
    flow.start();
    REQUIRE(flow.has_ended());
    return flow.result();
  }
  [[nodiscard]] bool is_ended(const std::string& provider, const std::string& subject,
                              const std::string& user, const std::string& email = "",
                              std::int64_t signed_in = kNow) const {
    Identity who;
    who.session_id = "x";
    who.issuer = "https://" + provider + ".example.net";
    who.subject = subject;
    who.user = user;
    who.email = email;
    who.signed_in_at = core::from_unix_seconds(signed_in);
    return list.published().latest()->is_revoked(who);
  }
};

}  // namespace

TEST_CASE("sessions of a user end by user name or e-mail at every provider, and later ones stand") {
  Fixture f;
  REQUIRE(f.run({"user", "alice%40example.com"}).has_value());
  CHECK(f.is_ended("corp", "1", "alice", "alice@example.com"));
  CHECK(f.is_ended("other", "2", "alice@example.com"));
  CHECK_FALSE(f.is_ended("corp", "1", "alice", "alice@example.com", kNow + 1));
  CHECK_FALSE(f.is_ended("corp", "alice@example.com", "bob", "bob@example.com"));
}

TEST_CASE("with a provider only its people are meant") {
  Fixture f;
  CHECK(f.run({"user", "alice", "corp"}).value() ==
        "ended: every session of alice at corp that began until now");
  CHECK(f.is_ended("corp", "1", "alice"));
  CHECK_FALSE(f.is_ended("other", "1", "alice"));
  REQUIRE(f.run({"sub", "2", "other"}).has_value());
  CHECK(f.is_ended("other", "2", "bob"));
  CHECK_FALSE(f.is_ended("corp", "2", "bob"));
}

TEST_CASE("everybody's sessions end") {
  Fixture f;
  REQUIRE(f.run({"all", "corp"}).has_value());
  CHECK(f.is_ended("corp", "1", "bob"));
  CHECK_FALSE(f.is_ended("other", "1", "bob"));
  REQUIRE(f.run({"all"}).has_value());
  CHECK(f.is_ended("other", "1", "bob"));
  CHECK_FALSE(f.is_ended("other", "1", "bob", "", kNow + 1));
}

TEST_CASE("M01: what is no wish, or leaves open who is meant, is refused and ends nothing") {
  const Words rows[] = {{},
                        {"user"},
                        {"user", ""},
                        {"user", "%zz"},
                        {"alice"},
                        {"user", "alice", "corp", "other"},
                        {"all", "corp", "other"},
                        {"user", "alice", "nowhere"},
                        {"all", "nowhere"},
                        {"sub", "1"}};
  for (const Words& words : rows) {
    CAPTURE(words.size());
    Fixture f;
    CHECK_FALSE(f.run(words).has_value());
    CHECK(f.list.published().latest()->size() == 0);
    CHECK(f.list.published().latest()->cut_offs().empty());
  }
}

TEST_CASE("whose sessions are ended must be said once") {
  const auto parsed = [](std::vector<std::string_view> words) {
    words.insert(words.begin(), "sessions");
    return parse_command(words);
  };
  const auto good = parsed({"revoke", "--user", "alice", "--provider=corp", "--control", "/x"});
  REQUIRE(good);
  CHECK(good->sessions.of == "user");
  CHECK(good->sessions.name == "alice");
  CHECK(good->sessions.provider == "corp");
  CHECK(good->control_path == "/x");
  CHECK(parsed({"revoke", "--sub", "1"})->sessions.of == "sub");
  CHECK(parsed({"revoke", "--all"})->sessions.of == "all");
  const std::vector<std::vector<std::string_view>> wrong{{},
                                                         {"revoke"},
                                                         {"revoke", "alice"},
                                                         {"revoke", "--user"},
                                                         {"revoke", "--user="},
                                                         {"revoke", "--user", "a", "--sub", "b"},
                                                         {"revoke", "--user", "a", "--all"},
                                                         {"end", "--all"}};
  for (const auto& words : wrong) {
    CAPTURE(words.size());
    CHECK_FALSE(parsed(words));
  }
}
