// A server session against any bytes, cut anywhere: the first byte of the input says into which pieces.
// Whatever the cut, the same requests must be seen and the same answers given; a handler that answers at once
// and one that takes bodies take turns.
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/check.h"
#include "core/http/h1_server.h"
#include "tests/core/http/support/fake_stream.h"

namespace {

using core::BodyLength;
using core::Fields;

class Site final : public core::ServerSessionOwner, public core::RequestHandler {
 public:
  core::RequestHandler* on_request(core::ServerStream& stream, core::RequestHead& head) override {
    seen +=
        "[" + std::string(head.method) + " " + std::string(head.target) + " " + std::string(head.host) + "]";
    for (const core::Field& field : head.fields)
      CHECK(core::is_token(field.name) && core::is_field_value(field.value));
    stream_ = &stream;
    body_.clear();
    if (head.target.size() % 2 == 0) {
      answer();
      return nullptr;
    }
    stream.receive_body(true);
    return this;
  }
  // How much of a body is delivered before it turns out malformed depends on the cut: only whole bodies are
  // compared.
  void on_request_body(std::string_view bytes) override { body_ += bytes; }
  void on_request_end(const Fields& trailers) override {
    seen += body_ + "." + std::to_string(trailers.size());
    answer();
  }
  void on_response_writable() override {}
  void on_aborted(const core::Error&) override { seen += "!"; }
  void on_refused(int status, const core::Error&) override { seen += "<" + std::to_string(status) + ">"; }
  void on_session_end() override { over = true; }

  std::string seen;
  bool over = false;

 private:
  void answer() {
    stream_->send_head(200, Fields(), BodyLength::known(2));
    stream_->send_body("ok");
    stream_->send_end(Fields());
  }
  core::ServerStream* stream_ = nullptr;
  std::string body_;
};

// Whether a client is told to go on depends on how much of its body is here already (RFC 9110 10.1.1).
std::string without_continues(std::string written) {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  for (std::size_t at = written.find(kContinue); at != std::string::npos; at = written.find(kContinue, at))
    written.erase(at, kContinue.size());
  return written;
}

// Requests that came in one piece are worked off over several turns: bytes of them in one, at least.
constexpr std::size_t kBytesATurn = 256;

std::string run(std::string_view input, std::size_t piece) {
  const std::size_t all = input.size();
  const core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop(clock);
  const core::ServerLimits limits;
  core::Wire wire;
  Site site;
  const std::unique_ptr<core::ServerSession> session =
      core::make_h1_server(loop, std::make_unique<core::FakeStream>(wire), limits, site);
  session->start();
  while (!input.empty() && !site.over) {
    wire.arriving += input.substr(0, piece);
    wire.may_have_bytes = true;
    input.remove_prefix(std::min(piece, input.size()));
    if (wire.events != nullptr) wire.events->on_readable();
    loop.turn(false);
  }
  for (std::size_t turns = 0; turns < all / kBytesATurn && !site.over; ++turns) loop.turn(false);
  return site.seen + "\n" + without_continues(std::move(wire.written));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0 || size > 16'384) return 0;
  const std::string_view input(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const std::string whole = run(input, std::numeric_limits<std::size_t>::max());
  const std::string cut = run(input, bytes[0] + std::size_t{1});
  CHECK(whole == cut);
  return 0;
}
