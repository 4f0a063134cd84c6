// A client session on a FakeStream, with a handler and an owner that record what they are told.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/h1_client.h"
#include "tests/core/http/support/fake_stream.h"

namespace core {

class TestClient : private ResponseHandler, private ClientSessionOwner {
 public:
  TestClient();
  ~TestClient();

  /// Starts a request with these fields and runs the turn.
  ClientStream& ask(std::string_view method, const BodyLength& body = {});
  /// The same, from inside a turn.
  void ask_in_turn(std::string_view method);
  ClientStream& ask_upgrade(std::string_view protocol);
  /// Bytes arrive in one piece; the turn they come in is run.
  void reply(std::string_view bytes);
  void origin_ends();
  void connection_breaks();
  void origin_reads(std::size_t bytes);
  void turn() { loop.turn(false); }
  /// What was written since the last call.
  std::string sent();
  /// Forgets what was recorded of the response.
  void forget();

  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop{clock};
  ClientLimits limits;
  Wire wire;
  Fields fields;
  std::unique_ptr<ClientSession> session;
  ClientStream* stream = nullptr;

  std::vector<int> statuses;
  std::string body;
  std::size_t pieces = 0;
  bool half_ended = false;
  bool complete = false;
  std::string trailers;
  std::vector<Error> failures;  ///< at most one a request
  int writable = 0;
  int idles = 0;
  bool over = false;
  std::function<void(ResponseHead&)> on_head;
  std::function<void()> on_body;

 private:
  ClientStream& start(OutgoingRequest request);
  void begin(OutgoingRequest request);
  void arrive();

  void on_response_head(ResponseHead& head) override;
  void on_response_body(std::string_view bytes) override;
  void on_response_end(const Fields& trailer_fields) override;
  void on_half_end() override { half_ended = true; }
  void on_request_writable() override { ++writable; }
  void on_failed(Error error) override { failures.push_back(std::move(error)); }
  void on_idle() override { ++idles; }
  void on_session_end() override;
};

}  // namespace core
