// login.break_glass: what is read of the account, and what is refused.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <string>

#include "tests/config/support/sample.h"

using namespace config;
using namespace config::test;
using namespace std::chrono_literals;

namespace {

const std::string kPassword =
    R"("password":"$scrypt$ln=15,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")";
const std::string kTotp = R"("totp":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")";
const std::string kAccount = R"({"user":"root","email":"root@example.com","groups":["admins","staff"],)" +
                             kPassword + "," + kTotp + "}";

struct BreakGlassSample : Sample {
  std::string account_file(std::string_view account, mode_t mode = 0600) {
    const std::string path = folder.write("break-glass", account);
    chmod(path.c_str(), mode);
    return path;
  }
  LoadOutcome load_with(std::string_view account, std::string_view more = "", mode_t mode = 0600) {
    Sample sample;
    sample.login +=
        "  break_glass: {account: {file: " + account_file(account, mode) + "}" + std::string(more) + "}\n";
    return sample.load();
  }
};

}  // namespace

TEST_CASE("the account for emergencies is read from its file") {
  BreakGlassSample sample;
  const LoadOutcome outcome =
      sample.load_with(kAccount + "\n", ", lifetime: 30m, from: [10.0.0.0/8, 127.0.0.1]");
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  REQUIRE(outcome.config->login.break_glass);
  const BreakGlass& account = *outcome.config->login.break_glass;
  CHECK(account.user == "root");
  CHECK(account.email == "root@example.com");
  CHECK(account.groups == std::vector<std::string>{"admins", "staff"});
  CHECK(account.totp_key.reveal() == "12345678901234567890");
  CHECK(account.password.log_n == 15);
  CHECK(account.lifetime == 30min);
  CHECK(account.from.size() == 2);
  const LoadOutcome plain = sample.load_with("{\"user\":\"root\"," + kPassword + "," + kTotp + "}");
  REQUIRE(plain.config);
  CHECK(plain.config->login.break_glass->lifetime == 1h);
  CHECK(plain.config->login.break_glass->email.empty());
  CHECK(plain.config->login.break_glass->from.empty());
}

TEST_CASE("an account file that everybody on the machine may read is refused") {
  BreakGlassSample sample;
  CHECK(sample.load_with(kAccount, "", 0640).errors.empty());
  const LoadOutcome outcome = sample.load_with(kAccount, "", 0644);
  CHECK(all_of(outcome.errors).find("everybody on this machine may read") != std::string::npos);
}

TEST_CASE("what is no account is refused, and not quoted") {
  BreakGlassSample sample;
  const std::string rest = "," + kPassword + "," + kTotp + "}";
  for (const std::string& account :
       {std::string("SECRET"), std::string("{}"), std::string("[]"), "{" + kPassword + "," + kTotp + "}",
        "{\"user\":\"\"" + rest, "{\"user\":\"a\\nb\"" + rest,
        "{\"user\":\"root\",\"email\":\"SECRET\"" + rest, "{\"user\":\"root\",\"groups\":\"SECRET\"" + rest,
        "{\"user\":\"root\",\"groups\":[1]" + rest, "{\"user\":\"root\",\"extra\":\"SECRET\"" + rest,
        "{\"user\":\"root\"," + kTotp + "}", "{\"user\":\"root\"," + kPassword + "}",
        "{\"user\":\"root\",\"password\":\"SECRET\"," + kTotp + "}",
        "{\"user\":\"root\"," + kPassword + ",\"totp\":\"SECRET\"}",
        "{\"user\":\"root\"," + kPassword + ",\"totp\":\"GEZDGNBVGY3TQOJQ\"}"}) {
    CAPTURE(account);
    const LoadOutcome outcome = sample.load_with(account);
    const std::string errors = all_of(outcome.errors);
    CHECK(errors.find("login.break_glass.account") != std::string::npos);
    CHECK(errors.find("SECRET") == std::string::npos);
  }
}

TEST_CASE("sessions of the account are short, and its name is no provider's") {
  BreakGlassSample sample;
  CHECK_FALSE(sample.load_with(kAccount, ", lifetime: 4m").errors.empty());
  CHECK_FALSE(sample.load_with(kAccount, ", lifetime: 13h").errors.empty());
  CHECK_FALSE(sample.load_with(kAccount, ", from: [somewhere]").errors.empty());
  CHECK_FALSE(sample.load_with(kAccount, ", other: 1").errors.empty());
  Sample named;
  named.login =
      "login:\n  providers:\n    break-glass: {type: oidc, issuer: 'https://id.example.com', client_id: "
      "gateway, client_secret: {env: SECRET}}\n  break_glass: {account: {file: " +
      sample.account_file(kAccount) + "}}\n";
  CHECK(all_of(named.load().errors).find("is the name of login.break_glass") != std::string::npos);
  Sample off;
  off.login += "  break_glass: off\n";
  const LoadOutcome outcome = off.load();
  CAPTURE(all_of(outcome.errors));
  REQUIRE(outcome.config);
  CHECK_FALSE(outcome.config->login.break_glass);
}
