// What a client side asks for besides trust: a protocol, and a certificate of its own.
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "tests/tls/support/crafted.h"
#include "tests/tls/support/parties.h"
#include "tls/connector.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::ErrorKind;

TEST_CASE("a protocol that is required must be agreed on; one that is wanted need not") {
  struct Row {
    std::vector<std::string> server;
    tls::ProtocolNeed need;
    bool connects;
  };
  for (const Row& row : {Row{{"h2", "http/1.1"}, tls::ProtocolNeed::required, true},
                         Row{{"h2"}, tls::ProtocolNeed::required, true},
                         Row{{"http/1.1"}, tls::ProtocolNeed::required, false}}) {
    Thread thread;
    const auto authority = make_authority("test root");
    auto wire = core::make_stream_pair(thread.loop);
    tls::ServerOptions server_options;
    server_options.protocols = row.server;
    Server server(thread, table_of({make_certificate(*authority, {"a.test"})}), server_options);
    server.accept(std::move(wire.second));
    tls::ClientOptions options = trusting(*authority);
    options.protocols = {"h2"};
    options.protocol_need = row.need;
    Client client(thread, std::move(wire.first), options);
    client.connect("a.test");
    REQUIRE(thread.until([&] { return client.has_ended(); }));
    CHECK(client.outcome().has_value() == row.connects);
  }
  for (const auto need : {tls::ProtocolNeed::wanted, tls::ProtocolNeed::required}) {
    Thread thread;  // a server that knows no ALPN
    const auto authority = make_authority("test root");
    auto wire = core::make_stream_pair(thread.loop);
    RawServer server(thread, std::move(wire.second), make_certificate(*authority, {"a.test"}));
    tls::ClientOptions options = trusting(*authority);
    options.protocols = {"h2"};
    options.protocol_need = need;
    Client client(thread, std::move(wire.first), options);
    client.connect("a.test");
    thread.until([&] {
      server.step();
      return client.has_ended();
    });
    REQUIRE(client.has_ended());
    CHECK(client.outcome().has_value() == (need == tls::ProtocolNeed::wanted));
    if (client.outcome()) continue;
    const core::Error& error = client.outcome().error();
    CHECK(error.kind == ErrorKind::unsupported);
    CHECK(error.side == core::Side::origin);
    CHECK(error.retry == core::Retry::safe);
    CHECK(error.text == "a.test does not agree on h2 (ALPN)");
  }
}

TEST_CASE("a client certificate that cannot be used is told by its file, and a passphrase is not asked for") {
  const auto authority = make_authority("test root");
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const std::string name = (folder / ("gateway-connector-" + std::to_string(getpid()))).string();
  const auto write = [&name](const std::string& ending, const std::string& text) {
    std::FILE* file = std::fopen((name + ending).c_str(), "w");
    REQUIRE(file != nullptr);
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
    return name + ending;
  };
  const tls::CertificateText crafted = craft({{GEN_DNS, "a.test"}}, "a");
  const std::string chain = write(".pem", crafted.chain);
  const std::string key = write(".key", std::string(crafted.key.reveal()));
  const std::string other = write(".other", std::string(craft({{GEN_DNS, "b.test"}}, "b").key.reveal()));
  const std::string locked = write(".locked", encrypted(std::string(crafted.key.reveal())));
  struct Row {
    std::string chain;
    std::string key;
    std::string complaint;
  };
  for (const Row& row :
       {Row{chain, key, ""}, Row{name + ".none", key, "cannot use the client certificate " + name},
        Row{key, key, "cannot use the client certificate"},
        Row{chain, name + ".none", "cannot use the client key " + name},
        Row{chain, other, "cannot use the client key"}, Row{chain, locked, "without a passphrase"}}) {
    CAPTURE(row.complaint);
    tls::ClientOptions options = trusting(*authority);
    options.certificate_file = row.chain;
    options.key_file = row.key;
    const auto made = tls::make_client_settings(options);
    CHECK(made.has_value() == row.complaint.empty());
    if (!made) CHECK(made.error().text.find(row.complaint) != std::string::npos);
  }
  for (const char* ending : {".pem", ".key", ".other", ".locked"}) std::remove((name + ending).c_str());
}

}  // namespace
}  // namespace tests
