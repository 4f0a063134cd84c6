#include "tls/ocsp.h"

#include <ctime>

#include "core/crypto/openssl.h"
#include "tests/tls/support/parties.h"
#include "tests/tls/support/raw_client.h"
#include "tests/tls/support/responder.h"

#include "tests/support/doctest.h"

namespace tests {
namespace {

using core::ErrorKind;

core::WallTime now() {
  return core::from_unix_seconds(std::time(nullptr));
}

TEST_CASE("the question goes to the responder that the certificate names, and needs its issuer") {
  const Responder responder;
  const auto question = tls::ocsp_question(*responder.certificate());
  REQUIRE(question);
  CHECK(question->responder.text() == "http://ocsp.test/ask");
  const unsigned char* at = core::octets(question->request);
  OCSP_REQUEST* request = d2i_OCSP_REQUEST(nullptr, &at, static_cast<long>(question->request.size()));
  REQUIRE(request != nullptr);
  CHECK(OCSP_request_onereq_count(request) == 1);
  OCSP_REQUEST_free(request);
  CHECK(tls::ocsp_question(*responder.certificate(false)).error().text.contains("no issuer behind it"));
  CHECK(tls::ocsp_question(*Responder("").certificate()).error().text.contains("names no OCSP responder"));
  CHECK(tls::ocsp_question(*Responder("ldap://x").certificate()).error().text.contains("no http URL"));
  CHECK(tls::ocsp_question(*Responder("https://x/").certificate()).error().text.contains("no http URL"));
}

TEST_CASE("an answer is taken if clients would take it, and for no other certificate") {
  const Responder responder;
  const auto certificate = responder.certificate();
  const auto good = tls::check_ocsp_answer(*certificate, responder.answer(), now());
  REQUIRE_MESSAGE(good, good.error().text);
  CHECK(good->until - good->since == std::chrono::seconds(3660));
  struct Row {
    OcspAnswerOptions options;
    ErrorKind kind;
    const char* why;
  };
  const Row rows[] = {
      {{.by_stranger = true}, ErrorKind::unverified, "not signed by the issuer"},
      {{.about_another = true}, ErrorKind::unverified, "about another certificate"},
      {{.has_end = false}, ErrorKind::unverified, "has no end"},
      {{.since = -7200, .until = -1}, ErrorKind::unverified, "is over"},
      {{.since = 600, .until = 7200}, ErrorKind::unverified, "from the future"},
      {{.status = V_OCSP_CERTSTATUS_UNKNOWN}, ErrorKind::unverified, "does not know"},
      {{.status = V_OCSP_CERTSTATUS_REVOKED, .by_stranger = true}, ErrorKind::unverified, "not signed"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto checked = tls::check_ocsp_answer(*certificate, responder.answer(row.options), now());
    REQUIRE_FALSE(checked);
    CHECK(checked.error().kind == row.kind);
    CAPTURE(checked.error().text);
    CHECK(checked.error().text.contains(row.why));
  }
  const auto revoked =
      tls::check_ocsp_answer(*certificate, responder.answer({.status = V_OCSP_CERTSTATUS_REVOKED}), now());
  REQUIRE(revoked);
  CHECK(revoked->revoked == "keyCompromise");
  CHECK(good->revoked.empty());
  const Responder other;
  CHECK_FALSE(tls::check_ocsp_answer(*certificate, other.answer(), now()));
}

TEST_CASE("an answer counts if the issuer signed it or whom the issuer named for it, and nobody else") {
  const Responder responder;
  const auto certificate = responder.certificate();
  struct Row {
    OcspSigner signer;
    bool counts;
    const char* why;
  };
  const Row rows[] = {
      {OcspSigner::issuer, true, "the issuer"},
      {OcspSigner::delegate, true, "named by the issuer"},
      {OcspSigner::delegate_for_tls, false, "of the issuer, for servers"},
      {OcspSigner::delegate_of_leaf, false, "named by the certificate itself"},
      {OcspSigner::expired_delegate, false, "named until yesterday"},
      {OcspSigner::leaf, false, "the certificate itself"},
      {OcspSigner::stranger_delegate, false, "named by another authority"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    for (const int status : {V_OCSP_CERTSTATUS_GOOD, V_OCSP_CERTSTATUS_REVOKED}) {
      const auto checked = tls::check_ocsp_answer(
          *certificate, responder.answer({.status = status, .signer = row.signer}), now());
      CHECK(checked.has_value() == row.counts);
      if (!checked) CHECK(checked.error().text.contains("not signed by the issuer"));
    }
  }
  // Without its issuer behind it a certificate cannot be asked about, and no answer counts.
  CHECK_FALSE(tls::check_ocsp_answer(*responder.certificate(false), responder.answer(), now()));
}

TEST_CASE("what is no answer is refused: cut anywhere, longer, of one changed byte, empty, a refusal") {
  const Responder responder;
  const auto certificate = responder.certificate();
  const std::string whole = responder.answer();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(tls::check_ocsp_answer(*certificate, whole.substr(0, size), now()));
  }
  CHECK_FALSE(tls::check_ocsp_answer(*certificate, whole + '\0', now()));
  std::size_t taken = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    taken += tls::check_ocsp_answer(*certificate, changed, now()).has_value() ? 1 : 0;
  }
  // Few bytes are not signed, and none of them says anything.
  CHECK(taken <= 8);
  CHECK_FALSE(tls::check_ocsp_answer(*certificate, std::string(64UL * 1024, '\x30'), now()));
  CHECK(tls::check_ocsp_answer(*certificate, Responder::refusal(OCSP_RESPONSE_STATUS_TRYLATER), now())
            .error()
            .text.contains("trylater"));
}

TEST_CASE("must-staple is read from the certificate") {
  CHECK(Responder("http://ocsp.test/", true).certificate()->must_staple());
  CHECK_FALSE(Responder().certificate()->must_staple());
}

TEST_CASE("an answer is stapled for who asks, and nothing is where there is none") {
  const Responder responder;
  const auto plain = responder.certificate();
  const std::string answer = responder.answer();
  const auto stapled = plain->with_staple(answer);
  CHECK(stapled->fingerprint() == plain->fingerprint());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const bool has_answer : {true, false}) {
      for (const bool asks : {true, false}) {
        CAPTURE(version);
        Thread thread;
        Server server{thread, table_of({has_answer ? stapled : plain})};
        auto wire = core::make_stream_pair(thread.loop);
        server.accept(std::move(wire.second), "127.0.0.1");
        RawOptions options;
        options.server_name = "app.test";
        options.version = version;
        RawClient client(thread, std::move(wire.first), options);
        if (asks) SSL_set_tlsext_status_type(client.native(), TLSEXT_STATUSTYPE_ocsp);
        client.shake([&] { return server.has_ended(); });
        REQUIRE(client.is_done());
        const unsigned char* shown = nullptr;
        const long size = SSL_get_tlsext_status_ocsp_resp(client.native(), &shown);
        const std::string text(reinterpret_cast<const char*>(shown),
                               size > 0 ? static_cast<std::size_t>(size) : 0);
        CHECK(text == (has_answer && asks ? answer : ""));
      }
    }
  }
}

}  // namespace
}  // namespace tests
