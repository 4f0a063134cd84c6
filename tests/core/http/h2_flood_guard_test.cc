// The budgets of what costs a client nothing, and the walk over frames that they are counted by.
#include "core/http/h2_flood_guard.h"

#include <doctest/doctest.h>

#include <string>

#include "core/http/h2_frame_scanner.h"
#include "tests/core/http/support/h2_frames.h"

namespace core {
namespace {

constexpr SteadyTime kStart{std::chrono::hours(1)};

H2FrameHeader frame(H2FrameType type, std::uint32_t length = 4, std::uint8_t flags = 0) {
  return {length, type, flags, 1};
}

/// How many such frames pass at once.
int passing(H2FloodGuard& guard, const H2FrameHeader& header, SteadyTime now = kStart) {
  int count = 0;
  while (count < 200'000 && guard.on_frame(header, now)) ++count;
  return count;
}

TEST_CASE("every kind of frame that moves nothing on has a budget, and says which one it was") {
  struct Row {
    H2FrameHeader header;
    H2Oddity kind;
  };
  const std::vector<Row> rows = {
      {frame(H2FrameType::reset), H2Oddity::received_reset},
      {frame(H2FrameType::ping, 8), H2Oddity::ping},
      {frame(H2FrameType::settings, 0), H2Oddity::settings},
      {frame(H2FrameType::settings, 0, kH2Acknowledged), H2Oddity::settings},
      {frame(H2FrameType::priority, 5), H2Oddity::priority},
      {frame(H2FrameType::priority_update, 5), H2Oddity::priority},
      {frame(H2FrameType::window_update), H2Oddity::window_update},
      {frame(H2FrameType::data, 0), H2Oddity::empty_data},
      {frame(H2FrameType{0x0a}), H2Oddity::unknown_frame},
      {frame(H2FrameType{0xff}, 0), H2Oddity::unknown_frame},
  };
  for (const Row& row : rows) {
    H2FloodGuard guard(kStart, 0);
    const auto& budget = H2FloodGuard::budget_of(row.kind);
    CAPTURE(budget.reason);
    CHECK(passing(guard, row.header) == static_cast<int>(budget.burst));
    CHECK(guard.reason() == budget.reason);
  }
}

TEST_CASE("a budget refills with time, never beyond its burst") {
  H2FloodGuard guard(kStart, 0);
  const auto& budget = H2FloodGuard::budget_of(H2Oddity::received_reset);
  const H2FrameHeader reset = frame(H2FrameType::reset);
  for (int i = 0; i < static_cast<int>(budget.burst); ++i) REQUIRE(guard.on_frame(reset, kStart));
  const SteadyTime later = kStart + std::chrono::seconds(1);
  CHECK(passing(guard, reset, later) == static_cast<int>(budget.per_second));
  CHECK(passing(guard, reset, later + std::chrono::hours(1)) <= static_cast<int>(budget.burst));
}

TEST_CASE("a client may reset all of its streams at once, however many it may have") {
  H2FloodGuard guard(kStart, 1000);
  const auto& budget = H2FloodGuard::budget_of(H2Oddity::received_reset);
  CHECK(passing(guard, frame(H2FrameType::reset)) == static_cast<int>(budget.burst) + 1000);
}

TEST_CASE("O17: a mix of all, each below its own limit, is bounded as well") {
  H2FloodGuard guard(kStart, 0);
  int count = 0;
  const auto& reset = H2FloodGuard::budget_of(H2Oddity::received_reset);
  const auto& ping = H2FloodGuard::budget_of(H2Oddity::ping);
  const auto& priority = H2FloodGuard::budget_of(H2Oddity::priority);
  bool goes_on = true;
  for (int i = 0; i < static_cast<int>(reset.burst) && goes_on; ++i, ++count) {
    goes_on = guard.on_frame(frame(H2FrameType::reset), kStart);
  }
  for (int i = 0; i < static_cast<int>(ping.burst) && goes_on; ++i, ++count) {
    goes_on = guard.on_frame(frame(H2FrameType::ping, 8), kStart);
  }
  for (int i = 0; i < static_cast<int>(priority.burst) && goes_on; ++i, ++count) {
    goes_on = guard.on_frame(frame(H2FrameType::priority, 5), kStart);
  }
  CHECK(goes_on);
  CHECK(passing(guard, frame(H2FrameType::window_update)) <
        static_cast<int>(H2FloodGuard::budget_of(H2Oddity::window_update).burst));
  CHECK(guard.reason() == H2FloodGuard::budget_of(H2Oddity::anything).reason);
}

TEST_CASE("N03: a field block has at most eight CONTINUATION frames, and many blocks have a budget") {
  H2FloodGuard guard(kStart, 0);
  const H2FrameHeader continuation = frame(H2FrameType::continuation, 1);
  REQUIRE(guard.on_frame(frame(H2FrameType::headers), kStart));
  CHECK(passing(guard, continuation) == static_cast<int>(H2FloodGuard::kMaxContinuations));
  CHECK(guard.reason() == H2FloodGuard::budget_of(H2Oddity::continuation).reason);

  H2FloodGuard many(kStart, 0);
  int blocks = 0;
  while (blocks < 100'000 && many.on_frame(frame(H2FrameType::headers), kStart) &&
         many.on_frame(continuation, kStart)) {
    ++blocks;
  }
  CHECK(blocks == static_cast<int>(H2FloodGuard::budget_of(H2Oddity::continuation).burst));
}

TEST_CASE("N18: one-byte DATA frames are bounded, frames with a body in them are not") {
  H2FloodGuard tiny(kStart, 0);
  int count = 0;
  while (count < 1'000'000 && tiny.on_frame(frame(H2FrameType::data, 1), kStart)) {
    tiny.on_received(1);
    ++count;
  }
  CHECK(count < 60'000);
  H2FloodGuard usual(kStart, 0);
  for (int i = 0; i < 200'000; ++i) {
    REQUIRE(usual.on_frame(frame(H2FrameType::data, 16), kStart));
    usual.on_received(16);
  }
}

TEST_CASE("a long download is not ended for the WINDOW_UPDATEs that it needs") {
  H2FloodGuard guard(kStart, 0);
  for (int i = 0; i < 200'000; ++i) {
    guard.on_sent(16'384);
    REQUIRE(guard.on_frame(frame(H2FrameType::window_update), kStart));
    REQUIRE(guard.on_frame(frame(H2FrameType::window_update), kStart));
    REQUIRE(guard.on_frame(frame(H2FrameType::ping, 8), kStart));
  }
}

TEST_CASE("N02: resets that we send have a budget, refused streams a larger one") {
  for (const H2Oddity kind : {H2Oddity::our_reset, H2Oddity::refused_stream}) {
    H2FloodGuard guard(kStart, 0);
    int count = 0;
    while (count < 10'000 && guard.on_oddity(kind, kStart)) ++count;
    CHECK(count == static_cast<int>(H2FloodGuard::budget_of(kind).burst));
  }
}

TEST_CASE("frames are found however their bytes are cut") {
  const std::string bytes = std::string(h2::kPreface) + h2::settings({{3, 7}}) +
                            h2::frame(h2::kHeaders, 0, 5, "abc") + h2::frame(h2::kContinuation, 4, 5, "") +
                            h2::frame(h2::kData, 1, 0x80000005, std::string(300, 'x'));
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    CAPTURE(piece);
    H2FrameScanner scanner;
    std::string found;
    for (std::size_t from = 0; from < bytes.size(); from += piece) {
      std::string_view rest = std::string_view(bytes).substr(from, piece);
      while (!rest.empty()) {
        const H2FrameScanner::Step step = scanner.scan(rest);
        rest.remove_prefix(step.used);
        if (!step.frame.has_value()) continue;
        found += std::to_string(static_cast<int>(step.frame->type)) + ":" +
                 std::to_string(step.frame->length) + ":" + std::to_string(step.frame->flags) + ":" +
                 std::to_string(step.frame->stream) + " ";
      }
    }
    CHECK(found == "4:6:0:0 1:3:0:5 9:0:4:5 0:300:1:5 ");
  }
}

TEST_CASE("a field block is open from its first byte to its last") {
  H2FrameScanner scanner;
  const auto scan = [&scanner](std::string_view bytes) {
    while (!bytes.empty()) bytes.remove_prefix(scanner.scan(bytes).used);
    return scanner.is_in_field_block();
  };
  CHECK_FALSE(scan(h2::kPreface));
  const std::string headers = h2::frame(h2::kHeaders, h2::kEndHeaders, 1, "abcd");
  CHECK_FALSE(scan(headers.substr(0, 8)));
  CHECK(scan(headers.substr(8, 3)));
  CHECK_FALSE(scan(headers.substr(11)));
  CHECK(scan(h2::frame(h2::kHeaders, 0, 3, "")));
  CHECK(scan(h2::frame(h2::kContinuation, 0, 3, "a")));
  CHECK_FALSE(scan(h2::frame(h2::kContinuation, h2::kEndHeaders, 3, "")));
}

}  // namespace
}  // namespace core
