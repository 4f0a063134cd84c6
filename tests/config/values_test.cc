#include "config/values.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "config/suggest.h"

using namespace config;
using namespace std::chrono_literals;

TEST_CASE("durations are one number and one unit") {
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("0s") == 0ms);
  CHECK(parse_duration("30s") == 30s);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("12h") == 12h);
  CHECK(parse_duration("7d") == 168h);
  CHECK(parse_duration("3650d") == kMaxDuration);
  for (const std::string text :
       {"", "5", "s", "5 s", " 5s", "1.5s", "-1s", "+1s", "05s", "5S", "1h30m", "3651d",
        "99999999999999999999d", "18446744073709551615ms", "5us", "\xD9\xA1s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
  CHECK_FALSE(parse_seconds("1500ms"));
  CHECK(parse_seconds("2000ms") == 2s);
}

TEST_CASE("sizes and rates have a unit") {
  CHECK(parse_size("0B") == 0);
  CHECK(parse_size("64KiB") == 65536);
  CHECK(parse_size("10MiB") == 10485760);
  CHECK(parse_size("2GiB") == 2147483648);
  CHECK(parse_byte_rate("1KiB/s") == 1024);
  for (const std::string text :
       {"", "64", "64KB", "64kib", "1.5MiB", "-1B", "99999999999GiB", "8589934592GiB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
  for (const std::string text : {"1KiB", "1KiB/m", "/s", "1/s"}) CHECK_FALSE(parse_byte_rate(text));
}

TEST_CASE("addresses to listen on") {
  CHECK(parse_listen_address(":443")->port == 443);
  CHECK_FALSE(parse_listen_address(":443")->ip);
  CHECK(parse_listen_address("10.0.0.1:80")->ip->text() == "10.0.0.1");
  CHECK(parse_listen_address("[::1]:8443")->ip->text() == "::1");
  CHECK(parse_listen_address("127.0.0.1:0")->port == 0);
  for (const std::string text :
       {"", "443", "10.0.0.1", "::1:443", "[::1]", "[10.0.0.1]:80", "host:80", ":65536", ":-1", ":08",
        "10.0.0.256:80", "[::1]:80x", "[fe80::1%eth0]:80", ":"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_listen_address(text));
  }
}

TEST_CASE("name servers default to port 53") {
  CHECK(parse_name_server("10.0.0.10")->port == 53);
  CHECK(parse_name_server("10.0.0.10:5353")->port == 5353);
  CHECK(parse_name_server("[fd00::1]")->ip.text() == "fd00::1");
  CHECK_FALSE(parse_name_server("dns.example.com"));
  CHECK_FALSE(parse_name_server("10.0.0.10:0"));
}

TEST_CASE("an origin has no path, query or fragment") {
  CHECK(parse_origin("http://app:8080")->origin() == "http://app:8080");
  CHECK(parse_origin("https://App.Example.com/")->origin() == "https://app.example.com");
  for (const std::string text : {"http://app/x", "http://app/?x", "http://app/#x", "http://u@app", "app:80",
                                 "ftp://app", "http:///x", "http://a b", "http://app:0", "http://app\\x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_origin(text));
  }
}

TEST_CASE("paths are brought into normal form, or refused") {
  CHECK(parse_path("/") == "/");
  CHECK(parse_path("/a/") == "/a");
  CHECK(parse_exact_path("/a/") == "/a/");
  CHECK(parse_path("/%7Ea") == "/~a");
  for (const std::string text : {"", "a", "/a?b", "/a#b", "/a%2Fb", "/a\\b", "/../a", "/%00"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_path(text));
  }
}

TEST_CASE("numbers, flags, names and hosts are strict") {
  CHECK(parse_count("0") == 0);
  for (const std::string text : {"", "-1", "+1", "1.0", "01", "1e3", "0x1", "18446744073709551616", " 1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_count(text));
  }
  for (const std::string text : {"yes", "True", "on", "1", ""}) CHECK_FALSE(parse_flag(text));
  for (const std::string text : {"", "a b", "a.b", "\xC3\xA9", "a/b"}) CHECK_FALSE(parse_name(text));
  CHECK(parse_name(std::string(64, 'a')));
  CHECK_FALSE(parse_name(std::string(65, 'a')));
  CHECK(parse_host("App.Example.COM.") == "app.example.com");
  for (const std::string text :
       {"", "a:80", "http://a", "a/b", "*.a.com", ".a.com", "a..b", "b\xC3\xBC.de"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_host(text));
  }
}

TEST_CASE("the nearest name is suggested only when it is near") {
  const std::vector<std::string> names{"host", "path", "policy", "public", "unauthenticated"};
  CHECK(nearest_name("hots", names) == "host");
  CHECK(nearest_name("polciy", names) == "policy");
  CHECK(nearest_name("unauthentciated", names) == "unauthenticated");
  CHECK(nearest_name("zzzz", names).empty());
  CHECK(nearest_name(std::string(1000, 'a'), names).empty());
}
