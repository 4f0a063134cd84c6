#include "tls/tickets.h"

#include <string>

#include "tests/tls/support/parties.h"
#include "tests/tls/support/raw_client.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using namespace std::chrono_literals;

struct Visit {
  bool resumed = false;
  core::SslSessionOwner ticket;
};

struct Town {
  Thread thread;
  std::unique_ptr<tls::PrivateAuthority> authority = make_authority("root");
  tls::CertificatePointer one = make_certificate(*authority, {"one.test", "also-one.test"});
  tls::CertificatePointer two = make_certificate(*authority, {"two.test"});

  Visit visit(Server& server, int version, const std::string& name, SSL_SESSION* ticket = nullptr) {
    auto wire = core::make_stream_pair(thread.loop);
    server.accept(std::move(wire.second));
    RawOptions options;
    options.version = version;
    options.server_name = name;
    RawClient client(thread, std::move(wire.first), options);
    if (ticket != nullptr) client.resume(ticket);
    client.shake([&] { return server.has_ended(); });
    REQUIRE_MESSAGE(client.is_done(), client.failure());
    REQUIRE(server.outcome());
    CHECK(server.outcome()->agreement.resumed == client.is_resumed());
    CHECK(server.outcome()->server_name == name);
    Visit visit;
    visit.resumed = client.is_resumed();
    visit.ticket = client.session();
    return visit;
  }
};

constexpr int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

TEST_CASE("a ticket of one worker is taken by another with the same session keys") {
  for (const int version : kVersions) {
    CAPTURE(version);
    Town town;
    Server first(town.thread, table_of({town.one, town.two}));
    Server second(town.thread, table_of({town.one, town.two}));
    const Visit fresh = town.visit(first, version, "one.test");
    CHECK_FALSE(fresh.resumed);
    CHECK(town.visit(second, version, "one.test", fresh.ticket.get()).resumed);
    CHECK(second.acceptor().counts().resumed == 1);
  }
}

TEST_CASE("a ticket is worth nothing under another key, certificate or name") {
  for (const int version : kVersions) {
    CAPTURE(version);
    Town town;
    Server server(town.thread, table_of({town.one, town.two}));
    const auto ticket = [&] { return town.visit(server, version, "one.test").ticket; };

    Server stranger(town.thread, table_of({town.one, town.two}), {}, std::string(32, 'x'));
    CHECK_FALSE(town.visit(stranger, version, "one.test", ticket().get()).resumed);

    const tls::CertificatePointer renewed = make_certificate(*town.authority, {"one.test"});
    Server after_renewal(town.thread, table_of({renewed, town.two}));
    CHECK_FALSE(town.visit(after_renewal, version, "one.test", ticket().get()).resumed);

    CHECK_FALSE(town.visit(server, version, "two.test", ticket().get()).resumed);
    CHECK_FALSE(town.visit(server, version, "also-one.test", ticket().get()).resumed);
    CHECK(town.visit(server, version, "one.test", ticket().get()).resumed);
  }
}

TEST_CASE("tickets live a day beyond the day they were made on") {
  struct Row {
    core::Duration later;
    bool resumed;
  };
  for (const int version : kVersions) {
    for (const Row& row :
         {Row{0h, true}, Row{24h, true}, Row{48h, false}, Row{-24h, true}, Row{-48h, false}}) {
      CAPTURE(version);
      CAPTURE(row.later.count());
      Town town;
      Server server(town.thread, table_of({town.one}));
      const Visit fresh = town.visit(server, version, "one.test");
      town.thread.clock.advance(row.later);
      town.thread.settle();
      CHECK(town.visit(server, version, "one.test", fresh.ticket.get()).resumed == row.resumed);
    }
  }
}

TEST_CASE("keys change with the day and are the same for all who have the session key") {
  core::ManualClock clock(core::from_unix_seconds(1'800'000'000));
  const auto keys = [](char c) { return std::vector{core::Secret(std::string(32, c))}; };
  tls::TicketKeys here(keys('a'), clock);
  tls::TicketKeys there(keys('a'), clock);
  tls::TicketKeys elsewhere(keys('b'), clock);
  const auto name = here.sealing_key().name;
  CHECK(there.sealing_key().name == name);
  CHECK(there.sealing_key().mac_key.reveal() == here.sealing_key().mac_key.reveal());
  CHECK(elsewhere.sealing_key().name != name);
  CHECK(elsewhere.opening_key(name.data()) == nullptr);
  CHECK(here.sealing_key().cipher_key.reveal() != here.sealing_key().mac_key.reveal());
  REQUIRE(here.opening_key(name.data()) != nullptr);
  CHECK(here.opening_key(name.data())->is_current);
  clock.advance(24h);
  CHECK(here.sealing_key().name != name);
  REQUIRE(here.opening_key(name.data()) != nullptr);
  CHECK_FALSE(here.opening_key(name.data())->is_current);
  clock.advance(24h);
  CHECK(here.opening_key(name.data()) == nullptr);
}

TEST_CASE("a rotated session key opens old tickets and the first one makes new ones") {
  core::ManualClock clock(core::from_unix_seconds(1'800'000'000));
  const core::Secret old_key(std::string(32, 'a'));
  const core::Secret new_key(std::string(32, 'b'));
  tls::TicketKeys before({old_key}, clock);
  tls::TicketKeys after({new_key, old_key}, clock);
  const auto* opened = after.opening_key(before.sealing_key().name.data());
  REQUIRE(opened != nullptr);
  CHECK_FALSE(opened->is_current);
  CHECK(after.sealing_key().name != before.sealing_key().name);
}

TEST_CASE("each handshake of TLS 1.3 gives one ticket, a resumed one of TLS 1.2 gives none") {
  struct Row {
    int version;
    bool resumed;
    int tickets;
  };
  for (const Row row : {Row{TLS1_3_VERSION, false, 1}, Row{TLS1_3_VERSION, true, 1},
                        Row{TLS1_2_VERSION, false, 1}, Row{TLS1_2_VERSION, true, 0}}) {
    CAPTURE(row.version);
    CAPTURE(row.resumed);
    Town town;
    Server server(town.thread, table_of({town.one}));
    const Visit before = town.visit(server, row.version, "one.test");
    auto wire = core::make_stream_pair(town.thread.loop);
    server.accept(std::move(wire.second));
    RawOptions options;
    options.version = row.version;
    options.server_name = "one.test";
    RawClient client(town.thread, std::move(wire.first), options);
    if (row.resumed) client.resume(before.ticket.get());
    int tickets = 0;
    SSL_set_msg_callback(client.native(),
                         [](int, int, int type, const void* bytes, std::size_t size, SSL*, void* count) {
                           if (type == SSL3_RT_HANDSHAKE && size > 0 &&
                               static_cast<const char*>(bytes)[0] == SSL3_MT_NEWSESSION_TICKET) {
                             ++*static_cast<int*>(count);
                           }
                         });
    SSL_set_msg_callback_arg(client.native(), &tickets);
    client.shake([&] { return server.has_ended(); });
    client.session();
    CHECK(client.is_resumed() == row.resumed);
    CHECK(tickets == row.tickets);
  }
}

TEST_CASE("a client that uses every ticket once resumes every time") {
  Town town;
  Server server(town.thread, table_of({town.one}));
  Visit last = town.visit(server, TLS1_3_VERSION, "one.test");
  for (int visits = 0; visits < 3; ++visits) {
    last = town.visit(server, TLS1_3_VERSION, "one.test", last.ticket.get());
    CHECK(last.resumed);
  }
}

}  // namespace
}  // namespace tests
