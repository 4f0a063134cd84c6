// The operator's end of the control socket: one request, its answer on the terminal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gateway {

/// Where a gateway that systemd runs has its socket (packaging/systemd), for a shell that knows no better.
inline constexpr const char* kUsualControlPath = "/run/gateway/control.sock";

/// What the lines on the way to the end are.
enum class Lines : std::uint8_t {
  progress,
  result,
  json,  ///< a result for programs: printed as it is
};

/// Sends `words` to the gateway behind the socket at `path` and prints what it answers: progress on standard
/// error and the end on standard output, or a result on standard output and the end on standard error; an
/// error on standard error. The process's exit status: 0 done, 1 the
/// gateway said no, 2 no gateway was reached.
int ask_gateway(const std::string& path, const std::vector<std::string>& words,
                Lines lines = Lines::progress);

}  // namespace gateway
