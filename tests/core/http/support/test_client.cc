#include "tests/core/http/support/test_client.h"

#include <utility>

namespace core {

TestClient::TestClient() : session(make_h1_client(loop, std::make_unique<FakeStream>(wire), limits)) {
  session->set_owner(this);
}

TestClient::~TestClient() = default;

void TestClient::begin(OutgoingRequest request) {
  request.target = "/t?q";
  request.host = "origin:80";
  request.fields = &fields;
  stream = &session->start(request, *this);
}

ClientStream& TestClient::start(OutgoingRequest request) {
  begin(request);
  turn();
  return *stream;
}

void TestClient::ask_in_turn(std::string_view method) {
  OutgoingRequest request;
  request.method = method;
  begin(request);
}

ClientStream& TestClient::ask(std::string_view method, const BodyLength& length) {
  OutgoingRequest request;
  request.method = method;
  request.body = length;
  return start(request);
}

ClientStream& TestClient::ask_upgrade(std::string_view protocol) {
  fields.clear();
  fields.add(FieldId::upgrade, protocol);
  fields.add(FieldId::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  OutgoingRequest request;
  request.method = "GET";
  request.upgrade = true;
  return start(request);
}

void TestClient::arrive() {
  wire.may_have_bytes = true;
  if (wire.events != nullptr) wire.events->on_readable();
  turn();
}

void TestClient::reply(std::string_view bytes) {
  wire.arriving.append(bytes);
  arrive();
}

void TestClient::origin_ends() {
  wire.arrival = Wire::Arrival::ended;
  arrive();
}

void TestClient::connection_breaks() {
  wire.arrival = Wire::Arrival::broken;
  arrive();
}

void TestClient::origin_reads(std::size_t bytes) {
  wire.room += bytes;
  if (wire.events != nullptr) wire.events->on_writable();
  turn();
}

std::string TestClient::sent() {
  return std::exchange(wire.written, {});
}

void TestClient::forget() {
  statuses.clear();
  body.clear();
  pieces = 0;
  complete = false;
  trailers.clear();
  failures.clear();
}

void TestClient::on_response_head(ResponseHead& head) {
  statuses.push_back(head.status);
  if (on_head) on_head(head);
}

void TestClient::on_response_body(std::string_view bytes) {
  body.append(bytes);
  ++pieces;
  if (on_body) on_body();
}

void TestClient::on_response_end(const Fields& trailer_fields) {
  complete = true;
  for (const Field& field : trailer_fields) {
    trailers.append(field.name).append("=").append(field.value).append(";");
  }
}

void TestClient::on_session_end() {
  over = true;
  loop.retire(std::move(session));
}

}  // namespace core
