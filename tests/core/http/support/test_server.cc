#include "tests/core/http/support/test_server.h"

#include <cstdlib>

namespace core {

void Seen::on_request_body(std::string_view bytes) {
  body.append(bytes);
  ++pieces;
  if (on_body) on_body();
}

void Seen::on_request_end(const Fields& fields) {
  ended = true;
  for (const Field& field : fields) trailers.append(field.name).append("=").append(field.value).append(";");
  if (on_end) on_end();
}

void Seen::on_aborted(const Error& error) {
  aborted = error.text.empty() ? "aborted" : error.text;
}

void Seen::answer(int status, std::string_view text) const {
  Fields fields;
  fields.add("X-Test", "1");
  stream->send_head(status, fields, BodyLength::known(text.size()));
  stream->send_body(text);
  stream->send_end(Fields());
}

TestServer::TestServer() : session(make_h1_server(loop, std::make_unique<FakeStream>(wire), limits, *this)) {
  session->start();
  turn();
}

TestServer::~TestServer() = default;

RequestHandler* TestServer::on_request(ServerStream& stream, RequestHead& head) {
  seen.push_back(std::make_unique<Seen>());
  Seen& request = *seen.back();
  request.stream = &stream;
  request.head = &head;
  request.method = head.method;
  request.target = head.target;
  on_new(request);
  return &request;
}

void TestServer::on_refused(int status, const Error&) {
  refused.push_back(status);
}

void TestServer::on_session_end() {
  over = true;
  loop.retire(std::move(session));
}

void TestServer::send(std::string_view bytes) {
  wire.arriving.append(bytes);
  wire.may_have_bytes = true;
  if (wire.events != nullptr) wire.events->on_readable();
  turn();
}

void TestServer::client_ends() {
  wire.arrival = Wire::Arrival::ended;
  send({});
}

void TestServer::connection_breaks() {
  wire.arrival = Wire::Arrival::broken;
  send({});
}

void TestServer::reads(std::size_t bytes) {
  wire.room += bytes;
  if (wire.events != nullptr) wire.events->on_writable();
  turn();
}

void TestServer::pass(Duration time) {
  clock.advance(time);
  turn();
}

std::string TestServer::received() {
  return std::exchange(wire.written, {});
}

int status_of(std::string_view text) {
  if (!text.starts_with("HTTP/1.1 ")) return 0;
  return std::atoi(std::string(text.substr(9, 3)).c_str());
}

std::size_t responses_in(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find("HTTP/1.1 "); at != std::string_view::npos;
       at = text.find("HTTP/1.1 ", at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace core
