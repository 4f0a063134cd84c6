// What a header section of an origin says, without the library in front that refuses some of it first.
#include "core/http/h2_response_fields.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace core {
namespace {

using List = std::vector<std::pair<std::string, std::string>>;

struct Section {
  explicit Section(const List& list) {
    section.begin({64 * 1024, 256});
    for (const auto& [name, value] : list) section.add(name, value);
  }
  ReadH2Response read(ResponseTo to = ResponseTo::other, H2SectionEnd end = H2SectionEnd::body_follows) {
    return read_h2_response(section, {to, end}, bytes, head);
  }
  H2FieldSection section;
  std::string bytes;
  ResponseHead head;
};

TEST_CASE("a head is read with its fields in order and its length") {
  Section section(
      {{":status", "206"}, {"content-length", "5"}, {"x-a", "1"}, {"x-a", "2"}, {"set-cookie", "a=b"}});
  const ReadH2Response read = section.read();
  CHECK_FALSE(read.refusal.has_value());
  CHECK(section.head.status == 206);
  CHECK(section.head.version == HttpVersion::http2);
  CHECK(read.follows.kind == BodyLength::Kind::known);
  CHECK(read.follows.bytes == 5);
  std::string fields;
  for (const Field& field : section.head.fields)
    fields.append(field.name).append("=").append(field.value).append(";");
  CHECK(fields == "content-length=5;x-a=1;x-a=2;set-cookie=a=b;");
}

TEST_CASE(
    "what comes behind a head follows from its status, its length, what it answers and whether it ends") {
  using Kind = BodyLength::Kind;
  constexpr auto kEnds = H2SectionEnd::stream_ended;
  constexpr auto kFollows = H2SectionEnd::body_follows;
  struct Row {
    const char* status;
    const char* length;
    ResponseTo to;
    H2SectionEnd end;
    Kind declared;
    Kind follows;
  };
  for (const Row& row : {Row{"200", "", ResponseTo::other, kFollows, Kind::unknown, Kind::unknown},
                         Row{"200", "5", ResponseTo::other, kFollows, Kind::known, Kind::known},
                         Row{"200", "", ResponseTo::other, kEnds, Kind::none, Kind::none},
                         Row{"200", "0", ResponseTo::other, kEnds, Kind::known, Kind::known},
                         Row{"200", "5", ResponseTo::head, kEnds, Kind::known, Kind::none},
                         Row{"200", "", ResponseTo::head, kFollows, Kind::none, Kind::none},
                         Row{"304", "5", ResponseTo::other, kEnds, Kind::known, Kind::none},
                         Row{"204", "", ResponseTo::other, kFollows, Kind::none, Kind::none},
                         Row{"103", "", ResponseTo::other, kFollows, Kind::none, Kind::none}}) {
    CAPTURE(row.status);
    CAPTURE(row.length);
    List list{{":status", row.status}};
    if (*row.length != '\0') list.emplace_back("content-length", row.length);
    Section section(list);
    const ReadH2Response read = section.read(row.to, row.end);
    CHECK_FALSE(read.refusal.has_value());
    CHECK(section.head.body.kind == row.declared);
    CHECK(read.follows.kind == row.follows);
  }
}

TEST_CASE("B01 B03 B06 B10: a head that is not one is refused") {
  for (const auto& [what, list] : std::vector<std::pair<std::string, List>>{
           {"nothing", {}},
           {"no status", {{"x", "y"}}},
           {"a status behind a field", {{"x", "y"}, {":status", "200"}}},
           {"two statuses", {{":status", "200"}, {":status", "200"}}},
           {"101", {{":status", "101"}}},
           {"600", {{":status", "600"}}},
           {"099", {{":status", "099"}}},
           {"two digits", {{":status", "20"}}},
           {"a request's field", {{":status", "200"}, {":path", "/"}}},
           {"upper case", {{":status", "200"}, {"X", "y"}}},
           {"an empty name", {{":status", "200"}, {"", "y"}}},
           {"a line end", {{":status", "200"}, {"x", "y\r\nz: a"}}},
           {"connection", {{":status", "200"}, {"connection", "x"}}},
           {"transfer-encoding", {{":status", "200"}, {"transfer-encoding", "chunked"}}},
           {"two lengths", {{":status", "200"}, {"content-length", "1"}, {"content-length", "1"}}},
           {"a length that is none", {{":status", "200"}, {"content-length", "-1"}}},
           {"a length of 204", {{":status", "204"}, {"content-length", "1"}}},
           {"a length of 103", {{":status", "103"}, {"content-length", "1"}}}}) {
    CAPTURE(what);
    Section section(list);
    const ReadH2Response read = section.read();
    REQUIRE(read.refusal.has_value());
    CHECK(read.refusal->status == 400);
  }
  const List short_of_five{{":status", "200"}, {"content-length", "5"}};
  const List interim{{":status", "103"}};
  CHECK(Section(short_of_five).read(ResponseTo::other, H2SectionEnd::stream_ended).refusal.has_value());
  CHECK(Section(interim).read(ResponseTo::other, H2SectionEnd::stream_ended).refusal.has_value());
  Section large({{":status", "200"}, {"x", std::string(70'000, 'y')}});
  CHECK(large.read().refusal->status == 431);
}

}  // namespace
}  // namespace core
