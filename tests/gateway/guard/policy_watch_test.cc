// A list of e-mails in a file that changes: when it is read again, whom it then lets in, and what a broken
// one does.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/gateway/support/login_fixture.h"
#include "tests/support/doctest.h"

namespace {

using namespace test_support;
namespace files = std::filesystem;

/// alice@example.com, whom a list in a file lets in. The fixture's clock fires the looks.
struct Listed {
  LoginFixture f;
  files::path folder;
  files::path file;

  Listed() {
    std::string name = files::temp_directory_path() / "gateway-list-XXXXXX";
    folder = mkdtemp(name.data());
    file = folder / "staff.txt";
    write("alice@example.com\n");
    config::Rule& rule = f.config.policies[0].allow[0];
    rule.emails = std::vector<std::string>{"alice@example.com"};
    rule.email_file = file;
    f.build();
    look();
    look();
  }
  ~Listed() { files::remove_all(folder); }

  void write(std::string_view text) const { std::ofstream(file, std::ios::trunc) << text; }
  /// A new file in the place of the old one, as deployments write.
  void replace(std::string_view text) const {
    std::ofstream(folder / "new", std::ios::trunc) << text;
    files::rename(folder / "new", file);
  }
  void look() {
    f.clock.advance(gateway::kListFileInterval);
    f.turn(2);
  }
  /// The looks after which a change that is over must be in force.
  void settle() {
    look();
    look();
  }
  [[nodiscard]] std::size_t logged(std::string_view message) const {
    std::size_t count = 0;
    for (std::size_t at = f.sink.text.find(message); at != std::string::npos;
         at = f.sink.text.find(message, at + 1)) {
      ++count;
    }
    return count;
  }
  bool lets_alice_in() { return f.visit(kAppUrl).admitted.has_value(); }
};

constexpr std::string_view kChanged = "a list of e-mails has changed";
constexpr std::string_view kUnusable = "a list of e-mails cannot be used";

}  // namespace

TEST_CASE("a changed list of e-mails acts on a session that exists, without a restart") {
  Listed listed;
  listed.f.sign_in(kAppUrl);
  REQUIRE(listed.lets_alice_in());
  CHECK(listed.logged(kChanged) == 0);
  SUBCASE("a file that is renamed into place") {
    listed.replace("carol@example.com\n");
  }
  SUBCASE("a file that is written in place") {
    listed.write("carol@example.com\n");
  }
  SUBCASE("an empty file lets nobody in") {
    listed.replace("");
  }
  SUBCASE("a link that is switched") {
    files::rename(listed.file, listed.folder / "old");
    std::ofstream(listed.folder / "newer") << "carol@example.com\n";
    files::create_symlink(listed.folder / "newer", listed.file);
  }
  listed.settle();
  CHECK(listed.f.visit(kAppUrl).answer.status == 403);
  CHECK(listed.logged(kChanged) == 1);
  listed.replace("# back\nAlice@Example.com # again\n");
  listed.settle();
  CHECK(listed.lets_alice_in());
  CHECK(listed.logged(kChanged) == 2);
}

TEST_CASE("a list that names somebody in deny acts on a session that exists") {
  Listed listed;
  config::Rule left;
  left.emails.emplace();
  left.email_file = listed.folder / "left.txt";
  std::ofstream(left.email_file) << "# nobody yet\n";
  listed.f.config.policies[0].deny.push_back(left);
  listed.f.build();
  listed.f.sign_in(kAppUrl);
  REQUIRE(listed.lets_alice_in());
  std::ofstream(left.email_file) << "alice@example.com\n";
  listed.settle();
  CHECK_FALSE(listed.lets_alice_in());
}

TEST_CASE("a list that cannot be used leaves the one before in force, and is logged once") {
  Listed listed;
  listed.f.sign_in(kAppUrl);
  REQUIRE(listed.lets_alice_in());
  SUBCASE("a line that is no address") {
    listed.replace("carol@example.com\ncarol at example.com\n");
    listed.settle();
    CHECK(listed.f.sink.text.find("line 2: expected an e-mail address") != std::string::npos);
  }
  SUBCASE("a file that is gone") {
    files::remove(listed.file);
    listed.settle();
    CHECK(listed.f.sink.text.find("No such file or directory") != std::string::npos);
  }
  SUBCASE("something else than a file") {
    files::remove(listed.file);
    files::create_directory(listed.file);
    listed.settle();
    CHECK(listed.f.sink.text.find("not a regular file") != std::string::npos);
    files::remove(listed.file);
  }
  for (int i = 0; i < 5; ++i) listed.look();
  CHECK(listed.logged(kUnusable) >= 1);
  CHECK(listed.logged(kUnusable) <= 2);  // the folder, and then that it is gone
  CHECK(listed.lets_alice_in());
  listed.replace("carol@example.com\n");
  listed.settle();
  CHECK_FALSE(listed.lets_alice_in());
}

TEST_CASE("a list that is still being written is not taken half") {
  Listed listed;
  listed.f.sign_in(kAppUrl);
  listed.write("");
  listed.look();
  listed.write("bob@example.com\n");
  listed.look();
  listed.write("bob@example.com\nalice@example.com\n");
  listed.look();
  CHECK(listed.lets_alice_in());
  CHECK(listed.logged(kChanged) == 0);
  listed.look();
  CHECK(listed.lets_alice_in());
  CHECK(listed.logged(kChanged) == 1);
}

TEST_CASE("a list that changed between the start and the first look is not missed") {
  Listed listed;
  listed.write("carol@example.com\n");  // after the configuration was loaded
  listed.f.build();
  listed.f.sign_in(kAppUrl);
  listed.settle();
  CHECK_FALSE(listed.lets_alice_in());
}

TEST_CASE("access that was never set lets nobody in") {
  LoginFixture f;
  f.sign_in(kAppUrl);
  f.guard = f.system->make_guard({}, config::Unauthenticated::automatic, {});
  CHECK_FALSE(f.visit(kAppUrl).admitted);
}

TEST_CASE("somebody who was admitted may go on while session and policy would let them in again") {
  Listed listed;
  LoginFixture& f = listed.f;
  f.sign_in(kAppUrl);
  const std::shared_ptr<const gateway::Identity> alice = f.visit(kAppUrl).admitted->shared_identity();
  const auto request = f.browser.navigate(kAppUrl, "GET");
  const auto may_go_on = [&] { return f.guard->still_admits(request->request(), alice, f.clock.wall()); };
  CHECK(may_go_on());
  CHECK_FALSE(f.guard->still_admits(request->request(), nullptr, f.clock.wall()));
  std::size_t told = 0;
  SUBCASE("the session is ended") {
    f.revocations->tell([&told] { ++told; });
    core::Flow<> revoking = f.revocations->revoke(gateway::revocation_of(*alice));
    revoking.start();
    CHECK(told == 1);
  }
  SUBCASE("the list changes") {
    f.policies->tell([&told] { ++told; });
    listed.replace("carol@example.com\n");
    listed.settle();
    CHECK(told == 1);
  }
  SUBCASE("its time is over") {
    f.clock.advance(f.config.login.session.lifetime - std::chrono::minutes(1));
    CHECK(may_go_on());  // idle, as far as requests go
    f.clock.advance(std::chrono::minutes(1));
  }
  CHECK_FALSE(may_go_on());
}

TEST_CASE("groups in a file are followed as e-mails are") {
  Listed listed;
  config::Rule& rule = listed.f.config.policies[0].allow[0];
  rule.emails.reset();
  rule.email_file.clear();
  rule.groups = std::vector<std::string>{"nobody"};
  rule.group_file = listed.folder / "groups.txt";
  std::ofstream(rule.group_file) << "nobody\n";
  listed.f.provider.claims.set("groups", core::Json::array({core::Json("staff")}));
  listed.f.build();
  listed.settle();
  listed.f.sign_in(kAppUrl);
  CHECK_FALSE(listed.lets_alice_in());
  std::ofstream(rule.group_file, std::ios::trunc) << "# who may enter\n staff \nnobody\n";
  listed.settle();
  CHECK(listed.lets_alice_in());
  std::ofstream(rule.group_file, std::ios::trunc) << "Staff\n";
  listed.settle();
  CHECK_FALSE(listed.lets_alice_in());
  CHECK(listed.logged("a list of groups has changed") == 2);
}
