// WebSockets through the gateway: over HTTP/2 as over HTTP/1.1, and their ends that neither side asked for, a
// Close frame of ours between two of the origin's or none.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/upgrade.h"
#include "tests/core/http/support/h2_frames.h"
#include "tests/gateway/run/support/house.h"
#include "tests/support/doctest.h"

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
namespace h2 = core::h2;
using test_support::get;
using test_support::House;
using test_support::HouseRules;

constexpr std::string_view kHandshake =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://app.test\r\n";

/// The value of a field in what an origin was sent.
std::string field_of(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "(none)";
  const std::size_t from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

std::string switch_for(const std::string& head) {
  return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Accept: " +
         core::websocket_accept(field_of(head, "Sec-WebSocket-Key")) + "\r\n\r\n";
}

HouseRules over_h2() {
  HouseRules rules;
  rules.certificate = {"app.test"};
  rules.protocol = "h2";
  return rules;
}

void greet(House& house) {
  house.connect();
  house.client_sends(std::string(h2::kPreface) + h2::settings() + h2::frame(h2::kSettings, h2::kAck, 0, ""));
}

std::string connect_frame(std::uint32_t stream, const h2::FieldList& more = {}) {
  h2::FieldList fields = {{":method", "CONNECT"}, {":protocol", "websocket"},
                          {":scheme", "https"},   {":authority", "app.test"},
                          {":path", "/chat"},     {"sec-websocket-version", "13"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return h2::headers(stream, fields, h2::kEndHeaders);
}

const h2::FieldList kOwnOrigin = {{"origin", "https://app.test"}};

enum class Wire { h1, h2 };

/// A socket of alice, whose session ends in an hour.
class Socket {
 public:
  explicit Socket(Wire wire, HouseRules rules = {}) : is_h2_(wire == Wire::h2) {
    if (is_h2_) {
      rules.certificate = {"app.test"};
      rules.protocol = "h2";
    }
    rules.is_public = false;
    house_ = std::make_unique<House>(std::move(rules));
    auto alice = std::make_shared<gateway::Identity>();
    alice->subject = "alice";
    alice->expires_at = house().clock.wall() + 1h;
    house().guard.identity = alice;
    if (is_h2_) {
      greet(house());
      house().client_sends(connect_frame(1, kOwnOrigin));
    } else {
      house().connect();
      house().client_sends(get("/", kHandshake));
    }
    house().origin_sends(switch_for(house().origin_got()));
    got();
  }
  House& house() { return *house_; }
  /// What the client got inside the tunnel since the last call; "(end)" and "(reset)" are its ends.
  std::string got() {
    const std::string bytes = house().client_got();
    if (!is_h2_) {
      std::string text = bytes;
      if (house().client.is_ended) text += "(end)";
      if (house().client.is_aborted) text += "(reset)";
      return text;
    }
    std::string text;
    for (const h2::Frame& frame : reader_.read(bytes)) {
      if (frame.stream != 1) continue;
      if (frame.type == h2::kData) text += frame.payload;
      if (frame.ends_stream() && frame.type == h2::kData) text += "(end)";
      if (frame.type == h2::kReset && frame.code() != h2::kNoError) text += "(reset)";
    }
    return text;
  }
  [[nodiscard]] bool origin_is_gone() { return house().town.wires.back().is_gone; }

 private:
  bool is_h2_;
  std::unique_ptr<House> house_;
  h2::Reader reader_;
};

const std::string kSessionEnded = "\x88\x17\x03\xf0the session has ended"s;
const std::string kGatewayEnds = "\x88\x17\x03\xe9the gateway is ending"s;
const std::string kTimeIsOver = "\x88\x25\x03\xe9the time of this connection is over"s;

}  // namespace

TEST_CASE("P01: a handshake over HTTP/2 is HTTP/1.1's at the origin, with a key of ours") {
  House house(over_h2());
  greet(house);
  house.client_sends(connect_frame(1, {{"origin", "https://app.test"},
                                       {"sec-websocket-key", "the client's"},
                                       {"sec-websocket-protocol", "chat, talk"},
                                       {"sec-websocket-extensions", "permessage-deflate"}}));
  const std::string head = house.origin_got();
  CHECK(head.starts_with("GET /chat HTTP/1.1\r\nHost: app.test\r\n"));
  CHECK(field_of(head, "Upgrade") == "websocket");
  CHECK(field_of(head, "Connection") == "Upgrade");
  CHECK(field_of(head, "sec-websocket-version") == "13");
  CHECK(field_of(head, "sec-websocket-protocol") == "chat, talk");
  CHECK(field_of(head, "sec-websocket-extensions") == "permessage-deflate");
  CHECK(head.find("the client's") == std::string::npos);
  CHECK(field_of(head, "Sec-WebSocket-Key").size() == 24);
  house.client_sends(connect_frame(3));
  CHECK(field_of(house.origin_got(), "Sec-WebSocket-Key") != field_of(head, "Sec-WebSocket-Key"));
}

TEST_CASE("C03: an origin that does not prove itself, or answers a success, opens no WebSocket over HTTP/2") {
  for (const std::string_view answer :
       {"HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n",
        "HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 204 No Content\r\n\r\n"}) {
    CAPTURE(answer);
    House house(over_h2());
    greet(house);
    house.client_sends(connect_frame(1) + h2::data(1, "meant for a socket"));
    const std::string head = house.origin_got();
    CHECK(head.find("meant") == std::string::npos);
    house.client_got();
    house.origin_sends(answer);
    h2::Reader reader;
    CHECK(reader.read(house.client_got()).front().fields.starts_with(":status=502;"));
    CHECK(house.origin_got().empty());
    CHECK(house.town.wires.back().is_gone);
  }
}

TEST_CASE("an origin's refusal of a handshake passes over HTTP/2 as it is") {
  House house(over_h2());
  greet(house);
  house.client_sends(connect_frame(1));
  house.client_got();
  house.origin_sends(
      "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 2\r\n\r\nno");
  h2::Reader reader;
  const std::vector<h2::Frame> frames = reader.read(house.client_got());
  CHECK(frames.front().fields.starts_with(":status=426;"));
  CHECK(frames.front().fields.find("sec-websocket-version=13;") != std::string::npos);
  CHECK(frames[1].payload == "no");
}

TEST_CASE("P01: whose page opens a socket is judged over HTTP/2 as over HTTP/1.1") {
  const std::vector<std::pair<h2::FieldList, bool>> rows = {
      {kOwnOrigin, true},
      {{}, false},
      {{{"origin", "null"}}, false},
      {{{"origin", "https://app.test.evil"}}, false},
      {{{"origin", "http://app.test"}}, false},
      {{{"origin", "https://app.test:444"}}, false},
      {{{"origin", "https://app.test"}, {"origin", "https://app.test"}}, false},
  };
  for (const auto& [fields, is_let_in] : rows) {
    HouseRules rules = over_h2();
    rules.is_public = false;
    House house(rules);
    greet(house);
    house.client_sends(connect_frame(1, fields));
    CHECK(house.town.wires.size() == (is_let_in ? 1 : 0));
    if (is_let_in) continue;
    h2::Reader reader;
    std::string status;
    for (const h2::Frame& frame : reader.read(house.client_got())) status += frame.fields.substr(0, 12);
    CHECK(status == ":status=403;");
  }
}

TEST_CASE("C11: bytes and both ends of a tunnel over HTTP/2 reach the other side") {
  Socket socket(Wire::h2);
  House& house = socket.house();
  house.client_sends(h2::data(1, "to the origin"));
  CHECK(house.origin_got() == "to the origin");
  house.origin_sends("\x81\2hi");
  CHECK(socket.got() == "\x81\2hi");
  SUBCASE("the origin ends first") {
    house.origin_ends();
    CHECK(socket.got() == "(end)");
    house.client_sends(h2::data(1, "last", h2::kEndStream));
    CHECK(house.origin_got() == "last");
    house.turn();
    CHECK(house.town.wires.back().is_ended);
    CHECK_FALSE(house.town.wires.back().is_aborted);
  }
  SUBCASE("the client ends first") {
    house.client_sends(h2::data(1, "last", h2::kEndStream));
    CHECK(house.origin_got() == "last");
    CHECK(house.town.wires.back().is_ended);
    house.origin_sends("\x81\1x");
    house.origin_ends();
    CHECK(socket.got() == "\x81\1x(end)");
  }
  SUBCASE("the client resets") {
    house.client_sends(h2::reset(1));
    CHECK(house.town.wires.back().is_aborted);
    return;
  }
  SUBCASE("the origin breaks") {
    house.town.wires.back().arrival = core::Wire::Arrival::broken;
    house.origin_sends("");
    CHECK(socket.got() == "(reset)");
    return;
  }
  house.turn();
  CHECK(house.access.text.find("\"http.response.status_code\":200") != std::string::npos);
  CHECK(house.access.text.find("\"network.protocol.version\":\"2\"") != std::string::npos);
}

TEST_CASE("L20 P02: who may not stay reads a Close, put behind a whole frame of the origin's") {
  for (const Wire wire : {Wire::h1, Wire::h2}) {
    CAPTURE(static_cast<int>(wire));
    Socket socket(wire);
    socket.house().origin_sends("\x81\5whole\x81\3one");
    CHECK(socket.got() == "\x81\5whole\x81\3one");
    socket.house().guard.keeps_admitting = false;
    socket.house().look_at_standing();
    CHECK(socket.got() == kSessionEnded + "(end)");
    CHECK(socket.origin_is_gone());
    CHECK(socket.house().access.text.find("the session that it was opened with") != std::string::npos);
  }
}

TEST_CASE("L20 P02: nothing is put into a frame, behind a Close or behind an end: the tunnel breaks") {
  for (const Wire wire : {Wire::h1, Wire::h2}) {
    CAPTURE(static_cast<int>(wire));
    for (const std::string& sent : {"\x81\5who"s, "\x81"s, "\x82\x7f\0\0"s, "\x88\2\x03\xe8"s, "(end)"s}) {
      CAPTURE(sent);
      Socket socket(wire);
      if (sent == "(end)") {
        socket.house().origin_ends();
      } else {
        socket.house().origin_sends(sent);
      }
      CHECK(socket.got() == sent);
      socket.house().guard.keeps_admitting = false;
      socket.house().look_at_standing();
      if (wire == Wire::h1) {
        CHECK(socket.house().is_over());
      } else {
        CHECK(socket.got() == "(reset)");
      }
      CHECK(socket.origin_is_gone());
    }
  }
}

TEST_CASE("O16: a socket in which nothing moves either way is closed, a half-open one as well") {
  for (const Wire wire : {Wire::h1, Wire::h2}) {
    CAPTURE(static_cast<int>(wire));
    Socket socket(wire);
    for (int i = 0; i < 3; ++i) {
      socket.house().pass(4min);
      socket.house().origin_sends("\x8a\0"s);  // a Pong counts
      CHECK(socket.got() == "\x8a\0"s);
    }
    socket.house().pass(6min);
    CHECK(socket.got() == kTimeIsOver + "(end)");
    CHECK(socket.origin_is_gone());
  }
}

TEST_CASE("a socket lasts as long as websocket.lifetime, whatever moves in it") {
  for (const Wire wire : {Wire::h1, Wire::h2}) {
    CAPTURE(static_cast<int>(wire));
    HouseRules rules;
    rules.socket_lifetime = 10min;
    Socket socket(wire, std::move(rules));
    for (int i = 0; i < 9; ++i) {
      socket.house().pass(1min);
      socket.house().origin_sends("\x81\1x");
      CHECK(socket.got() == "\x81\1x");
    }
    socket.house().pass(2min);
    CHECK(socket.got() == kTimeIsOver + "(end)");
    CHECK(socket.origin_is_gone());
    CHECK(socket.house().access.text.find("websocket.lifetime") != std::string::npos);
  }
}

TEST_CASE("when the process ends every socket reads 1001, at the end of a frame, signed in for or not") {
  for (const Wire wire : {Wire::h1, Wire::h2}) {
    CAPTURE(static_cast<int>(wire));
    Socket socket(wire);
    socket.house().origin_sends("\x81\5whole");
    socket.got();
    CHECK(socket.house().say_goodbye() == 1);
    CHECK(socket.got() == kGatewayEnds + "(end)");
    CHECK(socket.origin_is_gone());
    CHECK(socket.house().access.text.find("shutdown.timeout") != std::string::npos);

    Socket within_a_frame(wire);
    within_a_frame.house().origin_sends("\x81\5wh");
    within_a_frame.got();
    within_a_frame.house().say_goodbye();
    CHECK(within_a_frame.got().find("ending") == std::string::npos);
    CHECK(within_a_frame.origin_is_gone());
  }
  House anybody;
  anybody.connect();
  anybody.client_sends(get("/", kHandshake));
  anybody.origin_sends(switch_for(anybody.origin_got()));
  anybody.client_got();
  anybody.guard.keeps_admitting = false;
  anybody.look_at_standing();
  CHECK_FALSE(anybody.is_over());
  CHECK(anybody.say_goodbye() == 1);
  CHECK(anybody.client_got() == kGatewayEnds);
  CHECK(anybody.say_goodbye() == 0);
}

TEST_CASE("when the process ends there is nothing to say to whom is answered otherwise") {
  House house;
  auto alice = std::make_shared<gateway::Identity>();
  alice->subject = "alice";
  alice->expires_at = house.clock.wall() + 1h;
  house.guard.identity = alice;
  house.connect();
  house.client_sends(get("/"));
  house.origin_got();
  house.origin_sends("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n");
  house.client_got();
  CHECK(house.say_goodbye() == 0);
  CHECK_FALSE(house.is_over());
}
