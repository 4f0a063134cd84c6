// Request targets: the normal form is a fixed point, absolute, and without a dot segment however it is read.
#include "core/text/request_path.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/check.h"

namespace {

void check_path(std::string_view path) {
  CHECK(path.starts_with('/'));
  CHECK(!path.contains("//"));
  const std::string closed = std::string(path).append("/");
  CHECK(!closed.contains("/./"));
  CHECK(!closed.contains("/../"));
  for (const char c : path) CHECK(c > ' ' && c <= '~' && c != '\\' && c != '#' && c != '?');
}

void check_target(std::string_view target, core::EncodedSlashes slashes) {
  std::string scratch;
  const auto once = core::normalise_target(target, slashes, scratch);
  if (!once) return;
  check_path(once->path);
  CHECK(target.ends_with(once->query));
  const std::string whole = std::string(once->path).append(once->query);
  std::string second;
  const auto twice = core::normalise_target(whole, slashes, second);
  CHECK(twice.has_value());
  CHECK(twice->path == once->path);
  CHECK(twice->query == once->query);
  std::string third;
  check_path(core::lenient_reading(once->path, third));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view target(reinterpret_cast<const char*>(bytes), size);
  check_target(target, core::EncodedSlashes::refuse);
  check_target(target, core::EncodedSlashes::keep);
  return 0;
}
