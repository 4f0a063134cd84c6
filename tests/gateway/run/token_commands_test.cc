// `gateway tokens`: what an operator is shown of personal tokens, and which one ends.
#include "gateway/run/token_commands.h"

#include "gateway/run/command_line.h"
#include "gateway/run/session_commands.h"
#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace gateway;
using Line = std::vector<std::string>;

constexpr std::int64_t kNow = 1'900'000'000;

class Lines final : public ControlProgress {
 public:
  [[nodiscard]] uid_t caller() const override { return 0; }
  core::Flow<> say(std::string line) override {
    all.push_back(std::move(line));
    co_return core::done();
  }
  std::vector<std::string> all;
};

class Noted final : public core::LogSink {
 public:
  void write(std::string_view lines) override { text += lines; }
  std::string text;
};

PersonalToken token_of(const std::string& subject, const std::string& id) {
  Identity owner;
  owner.session_id = id;
  owner.token = id;
  owner.provider = "corp";
  owner.issuer = "https://corp";
  owner.subject = subject;
  owner.user = subject;
  owner.signed_in_at = core::from_unix_seconds(kNow);
  owner.expires_at = core::from_unix_seconds(kNow + 3600);
  return {hash_of_token(id),
          "the build",
          {"app.test/"},
          std::make_shared<const Identity>(owner),
          owner.signed_in_at};
}

struct Fixture {
  core::ManualClock clock{core::from_unix_seconds(kNow)};
  Noted sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::debug, clock};
  Audit audit{log};
  test_support::FailingStorage storage{clock};
  core::KeyRing keys = test_support::ring_of({'k'});
  core::Random random;
  TokenRegister tokens{{storage, keys, random, clock, log}};
  Lines shown;

  Fixture() {
    for (const char* id : {"id-2", "id-1"}) {
      core::Flow<> making = tokens.create(token_of(id == std::string("id-1") ? "alice" : "bob", id));
      making.start();
      REQUIRE(making.has_ended());
    }
  }
  core::Result<std::string> run(ControlCommand& command, const Line& words) {
    core::Flow<std::string> flow = command.run(words, &shown);
    flow.start();
    REQUIRE(flow.has_ended());
    return flow.result();
  }
};

}  // namespace

TEST_CASE("an operator sees whose tokens there are, and ends one by its id") {
  Fixture f;
  const auto list = make_list_tokens({&f.tokens, f.audit});
  const auto revoke = make_revoke_token({&f.tokens, f.audit});
  CHECK(f.run(*list, {}).value() == "2 personal tokens");
  REQUIRE(f.shown.all.size() == 2);
  CHECK(f.shown.all[0] ==
        "id-1  alice at corp  until Sun, 17 Mar 2030 18:46:40 GMT  for app.test/  named the build");
  CHECK(f.shown.all[1].starts_with("id-2  bob"));
  CHECK_FALSE(f.run(*revoke, {"id-3"}));
  CHECK_FALSE(f.run(*revoke, {}));
  CHECK_FALSE(f.run(*list, {"x"}));
  CHECK(f.sink.text.find("token_revoked") == std::string::npos);
  CHECK(f.run(*revoke, {"id-1"}).value() == "ended: the token of alice at corp named the build");
  CHECK(f.tokens.published().latest()->find_id("id-1") == nullptr);
  CHECK(f.tokens.published().latest()->find_id("id-2") != nullptr);
  CHECK(f.sink.text.find("token_revoked") != std::string::npos);
}

TEST_CASE("a token ends here also where storage cannot be told") {
  Fixture f;
  f.storage.removes = false;
  CHECK_FALSE(f.run(*make_revoke_token({&f.tokens, f.audit}), {"id-1"}));
  CHECK(f.tokens.published().latest()->find_id("id-1") == nullptr);
}

TEST_CASE("with a person's sessions his tokens end, also where storage cannot keep either") {
  Fixture f;
  RevocationList list{f.storage, f.clock, f.log};
  config::Login login;
  login.providers.emplace_back().name = "corp";
  login.providers.back().issuer = "https://corp";
  core::Loop loop{f.clock};
  SessionRegister known{{f.storage, f.keys, list, loop, f.random, f.clock, f.log, f.audit}};
  const auto command = make_revoke_sessions({list, login, f.clock, f.audit, known, &f.tokens});
  SUBCASE("kept") {
    CHECK(f.run(*command, {"user", "alice"}).value().ends_with("until now, and 1 personal tokens"));
  }
  SUBCASE("not kept") {
    f.storage.is_full = true;
    CHECK_FALSE(f.run(*command, {"user", "alice"}));
  }
  CHECK(f.tokens.published().latest()->find_id("id-1") == nullptr);
  CHECK(f.tokens.published().latest()->find_id("id-2") != nullptr);
}

TEST_CASE("where there are no tokens the commands say so") {
  Fixture f;
  for (const auto& command : {make_list_tokens({nullptr, f.audit}), make_revoke_token({nullptr, f.audit})}) {
    const Line words = command->usage() == "tokens-list" ? Line{} : Line{"id-1"};
    const auto told = f.run(*command, words);
    REQUIRE_FALSE(told);
    CHECK(told.error().text.find("login.tokens is off") != std::string::npos);
  }
}

TEST_CASE("the words of `gateway tokens`") {
  const auto parsed = [](std::vector<std::string_view> words) {
    words.insert(words.begin(), "tokens");
    return parse_command(words);
  };
  REQUIRE(parsed({}));
  CHECK(parsed({})->token_id.empty());
  CHECK(parsed({"list", "--control=/x"})->control_path == "/x");
  CHECK(parsed({"revoke", "id-1"})->token_id == "id-1");
  for (const std::vector<std::string_view>& words :
       {std::vector<std::string_view>{"revoke"}, {"revoke", ""}, {"list", "x"}, {"end", "x"}}) {
    CAPTURE(words.size());
    CHECK_FALSE(parsed(words));
  }
}
