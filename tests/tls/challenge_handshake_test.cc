// tls-alpn-01 in the handshake (RFC 8737): who is shown what.
#include <string>

#include "tests/tls/support/parties.h"
#include "tests/tls/support/raw_client.h"
#include "tls/challenge_answers.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

/// A server of app.test whose name is being validated, together with pending.test, which has no certificate.
struct House {
  Thread thread;
  std::unique_ptr<tls::PrivateAuthority> authority = make_authority("root");
  tls::CertificatePointer own = make_certificate(*authority, {"app.test", "www.app.test"});
  tls::CertificatePointer proof = make_certificate(*authority, {"proof.app.test"});
  tls::CertificatePointer pending = make_certificate(*authority, {"proof.pending.test"});
  Server server{thread, table_of({own})};

  std::unique_ptr<RawClient> call(const std::string& server_name, const std::string& protocols,
                                  int version = TLS1_3_VERSION) {
    auto answers = std::make_shared<tls::ChallengeAnswers>();
    answers->certificates["app.test"] = proof;
    answers->certificates["pending.test"] = pending;
    server.answer(answers);
    RawOptions options;
    options.server_name = server_name;
    options.protocols = protocols;
    options.version = version;
    auto wire = core::make_stream_pair(thread.loop);
    server.accept(std::move(wire.second));
    auto client = std::make_unique<RawClient>(thread, std::move(wire.first), options);
    client->shake([this] { return server.has_ended(); });
    return client;
  }
};

const std::string kChallenge =
    "\x0a"
    "acme-tls/1";
const std::string kHttp =
    "\x08"
    "http/1.1";

TEST_CASE("who offers acme-tls/1 alone is shown the pending challenge of that name") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    House house;
    const auto client = house.call("APP.test.", kChallenge, version);
    REQUIRE(client->is_done());
    CHECK(client->certificate_name() == "proof.app.test");
    REQUIRE(house.server.outcome());
    CHECK(house.server.outcome()->agreement.protocol == tls::kChallengeProtocol);
    CHECK(house.server.acceptor().counts().challenges == 1);
  }
  House house;
  CHECK(house.call("pending.test", kChallenge)->certificate_name() == "proof.pending.test");
}

TEST_CASE("nobody else ever sees a challenge's certificate") {
  struct Row {
    std::string name;
    std::string protocols;
    std::string shown;  ///< empty: the handshake fails
    const char* why;
  };
  const Row rows[] = {
      {"app.test", "", "app.test", "a client without ALPN"},
      {"app.test", kHttp, "app.test", "an HTTP client"},
      {"app.test", kChallenge + kHttp, "app.test", "a list of both"},
      {"app.test", kHttp + kChallenge, "app.test", "a list of both, the other way round"},
      {"app.test", kChallenge + kChallenge, "", "the protocol twice"},
      {"www.app.test", kChallenge, "", "a name of ours without a pending challenge"},
      {"stranger.test", kChallenge, "", "a name that is not ours"},
      {"pending.test", kHttp, "", "a name that has no certificate yet"},
      {"pending.test", kChallenge + kHttp, "", "the same with both protocols"},
      {"", kChallenge, "", "no name at all"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    House house;
    const auto client = house.call(row.name, row.protocols);
    CHECK(client->is_done() == !row.shown.empty());
    if (client->is_done()) {
      CHECK(client->certificate_name() == row.shown);
      REQUIRE(house.server.outcome());
      CHECK(house.server.outcome()->agreement.protocol != tls::kChallengeProtocol);
    }
    CHECK(house.server.acceptor().counts().challenges == 0);
  }
}

}  // namespace
}  // namespace tests
