#include "tls/connector.h"

#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/tls/support/crafted.h"
#include "tests/tls/support/parties.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::ErrorKind;
using namespace std::chrono_literals;

/// One call of our client to a server that shows what it is given.
struct Call {
  Thread thread;
  std::string asked_for;
  std::unique_ptr<tls::PrivateAuthority> authority = make_authority("test root");
  std::string certificate_name;  ///< of the connect; empty: the host's

  core::Result<StreamOwner> to(const std::string& host, const tls::CertificatePointer& shown,
                               const tls::ClientOptions& options) {
    auto wire = core::make_stream_pair(thread.loop);
    RawServer server(thread, std::move(wire.second), shown);
    Client client(thread, std::move(wire.first), options);
    client.connect(host, certificate_name);
    thread.until([&] {
      server.step();
      return client.has_ended();
    });
    asked_for = server.asked_for();
    REQUIRE(client.has_ended());
    return std::move(client.outcome());
  }
  core::Result<StreamOwner> to(const std::string& host, const std::vector<std::string>& names) {
    return to(host, make_certificate(*authority, names), trusting(*authority));
  }
};

TEST_CASE("a server is believed when its certificate names the host, exactly or by a wildcard of one label") {
  struct Row {
    const char* host;
    std::vector<std::string> names;
    const char* sent;
  };
  const Row rows[] = {
      {"a.test", {"a.test"}, "a.test"},
      {"A.Test", {"a.test"}, "a.test"},
      {"a.test.", {"a.test"}, "a.test"},
      {"b.a.test", {"x.test", "*.a.test"}, "b.a.test"},
      {"under_score.a.test", {"under_score.a.test"}, "under_score.a.test"},
      {"localhost", {"localhost"}, "localhost"},
      {"10.1.2.3", {"10.1.2.3"}, ""},
      {"fd00::1", {"a.test", "fd00::1"}, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host);
    Call call;
    const auto stream = call.to(row.host, row.names);
    REQUIRE_MESSAGE(stream, stream.error().text);
    CHECK(call.asked_for == row.sent);
  }
}

TEST_CASE("a server whose certificate does not name the host is refused, and the names it has are told") {
  struct Row {
    const char* host;
    std::vector<std::string> names;
    const char* text;
  };
  const Row rows[] = {
      {"a.test", {"b.test", "c.test"}, "the certificate is for b.test, c.test and not for a.test"},
      {"x.a.test", {"a.test"}, "is for a.test and not for x.a.test"},
      {"a.test", {"*.a.test"}, "is for *.a.test and not for a.test"},
      {"c.b.a.test", {"*.a.test"}, "is for *.a.test and not for c.b.a.test"},
      {"10.1.2.3", {"10.1.2.4", "a.test"}, "is for a.test, 10.1.2.4 and not for 10.1.2.3"},
      {"::1", {"localhost"}, "is for localhost and not for ::1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host);
    Call call;
    const auto stream = call.to(row.host, row.names);
    REQUIRE_FALSE(stream);
    CHECK(stream.error().kind == ErrorKind::unverified);
    CHECK(stream.error().retry == core::Retry::safe);
    CHECK(stream.error().side == core::Side::origin);
    CHECK_MESSAGE(stream.error().text.find(row.text) != std::string::npos, stream.error().text);
  }
}

TEST_CASE("names that only look like the host do not count: NUL, mail, URI, common name, address as text") {
  const std::vector<std::vector<RawName>> rows = {
      {{GEN_DNS, std::string("a.test\0.evil.test", 17)}},
      {{GEN_DNS, std::string("a.test\0", 7)}},
      {{GEN_EMAIL, "a.test"}},
      {{GEN_URI, "https://a.test/"}},
      {{GEN_DNS, "*"}, {GEN_DNS, "*.*"}, {GEN_DNS, "a.*"}, {GEN_DNS, "*test"}, {GEN_DNS, "a*.test"}},
      {{GEN_DNS, "a.test "}, {GEN_DNS, ".a.test"}},
      {{GEN_IPADD, "a.test"}},
      {},  // the common name alone
  };
  for (const auto& row : rows) {
    std::vector<RawName> names = row;
    // One usable name, so that our side takes it as a certificate at all.
    if (!names.empty()) names.push_back({GEN_DNS, "other.test"});
    const tls::CertificateText text = craft(names, "a.test");
    Call call;
    tls::ClientOptions options;
    options.ca_text = text.chain;
    const auto certificate = tls::Certificate::parse(text);
    if (names.empty()) {
      REQUIRE_FALSE(certificate);
      continue;
    }
    REQUIRE_MESSAGE(certificate, certificate.error().text);
    CHECK((*certificate)->dns_names() == std::vector<std::string>{"other.test"});
    CHECK_FALSE((*certificate)->covers("a.test"));
    CHECK(call.to("other.test", *certificate, options));
    const auto stream = call.to("a.test", *certificate, options);
    REQUIRE_FALSE(stream);
    CHECK(stream.error().kind == ErrorKind::unverified);
  }
}

TEST_CASE("an expired or future certificate is refused with its date") {
  Call call;
  const core::WallTime now = core::SystemClock().wall();
  const auto shown = [&](core::WallTime from, core::WallTime until) {
    return *tls::Certificate::parse(*call.authority->issue({{"a.test"}, {from, until}}));
  };
  const auto expired =
      call.to("a.test", shown(core::from_unix_seconds(1'600'000'000), now - 1h), trusting(*call.authority));
  REQUIRE_FALSE(expired);
  CHECK(expired.error().kind == ErrorKind::unverified);
  CHECK(expired.error().text.find("the certificate of a.test (\"\") expired at 20") == 0);
  CHECK(expired.error().text.find("UTC; it must be renewed there") != std::string::npos);
  const auto future = call.to("a.test", shown(now + 1h, now + 2h), trusting(*call.authority));
  REQUIRE_FALSE(future);
  CHECK(future.error().text.find("is not valid before 20") != std::string::npos);
}

TEST_CASE("an issuer that is not trusted is refused by name; the system's roots do not know our test root") {
  Call call;
  const auto shown = make_certificate(*call.authority, {"a.test"});
  const auto stranger = make_authority("another root");
  for (const tls::ClientOptions& options : {trusting(*stranger), tls::ClientOptions()}) {
    const auto stream = call.to("a.test", shown, options);
    REQUIRE_FALSE(stream);
    CHECK(stream.error().kind == ErrorKind::unverified);
    CHECK(stream.error().text.find(
              "is issued by \"CN=test root\", which is not trusted; give that issuer as ca") !=
          std::string::npos);
  }
  const auto self_signed = *tls::Certificate::parse(craft({{GEN_DNS, "a.test"}}, "myself"));
  const auto stream = call.to("a.test", self_signed, trusting(*stranger));
  REQUIRE_FALSE(stream);
  CHECK(stream.error().text.find("is signed by \"CN=myself\" itself, which is not trusted") !=
        std::string::npos);
}

TEST_CASE("a certificate given as ca is trusted itself") {
  Call call;
  const tls::CertificateText text = craft({{GEN_DNS, "a.test"}}, "myself");
  tls::ClientOptions options;
  options.ca_text = text.chain;
  CHECK(call.to("a.test", *tls::Certificate::parse(text), options));
}

TEST_CASE("server_name is what is asked for and verified, in place of the host") {
  Call call;
  tls::ClientOptions options = trusting(*call.authority);
  options.server_name = "api.internal";
  const auto shown = make_certificate(*call.authority, {"api.internal"});
  CHECK(call.to("10.0.0.1", shown, options));
  CHECK(call.asked_for == "api.internal");
  const auto other = call.to("b.test", make_certificate(*call.authority, {"b.test"}), options);
  REQUIRE_FALSE(other);
  CHECK(other.error().text.find("not for api.internal") != std::string::npos);
}

TEST_CASE("a server that is reached in another place is verified by the name it is wanted for") {
  Call call;
  call.certificate_name = "id.example.com";
  CHECK(call.to("10.0.0.1", {"id.example.com"}));
  CHECK(call.asked_for == "id.example.com");
  CHECK_FALSE(call.to("10.0.0.1", {"10.0.0.1"}));
  CHECK_FALSE(call.to("inner.test", {"inner.test"}));
  tls::ClientOptions options = trusting(*call.authority);
  options.server_name = "api.internal";
  CHECK(call.to("10.0.0.1", make_certificate(*call.authority, {"api.internal"}), options));
}

TEST_CASE("a host that no certificate could name is refused before anything is sent") {
  for (const std::string& host :
       {std::string(), std::string("a b"), std::string("a..b"), std::string("*.a.test"),
        std::string(254, 'a'), std::string("a\0b", 3), std::string("1.2.3.4.5")}) {
    CAPTURE(host);
    Call call;
    const auto stream = call.to(host, std::vector<std::string>{"a.test"});
    REQUIRE_FALSE(stream);
    CHECK(stream.error().kind == ErrorKind::malformed);
    CHECK(call.asked_for.empty());
  }
}

TEST_CASE("what comes in place of a ServerHello is a failure and never read as an answer") {
  const std::string rows[] = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "220 mail ready\r\n",
                              std::string("\x15\x03\x03\x00\x02\x02\x28", 7), std::string(20'000, '\0')};
  for (const std::string& bytes : rows) {
    Call call;
    auto wire = core::make_stream_pair(call.thread.loop);
    say(*wire.second, bytes);
    Client client(call.thread, std::move(wire.first), trusting(*call.authority));
    call.thread.settle();
    client.connect("a.test");
    call.thread.until([&] { return client.has_ended(); });
    REQUIRE(client.has_ended());
    REQUIRE_FALSE(client.outcome());
    CHECK(client.outcome().error().kind == ErrorKind::unreachable);
    CHECK(client.outcome().error().text.find("TLS handshake with a.test: ") == 0);
  }
}

TEST_CASE("bytes before the ServerHello, then an honest handshake: still a failure") {
  Call call;
  auto wire = core::make_stream_pair(call.thread.loop);
  say(*wire.second, "HTTP/1.1 200 OK\r\n\r\n");
  RawServer server(call.thread, std::move(wire.second), make_certificate(*call.authority, {"a.test"}));
  Client client(call.thread, std::move(wire.first), trusting(*call.authority));
  client.connect("a.test");
  call.thread.until([&] {
    server.step();
    return client.has_ended();
  });
  REQUIRE(client.has_ended());
  CHECK_FALSE(client.outcome());
}

TEST_CASE("a server that ends, or says nothing, fails the connection in time") {
  Call call;
  auto wire = core::make_stream_pair(call.thread.loop);
  Client ended(call.thread, std::move(wire.first), trusting(*call.authority));
  ended.connect("a.test");
  wire.second->end();
  call.thread.until([&] { return ended.has_ended(); });
  REQUIRE(ended.has_ended());
  CHECK(ended.outcome().error().kind == ErrorKind::unreachable);
  CHECK(ended.outcome().error().text.find("ended during the handshake") != std::string::npos);

  wire = core::make_stream_pair(call.thread.loop);
  Client silent(call.thread, std::move(wire.first), trusting(*call.authority));
  silent.connect("a.test");
  call.thread.settle();
  CHECK_FALSE(silent.has_ended());
  call.thread.clock.advance(10s);
  call.thread.settle();
  REQUIRE(silent.has_ended());
  CHECK(silent.outcome().error().kind == ErrorKind::timed_out);
  CHECK(silent.outcome().error().retry == core::Retry::safe);
}

TEST_CASE("old versions of TLS are refused from this side, too") {
  Call call;
  auto wire = core::make_stream_pair(call.thread.loop);
  RawServer server(call.thread, std::move(wire.second), make_certificate(*call.authority, {"a.test"}),
                   TLS1_1_VERSION);
  Client client(call.thread, std::move(wire.first), trusting(*call.authority));
  client.connect("a.test");
  call.thread.until([&] {
    server.step();
    return client.has_ended();
  });
  REQUIRE(client.has_ended());
  REQUIRE_FALSE(client.outcome());
  CHECK(client.outcome().error().kind == ErrorKind::unreachable);
}

TEST_CASE("a connection cancelled at any step leaves nothing behind") {
  for (int steps = 0; steps < 8; ++steps) {
    Call call;
    auto wire = core::make_stream_pair(call.thread.loop);
    RawServer server(call.thread, std::move(wire.second), make_certificate(*call.authority, {"a.test"}));
    Client client(call.thread, std::move(wire.first), trusting(*call.authority));
    client.connect("a.test");
    for (int step = 0; step < steps; ++step) {
      server.step();
      call.thread.loop.turn(false);
    }
    client.cancel();
    call.thread.settle();
  }
}

TEST_CASE("a CA file that is missing, or holds no certificate, is named with its mend") {
  Thread thread;
  GivenStream nowhere(nullptr);
  tls::ClientOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  const auto missing = tls::make_connector(thread.loop, thread.scratch, nowhere, options);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().side == core::Side::configuration);
  CHECK(missing.error().text.find("cannot read CA certificates from /nonexistent/ca.pem: ") == 0);
  std::string path = (std::filesystem::temp_directory_path() / "ca-XXXXXX").string();
  const int file = ::mkstemp(path.data());
  REQUIRE(file >= 0);
  CHECK(::write(file, "no certificate\n", 15) == 15);
  ::close(file);
  options.ca_file = path;
  const auto empty = tls::make_connector(thread.loop, thread.scratch, nowhere, options);
  REQUIRE_FALSE(empty);
  CHECK(empty.error().text.find("it must be a readable PEM file with at least one certificate") !=
        std::string::npos);
  std::remove(path.c_str());
  tls::ClientOptions bad_name;
  bad_name.server_name = "not a name";
  CHECK_FALSE(tls::make_connector(thread.loop, thread.scratch, nowhere, bad_name));
}

}  // namespace
}  // namespace tests
