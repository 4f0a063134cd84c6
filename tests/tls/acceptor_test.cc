#include "tls/acceptor.h"

#include <array>
#include <string>

#include "tests/tls/support/parties.h"
#include "tests/tls/support/raw_client.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::ErrorKind;
using namespace std::chrono_literals;

/// A server with two names, a wildcard, an address, and a client on a fresh wire.
struct House {
  Thread thread;
  std::unique_ptr<tls::PrivateAuthority> authority = make_authority("root");
  tls::CertificatePointer exact = make_certificate(*authority, {"www.wild.test", "10.0.0.1"});
  tls::CertificatePointer wild = make_certificate(*authority, {"*.wild.test"});
  tls::CertificatePointer other = make_certificate(*authority, {"other.test"});
  Server server{thread, table_of({wild, exact, other})};

  std::unique_ptr<RawClient> call(const RawOptions& options, const std::string& local = "127.0.0.1") {
    auto wire = core::make_stream_pair(thread.loop);
    server.accept(std::move(wire.second), local);
    auto client = std::make_unique<RawClient>(thread, std::move(wire.first), options);
    client->shake([this] { return server.has_ended(); });
    return client;
  }
};

RawOptions naming(const std::string& server_name) {
  RawOptions options;
  options.server_name = server_name;
  return options;
}

TEST_CASE("the server name picks the certificate: exact before wildcard, any case, one trailing dot") {
  struct Row {
    const char* sent;
    const char* certificate;
    const char* name;
  };
  const Row rows[] = {
      {"www.wild.test", "www.wild.test", "www.wild.test"}, {"x.wild.test", "*.wild.test", "x.wild.test"},
      {"other.test", "other.test", "other.test"},          {"OTHER.Test", "other.test", "other.test"},
      {"X.wild.TEST", "*.wild.test", "x.wild.test"},       {"other.test.", "other.test", "other.test"},
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const Row& row : rows) {
      CAPTURE(row.sent);
      House house;
      RawOptions options = naming(row.sent);
      options.version = version;
      const auto client = house.call(options);
      REQUIRE(client->is_done());
      CHECK(client->certificate_name() == row.certificate);
      REQUIRE(house.server.outcome());
      CHECK(house.server.outcome()->server_name == row.name);
      CHECK(house.server.outcome()->certificate->dns_names().front() == row.certificate);
      CHECK(house.server.outcome()->agreement.version == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
      CHECK_FALSE(house.server.outcome()->agreement.resumed);
    }
  }
}

TEST_CASE("a name without certificate, or that is no name, gets unrecognized_name and no certificate") {
  const std::string rows[] = {"unknown.test",
                              "wild.test",
                              "a.b.wild.test",
                              "*.wild.test",
                              "other.test..",
                              ".other.test",
                              "10.0.0.1",
                              "[::1]",
                              "../../etc/passwd",
                              "other.test/x",
                              "other.test:443",
                              "other test",
                              "öther.test",
                              "other.test\r\nX: y",
                              std::string(255, 'a'),
                              std::string(64, 'a') + ".wild.test",
                              "{env.HOME}.wild.test"};
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const std::string& sent : rows) {
      CAPTURE(sent);
      House house;
      RawOptions options = naming(sent);
      options.version = version;
      const auto client = house.call(options, "10.0.0.1");
      CHECK(client->failure() == "tlsv1 unrecognized name");
      CHECK(client->certificate_name().empty());
      REQUIRE_FALSE(house.server.outcome());
      CHECK(house.server.outcome().error().kind == ErrorKind::refused);
      CHECK(house.server.outcome().error().side == core::Side::client);
      CHECK(house.server.acceptor().counts().unknown_name == 1);
      CHECK(house.server.acceptor().counts().failed == 1);
    }
  }
}

TEST_CASE("a client without server name gets the certificate of the address it came to, or none") {
  House house;
  const auto known = house.call(RawOptions(), "10.0.0.1");
  REQUIRE(known->is_done());
  CHECK(known->certificate_name() == "www.wild.test");
  CHECK(house.server.outcome()->server_name.empty());
  const auto unknown = house.call(RawOptions(), "10.0.0.2");
  CHECK(unknown->failure() == "tlsv1 unrecognized name");
  CHECK_FALSE(house.server.outcome());
}

TEST_CASE("the protocol is the server's first that the client knows; nothing in common is an alert") {
  struct Row {
    std::string offered;
    const char* chosen;
    const char* failure;
  };
  const Row rows[] = {
      {"", "", ""},
      {"\x08http/1.1", "http/1.1", ""},
      {"\x02h2\x08http/1.1", "http/1.1", ""},
      {"\x02h2", "", "tlsv1 alert no application protocol"},
      {"\x03"
       "ftp\x04smtp",
       "", "tlsv1 alert no application protocol"},
      {"\x03h2c", "", "tlsv1 alert no application protocol"},
      {"\x0a"
       "acme-tls/1",
       "", "tlsv1 alert no application protocol"},
      {"\x08HTTP/1.1", "", "tlsv1 alert no application protocol"},
      {"\xff" + std::string(255, 'x'), "", "tlsv1 alert no application protocol"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.offered);
    House house;
    RawOptions options = naming("other.test");
    options.protocols = row.offered;
    const auto client = house.call(options);
    CHECK(client->failure() == row.failure);
    CHECK(house.server.outcome().has_value() == std::string(row.failure).empty());
    if (house.server.outcome()) CHECK(house.server.outcome()->agreement.protocol == row.chosen);
  }
}

TEST_CASE(
    "a ClientHello in single bytes, or with a second hello after HelloRetryRequest, is treated the same") {
  for (const char* groups : {"X25519", "P-521:X25519"}) {
    House house;
    RawOptions options = naming("x.wild.test");
    options.write_size = 1;
    options.groups = groups;
    const auto client = house.call(options);
    REQUIRE(client->is_done());
    CHECK(client->certificate_name() == "*.wild.test");
    options.server_name = "unknown.test";
    CHECK(house.call(options)->failure() == "tlsv1 unrecognized name");
  }
}

TEST_CASE("what is no TLS is refused, whatever it is") {
  const std::string rows[] = {"GET / HTTP/1.1\r\nHost: other.test\r\n\r\n",
                              std::string("\x16\x03\x01\xff\xff", 5),
                              std::string("\x16\x03\x01\x00\x00", 5),
                              std::string("\x15\x03\x01\x00\x02\x02\x28", 7),
                              std::string("\x17\x03\x03\x00\x01x", 6),
                              std::string("\x80\x2e\x01\x00\x02", 5) + std::string(64, '\0'),
                              "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
                              std::string(100'000, '\x16')};
  for (const std::string& bytes : rows) {
    House house;
    auto wire = core::make_stream_pair(house.thread.loop);
    house.server.accept(std::move(wire.second));
    say(*wire.first, bytes);
    house.thread.until([&] { return house.server.has_ended(); });
    if (!house.server.has_ended()) {  // an incomplete record: the end decides
      wire.first->end();
      house.thread.until([&] { return house.server.has_ended(); });
    }
    REQUIRE(house.server.has_ended());
    REQUIRE_FALSE(house.server.outcome());
    CHECK(house.server.outcome().error().kind == ErrorKind::malformed);
    CHECK(house.server.outcome().error().side == core::Side::client);
  }
}

TEST_CASE("old versions and weak ciphers are refused") {
  House house;
  auto wire = core::make_stream_pair(house.thread.loop);
  RawOptions options = naming("other.test");
  options.version = TLS1_2_VERSION;
  house.server.accept(std::move(wire.second));
  RawClient weak(house.thread, std::move(wire.first), options);
  SSL_set_cipher_list(weak.native(), "ECDHE-ECDSA-AES128-SHA256:AES128-GCM-SHA256");
  weak.shake([&] { return house.server.has_ended(); });
  CHECK(weak.failure() == "sslv3 alert handshake failure");

  wire = core::make_stream_pair(house.thread.loop);
  house.server.accept(std::move(wire.second));
  RawClient old(house.thread, std::move(wire.first), options);
  SSL_set_security_level(old.native(), 0);
  SSL_set_min_proto_version(old.native(), TLS1_1_VERSION);
  SSL_set_max_proto_version(old.native(), TLS1_1_VERSION);
  old.shake([&] { return house.server.has_ended(); });
  CHECK(old.failure() == "tlsv1 alert protocol version");

  tls::ServerOptions modern;
  modern.minimum_version = tls::MinimumVersion::tls13;
  Server strict(house.thread, table_of({house.other}), modern);
  wire = core::make_stream_pair(house.thread.loop);
  strict.accept(std::move(wire.second));
  RawClient client(house.thread, std::move(wire.first), options);
  client.shake([&] { return strict.has_ended(); });
  CHECK(client.failure() == "tlsv1 alert protocol version");
}

TEST_CASE("a handshake that stalls anywhere ends at its deadline and its stream is closed") {
  House house;
  for (const std::size_t sent : {0, 1, 5, 60}) {
    CAPTURE(sent);
    auto wire = core::make_stream_pair(house.thread.loop);
    house.server.accept(std::move(wire.second));
    const std::string start =
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(60, 'r');
    if (sent > 0) say(*wire.first, start.substr(0, sent));
    house.thread.settle();
    house.thread.clock.advance(9s);
    house.thread.settle();
    CHECK_FALSE(house.server.has_ended());
    house.thread.clock.advance(2s);
    house.thread.settle();
    REQUIRE(house.server.has_ended());
    CHECK(house.server.outcome().error().kind == ErrorKind::timed_out);
    CHECK(hear(*wire.first).last != core::ReadOutcome::State::would_block);
  }
  CHECK(house.server.acceptor().counts().timed_out == 4);
}

TEST_CASE("a handshake that is cancelled half-way leaves nothing behind") {
  for (int turns = 0; turns < 6; ++turns) {
    House house;
    auto wire = core::make_stream_pair(house.thread.loop);
    house.server.accept(std::move(wire.second));
    RawClient client(house.thread, std::move(wire.first), naming("other.test"));
    int turn = 0;
    client.shake([&] { return true; });
    while (turn++ < turns) house.thread.loop.turn(false);
    house.server.cancel();
    house.thread.settle();
  }
  for (const std::size_t sent : {0, 3, 200}) {
    House house;
    auto wire = core::make_stream_pair(house.thread.loop);
    house.server.accept(std::move(wire.second));
    if (sent > 0) say(*wire.first, std::string(sent, '\x16'));
    house.server.cancel();
    house.thread.settle();
    CHECK_FALSE(house.server.has_ended());
    CHECK(hear(*wire.first).last != core::ReadOutcome::State::would_block);
  }
}

TEST_CASE("bytes that came with the end of the handshake are not lost") {
  House house;
  auto wire = core::make_stream_pair(house.thread.loop);
  house.server.accept(std::move(wire.second));
  RawClient client(house.thread, std::move(wire.first), naming("other.test"));
  // The last flight and the request go out together.
  house.thread.until([&] {
    const int result = SSL_do_handshake(client.native());
    if (result == 1) SSL_write(client.native(), "GET", 3);
    client.pump();
    return result == 1;
  });
  house.thread.until([&] { return house.server.has_ended(); });
  REQUIRE(house.server.outcome());
  CHECK(hear(*house.server.outcome()->stream).bytes == "GET");
}

}  // namespace
}  // namespace tests
