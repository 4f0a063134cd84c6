// A server session on a FakeStream, with an owner that records what it is told and answers as the test says.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/h1_server.h"
#include "tests/core/http/support/fake_stream.h"

namespace core {

/// A request as its handler saw it.
struct Seen final : RequestHandler {
  ServerStream* stream = nullptr;
  RequestHead* head = nullptr;
  std::string method;
  std::string target;
  std::string body;
  std::size_t pieces = 0;  ///< calls that brought body
  bool ended = false;
  std::string trailers;  ///< "name=value;" each
  int writable = 0;
  std::string aborted;  ///< the error's text
  std::function<void()> on_body;
  std::function<void()> on_end;

  void on_request_body(std::string_view bytes) override;
  void on_request_end(const Fields& fields) override;
  void on_response_writable() override { ++writable; }
  void on_aborted(const Error& error) override;

  /// A whole response with Content-Length.
  void answer(int status, std::string_view text) const;
};

class TestServer : private ServerSessionOwner {
 public:
  TestServer();
  ~TestServer();

  /// Bytes arrive in one piece; the turn they come in is run.
  void send(std::string_view bytes);
  void client_ends();
  void connection_breaks();
  /// The client reads: room for so many bytes more.
  void reads(std::size_t bytes);
  void pass(Duration time);
  void turn() { loop.turn(false); }
  /// What was written since the last call.
  std::string received();
  [[nodiscard]] Seen& last() { return *seen.back(); }

  ManualClock clock{from_unix_seconds(1'800'000'000)};
  Loop loop{clock};
  ServerLimits limits;
  Wire wire;
  std::vector<std::unique_ptr<Seen>> seen;
  std::vector<int> refused;  ///< statuses told to on_refused
  bool over = false;
  /// What is done with a request as it comes. Default: answers 200 with "ok".
  std::function<void(Seen&)> on_new = [](Seen& request) { request.answer(200, "ok"); };
  std::unique_ptr<ServerSession> session;

 private:
  RequestHandler* on_request(ServerStream& stream, RequestHead& head) override;
  void on_refused(int status, const Error& error) override;
  void on_session_end() override;
};

/// The status of the first response in `text`, 0 if there is none.
int status_of(std::string_view text);
/// How many responses `text` holds, counted by their status lines.
std::size_t responses_in(std::string_view text);

}  // namespace core
