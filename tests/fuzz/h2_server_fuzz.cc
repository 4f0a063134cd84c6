// An HTTP/2 server session against any bytes after a good preface, cut anywhere: the first byte of the input
// says into which pieces. Whatever comes, only valid requests are told, every one of them hears of its end,
// and what is written is whole frames. A handler that answers at once, one that takes the body, one that
// never answers and one that gives up take turns.
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/http/h2_server.h"
#include "tests/core/http/support/fake_stream.h"

namespace {

using core::BodyLength;
using core::Fields;

constexpr std::string_view kBeginning("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0",
                                      42);

class Request final : public core::RequestHandler {
 public:
  Request(core::ServerStream& stream, const core::RequestHead& head) : stream_(stream), length_(head.body) {
    CHECK(!head.method.empty() && core::is_token(head.method) && !head.host.empty());
    CHECK(head.target.starts_with('/') || head.target == "*");
    CHECK(head.fields.count(core::FieldId::host) == 1);
    CHECK(head.fields.count(core::FieldId::cookie) <= 1);
    CHECK(!head.fields.has(core::FieldId::transfer_encoding) && !head.fields.has(core::FieldId::connection));
    for (const core::Field& field : head.fields) {
      CHECK(core::is_token(field.name) && core::is_field_value(field.value));
    }
  }
  void on_request_body(std::string_view bytes) override {
    CHECK(!is_over && !ended_ && !bytes.empty());
    received_ += bytes.size();
    if (length_.kind == BodyLength::Kind::known) CHECK(received_ <= length_.bytes);
  }
  void on_request_end(const Fields& trailers) override {
    CHECK(!is_over && !std::exchange(ended_, true));
    if (length_.kind == BodyLength::Kind::known) CHECK(received_ == length_.bytes);
    for (const core::Field& field : trailers) CHECK(field.id == core::FieldId::other);
    answer();
  }
  void on_response_writable() override { CHECK(!is_over); }
  void on_aborted(const core::Error&) override { CHECK(!std::exchange(is_over, true)); }

  void answer() {
    is_over = true;
    stream_.send_head(200, Fields(), BodyLength::unknown());
    stream_.send_body("ok");
    Fields trailers;
    trailers.add("x-sum", "1");
    stream_.send_end(trailers);
  }
  bool is_over = false;

 private:
  core::ServerStream& stream_;
  BodyLength length_;
  std::uint64_t received_ = 0;
  bool ended_ = false;
};

class Site final : public core::ServerSessionOwner {
 public:
  core::RequestHandler* on_request(core::ServerStream& stream, core::RequestHead& head) override {
    requests.push_back(std::make_unique<Request>(stream, head));
    Request& request = *requests.back();
    switch (requests.size() % 4) {
      case 0:
        request.is_over = true;
        stream.abort();
        return nullptr;
      case 1:
        request.answer();
        return nullptr;
      case 2:
        stream.receive_body(true);
        return &request;
      default:
        return &request;
    }
  }
  void on_refused(int status, const core::Error&) override { CHECK(status >= 400); }
  void on_session_end() override { over = true; }

  std::vector<std::unique_ptr<Request>> requests;
  bool over = false;
};

/// Whether `bytes` are whole frames, of a size that every client takes.
void check_frames(std::string_view bytes) {
  while (!bytes.empty()) {
    CHECK(bytes.size() >= 9);
    const auto byte = [bytes](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
    };
    const std::size_t length = byte(0) << 16U | byte(1) << 8U | byte(2);
    CHECK(length <= 16'384 && bytes.size() >= 9 + length);
    bytes.remove_prefix(9 + length);
  }
}

void run(std::string_view input, std::size_t piece) {
  core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop(clock);
  const core::ServerLimits limits;
  core::Wire wire;
  Site site;
  const std::unique_ptr<core::ServerSession> session =
      core::make_h2_server(loop, std::make_unique<core::FakeStream>(wire), limits, site);
  const auto arrive = [&](std::string_view bytes) {
    wire.arriving += bytes;
    wire.may_have_bytes = true;
    if (wire.events != nullptr) wire.events->on_readable();
    loop.turn(false);
  };
  session->start();
  arrive(kBeginning);
  while (!input.empty() && !site.over) {
    arrive(input.substr(0, piece));
    input.remove_prefix(std::min(piece, input.size()));
  }
  wire.arrival = core::Wire::Arrival::ended;
  arrive({});
  CHECK(site.over);
  for (const auto& request : site.requests) CHECK(request->is_over);
  check_frames(wire.written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0 || size > 16'384) return 0;
  const std::string_view input(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  run(input, std::numeric_limits<std::size_t>::max());
  run(input, bytes[0] + std::size_t{1});
  return 0;
}
