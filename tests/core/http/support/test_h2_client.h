// An HTTP/2 client session on a FakeStream; its origin is the test, which writes frames.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/h2_client.h"
#include "tests/core/http/support/fake_stream.h"
#include "tests/core/http/support/h2_frames.h"

namespace core {

/// One exchange, as its handler sees it.
class Asked final : public ResponseHandler {
 public:
  ClientStream* stream = nullptr;  ///< null when it has ended
  std::vector<int> statuses;
  std::string fields;  ///< of the last head: "name=value;" each
  BodyLength length;   ///< that it declared
  std::string body;
  std::string trailers;
  bool complete = false;
  std::vector<Error> failures;  ///< at most one
  int writable = 0;
  int half_ends = 0;
  std::function<void()> on_body;

  void on_response_head(ResponseHead& head) override;
  void on_response_body(std::string_view bytes) override;
  void on_response_end(const Fields& trailer_fields) override;
  void on_half_end() override { ++half_ends; }
  void on_request_writable() override { ++writable; }
  void on_failed(Error error) override;
};

class TestH2Client : private ClientSessionOwner {
 public:
  /// An origin that says `settings` first.
  explicit TestH2Client(std::vector<std::pair<std::uint16_t, std::uint32_t>> settings = {});
  /// One that says `bytes` first.
  explicit TestH2Client(std::string_view bytes);
  ~TestH2Client();

  /// Starts a request with these fields and runs the turn.
  Asked& ask(std::string_view method = "GET", const BodyLength& body = {});
  enum class When { now, later };
  /// A WebSocket's handshake with RFC 6455's key and these fields; `now` runs the turn.
  Asked& ask_for_socket(When when = When::now);
  /// The origin's bytes arrive in one piece; the turn they come in is run.
  void reply(std::string_view bytes);
  void origin_ends(Wire::Arrival how = Wire::Arrival::ended);
  void origin_reads(std::size_t bytes);
  void pass(Duration time);
  void turn() { loop.turn(false); }
  /// The frames written since the last call.
  std::vector<h2::Frame> frames();
  /// Of those frames, the last one of that type and stream.
  std::optional<h2::Frame> frame(std::uint8_t type, std::uint32_t stream);
  /// The DATA of a stream, of those frames.
  std::string data(std::uint32_t stream);
  [[nodiscard]] bool is_open() const { return session != nullptr && session->is_open(); }

  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop{clock};
  ClientLimits limits;
  Wire wire;
  Fields fields;
  std::vector<std::unique_ptr<Asked>> asked;
  int idles = 0;
  int rooms = 0;
  bool over = false;
  std::unique_ptr<ClientSession> session;

 private:
  void on_idle() override { ++idles; }
  void on_room() override { ++rooms; }
  void on_session_end() override;
  void read_frames();

  h2::Reader reader_;
  bool preface_was_read_ = false;
  std::vector<h2::Frame> frames_;
};

/// The header section of a response.
std::string response(std::uint32_t stream, const h2::FieldList& fields = {}, std::string_view status = "200",
                     std::uint8_t flags = h2::kEndHeaders);

}  // namespace core
