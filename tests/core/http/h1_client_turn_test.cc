// What a client session reads in one turn of its loop, and what it must have read before the next request.
#include "tests/core/http/support/test_client.h"

#include <doctest/doctest.h>

#include <string>

#include "core/http/limits.h"
#include "core/http/message_storage.h"

namespace core {
namespace {

/// A whole response of so many bytes, head included.
std::string response_of(std::size_t bytes) {
  const std::string start = "HTTP/1.1 200 OK\r\nContent-Length: ";
  constexpr std::size_t kDigitsAndEnd = 6 + 4;
  const std::size_t body = bytes - start.size() - kDigitsAndEnd;
  std::string digits = std::to_string(body);
  digits.insert(0, 6 - digits.size(), '0');
  return start + digits + "\r\n\r\n" + std::string(body, 'b');
}

TEST_CASE("A28: what stands behind an answer is never the next one, wherever the reads of a turn end") {
  for (std::size_t reads = 3; reads <= 2 * kMaxReadsPerTurn; ++reads) {
    CAPTURE(reads);
    TestClient client;
    client.ask("GET");
    // The answer ends with a read, and what nobody asked for stands behind it.
    client.wire.arriving = response_of(reads * ReadLease::kReadBytes);
    client.wire.arriving += "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nPOISONED";
    client.wire.may_have_bytes = true;
    // All in one turn: the answer, and then a request that leaves at the turn's end.
    client.loop.post([&client] { client.wire.events->on_readable(); });
    if (reads > kMaxReadsPerTurn) client.turn();
    client.loop.post([&client] {
      CHECK(client.complete);
      client.forget();
      if (!client.over && client.session->is_open()) client.ask_in_turn("GET");
    });
    for (int i = 0; i < 3; ++i) client.turn();
    CHECK(client.body.empty());
    CHECK_FALSE(client.complete);
    CHECK(client.over);
    for (const Error& failure : client.failures) CHECK(failure.retry == Retry::safe);
  }
}

/// Takes what it is given, pauses, and goes on at the end of the same turn, as a client with a wide window
/// does.
class Eager final : public TurnEnd {
 public:
  explicit Eager(TestClient& client) : client_(client) {
    client_.on_body = [this] {
      client_.stream->receive_body(false);
      client_.loop.at_turn_end(*this);
    };
  }
  void at_turn_end() override {
    if (client_.stream != nullptr) client_.stream->receive_body(true);
  }

 private:
  TestClient& client_;
};

TEST_CASE("a handler that pauses and resumes within a turn gets no more of it than one that does not") {
  TestClient client;
  Eager eager(client);
  client.ask("GET");
  client.wire.reads = 0;
  client.wire.arriving = response_of(20 * ReadLease::kReadBytes);
  client.wire.may_have_bytes = true;
  client.wire.events->on_readable();
  for (int turn = 1; turn <= 4; ++turn) {
    client.turn();
    CAPTURE(turn);
    CHECK(client.wire.reads <= (turn + 1) * kMaxReadsPerTurn);
  }
  for (int i = 0; i < 40; ++i) client.turn();
  CHECK(client.body.size() > 19 * ReadLease::kReadBytes);
}

}  // namespace
}  // namespace core
