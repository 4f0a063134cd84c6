// Header sections of HTTP/2: what becomes a request, what is refused and how.
#include "core/http/h2_fields.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace core {
namespace {

using Parts = std::vector<std::pair<std::string, std::string>>;

const Parts kPseudo = {{":method", "GET"}, {":scheme", "https"}, {":authority", "a.test"}, {":path", "/"}};

struct Read {
  H2FieldSection section;
  std::string bytes;
  RequestHead request;
  std::optional<Refusal> refusal;
  bool decoded = true;
};

void read_into(Read& read, const Parts& parts, H2SectionEnd end = H2SectionEnd::stream_ended) {
  const ServerLimits limits;
  read.section.begin({limits.header_bytes, limits.header_count});
  for (const auto& [name, value] : parts) read.decoded = read.decoded && read.section.add(name, value);
  read.refusal = read_h2_request(read.section, limits, end, read.bytes, read.request);
}

/// The usual request with its pseudo-header fields changed (empty name: as they are) and fields behind.
Parts request(const Parts& more) {
  Parts parts = kPseudo;
  parts.insert(parts.end(), more.begin(), more.end());
  return parts;
}

Parts with(const std::string& name, const std::string& value) {
  Parts parts = kPseudo;
  for (auto& part : parts) {
    if (part.first == name) part.second = value;
  }
  return parts;
}

Parts without(const std::string& name) {
  Parts parts = kPseudo;
  std::erase_if(parts, [&name](const auto& part) { return part.first == name; });
  return parts;
}

/// The status of the refusal, 0 if there is none.
int refusal_of(const Parts& parts, H2SectionEnd end = H2SectionEnd::stream_ended) {
  Read read;
  read_into(read, parts, end);
  return read.refusal.has_value() ? read.refusal->status : 0;
}

TEST_CASE("B05 B06 B19 C04 H06: pseudo-header fields are each once, known, in front, and well-formed") {
  struct Row {
    Parts parts;
    int expected;
    const char* why;
  };
  const std::vector<Row> rows = {
      {kPseudo, 0, "the usual"},
      {without(":method"), 400, "no method"},
      {without(":scheme"), 400, "no scheme"},
      {without(":path"), 400, "no path"},
      {without(":authority"), 400, "neither authority nor Host"},
      {with(":method", ""), 400, "an empty method"},
      {with(":method", "GET / HTTP/1.1\r\nx: y"), 400, "a request line as a method"},
      {with(":method", "G T"), 400, "a blank in the method"},
      {with(":method", std::string(33, 'A')), 501, "a long method"},
      {with(":method", "CONNECT"), 400, "CONNECT with a path and no protocol"},
      {{{":method", "CONNECT"}, {":authority", "a.test:443"}}, 501, "CONNECT"},
      {with(":method", "get"), 0, "methods are case-sensitive: another one"},
      {with(":scheme", "http"), 400, "not the scheme of the connection"},
      {with(":scheme", "HTTPS"), 400, "another case"},
      {with(":scheme", "ftp"), 400, "no scheme of ours"},
      {with(":scheme", "https://a/x"), 400, "a scheme with a path"},
      {with(":path", ""), 400, "an empty path"},
      {with(":path", "x"), 400, "no leading slash"},
      {with(":path", "*"), 400, "an asterisk for GET"},
      {with(":path", "https://a.test/"), 400, "absolute-form"},
      {with(":path", "/a b"), 400, "a blank"},
      {with(":path", "/a#b"), 400, "a fragment"},
      {with(":path", "/a\tb"), 400, "a tab"},
      {with(":path", "/\x80"), 400, "no ASCII"},
      {with(":path", "/" + std::string(9000, 'a')), 414, "a long path"},
      {with(":authority", ""), 400, "an empty authority"},
      {with(":authority", "user@a.test"), 400, "userinfo"},
      {with(":authority", "a.test/x"), 400, "a path in the authority"},
      {with(":authority", "a.test:0"), 400, "port 0"},
      {request({{":path", "/b"}}), 400, "twice"},
      {request({{"x", "y"}, {":path", "/"}}), 400, "behind another field"},
      {{{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {"x", "y"}, {":path", "/"}},
       400,
       "once, behind another field"},
      {request({{":status", "200"}}), 400, "of a response"},
      {request({{":protocol", "websocket"}}), 400, "not agreed on"},
      {request({{":", "x"}}), 400, "no name"},
      {request({{":Method", "GET"}}), 400, "upper case"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(refusal_of(row.parts) == row.expected);
  }
  Parts options = with(":path", "*");
  options[0].second = "OPTIONS";
  CHECK(refusal_of(options) == 0);
}

TEST_CASE("B03 B04 B08 B09 B10: fields that HTTP/1 would read otherwise are refused") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const char c = static_cast<char>(byte);
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool may_be_in_name = is_token(std::string(1, c)) && !is_upper;
    CHECK((refusal_of(request({{std::string("x") + c + "y", "v"}})) == 0) == may_be_in_name);
    const bool is_control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
    CHECK((refusal_of(request({{"x", std::string("v") + c + "w"}})) == 0) == !is_control);
  }
  const std::vector<std::pair<Parts, const char*>> rows = {
      {{{"", "x"}}, "an empty name"},
      {{{"x", " v"}}, "a blank in front"},
      {{{"x", "v\t"}}, "a tab behind"},
      {{{"connection", "close"}}, "connection-specific"},
      {{{"keep-alive", "1"}}, "connection-specific"},
      {{{"proxy-connection", "x"}}, "connection-specific"},
      {{{"upgrade", "h2c"}}, "connection-specific"},
      {{{"http2-settings", "x"}}, "connection-specific"},
      {{{"transfer-encoding", "chunked"}}, "framing of HTTP/1"},
      {{{"Transfer-Encoding", "chunked"}}, "framing of HTTP/1 in upper case"},
      {{{"te", "gzip"}}, "TE of anything but trailers"},
      {{{"te", "trailers, gzip"}}, "TE of anything but trailers"},
      {{{"X-Upper", "v"}}, "upper case"},
  };
  for (const auto& [more, why] : rows) {
    CAPTURE(why);
    CHECK(refusal_of(request(more)) == 400);
  }
  CHECK(refusal_of(request({{"te", "trailers"}})) == 0);
  CHECK(refusal_of(request({{"x", ""}})) == 0);
}

TEST_CASE("B07: Host beside the authority must be the same bytes, and there is one Host") {
  CHECK(refusal_of(request({{"host", "a.test"}})) == 0);
  for (const char* other : {"b.test", "A.test", "a.test.", "a.test:443", ""}) {
    CAPTURE(other);
    CHECK(refusal_of(request({{"host", other}})) == 400);
  }
  CHECK(refusal_of(request({{"host", "a.test"}, {"host", "a.test"}})) == 400);
  Read both;
  read_into(both, request({{"host", "a.test"}, {"x", "y"}}));
  CHECK(both.request.fields.count(FieldId::host) == 1);
  CHECK(both.request.fields.size() == 2);
  Read alone;
  Parts parts = without(":authority");
  parts.emplace_back("host", "b.test:8443");
  read_into(alone, parts);
  CHECK_FALSE(alone.refusal.has_value());
  CHECK(alone.request.host == "b.test:8443");
  CHECK(alone.request.fields.count(FieldId::host) == 1);
}

TEST_CASE("B01: the length is the content-length, or unknown while a body may come") {
  struct Row {
    Parts more;
    H2SectionEnd end;
    int refusal;
    BodyLength::Kind kind;
  };
  const auto ended = H2SectionEnd::stream_ended;
  const auto follows = H2SectionEnd::body_follows;
  const std::vector<Row> rows = {
      {{}, ended, 0, BodyLength::Kind::none},
      {{}, follows, 0, BodyLength::Kind::unknown},
      {{{"content-length", "5"}}, follows, 0, BodyLength::Kind::known},
      {{{"content-length", "0"}}, ended, 0, BodyLength::Kind::known},
      {{{"content-length", "40"}}, ended, 400, BodyLength::Kind::none},
      {{{"content-length", "5"}, {"content-length", "5"}}, follows, 400, BodyLength::Kind::none},
      {{{"content-length", "+5"}}, follows, 400, BodyLength::Kind::none},
      {{{"content-length", "5, 5"}}, follows, 400, BodyLength::Kind::none},
      {{{"content-length", ""}}, follows, 400, BodyLength::Kind::none},
      {{{"content-length", "99999999999999999999"}}, follows, 400, BodyLength::Kind::none},
  };
  for (const Row& row : rows) {
    Read read;
    read_into(read, request(row.more), row.end);
    CHECK((read.refusal.has_value() ? read.refusal->status : 0) == row.refusal);
    if (row.refusal == 0) CHECK(read.request.body.kind == row.kind);
  }
}

TEST_CASE("an expectation is 100-continue or refused, and none where no body follows") {
  CHECK(refusal_of(request({{"expect", "x"}})) == 417);
  Read read;
  read_into(read, request({{"expect", "100-Continue"}}), H2SectionEnd::body_follows);
  CHECK(read.request.expects_continue);
  read_into(read, request({{"expect", "100-continue"}}));
  CHECK_FALSE(read.request.expects_continue);
}

TEST_CASE("L11: crumbs of a cookie are joined where the first of them stood, whatever they hold") {
  Read read;
  read_into(read, request({{"a", "1"}, {"cookie", "x=1"}, {"b", "2"}, {"cookie", ""}, {"cookie", ";; =y"}}));
  REQUIRE_FALSE(read.refusal.has_value());
  std::string order;
  for (const Field& field : read.request.fields) order.append(field.name).append(",");
  CHECK(order == "host,a,cookie,b,");
  CHECK(read.request.fields.find(FieldId::cookie) == "x=1; ; ;; =y");
}

TEST_CASE("N04 B17: counts and decoded bytes are bounded, crumbs and Hosts among them") {
  const ServerLimits limits;
  Parts fields;
  for (std::size_t i = 0; i < limits.header_count; ++i) fields.emplace_back("x", "");
  CHECK(refusal_of(request(fields)) == 0);
  fields.emplace_back("host", "a.test");
  CHECK(refusal_of(request(fields)) == 431);

  Parts crumbs(kMaxCookieCrumbs, {"cookie", "a"});
  CHECK(refusal_of(request(crumbs)) == 0);
  crumbs.emplace_back("cookie", "a");
  CHECK(refusal_of(request(crumbs)) == 431);

  CHECK(refusal_of(request({{"x", std::string(limits.header_bytes - 100, 'v')}})) == 0);
  CHECK(refusal_of(request({{"x", std::string(limits.header_bytes, 'v')}})) == 431);
}

TEST_CASE("N04: a section that decodes to far too much ends the decoding, by bytes and by count") {
  const ServerLimits limits;
  const std::string entry(4000, 'v');
  H2FieldSection section;
  section.begin({limits.header_bytes, limits.header_count});
  std::size_t decoded = 0;
  while (section.add("x", entry)) decoded += entry.size();
  CHECK(decoded <= limits.header_bytes * H2FieldSection::kMaxDecodedFactor);
  CHECK_FALSE(section.is_within_limits());
  CHECK(section.bytes() <= limits.header_bytes);

  section.begin({limits.header_bytes, limits.header_count});
  std::size_t count = 0;
  while (section.add("cookie", "")) ++count;
  CHECK(count <= (limits.header_count + kMaxCookieCrumbs + kPseudoFields) * 4);
}

TEST_CASE("trailers: no pseudo-header fields, none that is looked at, and a limit") {
  const auto read = [](const Parts& parts, Fields& fields, std::string& bytes) {
    H2FieldSection section;
    section.begin({kMaxTrailerBytes, kMaxTrailers});
    for (const auto& [name, value] : parts) section.add(name, value);
    return read_h2_trailers(section, bytes, fields);
  };
  Fields fields;
  std::string bytes;
  CHECK_FALSE(read({{"x-sum", "1"}, {"authorization", "x"}, {"content-length", "5"}}, fields, bytes));
  CHECK(fields.size() == 1);
  CHECK(read({{":path", "/"}}, fields, bytes));
  CHECK(read({{"transfer-encoding", "chunked"}}, fields, bytes));
  CHECK(read({{"X-Sum", "1"}}, fields, bytes));
  CHECK(read({{"x", "a\nb"}}, fields, bytes));
  CHECK(read({{"x", std::string(kMaxTrailerBytes, 'v')}}, fields, bytes));
  CHECK(read(Parts(kMaxTrailers + kPseudoFields + 1, {"x", ""}), fields, bytes));
}

}  // namespace
}  // namespace core
