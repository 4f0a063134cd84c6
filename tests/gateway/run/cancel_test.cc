// S01: whoever goes away while something waits for something else: at each step of a request and in each way,
// what comes later finds nobody, harms nothing, and nothing is sent in the name of who is gone.
#include "tests/gateway/run/support/several_origins.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/core/http/support/h2_frames.h"

namespace {

namespace h2 = core::h2;
using namespace std::chrono_literals;
using test_support::get;
using test_support::House;
using test_support::HouseRules;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
constexpr std::string_view kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
constexpr std::string_view kHandshake =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://app.test\r\n";

enum class Wire { h1, h2 };

/// Where a request is when its client goes: how it comes there, and what then happens late.
struct Step {
  std::string name;
  std::function<void(House&)> before;  ///< the client asks
  std::function<void(House&)> reach;
  std::function<void(House&)> late;
  bool is_socket = false;
};

std::vector<Step> steps() {
  const auto nothing = [](House&) {};
  const auto hold_guard = [](House& house) { house.guard.holds = true; };
  const auto hold_town = [](House& house) { house.town.holds = true; };
  return {
      {"the guard waits, and admits", hold_guard, nothing, [](House& house) { house.guard.decide(); }},
      {"the guard waits, and fails", hold_guard, nothing, [](House& house) { house.guard.fail(); }},
      {"connecting, and connected", hold_town, nothing, [](House& house) { house.town.let_in(); }},
      {"connecting, and refused", hold_town, nothing, [](House& house) { house.town.refuse(); }},
      {"sent, and answered", nothing, nothing, [](House& house) { house.origin_sends(kHead); }},
      {"sent, and closed", nothing, nothing, [](House& house) { house.origin_ends(); }},
      {"answering, and answered", nothing, [](House& house) { house.origin_sends(kHead); },
       [](House& house) { house.origin_sends("0123456789"); }},
      {"answering, and closed", nothing, [](House& house) { house.origin_sends(kHead); },
       [](House& house) { house.origin_ends(); }},
      {"a socket, and a message", nothing, [](House& house) { house.origin_sends(kSwitch); },
       [](House& house) { house.origin_sends("\x81\2hi"); }, true},
      {"a socket, and its end", nothing, [](House& house) { house.origin_sends(kSwitch); },
       [](House& house) { house.origin_ends(); }, true},
  };
}

std::vector<std::pair<std::string, std::function<void(House&)>>> ends_of(Wire wire) {
  std::vector<std::pair<std::string, std::function<void(House&)>>> ends = {
      {"FIN", [](House& house) { house.client_ends(); }},
      {"RST", [](House& house) { house.client_breaks(); }},
      {"half a frame, and RST",
       [wire](House& house) {
         house.client_sends(wire == Wire::h2 ? h2::data(1, "xxxx").substr(0, 10) : "GET / HT");
         house.client_breaks();
       }},
  };
  if (wire == Wire::h1) return ends;
  ends.push_back({"RST_STREAM", [](House& house) { house.client_sends(h2::reset(1)); }});
  ends.push_back({"GOAWAY and RST_STREAM", [](House& house) {
                    house.client_sends(h2::frame(h2::kGoaway, 0, 0, h2::number(0) + h2::number(0)) +
                                       h2::reset(1));
                  }});
  ends.push_back({"a broken frame", [](House& house) { house.client_sends(h2::data(0, "x")); }});
  return ends;
}

void ask(House& house, Wire wire, bool is_socket) {
  house.connect();
  if (wire == Wire::h1) return house.client_sends(get("/", is_socket ? kHandshake : ""));
  h2::FieldList fields = {
      {":method", "GET"}, {":scheme", "https"}, {":authority", "app.test"}, {":path", "/"}};
  if (is_socket) {
    fields = {{":method", "CONNECT"},
              {":protocol", "websocket"},
              {":scheme", "https"},
              {":authority", "app.test"},
              {":path", "/"},
              {"sec-websocket-version", "13"},
              {"origin", "https://app.test"}};
  }
  const std::uint8_t flags = is_socket ? h2::kEndHeaders : h2::kEndHeaders | h2::kEndStream;
  house.client_sends(std::string(h2::kPreface) + h2::settings() + h2::headers(1, fields, flags));
}

}  // namespace

TEST_CASE("S01: a client that goes, in whatever way and at whatever step, is gone for whatever comes later") {
  for (const Wire wire : {Wire::h1, Wire::h2}) {
    for (const Step& step : steps()) {
      // Over HTTP/2 the key is the gateway's, and its proof is not written here.
      if (wire == Wire::h2 && step.is_socket) continue;
      for (const auto& [how, go] : ends_of(wire)) {
        for (const bool is_over_first : {false, true}) {
          CAPTURE(step.name);
          CAPTURE(how);
          HouseRules rules;
          if (wire == Wire::h2) {
            rules.certificate = {"app.test"};
            rules.protocol = "h2";
          }
          House house(std::move(rules));
          step.before(house);
          ask(house, wire, step.is_socket);
          step.reach(house);
          const std::size_t connections = house.town.wires.size();
          house.client_got();
          go(house);
          if (is_over_first) house.pass(20min);
          house.client_got();
          const bool is_sent = !house.town.wires.empty();
          step.late(house);
          house.turn();
          house.pass(1h);
          // Nobody was asked anything in the name of who was gone, and nothing was told to them.
          // Over HTTP/1.1 what waits behind a request hides the end behind it until the request is answered.
          const bool is_hidden = wire == Wire::h1 && how.starts_with("half");
          if (!is_sent && !is_hidden && !house.town.wires.empty()) CHECK(house.origin_got().empty());
          CHECK(house.town.wires.size() <= connections + 1);
          CHECK(house.client_got().find("0123456789") == std::string::npos);
        }
      }
    }
  }
}
