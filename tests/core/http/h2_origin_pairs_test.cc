// What an origin sends about the end of a connection, and what it sends all the time, in any order.
#include "tests/core/http/support/test_h2_client.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace core {
namespace {

constexpr std::uint8_t kWhole = h2::kEndHeaders | h2::kEndStream;

std::string goaway(std::uint32_t last, std::uint32_t code) {
  return h2::frame(h2::kGoaway, 0, 0, h2::number(last) + h2::number(code));
}

/// Frames that end something or change something for all.
std::vector<std::pair<std::string, std::string>> frames() {
  return {{"GOAWAY", goaway(1, h2::kNoError)},
          {"GOAWAY of nothing", goaway(0, h2::kNoError)},
          {"GOAWAY of all", goaway(0x7fff'ffff, h2::kNoError)},
          {"GOAWAY with an error", goaway(1, h2::kEnhanceYourCalm)},
          {"SETTINGS", h2::settings()},
          {"SETTINGS of no streams and no windows", h2::settings({{3, 0}, {4, 0}})},
          {"SETTINGS of a table of nothing", h2::settings({{1, 0}})},
          {"a second acknowledgement", h2::frame(h2::kSettings, h2::kAck, 0, "")},
          {"PING", h2::ping()},
          {"a window", h2::window_update(0, 1)},
          {"a window of the stream", h2::window_update(1, 1)},
          {"a refusal", h2::reset(1, h2::kRefusedStream)},
          {"a reset", h2::reset(1)},
          {"a reset of the other", h2::reset(3)},
          {"a head", response(1)},
          {"a whole answer", response(1, {}, "200", kWhole)},
          {"an interim head", response(1, {}, "103")},
          {"bytes", h2::data(1, "x")},
          {"the end", h2::data(1, "", h2::kEndStream)},
          {"a push", h2::frame(h2::kPushPromise, h2::kEndHeaders, 1, h2::number(2) + h2::get_block())},
          {"an unknown frame", h2::frame(0x42, 0, 1, "x")}};
}

TEST_CASE(
    "C14: any two frames in one read, in any order, leave each exchange one end and the process alive") {
  enum class Then { nothing, cancelled, asked_again, closed };
  for (const auto& [first, first_bytes] : frames()) {
    for (const auto& [second, second_bytes] : frames()) {
      for (const Then then : {Then::nothing, Then::cancelled, Then::asked_again, Then::closed}) {
        CAPTURE(first);
        CAPTURE(second);
        TestH2Client client;
        Asked& asked = client.ask("POST", BodyLength::unknown());
        Asked& other = client.ask();
        client.reply(first_bytes + second_bytes);
        if (then == Then::cancelled && asked.stream != nullptr)
          std::exchange(asked.stream, nullptr)->cancel();
        if (then == Then::asked_again && client.is_open()) client.ask();
        if (then == Then::closed) client.origin_ends();
        client.turn();
        for (const auto& each : client.asked) {
          CHECK(each->failures.size() + (each->complete ? 1 : 0) <= 1);
          if (then == Then::closed) CHECK(each->failures.size() + (each->complete ? 1 : 0) == 1);
        }
        if (!other.failures.empty()) CHECK_FALSE(other.complete);
      }
    }
  }
}

TEST_CASE("C14: GOAWAY and SETTINGS in one read: what runs goes on, nothing new is asked") {
  TestH2Client client;
  Asked& asked = client.ask();
  client.reply(goaway(1, h2::kNoError) + h2::settings({{4, 1000}}));
  CHECK_FALSE(client.is_open());
  CHECK(asked.failures.empty());
  client.reply(response(1, {}, "200", kWhole));
  CHECK(asked.complete);
  CHECK(client.over);
}

}  // namespace
}  // namespace core
