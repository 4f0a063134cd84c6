#include "core/base/out_of_memory.h"

#include <unistd.h>

#include <new>
#include <string_view>

namespace core {
namespace {

[[noreturn]] void say_so_and_end() {
  constexpr std::string_view line = "gateway: out of memory: ending\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(kOutOfMemoryStatus);
}

}  // namespace

void end_when_memory_is_out() {
  std::set_new_handler(say_so_and_end);
}

}  // namespace core
