// An origin that is killed, hangs, is reset or lies at every byte of its answer, in both versions of HTTP,
// and what a client of either version must see of it: the whole answer, one status, or a message that is
// broken off; never something that could be taken for a shorter answer.
#include "tests/gateway/run/support/house.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/core/http/support/h2_frames.h"

namespace {

namespace h2 = core::h2;
using test_support::get;
using test_support::House;
using test_support::HouseRules;

enum class Version { http1, http2 };

/// What a client has seen of the answer to its one request.
struct Seen {
  int status = 0;
  std::string body;
  bool is_complete = false;
  bool is_broken = false;  ///< HTTP/1: the connection was reset; HTTP/2: the stream was, with INTERNAL_ERROR
};

/// One client, one request, one origin.
struct Story {
  Story(Version client, Version origin) : client_(client), origin_(origin), house_(rules_of(client, origin)) {
    house_.connect();
    if (client == Version::http1) {
      house_.client_sends(get("/"));
      return;
    }
    house_.client_sends(
        std::string(h2::kPreface) + h2::settings() + h2::frame(h2::kSettings, h2::kAck, 0, "") +
        h2::headers(1, {{":method", "GET"}, {":scheme", "https"}, {":authority", "app.test"}, {":path", "/"}},
                    h2::kEndHeaders | h2::kEndStream));
  }

  /// An origin of HTTP/2 greets, is asked, and answers: no answer comes together with its SETTINGS.
  void origin_says(std::string_view bytes) {
    const std::size_t greeting = origin_ == Version::http2 ? std::min(to_greet_, bytes.size()) : 0;
    to_greet_ -= greeting;
    if (greeting > 0) house_.origin_sends(bytes.substr(0, greeting));
    if (bytes.size() > greeting) house_.origin_sends(bytes.substr(greeting));
  }
  void origin_ends(core::Wire::Arrival how) {
    house_.town.wires.back().arrival = how;
    house_.origin_sends("");
  }
  void time_passes() {
    for (int i = 0; i < 8; ++i) house_.pass(std::chrono::seconds(60));
  }
  Seen seen() {
    if (client_ == Version::http1) return seen_in(house_.client_got());
    Seen seen;
    for (const h2::Frame& frame : reader_.read(house_.client_got())) {
      if (frame.stream != 1) continue;
      if (frame.type == h2::kHeaders && frame.fields.starts_with(":status=")) {
        seen.status = std::stoi(frame.fields.substr(8, 3));
      }
      if (frame.type == h2::kData) seen.body += frame.payload;
      if (frame.type == h2::kReset && frame.code() == 2) seen.is_broken = true;
      if (frame.type != h2::kReset && frame.ends_stream()) seen.is_complete = true;
    }
    return seen;
  }

 private:
  static HouseRules rules_of(Version client, Version origin) {
    HouseRules rules;
    if (client == Version::http2) {
      rules.certificate = {"app.test"};
      rules.protocol = "h2";
    }
    config::OriginUrl where;
    where.url = *core::parse_url("http://origin.test:8080/");
    if (origin == Version::http2) where.protocol = config::OriginProtocol::h2c;
    rules.upstream.origins.push_back(where);
    return rules;
  }

  Seen seen_in(std::string_view text) const {
    Seen seen;
    seen.is_broken = house_.client.is_aborted;
    while (text.starts_with("HTTP/1.1 1")) text.remove_prefix(text.find("\r\n\r\n") + 4);  // interim
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return seen;
    seen.status = std::stoi(std::string(text.substr(9, 3)));
    std::string_view rest = text.substr(end + 4);
    const std::string_view head = text.substr(0, end);
    const std::size_t length = head.find("Content-Length: ");
    if (length != std::string_view::npos) {
      seen.body = rest;
      seen.is_complete =
          std::to_string(rest.size()) == head.substr(length + 16, head.find("\r\n", length) - length - 16);
      return seen;
    }
    if (head.find("Transfer-Encoding: chunked") == std::string_view::npos) {  // 204, 304
      seen.is_complete = true;
      return seen;
    }
    for (;;) {
      const std::size_t line = rest.find("\r\n");
      if (line == std::string_view::npos) return seen;
      const std::size_t size = std::stoul(std::string(rest.substr(0, line)), nullptr, 16);
      seen.is_complete = size == 0;
      if (seen.is_complete) return seen;
      seen.body += rest.substr(line + 2, size);
      rest.remove_prefix(line + 2 + size + 2);
    }
  }

  Version client_;
  Version origin_;
  std::size_t to_greet_ = h2::settings().size();
  House house_;
  h2::Reader reader_;
};

/// An answer of "hello", and where its parts end.
struct Answer {
  Version version;
  const char* how;
  std::string bytes;
  std::size_t head;    ///< bytes up to the end of the final head
  bool tells_its_end;  ///< by a length, or by chunks
};

std::vector<Answer> answers() {
  const auto h1 = [](const char* how, const std::string& fields, const std::string& body) {
    const std::string head = "HTTP/1.1 200 OK\r\n" + fields + "\r\n";
    return Answer{Version::http1, how, head + body, head.size(), true};
  };
  const auto in_frames = [](const char* how, const h2::FieldList& fields, const std::string& body) {
    h2::FieldList all{{":status", "200"}};
    all.insert(all.end(), fields.begin(), fields.end());
    const std::string head = h2::settings() + h2::headers(1, all, h2::kEndHeaders);
    return Answer{Version::http2, how, head + body, head.size(), !fields.empty()};
  };
  return {
      h1("with a length", "Content-Length: 5\r\nX-A: b\r\n", "hello"),
      h1("in chunks", "Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n"),
      in_frames("with a length", {{"content-length", "5"}, {"x-a", "b"}},
                h2::data(1, "hello", h2::kEndStream)),
      in_frames("in frames", {},
                h2::data(1, "he") + h2::data(1, "llo") +
                    h2::headers(1, {{"x-sum", "1"}}, h2::kEndHeaders | h2::kEndStream)),
  };
}

enum class Fate { killed, reset, hangs };

int status_of(Fate fate) {
  return fate == Fate::hangs ? 504 : 502;
}

TEST_CASE(
    "an origin that is killed, reset or hangs at any byte: 502 or 504 before its head, broken off after it") {
  for (const Answer& answer : answers()) {
    for (const Version client : {Version::http1, Version::http2}) {
      for (const Fate fate : {Fate::killed, Fate::reset, Fate::hangs}) {
        for (std::size_t cut = 0; cut < answer.bytes.size(); ++cut) {
          CAPTURE(static_cast<int>(answer.version));
          CAPTURE(answer.how);
          CAPTURE(static_cast<int>(client));
          CAPTURE(static_cast<int>(fate));
          CAPTURE(cut);
          Story story(client, answer.version);
          if (cut > 0) story.origin_says(answer.bytes.substr(0, cut));
          if (fate == Fate::killed) story.origin_ends(core::Wire::Arrival::ended);
          if (fate == Fate::reset) story.origin_ends(core::Wire::Arrival::broken);
          if (fate == Fate::hangs) story.time_passes();
          const Seen seen = story.seen();
          if (cut < answer.head) {
            CHECK(seen.status == status_of(fate));
            CHECK(seen.is_complete);
          } else {
            CHECK(seen.status == 200);
            CHECK(seen.is_broken);
            CHECK((!seen.is_complete || seen.body.size() < 5));
            CHECK(std::string_view("hello").starts_with(seen.body));
          }
        }
      }
    }
  }
}

TEST_CASE("an answer that is whole reaches either client whole, in pieces of every size") {
  for (const Answer& answer : answers()) {
    for (const Version client : {Version::http1, Version::http2}) {
      for (std::size_t piece = 1; piece <= answer.bytes.size(); ++piece) {
        Story story(client, answer.version);
        for (std::size_t i = 0; i < answer.bytes.size(); i += piece) {
          story.origin_says(answer.bytes.substr(i, piece));
        }
        const Seen seen = story.seen();
        CHECK(seen.status == 200);
        CHECK(seen.body == "hello");
        CHECK(seen.is_complete);
        CHECK_FALSE(seen.is_broken);
      }
    }
  }
}

/// A byte that is wrong may still be an answer of its own (another status, another value, another letter of
/// the body): then it is whole. Else it is a 502, a 504, or broken off.
TEST_CASE("an origin that lies at any byte gives a whole answer, 502, 504, or one that is broken off") {
  for (const Answer& answer : answers()) {
    for (const Version client : {Version::http1, Version::http2}) {
      for (const char wrong : {'\0', '\r', '\n', ' ', '1', '9', '\x7f', '\xff'}) {
        for (std::size_t place = 0; place < answer.bytes.size(); ++place) {
          CAPTURE(answer.how);
          CAPTURE(place);
          CAPTURE(static_cast<int>(wrong));
          std::string bytes = answer.bytes;
          bytes[place] = wrong;
          Story story(client, answer.version);
          story.origin_says(bytes);
          story.origin_ends(core::Wire::Arrival::ended);
          story.time_passes();
          const Seen seen = story.seen();
          CHECK(((seen.is_complete && seen.status >= 200) || seen.is_broken));
          // Frames that were cut out or put in are another answer, unless a length was told.
          const bool has_same_head = bytes.starts_with(answer.bytes.substr(0, answer.head));
          if (seen.is_broken || !has_same_head || !answer.tells_its_end) continue;
          CHECK(seen.body.size() == 5);
        }
      }
    }
  }
}

}  // namespace
