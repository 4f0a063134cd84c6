#include "core/net/dns_message.h"

#include "tests/support/doctest.h"

using namespace core;

namespace {

std::string header(unsigned answers, unsigned questions = 0) {
  std::string out;
  append_u16(out, 1);
  append_u16(out, 0x8400);
  append_u16(out, static_cast<std::uint16_t>(questions));
  append_u16(out, static_cast<std::uint16_t>(answers));
  out.append(4, '\0');
  return out;
}

std::string record(std::string name, DnsType type, const std::string& value) {
  append_u16(name, static_cast<std::uint16_t>(type));
  append_u16(name, 1);
  append_u32(name, 60);
  append_u16(name, static_cast<std::uint16_t>(value.size()));
  return name + value;
}

}  // namespace

TEST_CASE("a question has its name in labels and asks for recursion only if wanted") {
  const std::string query = *dns_query(0x1234, "Example.COM.", DnsType::txt, DnsRecursion::wanted);
  CHECK(query == std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07"
                             "example\x03"
                             "com\x00\x00\x10\x00\x01",
                             29));
  CHECK((*dns_query(1, "a", DnsType::txt, DnsRecursion::none))[2] == 0);
  for (const std::string& bad : {std::string("a..b"), std::string(".a"), std::string(64, 'a'),
                                 std::string(130, 'a') + "." + std::string(130, 'b')}) {
    CHECK_FALSE(dns_query(1, bad, DnsType::txt, DnsRecursion::none));
  }
}

TEST_CASE("texts are joined from their strings, names follow pointers backwards") {
  std::string message =
      header(2) + record(*dns_name("a.test"), DnsType::txt, std::string("\x03one\x03two", 8));
  message += record(std::string("\xc0\x0c", 2), DnsType::cname,
                    std::string("\x01"
                                "b\xc0\x0e",
                                4));
  const auto parsed = parse_dns_message(message);
  REQUIRE(parsed);
  REQUIRE(parsed->answers.size() == 2);
  CHECK(parsed->answers[0].name == "a.test");
  CHECK(parsed->answers[0].value == "onetwo");
  CHECK(parsed->answers[1].name == "a.test");
  CHECK(parsed->answers[1].value == "b.test");
  CHECK(parsed->is_authoritative);
}

TEST_CASE("what loops, points forward or does not fit is refused") {
  struct Row {
    std::string bytes;
    const char* why;
  };
  const Row rows[] = {
      {"", "nothing"},
      {std::string(11, '\0'), "no header"},
      {header(1), "a record that is not there"},
      {header(1) + record(std::string("\xc0\x0c", 2), DnsType::txt, ""), "a pointer to itself"},
      {header(1) + record(std::string("\xc0\x20", 2), DnsType::txt, ""), "a pointer forward"},
      {header(1) + record(std::string("\xc0\x18", 2), DnsType::txt,
                          std::string("\x01"
                                      "b\0",
                                      3)),
       "a pointer forward to what would be a name"},
      {header(1) + record(std::string("\x40", 1), DnsType::txt, ""), "a label of a kind that is not there"},
      {header(1) + record(*dns_name("a"), DnsType::txt,
                          std::string("\x05"
                                      "abc")),
       "a string that is longer than its record"},
      {header(1) + record(*dns_name("a"), DnsType::ns,
                          std::string("\x05"
                                      "abc")),
       "a name that is cut off"},
      {header(60000), "too many records"},
      {std::string("\x00\x01\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00", 12), "a question"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK_FALSE(parse_dns_message(row.bytes));
  }
}
