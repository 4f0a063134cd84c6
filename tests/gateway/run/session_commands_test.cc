// `gateway sessions`: its words, whom it shows and ends, and what it says when it cannot.
#include "gateway/run/session_commands.h"

#include "gateway/run/command_line.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace gateway;
using namespace std::chrono_literals;
using Line = std::vector<std::string>;

constexpr std::int64_t kNow = 1'800'000'000;

struct Fixture {
  core::ManualClock clock{core::from_unix_seconds(kNow)};
  test_support::KeptLog sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  Audit audit{log};
  std::unique_ptr<test_support::FailingStorage> storage =
      std::make_unique<test_support::FailingStorage>(clock);
  RevocationList list{*storage, clock, log};
  config::Login login;
  core::Loop loop{clock};
  core::KeyRing keys = test_support::ring_of({'k'});
  core::Random random;
  SessionRegister known{{*storage, keys, list, loop, random, clock, log, audit}};
  SessionCommandParts parts{list, login, clock, audit, known};
  std::unique_ptr<ControlCommand> command = make_revoke_sessions(parts);
  std::vector<std::string> lines;

  Fixture() {
    for (const char* name : {"corp", "other"}) {
      login.providers.emplace_back().name = name;
      login.providers.back().issuer = std::string("https://") + name + ".example.net";
    }
  }
  core::Result<std::string> run(const Line& words) {
    core::Flow<std::string> flow = command->run(words, nullptr);
    flow.start();
    REQUIRE(flow.has_ended());
    return flow.result();
  }
  void signs_in(const std::string& id, const std::string& provider, const std::string& user) {
    KnownSession session;
    session.who.session_id = id;
    session.who.provider = provider;
    session.who.issuer = "https://" + provider + ".example.net";
    session.who.subject = "sub-" + user;
    session.who.user = user;
    session.who.signed_in_at = clock.wall();
    session.who.expires_at = clock.wall() + 1h;
    session.network = "192.0.2.0/24";
    session.program = "Firefox, Linux";
    core::Flow<> noting = known.note(session);
    noting.start();
    REQUIRE(noting.has_ended());
  }
  core::Result<std::string> show(const Line& words) {
    class Kept final : public ControlProgress {
     public:
      explicit Kept(std::vector<std::string>& lines) : lines_(lines) {}
      [[nodiscard]] uid_t caller() const override { return 0; }
      core::Flow<> say(std::string line) override {
        lines_.push_back(std::move(line));
        co_return core::done();
      }

     private:
      std::vector<std::string>& lines_;
    } progress(lines);
    lines.clear();
    const auto listing = make_list_sessions(parts);
    core::Flow<std::string> flow = listing->run(words, &progress);
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

TEST_CASE("an operator sees whose sessions there are, and ends one by its id") {
  Fixture f;
  f.signs_in("id-1", "corp", "alice");
  f.clock.advance(1s);
  f.signs_in("id-2", "corp", "alice");
  f.signs_in("id-3", "other", "bob");
  CHECK(f.show({"all"}).value() == "3 sessions");
  REQUIRE(f.lines.size() == 3);
  CHECK(f.lines[1] ==
        "id-1  alice at corp  since Fri, 15 Jan 2027 08:00:00 GMT  until Fri, 15 Jan 2027 09:00:00 GMT  from "
        "192.0.2.0/24  with Firefox, Linux");
  CHECK(f.show({"user", "Alice"}).value() == "2 sessions");
  CHECK(f.show({"all", "other"}).value() == "1 session");
  CHECK(f.show({"sub", "sub-bob"}).value() == "1 session");
  for (const Line& wrong : {Line{}, Line{"user"}, Line{"everybody"}}) CHECK_FALSE(f.show(wrong));
  CHECK_FALSE(f.run({"session", "id-4"}));
  CHECK(f.run({"session", "id-1"}).value() == "ended: the session id-1 of alice at corp");
  CHECK(f.show({"user", "alice"}).value() == "1 session");
  CHECK(f.lines.front().starts_with("id-2"));
  REQUIRE(f.run({"user", "alice"}));
  CHECK(f.show({"all"}).value() == "1 session");
}

TEST_CASE("an end is kept for as long as a token may live that another replica makes meanwhile") {
  Fixture f;
  f.login.tokens = config::PersonalTokenSettings{};
  REQUIRE(f.run({"user", "alice", "corp"}));
  core::Flow<std::vector<std::string>> listing = f.storage->list("revocations");
  listing.start();
  REQUIRE(listing.result().value().size() == 1);
  core::Flow<core::StorageEntry> reading = f.storage->get(listing.result().value().front());
  reading.start();
  CHECK(reading.result().value().expires ==
        f.clock.wall() + f.login.tokens->lifetime + 2 * kSessionClockSkew);
}

TEST_CASE("an end is audited before anything is waited for, and again when storage did not keep it") {
  Fixture f;
  REQUIRE(f.run({"user", "alice"}));
  CHECK(f.sink.text.find("sessions_revoked") != std::string::npos);
  CHECK(f.sink.text.find("not kept") == std::string::npos);
  f.storage->is_full = true;
  CHECK_FALSE(f.run({"user", "bob"}));
  CHECK(f.sink.text.find("every session of bob at any provider that began until now: not kept") !=
        std::string::npos);
  // At the second provider, too, though storage failed at the first.
  CHECK(f.is_ended("corp", "1", "bob"));
  CHECK(f.is_ended("other", "1", "bob"));
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
  const Line rows[] = {{},
                       {"user"},
                       {"user", ""},
                       {"user", "%zz"},
                       {"alice"},
                       {"user", "alice", "corp", "other"},
                       {"all", "corp", "other"},
                       {"user", "alice", "nowhere"},
                       {"all", "nowhere"},
                       {"sub", "1"}};
  for (const Line& words : rows) {
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
  CHECK(parsed({"revoke", "--session", "id"})->sessions.of == "session");
  CHECK_FALSE(parsed({"revoke", "--all"})->sessions.is_list);
  CHECK(parsed({"list"})->sessions.is_list);
  CHECK(parsed({"list"})->sessions.of == "all");
  CHECK(parsed({"list", "--user", "alice"})->sessions.name == "alice");
  const std::vector<std::vector<std::string_view>> wrong{{},
                                                         {"revoke"},
                                                         {"revoke", "alice"},
                                                         {"revoke", "--user"},
                                                         {"revoke", "--user="},
                                                         {"revoke", "--user", "a", "--sub", "b"},
                                                         {"revoke", "--user", "a", "--all"},
                                                         {"revoke", "--session", "a", "--provider", "b"},
                                                         {"list", "--session", "a"},
                                                         {"end", "--all"}};
  for (const auto& words : wrong) {
    CAPTURE(words.size());
    CHECK_FALSE(parsed(words));
  }
}
