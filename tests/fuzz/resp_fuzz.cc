// Replies of Redis: a decision stays the same with more bytes behind it, lies within the bytes, and what was
// written as a command reads back as an array of its arguments.
#include "core/storage/resp.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"

namespace {

using State = core::RespReading::State;

void check_command(std::string_view text) {
  std::vector<std::string_view> arguments;
  for (std::size_t at = 0; at < text.size() && arguments.size() < 8; at += 7)
    arguments.push_back(text.substr(at, 7));
  std::string written;
  core::append_resp_command(arguments, written);
  const core::RespReading read = core::read_resp(written);
  CHECK(read.state == State::complete);
  CHECK(read.size == written.size());
  CHECK(read.value.items.size() == arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) CHECK(read.value.items[i].text == arguments[i]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const core::RespReading whole = core::read_resp(text);
  CHECK(whole.size <= size);
  CHECK((whole.state == State::complete) == (whole.size > 0));
  CHECK((whole.state == State::malformed) == !whole.why.empty());
  if (whole.state == State::complete) {
    const core::RespReading longer = core::read_resp(std::string(text) + "+more");
    CHECK(longer.state == State::complete);
    CHECK(longer.value == whole.value);
    CHECK(core::read_resp(text.substr(0, whole.size - 1)).state == State::needs_more);
  }
  check_command(text);
  return 0;
}
