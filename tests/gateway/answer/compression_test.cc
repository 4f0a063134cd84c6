// Which answers may be sent in a content coding, and what their heads say then.
#include "gateway/answer/compression.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using core::BodyLength;
using core::ContentCoding;
using gateway::AnswerHead;
using Lines = std::vector<std::pair<std::string_view, std::string_view>>;

core::Fields fields_of(const Lines& lines) {
  core::Fields fields;
  for (const auto& [name, value] : lines) fields.add(name, value);
  return fields;
}

bool may(int status, const Lines& lines, BodyLength body = BodyLength::unknown()) {
  core::Fields fields = fields_of(lines);
  return gateway::is_compressible({status, body, fields});
}

std::string text_of(const core::Fields& fields) {
  std::string text;
  for (const core::Field& field : fields)
    text.append(field.name).append(": ").append(field.value).append("\n");
  return text;
}

core::RequestHead request(const Lines& lines, core::HttpVersion version = core::HttpVersion::http11) {
  core::RequestHead head;
  head.version = version;
  head.fields = fields_of(lines);
  return head;
}

}  // namespace

TEST_CASE("text of every kind is compressed, what is compressed already is not") {
  for (const std::string_view type :
       {"text/html", "text/plain; charset=utf-8", "TEXT/CSS", "text/event-stream", "application/json",
        "application/json;charset=utf-8", "application/problem+json", "image/svg+xml",
        "application/javascript", "application/wasm", "font/ttf", "application/x-ndjson"}) {
    CAPTURE(type);
    CHECK(may(200, {{"Content-Type", type}}));
  }
  for (const std::string_view type :
       {"image/png", "video/mp4", "application/zip", "application/octet-stream", "font/woff2", "text",
        "application/jsonx", "application/pdf", "multipart/form-data", ""}) {
    CAPTURE(type);
    CHECK_FALSE(may(200, {{"Content-Type", type}}));
  }
}

TEST_CASE("gRPC is never compressed, whatever it carries") {
  for (const std::string_view type : {"application/grpc", "application/grpc+json", "application/grpc-web+xml",
                                      "application/grpc-web-text", "Application/GRPC+json"}) {
    CAPTURE(type);
    CHECK_FALSE(may(200, {{"Content-Type", type}}));
  }
}

TEST_CASE("short bodies stay as they are, those of unknown length do not") {
  const Lines json{{"Content-Type", "application/json"}};
  CHECK_FALSE(may(200, json, BodyLength::known(1023)));
  CHECK(may(200, json, BodyLength::known(1024)));
  CHECK(may(200, json, BodyLength::unknown()));
  CHECK_FALSE(may(200, json, BodyLength::none()));
}

TEST_CASE("only a whole answer is compressed") {
  const Lines html{{"Content-Type", "text/html"}};
  for (const int status : {200, 201, 203, 400, 404, 500, 503}) CHECK(may(status, html));
  for (const int status : {101, 204, 205, 206, 304}) CHECK_FALSE(may(status, html));
  CHECK_FALSE(may(200, {{"Content-Type", "text/html"}, {"Content-Range", "bytes 0-9/99"}}));
}

TEST_CASE("what must not change does not") {
  for (const auto& [name, value] : Lines{{"Content-Encoding", "gzip"},
                                         {"content-encoding", "identity"},
                                         {"Cache-Control", "public, no-transform"},
                                         {"cache-control", "NO-TRANSFORM"},
                                         {"Content-Digest", "sha-256=:x:"},
                                         {"repr-digest", "sha-256=:x:"},
                                         {"Digest", "sha-256=x"},
                                         {"Content-MD5", "x"},
                                         {"Content-Type", "text/html"}}) {
    CAPTURE(name);
    CHECK_FALSE(may(200, {{"Content-Type", "text/html"}, {name, value}}));
  }
  CHECK(may(200, {{"Content-Type", "text/html"}, {"Cache-Control", "no-store, private"}}));
}

TEST_CASE("clients without a wish, of HTTP/1.0, or against any change get it plain") {
  CHECK(gateway::coding_for(request({{"Accept-Encoding", "gzip"}})) == ContentCoding::gzip);
  CHECK(gateway::coding_for(request({})) == ContentCoding::identity);
  CHECK(gateway::coding_for(request({{"Accept-Encoding", "gzip"}}, core::HttpVersion::http10)) ==
        ContentCoding::identity);
  CHECK(gateway::coding_for(request({{"Accept-Encoding", "gzip"}, {"Cache-Control", "no-transform"}})) ==
        ContentCoding::identity);
}

TEST_CASE("the head of a coded answer says so, and what is no longer true goes") {
  core::Fields fields =
      fields_of({{"Content-Type", "text/html"}, {"ETag", "\"a\""}, {"Accept-Ranges", "bytes"}});
  AnswerHead answer{200, BodyLength::known(5000), fields};
  std::string etag;
  gateway::add_vary(fields);
  gateway::mark_coded(answer, ContentCoding::brotli, etag);
  CHECK(answer.body.kind == BodyLength::Kind::unknown);
  CHECK(text_of(fields) ==
        "Content-Type: text/html\nETag: W/\"a\"\nVary: Accept-Encoding\nContent-Encoding: br\n");
}

TEST_CASE("a weak ETag stays as it is") {
  core::Fields fields = fields_of({{"ETag", "W/\"a\""}});
  AnswerHead answer{200, BodyLength::unknown(), fields};
  std::string etag;
  gateway::mark_coded(answer, ContentCoding::gzip, etag);
  CHECK(fields.find("ETag") == "W/\"a\"");
}

TEST_CASE("Vary is said once") {
  for (const std::string_view said : {"*", "Accept-Encoding", "Cookie, accept-encoding"}) {
    core::Fields fields = fields_of({{"Vary", said}});
    gateway::add_vary(fields);
    CHECK(fields.size() == 1);
  }
  core::Fields fields = fields_of({{"Vary", "Cookie"}});
  gateway::add_vary(fields);
  CHECK(text_of(fields) == "Vary: Cookie\nVary: Accept-Encoding\n");
}

TEST_CASE("a 304 names what the client holds") {
  const auto etag_for = [](std::string_view if_none_match, std::string_view etag) {
    core::Fields fields = fields_of({{"ETag", etag}});
    std::string kept;
    gateway::weaken_not_modified(request({{"If-None-Match", if_none_match}}), fields, kept);
    return text_of(fields);
  };
  CHECK(etag_for("W/\"a\"", "\"a\"") == "ETag: W/\"a\"\nVary: Accept-Encoding\n");
  CHECK(etag_for("W/\"b\", W/\"a\"", "\"a\"") == "ETag: W/\"a\"\nVary: Accept-Encoding\n");
  CHECK(etag_for("\"a\"", "\"a\"") == "ETag: \"a\"\n");
  CHECK(etag_for("W/\"b\"", "\"a\"") == "ETag: \"a\"\n");
  CHECK(etag_for("W/\"a\"", "W/\"a\"") == "ETag: W/\"a\"\n");
}
