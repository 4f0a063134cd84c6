// Accept-Encoding: what a client is sent follows from what it says, and what it does not say clearly it is
// not taken to have said (RFC 9110 sections 12.4.2 and 12.5.3).
#include "core/http/content_coding.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace core {
namespace {

std::string choice(const std::vector<std::string_view>& lines) {
  Fields fields;
  for (const std::string_view line : lines) fields.add(FieldId::accept_encoding, line);
  const ContentCoding coding = choose_coding(fields);
  return coding == ContentCoding::identity ? "identity" : std::string(name_of(coding));
}

struct Row {
  std::string_view value;
  std::string_view expected;
  std::string_view why;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.value);
    CAPTURE(row.why);
    CHECK(choice({row.value}) == row.expected);
  }
}

}  // namespace

TEST_CASE("the coding that a client likes best is chosen, ours first among equals") {
  check_rows({{"gzip, deflate, br, zstd", "zstd", "Chromium's"},
              {"gzip, deflate, br", "br", "an older browser's"},
              {"gzip", "gzip", "one"},
              {"x-gzip", "gzip", "its old name"},
              {"GZip", "gzip", "without case"},
              {"deflate, compress", "identity", "none of ours"},
              {"", "identity", "nothing wished for"},
              {"gzip;q=1.0, br;q=0.9", "gzip", "the highest weight"},
              {"gzip;q=0.001, br;q=0.002", "br", "three digits count"},
              {"gzip;q=0.5;", "identity", "an empty weight"},
              {"br;q=0, gzip", "gzip", "0 is never"},
              {"*", "zstd", "anything"},
              {"*;q=0.1, gzip", "gzip", "named ones come first"},
              {"*;q=0, gzip", "gzip", "nothing else"},
              {"zstd;q=0, *", "br", "anything but"},
              {"identity, gzip;q=0.5", "identity", "likes it plain"},
              {"identity;q=0.5, gzip;q=0.5", "gzip", "does not mind"},
              {"identity;q=0", "identity", "there is nothing else"},
              {"identity;q=0, gzip", "gzip", "there is"},
              {" gzip ; q=0.8 ,\tbr;Q=0.2", "gzip", "blanks and case"},
              {"gzip,,br,", "br", "empty elements"}});
}

TEST_CASE("what is not well formed wishes for nothing") {
  for (const std::string_view value :
       {"gzip;q=2",     "gzip;q=1.1", "gzip;q=1.001", "gzip;q=0.1234",  "gzip;q=.5", "gzip;q=",
        "gzip;q",       "gzip;",      "gzip;level=5", "gzip;q=0.5;x=1", "gzip q=1",  "gz ip",
        "gzip;q =1",    "gzip;q= 1",  "gzip;q=-1",    "gzip;q=1e0",     "gzip;q=00", "\"gzip\"",
        "gzip;q=\"1\"", "(gzip)",     "gzip;q=0.5.",  "gzip;q=1.0000",  ";q=1"}) {
    CAPTURE(value);
    CHECK(choice({value}) == "identity");
    CHECK(choice({"br", value}) == "identity");
  }
}

TEST_CASE("a coding that stands twice is not one the client made up its mind about") {
  CHECK(choice({"gzip, gzip;q=0"}) == "identity");
  CHECK(choice({"gzip;q=0, gzip"}) == "identity");
  CHECK(choice({"gzip", "x-gzip;q=0"}) == "identity");
  CHECK(choice({"*, *;q=0"}) == "identity");
}

TEST_CASE("several fields are one list, and without one nothing is wished for") {
  CHECK(choice({"gzip;q=0.5", "br;q=0.7"}) == "br");
  CHECK(choice({}) == "identity");
}

TEST_CASE("a list without end is not read to its end") {
  std::string list = "gzip";
  for (unsigned i = 1; i < kMaxCodings; ++i) list.append(", c").append(std::to_string(i));
  CHECK(choice({list}) == "gzip");
  CHECK(choice({list + ", more"}) == "identity");
}

}  // namespace core
