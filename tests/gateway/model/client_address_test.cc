// Who the client is, by what trusted proxies say and others do not.
#include "gateway/model/client_address.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {
namespace {

std::vector<core::Network> networks(std::initializer_list<std::string_view> texts) {
  std::vector<core::Network> list;
  for (const std::string_view text : texts) list.push_back(*core::Network::parse(text));
  return list;
}

core::IpAddress address(std::string_view text) {
  return *core::IpAddress::parse(text);
}

using Lines = std::vector<std::pair<std::string_view, std::string_view>>;

core::Fields fields_of(const Lines& lines) {
  core::Fields fields;
  for (const auto& [name, value] : lines) fields.add(name, value);
  return fields;
}

const core::IpAddress kProxy = address("10.0.0.1");

ClientRule rule_for(std::string field) {
  return {networks({"10.0.0.0/8", "2001:db8:ffff::/48"}), std::move(field)};
}

/// The client's address, or "refused".
std::string client_of(const std::string& field, const Lines& lines) {
  const core::Fields fields = fields_of(lines);
  const auto report = rule_for(field).read(kProxy, fields);
  if (!report) {
    CHECK(report.error().kind == core::ErrorKind::malformed);
    CHECK(report.error().side == core::Side::client);
    return "refused";
  }
  return report->client.text();
}

struct Row {
  Lines lines;
  std::string_view expected;
  std::string_view why;
};

}  // namespace

TEST_CASE("F01: without trusted proxies nobody is trusted") {
  const ClientRule rule;
  for (const std::string_view text : {"127.0.0.1", "::1", "10.0.0.1", "192.0.2.1"})
    CHECK_FALSE(rule.trusts(address(text)));
}

TEST_CASE("F05: a mapped address is trusted as the IPv4 address that it is, and no wider") {
  const ClientRule rule = rule_for("X-Forwarded-For");
  CHECK(rule.trusts(address("10.1.2.3")));
  CHECK(rule.trusts(address("::ffff:10.1.2.3")));
  CHECK(rule.trusts(address("2001:db8:ffff::9")));
  CHECK_FALSE(rule.trusts(address("11.0.0.1")));
  CHECK_FALSE(rule.trusts(address("::10.1.2.3")));
  CHECK_FALSE(rule.trusts(address("2001:db8:fffe::9")));
}

TEST_CASE("X-Forwarded-For: the right-most address that is no trusted proxy") {
  const std::string_view name = "X-Forwarded-For";
  const Row rows[] = {
      {{{name, "192.0.2.1"}}, "192.0.2.1", "one hop"},
      {{{name, "6.6.6.6, 192.0.2.1"}}, "192.0.2.1", "F02: what the client wrote itself stands left"},
      {{{name, "6.6.6.6,192.0.2.1 , 10.0.0.9,10.0.0.8"}}, "192.0.2.1", "through two proxies"},
      {{{name, "6.6.6.6"}, {name, "192.0.2.1"}}, "192.0.2.1", "a field more"},
      {{{name, "192.0.2.1"}, {"x-forwarded-for", "10.0.0.9"}}, "192.0.2.1", "a field more, lower case"},
      {{{name, "junk, 192.0.2.1"}}, "192.0.2.1", "what is not looked at may be anything"},
      {{{name, "junk"}, {name, "192.0.2.1"}}, "192.0.2.1", "so may another field"},
      {{{name, "10.0.0.9, 10.0.0.8"}}, "10.0.0.9", "proxies alone: the furthest"},
      {{}, "10.0.0.1", "no field: the proxy is the client"},
      {{{name, "2001:db8::1"}}, "2001:db8::1", "IPv6"},
      {{{name, "192.0.2.1, 2001:db8:ffff::1"}}, "192.0.2.1", "behind an IPv6 proxy"},
      {{{name, "192.0.2.1, ::ffff:10.0.0.7"}}, "192.0.2.1", "F05: a mapped proxy is a proxy"},
      {{{name, "::ffff:192.0.2.1"}}, "192.0.2.1", "F05: a mapped client"},
      {{{"Forwarded", "for=6.6.6.6"},
        {"X-Real-IP", "6.6.6.6"},
        {"CF-Connecting-IP", "6.6.6.6"},
        {"True-Client-IP", "6.6.6.6"},
        {"X_Forwarded_For", "6.6.6.6"}},
       "10.0.0.1",
       "F02 F07: any other field and spelling is not read"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(client_of("X-Forwarded-For", row.lines) == row.expected);
    CHECK(client_of("x-forwarded-for", row.lines) == row.expected);
  }
}

TEST_CASE("F03: a field that names no address where one is looked for is refused") {
  for (const std::string_view value : {"a",
                                       "",
                                       ",",
                                       "192.0.2.1,",
                                       ", ,",
                                       "192.0.2.1:80",
                                       "[::1",
                                       "[::1]",
                                       "[2001:db8::1]:80",
                                       "unknown",
                                       "_x",
                                       "0xc0.0.2.1",
                                       "0300.0.2.1",
                                       "192.0.2",
                                       "192.0.2.1 10.0.0.1",
                                       "192.0.2.1;10.0.0.1",
                                       "fe80::1%eth0",
                                       "junk, 10.0.0.9",
                                       "192.0.2.1/32",
                                       "for=192.0.2.1",
                                       "\"192.0.2.1\"",
                                       "localhost"}) {
    CAPTURE(value);
    CHECK(client_of("X-Forwarded-For", {{"X-Forwarded-For", value}}) == "refused");
  }
  std::string hops = "192.0.2.1";
  for (int hop = 0; hop < 10'000; ++hop) hops += ", 10.0.0.9";
  CHECK(client_of("X-Forwarded-For", {{"X-Forwarded-For", hops}}) == "refused");
}

TEST_CASE("Forwarded: the same rule in its own notation") {
  const std::string_view name = "Forwarded";
  const Row rows[] = {
      {{{name, "for=192.0.2.1;proto=https"}}, "192.0.2.1", "one hop"},
      {{{name, "for=6.6.6.6, for=192.0.2.1, for=10.0.0.9"}}, "192.0.2.1", "through a proxy"},
      {{{name, "for=6.6.6.6"}, {name, "for=\"[2001:db8::1]:443\""}}, "2001:db8::1", "a field more"},
      {{{name, "for=\"junk"}, {name, "for=192.0.2.1"}}, "192.0.2.1", "another field may be anything"},
      {{{"X-Forwarded-For", "6.6.6.6"}}, "10.0.0.1", "X-Forwarded-For is not read then"},
      {{{name, "for=unknown"}}, "refused", "F03: unknown"},
      {{{name, "for=_hidden"}}, "refused", "hidden"},
      {{{name, "proto=https"}}, "refused", "says no node"},
      {{{name, "for=\"junk, for=192.0.2.1"}}, "refused", "an open quote within the line"},
      {{{name, "192.0.2.1"}}, "refused", "the other notation"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(client_of("Forwarded", row.lines) == row.expected);
  }
}

TEST_CASE("a field of one address holds exactly one and stands once") {
  const Row rows[] = {
      {{{"CF-Connecting-IP", "192.0.2.1"}}, "192.0.2.1", "one"},
      {{{"cf-connecting-ip", "2001:db8::1"}}, "2001:db8::1", "lower case"},
      {{{"CF-Connecting-IP", "10.0.0.9"}}, "10.0.0.9", "a proxy's own"},
      {{{"X-Forwarded-For", "6.6.6.6"}}, "10.0.0.1", "another field"},
      {{{"CF-Connecting-IP", "6.6.6.6"}, {"CF-Connecting-IP", "192.0.2.1"}}, "refused", "twice"},
      {{{"CF-Connecting-IP", "192.0.2.1"}, {"CF-Connecting-IP", "192.0.2.1"}}, "refused", "twice the same"},
      {{{"CF-Connecting-IP", "6.6.6.6, 192.0.2.1"}}, "refused", "a list"},
      {{{"CF-Connecting-IP", ""}}, "refused", "empty"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(client_of("CF-Connecting-IP", row.lines) == row.expected);
  }
}

TEST_CASE("the scheme is https only if it is said, and all that is said agrees") {
  const auto is_https = [](const std::string& field, const Lines& lines) {
    const core::Fields fields = fields_of(lines);
    const auto report = rule_for(field).read(kProxy, fields);
    REQUIRE(report.has_value());
    return report->is_https;
  };
  const std::string list = "X-Forwarded-For";
  const std::string_view proto = "X-Forwarded-Proto";
  CHECK(is_https(list, {{proto, "https"}}));
  CHECK(is_https(list, {{proto, "HTTPS"}}));
  for (const std::string_view said : {"http", "", "https,http", "https, https", "httpss", "wss", "on"}) {
    CAPTURE(said);
    CHECK_FALSE(is_https(list, {{proto, said}}));
  }
  CHECK_FALSE(is_https(list, {}));
  CHECK_FALSE(is_https(list, {{proto, "https"}, {proto, "http"}}));
  CHECK_FALSE(is_https(list, {{proto, "https"}, {proto, "https"}}));
  CHECK_FALSE(is_https(list, {{"X_Forwarded_Proto", "https"}, {"X-Forwarded-Scheme", "https"}}));
  CHECK_FALSE(is_https(list, {{"Forwarded", "for=192.0.2.1;proto=https"}}));

  const std::string forwarded = "Forwarded";
  CHECK(is_https(forwarded, {{"Forwarded", "for=192.0.2.1;proto=https"}}));
  CHECK(is_https(forwarded, {{"Forwarded", "for=192.0.2.1;proto=https, for=10.0.0.9;proto=http"}}));
  CHECK_FALSE(is_https(forwarded, {{"Forwarded", "for=192.0.2.1;proto=http, for=10.0.0.9;proto=https"}}));
  CHECK_FALSE(is_https(forwarded, {{"Forwarded", "for=6.6.6.6;proto=https, for=192.0.2.1;proto=http"}}));
  CHECK(is_https(forwarded, {{"Forwarded", "for=192.0.2.1"}, {proto, "https"}}));
  CHECK_FALSE(is_https(forwarded, {{"Forwarded", "for=192.0.2.1;proto=http"}, {proto, "https"}}));
  CHECK_FALSE(is_https(forwarded, {{"Forwarded", "for=192.0.2.1;proto=https"}, {proto, "http"}}));
}

}  // namespace gateway
