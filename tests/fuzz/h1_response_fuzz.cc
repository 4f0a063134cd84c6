// A client session against any bytes of an origin, cut anywhere. The first byte chooses the request and the
// cut; whatever the cut, the response must be the same.
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "core/http/h1_client.h"
#include "tests/core/http/support/fake_stream.h"

namespace {

using core::Fields;

class Asker final : public core::ResponseHandler, public core::ClientSessionOwner {
 public:
  void on_response_head(core::ResponseHead& head) override {
    seen += "[" + std::to_string(head.status) + "]";
    for (const core::Field& field : head.fields)
      CHECK(core::is_token(field.name) && core::is_field_value(field.value));
  }
  // How much of a body is delivered before it turns out malformed depends on the cut: only whole bodies are
  // compared.
  void on_response_body(std::string_view bytes) override { body_ += bytes; }
  void on_response_end(const Fields& trailers) override {
    seen += body_ + "." + std::to_string(trailers.size());
  }
  void on_half_end() override { stream->send_end(Fields()); }
  void on_request_writable() override {}
  void on_failed(core::Error error) override { seen += "!" + error.text; }
  // Whether extra bytes spoil the connection now or at their own read depends on the cut; both end it.
  void on_idle() override {}
  void on_session_end() override { over = true; }
  std::string seen;
  bool over = false;
  core::ClientStream* stream = nullptr;

 private:
  std::string body_;
};

std::string run(std::string_view input, std::size_t piece, std::uint8_t kind) {
  const core::ManualClock clock{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop(clock);
  const core::ClientLimits limits;
  core::Wire wire;
  Asker asker;
  const std::unique_ptr<core::ClientSession> session =
      core::make_h1_client(loop, std::make_unique<core::FakeStream>(wire), limits);
  session->set_owner(&asker);
  Fields fields;
  fields.add(core::FieldId::upgrade, "websocket");
  fields.add(core::FieldId::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  core::OutgoingRequest request{kind == 1 ? "HEAD" : "GET", "/",       "a",
                                core::BodyLength::none(),   kind == 2, &fields};
  asker.stream = &session->start(request, asker);
  loop.turn(false);
  bool ended = false;
  while (!ended && !asker.over) {
    ended = input.empty();
    wire.arriving += input.substr(0, piece);
    if (ended) wire.arrival = core::Wire::Arrival::ended;
    wire.may_have_bytes = true;
    input.remove_prefix(std::min(piece, input.size()));
    if (wire.events != nullptr) wire.events->on_readable();
    loop.turn(false);
  }
  CHECK(asker.over);
  return asker.seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0 || size > 16'384) return 0;
  const std::string_view input(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const auto kind = static_cast<std::uint8_t>(bytes[0] % 3);
  const std::string whole = run(input, std::numeric_limits<std::size_t>::max(), kind);
  const std::string cut = run(input, bytes[0] / 3 + std::size_t{1}, kind);
  CHECK(whole == cut);
  return 0;
}
