#include "gateway/session/record.h"

#include <set>
#include <string>

#include "gateway/session/session.h"
#include "tests/support/doctest.h"

namespace {

using gateway::RecordKind;
using gateway::RecordReader;
using gateway::RecordWriter;

gateway::Session sample() {
  gateway::Session session;
  gateway::Identity& identity = session.identity;
  identity.session_id = "id";
  identity.provider = "corp";
  identity.issuer = "https://id.example.com";
  identity.subject = "alice";
  identity.user = "alice";
  identity.email = "alice@example.com";
  identity.email_counts = true;
  identity.name = "Alice Ä";
  identity.groups = {"a", "b,c", ""};
  identity.roles = {"r"};
  identity.several_emails = {"alice@example.com", ""};
  identity.claims = core::Json::object();
  identity.claims.set("org", "x");
  identity.signed_in_at = core::from_unix_seconds(1'800'000'000);
  identity.expires_at = core::from_unix_seconds(1'800'043'200);
  session.last_seen = core::from_unix_seconds(1'800'000'100);
  return session;
}

}  // namespace

TEST_CASE("L01: bytes moved between adjacent fields never give the same record") {
  std::set<std::string> seen;
  const std::string all = "abcdef";
  for (std::size_t first = 0; first <= all.size(); ++first) {
    for (std::size_t second = first; second <= all.size(); ++second) {
      RecordWriter record(RecordKind::session, 1);
      record.text(all.substr(0, first)).text(all.substr(first, second - first)).text(all.substr(second));
      CHECK(seen.insert(record.bytes()).second);
    }
  }
}

TEST_CASE("a record reads back what was written, and only under its kind and version") {
  RecordWriter writer(RecordKind::ticket, 3);
  writer.text("x").number(-5).time(core::from_unix_seconds(77)).number(2);
  RecordReader reader(writer.bytes(), RecordKind::ticket, 3);
  CHECK(reader.text() == "x");
  CHECK(reader.number() == -5);
  CHECK(reader.time() == core::from_unix_seconds(77));
  CHECK(reader.count(2) == 2);
  CHECK(reader.is_complete());

  RecordReader other_kind(writer.bytes(), RecordKind::attempt, 3);
  CHECK(other_kind.text().empty());
  CHECK_FALSE(other_kind.is_complete());
  RecordReader other_version(writer.bytes(), RecordKind::ticket, 4);
  CHECK(other_version.text().empty());
  CHECK_FALSE(other_version.is_complete());
}

TEST_CASE("a record with a count over its limit, a time out of range or bytes left over is refused") {
  RecordWriter many(RecordKind::session, 1);
  many.number(11);
  RecordReader over(many.bytes(), RecordKind::session, 1);
  CHECK(over.count(10) == 0);
  CHECK_FALSE(over.is_complete());

  for (const std::int64_t seconds : {std::int64_t{-1}, std::int64_t{1} << 62}) {
    RecordWriter late(RecordKind::session, 1);
    late.number(seconds);
    RecordReader reader(late.bytes(), RecordKind::session, 1);
    CHECK(reader.time() == core::from_unix_seconds(0));
    CHECK_FALSE(reader.is_complete());
  }
  RecordWriter two(RecordKind::session, 1);
  two.text("a").text("b");
  RecordReader left_over(two.bytes(), RecordKind::session, 1);
  CHECK(left_over.text() == "a");
  CHECK_FALSE(left_over.is_complete());
}

TEST_CASE("a session reads back as it was") {
  const gateway::Session before = sample();
  const auto after = gateway::decode_session(gateway::encode_session(before));
  REQUIRE(after.has_value());
  CHECK(after->identity.session_id == "id");
  CHECK(after->identity.groups == before.identity.groups);
  CHECK(after->identity.roles == before.identity.roles);
  CHECK(after->identity.several_emails == before.identity.several_emails);
  CHECK(after->identity.claims == before.identity.claims);
  CHECK(after->identity.email_counts);
  CHECK(after->identity.name == before.identity.name);
  CHECK(after->identity.expires_at == before.identity.expires_at);
  CHECK(after->last_seen == before.last_seen);
}

TEST_CASE(
    "L21: a session of another version, cut short or with something behind it is refused, never misread") {
  const std::string bytes = gateway::encode_session(sample());
  std::string newer = bytes;
  newer[1] = static_cast<char>(newer[1] + 1);
  CHECK_FALSE(gateway::decode_session(newer).has_value());
  CHECK_FALSE(gateway::decode_session(bytes + "x").has_value());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CHECK_FALSE(gateway::decode_session(bytes.substr(0, length)).has_value());
  }
}
