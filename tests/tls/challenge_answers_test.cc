#include "tls/challenge_answers.h"

#include "tests/support/doctest.h"

using namespace tls;

namespace {

const std::string kToken = "abcdefghijklmnopqrstuvwxyz012345";

ChallengeAnswers answers() {
  ChallengeAnswers out;
  out.thumbprint = "thumb";
  out.hosts = {"app.test"};
  return out;
}

}  // namespace

TEST_CASE("a well-formed question about a host of ours is answered from the account's key") {
  const ChallengeAnswers ours = answers();
  const std::string target = "/.well-known/acme-challenge/" + kToken;
  CHECK(ours.http01("GET", "app.test", target) == kToken + ".thumb");
  CHECK(ours.http01("HEAD", "app.test", target) == kToken + ".thumb");
  CHECK(ours.http01("GET", "app.test", "/.well-known/acme-challenge/" + std::string(22, '-')));
  CHECK(ours.http01("GET", "app.test", "/.well-known/acme-challenge/" + std::string(128, '_')));
}

TEST_CASE("every other question goes the normal way") {
  struct Row {
    std::string method;
    std::string host;
    std::string target;
    const char* why;
  };
  const std::string path = "/.well-known/acme-challenge/";
  const Row rows[] = {{"POST", "app.test", path + kToken, "a method that asks for more"},
                      {"get", "app.test", path + kToken, "another method"},
                      {"GET", "other.test", path + kToken, "a host that is not ordered for"},
                      {"GET", "", path + kToken, "no host"},
                      {"GET", "app.test", path + "short", "under 128 bits"},
                      {"GET", "app.test", path + std::string(21, 'a'), "one short"},
                      {"GET", "app.test", path + std::string(129, 'a'), "one too long"},
                      {"GET", "app.test", path, "no token"},
                      {"GET", "app.test", path + kToken + "/extra", "a path below"},
                      {"GET", "app.test", path + kToken + "?x=1", "a query"},
                      {"GET", "app.test", path + kToken + "?", "an empty query"},
                      {"GET", "app.test", path + "../../admin/aaaaaaaaaaaaaaaaaaaaaa", "dots"},
                      {"GET", "app.test", path + "%2e%2e%2fadminaaaaaaaaaaaaaaaa", "encoded dots"},
                      {"GET", "app.test", path + "%61bcdefghijklmnopqrstuvwxyz0", "an encoded letter"},
                      {"GET", "app.test", "/.well-known/acme-challenge" + kToken, "no slash"},
                      {"GET", "app.test", "//.well-known/acme-challenge/" + kToken, "two slashes"},
                      {"GET", "app.test", "/.Well-Known/acme-challenge/" + kToken, "another case"},
                      {"GET", "app.test", "http://app.test" + path + kToken, "absolute"}};
  const ChallengeAnswers ours = answers();
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK_FALSE(ours.http01(row.method, row.host, row.target));
  }
  ChallengeAnswers early = answers();
  early.thumbprint.clear();
  CHECK_FALSE(early.http01("GET", "app.test", path + kToken));
}
