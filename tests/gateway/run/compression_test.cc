// An answer on its way through a content coding: at once, at the client's pace, and ended in every way.
#include "tests/gateway/run/support/house.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <cstdio>

namespace {

using test_support::get;
using test_support::House;
using test_support::HouseRules;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

HouseRules rules() {
  HouseRules made;
  made.encoders = std::make_shared<core::ContentEncoders>();
  return made;
}

constexpr std::string_view kChunkedText =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

/// The bytes of the chunks in `message`, behind its head if it has one.
std::string unchunked(std::string_view message) {
  if (const std::size_t head = message.find("\r\n\r\n"); message.starts_with("HTTP/"))
    message.remove_prefix(head + 4);
  std::string body;
  while (!message.empty()) {
    const std::size_t line = message.find("\r\n");
    const std::size_t size = std::stoul(std::string(message.substr(0, line)), nullptr, 16);
    body.append(message.substr(line + 2, size));
    message.remove_prefix(line + 2 + size + 2);
  }
  return body;
}

/// Decodes gzip as it comes.
class Gunzip {
 public:
  Gunzip() { REQUIRE(inflateInit2(&stream_, 31) == Z_OK); }
  ~Gunzip() { inflateEnd(&stream_); }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  std::string take(std::string bytes) {
    std::string out(1024UL * 1024, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_SYNC_FLUSH);
    CHECK((result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR));
    is_complete = result == Z_STREAM_END;
    out.resize(out.size() - stream_.avail_out);
    return out;
  }
  bool is_complete = false;

 private:
  z_stream stream_{};
};

}  // namespace

TEST_CASE("an answer is compressed for a client that takes it, and each piece arrives in its own turn") {
  House house(rules());
  house.connect();
  house.client_sends(get("/", "Accept-Encoding: gzip\r\n"));
  CHECK(holds(house.origin_got(), "Accept-Encoding: gzip\r\n"));
  house.origin_sends(std::string(kChunkedText) + chunk("data: one\n\n"));
  const std::string first = house.client_got();
  CHECK(holds(first, "Content-Encoding: gzip\r\n"));
  CHECK(holds(first, "Vary: Accept-Encoding\r\n"));
  CHECK(holds(first, "Transfer-Encoding: chunked\r\n"));
  Gunzip gunzip;
  CHECK(gunzip.take(unchunked(first)) == "data: one\n\n");
  house.origin_sends(chunk("data: two\n\n"));
  CHECK(gunzip.take(unchunked(house.client_got())) == "data: two\n\n");
  house.origin_sends("0\r\n\r\n");
  CHECK(gunzip.take(unchunked(house.client_got())).empty());
  CHECK(gunzip.is_complete);
  CHECK(holds(house.access.text, "\"http.response.status_code\":200"));
}

TEST_CASE("without the client's wish the same answer passes as it is, and says that it varies") {
  House house(rules());
  house.connect();
  house.client_sends(get("/"));
  house.origin_sends(std::string(kChunkedText) + chunk("plain") + "0\r\n\r\n");
  const std::string got = house.client_got();
  CHECK(holds(got, "Vary: Accept-Encoding\r\n"));
  CHECK_FALSE(holds(got, "Content-Encoding"));
  CHECK(holds(got, "plain"));
}

TEST_CASE("without compress nothing of an answer changes") {
  House house;
  house.connect();
  house.client_sends(get("/", "Accept-Encoding: gzip\r\n"));
  house.origin_sends(std::string(kChunkedText) + chunk("plain") + "0\r\n\r\n");
  const std::string got = house.client_got();
  CHECK_FALSE(holds(got, "Vary"));
  CHECK_FALSE(holds(got, "Content-Encoding"));
}

TEST_CASE("HEAD is answered as GET would be, without a length that is not true") {
  House house(rules());
  house.connect();
  house.client_sends("HEAD / HTTP/1.1\r\nHost: app.test\r\nAccept-Encoding: gzip\r\n\r\n");
  house.origin_sends(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5000\r\nETag: \"a\"\r\n\r\n");
  const std::string got = house.client_got();
  CHECK(holds(got, "Content-Encoding: gzip\r\n"));
  CHECK(holds(got, "ETag: W/\"a\"\r\n"));
  CHECK_FALSE(holds(got, "Content-Length"));
  CHECK(got.ends_with("\r\n\r\n"));
  house.client_sends(get("/"));
  CHECK(holds(house.origin_got(), "GET / "));
}

TEST_CASE("a client that goes away, or an origin that breaks off, ends a compressed answer at any point") {
  for (const bool is_client : {true, false}) {
    for (const bool in_one_turn : {true, false}) {
      HouseRules own = rules();
      const auto encoders = own.encoders;
      House house(std::move(own));
      house.connect();
      house.client_sends(get("/", "Accept-Encoding: gzip\r\n"));
      house.origin_sends(std::string(kChunkedText) + chunk("begun"));
      CHECK(encoders->in_use() == 1);
      core::Wire& origin = house.town.wires.back();
      if (in_one_turn) {
        origin.arriving.append(chunk("more"));
        origin.may_have_bytes = true;
        origin.events->on_readable();
      }
      if (is_client) {
        house.client_breaks();
      } else {
        house.origin_ends();
      }
      house.turn();
      if (!is_client) CHECK_FALSE(house.client_got().ends_with("0\r\n\r\n"));
      CHECK(house.is_over());
      CHECK(encoders->in_use() == 0);
    }
  }
}

TEST_CASE("while all encoders are lent, answers pass as they are") {
  HouseRules own = rules();
  const auto encoders = own.encoders;
  std::vector<std::unique_ptr<core::ContentEncoder>> lent;
  for (std::size_t i = 0; i < core::ContentEncoders::kMost; ++i)
    lent.push_back(encoders->take(core::ContentCoding::gzip));
  House house(std::move(own));
  house.connect();
  house.client_sends(get("/", "Accept-Encoding: gzip\r\n"));
  house.origin_sends(std::string(kChunkedText) + chunk("plain") + "0\r\n\r\n");
  const std::string got = house.client_got();
  CHECK(holds(got, "plain"));
  CHECK_FALSE(holds(got, "Content-Encoding"));
  encoders->give(core::ContentCoding::gzip, std::move(lent.back()));
  house.client_sends(get("/", "Accept-Encoding: gzip\r\n"));
  house.origin_sends(std::string(kChunkedText) + chunk("coded") + "0\r\n\r\n");
  CHECK(holds(house.client_got(), "Content-Encoding: gzip\r\n"));
}

TEST_CASE("a client that does not read stops the origin, and gets all of it later") {
  House house(rules());
  house.connect();
  house.client.room = 1000;
  house.client_sends(get("/", "Accept-Encoding: gzip\r\n"));
  std::uint64_t state = 1;
  std::string body;
  for (int i = 0; i < 200 * 1024; ++i) {  // noise: as much comes out as goes in
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    body.push_back(static_cast<char>(state >> 56));
  }
  house.origin_sends(kChunkedText);
  house.origin_sends(chunk(body));
  for (int i = 0; i < 10; ++i) house.turn();
  CHECK(house.town.wires.back().arriving.size() > 50UL * 1024);
  house.client.room = 10UL * 1024 * 1024;
  house.client.events->on_writable();
  house.origin_sends("0\r\n\r\n");
  for (int i = 0; i < 20; ++i) house.turn();
  Gunzip gunzip;
  CHECK(gunzip.take(unchunked(house.client_got())) == body);
  CHECK(gunzip.is_complete);
}

TEST_CASE("digests in trailers go with the bytes they were of") {
  House house(rules());
  house.connect();
  house.client_sends(get("/", "Accept-Encoding: gzip\r\nTE: trailers\r\n"));
  house.origin_sends(std::string(kChunkedText) + chunk("text") +
                     "0\r\nRepr-Digest: sha-256=:x:\r\nX-Sum: 1\r\n\r\n");
  const std::string got = house.client_got();
  CHECK(holds(got, "X-Sum: 1\r\n"));
  CHECK_FALSE(holds(got, "Digest"));
}
