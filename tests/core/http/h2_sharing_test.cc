// What the streams of one HTTP/2 connection share: the order in which they leave (RFC 9218), and the memory
// of what cannot leave.
#include <algorithm>
#include <functional>
#include <string>

#include "tests/core/http/support/test_h2_server.h"
#include "tests/support/doctest.h"

namespace core {
namespace {

using h2::get;
using h2::kData;

constexpr std::uint16_t kInitialWindow = 4;
constexpr std::uint32_t kLargestWindow = 0x7fffffff;

/// A connection whose answers of 80,000 bytes all wait behind a small one until the client reads; then their
/// streams, frame by frame.
std::string order_of(const std::string& requests, const std::function<void(Seen&)>& answer) {
  TestH2Server server({{kInitialWindow, kLargestWindow}});
  server.on_new = answer;
  server.wire.room = 0;
  server.send(get(1));
  server.send(requests);
  server.send(h2::window_update(0, 10'000'000));
  server.wire.room = 10'000'000;
  server.reads(0);
  std::string order;
  for (const h2::Frame& frame : server.frames()) {
    if (frame.type == kData && frame.stream != 1) order += std::to_string(frame.stream);
  }
  return order;
}

std::string order_of(const std::string& requests) {
  return order_of(requests, [](Seen& seen) { seen.answer(200, std::string(80'000, 'x')); });
}

/// Whether all of one stream comes before any of the other.
bool is_one_by_one(std::string order) {
  order.erase(std::unique(order.begin(), order.end()), order.end());
  return order.size() == 2;
}

/// A stream that has given what it may, in one piece, and waits.
void give(Seen& seen, std::size_t& given) {
  seen.stream->send_head(200, Fields(), BodyLength::unknown());
  const std::size_t room = seen.stream->room();
  given += room;
  CHECK(seen.stream->send_body(std::string(room, 'x')) == Pressure::full);
}

}  // namespace

TEST_CASE(
    "RFC 9218 section 4: incremental answers of one urgency share the connection, others go one by one") {
  const auto with = [](const std::string& priority) {
    return get(3, "/", {{"priority", priority}}) + get(5, "/", {{"priority", priority}});
  };
  CHECK(is_one_by_one(order_of(get(3) + get(5))));
  CHECK(is_one_by_one(order_of(with("u=1"))));
  CHECK_FALSE(is_one_by_one(order_of(with("u=1, i"))));
  CHECK_FALSE(is_one_by_one(order_of(with("i"))));
  // The urgent one first, incremental or not.
  const std::string urgent =
      order_of(get(3, "/", {{"priority", "u=5, i"}}) + get(5, "/", {{"priority", "u=2, i"}}));
  CHECK(urgent.starts_with('5'));
  CHECK(is_one_by_one(urgent));
}

TEST_CASE("RFC 9218 section 4: a priority that cannot be read is the usual one") {
  const std::string broken =
      order_of(get(3, "/", {{"priority", "u=99"}}) + get(5, "/", {{"priority", "u=1"}}));
  CHECK(broken.starts_with('5'));
  CHECK(is_one_by_one(broken));
}

TEST_CASE("RFC 9218 section 8: what an answer says of its priority counts, the rest is as the client asked") {
  // Streams 3 and 5 ask with `asked`; the answer of 5 says `said`.
  const auto order = [](const std::string& asked, const std::string& said) {
    const auto answer = [&said](Seen& seen) {
      Fields fields;
      if (seen.target == "/5" && !said.empty()) fields.add("Priority", said);
      seen.stream->send_head(200, fields, BodyLength::known(80'000));
      seen.stream->send_body(std::string(80'000, 'x'));
      seen.stream->send_end(Fields());
    };
    const h2::FieldList fields = asked.empty() ? h2::FieldList() : h2::FieldList{{"priority", asked}};
    return order_of(get(3, "/3", fields) + get(5, "/5", fields), answer);
  };
  for (const std::string asked : {"", "u=3", "u=1"}) {
    CAPTURE(asked);
    CHECK(order(asked, "u=0").starts_with('5'));
    CHECK(order(asked, "u=7").starts_with('3'));
    CHECK(order(asked, "").starts_with('3'));
    CHECK(order(asked, "u=9").starts_with('3'));
  }
  CHECK(order("u=5, i", "u=0").starts_with('5'));
  CHECK_FALSE(is_one_by_one(order("i", "u=3")));     // still incremental
  CHECK_FALSE(is_one_by_one(order("u=5, i", "i")));  // still of the same urgency
}

TEST_CASE(
    "N04 N08: what a connection keeps of answers that its client does not take is bounded for all streams") {
  TestH2Server server({{kInitialWindow, 0}});
  std::size_t given = 0;
  server.on_new = [&given](Seen& seen) { give(seen, given); };
  for (std::uint32_t id = 1; id < 200; id += 2) server.send(get(id));
  CHECK(server.seen.size() == 100);
  CHECK(given <= 1024 * 1024 + 64 * 1024 + 100 * 4 * 1024);
  CHECK(server.last().stream->room() == 4 * 1024);
  SUBCASE("until the client takes them") {
    std::size_t received = 0;
    server.send(h2::settings({{kInitialWindow, kLargestWindow}}) + h2::window_update(0, 100'000'000));
    for (const h2::Frame& frame : server.frames()) received += frame.type == kData ? frame.payload.size() : 0;
    CHECK(received == given);
    for (const auto& seen : server.seen) CHECK(seen->writable == 1);
  }
  SUBCASE("until the client resets them") {
    for (std::uint32_t id = 1; id < 199; id += 2) server.send(h2::reset(id));
    CHECK(server.seen[98]->aborted == "the client reset the stream");
  }
  CHECK(server.last().stream->room() >= 60 * 1024);
}

}  // namespace core
