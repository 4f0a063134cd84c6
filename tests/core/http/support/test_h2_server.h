// An HTTP/2 server session on a FakeStream; its client is the test, which writes frames.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/h2_server.h"
#include "tests/core/http/support/h2_frames.h"
#include "tests/core/http/support/test_server.h"

namespace core {

class TestH2Server : private ServerSessionOwner {
 public:
  /// `client_settings` are what the client says first.
  explicit TestH2Server(std::vector<std::pair<std::uint16_t, std::uint32_t>> client_settings = {});
  /// A client that says `bytes` first.
  explicit TestH2Server(std::string_view bytes);
  ~TestH2Server();

  /// Bytes arrive in one piece; the turn they come in is run.
  void send(std::string_view bytes);
  void client_ends();
  /// The client reads: room for so many bytes more.
  void reads(std::size_t bytes);
  void pass(Duration time);
  void turn() { loop.turn(false); }
  /// The frames written since the last call.
  std::vector<h2::Frame> frames();
  /// Of those frames, the last one of that type and stream.
  std::optional<h2::Frame> frame(std::uint8_t type, std::uint32_t stream);
  [[nodiscard]] Seen& last() { return *seen.back(); }
  /// The connection was ended with a GOAWAY of this code, and the text for the log holds `reason`.
  bool ended_with(std::uint32_t code, std::string_view reason = "");
  /// How many requests are open, and not reset or answered.
  [[nodiscard]] std::size_t running() const;

  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop{clock};
  ServerLimits limits;
  Wire wire;
  std::vector<std::unique_ptr<Seen>> seen;
  std::vector<int> refused;  ///< statuses told to on_refused
  std::string reason;        ///< the text of the last
  bool over = false;
  /// What is done with a request as it comes. Default: answers 200 with "ok".
  std::function<void(Seen&)> on_new = [](Seen& request) { request.answer(200, "ok"); };
  std::unique_ptr<ServerSession> session;

 private:
  RequestHandler* on_request(ServerStream& stream, RequestHead& head) override;
  void on_refused(int status, const Error& error) override;
  void on_session_end() override;
  void read_frames();

  h2::Reader reader_;
  std::vector<h2::Frame> frames_;  // since the last call of frames()
};

}  // namespace core
