// Addresses and networks as text, and which of them are private.
#include "core/net/address.h"
#include "core/net/host_name.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <string>

namespace core {
namespace {

struct Spelling {
  std::string_view input;
  std::string_view expected;  // empty: refused
  std::string_view why;
};

TEST_CASE("addresses are read strictly and printed in one way") {
  const Spelling spellings[] = {
      {"127.0.0.1", "127.0.0.1", "plain"},
      {"255.255.255.255", "255.255.255.255", "largest"},
      {"0.0.0.0", "0.0.0.0", "smallest"},
      {"127.1", "", "short form of inet_aton"},
      {"0x7f.0.0.1", "", "hexadecimal"},
      {"127.0.0.01", "", "leading zero, octal to some"},
      {"127.0.0.256", "", "too large"},
      {"127.0.0.1.", "", "dot at the end"},
      {" 127.0.0.1", "", "blank"},
      {"127.0.0.1\n", "", "line end"},
      {"2130706433", "", "one number"},
      {"", "", "empty"},
      {"::", "::", "unspecified"},
      {"::1", "::1", "loopback"},
      {"2001:DB8::1", "2001:db8::1", "RFC 5952 section 4.3: lower case"},
      {"2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1", "RFC 5952 section 4.1: no leading zeros"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "RFC 5952 section 4.2.2: one group stays"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1", "RFC 5952 section 4.2.3: the longest run"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "RFC 5952 section 4.2.3: the first of equals"},
      {"fe80:0:0:0:0:0:0:0", "fe80::", "gap at the end"},
      {"::ffff:10.1.2.3", "10.1.2.3", "mapped"},
      {"::ffff:0a01:0203", "10.1.2.3", "mapped, in groups"},
      {"::1.2.3.4", "::102:304", "compatible form is plain IPv6"},
      {"[::1]", "", "brackets"},
      {"fe80::1%eth0", "", "zone"},
      {"1::2::3", "", "two gaps"},
      {"12345::", "", "five digits"},
      {":::", "", "three colons"},
      {"1:2:3:4:5:6:7:8:9", "", "nine groups"},
  };
  for (const Spelling& spelling : spellings) {
    CAPTURE(spelling.input);
    CAPTURE(spelling.why);
    const Result<IpAddress> address = IpAddress::parse(spelling.input);
    CHECK(address.has_value() == !spelling.expected.empty());
    if (address.has_value()) CHECK(address->text() == spelling.expected);
  }
  CHECK_FALSE(IpAddress::parse(std::string_view("127.0.0.1\0x", 11)).has_value());
  CHECK_FALSE(IpAddress::parse(std::string(100'000, '1')).has_value());
}

TEST_CASE("what is not public is private") {
  for (const char* text : {"127.0.0.1", "127.255.0.1", "10.9.8.7", "172.16.0.1", "172.31.255.255",
                           "192.168.1.1", "100.64.0.1", "100.127.255.255", "169.254.169.254", "0.0.0.0",
                           "::", "::1", "fc00::1", "fdff::1", "fe80::1", "febf::1", "::ffff:10.0.0.1"}) {
    CAPTURE(text);
    CHECK(IpAddress::parse(text)->is_private());
  }
  for (const char* text : {"1.1.1.1", "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.63.0.1", "100.128.0.1",
                           "11.0.0.1", "128.0.0.1", "2001:db8::1", "fec0::1", "fb00::1", "::2"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text)->is_private());
  }
  CHECK(IpAddress::parse("127.9.9.9")->is_loopback());
  CHECK(IpAddress::parse("::1")->is_loopback());
  CHECK_FALSE(IpAddress::parse("::")->is_loopback());
  CHECK(IpAddress::parse("169.254.0.1")->is_link_local());
  CHECK(IpAddress::parse("fe80::1")->is_link_local());
  CHECK_FALSE(IpAddress::parse("fec0::1")->is_link_local());
}

TEST_CASE("networks are read strictly and printed with their length") {
  const Spelling spellings[] = {
      {"10.0.0.0/8", "10.0.0.0/8", "plain"},
      {"10.1.2.3", "10.1.2.3/32", "one address"},
      {"::1", "::1/128", "one address"},
      {"0.0.0.0/0", "0.0.0.0/0", "all"},
      {"::/0", "::/0", "all"},
      {"fd00::/8", "fd00::/8", "RFC 4193"},
      {"100.64.0.0/10", "100.64.0.0/10", "prefix inside a byte"},
      {"::ffff:10.0.0.0/104", "10.0.0.0/8", "mapped"},
      {"::ffff:10.0.0.0/8", "", "mapped, but shorter than the mapping"},
      {"10.0.0.1/8", "", "bits after the prefix"},
      {"100.96.0.0/10", "", "bits after the prefix, inside a byte"},
      {"10.0.0.0/33", "", "too long"},
      {"::/129", "", "too long"},
      {"10.0.0.0/08", "", "leading zero"},
      {"10.0.0.0/+8", "", "sign"},
      {"10.0.0.0/-1", "", "negative"},
      {"10.0.0.0/", "", "no length"},
      {"10.0.0.0/8/8", "", "two lengths"},
      {"10.0.0.0/8 ", "", "blank"},
      {"10.0.0.0/255.0.0.0", "", "mask"},
      {"10/8", "", "short form"},
      {"", "", "empty"},
  };
  for (const Spelling& spelling : spellings) {
    CAPTURE(spelling.input);
    CAPTURE(spelling.why);
    const Result<Network> network = Network::parse(spelling.input);
    CHECK(network.has_value() == !spelling.expected.empty());
    if (network.has_value()) CHECK(network->text() == spelling.expected);
  }
  CHECK(Network::parse("10.1.2.3/8").error().text.find("10.0.0.0/8 is the network") != std::string::npos);
}

TEST_CASE("a network contains its own addresses and no others, of its own family") {
  struct Row {
    const char* network;
    const char* address;
    bool contains;
  };
  const Row rows[] = {
      {"10.0.0.0/8", "10.255.255.255", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"100.64.0.0/10", "100.127.0.1", true},
      {"100.64.0.0/10", "100.128.0.1", false},
      {"10.1.2.3", "10.1.2.3", true},
      {"10.1.2.3", "10.1.2.2", false},
      {"0.0.0.0/0", "8.8.8.8", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "::1", true},
      {"::/0", "127.0.0.1", false},
      {"10.0.0.0/8", "::ffff:10.0.0.1", true},
      {"fd00::/8", "fd12::1", true},
      {"fd00::/8", "fc12::1", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.network);
    CAPTURE(row.address);
    CHECK(Network::parse(row.network)->contains(*IpAddress::parse(row.address)) == row.contains);
  }
}

TEST_CASE("endpoints come from socket addresses") {
  sockaddr_in6 mapped{};
  mapped.sin6_family = AF_INET6;
  mapped.sin6_port = htons(443);
  mapped.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  const auto* generic = reinterpret_cast<const sockaddr*>(&mapped);
  CHECK(Endpoint::from_sockaddr(generic, sizeof mapped)->text() == "[::1]:443");
  CHECK_FALSE(Endpoint::from_sockaddr(generic, 8).has_value());

  sockaddr_un named{};
  named.sun_family = AF_UNIX;
  std::strcpy(named.sun_path, "/run/x");
  const auto* local = reinterpret_cast<const sockaddr*>(&named);
  const auto path_start = static_cast<unsigned>(offsetof(sockaddr_un, sun_path));
  CHECK(Endpoint::from_sockaddr(local, path_start + 7)->text() == "unix:/run/x");
  CHECK(Endpoint::from_sockaddr(local, path_start)->text() == "unix:unnamed");
}

TEST_CASE("only host names may be asked of a name server") {
  const std::string label63(63, 'a');
  const std::string longest = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b');
  for (const std::string& name :
       {std::string("example.org"), std::string("Example.ORG"), std::string("a"), std::string("x.example."),
        std::string("_acme-challenge.example.org"), std::string("1.example"), longest, longest + "."}) {
    CAPTURE(name);
    CHECK(checked_host_name(name).has_value());
  }
  CHECK(*checked_host_name("Example.ORG") == "example.org");
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a..b"), std::string(".a"), std::string("a.."),
        std::string("a b"), std::string("a\r\nb"), std::string("a\0b", 3), std::string("-a.example"),
        std::string("a-.example"), std::string("ex/ample"), std::string("a:80"), std::string("127.1"),
        std::string("0x7f.1"), std::string("1.2.3.0x4"), std::string("b\xc3\xbc.example"),
        label63 + "a.example", longest + "c", std::string(100'000, 'a')}) {
    CAPTURE(name.substr(0, 80));
    CHECK_FALSE(checked_host_name(name).has_value());
  }
}

TEST_CASE("literals and localhost have fixed addresses") {
  CHECK(fixed_addresses("10.0.0.1")->front().text() == "10.0.0.1");
  for (const char* name : {"localhost", "LocalHost", "localhost.", "grafana.localhost", "a.b.localhost."}) {
    CAPTURE(name);
    REQUIRE(fixed_addresses(name).has_value());
    CHECK(fixed_addresses(name)->at(0).text() == "127.0.0.1");
    CHECK(fixed_addresses(name)->at(1).text() == "::1");
  }
  for (const char* name : {"example.org", "localhost.example.org", "notlocalhost", "127.1"}) {
    CAPTURE(name);
    CHECK_FALSE(fixed_addresses(name).has_value());
  }
}

}  // namespace
}  // namespace core
