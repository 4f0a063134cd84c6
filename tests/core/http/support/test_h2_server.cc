#include "tests/core/http/support/test_h2_server.h"

#include <utility>

namespace core {

TestH2Server::TestH2Server(std::vector<std::pair<std::uint16_t, std::uint32_t>> client_settings)
    : TestH2Server(std::string(h2::kPreface) + h2::settings(client_settings) +
                   h2::frame(h2::kSettings, h2::kAck, 0, "")) {
  frames();
}

TestH2Server::TestH2Server(std::string_view bytes)
    : session(make_h2_server(loop, std::make_unique<FakeStream>(wire), limits, *this)) {
  session->start();
  turn();
  send(bytes);
}

TestH2Server::~TestH2Server() = default;

RequestHandler* TestH2Server::on_request(ServerStream& stream, RequestHead& head) {
  seen.push_back(std::make_unique<Seen>());
  Seen& request = *seen.back();
  request.stream = &stream;
  request.head = &head;
  request.method = head.method;
  request.target = head.target;
  on_new(request);
  return &request;
}

void TestH2Server::on_refused(int status, const Error& error) {
  refused.push_back(status);
  reason = error.text;
}

void TestH2Server::on_session_end() {
  over = true;
  loop.retire(std::move(session));
}

void TestH2Server::send(std::string_view bytes) {
  wire.arriving.append(bytes);
  wire.may_have_bytes = true;
  if (wire.events != nullptr) wire.events->on_readable();
  turn();
}

void TestH2Server::client_ends() {
  wire.arrival = Wire::Arrival::ended;
  send({});
}

void TestH2Server::reads(std::size_t bytes) {
  wire.room += bytes;
  if (wire.events != nullptr) wire.events->on_writable();
  turn();
}

void TestH2Server::pass(Duration time) {
  clock.advance(time);
  turn();
}

void TestH2Server::read_frames() {
  const std::size_t whole = h2::whole_frames(wire.written);
  for (h2::Frame& frame : reader_.read(std::string_view(wire.written).substr(0, whole))) {
    frames_.push_back(std::move(frame));
  }
  wire.written.erase(0, whole);
}

std::vector<h2::Frame> TestH2Server::frames() {
  read_frames();
  return std::exchange(frames_, {});
}

std::optional<h2::Frame> TestH2Server::frame(std::uint8_t type, std::uint32_t stream) {
  read_frames();
  std::optional<h2::Frame> found;
  for (const h2::Frame& frame : frames_) {
    if (frame.type == type && frame.stream == stream) found = frame;
  }
  return found;
}

bool TestH2Server::ended_with(std::uint32_t code, std::string_view text) {
  const std::optional<h2::Frame> goaway = frame(h2::kGoaway, 0);
  return goaway.has_value() && goaway->code() == code && wire.is_ended &&
         reason.find(text) != std::string::npos;
}

std::size_t TestH2Server::running() const {
  std::size_t count = 0;
  for (const std::unique_ptr<Seen>& request : seen) count += request->aborted.empty() ? 1 : 0;
  return count;
}

}  // namespace core
