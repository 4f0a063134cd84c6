// Fields: ids, look-up, what a hop takes out.
#include "core/http/fields.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/http/message.h"

namespace core {
namespace {

std::string names_of(const Fields& fields) {
  std::string names;
  for (const Field& field : fields) names.append(field.name).append(";");
  return names;
}

TEST_CASE("each known name has its id in any case, and no other has one") {
  for (int i = 1; i <= static_cast<int>(FieldId::x_requested_with); ++i) {
    const auto id = static_cast<FieldId>(i);
    std::string name(field_name(id));
    CAPTURE(name);
    CHECK(field_id(name) == id);
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    CHECK(field_id(name) == id);
    for (std::size_t at = 0; at < name.size(); ++at) {
      std::string other = name;
      other[at] = '~';
      CHECK(field_id(other) == FieldId::other);
    }
    CHECK(field_id(name + "x") == FieldId::other);
    CHECK(field_id(name.substr(1)) != id);
  }
  CHECK(field_id("") == FieldId::other);
  CHECK(field_id("Content_Length") == FieldId::other);
}

TEST_CASE("ids stand in the order of their names") {
  CHECK(field_name(FieldId::accept) == "Accept");
  CHECK(field_name(FieldId::http2_settings) == "HTTP2-Settings");
  CHECK(field_name(FieldId::proxy) == "Proxy");
  CHECK(field_name(FieldId::sec_websocket_accept) == "Sec-WebSocket-Accept");
  CHECK(field_name(FieldId::te) == "TE");
  CHECK(field_name(FieldId::x_real_ip) == "X-Real-IP");
  CHECK(field_name(FieldId::x_requested_with) == "X-Requested-With");
}

TEST_CASE("tokens and values are what RFC 9110 says") {
  CHECK(is_token("X-A_b.c!#$%&'*+^`|~0"));
  for (const std::string_view bad :
       {"", " ", "a b", "a:", "a\t", "\x7f", "\xe4", "(a)", "a,b", "a/b", "a=b", "a;b"}) {
    CHECK_FALSE(is_token(bad));
  }
  CHECK(is_field_value(""));
  CHECK(is_field_value("a b\tc \xe4 \""));
  for (const std::string_view bad : {" a", "a ", "\ta", "a\t", "a\rb", "a\nb", "a\x01", "a\x7f"}) {
    CHECK_FALSE(is_field_value(bad));
  }
  CHECK_FALSE(is_field_value(std::string_view("a\0b", 3)));
}

TEST_CASE("a control is found at every place of a value of any length") {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string value(size, 'v');
        value[at] = static_cast<char>(byte);
        const bool is_edge = at == 0 || at + 1 == size;
        const bool is_good = byte == '\t' || byte == ' ' ? !is_edge : byte > ' ' && byte != 0x7f;
        if (is_field_value(value) != is_good) FAIL("byte ", byte, " at ", at, " of ", size);
      }
    }
  }
}

TEST_CASE("look-up ignores case and takes the first") {
  Fields fields;
  fields.add("accept", "1");
  fields.add("X-Own", "2");
  fields.add("x-own", "3");
  fields.add("Via", "a, b ,\tC");
  fields.add("via", "d");
  CHECK(fields.find(FieldId::accept) == "1");
  CHECK(fields.find("ACCEPT") == "1");
  CHECK(fields.find("x-OWN") == "2");
  CHECK_FALSE(fields.find("x-own2").has_value());
  CHECK(fields.count(FieldId::via) == 2);
  CHECK(fields.list_has(FieldId::via, "c"));
  CHECK(fields.list_has(FieldId::via, "D"));
  CHECK_FALSE(fields.list_has(FieldId::via, "a, b"));
}

TEST_CASE("a hop takes out its own fields and what Connection names, but never what must stay") {
  Fields fields;
  fields.add("X-First", "1");
  fields.add("Connection", "close, X-Named ,HOST, content-length");
  fields.add("x-named", "2");
  fields.add("Host", "a");
  fields.add("connection", "Cookie,authorization,,X-Forwarded-For");
  for (const std::string_view name :
       {"Content-Length", "Cookie", "Authorization", "X-Forwarded-For", "Keep-Alive", "Proxy-Connection",
        "TE", "Transfer-Encoding", "Trailer", "Upgrade", "HTTP2-Settings", "Proxy", "Proxy-Authenticate",
        "Proxy-Authorization", "X-Named", "X-Last"}) {
    fields.add(name, "v");
  }
  remove_hop_by_hop(fields);
  CHECK(names_of(fields) == "X-First;Host;Content-Length;Cookie;Authorization;X-Last;");
}

TEST_CASE("statuses have their phrases") {
  CHECK(reason_phrase(200) == "OK");
  CHECK(reason_phrase(308) == "Permanent Redirect");
  CHECK(reason_phrase(431) == "Request Header Fields Too Large");
  CHECK(reason_phrase(505) == "HTTP Version Not Supported");
  CHECK(reason_phrase(299).empty());
  CHECK(reason_phrase(599).empty());
}

}  // namespace
}  // namespace core
