// CAA records as an authority reads them (RFC 8659, RFC 8657): one row a rule.
#include "tls/acme/caa.h"

#include "tests/support/doctest.h"

using tls::caa_objection;
using tls::CaaQuestion;
using tls::CaaRecord;

namespace {

CaaRecord issue(const char* value) {
  return {false, "issue", value};
}

CaaRecord wild(const char* value) {
  return {false, "issuewild", value};
}

CaaQuestion name() {
  return {{"ca.test", "other-name.test"}, false, "http-01", "https://ca.test/1"};
}

CaaQuestion wildcard() {
  CaaQuestion question = name();
  question.is_wildcard = true;
  return question;
}

}  // namespace

TEST_CASE("a CAA record is read as it stands on the wire, and nothing that does not fit") {
  using namespace std::string_literals;
  const auto plain = tls::parse_caa("\x00\x05issueca.test; a=b"s);
  REQUIRE(plain);
  CHECK(plain->tag == "issue");
  CHECK(plain->value == "ca.test; a=b");
  CHECK_FALSE(plain->is_critical);
  CHECK(tls::parse_caa("\x80\x03TBSx"s)->tag == "tbs");
  CHECK(tls::parse_caa("\x80\x03TBSx"s)->is_critical);
  CHECK_FALSE(tls::parse_caa("\x7F\x03TBSx"s)->is_critical);
  CHECK(tls::parse_caa("\x00\x05issue"s)->value.empty());
  for (const std::string& wrong :
       {""s, "\x00"s, "\x00\x00"s, "\x00\x06issue"s, "\x00\x05is.ue"s, "\x00\xFFissue"s}) {
    CHECK_FALSE(tls::parse_caa(wrong));
  }
}

TEST_CASE("records let an authority issue as RFC 8659 and RFC 8657 say") {
  struct Row {
    std::vector<CaaRecord> records;
    CaaQuestion question;
    bool is_allowed;
    const char* why;
  };
  const Row rows[] = {
      {{}, name(), true, "no records"},
      {{issue("ca.test")}, name(), true, "named"},
      {{issue(" CA.test\t")}, name(), true, "in any case, with blanks"},
      {{issue("other-name.test")}, name(), true, "by another name of it"},
      {{issue("elsewhere.test")}, name(), false, "another authority"},
      {{issue("elsewhere.test"), issue("ca.test")}, name(), true, "one of two"},
      {{issue(";")}, name(), false, "nobody"},
      {{issue("")}, name(), false, "nobody, too"},
      {{issue("%%%%")}, name(), false, "what is no value allows nobody"},
      {{issue("ca.test.evil.test")}, name(), false, "begins alike"},
      {{issue("ca.test evil.test")}, name(), false, "two names"},
      {{wild(";")}, name(), true, "wildcards alone are spoken of"},
      {{wild(";")}, wildcard(), false, "no wildcard"},
      {{issue(";"), wild("ca.test")}, wildcard(), true, "issuewild counts instead"},
      {{issue(";"), wild("ca.test")}, name(), false, "and for wildcards alone"},
      {{issue("ca.test")}, wildcard(), true, "issue counts without issuewild"},
      {{issue("ca.test"), wild("elsewhere.test")}, wildcard(), false, "issuewild counts alone"},
      {{issue("ca.test; validationmethods=http-01")}, name(), true, "our method"},
      {{issue("ca.test; ValidationMethods = dns-01,http-01")}, name(), true, "one of them"},
      {{issue("ca.test; validationmethods=dns-01, http-01")}, name(), false, "no list: it has a blank"},
      {{issue("ca.test; validationmethods=dns-01")}, name(), false, "another method"},
      {{issue("ca.test; validationmethods=http-011")}, name(), false, "a method that begins alike"},
      {{issue("ca.test; validationmethods=")}, name(), false, "no method"},
      {{issue("ca.test; validationmethods=dns-01"), issue("ca.test")},
       name(),
       true,
       "another record allows it"},
      {{issue("ca.test; accounturi=https://ca.test/1")}, name(), true, "our account"},
      {{issue("ca.test; accounturi=https://ca.test/2")}, name(), false, "another account"},
      {{issue("ca.test; accounturi=https://ca.test/1; accounturi=https://ca.test/1")},
       name(),
       false,
       "twice"},
      {{issue("ca.test; policy=ev;")}, name(), true, "what nobody knows"},
      {{issue("ca.test; policy")}, name(), false, "a parameter without a value is no value at all"},
      {{{false, "iodef", "mailto:x@y"}}, name(), true, "reports alone"},
      {{{true, "iodef", "mailto:x@y"}}, name(), true, "reports, critical"},
      {{{true, "tbs", "x"}, issue("ca.test")}, name(), false, "critical and unknown"},
      {{{false, "tbs", "x"}}, name(), true, "unknown"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(caa_objection("a.test", row.records, row.question).empty() == row.is_allowed);
  }
}

TEST_CASE("an objection to CAA records says what to write") {
  CHECK(caa_objection("a.test", {issue(";")}, name()).ends_with("add: a.test. CAA 0 issue \"ca.test\""));
  CHECK(
      caa_objection("a.test", {wild(";")}, wildcard()).ends_with("add: a.test. CAA 0 issuewild \"ca.test\""));
  CHECK(caa_objection("a.test", {issue("ca.test; validationmethods=dns-01")}, name())
            .ends_with("does not allow http-01; let it say validationmethods=dns-01,http-01"));
  CHECK(caa_objection("a.test", {issue("ca.test; accounturi=https://ca.test/2")}, name())
            .ends_with("let it say accounturi=https://ca.test/1"));
  CaaQuestion nobody = name();
  nobody.authority.clear();
  CHECK(caa_objection("a.test", {issue(";")}, nobody).empty());
  CaaQuestion without_account = name();
  without_account.account_url.clear();
  CHECK(caa_objection("a.test", {issue("ca.test; accounturi=https://ca.test/2")}, without_account).empty());
}
