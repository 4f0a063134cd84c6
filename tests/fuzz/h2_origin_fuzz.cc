// An HTTP/2 client session against any bytes of its origin, cut anywhere: the first byte of the input says
// into which pieces, and whether the origin greets properly first. Whatever comes, heads are valid, bodies
// are as long as their heads said, every exchange hears of its end exactly once, and what is written is whole
// frames. A handler that takes everything, one that stops and goes on, one that uploads and one that gives up
// take turns.
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/http/h2_client.h"
#include "tests/core/http/support/fake_stream.h"

namespace {

using core::BodyLength;
using core::Fields;

constexpr std::string_view kGreeting("\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0", 18);
constexpr std::size_t kExchanges = 8;

enum class Manner : std::uint8_t { takes, stops, uploads, gives_up };

class Asked final : public core::ResponseHandler {
 public:
  Asked(Manner manner, bool is_head) : manner_(manner), is_head_(is_head) {}

  void on_response_head(core::ResponseHead& head) override {
    CHECK(!is_over && !has_head_ && head.status >= 100 && head.status <= 599 && head.status != 101);
    for (const core::Field& field : head.fields) {
      CHECK(core::is_token(field.name) && core::is_field_value(field.value));
      CHECK(field.id != core::FieldId::connection && field.id != core::FieldId::transfer_encoding);
    }
    if (head.status < 200) return;
    has_head_ = true;
    length_ = head.body;
    has_no_body_ = is_head_ || head.status == 204 || head.status == 304;
    if (manner_ == Manner::stops) stream->receive_body(false);
    if (manner_ == Manner::gives_up) {
      is_over = true;
      std::exchange(stream, nullptr)->cancel();
    }
  }
  void on_response_body(std::string_view bytes) override {
    CHECK(!is_over && has_head_ && !bytes.empty() && !has_no_body_);
    received_ += bytes.size();
    if (length_.kind != BodyLength::Kind::unknown) CHECK(received_ <= length_.bytes);
    if (manner_ == Manner::stops) stream->receive_body(false);
  }
  void on_response_end(const Fields& trailers) override {
    CHECK(!std::exchange(is_over, true) && has_head_);
    if (length_.kind == BodyLength::Kind::known && !has_no_body_) CHECK(received_ == length_.bytes);
    for (const core::Field& field : trailers) CHECK(field.id == core::FieldId::other);
    stream = nullptr;
  }
  void on_request_writable() override { CHECK(!is_over); }
  void on_failed(core::Error error) override {
    CHECK(!std::exchange(is_over, true) && error.side == core::Side::origin);
    stream = nullptr;
  }
  void go_on() {
    if (stream == nullptr) return;
    if (manner_ == Manner::stops) stream->receive_body(true);
    if (manner_ == Manner::uploads) stream->send_body("more");
  }

  core::ClientStream* stream = nullptr;
  bool is_over = false;

 private:
  Manner manner_;
  bool is_head_;
  bool has_head_ = false;
  bool has_no_body_ = false;
  BodyLength length_;
  std::uint64_t received_ = 0;
};

class Origin final : public core::ClientSessionOwner {
 public:
  Origin() : session_(core::make_h2_client(loop_, std::make_unique<core::FakeStream>(wire_), {limits_})) {
    session_->set_owner(this);
  }

  void says(std::string_view bytes) {
    wire_.arriving += bytes;
    wire_.may_have_bytes = true;
    if (wire_.events != nullptr) wire_.events->on_readable();
    loop_.turn(false);
    while (!over && asked_.size() < kExchanges && session_->is_open()) ask();
    for (const auto& asked : asked_) asked->go_on();
    loop_.turn(false);
  }
  void ends() {
    wire_.arrival = core::Wire::Arrival::ended;
    for (std::size_t i = 0; i < 4; ++i) says({});
    CHECK(over);
    for (const auto& asked : asked_) CHECK(asked->is_over);
    check_frames(wire_.written);
  }
  bool over = false;

 private:
  void on_idle() override {}
  void on_session_end() override { over = true; }

  void ask() {
    const auto manner = static_cast<Manner>(asked_.size() % 4);
    const bool is_head = asked_.size() == 4;
    asked_.push_back(std::make_unique<Asked>(manner, is_head));
    core::OutgoingRequest request;
    request.method = is_head ? "HEAD" : "GET";
    request.target = "/";
    request.host = "a.test";
    request.fields = &fields_;
    if (manner == Manner::uploads) request.body = BodyLength::unknown();
    asked_.back()->stream = &session_->start(request, *asked_.back());
  }

  /// Whether `bytes` are nothing at all (the origin was gone first), or our preface and whole frames, of a
  /// size that every origin takes.
  static void check_frames(std::string_view bytes) {
    constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    if (bytes.empty()) return;
    CHECK(bytes.starts_with(kPreface));
    bytes.remove_prefix(kPreface.size());
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

  core::ManualClock clock_{core::from_unix_seconds(1'800'000'000)};
  core::Loop loop_{clock_};
  const core::ClientLimits limits_;
  core::Wire wire_;
  Fields fields_;
  std::vector<std::unique_ptr<Asked>> asked_;
  std::unique_ptr<core::ClientSession> session_;
};

void run(std::string_view input, std::size_t piece, bool greets) {
  Origin origin;
  if (greets) origin.says(kGreeting);
  while (!input.empty() && !origin.over) {
    origin.says(input.substr(0, piece));
    input.remove_prefix(std::min(piece, input.size()));
  }
  origin.ends();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0 || size > 16'384) return 0;
  const std::string_view input(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const bool greets = bytes[0] % 4 != 0;
  run(input, std::numeric_limits<std::size_t>::max(), greets);
  run(input, bytes[0] / 4 + std::size_t{1}, greets);
  return 0;
}
