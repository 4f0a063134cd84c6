#include "tests/core/http/support/test_h2_client.h"

#include <stdexcept>
#include <utility>

namespace core {

void Asked::on_response_head(ResponseHead& head) {
  statuses.push_back(head.status);
  length = head.body;
  fields.clear();
  for (const Field& field : head.fields)
    fields.append(field.name).append("=").append(field.value).append(";");
}

void Asked::on_response_body(std::string_view bytes) {
  body.append(bytes);
  if (on_body) on_body();
}

void Asked::on_response_end(const Fields& trailer_fields) {
  complete = true;
  stream = nullptr;
  for (const Field& field : trailer_fields) {
    trailers.append(field.name).append("=").append(field.value).append(";");
  }
}

void Asked::on_failed(Error error) {
  stream = nullptr;
  failures.push_back(std::move(error));
}

TestH2Client::TestH2Client(std::vector<std::pair<std::uint16_t, std::uint32_t>> settings)
    : TestH2Client(h2::settings(settings) + h2::frame(h2::kSettings, h2::kAck, 0, "")) {
  frames();
}

TestH2Client::TestH2Client(std::string_view bytes) {
  session = make_h2_client(loop, std::make_unique<FakeStream>(wire), {limits, H2Carrier::tls});
  session->set_owner(this);
  turn();
  reply(bytes);
}

TestH2Client::~TestH2Client() = default;

Asked& TestH2Client::ask(std::string_view method, const BodyLength& body) {
  OutgoingRequest request;
  request.method = method;
  request.target = "/t?q";
  request.host = "a.test";
  request.body = body;
  request.fields = &fields;
  Asked& made = *asked.emplace_back(std::make_unique<Asked>());
  made.stream = &session->start(request, made);
  turn();
  return made;
}

Asked& TestH2Client::ask_for_socket(When when) {
  Fields handshake = fields;
  handshake.add(FieldId::upgrade, "websocket");
  handshake.add(FieldId::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  handshake.add("Sec-WebSocket-Version", "13");
  OutgoingRequest request;
  request.method = "GET";
  request.target = "/t?q";
  request.host = "a.test";
  request.upgrade = true;
  request.fields = &handshake;
  Asked& made = *asked.emplace_back(std::make_unique<Asked>());
  made.stream = &session->start(request, made);
  if (when == When::now) turn();
  return made;
}

void TestH2Client::reply(std::string_view bytes) {
  wire.arriving.append(bytes);
  wire.may_have_bytes = true;
  if (wire.events != nullptr) wire.events->on_readable();
  turn();
}

void TestH2Client::origin_ends(Wire::Arrival how) {
  wire.arrival = how;
  reply({});
}

void TestH2Client::origin_reads(std::size_t bytes) {
  wire.room += bytes;
  if (wire.events != nullptr) wire.events->on_writable();
  turn();
}

void TestH2Client::pass(Duration time) {
  clock.advance(time);
  turn();
}

void TestH2Client::on_session_end() {
  over = true;
  session->set_owner(nullptr);
  loop.retire(std::move(session));
}

void TestH2Client::read_frames() {
  if (!preface_was_read_) {
    if (wire.written.size() < h2::kPreface.size()) return;
    if (!wire.written.starts_with(h2::kPreface)) throw std::runtime_error("no preface");
    wire.written.erase(0, h2::kPreface.size());
    preface_was_read_ = true;
  }
  const std::size_t whole = h2::whole_frames(wire.written);
  for (h2::Frame& frame : reader_.read(std::string_view(wire.written).substr(0, whole))) {
    frames_.push_back(std::move(frame));
  }
  wire.written.erase(0, whole);
}

std::vector<h2::Frame> TestH2Client::frames() {
  read_frames();
  return std::exchange(frames_, {});
}

std::optional<h2::Frame> TestH2Client::frame(std::uint8_t type, std::uint32_t stream) {
  read_frames();
  std::optional<h2::Frame> found;
  for (const h2::Frame& frame : frames_) {
    if (frame.type == type && frame.stream == stream) found = frame;
  }
  return found;
}

std::string TestH2Client::data(std::uint32_t stream) {
  read_frames();
  std::string bytes;
  for (const h2::Frame& frame : frames_) {
    if (frame.type == h2::kData && frame.stream == stream) bytes += frame.payload;
  }
  return bytes;
}

std::string response(std::uint32_t stream, const h2::FieldList& fields, std::string_view status,
                     std::uint8_t flags) {
  h2::FieldList list{{":status", std::string(status)}};
  list.insert(list.end(), fields.begin(), fields.end());
  return h2::headers(stream, list, flags);
}

}  // namespace core
