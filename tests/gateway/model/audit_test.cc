// The audit log: each act is one line with who and why, whatever the level of the events.
#include "gateway/model/audit.h"

#include <string>

#include "core/text/json.h"
#include "tests/support/doctest.h"

namespace {

using namespace gateway;

class KeptLines final : public core::LogSink {
 public:
  void write(std::string_view lines) override { text += lines; }
  std::string text;
};

struct Noted {
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  KeptLines sink;
  core::Log log{sink, core::LogFormat::json, core::LogLevel::info, clock};
  ActLedger ledger;
  Audit audit{log, &ledger};
  core::Fields fields;
  Request request;
  Identity identity;

  Noted() {
    request.method = "GET";
    request.host = "app.example.com";
    request.path = "/page";
    request.query = "?code=SECRET&ticket=SECRET";
    request.fields = &fields;
    request.id = "r1";
    request.client = *core::IpAddress::parse("192.0.2.7");
    identity.session_id = "0123456789abcdef0123456789abcdef";
    identity.provider = "corp";
    identity.issuer = "https://corp.example.net";
    identity.subject = "u-1";
    identity.user = "alice";
    identity.email = "alice@example.com";
  }
  std::string field(const char* name) const {
    const core::Result<core::Json> line = core::Json::parse(sink.text, core::Side::us);
    REQUIRE(line.has_value());
    const core::Json* value = line->find(name);
    return value == nullptr ? "absent" : std::string(value->as_string().value_or("no text"));
  }
};

}  // namespace

TEST_CASE("an act names the person, the place and the reason, and nothing of the query") {
  Noted noted;
  noted.audit.note(AuditAct::denied, noted.request, noted.identity, "policy staff");
  CHECK(noted.field("act") == "denied");
  CHECK(noted.field("client") == "192.0.2.7");
  CHECK(noted.field("host") == "app.example.com");
  CHECK(noted.field("path") == "/page");
  CHECK(noted.field("user") == "alice");
  CHECK(noted.field("by") == "corp");
  CHECK(noted.field("subject") == "u-1");
  CHECK(noted.field("reason") == "policy staff");
  CHECK(noted.sink.text.find("SECRET") == std::string::npos);
}

TEST_CASE(
    "R01 K11: the audit names a person by an e-mail that counts alone, and no session by its whole id") {
  Noted noted;
  noted.audit.note(AuditAct::sign_in, noted.request, noted.identity);
  CHECK(noted.field("email").empty());
  CHECK(noted.field("session") == "0123456789ab");
  noted.sink.text.clear();
  noted.identity.email_counts = true;
  noted.audit.note(AuditAct::sign_in, noted.request, noted.identity);
  CHECK(noted.field("email") == "alice@example.com");
}

TEST_CASE("a machine is named by its client, and what the operator did has no request") {
  Noted noted;
  noted.identity.client = "deploy";
  noted.audit.note(AuditAct::denied, noted.request, noted.identity);
  CHECK(noted.field("by") == "deploy");
  noted.sink.text.clear();
  noted.audit.note(AuditAct::sessions_revoked, "every session of alice");
  CHECK(noted.field("act") == "sessions_revoked");
  CHECK(noted.field("id") == "absent");
}

TEST_CASE("the ledger counts sign-ins by provider and outcome, and names nobody in its counts") {
  Noted noted;
  noted.audit.note(AuditAct::sign_in, noted.request, noted.identity);
  noted.audit.note_failed_sign_in(noted.request, "corp", "provider_down");
  noted.audit.note_failed_sign_in(noted.request, "corp", "provider_down");
  noted.audit.note_failed_sign_in(noted.request, "", "bad_callback");
  noted.audit.note(AuditAct::sessions_revoked, "every session of alice");
  const ActCounts counts = noted.ledger.counts();
  CHECK(counts.sign_ins.size() == 3);
  CHECK(counts.sign_ins.at({"corp", "ok"}) == 1);
  CHECK(counts.sign_ins.at({"corp", "provider_down"}) == 2);
  CHECK(counts.sign_ins.at({"", "bad_callback"}) == 1);
  CHECK(counts.acts.at(static_cast<std::size_t>(AuditAct::sign_in_failed)) == 3);
  CHECK(counts.acts.at(static_cast<std::size_t>(AuditAct::sessions_revoked)) == 1);
}

TEST_CASE("the ledger remembers the last sign-ins and refusals, not more, and cuts what is long") {
  Noted noted;
  for (std::size_t i = 0; i < ActLedger::kRemembered + 5; ++i) {
    noted.identity.user = "user-" + std::to_string(i);
    noted.audit.note(AuditAct::sign_in, noted.request, noted.identity);
    noted.audit.note(AuditAct::denied, noted.request, noted.identity, "policy staff");
  }
  CHECK(noted.ledger.sign_ins().size() == ActLedger::kRemembered);
  CHECK(noted.ledger.refusals().size() == ActLedger::kRemembered);
  CHECK(noted.ledger.sign_ins().front().who == "user-54");
  CHECK(noted.ledger.refusals().front().reason == "policy staff");
  noted.identity.user = std::string(5000, 'x');
  noted.audit.note(AuditAct::denied, noted.request, noted.identity);
  CHECK(noted.ledger.refusals().front().who.size() < 500);
  noted.audit.note(AuditAct::sign_out, noted.request, noted.identity);
  CHECK(noted.ledger.refusals().front().act == AuditAct::denied);
  noted.audit.note(AuditAct::request_refused, noted.request, noted.identity, "a form of another origin");
  CHECK(noted.ledger.refusals().front().act == AuditAct::request_refused);
}
